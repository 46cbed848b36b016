"""Options of the commands that look at terrain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from controller.app.planning.over_ground import TerrainSettings

TerrainFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--terrain",
        metavar="FILE|FOLDER",
        help="Terrain: SRTM (.hgt), ASCII grid (.asc), GeoTIFF or a folder of them. Repeatable.",
    ),
]
TerrainDatum = Annotated[
    str | None,
    typer.Option(
        "--terrain-datum",
        metavar="ZERO",
        help="Zero of heights where a file states none: EGM96, EGM2008, ellipsoid or local.",
    ),
]
FlatOutside = Annotated[
    bool,
    typer.Option("--flat-outside", help="Ground that the terrain does not cover is as high as home."),
]


def terrain_settings(
    terrain: list[Path] | None, datum: str | None, *, flat_outside: bool, clearance_m: float | None = None
) -> TerrainSettings | None:
    """Return the ground that the options name, None without one. Raises UserError."""
    from controller.errors import UserError

    if not terrain:
        given = {
            "--clearance-m": clearance_m is not None,
            "--terrain-datum": datum is not None,
            "--flat-outside": flat_outside,
        }
        unused = [option for option, is_given in given.items() if is_given]
        if unused:
            raise UserError(
                f"cannot use {' and '.join(unused)}: there is no terrain", hint="give --terrain FILE"
            )
        return None
    from controller.app.planning.over_ground import TerrainSettings
    from controller.terrain.ground import Ground

    return TerrainSettings(
        ground=Ground(terrain, unstated=datum), clearance_m=clearance_m, flat_outside=flat_outside
    )
