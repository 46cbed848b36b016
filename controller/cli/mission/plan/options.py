"""Options that all commands of `landline mission plan` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.mission.options import Json
from controller.cli.photo_options import CameraName, FocalLength, Seen
from controller.cli.terrain_options import FlatOutside, TerrainDatum, TerrainFiles

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
        typer.Option("--height-m", metavar="METRES", help="Height of the flight, m. [50]"),
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
    terrain: TerrainFiles = None
    terrain_datum: TerrainDatum = None
    above: Annotated[
        str | None,
        typer.Option(
            "--above",
            metavar="ZERO",
            help="Heights are above home or ground. [ground with --terrain, else home]",
        ),
    ] = None
    clearance_m: Annotated[
        float | None,
        typer.Option(
            "--clearance-m",
            metavar="METRES",
            min=0.0,
            help="Least height above the terrain, m. [0.7 of the lowest height, at most 20]",
        ),
    ] = None
    flat_outside: FlatOutside = False
    exposure_ms: Annotated[
        float | None,
        typer.Option("--exposure-ms", metavar="MS", help="Exposure of the photos, ms: slower if they blur."),
    ] = None
    airframe: Annotated[
        str | None,
        typer.Option(
            "--airframe", metavar="NAME|FILE", help="Simulated airframe whose power and battery count."
        ),
    ] = None
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="FLIGHT", help="Flight or log whose measured power counts instead."),
    ] = None
    wind: Annotated[
        str | None,
        typer.Option(
            "--wind", metavar="WIND", help="Wind for the energy: SPEED@FROM, such as 8@270, in m/s. [calm]"
        ),
    ] = None
    battery_minutes: Annotated[
        float | None,
        typer.Option("--battery-minutes", metavar="MIN", help="Flight time of one full battery."),
    ] = None
    battery_wh: Annotated[
        float | None,
        typer.Option("--battery-wh", metavar="WH", help="Energy of one full battery, Wh."),
    ] = None
    reserve_percent: Annotated[
        float,
        typer.Option("--reserve-percent", metavar="PERCENT", help="Of the battery, left when back at home."),
    ] = 25.0
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write; its ending chooses the format; - is standard output. Several flights: FILE-1, ...",
        ),
    ] = None
    coverage: Annotated[
        Path | None,
        typer.Option(
            "--coverage",
            metavar="FILE",
            help="Picture of what the photos of --camera show, or its cells: .png, .svg or .geojson.",
        ),
    ] = None
    seen: Seen = 2
    json: Json = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoOptions:
    """Distances between lines and photos: as they are, or from a camera and overlaps."""

    camera: CameraName = None
    focal_mm: FocalLength = None
    portrait: Annotated[
        bool, typer.Option("--portrait", help="The longer side of the photos lies along the flight.")
    ] = False
    gsd_cm: Annotated[
        float | None,
        typer.Option(
            "--gsd-cm", metavar="CM", help="Size of a pixel on the ground, cm, instead of a height."
        ),
    ] = None
    front_overlap: Annotated[
        float | None,
        typer.Option("--front-overlap", metavar="PERCENT", help="Overlap along the flight, %. [75]"),
    ] = None
    side_overlap: Annotated[
        float | None,
        typer.Option("--side-overlap", metavar="PERCENT", help="Overlap of the lines, %. [65]"),
    ] = None
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
    margin: Annotated[
        bool,
        typer.Option(
            "--margin/--no-margin",
            help="Fly so far outside that photos of --camera overlap at the border as they do inside.",
        ),
    ] = True
    hover: Annotated[
        bool, typer.Option("--hover", help="Stop for each photo, instead of taking photos in flight.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepOutOptions:
    """Places that no leg of the flight passes."""

    keep_out: Annotated[
        Path | None,
        typer.Option("--keep-out", metavar="FILE", help="File of areas and lines that no leg passes."),
    ] = None
    keep_out_buffer_m: Annotated[
        float,
        typer.Option("--keep-out-buffer-m", metavar="METRES", help="Distance to them, m."),
    ] = 10.0
