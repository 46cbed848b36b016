"""`landline mission plan strip` and `bridge`: objects along a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.mission.plan.inspection_options import InspectionOptions, Line
from controller.cli.mission.plan.options import JobOptions, KeepOutOptions
from controller.cli.mission.plan.typed_values import keep_out_of, start_of, words_of
from controller.cli.shared_options import with_options


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(KeepOutOptions)
def strip(
    towers: Annotated[
        Path, typer.Argument(metavar="TOWERS", help="Towers or kilometre posts: CSV, KML, KMZ or GeoJSON.")
    ],
    job: JobOptions,
    inspection: InspectionOptions,
    avoid: KeepOutOptions,
    assets: Annotated[
        str | None,
        typer.Option(
            "--assets", metavar="ORDER", help='Part to fly: "towers 14 to 22", 14-22, "km 3.2 to 4.1".'
        ),
    ] = None,
    half_width_m: Annotated[
        float,
        typer.Option(
            "--half-width-m", metavar="METRES", help="From the middle to the outermost conductor, m."
        ),
    ] = 6.0,
    tower_m: Annotated[
        float,
        typer.Option(
            "--tower-m", metavar="METRES", help="Height of towers whose height the file does not tell, m."
        ),
    ] = 30.0,
    sag_percent: Annotated[
        float, typer.Option("--sag-percent", metavar="PERCENT", help="Sag of the conductors, % of a span.")
    ] = 3.0,
    span_photos: Annotated[
        int, typer.Option("--span-photos", metavar="COUNT", help="Photos of each span from each side.")
    ] = 1,
    trigger_m: Annotated[
        float,
        typer.Option("--trigger-m", metavar="METRES", help="Photos in flight along the spans, m apart."),
    ] = 0.0,
    side: Annotated[
        str, typer.Option("--side", metavar="SIDE", help="Side to fly: both, left or right.")
    ] = "both",
) -> int:
    """Plan both sides of a power line, the camera on its towers and spans."""
    from controller.app.planning.assets import read_ordered
    from controller.cli.common import Output
    from controller.errors import UserError
    from controller.missions.patterns import strip as pattern

    if side not in ("both", "left", "right"):
        raise UserError(f"invalid value '{side}'", where="--side", hint="use both, left or right")
    ordered, notes = read_ordered(towers, assets)
    for note in notes:
        Output(job.json).note(note)
    options = pattern.StripOptions(
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
        half_width_m=half_width_m,
        tower_m=tower_m,
        height_m=job.height_m,
        sag=sag_percent / 100.0,
        span_photos=span_photos,
        trigger_m=trigger_m,
        sides="left" if side == "left" else "right" if side == "right" else "both",
    )
    route = pattern.strip(ordered, options, start=start_of(job), keep_out=keep_out_of(avoid))
    return inspection.finish(route, job)


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(KeepOutOptions)
def bridge(
    line: Line,
    job: JobOptions,
    inspection: InspectionOptions,
    avoid: KeepOutOptions,
    width_m: Annotated[
        float, typer.Option("--width-m", metavar="METRES", help="Width of the deck, m.")
    ] = 10.0,
    under_m: Annotated[
        float, typer.Option("--under-m", metavar="METRES", help="Height of the underside, m above home.")
    ] = 20.0,
    top_m: Annotated[
        float,
        typer.Option("--top-m", metavar="METRES", help="Height of the deck's highest part, m above home."),
    ] = 24.0,
    gimbal_up_deg: Annotated[
        float,
        typer.Option("--gimbal-up-deg", metavar="DEGREES", help="Pitch of the camera for the underside."),
    ] = 60.0,
    parts: Annotated[
        str, typer.Option("--parts", metavar="PARTS", help="Of sides, under and piers.")
    ] = "sides,under,piers",
) -> int:
    """Plan the underside, the sides and the piers of a bridge; areas of the file are its piers."""
    from controller.app.planning.areas import read_areas, read_line
    from controller.missions.patterns import bridge as pattern

    options = pattern.BridgeOptions(
        width_m=width_m,
        under_m=under_m,
        top_m=top_m,
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
        photo_m=min(inspection.distances_m()),
        gimbal_up_deg=gimbal_up_deg,
        parts=words_of(parts),
    )
    deck = read_line(line, job.name)
    piers = [one.points for one in read_areas(line)]
    route = pattern.bridge(deck.points, piers, options, start=start_of(job), keep_out=keep_out_of(avoid))
    return inspection.finish(route, job)
