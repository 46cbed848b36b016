"""`landline logs encrypt`, `decrypt` and `erase`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.shared import Flight, Flights, Json, counted


def encrypt(
    flight: Flight,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="RECIPIENT",
            help="An age recipient (age1...), or a file of recipients. Repeatable.",
        ),
    ],
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Encrypt a finished flight with age.

    The public age tool can decrypt it too.
    """
    from controller.clock import SystemClock
    from controller.logs.flights.find import find_folder
    from controller.logs.privacy.encryption import ARCHIVE, recipients_of
    from controller.logs.privacy.encryption import encrypt as work

    out = Output(json)
    place, recipients = folder_of(flights), recipients_of(to)
    folder = find_folder(place, flight)
    files = work(folder, recipients, now_utc_s=SystemClock().utc_us() / 1e6)
    out.emit("summary", file=str(folder / ARCHIVE), files=files)
    out.result(f"{folder / ARCHIVE}: {counted(files, 'file')} encrypted")
    return 0


def decrypt(
    flight: Flight,
    identity: Annotated[
        Path | None,
        typer.Option(
            "--identity", "-i", metavar="FILE", help="File with an age identity (default: LANDLINE_IDENTITY)."
        ),
    ] = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Decrypt a flight and restore its files."""
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
    out.result(f"{folder}: {counted(files, 'file')} decrypted")
    return 0


def erase(
    keep_days: Annotated[
        float,
        typer.Option(
            "--keep-days", metavar="DAYS", min=0.0, help="Keep flights that began in the last DAYS days."
        ),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase them; without this option they are only listed.")
    ] = False,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Erase old flights.

    Erases flights older than DAYS days, but never one that is being recorded.
    """
    from controller.clock import SystemClock
    from controller.guard.data_folder import data_folder
    from controller.logs.flights import erase as work

    out = Output(json)
    place = folder_of(flights)
    now_utc_us = SystemClock().utc_us()
    found = work.expired(place, keep_days=keep_days, now_utc_s=now_utc_us / 1e6)
    for folder in found:
        out.emit("flight", flight=str(folder))
        out.result(str(folder))
    if not yes:
        out.emit("summary", erased=0, would_erase=len(found))
        out.result(
            f"{counted(len(found), 'flight')} would be erased: add --yes"
            if found
            else "no flight is that old"
        )
        return 0
    work.finish_erasing(place)
    work.erase(found, data_folder() / "keys", utc_us=now_utc_us)
    out.emit("summary", erased=len(found), would_erase=len(found))
    out.result(f"{counted(len(found), 'flight')} erased")
    return 0
