"""The aircraft that a request names, by the id that the live connection gives it: "1.1"."""

from __future__ import annotations

from controller.app.gcs.session import GcsSession
from controller.errors import UserError
from controller.vehicle.vehicle import Vehicle


def vehicle_of(session: GcsSession, name: str) -> Vehicle:
    """Return the aircraft. Raises UserError for one that the session has not found."""
    for address, one in session.aircraft.items():
        if name == f"{address.system}.{address.component}":
            return one.vehicle
    raise UserError(f"unknown aircraft {name[:40]!r}", hint="select one of those on the page")
