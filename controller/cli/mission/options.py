"""Options shared by the commands of `landline mission`."""

from __future__ import annotations

from typing import Annotated

import typer

LINK_HELP = "Link to the aircraft: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, ..."

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]
Link = Annotated[str, typer.Option("--link", metavar="URL", help=LINK_HELP)]
MaybeLink = Annotated[str | None, typer.Option("--link", metavar="URL", help=LINK_HELP)]
System = Annotated[
    int | None,
    typer.Option(
        "--system", metavar="ID", help="MAVLink system id of the aircraft, where the link carries several."
    ),
]
MaxAlt = Annotated[
    float | None,
    typer.Option(
        "--max-alt",
        metavar="METRES",
        help="Refuse a plan that climbs higher than this, m above home; the height of a return counts.",
    ),
]
