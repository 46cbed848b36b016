"""The terrain options of a job: what its heights are above, and the ground that they are proven over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.app.planning.over_ground import TerrainSettings
    from controller.cli.mission.plan.options import JobOptions
    from controller.missions.route.route import Route


def heights_above(route: Route, job: JobOptions) -> Route:
    """Return the route with the zero of heights that the options say. Raises UserError."""
    from controller.errors import UserError
    from controller.missions.route.route import HeightAbove

    zeros = {"home": HeightAbove.HOME, "ground": HeightAbove.GROUND, None: None}
    if job.above not in zeros:
        raise UserError(f"invalid value '{job.above}'", where="--above", hint="use home or ground")
    above = zeros[job.above]
    if route.way_out is not None and above is HeightAbove.GROUND:
        raise UserError(
            f"cannot plan the {route.pattern} above ground: its heights are those of what is inspected",
            where="--above",
            hint="leave it out",
        )
    fixed = route.panels or route.way_out is not None
    if above is None and job.terrain and route.above is HeightAbove.HOME and not fixed:
        above = HeightAbove.GROUND
    return route if above is None else replace(route, above=above)


def terrain_settings(job: JobOptions) -> TerrainSettings | None:
    """Return the ground that the options name, None without one. Raises UserError."""
    from controller.errors import UserError

    if not job.terrain:
        if job.clearance_m is not None or job.terrain_datum is not None or job.flat_outside:
            raise UserError(
                "cannot use --clearance-m, --terrain-datum or --flat-outside: there is no terrain",
                hint="give --terrain FILE",
            )
        return None
    from controller.app.planning.over_ground import TerrainSettings
    from controller.terrain.ground import Ground

    return TerrainSettings(
        ground=Ground(job.terrain, unstated=job.terrain_datum),
        clearance_m=job.clearance_m,
        flat_outside=job.flat_outside,
    )
