"""`landline gcs`: a live view for a terminal, also over ssh; without one, lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: landline gcs --link udpin:127.0.0.1:14550"


def gcs(
    link: Annotated[
        list[str] | None,
        typer.Option(
            "--link", help="Where the aircraft is; may be given several times. [udpin:127.0.0.1:14550]"
        ),
    ] = None,
    sim: Annotated[
        str | None, typer.Option("--sim", help="Also simulate an aircraft: quad_x, or a TOML file.")
    ] = None,
    autopilot: Annotated[
        str, typer.Option("--autopilot", help="The simulated autopilot: ardupilot or px4.")
    ] = "ardupilot",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The simulation's seed.")] = 0,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="A plan to have at hand: a key of its own uploads it.")
    ] = None,
    system: Annotated[
        int | None, typer.Option("--system", help="The aircraft's system number, where several are heard.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Watch an aircraft and command it: a key names an order, y confirms it. Everything is recorded."""
    from controller.cli.common import Output, compile_quickly

    compile_quickly()
    from controller.cli.gcs.run import Wanted, watch
    from controller.missions.files import open_plan

    links = tuple(link or ()) if sim or link else ("udpin:127.0.0.1:14550",)
    read = open_plan(plan) if plan is not None else None
    return watch(Wanted(links, sim, autopilot, seed, system, read), Output(json))
