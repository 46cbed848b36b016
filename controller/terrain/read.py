"""Terrain files: SRTM tiles (.hgt), ESRI ASCII grids (.asc) and, with rasterio, GeoTIFF.

Formats: SRTM's tile is named by its south-west corner and holds big-endian 16-bit metres above the geoid EGM96, samples
on the edges (USGS, SRTM Topography, 2.1.3); an ASCII grid has corners or centres of cells and rows from the north (ESRI
ArcGIS, "Esri ASCII raster").
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.errors import UserError
from controller.terrain.raster import EGM96, NOT_STATED, Raster, Transform, degrees

SRTM_VOID = -32768
SRTM_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
SRTM_SIDES = (1201, 3601)
ENDINGS = (".hgt", ".asc", ".tif", ".tiff")
MAX_CELLS = 100_000_000
MAX_ASCII_BYTES = 256 * 1024 * 1024
LOWEST_M, HIGHEST_M = -500.0, 9000.0


class TerrainError(UserError):
    """A terrain file is invalid, too large or of an unknown format."""


def read_raster(path: Path) -> Raster:
    """Read a terrain file, whose format follows from its ending. Raises TerrainError."""
    readers = {".hgt": _read_srtm, ".asc": _read_ascii, ".tif": _read_geotiff, ".tiff": _read_geotiff}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise TerrainError("unknown terrain format", where=str(path), hint="use .hgt (SRTM), .asc or .tif")
    try:
        path.stat()  # a missing file is reported before an invalid name
        return reader(path)
    except OSError as error:
        raise TerrainError(
            f"cannot read file: {error.strerror or error}", where=str(path), hint="check the path"
        ) from None


def srtm_corner(path: Path) -> tuple[float, float]:
    """Return the south-west corner that the name of an SRTM tile states, degrees. Raises TerrainError."""
    named = SRTM_NAME.match(path.stem)
    if named is None:
        raise TerrainError(
            "invalid file name: must be that of the south-west corner, such as N47E008.hgt", where=str(path)
        )
    north, lat, east, lon = named.groups()
    south_deg = float(lat) * (1.0 if north in "Nn" else -1.0)
    west_deg = float(lon) * (1.0 if east in "Ee" else -1.0)
    if not (-90.0 <= south_deg < 90.0 and -180.0 <= west_deg < 180.0):
        raise TerrainError("invalid file name: no such place on the earth", where=str(path))
    return south_deg, west_deg


def _checked(grid: NDArray[Any], void: NDArray[np.bool_], path: Path) -> NDArray[np.float32]:
    """Check heights and mark voids with NaN. Raises TerrainError."""
    if grid.ndim != 2 or grid.size == 0 or void.all():
        raise TerrainError("file has no heights", where=str(path))
    # Unknown values are dropped before the conversion: a number beyond 32 bits would warn.
    heights = np.where(void | ~np.isfinite(grid) | (np.abs(grid) > 1e9), np.nan, grid).astype(np.float32)
    known = heights[~np.isnan(heights)]
    beyond = np.isfinite(grid) & ~void & (np.abs(grid) > 1e9)
    low, high = float(known.min(initial=np.inf)), float(known.max(initial=-np.inf))
    if beyond.any():
        high = float(np.asarray(grid[beyond], dtype=np.float64).max())
    if not LOWEST_M <= low <= high <= HIGHEST_M:
        raise TerrainError(
            f"heights must be between {LOWEST_M:g} and {HIGHEST_M:g} m, are {low:g} to {high:g}",
            where=str(path),
        )
    return heights


def _read_srtm(path: Path) -> Raster:
    south_deg, west_deg = srtm_corner(path)
    size = path.stat().st_size
    side = math.isqrt(size // 2)
    if side not in SRTM_SIDES or side * side * 2 != size:
        raise TerrainError("invalid SRTM tile: must have 1201 x 1201 or 3601 x 3601 samples", where=str(path))
    grid, step = np.fromfile(path, dtype=">i2", count=side * side), 1.0 / (side - 1)
    grid = grid.reshape(side, side).astype(np.float32)
    heights = _checked(grid, grid == SRTM_VOID, path)
    return Raster(str(path), heights, west_deg, south_deg + 1.0, step, step, datum=EGM96)


def _read_ascii(path: Path) -> Raster:
    header: dict[str, float] = {}
    if path.stat().st_size > MAX_ASCII_BYTES:
        raise TerrainError(
            f"cannot read ASCII grid: it is larger than {MAX_ASCII_BYTES // 1024**2} MB",
            where=str(path),
            hint="convert it: gdal_translate grid.asc grid.tif",
        )
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
            if not (0 < rows * columns <= MAX_CELLS and rows > 0 and size > 0.0 and math.isfinite(size)):
                raise TerrainError(
                    f"invalid ASCII grid: {rows:g} x {columns:g} cells of size {size:g}", where=str(path)
                )
            cells = np.array(lines.read().split(), dtype=np.float64)
    except (ValueError, KeyError) as error:
        raise TerrainError(f"invalid ASCII grid: {error}", where=str(path)) from None
    if cells.size != rows * columns or rows % 1 or columns % 1:
        raise TerrainError(
            f"invalid ASCII grid: has {cells.size} heights, its header says {rows * columns:g}",
            where=str(path),
            hint="export it again",
        )
    half = 0.0 if "xllcenter" in header else 0.5 * size
    west, south = (
        header.get("xllcenter", header.get("xllcorner")),
        header.get("yllcenter", header.get("yllcorner")),
    )
    if west is None or south is None:
        raise TerrainError("invalid ASCII grid: xllcorner or yllcorner is missing", where=str(path))
    if not (-180.0 <= west <= 180.0 and -90.0 <= south <= 90.0):
        raise TerrainError(
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
        from rasterio.errors import RasterioError
    except ModuleNotFoundError:
        raise TerrainError(
            "cannot read GeoTIFF: rasterio is not installed",
            where=str(path),
            hint="pip install 'landline[terrain]'",
        ) from None
    try:
        # Only this driver, and no file beside it: GDAL would also open files that name others.
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"),
            rasterio.open(path, driver="GTiff") as source,
        ):
            if source.count < 1 or source.width * source.height > MAX_CELLS or source.crs is None:
                raise TerrainError(
                    "invalid GeoTIFF: no band, no coordinate system, or too large", where=str(path)
                )
            where = source.transform
            if where.b or where.d or where.a <= 0.0 or where.e >= 0.0:
                raise TerrainError(
                    "cannot use GeoTIFF: the grid is rotated; north must be up", where=str(path)
                )
            grid = source.read(1, masked=True)
            wkt, in_degrees = source.crs.to_wkt(), source.crs.is_geographic
    except RasterioError as error:
        raise TerrainError(
            f"invalid GeoTIFF: {error}", where=str(path), hint="export it again as GeoTIFF"
        ) from None
    heights = _checked(np.ma.getdata(grid), np.ma.getmaskarray(grid), path)
    to_grid, to_place = (degrees, degrees) if in_degrees else _projected(wkt)
    west, north = where.c + 0.5 * where.a, where.f + 0.5 * where.e
    return Raster(str(path), heights, west, north, where.a, -where.e, to_grid, to_place, _vertical_datum(wkt))


def _vertical_datum(wkt: str) -> str:
    """Return the name of the vertical datum of a coordinate system, empty without one."""
    named = re.search(r'VERT(?:CRS|_CS)\["([^"]{1,80})"', wkt)
    if named:
        return named[1]
    # A coordinate system of three axes has its heights above the ellipsoid.
    return "ellipsoid" if "CS[ellipsoidal,3]" in wkt.replace(" ", "") else NOT_STATED


def _projected(wkt: str) -> tuple[Transform, Transform]:
    """Return the conversions from latitude and longitude to the grid's coordinates, and back."""
    from pyproj import Transformer
    from pyproj.enums import TransformDirection

    transform = Transformer.from_crs("EPSG:4326", wkt, always_xy=True).transform

    def to_grid(lat_deg: Any, lon_deg: Any) -> tuple[Any, Any]:
        x, y = transform(lon_deg, lat_deg)
        return x, y

    def to_place(x: Any, y: Any) -> tuple[Any, Any]:
        lon_deg, lat_deg = transform(x, y, direction=TransformDirection.INVERSE)
        return lat_deg, lon_deg

    return to_grid, to_place
