"""Arguments, options and wording that several `landline logs` commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output

Flight = Annotated[
    str,
    typer.Argument(
        metavar="FLIGHT", help="A flight: its folder, its name or the beginning of it, or 'last'."
    ),
]
FlightOrLog = Annotated[
    str, typer.Argument(metavar="FLIGHT", help="A flight as for 'show', or a log file of any format.")
]
Flights = Annotated[
    Path | None,
    typer.Option(
        "--flights",
        metavar="FOLDER",
        help="Folder of the flights. [./flights if it holds flights, else that of the data folder]",
    ),
]
Cells = Annotated[
    int | None,
    typer.Option(
        "--cells",
        metavar="COUNT",
        min=1,
        max=40,
        help="Cells in series of the batteries (default: by the aircraft's parameters, else by the highest voltage).",
    ),
]
System = Annotated[
    int | None,
    typer.Option(
        "--system",
        metavar="ID",
        min=1,
        max=255,
        help="Aircraft of a telemetry log that holds several, by its system ID (default: the first).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return the number with its noun: `1 flight`, `2 flights`."""
    return f"{number:,d} {noun if number == 1 else plural or noun + 's'}"


def note_problems(out: Output, problems: Iterable[str]) -> None:
    """Print the reasons for logs or parts of logs that were left out."""
    for problem in problems:
        out.note(f"left out: {problem}")
