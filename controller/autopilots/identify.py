"""Who is it: from a HEARTBEAT to the Autopilot that knows the stack, and the version from AUTOPILOT_VERSION."""

from __future__ import annotations

from dataclasses import dataclass

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot, vehicle_class
from controller.autopilots.generic import Generic
from controller.autopilots.px4 import PX4
from controller.wire.address import AUTOPILOT, Address
from controller.wire.enums import FIRMWARE_VERSION_TYPE, MAV_AUTOPILOT, MAV_TYPE
from controller.wire.message import Message

_STACKS = {MAV_AUTOPILOT.ARDUPILOTMEGA: ArduPilot, MAV_AUTOPILOT.PX4: PX4}

_NO_AIRCRAFT = frozenset(
    (
        MAV_TYPE.GCS,
        MAV_TYPE.ANTENNA_TRACKER,
        MAV_TYPE.ONBOARD_CONTROLLER,
        MAV_TYPE.GIMBAL,
        MAV_TYPE.ADSB,
        MAV_TYPE.CAMERA,
        MAV_TYPE.CHARGING_STATION,
        MAV_TYPE.FLARM,
        MAV_TYPE.SERVO,
        MAV_TYPE.ODID,
        MAV_TYPE.LOG,
    )
)


def is_aircraft(heartbeat: Message, source: Address) -> bool:
    """Whether this HEARTBEAT comes from the autopilot of a vehicle, not from a ground station, gimbal, camera or the like."""
    return (
        source.component == AUTOPILOT
        and heartbeat.autopilot != MAV_AUTOPILOT.INVALID
        and heartbeat.type not in _NO_AIRCRAFT
    )


def identify(heartbeat: Message) -> Autopilot:
    """The stack and vehicle class of a HEARTBEAT."""
    kind = vehicle_class(heartbeat.type)
    stack = _STACKS.get(heartbeat.autopilot)
    return stack(kind) if stack is not None else Generic(kind, heartbeat.autopilot)


@dataclass(frozen=True, slots=True)
class FirmwareVersion:
    """From AUTOPILOT_VERSION. `version` is like `4.7.0-dev`; `revision` is the head of its git hash, "" if it gives none."""

    version: str
    revision: str
    capabilities: int
    uid: str


def firmware_version(message: Message) -> FirmwareVersion:
    """Read an AUTOPILOT_VERSION."""
    number = message.flight_sw_version
    kind = number & 0xFF
    suffix = ""
    for name, limit in (
        ("dev", FIRMWARE_VERSION_TYPE.ALPHA),
        ("alpha", FIRMWARE_VERSION_TYPE.BETA),
        ("beta", FIRMWARE_VERSION_TYPE.RC),
        ("rc", FIRMWARE_VERSION_TYPE.OFFICIAL),
    ):
        if kind < limit:
            suffix = f"-{name}"
            break
    version = f"{number >> 24 & 0xFF}.{number >> 16 & 0xFF}.{number >> 8 & 0xFF}{suffix}"
    return FirmwareVersion(
        version, _revision(message.flight_custom_version), message.capabilities, _uid(message)
    )


def _revision(raw: bytes) -> str:
    """ArduPilot sends the hash as text, PX4 the hash's 8 first bytes backwards."""
    text = raw.rstrip(b"\0")
    if not text:
        return ""
    if text.isalnum() and text.isascii():
        return text.decode("ascii")
    return raw.lstrip(b"\0")[::-1].hex()


def _uid(message: Message) -> str:
    long: bytes = message.uid2.rstrip(b"\0")
    if long:
        return long.decode("ascii") if long.isalnum() else long.hex()
    return f"{message.uid:x}" if message.uid else ""
