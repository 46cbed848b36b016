"""Coverage of a job: its photos over the ground or over terrain, and its picture as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import UserError
from controller.logs.record.append_file import write_atomically
from controller.missions.coverage.coverage import Coverage, cover
from controller.missions.coverage.drawing.picture import png_picture, svg_picture
from controller.missions.coverage.geojson import geojson
from controller.missions.coverage.planned import photos_above_home, shown_ground
from controller.missions.coverage.target import target_of
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Route

if TYPE_CHECKING:
    from controller.missions.route.terrain import Terrain

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


def coverage_of_route(route: Route, *, terrain: Terrain | None = None, needed: int = 2) -> Coverage | None:
    """Return what the photos of a route show; None without a camera or photos.

    Without terrain the ground is as flat and as high as home. Raises PlanError, and SafetyRefused where the terrain
    does not cover it.
    """
    target = target_of(route)
    photos = photos_of(route)
    if target is None or not len(photos):
        return None
    if terrain is None:
        return cover(photos, target, needed=needed)
    photos = photos_above_home(photos, route.above, terrain)
    return cover(photos, target, ground=shown_ground(terrain), needed=needed)
