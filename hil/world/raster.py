"""Terrain heights on a grid, from files: SRTM tiles (.hgt), ESRI ASCII grids (.asc) and, with rasterio, GeoTIFF.

Formats: SRTM's tile is named by its south-west corner and holds big-endian 16-bit metres, samples on the edges (USGS,
SRTM Topography, 2.1.3); an ASCII grid has corners or centres of cells and rows from the north (ESRI ArcGIS, "Esri
ASCII raster").
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.errors import ScenarioError

SRTM_VOID = -32768
SRTM_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
SRTM_SIDES = (1201, 3601)
MAX_CELLS = 100_000_000
LOWEST_M, HIGHEST_M = -500.0, 9000.0

Transform = Callable[[float, float], tuple[float, float]]


def _degrees(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    return lon_deg, lat_deg


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Terrain heights in metres, rows from the north; (`x0`, `y0`) is the centre of the first cell in grid coordinates.

    `to_grid` converts latitude and longitude to grid coordinates; by default these are degrees of longitude and
    latitude.
    """

    file: str
    heights: NDArray[np.float32]
    x0: float
    y0: float
    dx: float
    dy: float  # row spacing, above 0
    to_grid: Transform = field(default=_degrees)

    def covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Return whether a position lies on the grid."""
        row, column = self._cell(lat_deg, lon_deg)
        rows, columns = self.heights.shape
        return bool(-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5)

    def height_m(self, lat_deg: float, lon_deg: float) -> float:
        """Return the height by bilinear interpolation, m; beyond the edge it is the height at the edge."""
        row, column = self._cell(lat_deg, lon_deg)
        rows, columns = self.heights.shape
        row, column = min(max(row, 0.0), rows - 1.0), min(max(column, 0.0), columns - 1.0)
        i, j = min(int(row), max(rows - 2, 0)), min(int(column), max(columns - 2, 0))
        u, v = row - i, column - j
        below, right = min(i + 1, rows - 1), min(j + 1, columns - 1)
        h = self.heights
        upper = float(h[i, j]) * (1.0 - v) + float(h[i, right]) * v
        lower = float(h[below, j]) * (1.0 - v) + float(h[below, right]) * v
        height: float = upper * (1.0 - u) + lower * u
        return height

    def _cell(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        x, y = self.to_grid(lat_deg, lon_deg)
        return (self.y0 - y) / self.dy, (x - self.x0) / self.dx


def read_raster(path: Path) -> Raster:
    """Read a terrain file, whose format follows from its ending. Raises ScenarioError."""
    readers = {".hgt": _read_srtm, ".asc": _read_ascii, ".tif": _read_geotiff, ".tiff": _read_geotiff}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ScenarioError("unknown terrain format", where=str(path), hint="use .hgt (SRTM), .asc or .tif")
    try:
        path.stat()  # a missing file is reported before an invalid name
        return reader(path)
    except OSError as error:
        raise ScenarioError(
            f"cannot read file: {error.strerror or error}", where=str(path), hint="check the path"
        ) from None


def _checked(heights: NDArray[np.float64], void: NDArray[np.bool_], path: Path) -> NDArray[np.float32]:
    """Check heights and fill voids from the nearest cells in their row. Raises ScenarioError."""
    if heights.ndim != 2 or heights.size == 0 or void.all():
        raise ScenarioError("file has no heights", where=str(path))
    void = void | ~np.isfinite(heights)
    low, high = float(heights[~void].min(initial=np.inf)), float(heights[~void].max(initial=-np.inf))
    if not LOWEST_M <= low <= high <= HIGHEST_M:
        raise ScenarioError(
            f"heights must be between {LOWEST_M:g} and {HIGHEST_M:g} m, are {low:g} to {high:g}",
            where=str(path),
        )
    filled, along = heights.copy(), np.arange(heights.shape[1])
    for row in np.flatnonzero(void.any(axis=1)):
        known = ~void[row]
        filled[row] = np.interp(along, along[known], heights[row, known]) if known.any() else low
    return filled.astype(np.float32)


def _read_srtm(path: Path) -> Raster:
    named = SRTM_NAME.match(path.stem)
    if named is None:
        raise ScenarioError(
            "invalid file name: must be that of the south-west corner, such as N47E008.hgt", where=str(path)
        )
    raw = np.fromfile(path, dtype=">i2")
    side = math.isqrt(raw.size)
    if side not in SRTM_SIDES or side * side * 2 != path.stat().st_size:
        raise ScenarioError(
            "invalid SRTM tile: must have 1201 x 1201 or 3601 x 3601 samples", where=str(path)
        )
    north, lat, east, lon = named.groups()
    south_deg = float(lat) * (1.0 if north in "Nn" else -1.0)
    west_deg = float(lon) * (1.0 if east in "Ee" else -1.0)
    grid, step = raw.reshape(side, side).astype(np.float64), 1.0 / (side - 1)
    return Raster(str(path), _checked(grid, grid == SRTM_VOID, path), west_deg, south_deg + 1.0, step, step)


def _read_ascii(path: Path) -> Raster:
    header: dict[str, float] = {}
    try:
        with path.open(encoding="ascii") as lines:
            while len(header) < 7:
                at = lines.tell()
                words = lines.readline().split()
                if len(words) != 2 or not words[0][:1].isalpha():
                    lines.seek(at)
                    break
                header[words[0].lower()] = float(words[1])
            rows, columns, size = (header[key] for key in ("nrows", "ncols", "cellsize"))
            if not (0 < rows * columns <= MAX_CELLS and size > 0.0 and math.isfinite(size)):
                raise ScenarioError(
                    f"invalid ASCII grid: {rows:g} x {columns:g} cells of size {size:g}", where=str(path)
                )
            cells = np.array(lines.read().split(), dtype=np.float64)
    except (ValueError, KeyError) as error:
        raise ScenarioError(f"invalid ASCII grid: {error}", where=str(path)) from None
    if cells.size != rows * columns:
        raise ScenarioError(
            f"invalid ASCII grid: has {cells.size} heights, its header says {rows * columns:g}",
            where=str(path),
        )
    half = 0.0 if "xllcenter" in header else 0.5 * size
    west, south = (
        header.get("xllcenter", header.get("xllcorner")),
        header.get("yllcenter", header.get("yllcorner")),
    )
    if west is None or south is None:
        raise ScenarioError("invalid ASCII grid: xllcorner or yllcorner is missing", where=str(path))
    if not (-180.0 <= west <= 180.0 and -90.0 <= south <= 90.0):
        raise ScenarioError(
            "cannot use ASCII grid: its coordinates are not degrees, and the format names no projection",
            where=str(path),
            hint="convert it: gdalwarp -t_srs EPSG:4326 grid.asc grid.tif",
        )
    grid = cells.reshape(int(rows), int(columns))
    void = grid == header.get("nodata_value", -9999.0)
    return Raster(
        str(path), _checked(grid, void, path), west + half, south + half + (rows - 1.0) * size, size, size
    )


def _read_geotiff(path: Path) -> Raster:
    try:
        import rasterio
        from rasterio.errors import RasterioIOError
    except ModuleNotFoundError:
        raise ScenarioError(
            "cannot read GeoTIFF: rasterio is not installed",
            where=str(path),
            hint="pip install 'landline[terrain]'",
        ) from None
    try:
        with rasterio.open(path) as source:
            if source.count < 1 or source.width * source.height > MAX_CELLS or source.crs is None:
                raise ScenarioError(
                    "invalid GeoTIFF: no band, no coordinate system, or too large", where=str(path)
                )
            where = source.transform
            if where.b or where.d or where.a <= 0.0 or where.e >= 0.0:
                raise ScenarioError(
                    "cannot use GeoTIFF: the grid is rotated; north must be up", where=str(path)
                )
            grid = source.read(1, masked=True)
            wkt, degrees = source.crs.to_wkt(), source.crs.is_geographic
    except RasterioIOError as error:
        raise ScenarioError(f"invalid GeoTIFF: {error}", where=str(path)) from None
    heights = _checked(np.ma.getdata(grid).astype(np.float64), np.ma.getmaskarray(grid), path)
    to_grid = _degrees if degrees else _projected(wkt)
    west, north = where.c + 0.5 * where.a, where.f + 0.5 * where.e
    return Raster(str(path), heights, west, north, where.a, -where.e, to_grid)


def _projected(wkt: str) -> Transform:
    from pyproj import Transformer

    transform = Transformer.from_crs("EPSG:4326", wkt, always_xy=True).transform

    def to_grid(lat_deg: float, lon_deg: float) -> tuple[float, float]:
        x, y = transform(lon_deg, lat_deg)
        return float(x), float(y)

    return to_grid
