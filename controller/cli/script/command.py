"""`landline run`: runs an operator's Python script, for which Landline holds the links."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: landline run examples/take_off_and_land.py --sim quad_x"


def run(
    script: Annotated[Path, typer.Argument(metavar="SCRIPT", help="Python script.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- ARGS]", help="Arguments of the script, after --; @link stands for its link."
        ),
    ] = None,
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
    serve: Annotated[
        str,
        typer.Option(
            "--serve",
            metavar="URL",
            help="Where the script finds the aircraft: a loopback link of the kind tcpin, udpin or udpout.",
        ),
    ] = "tcpin:127.0.0.1:0",
    write: Annotated[
        list[Path] | None,
        typer.Option(
            "--write",
            metavar="FOLDER",
            help="Folder that a sealed script may write to, beside Landline's own; may be given several times.",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object a line; the script's standard output then goes to standard error.",
        ),
    ] = False,
) -> int:
    """Run a Python script of your own on the aircraft's links: for DroneKit, pymavlink or Landline's own API.

    The script finds the aircraft at the link in its environment variable LANDLINE_LINK, such as tcp:127.0.0.1:41234.
    Landline passes frames both ways, records them, and sends none of its own. The exit code is the script's; 3 where
    the link is lost. The script runs inside the seal; where the run is not sealed, nothing holds the script.
    """
    from controller.cli.common import Output, compile_quickly

    compile_quickly()
    from controller.cli.script.run import ScriptOptions, run_script

    del write  # granted before the seal: see controller.cli.needs
    links = tuple(link or ()) if sim or link else ("udpin:127.0.0.1:14550",)
    return run_script(
        ScriptOptions(script, tuple(words or ()), links, sim, autopilot, seed, serve), Output(json)
    )
