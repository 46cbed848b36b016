"""`landline mission plan search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.mission.plan.options import AREA_HELP, JobOptions, KeepOutOptions, PhotoOptions
from controller.cli.mission.plan.typed_values import keep_out_of, start_of
from controller.cli.shared_options import with_options

if TYPE_CHECKING:
    from controller.missions.route.route import Route

_AROUND = ("square", "sector")
_OF_AREA = ("creeping", "parallel")


@with_options(JobOptions)
@with_options(PhotoOptions)
@with_options(KeepOutOptions)
def search(
    job: JobOptions,
    photos: PhotoOptions,
    avoid: KeepOutOptions,
    area: Annotated[Path | None, typer.Argument(metavar="AREA", help=AREA_HELP)] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="square (expanding) or sector around --datum; creeping or parallel lines over AREA.",
        ),
    ] = "square",
    datum: Annotated[
        str | None,
        typer.Option(
            "--datum", metavar="LAT,LON", help="Most probable place, degrees, for square and sector."
        ),
    ] = None,
    radius_m: Annotated[
        float, typer.Option("--radius-m", metavar="METRES", help="How far to search around it, m.")
    ] = 200.0,
    heading_deg: Annotated[
        float | None,
        typer.Option(
            "--heading-deg",
            metavar="DEGREES",
            help="First leg, or advance over AREA, from north. [north; along the longer side of AREA]",
        ),
    ] = None,
    twice: Annotated[
        bool, typer.Option("--twice", help="Fly the sectors again, turned by 30 degrees.")
    ] = False,
) -> int:
    """Plan a search for a lost person or object, as the IAMSAR manual defines it; --spacing-m is its track spacing."""
    from controller.cli.mission.plan.finish import finish
    from controller.errors import UserError

    if kind not in (*_AROUND, *_OF_AREA):
        known = ", ".join((*_AROUND, *_OF_AREA))
        raise UserError(f"invalid value '{kind}'", where="--kind", hint=f"use {known}")
    if kind in _AROUND:
        if datum is None or area is not None:
            raise UserError(
                f"cannot plan the {kind} search: it is around a place", hint="give --datum LAT,LON"
            )
        return finish(_around(kind, datum, radius_m, heading_deg, twice, job, photos, avoid), job)
    if area is None or datum is not None:
        raise UserError(f"cannot plan the {kind} search: it is over an area", hint="give the AREA file")
    return finish(_over(kind, area, heading_deg, job, photos, avoid), job)


def _around(
    kind: str,
    datum: str,
    radius_m: float,
    heading_deg: float | None,
    twice: bool,
    job: JobOptions,
    photos: PhotoOptions,
    avoid: KeepOutOptions,
) -> Route:
    from controller.cli.mission.plan.finish import home_of
    from controller.cli.mission.plan.passes import pass_options
    from controller.missions.patterns import search as pattern

    place = home_of(datum, "--datum")
    where, options = (place.lat_deg, place.lon_deg), pass_options(job, photos)
    heading, start, keep_out = heading_deg or 0.0, start_of(job), keep_out_of(avoid)
    if kind == "square":
        return pattern.expanding_square(
            where, options, radius_m=radius_m, heading_deg=heading, start=start, keep_out=keep_out
        )
    return pattern.sector(
        where, options, radius_m=radius_m, heading_deg=heading, twice=twice, start=start, keep_out=keep_out
    )


def _over(
    kind: str,
    area: Path,
    heading_deg: float | None,
    job: JobOptions,
    photos: PhotoOptions,
    avoid: KeepOutOptions,
) -> Route:
    from controller.app.planning.areas import read_area
    from controller.cli.mission.plan.passes import pass_options
    from controller.missions.patterns import search as pattern

    shape = read_area(area, job.name)
    return pattern.rows_search(
        shape.points,
        pass_options(job, photos),
        creeping=kind == "creeping",
        along_deg=heading_deg,
        holes=shape.holes,
        start=start_of(job),
        keep_out=keep_out_of(avoid),
    )
