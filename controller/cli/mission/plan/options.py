"""Options that all commands of `landline mission plan` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.mission.options import Json

AREA_HELP = "File with the area: KML, KMZ, GPX or GeoJSON."
LINE_HELP = "File with the line: KML, KMZ, GPX or GeoJSON."

Area = Annotated[Path, typer.Argument(metavar="AREA", help=AREA_HELP)]
Line = Annotated[Path, typer.Argument(metavar="LINE", help=LINE_HELP)]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """How a job is flown and where its plan goes."""

    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Shape of the file, where it has several."),
    ] = None
    height_m: Annotated[
        float | None,
        typer.Option("--height-m", metavar="METRES", help="Height of the flight, m above home. [50]"),
    ] = None
    speed_m_s: Annotated[
        float | None, typer.Option("--speed", metavar="M/S", help="Speed over ground, m/s.")
    ] = None
    autopilot: Annotated[
        str, typer.Option("--autopilot", metavar="NAME", help="Autopilot: ardupilot or px4.")
    ] = "ardupilot"
    home: Annotated[
        str | None,
        typer.Option(
            "--home",
            metavar="LAT,LON,ALT",
            help="Place of take-off: degrees, and m AMSL, which may be left out. [first point]",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write; its ending chooses the format; - is standard output.",
        ),
    ] = None
    json: Json = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoOptions:
    """Distances between lines and photos."""

    spacing_m: Annotated[
        float | None, typer.Option("--spacing-m", metavar="METRES", help="Distance of the lines, m.")
    ] = None
    trigger_m: Annotated[
        float | None,
        typer.Option("--trigger-m", metavar="METRES", help="Distance of the photos, m; 0 for none."),
    ] = None
    overshoot_m: Annotated[
        float,
        typer.Option(
            "--overshoot-m", metavar="METRES", help="Straight flight before and after each line, m."
        ),
    ] = 0.0
