"""Refusals of our own: what is not sent, whoever asks, unless it is asked for by force."""

from __future__ import annotations

from controller.errors import SafetyRefused
from controller.vehicle.identity import Trouble
from controller.vehicle.state import VehicleState


def check_disarm(state: VehicleState, *, force: bool) -> None:
    """An aircraft in the air, or one of which we do not know that it is on the ground, is not disarmed.

    Raises SafetyRefused.
    """
    if force or not state.armed:
        return
    in_air = state.in_air
    if in_air is False:
        return
    height = f" at {state.position.alt_rel_m:.1f} m" if state.position else ""
    what = f"disarm in flight{height}" if in_air else "disarm without knowing whether it flies"
    raise SafetyRefused(
        f"{what} is not done", hint="land first; force=True disarms all the same, and it falls"
    )


def check_height(alt_m: float) -> None:
    """A height above home that one may ask for. Raises SafetyRefused."""
    if not 0.5 <= alt_m <= 10_000:
        raise SafetyRefused(
            f"a height of {alt_m:g} m above home is not sensible", hint="give metres above home, 0.5 or more"
        )


def check_place(lat_deg: float, lon_deg: float) -> None:
    """A place on Earth that somebody can have meant. Raises SafetyRefused."""
    if not (-90 <= lat_deg <= 90 and -180 <= lon_deg <= 180):
        raise SafetyRefused(
            f"{lat_deg}, {lon_deg} is no place on Earth", hint="give latitude, longitude in degrees"
        )
    if lat_deg == 0 and lon_deg == 0:
        raise SafetyRefused("latitude 0, longitude 0 is most likely a value that was never set")


def check_identity(trouble: Trouble | None) -> None:
    """No command goes to a number under which more than one aircraft may listen. Raises SafetyRefused."""
    if trouble is not None and not trouble.restarted:
        raise SafetyRefused(
            f"no command is sent: {trouble.what}",
            hint="give each vehicle its own system number (SYSID_THISMAV, MAV_SYS_ID)",
        )
