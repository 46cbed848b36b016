"""Terrain of the operator: many files, read when a place on them is asked for, the last ones kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from controller.geo import METRES_PER_DEGREE
from controller.terrain.raster import EGM96, Floats, Raster
from controller.terrain.read import ENDINGS, TerrainError, read_raster, srtm_corner

KEPT_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class TerrainFile:
    """A terrain file. Bounds are degrees, west, south, east, north; `cell_m` is the size of a cell north to south.

    `error` is why it cannot be used, empty where it can.
    """

    path: Path
    bounds: tuple[float, float, float, float] | None = None
    datum: str = ""
    cell_m: float | None = None
    error: str = ""


Shift = Callable[[TerrainFile, Floats, Floats], Floats | float]
"""What to add to a file's heights at latitudes and longitudes, m."""


class TerrainLibrary:
    """Terrain of files and of the files in folders; where several cover a place, the finest one counts.

    Its methods read files: call them in a thread.
    """

    def __init__(self, places: Iterable[Path]) -> None:
        self._places = tuple(places)
        self._known: dict[tuple[Path, int, int], TerrainFile] = {}
        self._kept: OrderedDict[Path, Raster] = OrderedDict()
        self._lock = threading.Lock()

    def files(self) -> list[TerrainFile]:
        """Return the files as they are now, the finest first; broken ones last."""
        with self._lock:
            found, fresh = {}, set()
            for path in _terrain_paths(self._places):
                key = _stamp(path)
                if key not in self._known:
                    self._kept.pop(path, None)
                    self._known[key] = self._describe(path)
                    fresh.add(path)
                found[key] = self._known[key]
            for key in self._known.keys() - found.keys():
                if key[0] not in fresh:
                    self._kept.pop(key[0], None)
            self._known = found
            return sorted(
                found.values(), key=lambda file: (file.cell_m is None, file.cell_m or 0.0, file.path)
            )

    def heights_m(
        self, lats_deg: Floats, lons_deg: Floats, shift: Shift | None = None
    ) -> tuple[Floats, list[TerrainFile]]:
        """Return heights above sea level, m, NaN where no file has one, and the files that they are from.

        `shift` moves each file's heights to another zero.
        """
        heights = np.full(lats_deg.shape, np.nan)
        used = []
        for file in self.files():
            missing = np.isnan(heights)
            if file.bounds is None or not missing.any():
                continue
            west, south, east, north = file.bounds
            inside = (
                missing & (lats_deg >= south) & (lats_deg <= north) & (lons_deg >= west) & (lons_deg <= east)
            )
            if not inside.any():
                continue
            raster = self._raster(file.path)
            if raster is None:
                continue
            found = raster.heights_m(lats_deg[inside], lons_deg[inside])
            if shift is not None:
                found = found + shift(file, lats_deg[inside], lons_deg[inside])
            heights[inside] = found
            if not np.isnan(found).all():
                used.append(file)
        return heights, used

    def highest_m(self, lats_deg: Floats, lons_deg: Floats, shift: Shift) -> float:
        """Return the height of the highest cell of any file in the convex polygon round places; NaN without one."""
        low, left, high, right = lats_deg.min(), lons_deg.min(), lats_deg.max(), lons_deg.max()
        found = [np.nan]
        for file in self.files():
            if file.bounds is None:
                continue
            west, south, east, north = file.bounds
            raster = (
                self._raster(file.path)
                if west <= right and east >= left and south <= high and north >= low
                else None
            )
            if raster is not None:
                shifts = shift(file, lats_deg, lons_deg)
                found.append(raster.highest_m(lats_deg, lons_deg) + float(np.max(shifts)))
        return float(np.fmax.reduce(found))

    def _raster(self, path: Path) -> Raster | None:
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)
                return self._kept[path]
            try:
                raster = read_raster(path)
            except TerrainError as error:
                self._known[_stamp(path)] = TerrainFile(path, error=_line(error))
                return None
            self._keep(path, raster)
            return raster

    def _keep(self, path: Path, raster: Raster) -> None:
        self._kept[path] = raster
        while len(self._kept) > 1 and sum(one.heights.nbytes for one in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)

    def _describe(self, path: Path) -> TerrainFile:
        try:
            if path.suffix.lower() == ".hgt":
                # A folder may hold a thousand of these: the name says where each one is.
                south, west = srtm_corner(path)
                cell_deg = 1.0 / 3600.0 if path.stat().st_size > 10_000_000 else 1.0 / 1200.0
                return TerrainFile(
                    path, (west, south, west + 1.0, south + 1.0), EGM96, cell_deg * METRES_PER_DEGREE
                )
            raster = read_raster(path)
        except TerrainError as error:
            return TerrainFile(path, error=_line(error))
        except (OSError, MemoryError) as error:
            return TerrainFile(path, error=f"cannot read file: {error}")
        self._keep(path, raster)
        bounds = raster.bounds()
        cell_m = (bounds[3] - bounds[1]) * METRES_PER_DEGREE / raster.heights.shape[0]
        return TerrainFile(path, bounds, raster.datum, cell_m)


def _terrain_paths(places: Iterable[Path]) -> list[Path]:
    found = []
    for place in places:
        if place.is_dir():
            inside = sorted(place.iterdir())
            # A link in a folder may lead anywhere: only files that the operator named are followed.
            found += [
                one
                for one in inside
                if one.suffix.lower() in ENDINGS and one.is_file() and not one.is_symlink()
            ]
        elif place.exists():
            found.append(place)
    return found


def _stamp(path: Path) -> tuple[Path, int, int]:
    try:
        found = path.stat()
    except OSError:
        return path, 0, 0
    return path, found.st_mtime_ns, found.st_size


def _line(error: TerrainError) -> str:
    return error.what + (f"; {error.hint}" if error.hint else "")
