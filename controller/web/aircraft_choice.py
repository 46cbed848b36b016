"""The aircraft that a call names by the id of the live connection ("1.1"), and the operator who calls."""

from __future__ import annotations

from starlette.requests import Request

from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.session import GcsSession
from controller.app.typed_fields import Fields
from controller.errors import UserError


def aircraft_of(session: GcsSession, name: str) -> AircraftSession:
    """Return the aircraft. Raises UserError for one that the session has not found."""
    for address, one in session.aircraft.items():
        if name == f"{address.system}.{address.component}":
            return one
    raise UserError(f"unknown aircraft {name[:40]!r}", hint="select one of those on the page")


def operator_of(request: Request, fields: Fields, one: AircraftSession) -> str:  # noqa: ARG001
    """Return the name of the page that calls, as all pages show it: field `client`."""
    return fields.text("client", most=40, default="page")
