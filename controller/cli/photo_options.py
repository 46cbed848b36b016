"""Options of the commands that plan photos, or tell what they show."""

from __future__ import annotations

from typing import Annotated

import typer

CameraName = Annotated[
    str | None,
    typer.Option(
        "--camera",
        metavar="NAME|FILE",
        help="Camera of `landline mission cameras`, or a .toml file of it.",
    ),
]
FocalLength = Annotated[
    float | None,
    typer.Option("--focal-mm", metavar="MM", help="Focal length of an exchanged or zoomed lens, mm."),
]
Seen = Annotated[
    int,
    typer.Option(
        "--seen",
        metavar="COUNT",
        min=1,
        max=100,
        help="Photos that are to show each place; fewer are a gap.",
    ),
]
