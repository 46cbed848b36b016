"""Identification: the Autopilot of a HEARTBEAT, and the firmware version of an AUTOPILOT_VERSION."""

from __future__ import annotations

from dataclasses import dataclass

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.generic import Generic
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import vehicle_class
from controller.errors import UserError
from controller.wire import aircraft
from controller.wire.address import Address
from controller.wire.enums import FIRMWARE_VERSION_TYPE, MAV_AUTOPILOT
from controller.wire.message import Message

_STACKS = {MAV_AUTOPILOT.ARDUPILOTMEGA: ArduPilot, MAV_AUTOPILOT.PX4: PX4}


def is_aircraft(heartbeat: Message, source: Address) -> bool:
    """Return whether this HEARTBEAT is from the autopilot of a vehicle (not a ground station, gimbal, camera, ...)."""
    return aircraft.is_aircraft(heartbeat.type, heartbeat.autopilot, source.component)


def identify(heartbeat: Message) -> Autopilot:
    """Return the autopilot for the stack and vehicle class of a HEARTBEAT."""
    kind = vehicle_class(heartbeat.type)
    stack = _STACKS.get(heartbeat.autopilot)
    return stack(kind) if stack is not None else Generic(kind, heartbeat.autopilot)


def autopilot_named(name: str, mav_type: int) -> Autopilot:
    """Return the autopilot `ardupilot` or `px4` on a vehicle of this MAV_TYPE. Raises UserError."""
    stacks = {stack.name.lower(): stack for stack in _STACKS.values()}
    if name.lower() not in stacks:
        raise UserError(f"unknown autopilot '{name}'", where="--autopilot", hint=f"use {' or '.join(stacks)}")
    return stacks[name.lower()](vehicle_class(mav_type))


@dataclass(frozen=True, slots=True)
class FirmwareVersion:
    """Firmware version. `version` is like `4.7.0-dev`; `revision` is the start of the git hash, "" if unknown.

    `capabilities` are the bits of MAV_PROTOCOL_CAPABILITY, `uid` the hardware id in hexadecimal or as text.
    """

    version: str
    revision: str
    capabilities: int
    uid: str


def firmware_version(message: Message) -> FirmwareVersion:
    """Return the firmware version of an AUTOPILOT_VERSION."""
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
    """Return the git hash: ArduPilot sends it as text, PX4 its first 8 bytes in reverse order."""
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
