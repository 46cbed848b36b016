"""`landline logs encrypt`, `decrypt` and `erase`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of

Flight = Annotated[
    str, typer.Argument(help="A flight: its folder, its name or the beginning of it, or 'last'.")
]
Flights = Annotated[
    Path | None, typer.Option("--flights", help="The folder of flights (default: Landline's own).")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")]


def encrypt(
    flight: Flight,
    to: Annotated[
        list[str],
        typer.Option("--to", help="An age recipient (age1...), or a file of them; may be repeated."),
    ],
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Encrypt a finished flight to age recipients; the public age tool reads it too."""
    from controller.clock import SystemClock
    from controller.logs.flights.find import find_folder
    from controller.logs.privacy.encryption import ARCHIVE, recipients_of
    from controller.logs.privacy.encryption import encrypt as work

    out = Output(json)
    place, recipients = folder_of(flights), recipients_of(to)
    folder = find_folder(place, flight)
    files = work(folder, recipients, now_utc_s=SystemClock().utc_us() / 1e6)
    out.emit("summary", file=str(folder / ARCHIVE), files=files)
    out.result(f"{folder / ARCHIVE}: {files} files")
    return 0


def decrypt(
    flight: Flight,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", "-i", help="File of an age identity (default: LANDLINE_IDENTITY)."),
    ] = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Put an encrypted flight's files back in place."""
    from controller.logs.flights.find import find_folder
    from controller.logs.privacy.decrypted_copy import IDENTITY
    from controller.logs.privacy.encryption import decrypt as work
    from controller.logs.privacy.encryption import identities_of

    out = Output(json)
    place = folder_of(flights)
    identities = identities_of(identity or Path(os.environ.get(IDENTITY, "identity.txt")))
    folder = find_folder(place, flight)
    files = work(folder, identities)
    out.emit("summary", flight=str(folder), files=files)
    out.result(f"{folder}: {files} files")
    return 0


def erase(
    keep_days: Annotated[
        float, typer.Option("--keep-days", min=0.0, help="Keep flights that began within so many days.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Erase them, do not only list them.")] = False,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Erase flights older than so many days, never one that is being recorded."""
    from controller.clock import SystemClock
    from controller.errors import UserError
    from controller.guard.data_folder import data_folder
    from controller.logs.flights import erase as work

    out = Output(json)
    place = folder_of(flights)
    now_utc_us = SystemClock().utc_us()
    found = work.expired(place, keep_days=keep_days, now_utc_s=now_utc_us / 1e6)
    for folder in found:
        out.emit("flight", flight=str(folder))
        out.result(str(folder))
    if found and not yes:
        raise UserError(
            f"{len(found)} flights would be erased for good", where=str(place), hint="say so with --yes"
        )
    if yes:
        work.finish_erasing(place)
        work.erase(found, data_folder() / "keys", utc_us=now_utc_us)
    out.emit("summary", erased=len(found))
    out.result(f"{len(found)} flights erased")
    return 0
