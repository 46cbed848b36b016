"""Coverage of a job: its photos over the ground or over terrain, and its picture as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from controller.errors import UserError
from controller.logs.record.append_file import write_atomically
from controller.missions.coverage.coverage import Coverage, cover
from controller.missions.coverage.drawing.picture import png_picture, svg_picture
from controller.missions.coverage.geojson import geojson
from controller.missions.coverage.target import Target, target_of
from controller.missions.route.photos import Photos, photos_of
from controller.missions.route.route import HeightAbove, Panel, Route

if TYPE_CHECKING:
    from controller.missions.plan import Home
    from controller.terrain.ground import Ground

ENDINGS = (".png", ".svg", ".geojson")


def check_picture(path: Path) -> None:
    """Raise UserError for a picture whose format is not known."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(
            "cannot write the coverage: unknown format", where=str(path), hint=f"use {', '.join(ENDINGS)}"
        )


def save_coverage(coverage: Coverage, path: Path, title: str) -> None:
    """Write a picture, or the cells, of a coverage; the ending chooses the format. Raises UserError."""
    check_picture(path)
    makers: dict[str, Callable[[], bytes]] = {
        ".png": lambda: png_picture(coverage, title),
        ".svg": lambda: svg_picture(coverage, title).encode(),
        ".geojson": lambda: geojson(coverage).encode(),
    }
    try:
        write_atomically(path, makers[path.suffix.lower()]())
    except OSError as error:
        raise UserError(
            f"cannot write the coverage: {error.strerror or error}", where=str(path), hint="check the path"
        ) from None


def coverage_of_route(
    route: Route, home: Home | None, *, ground: Ground | None = None, needed: int = 2
) -> Coverage | None:
    """Return what the photos of a route show; None without a camera or photos. Raises PlanError, TerrainError."""
    target = target_of(route)
    photos = photos_of(route)
    if target is None or not len(photos):
        return None
    place = route.stops[0].position if home is None else (home.lat_deg, home.lon_deg)
    return coverage_of(photos, route.above, target, home=place, ground=ground, needed=needed)


def coverage_of(
    photos: Photos,
    above: HeightAbove,
    target: Target,
    *,
    home: tuple[float, float],
    ground: Ground | None = None,
    needed: int = 2,
) -> Coverage:
    """Return what photos show, whose heights are `above`; without `ground` it is as flat and as high as home.

    Home is latitude and longitude, degrees. Raises PlanError, TerrainError.
    """
    if ground is None:
        return cover(photos, target, needed=needed)
    heights_m = photos.heights_m
    home_m = ground.height_m(*home)
    if above is HeightAbove.HOME:
        heights_m = heights_m + home_m
        target = replace(target, panels=tuple(_raised(one, home_m) for one in target.panels))
    elif above is HeightAbove.GROUND:
        heights_m = heights_m + ground.heights_m(photos.lats_deg, photos.lons_deg)
    known = np.isfinite(heights_m)
    if not known.all():
        raise UserError(
            "cannot make the coverage: the terrain has no height below a photo", hint="add its raster"
        )
    return cover(replace(photos, heights_m=heights_m), target, ground=ground.heights_m, needed=needed)


def _raised(panel: Panel, by_m: float) -> Panel:
    corner, along, up = (
        replace(one, height_m=one.height_m + by_m) for one in (panel.corner, panel.along, panel.up)
    )
    return Panel(panel.name, corner, along, up)
