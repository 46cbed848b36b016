"""`landline logs fingerprint`: a flight's newest signed head as a short line and a QR code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.shared import Flight, Flights, Json


def fingerprint(
    flight: Flight,
    check: Annotated[
        str, typer.Option("--check", metavar="FINGERPRINT", help="A fingerprint noted earlier.")
    ] = "",
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write the QR code to this SVG file.")
    ] = None,
    qr: Annotated[
        bool | None, typer.Option("--qr/--no-qr", help="Show the QR code (default: on a terminal).")
    ] = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Print the fingerprint of a flight.

    The fingerprint is a short line and a QR code of the newest signed head, to keep elsewhere. --check ends with 6
    if a fingerprint does not match the record.
    """
    from controller.logs.flights.find import find_flight
    from controller.logs.record.append_file import write_atomically
    from controller.logs.verification.fingerprint import check_fingerprint, fingerprint_of

    out = Output(json)
    folder = find_flight(folder_of(flights), flight)
    if check:
        newest = check_fingerprint(folder, check)
        out.emit("summary", ok=True, newest=newest)
        out.result("the fingerprint matches the record" + ("" if newest else ", which continued after it"))
        return 0
    from controller.logs.verification.fingerprint_qr import qr_svg, qr_text

    line = fingerprint_of(folder)
    out.emit("summary", head=line, svg=str(svg) if svg else None)
    out.result(line)
    if svg is not None:
        write_atomically(svg, qr_svg(line))
        out.note(f"QR code written to {svg}")
    if qr or (qr is None and sys.stdout.isatty()):
        out.result(qr_text(line))
    return 0
