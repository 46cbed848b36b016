"""Which fields, parameters and texts of a log reveal a place or an identity: by name, and in texts by pattern. For
all log formats.

`shift` moves every position to the middle of the Atlantic and keeps the shape of the track. `position` removes
positions and altitudes above sea level. `identity` also removes serial numbers, names and owners. Every level removes
payloads that Landline cannot decode, other aircraft and satellites in sight, and secrets (keys, passwords).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from controller.logs.series.view import Array
from controller.track_length import NO_POSITION_DEG

Level = Literal["shift", "position", "identity"]
LEVELS: tuple[Level, ...] = get_args(Level)
Kind = Literal["lat", "lon", "height", "identity"]
# 45 N 30 W: open sea, without flights of drones.
TARGET_DEG = (45.0, -30.0)
# A position farther from the flight than this is removed, not moved: moved, it could still reveal the place.
NEAR_DEG = 3.0

# glat, ilat: ArduCopter's INAV records until 2014.
_LAT = {"lat", "latitude", "gpslat", "glat", "ilat"}
_LON = {"lon", "lng", "longitude", "gpslon", "glng", "ilng"}
_HEIGHT = {"alt", "altitude", "amsl", "msl", "asl", "ellipsoid", "altasl"}
# Altitudes above sea level under other names: of the ellipsoid, of the ground, by pressure.
_ABSOLUTE = {
    "ael",
    "altitude_monotonic",
    "pressure_alt",
    "gpsa",
    "cheight",
    "terrh",
    "talt",
    "terrain_height",
}
_RELATIVE = {"rel", "relative", "home", "error", "terrain", "local", "above"}
_IDENTITY = re.compile(
    r"uid|uuid|serial|uas_id|operator_id|self_id|callsign|owner|registration|custom_name|device_name|flight_id"
    r"|description|ssid|(^|_)uri$|imei|iccid|imsi|sys_mcu|dev_?id|device_id",
    re.IGNORECASE,
)
# The declination of a place, and the parameters that hold numbers of parts: compass, IMU, barometer, board, lifetime.
_PLACE_PARAMETERS = re.compile(r"(^|_)(COMPASS_DEC|MAG_DECL|EKF2_MAG_DECL|ATT_MAG_DECL)($|_)")
_PART_PARAMETERS = re.compile(
    r"DEV_?ID|BRD_SERIAL|^CAL_\w+_ID$|^TC_\w+_ID$|_PROD_ID|^INS_\w*_ID$|^BARO\d?_(DEVID|GND_PRESS)"
    r"|^STAT_|^LND_FLIGHT_T|FLIGHT_UUID|^DID_"
)
_DECIMAL = re.compile(r"[-+]?\d+\.\d{3,}")
_LONG_NUMBER = re.compile(r"\d{7,}")
_HEXADECIMAL = re.compile(r"\b[0-9A-Fa-f]{8,}\b|\b0x[0-9A-Fa-f]{4,}\b")


def kind_of(name: str, *, level: Level, beside_place: bool = True) -> Kind | None:
    """The kind of content that a field reveals at that level; None for none. `beside_place`: its message has a
    position."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    name_parts = set(re.split(r"[^a-z]+", spaced.lower()))
    if name_parts & _LAT:
        return "lat"
    if name_parts & _LON:
        return "lon"
    if level != "shift":
        if "amsl" in name_parts or name.lower() in _ABSOLUTE:
            return "height"
        if beside_place and name_parts & _HEIGHT and not name_parts & _RELATIVE:
            return "height"
    if level == "identity" and _IDENTITY.search(name):
        return "identity"
    return None


def hides_parameter(name: str, level: Level) -> bool:
    """Whether a parameter's value is removed (becomes 0)."""
    name_parts = set(re.split(r"[^a-z]+", name.lower()))
    if name_parts & (_LAT | _LON) or _PLACE_PARAMETERS.search(name):
        return True
    return level == "identity" and bool(_PART_PARAMETERS.search(name))


def masked(text: bytes, level: Level) -> bytes:
    """A text of the same length, with `#` over numbers that may be coordinates or serial numbers."""
    masked_text = text.decode("latin1")
    patterns = [_DECIMAL, _LONG_NUMBER, *([_HEXADECIMAL] if level == "identity" else [])]
    for pattern in patterns:
        masked_text = pattern.sub(lambda found: "#" * len(found[0]), masked_text)
    return masked_text.encode("latin1")


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves or removes positions, and masks texts. `origin_deg` is the flight's place (latitude, longitude); None
    where the log has none. `identifiers` are the aircraft's serial numbers, which may also stand in a text."""

    level: Level
    origin_deg: tuple[float, float] | None
    identifiers: frozenset[bytes] = frozenset()

    def masked(self, text: bytes) -> bytes:
        """As the function `masked`, with `#` over the serial numbers too: a board without one names its computer."""
        if self.level == "identity":
            for one in self.identifiers:
                text = text.replace(one, b"#" * len(one))
        return masked(text, self.level)

    def moved(self, values_deg: Array, kind: Literal["lat", "lon"]) -> Array:
        """The moved latitudes or longitudes; 0 and values next to it (autopilots' "unknown") and NaN are kept."""
        values_deg = np.asarray(values_deg, np.float64)
        known = np.isfinite(values_deg) & (np.abs(values_deg) > NO_POSITION_DEG)
        if self.level != "shift" or self.origin_deg is None:
            return np.where(known, 0.0, values_deg)
        at = 0 if kind == "lat" else 1
        off = values_deg - self.origin_deg[at]
        if kind == "lon":
            off = (off + 180.0) % 360.0 - 180.0
        lon_scale = np.cos(np.radians(self.origin_deg[0])) / np.cos(np.radians(TARGET_DEG[0]))
        moved_deg = TARGET_DEG[at] + (off if kind == "lat" else off * lon_scale)
        kept = np.where(np.abs(off) < NEAR_DEG, moved_deg, 0.0)
        result: Array = np.where(known, kept, values_deg)
        return result

    def pair(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """As `moved`, for one position."""
        moved = (self.moved(np.array([lat_deg]), "lat")[0], self.moved(np.array([lon_deg]), "lon")[0])
        return float(moved[0]), float(moved[1])

    def may_be_place(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether two parameters of a command may be a position: near the flight, or two fractional numbers in its
        range."""
        if not (abs(lat_deg) <= 90 and abs(lon_deg) <= 180):
            return False
        if self.origin_deg is not None:
            near = (
                abs(lat_deg - self.origin_deg[0]) < NEAR_DEG and abs(lon_deg - self.origin_deg[1]) < NEAR_DEG
            )
            if near:
                return True
        return lat_deg != round(lat_deg) and lon_deg != round(lon_deg)


def rewritten(values: Any, kind: Kind, mover: Mover) -> Any:
    """A column of any type with that kind of content moved or removed. Integers are 1e-7 degrees."""
    values = np.asarray(values)
    if kind in ("lat", "lon"):
        integers = values.dtype.kind in "iu"
        if integers and values.dtype.itemsize < 4:
            return np.zeros_like(values)
        moved = mover.moved(values * 1e-7 if integers else values, "lat" if kind == "lat" else "lon")
        return (np.round(moved * 1e7) if integers else moved).astype(values.dtype)
    return np.zeros_like(values)
