"""Anonymize a telemetry log: each frame is kept, packed again with other values, or removed. Changed frames have no
signature."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from controller.logs.formats.tlog.frames import TlogFrames
from controller.logs.privacy.anonymize_rules import Level, Mover, hides_parameter, kind_of, rewritten
from controller.wire import dialect
from controller.wire.codec import encode
from controller.wire.frame import Frame
from controller.wire.message import Message

# Payloads that Landline cannot decode, corrections of a GPS base, satellites and aircraft in sight, secrets.
_ALWAYS_REMOVED = frozenset(
    {
        "DATA16",
        "DATA32",
        "DATA64",
        "DATA96",
        "DEVICE_OP_READ_REPLY",
        "DEVICE_OP_WRITE",
        "ENCAPSULATED_DATA",
        "FILE_TRANSFER_PROTOCOL",
        "GPS_INJECT_DATA",
        "GPS_RTCM_DATA",
        "LOGGING_DATA",
        "LOGGING_DATA_ACKED",
        "LOG_DATA",
        "REMOTE_LOG_DATA_BLOCK",
        "SECURE_COMMAND",
        "SECURE_COMMAND_REPLY",
        "SERIAL_CONTROL",
        "TERRAIN_DATA",
        "TUNNEL",
        "V2_EXTENSION",
        "CAN_FRAME",
        "CANFD_FRAME",
        "DEBUG_FLOAT_ARRAY",
        "GPS_STATUS",
        "ADSB_VEHICLE",
        "AIS_VESSEL",
        "SETUP_SIGNING",
        "AUTH_KEY",
        "AIRLINK_AUTH",
        "CHANGE_OPERATOR_CONTROL",
        "WIFI_CONFIG_AP",
        "CELLULAR_CONFIG",  # PIN and PUK
        "CELLULAR_STATUS",  # the cell tower is a place
        "FIGURE_EIGHT_EXECUTION_STATUS",  # a position in x and y
    }
)
# Arguments of an event may be altitudes above sea level, and numbers of parts.
_WITH_HEIGHTS = frozenset(("EVENT",))
_IDENTITY_PREFIXES = ("OPEN_DRONE_ID_", "UAVIONIX_", "UTM_", "CELLULAR_")
_GLOBAL_FRAMES = (0, 3, 5, 6, 10, 11)  # MAV_FRAME
# Altitudes above sea level in messages without a position.
_HEIGHTS = {"VFR_HUD": ("alt",), "ALTITUDE": ("altitude_amsl",)}
_64_BITS = 2**64 - 1
_PARAMETERS = ("PARAM_VALUE", "PARAM_SET", "PARAM_EXT_VALUE", "PARAM_EXT_SET", "PARAM_EXT_ACK")


def anonymize_tlog(data: bytes, mover: Mover) -> Iterator[bytes]:
    """The entries of the copy, without frames of unknown messages and without bytes that belong to no frame."""
    for utc_us, frame in TlogFrames(data):
        raw = anonymized_frame(frame, mover)
        if raw is not None:
            # A damaged time may be negative as int64; it is kept.
            yield (int(utc_us) & _64_BITS).to_bytes(8, "big") + raw


def anonymized_frame(frame: Frame, mover: Mover) -> bytes | None:
    """The bytes of one frame; None where it is removed."""
    kind = dialect.by_id(frame.msg_id)
    if kind is None or removed(kind.name, mover.level):
        return None
    change = _change_of(kind.name, mover.level)
    if change is None and not frame.signed:
        return frame.raw
    # Frames of a log have no cache for the decoded message.
    message = dialect.DECODERS[frame.msg_id](frame.raw)
    if change is not None:
        message = change(message, mover)
    return encode(message, seq=frame.seq, source=frame.source, version=frame.version)


def removed(name: str, level: Level) -> bool:
    """Whether messages of that name are removed as a whole."""
    return (
        name in _ALWAYS_REMOVED
        or (level != "shift" and name in _WITH_HEIGHTS)
        or (level == "identity" and name.startswith(_IDENTITY_PREFIXES))
    )


Change = Callable[[Message, Mover], Message]


@cache
def _change_of(name: str, level: Level) -> Change | None:
    """The change to messages of that name; None where they stay as they are."""
    if name in ("MISSION_ITEM_INT", "MISSION_ITEM", "COMMAND_INT"):
        return _item
    if name == "COMMAND_LONG":
        return _command
    if name in _PARAMETERS:
        return _parameter
    kind = dialect.by_name(name)
    assert kind is not None
    names = [field.name for field in kind.fields]
    place = any(kind_of(field, level=level) in ("lat", "lon") for field in names)
    kinds = {field: kind_of(field, level=level, beside_place=place) for field in names}
    if level != "shift":
        kinds |= dict.fromkeys(_HEIGHTS.get(name, ()), "height")
    touched = {
        field.name: kinds[field.name]
        for field in kind.fields
        if kinds[field.name] or (field.type == "char" and field.length)
    }
    if not touched:
        return None

    def change(message: Message, mover: Mover) -> Message:
        # Not attributes: a message's own name would hide a field called `name`.
        values = message.to_dict()
        return message.replace(
            **{field: _value(values[field], what, mover) for field, what in touched.items()}
        )

    return change


def _value(value: Any, kind: Any, mover: Mover) -> Any:
    if isinstance(value, str):
        if kind is not None:
            return ""
        return mover.masked(value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return bytes(len(value))
    if isinstance(value, tuple):
        return tuple(0 * one for one in value)
    return rewritten([value], kind, mover)[0].item() if kind in ("lat", "lon") else 0 * value


def _item(message: Any, mover: Mover) -> Message:
    """Mission items and COMMAND_INT: x and y are a place in the global frames."""
    changed: Message = message
    if message.frame in _GLOBAL_FRAMES:
        whole = isinstance(message.x, int)
        scale = 1e-7 if whole else 1.0
        lat_deg, lon_deg = mover.pair(message.x * scale, message.y * scale)
        x, y = (round(lat_deg / scale), round(lon_deg / scale)) if whole else (lat_deg, lon_deg)
        # The altitude is above sea level in these frames only.
        above_sea = message.frame in (0, 5) and mover.level != "shift"
        changed = message.replace(x=x, y=y, z=0.0 if above_sea else message.z)
    return changed


def _command(message: Any, mover: Mover) -> Message:
    """COMMAND_LONG: parameters 5 and 6 are a place in some commands, and something else in others."""
    lat_deg, lon_deg = message.param5, message.param6
    changed: Message = message
    if math.isfinite(lat_deg + lon_deg) and mover.may_be_place(lat_deg, lon_deg):
        lat_deg, lon_deg = mover.pair(lat_deg, lon_deg)
        changed = message.replace(param5=lat_deg, param6=lon_deg)
    return changed


def _parameter(message: Any, mover: Mover) -> Message:
    changed: Message = message
    if hides_parameter(message.param_id, mover.level):
        value = message.param_value
        changed = message.replace(param_value=0.0 if isinstance(value, float | int) else type(value)())
    return changed
