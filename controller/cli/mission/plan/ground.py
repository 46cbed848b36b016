"""What the heights of a job are above."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
