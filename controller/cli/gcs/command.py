"""`landline gcs`: ground station in a terminal, also over ssh; without a terminal it prints lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.plan_options import HomeRow

EXAMPLE = "Example: landline gcs --link udpin:127.0.0.1:14550"


def gcs(
    link: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            metavar="URL",
            help="Link to the aircraft; may be given several times. [udpin:127.0.0.1:14550]",
        ),
    ] = None,
    sim: Annotated[
        str | None,
        typer.Option(
            "--sim",
            metavar="AIRFRAME",
            help="Also simulate an aircraft: an airframe such as quad_x, or a TOML file.",
        ),
    ] = None,
    autopilot: Annotated[
        str, typer.Option("--autopilot", metavar="NAME", help="Simulated autopilot: ardupilot or px4.")
    ] = "ardupilot",
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the simulation.")] = 0,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Plan file that the upload key sends to the aircraft."),
    ] = None,
    home_row: HomeRow = None,
    system: Annotated[
        int | None,
        typer.Option(
            "--system", metavar="ID", help="MAVLink system id of the aircraft, where the links carry several."
        ),
    ] = None,
    web: Annotated[
        str | None,
        typer.Option(
            "--web",
            metavar="HOST:PORT",
            help="Address of the web page, or none; another than this machine's loopback gets TLS and codes. "
            "[127.0.0.1:8484]",
        ),
    ] = None,
    maps: Annotated[
        list[Path] | None,
        typer.Option(
            "--maps",
            metavar="PLACE",
            help="Map file, or folder of PMTiles, MBTiles and GeoTIFF, for the web page; may be given several times.",
        ),
    ] = None,
    terrain: Annotated[
        list[Path] | None,
        typer.Option(
            "--terrain",
            metavar="PLACE",
            help="Terrain file (.hgt, .asc, GeoTIFF), or folder of them, for the web page; may be given several times.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")] = False,
) -> int:
    """Monitor and command aircraft, in a web page and in the terminal: y confirms a key. The session is recorded."""
    from controller.cli.common import Output, compile_quickly

    compile_quickly()
    from controller.cli.gcs.run import GcsOptions, run_gcs
    from controller.missions.files import open_plan

    links = tuple(link or ()) if sim or link else ("udpin:127.0.0.1:14550",)
    loaded = open_plan(plan, home_row=home_row) if plan is not None else None
    options = GcsOptions(
        links, sim, autopilot, seed, system, loaded, web, tuple(maps or ()), tuple(terrain or ())
    )
    return run_gcs(options, Output(json))
