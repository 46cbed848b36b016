"""`landline mission plan survey` and `corridor`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.cli.mission.plan.options import Area, JobOptions, KeepOutOptions, Line, PhotoOptions
from controller.cli.mission.plan.typed_values import keep_out_of, start_of
from controller.cli.shared_options import with_options


@with_options(JobOptions)
@with_options(PhotoOptions)
@with_options(KeepOutOptions)
def survey(
    area: Area,
    job: JobOptions,
    photos: PhotoOptions,
    avoid: KeepOutOptions,
    angle_deg: Annotated[
        str,
        typer.Option(
            "--angle-deg",
            metavar="DEGREES",
            help="Direction of the lines, from north; best is that of the shortest flight.",
        ),
    ] = "0",
    crosshatch: Annotated[
        bool, typer.Option("--crosshatch", help="Fly the area again at 90 degrees.")
    ] = False,
    alternate: Annotated[
        bool,
        typer.Option(
            "--alternate", help="Fly every second line, and the others on the way back: wider turns."
        ),
    ] = False,
    entry: Annotated[
        str,
        typer.Option(
            "--entry", metavar="CORNER", help="Corner to begin at: nearest (to home), nw, ne, sw or se."
        ),
    ] = "nearest",
) -> int:
    """Plan parallel lines that cover an area."""
    from controller.app.planning.areas import read_area
    from controller.cli.mission.plan.finish import finish
    from controller.cli.mission.plan.passes import pass_options
    from controller.errors import UserError
    from controller.missions.patterns import survey as pattern

    known = next((one for one in pattern.ENTRIES if one == entry), None)
    if known is None:
        raise UserError(f"invalid value '{entry}'", where="--entry", hint=f"use {', '.join(pattern.ENTRIES)}")
    shape = read_area(area, job.name)
    route = pattern.survey(
        shape.points,
        pass_options(job, photos),
        angle_deg=_angle_deg(angle_deg),
        crosshatch=crosshatch,
        alternate=alternate,
        holes=shape.holes,
        entry=known,
        start=start_of(job),
        keep_out=keep_out_of(avoid),
    )
    return finish(route, job)


@with_options(JobOptions)
@with_options(PhotoOptions)
@with_options(KeepOutOptions)
def corridor(
    line: Line,
    job: JobOptions,
    photos: PhotoOptions,
    avoid: KeepOutOptions,
    width_m: Annotated[
        float, typer.Option("--width-m", metavar="METRES", help="Width to cover around the line, m.")
    ] = 0.0,
) -> int:
    """Plan one or more passes along a line."""
    from controller.app.planning.areas import read_line
    from controller.cli.mission.plan.finish import finish
    from controller.cli.mission.plan.passes import pass_options
    from controller.missions.patterns import corridor as pattern

    route = pattern.corridor(
        read_line(line, job.name).points,
        pass_options(job, photos),
        width_m=width_m,
        start=start_of(job),
        keep_out=keep_out_of(avoid),
    )
    return finish(route, job)


def _angle_deg(text: str) -> float | None:
    """Return the direction of the lines; None for the best one. Raises UserError."""
    from controller.errors import UserError

    if text == "best":
        return None
    try:
        angle_deg = float(text)
        if not -360.0 <= angle_deg <= 360.0:
            raise ValueError
    except ValueError:
        raise UserError(
            f"invalid value '{text}'", where="--angle-deg", hint="write degrees from north, or best"
        ) from None
    return angle_deg
