"""The aircraft that a call names by the id of the live connection: "1.1"."""

from __future__ import annotations

from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.session import GcsSession
from controller.errors import UserError


def aircraft_of(session: GcsSession, name: str) -> AircraftSession:
    """Return the aircraft. Raises UserError for one that the session has not found."""
    for address, one in session.aircraft.items():
        if name == f"{address.system}.{address.component}":
            return one
    raise UserError(f"unknown aircraft {name[:40]!r}", hint="select one of those on the page")
