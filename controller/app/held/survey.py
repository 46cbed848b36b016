"""Search of the disk for everything that Landline wrote: each file once, with its kind. Links are never followed."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from controller.app.held.kinds import DataKind, Place, kind_of
from controller.guard.data_folder import cache_folder, config_folder, data_folder
from controller.guard.process import RULES
from controller.logs.flights import store
from controller.logs.flights.catalogue import FILE as CATALOGUE
from controller.logs.flights.erase import ERASING
from controller.logs.record.ledger import read_ledger

_TEMPORARY = "landline-"
_COMPILED = ("compiled", "numba")
_COMPILED_ENDINGS = (".nbi", ".nbc")


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that Landline wrote. `root` is the place that it was found in, `flight` the folder of its flight."""

    path: Path
    kind: DataKind
    bytes: int
    mtime_s: float
    mode: int
    is_link: bool
    root: Path
    flight: Path | None = None

    @property
    def others_can_read(self) -> bool:
        """Whether every user of this machine can read it, by the modes of the file and of the folders above."""
        return bool(self.mode & stat.S_IROTH) and _open_to_all(self.path.parent)


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that are searched. `flights` are folders of flights, the one in use first."""

    data: Path
    config: Path
    flights: tuple[Path, ...]
    cache: Path
    package: Path
    temporary: Path

    @property
    def keys(self) -> Path:
        """The folder of keys and of the ledger."""
        return self.data / "keys"


def known_places(flights: Path | None = None) -> Places:
    """Return the folders that Landline uses here; `flights` names a folder of flights in use, None for the default.

    Other folders of flights are known from the ledger, which names where each flight was recorded.
    """
    import controller

    data = data_folder()
    first = flights or store.flights_folder()
    ledger = read_ledger(data / "keys")
    recorded = sorted({entry.flights_folder for entry in ledger.entries.values() if entry.flights_folder})
    found: dict[Path, Path] = {}
    for folder in (first, data / "flights", *map(Path, recorded)):
        if folder.is_dir():
            found.setdefault(folder.resolve(), folder)
    return Places(
        data,
        config_folder(),
        tuple(found.values()),
        cache_folder(),
        Path(controller.__file__).parent,
        _temporary_folder(),
    )


def _temporary_folder() -> Path:
    """Return the system's folder of temporary files, which is only searched; a sealed run has one of its own."""
    before = RULES.system_tmpdir
    if before is None:
        return Path(tempfile.gettempdir())
    return Path(before) if before and Path(before).is_dir() else Path("/tmp")


def held_files(places: Places) -> Iterator[HeldFile]:
    """Yield every file that Landline wrote into these places, and links as links."""
    apart = {folder.resolve() for folder in places.flights}
    yield from _below(places.data, "data", places.data, apart)
    if places.config.resolve() != places.data.resolve():  # on macOS they are one
        yield from _below(places.config, "config", places.config)
    for flights in places.flights:
        yield from _of_flights(flights, own=flights.resolve() == (places.data / "flights").resolve())
    for name in _COMPILED:
        yield from _below(places.cache / name, "compiled", places.cache)
    yield from _held(_compiled(places.package), "package", places.package)
    yield from _temporary(places.temporary)


def _of_flights(flights: Path, *, own: bool) -> Iterator[HeldFile]:
    """Yield the files of a folder of flights; of one that is not Landline's `own`, only those that Landline wrote."""
    for entry in sorted(flights.iterdir()):
        if entry.is_symlink() or not entry.is_dir():
            if own or entry.name.startswith(CATALOGUE):
                yield from _held([entry], "flights", flights)
        elif own or store.is_flight(entry) or (entry / store.ARCHIVE).is_file() or _is_erasing(entry):
            for file in _below(entry, "flights", flights):
                yield file if _is_erasing(entry) else replace(file, flight=entry)


def _is_erasing(folder: Path) -> bool:
    return folder.name.startswith(ERASING)


def _compiled(package: Path) -> Iterator[Path]:
    """Yield the files that numba keeps beside the modules."""
    for parent, folders, names in os.walk(package):
        # Of the tools that build the page in a checkout: many thousand folders.
        folders[:] = sorted(name for name in folders if name != "node_modules")
        if parent.endswith("__pycache__"):
            yield from (Path(parent, name) for name in sorted(names) if name.endswith(_COMPILED_ENDINGS))


def _temporary(folder: Path) -> Iterator[HeldFile]:
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.name.startswith(_TEMPORARY))
    except OSError:
        return
    user = os.getuid() if hasattr(os, "getuid") else None
    for entry in entries:
        try:
            found = entry.lstat()
        except OSError:
            continue
        if user is not None and found.st_uid != user:
            continue
        if stat.S_ISDIR(found.st_mode):
            yield from _below(entry, "temporary", folder)
        else:
            yield from _held([entry], "temporary", folder)


def _below(folder: Path, place: Place, root: Path, apart: Iterable[Path] = ()) -> Iterator[HeldFile]:
    """Yield the files below a folder, but not of the folders `apart`."""
    left_out = set(apart)
    own = Path(tempfile.gettempdir())
    for parent, folders, names in os.walk(folder, followlinks=False):
        here = Path(parent)
        if here == own:
            folders.clear()  # of this run
            continue
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if name not in links and (here / name).resolve() not in left_out
        )
        yield from _held((here / name for name in sorted([*names, *links])), place, root)


def _held(paths: Iterable[Path], place: Place, root: Path) -> Iterator[HeldFile]:
    for path in paths:
        try:
            found = path.lstat()
        except OSError:
            continue  # it was erased meanwhile
        kind = kind_of(place, path.relative_to(root).as_posix())
        is_link = stat.S_ISLNK(found.st_mode)
        yield HeldFile(path, kind, found.st_size, found.st_mtime, stat.S_IMODE(found.st_mode), is_link, root)


@lru_cache(maxsize=4096)
def _open_to_all(folder: Path) -> bool:
    try:
        modes = [one.stat().st_mode for one in (folder, *folder.absolute().parents)]
    except OSError:
        return False
    return all(mode & stat.S_IXOTH for mode in modes)
