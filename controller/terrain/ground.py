"""The ground of a job: the operator's terrain files with one zero of their heights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from controller.terrain.datum import ELLIPSOID, STATABLE, datum_named, to_egm96_m
from controller.terrain.library import TerrainFile, TerrainLibrary
from controller.terrain.raster import EGM96, Floats
from controller.terrain.read import TerrainError


class Ground:
    """Ground heights from terrain files and folders of such files. All heights have the zero `datum`.

    That is EGM96 where the files' zeros differ or are the ellipsoid, and else the zero that all files share.
    `unstated` is the zero of the files that state none. Raises TerrainError for a file that cannot be used, and for
    one whose zero is not known.
    """

    def __init__(self, places: Sequence[Path], *, unstated: str | None = None) -> None:
        if unstated is not None and unstated not in STATABLE:
            raise TerrainError(f"unknown zero of heights '{unstated}'", hint=f"use {', '.join(STATABLE)}")
        for place in places:
            if not place.exists():
                raise TerrainError("no such terrain file or folder", where=str(place), hint="check the path")
        self._library = TerrainLibrary(places)
        self._unstated = unstated
        usable: list[TerrainFile] = []
        self._broken: set[Path] = set()
        for file in self._library.files():
            if not file.error:
                usable.append(file)
            elif file.path in places:
                raise TerrainError(file.error, where=str(file.path))
            else:
                self._broken.add(file.path)
        if not usable:
            raise TerrainError(
                "folder has no terrain file", where=", ".join(map(str, places)), hint="use .hgt, .asc or .tif"
            )
        datums = {self._datum_of(file) for file in usable}
        self.datum = datums.pop() if len(datums) == 1 and ELLIPSOID not in datums else EGM96
        self.cell_m = min(file.cell_m or 30.0 for file in usable)
        """Size of the smallest cell, m."""

    def heights_m(self, lats_deg: Floats, lons_deg: Floats) -> Floats:
        """Return the heights of places, arrays of shape (n,), m above `datum`; NaN where no file has one.

        Raises TerrainError for a file of these places that turns out to be broken.
        """
        heights, _ = self._library.heights_m(lats_deg, lons_deg, self._to_datum)
        if np.isnan(heights).any():
            for file in self._library.files():
                if file.error and file.path not in self._broken:
                    raise TerrainError(file.error, where=str(file.path))
        return heights

    def height_m(self, lat_deg: float, lon_deg: float) -> float:
        """Return the height of one place, m above `datum`; NaN where no file has one."""
        return float(self.heights_m(np.asarray([lat_deg]), np.asarray([lon_deg]))[0])

    def highest_m(self, lats_deg: Floats, lons_deg: Floats) -> float:
        """Return the highest ground in the convex polygon round places, m above `datum`; NaN where none is known."""
        return self._library.highest_m(lats_deg, lons_deg, self._to_datum)

    def from_egm96_m(self, lat_deg: float, lon_deg: float, alt_amsl_m: float) -> float:
        """Return a height above EGM96 as one above `datum`, m. Raises TerrainError where there is no way to it."""
        shift = to_egm96_m(self.datum, np.asarray([lat_deg]), np.asarray([lon_deg]))
        return alt_amsl_m - float(shift[0])

    def _to_datum(self, file: TerrainFile, lats_deg: Floats, lons_deg: Floats) -> Floats | float:
        datum = self._datum_of(file)
        return 0.0 if datum == self.datum else to_egm96_m(datum, lats_deg, lons_deg)

    def _datum_of(self, file: TerrainFile) -> str:
        datum = datum_named(file.datum) or self._unstated
        if not datum:
            raise TerrainError(
                "file does not state the zero of its heights",
                where=str(file.path),
                hint=f"give --terrain-datum: {', '.join(STATABLE)}",
            )
        return datum
