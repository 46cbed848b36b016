"""Zeros of terrain heights: their names, and the way from one to the other.

EGM96 is the zero of SRTM and of the heights that autopilots call AMSL; Copernicus' terrain has EGM2008. PROJ's grids
of geoids are not in pyproj's wheel, and nothing is downloaded: EGM96 is in this package, another grid must be in a
folder that PROJ searches (PROJ, "Resource files": PROJ_DATA and the user's data directory).
"""

from __future__ import annotations

import warnings

import numpy as np

from controller.terrain.geoid import egm96_m
from controller.terrain.raster import EGM96, NOT_STATED, Floats
from controller.terrain.read import TerrainError

EGM2008 = "EGM2008"
ELLIPSOID = "ellipsoid"
LOCAL = "local"
#: What an operator may say of a file that does not state its zero.
STATABLE = (EGM96, EGM2008, ELLIPSOID, LOCAL)
_EGM2008_HEIGHT = "EPSG:4326+3855"
_WGS84_3D = "EPSG:4979"


def datum_named(stated: str) -> str:
    """Return the zero that a file states in its own words, such as `EGM96 height`; an unknown one keeps its name."""
    text = stated.lower().replace(" ", "").replace("_", "")
    if not text:
        return NOT_STATED
    for word, datum in (("egm96", EGM96), ("egm2008", EGM2008), ("egm08", EGM2008), ("ellipsoid", ELLIPSOID)):
        if word in text:
            return datum
    return stated


def to_egm96_m(datum: str, lats_deg: Floats, lons_deg: Floats) -> Floats:
    """Return what to add to heights of a zero for heights above EGM96, m, arrays of shape (n,).

    Raises TerrainError for a zero that has no way to EGM96 on this computer.
    """
    if datum == EGM96:
        return np.zeros_like(lats_deg)
    if datum == ELLIPSOID:
        return -egm96_m(lats_deg, lons_deg)
    if datum == EGM2008:
        return egm2008_m(lats_deg, lons_deg) - egm96_m(lats_deg, lons_deg)
    raise TerrainError(
        f"cannot convert heights: the zero '{datum}' has no known way to EGM96",
        hint="use terrain files of one zero, and give --home with no altitude",
    )


def egm2008_m(lats_deg: Floats, lons_deg: Floats) -> Floats:
    """Return the height of the geoid EGM2008 above the ellipsoid, m, by PROJ's grid. Raises TerrainError without it."""
    import pyproj
    from pyproj.transformer import TransformerGroup

    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ways = TransformerGroup(_EGM2008_HEIGHT, _WGS84_3D, always_xy=True)
    # Without its grid PROJ still has a way: one that leaves the height as it is.
    with_grid = [way for way in ways.transformers if "EGM2008" in way.description]
    if not with_grid or "ballpark" in with_grid[0].description.lower():
        missing = next(
            (grid.short_name for way in ways.unavailable_operations for grid in way.grids), "its grid"
        )
        raise TerrainError(
            f"cannot convert heights from EGM2008: PROJ's grid {missing} is not on this computer",
            hint="put it in a folder and name that in PROJ_DATA, or use terrain files of one zero",
        )
    _, _, heights = with_grid[0].transform(lons_deg, lats_deg, np.zeros_like(lats_deg))
    return np.asarray(heights, dtype=np.float64)
