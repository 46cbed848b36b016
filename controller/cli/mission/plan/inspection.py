"""`landline mission plan structure`, `facade`, `orbit` and `turbine`: one object."""

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
from controller.cli.mission.plan.options import JobOptions, KeepOutOptions
from controller.cli.mission.plan.typed_values import keep_out_of, numbers, place_of, start_of, words_of
from controller.cli.shared_options import with_options

if TYPE_CHECKING:
    from controller.missions.patterns.structure import LayerOptions


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(KeepOutOptions)
@with_options(LayerPhotos)
def structure(
    area: Area,
    job: JobOptions,
    inspection: InspectionOptions,
    avoid: KeepOutOptions,
    layers: LayerPhotos,
) -> int:
    """Plan layers of photos round a building or tower, from its footprint."""
    from controller.app.planning.areas import read_area
    from controller.missions.patterns import structure as pattern

    footprint = read_area(area, job.name)
    route = pattern.structure(
        footprint.points,
        _layers(inspection, layers),
        asset=footprint.name,
        start=start_of(job),
        keep_out=keep_out_of(avoid),
    )
    return inspection.finish(route, job)


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(KeepOutOptions)
@with_options(LayerPhotos)
def facade(
    line: Line,
    job: JobOptions,
    inspection: InspectionOptions,
    avoid: KeepOutOptions,
    layers: LayerPhotos,
    left: Annotated[
        bool, typer.Option("--left", help="Fly on the left of the line, not on its right.")
    ] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Fly columns, not rows.")] = False,
) -> int:
    """Plan rows or columns of photos along one wall, the camera square to it."""
    from controller.app.planning.areas import read_line
    from controller.missions.patterns import structure as pattern

    wall = read_line(line, job.name)
    route = pattern.facade(
        wall.points,
        _layers(inspection, layers),
        from_left=left,
        columns=columns,
        asset=wall.name,
        start=start_of(job),
        keep_out=keep_out_of(avoid),
    )
    return inspection.finish(route, job)


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(KeepOutOptions)
def orbit(
    place: Annotated[str, typer.Argument(metavar="LAT,LON", help="Place to look at, degrees.")],
    job: JobOptions,
    inspection: InspectionOptions,
    avoid: KeepOutOptions,
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
    width_m: Annotated[
        float | None,
        typer.Option(
            "--width-m",
            metavar="METRES",
            help="Width of what stands there, m: the coverage is that of its sides.",
        ),
    ] = None,
    object_m: Annotated[
        float | None,
        typer.Option(
            "--object-m", metavar="METRES", help="Its height, m above home. [the height to look at]"
        ),
    ] = None,
) -> int:
    """Plan circles round a place, at one or several heights."""
    from controller.missions.patterns import structure as pattern

    options = pattern.OrbitOptions(
        radius_m=radius_m,
        heights_m=numbers(heights_m, "--heights-m"),
        look_at_m=look_at_m,
        photos=photos,
        width_m=width_m,
        object_m=object_m,
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
    )
    route = pattern.orbit(
        place_of(place, "LAT,LON"), options, start=start_of(job), keep_out=keep_out_of(avoid)
    )
    return inspection.finish(route, job)


@with_options(JobOptions)
@with_options(InspectionOptions)
@with_options(KeepOutOptions)
@with_options(TurbineSize)
def turbine(
    place: Annotated[str, typer.Argument(metavar="LAT,LON", help="Foot of the tower, degrees.")],
    job: JobOptions,
    inspection: InspectionOptions,
    avoid: KeepOutOptions,
    size: TurbineSize,
    plane_clear_m: Annotated[
        float, typer.Option("--plane-clear-m", metavar="METRES", help="Distance from the rotor's plane, m.")
    ] = 8.0,
    gimbal_up_deg: Annotated[
        float, typer.Option("--gimbal-up-deg", metavar="DEGREES", help="Highest pitch of the camera.")
    ] = 30.0,
    parts: Annotated[
        str, typer.Option("--parts", metavar="PARTS", help="Of tower, nacelle and blades.")
    ] = "tower,nacelle,blades",
) -> int:
    """Plan the photos of a wind turbine that stands still: tower, nacelle, edges and faces of each blade."""
    from controller.missions.patterns import turbine as pattern
    from controller.missions.patterns.turbine_shape import Turbine

    what = Turbine(
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
        photo_m=min(inspection.distances_m()),
        gimbal_up_deg=gimbal_up_deg,
        parts=words_of(parts),
    )
    route = pattern.turbine(
        place_of(place, "LAT,LON"), what, options, start=start_of(job), keep_out=keep_out_of(avoid)
    )
    return inspection.finish(route, job)


def _layers(inspection: InspectionOptions, layers: LayerPhotos) -> LayerOptions:
    from controller.missions.patterns.structure import LayerOptions

    photo_m, layer_m = inspection.distances_m()
    return LayerOptions(
        stand_off_m=inspection.stand_off_m,
        min_height_m=inspection.min_height_m,
        bottom_m=layers.bottom_m,
        top_m=layers.top_m,
        layer_m=layer_m if layers.layer_m is None else layers.layer_m,
        photo_m=photo_m,
        pitches_deg=numbers(layers.pitch_deg, "--pitch-deg"),
        top_first=layers.top_first,
    )
