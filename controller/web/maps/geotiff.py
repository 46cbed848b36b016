"""GeoTIFF pictures as web mercator tiles, made on request with rasterio, which is optional."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.png import png
from controller.web.maps.source import MAX_ZOOM, MapError, MapInfo, Tile, checked_bounds, plain, tile_bounds

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SIDE = 256
_MERCATOR_M = 20037508.342789244
# The most that one tile may make GDAL decode: larger maps are shown from the zoom at which their overviews reach.
_MAX_READ_CELLS = 16_000_000
_MAX_BLOCK_BYTES = 64 * 1024 * 1024
_KEPT_TILES = 256
_MAX_BANDS = 64
_SAFE = {
    # No file beside it is read: one could name others, also on other hosts.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_CACHEMAX": 64,
    "GDAL_NUM_THREADS": "1",
}


def _rasterio() -> Any:
    try:
        import rasterio
        import rasterio.vrt
    except ModuleNotFoundError:
        raise MapError(
            "cannot read GeoTIFF: rasterio is not installed", hint="pip install 'landline[terrain]'"
        ) from None
    return rasterio


class Geotiff:
    """A picture with a place on the earth. Raises MapError."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._tiles: OrderedDict[tuple[int, int, int], Tile | None] = OrderedDict()
        self._rasterio = _rasterio()
        with self._reading():
            self._source = self._rasterio.open(path, driver="GTiff")
        try:
            with self._reading():
                self._check()
                self._low, self._high = self._range()
                self.info = self._describe()
        except BaseException:
            self._source.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._source.close()

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None outside of the picture. Raises MapError."""
        west, south, east, north = self.info.bounds
        left, bottom, right, top = tile_bounds(z, x, y)
        if z < self.info.min_zoom or left >= east or right <= west or bottom >= north or top <= south:
            return None
        key = (z, x, y)
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
            with self._reading():
                made = self._made(z, x, y)
            self._tiles[key] = made
            while len(self._tiles) > _KEPT_TILES:
                self._tiles.popitem(last=False)
            return made

    @contextmanager
    def _reading(self) -> Iterator[None]:
        rasterio = self._rasterio
        try:
            with rasterio.Env(**_SAFE):
                yield
        except MapError:
            raise
        except (rasterio.errors.RasterioError, ValueError, MemoryError, OverflowError) as error:
            raise MapError(f"cannot read GeoTIFF: {plain(str(error))[:200] or 'it is damaged'}") from None
        except Exception as error:  # GDAL's own errors have no common class that can be imported
            if type(error).__module__ != "rasterio._err":
                raise
            raise MapError(f"cannot read GeoTIFF: {plain(str(error))[:200]}") from None

    def _check(self) -> None:
        source = self._source
        if source.crs is None or source.transform.is_identity:
            raise MapError(
                "cannot use GeoTIFF: it does not say where on the earth it lies",
                hint="a world file beside it is not read; write its place into it: gdal_translate -a_srs",
            )
        if not 1 <= source.count <= _MAX_BANDS:
            raise MapError(f"cannot use GeoTIFF: it has {source.count} bands")
        if any(dtype.startswith("complex") for dtype in source.dtypes):
            raise MapError("cannot use GeoTIFF: its values are complex numbers")
        rows, columns = source.block_shapes[0]
        bytes_ = rows * columns * source.count * np.dtype(source.dtypes[0]).itemsize
        if bytes_ > _MAX_BLOCK_BYTES:
            raise MapError(
                f"cannot use GeoTIFF: its blocks have {bytes_ / 1e6:.0f} MB",
                hint="write it with tiles: gdal_translate -co TILED=YES",
            )

    def _describe(self) -> MapInfo:
        from rasterio.warp import calculate_default_transform, transform_bounds

        source = self._source
        bounds = checked_bounds(*transform_bounds(source.crs, "EPSG:4326", *source.bounds))
        per_cell = calculate_default_transform(
            source.crs, "EPSG:3857", source.width, source.height, *source.bounds
        )[0].a
        finest = math.log2(2.0 * _MERCATOR_M / SIDE / per_cell)
        max_zoom = min(max(math.ceil(finest - 0.1), 0), MAX_ZOOM)
        # Overviews let a tile read fewer cells: the coarsest one counts.
        coarsest = max([1, *source.overviews(1)])
        tags = {key.upper(): value for key, value in source.tags().items()}
        reach = math.log2(math.sqrt(_MAX_READ_CELLS / source.count) / SIDE * coarsest)
        whole = source.width * source.height * source.count / coarsest**2 <= _MAX_READ_CELLS
        return MapInfo(
            kind="GeoTIFF",
            vector=False,
            bounds=bounds,
            min_zoom=0 if whole else max(0, min(max_zoom, math.ceil(finest - reach))),
            max_zoom=max_zoom,
            title=plain(tags.get("TIFFTAG_IMAGEDESCRIPTION")),
            attribution=plain(tags.get("TIFFTAG_COPYRIGHT")),
        )

    def _range(self) -> tuple[float, float]:
        """Return the values shown as black and as white: for bytes 0 and 255, else those of a look at the picture."""
        source = self._source
        if source.dtypes[0] == "uint8":
            return 0.0, 255.0
        coarsest = max([1, *source.overviews(1)])
        if source.width * source.height / coarsest**2 > _MAX_READ_CELLS:
            info = np.iinfo(source.dtypes[0]) if source.dtypes[0].startswith(("int", "uint")) else None
            return (float(info.min), float(info.max)) if info else (0.0, 1.0)
        shape = (min(256, source.height), min(256, source.width))
        look = source.read(1, out_shape=shape, masked=True).astype(np.float64)
        known = look.compressed()
        known = known[np.isfinite(known)]
        if known.size == 0:
            return 0.0, 1.0
        low, high = (float(one) for one in np.percentile(known, (2.0, 98.0)))
        return low, high if high > low else low + 1.0

    def _made(self, z: int, x: int, y: int) -> Tile | None:
        side_m = 2.0 * _MERCATOR_M / (1 << z)
        west, north = x * side_m - _MERCATOR_M, _MERCATOR_M - y * side_m
        rasterio = self._rasterio
        with rasterio.vrt.WarpedVRT(
            self._source,
            crs="EPSG:3857",
            transform=rasterio.Affine(side_m / SIDE, 0.0, west, 0.0, -side_m / SIDE, north),
            width=SIDE,
            height=SIDE,
            resampling=self._resampling(),
            add_alpha=not self._has_alpha() and self._source.nodata is None,
        ) as view:
            alpha = view.dataset_mask()
            if not alpha.any():
                return None
            return Tile(png(self._picture(view, alpha)), "image/png")

    def _has_alpha(self) -> bool:
        return any(one.name == "alpha" for one in self._source.colorinterp)

    def _resampling(self) -> Any:
        from rasterio.enums import ColorInterp, Resampling

        # Numbers of a palette have no mean.
        palette = self._source.colorinterp[0] == ColorInterp.palette
        return Resampling.nearest if palette else Resampling.bilinear

    def _picture(self, view: Any, alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture = np.zeros((SIDE, SIDE, 4), dtype=np.uint8)
        if self._source.colorinterp[0].name == "palette":
            table = np.zeros((256, 4), dtype=np.uint8)
            for index, colour in self._source.colormap(1).items():
                if 0 <= index < 256:
                    table[index] = colour
            picture[:] = table[np.clip(view.read(1), 0, 255).astype(np.uint8)]
            picture[..., 3] = np.minimum(picture[..., 3], alpha)
            return picture
        bands = self._source.count - self._has_alpha()
        shown = (1, 2, 3) if bands >= 3 else (1, 1, 1)
        for channel, band in enumerate(shown):
            values = view.read(band).astype(np.float64)
            scaled = (values - self._low) * (255.0 / (self._high - self._low))
            picture[..., channel] = np.clip(np.nan_to_num(scaled), 0.0, 255.0)
        picture[..., 3] = alpha
        return picture
