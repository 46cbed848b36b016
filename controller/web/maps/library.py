"""Maps of the operator: files in folders or named one by one, known by what they hold, asked for by id, not by path."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from controller.web.maps import geotiff, mbtiles, pmtiles
from controller.web.maps.geotiff import Geotiff
from controller.web.maps.mbtiles import Mbtiles
from controller.web.maps.pmtiles import Pmtiles
from controller.web.maps.source import MapError, MapInfo, Tile, TileSource

ENDINGS = (".pmtiles", ".mbtiles", ".tif", ".tiff")
LOOK_BYTES = 16
_MOST_FILES = 500
_MOST_OPEN = 16


@dataclass(frozen=True, slots=True)
class MapEntry:
    """A file of the list of maps. `version` changes when the file does; `error` is why it cannot be shown.

    `removable`: the file lies in Landline's own folder, not where the operator pointed.
    """

    id: str
    name: str
    size: int
    version: str
    info: MapInfo | None = None
    error: str = ""
    removable: bool = False


def format_of(head: bytes) -> str:
    """Return the format of a file by its first bytes, empty for one that is no map."""
    if head.startswith(pmtiles.MAGIC):
        return "PMTiles"
    if head.startswith(mbtiles.MAGIC):
        return "MBTiles"
    return "GeoTIFF" if head.startswith(geotiff.MAGICS) else ""


def open_map(path: Path) -> TileSource:
    """Open a map file, whose format follows from its content. Raises MapError."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOK_BYTES)
        match format_of(head):
            case "PMTiles":
                return Pmtiles(path)
            case "MBTiles":
                return Mbtiles(path)
            case "GeoTIFF":
                return Geotiff(path)
    except OSError as error:
        raise MapError(f"cannot read file: {error.strerror or error}") from None
    raise MapError("cannot use the file: it is no PMTiles, MBTiles or GeoTIFF")


class MapLibrary:
    """Maps of `own`, Landline's folder, and of `places`: folders and single files.

    Its methods read files: call them in a thread.
    """

    def __init__(self, own: Path, places: Iterable[Path] = ()) -> None:
        self._own = own
        self._places = (own, *places)
        self._entries: dict[str, MapEntry] = {}
        self._paths: dict[str, Path] = {}
        self._open: OrderedDict[tuple[str, str], TileSource] = OrderedDict()
        self._lock = threading.Lock()

    def entries(self) -> list[MapEntry]:
        """Return the maps as they are now, by name; a file that did not change is not read again."""
        with self._lock:
            found: dict[str, MapEntry] = {}
            paths: dict[str, Path] = {}
            for path, problem in _map_paths(self._places):
                id_ = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
                entry = self._entry(id_, path, problem)
                if entry is not None:
                    found[id_], paths[id_] = entry, path
            self._entries, self._paths = found, paths
            return sorted(found.values(), key=lambda entry: (entry.name.lower(), entry.id))

    def tile(self, id_: str, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where the map has none. Raises MapError."""
        return self._source(id_).tile(z, x, y)

    def remove(self, id_: str, version: str) -> str:
        """Delete the file of a map of Landline's folder as it was listed; return its name. Raises MapError."""
        with self._lock:
            entry, path = self._entries.get(id_), self._paths.get(id_)
            if entry is None or path is None:
                raise MapError("cannot delete the map: no such map", hint="look again")
            if not self._is_own(path):
                raise MapError(
                    f"cannot delete {entry.name}: it is not in Landline's folder of maps",
                    hint="delete the file where it is",
                )
            try:
                if version != _version(path.stat()):
                    raise MapError(f"cannot delete {entry.name}: it has changed", hint="look again")
                for key in [key for key in self._open if key[0] == id_]:
                    self._open.pop(key).close()
                path.unlink()
            except OSError as error:
                raise MapError(f"cannot delete {entry.name}: {error.strerror or error}") from None
            del self._entries[id_], self._paths[id_]
            return entry.name

    def _is_own(self, path: Path) -> bool:
        """Whether a file, and no link, lies directly in Landline's folder, and that folder is no link either."""
        try:
            regular = stat.S_ISREG(path.lstat().st_mode)
        except OSError:
            return False
        return regular and path.absolute().parent == self._own.absolute() and not self._own.is_symlink()

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _entry(self, id_: str, path: Path, problem: str) -> MapEntry | None:
        name = path.name.encode("utf-8", "replace").decode()
        try:
            is_ = path.stat()
        except OSError as error:
            return MapEntry(id_, name, 0, "", error=f"cannot read file: {error.strerror or error}")
        version, own = _version(is_), self._is_own(path)
        if problem or not stat.S_ISREG(is_.st_mode):
            reason = problem or "cannot use it: it is no file"
            return MapEntry(id_, name, is_.st_size, version, error=reason)
        known = self._entries.get(id_)
        if known is not None and known.version == version:
            return known
        try:
            source = open_map(path)
        except MapError as error:
            line = error.what + (f"; {error.hint}" if error.hint else "")
            return MapEntry(id_, name, is_.st_size, version, error=line, removable=own)
        self._keep((id_, version), source)
        return MapEntry(id_, name, is_.st_size, version, source.info, removable=own)

    def _source(self, id_: str) -> TileSource:
        with self._lock:
            entry = self._entries.get(id_)
            if entry is None or entry.info is None:
                raise MapError("cannot answer: no such map")
            key = (id_, entry.version)
            source = self._open.get(key)
            if source is None:
                source = open_map(self._paths[id_])
            self._keep(key, source)
            return source

    def _keep(self, key: tuple[str, str], source: TileSource) -> None:
        self._open[key] = source
        self._open.move_to_end(key)
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)[1].close()


def _version(is_: os.stat_result) -> str:
    return f"{is_.st_mtime_ns:x}-{is_.st_size:x}"


def _map_paths(places: Iterable[Path]) -> list[tuple[Path, str]]:
    """Return the files, each with the reason why it must not be opened, empty without one."""
    found: list[tuple[Path, str]] = []
    for place in places:
        try:
            if not place.is_dir():
                # A folder that is not there yet is no error; a file on a disk that was taken out is.
                if place.suffix.lower() in ENDINGS:
                    found.append((place, ""))
                continue
            inside = sorted(place.iterdir())
        except OSError as error:
            found.append((place, f"cannot read the folder: {error.strerror or error}"))
            continue
        for path in inside:
            if path.suffix.lower() in ENDINGS and not path.name.startswith("."):
                # A link in a folder may lead anywhere: only files that the operator named are followed.
                found.append(
                    (path, "a link to another place; name that file with --maps" if path.is_symlink() else "")
                )
    return found[:_MOST_FILES]
