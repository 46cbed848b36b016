"""`landline mission plan structure`, `facade`, `orbit` and `turbine`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.mission.plan.inspection_options import (
    Area,
    InspectionOptions,
    LayerPhotos,
    Line,
    TurbineSize,
)
from controller.cli.mission.plan.options import JobOptions
from controller.cli.shared_options import with_options

if TYPE_CHECKING:
    from controller.missions.path import Position
    from controller.missions.patterns.structure import LayerOptions


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(LayerPhotos)
def structure(
    area: Area,
    job: JobOptions,
    inspection: InspectionOptions,
    layers: LayerPhotos,
) -> int:
    """Plan layers of photos round a building or tower, from its footprint."""
    from controller.app.planning.areas import read_area
    from controller.cli.mission.plan.finish import finish
    from controller.missions.patterns import structure as pattern

    footprint = read_area(area, job.name)
    route = pattern.structure(
        footprint.points, _layers(inspection, layers), asset=footprint.name, start=_start(job)
    )
    return finish(route, job)


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(LayerPhotos)
def facade(
    line: Line,
    job: JobOptions,
    inspection: InspectionOptions,
    layers: LayerPhotos,
    left: Annotated[
        bool, typer.Option("--left", help="Fly on the left of the line, not on its right.")
    ] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Fly columns, not rows.")] = False,
) -> int:
    """Plan rows or columns of photos along one wall, the camera square to it."""
    from controller.app.planning.areas import read_line
    from controller.cli.mission.plan.finish import finish
    from controller.missions.patterns import structure as pattern

    wall = read_line(line, job.name)
    route = pattern.facade(
        wall.points,
        _layers(inspection, layers),
        from_left=left,
        columns=columns,
        asset=wall.name,
        start=_start(job),
    )
    return finish(route, job)


@with_options(JobOptions)
@with_options(InspectionOptions)
def orbit(
    place: Annotated[str, typer.Argument(metavar="LAT,LON", help="Place to look at, degrees.")],
    job: JobOptions,
    inspection: InspectionOptions,
    radius_m: Annotated[
        float, typer.Option("--radius-m", metavar="METRES", help="Radius of the circles, m.")
    ] = 30.0,
    heights_m: Annotated[
        str, typer.Option("--heights-m", metavar="M,M", help="Height of each circle, m above home.")
    ] = "30",
    look_at_m: Annotated[
        float, typer.Option("--look-at-m", metavar="METRES", help="Height to look at, m above home.")
    ] = 0.0,
    photos: Annotated[int, typer.Option("--photos", metavar="COUNT", help="Photos of each circle.")] = 16,
) -> int:
    """Plan circles round a place, at one or several heights."""
    from controller.cli.mission.plan.finish import finish
    from controller.missions.patterns import structure as pattern

    options = pattern.OrbitOptions(
        radius_m=radius_m,
        heights_m=numbers(heights_m, "--heights-m"),
        look_at_m=look_at_m,
        photos=photos,
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
    )
    return finish(pattern.orbit(place_of(place, "LAT,LON"), options, start=_start(job)), job)


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(TurbineSize)
def turbine(
    place: Annotated[str, typer.Argument(metavar="LAT,LON", help="Foot of the tower, degrees.")],
    job: JobOptions,
    inspection: InspectionOptions,
    size: TurbineSize,
    plane_clear_m: Annotated[
        float, typer.Option("--plane-clear-m", metavar="METRES", help="Distance from the rotor's plane, m.")
    ] = 8.0,
    photo_m: Annotated[
        float, typer.Option("--photo-m", metavar="METRES", help="Largest distance between photos, m.")
    ] = 6.0,
    gimbal_up_deg: Annotated[
        float, typer.Option("--gimbal-up-deg", metavar="DEGREES", help="Highest pitch of the camera.")
    ] = 30.0,
    parts: Annotated[
        str, typer.Option("--parts", metavar="PARTS", help="Of tower, nacelle and blades.")
    ] = "tower,nacelle,blades",
) -> int:
    """Plan the photos of a wind turbine that stands still: tower, nacelle, edges and faces of each blade."""
    from controller.cli.mission.plan.finish import finish
    from controller.missions.patterns import turbine as pattern

    what = pattern.Turbine(
        hub_m=size.hub_m,
        blade_m=size.blade_m,
        yaw_deg=size.yaw_deg,
        rotor_deg=size.rotor_deg,
        pitch_deg=size.blade_pitch_deg,
        tower_m=size.tower_m,
        overhang_m=size.overhang_m,
        chord_m=size.chord_m,
    )
    options = pattern.TurbineOptions(
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
        plane_clear_m=plane_clear_m,
        photo_m=photo_m,
        gimbal_up_deg=gimbal_up_deg,
        parts=tuple(one.strip() for one in parts.split(",")),
    )
    return finish(pattern.turbine(place_of(place, "LAT,LON"), what, options, start=_start(job)), job)


def _layers(inspection: InspectionOptions, layers: LayerPhotos) -> LayerOptions:
    from controller.missions.patterns.structure import LayerOptions

    return LayerOptions(
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
        bottom_m=layers.bottom_m,
        top_m=layers.top_m,
        layer_m=layers.layer_m,
        photo_m=layers.photo_m,
        pitches_deg=numbers(layers.pitch_deg, "--pitch-deg"),
        top_first=layers.top_first,
    )


def _start(job: JobOptions) -> Position | None:
    from controller.cli.mission.plan.finish import settings_of

    home = settings_of(job).home
    return (home.lat_deg, home.lon_deg) if home else None


def place_of(text: str, where: str) -> Position:
    """Return latitude and longitude of `LAT,LON`. Raises UserError."""
    from controller.errors import UserError

    found = numbers(text, where)
    if len(found) != 2 or not (abs(found[0]) <= 90.0 and abs(found[1]) <= 180.0):
        raise UserError(f"invalid value '{text}'", where=where, hint="write LAT,LON, such as 47.3977,8.5456")
    return found[0], found[1]


def numbers(text: str, where: str) -> tuple[float, ...]:
    """Return the numbers of a list with commas. Raises UserError."""
    from math import isfinite

    from controller.errors import UserError

    try:
        found = tuple(float(one) for one in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(map(isfinite, found)):
        raise UserError(f"invalid value '{text}'", where=where, hint="write numbers with commas between them")
    return found
