"""Files that are dropped on the page: kept in the folders of maps and of terrain, whole or not at all."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from controller.errors import UserError
from controller.terrain.read import TerrainError, read_raster
from controller.web.maps.library import ENDINGS, LOOK_BYTES, format_of, open_map
from controller.web.maps.source import MapError

MAX_BYTES = 64 * 1024**3
KEPT_FREE_BYTES = 1024**3
TERRAIN_ENDINGS = (".hgt", ".asc")
_WRITTEN_AT_ONCE = 1024 * 1024
_HEIGHTS = ("int16", "int32", "float32", "float64")


class Uploads:
    """Receives files into `maps` and `terrain`, which are made where they are missing."""

    def __init__(self, maps: Path, terrain: Path) -> None:
        self._folders = {"map": maps, "terrain": terrain}
        self._lock = asyncio.Lock()

    def free_bytes(self) -> int:
        """Return how large a file may be now: the disk keeps some room for the record of the flight."""
        folder = self._folders["map"]
        while not folder.exists():
            folder = folder.parent
        return max(0, min(MAX_BYTES, shutil.disk_usage(folder).free - KEPT_FREE_BYTES))

    async def receive(self, name: str, size: int, chunks: AsyncIterator[bytes]) -> tuple[str, str]:
        """Store a file of `size` bytes; return what it is, "map" or "terrain", and its name. Raises UserError."""
        name = safe_name(name)
        free = await asyncio.to_thread(self.free_bytes)
        if size > free:
            raise UserError(
                f"cannot keep {name}: it has {size / 1e6:.0f} MB, the disk has room for {free / 1e6:.0f} MB",
                hint="free some space, or start with --maps and the folder where the file is",
            )
        async with self._lock:
            folder = await asyncio.to_thread(self._new_folder)
            try:
                path = folder / name
                await _write(path, size, chunks)
                kind = await asyncio.to_thread(_kind_of, path)
                return kind, await asyncio.to_thread(self._keep, path, kind)
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _new_folder(self) -> Path:
        for folder in self._folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        # On the same disk as both folders: the file is moved into its place at once.
        return Path(tempfile.mkdtemp(prefix=".upload-", dir=self._folders["map"]))

    def _keep(self, path: Path, kind: str) -> str:
        target = self._folders[kind] / path.name
        if target.exists():
            raise UserError(f"cannot keep {path.name}: there is a file of this name", hint="rename the file")
        path.replace(target)
        return target.name


def safe_name(name: str) -> str:
    """Return a file name without folders and special characters. Raises UserError for an ending of no map."""
    plain = "".join(c if c.isalnum() or c in " ._-+()" else "-" for c in name[-200:]).strip(". -")
    if not plain.lower().endswith((*ENDINGS, *TERRAIN_ENDINGS)):
        known = ", ".join((*ENDINGS, *TERRAIN_ENDINGS))
        raise UserError(
            f"cannot use {plain[:80] or 'the file'} as a map or terrain", hint=f"drop one of {known}"
        )
    return plain


async def _write(path: Path, size: int, chunks: AsyncIterator[bytes]) -> None:
    received, waiting, looked_at = 0, bytearray(), path.suffix.lower() in TERRAIN_ENDINGS
    file = await asyncio.to_thread(path.open, "xb")
    try:
        async for chunk in chunks:
            received += len(chunk)
            if received > size:
                raise UserError("cannot keep the file: it is larger than announced")
            waiting += chunk
            if not looked_at and len(waiting) >= min(LOOK_BYTES, size):
                looked_at = True
                if not format_of(bytes(waiting[:LOOK_BYTES])):
                    raise UserError("cannot use the file: it is no PMTiles, MBTiles or GeoTIFF")
            if len(waiting) >= _WRITTEN_AT_ONCE:
                data, waiting = bytes(waiting), bytearray()
                await asyncio.to_thread(file.write, data)
        await asyncio.to_thread(file.write, bytes(waiting))
    except OSError as error:
        raise UserError(f"cannot keep the file: {error.strerror or error}") from None
    finally:
        await asyncio.to_thread(file.close)
    if received != size:
        raise UserError("cannot keep the file: it did not arrive whole", hint="drop it again")


def _kind_of(path: Path) -> str:
    """Return whether a received file is a map or terrain, after opening it. Raises UserError."""
    if path.suffix.lower() in TERRAIN_ENDINGS or _holds_heights(path):
        try:
            read_raster(path)
        except TerrainError as error:
            raise UserError(f"cannot use {path.name}: {error.what}", hint=error.hint) from None
        return "terrain"
    try:
        open_map(path).close()
    except MapError as error:
        raise UserError(f"{path.name}: {error.what}", hint=error.hint) from None
    return "map"


def _holds_heights(path: Path) -> bool:
    """Whether a GeoTIFF is a grid of heights and no picture: one band of numbers larger than a byte."""
    if path.suffix.lower() not in (".tif", ".tiff"):
        return False
    try:
        import rasterio
    except ModuleNotFoundError:
        return False
    try:
        with rasterio.open(path, driver="GTiff") as source:
            return bool(source.count == 1 and source.dtypes[0] in _HEIGHTS)
    except rasterio.errors.RasterioError:
        return False
