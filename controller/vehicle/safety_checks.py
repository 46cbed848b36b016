"""Checks before a command is sent. A failed check raises SafetyRefused, and nothing is sent."""

from __future__ import annotations

from controller.errors import SafetyRefused
from controller.vehicle.identity import IdentityProblem
from controller.vehicle.state import VehicleState


def check_disarm(state: VehicleState, *, force: bool) -> None:
    """Refuse to disarm an aircraft that flies, or that may fly because its state is not known.

    Raises SafetyRefused.
    """
    if force or not state.armed:
        return
    in_air = state.in_air
    if in_air is False:
        return
    height = f" at {state.position.alt_rel_m:.1f} m" if state.position else ""
    why = f"it is flying{height}" if in_air else "it is not known whether it is flying"
    raise SafetyRefused(
        f"cannot disarm the aircraft: {why}",
        hint="land first; force=True disarms in flight, and the aircraft falls",
    )


def check_not_armed(state: VehicleState) -> None:
    """Refuse to start an aircraft that another operator has armed. Raises SafetyRefused."""
    if state.armed:
        raise SafetyRefused(
            "cannot start the flight: another operator has armed the aircraft",
            hint="it is left as it is; agree who flies, then try again",
        )


def check_height(alt_m: float) -> None:
    """Refuse a height outside 0.5 to 10 000 m above home. Raises SafetyRefused."""
    if not 0.5 <= alt_m <= 10_000:
        raise SafetyRefused(
            f"invalid height: {alt_m:g} m above home", hint="give metres above home, 0.5 to 10000"
        )


def check_speed(speed_m_s: float) -> None:
    """Refuse a speed outside 0.1 to 100 m/s. Raises SafetyRefused."""
    if not 0.1 <= speed_m_s <= 100:
        raise SafetyRefused(f"invalid speed: {speed_m_s:g} m/s", hint="give metres a second, 0.1 to 100")


def check_place(lat_deg: float, lon_deg: float) -> None:
    """Refuse coordinates outside the valid range, and 0, 0. Raises SafetyRefused."""
    if not (-90 <= lat_deg <= 90 and -180 <= lon_deg <= 180):
        raise SafetyRefused(
            f"invalid position: {lat_deg}, {lon_deg} is outside the valid range",
            hint="give latitude -90 to 90 and longitude -180 to 180, in degrees",
        )
    if lat_deg == 0 and lon_deg == 0:
        raise SafetyRefused(
            "invalid position: latitude 0, longitude 0 is most likely a value that was never set",
            hint="give the latitude and longitude in degrees",
        )


def check_identity(problem: IdentityProblem | None) -> None:
    """Refuse to command a system id that more than one vehicle may use. Raises SafetyRefused."""
    if problem is not None and not problem.restarted:
        raise SafetyRefused(
            f"cannot send commands: {problem.what}",
            hint="give each vehicle its own system id (SYSID_THISMAV, MAV_SYS_ID)",
        )
