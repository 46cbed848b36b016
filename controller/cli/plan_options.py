"""Options shared by the commands that read a plan file."""

from __future__ import annotations

from typing import Annotated

import typer

HomeRow = Annotated[
    bool | None,
    typer.Option(
        "--home-row/--no-home-row",
        help="Whether row 0 of a .waypoints file is the home position, not the first item. [if it looks like one]",
    ),
]
PLAN_HELP = "Plan file of any known format: .plan, QGC WPL, DJI .kmz, Litchi CSV, KML, GPX, ..."
ClearFence = Annotated[
    bool,
    typer.Option(
        "--clear-fence", help="Delete the fence on board if the plan has none; by default it stays."
    ),
]
ClearRally = Annotated[
    bool,
    typer.Option(
        "--clear-rally", help="Delete the rally points on board if the plan has none; by default they stay."
    ),
]
SimulatedHome = Annotated[
    str | None,
    typer.Option(
        "--home",
        metavar="LAT,LON,ALT,HEADING",
        help="Start of the simulated aircraft: LAT,LON,ALT,HEADING in degrees and m AMSL. [home of the plan]",
    ),
]
