"""`landline mission plan survey` and `corridor`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.cli.mission.plan.options import Area, JobOptions, Line, PhotoOptions
from controller.cli.shared_options import with_options


@with_options(JobOptions)
@with_options(PhotoOptions)
def survey(
    area: Area,
    job: JobOptions,
    photos: PhotoOptions,
    angle_deg: Annotated[
        float, typer.Option("--angle-deg", metavar="DEGREES", help="Direction of the lines, from north.")
    ] = 0.0,
    crosshatch: Annotated[
        bool, typer.Option("--crosshatch", help="Fly the area again at 90 degrees.")
    ] = False,
) -> int:
    """Plan parallel lines that cover an area."""
    from controller.app.planning.areas import read_area
    from controller.cli.mission.plan.finish import finish, settings_of
    from controller.cli.mission.plan.passes import pass_options
    from controller.missions.patterns import survey as pattern

    home = settings_of(job).home
    route = pattern.survey(
        read_area(area, job.name).points,
        pass_options(job, photos),
        angle_deg=angle_deg,
        crosshatch=crosshatch,
        start=(home.lat_deg, home.lon_deg) if home else None,
    )
    return finish(route, job)


@with_options(JobOptions)
@with_options(PhotoOptions)
def corridor(
    line: Line,
    job: JobOptions,
    photos: PhotoOptions,
    width_m: Annotated[
        float, typer.Option("--width-m", metavar="METRES", help="Width to cover around the line, m.")
    ] = 0.0,
) -> int:
    """Plan one or more passes along a line."""
    from controller.app.planning.areas import read_line
    from controller.cli.mission.plan.finish import finish, settings_of
    from controller.cli.mission.plan.passes import pass_options
    from controller.missions.patterns import corridor as pattern

    home = settings_of(job).home
    route = pattern.corridor(
        read_line(line, job.name).points,
        pass_options(job, photos),
        width_m=width_m,
        start=(home.lat_deg, home.lon_deg) if home else None,
    )
    return finish(route, job)
