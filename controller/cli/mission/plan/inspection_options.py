"""Options that the commands for structures share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from controller.cli.mission.plan.options import Area as Area
from controller.cli.mission.plan.options import Line as Line


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionOptions:
    """Distances that no leg goes below."""

    stand_off_m: Annotated[
        float,
        typer.Option("--stand-off-m", metavar="METRES", help="Distance to keep from what is inspected, m."),
    ] = 12.0
    min_height_m: Annotated[
        float,
        typer.Option("--min-height-m", metavar="METRES", help="Lowest height of the flight, m above home."),
    ] = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPhotos:
    """Layers of photos on an upright surface."""

    bottom_m: Annotated[
        float, typer.Option("--bottom-m", metavar="METRES", help="Height of the lowest layer, m above home.")
    ] = 5.0
    top_m: Annotated[
        float, typer.Option("--top-m", metavar="METRES", help="Top of the structure, m above home.")
    ] = 20.0
    layer_m: Annotated[
        float, typer.Option("--layer-m", metavar="METRES", help="Largest distance of the layers, m.")
    ] = 5.0
    photo_m: Annotated[
        float,
        typer.Option("--photo-m", metavar="METRES", help="Largest distance of the photos in a layer, m."),
    ] = 5.0
    pitch_deg: Annotated[
        str,
        typer.Option(
            "--pitch-deg",
            metavar="DEG",
            help="Pitch of the camera, or one for each layer from the bottom up.",
        ),
    ] = "0"
    top_first: Annotated[bool, typer.Option("--top-first", help="Fly from the top down.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TurbineSize:
    """Size and position of a wind turbine."""

    hub_m: Annotated[
        float, typer.Option("--hub-m", metavar="METRES", help="Height of the hub, m above home.")
    ] = 100.0
    blade_m: Annotated[
        float, typer.Option("--blade-m", metavar="METRES", help="Length of a blade from the hub's axis, m.")
    ] = 50.0
    yaw_deg: Annotated[
        float,
        typer.Option("--yaw-deg", metavar="DEGREES", help="Direction that the rotor faces, from north."),
    ] = 0.0
    rotor_deg: Annotated[
        float,
        typer.Option(
            "--rotor-deg", metavar="DEGREES", help="Blade A seen from the front, clockwise; 0 is up."
        ),
    ] = 0.0
    blade_pitch_deg: Annotated[
        float,
        typer.Option(
            "--blade-pitch-deg", metavar="DEGREES", help="Pitch of the blades: 90 feathered, 0 working."
        ),
    ] = 90.0
    tower_m: Annotated[
        float, typer.Option("--tower-m", metavar="METRES", help="Diameter of the tower's foot, m.")
    ] = 5.0
    overhang_m: Annotated[
        float,
        typer.Option("--overhang-m", metavar="METRES", help="From the tower's axis to the rotor's plane, m."),
    ] = 5.0
    chord_m: Annotated[
        float, typer.Option("--chord-m", metavar="METRES", help="Largest width of a blade, m.")
    ] = 4.0
