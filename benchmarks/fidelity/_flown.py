"""A flight as its telemetry tells it, and how far two flights of one plan are apart. Times are the aircraft's own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from controller.wire.frame import Frame

Rows = NDArray[np.float64]
_STEP_S = 0.1
_SHORTEST_LEG_S = 0.4
_STANDS_M_S = 0.3
_METRES_A_DEGREE = 111_194.9
_ARMED = 128


@dataclass
class Flown:
    """Positions (time, north, east, up, and their speeds), tilts, modes and reached items of one flight."""

    pos: Rows
    tilt: Rows
    armed_s: float
    disarmed_s: float
    reached: list[tuple[float, int]]
    modes: list[int]

    @property
    def length_s(self) -> float:
        return self.disarmed_s - self.armed_s

    def at(self, times_s: Rows) -> Rows:
        """Return north, east and up at these times, metres."""
        return np.column_stack([np.interp(times_s, self.pos[:, 0], self.pos[:, i]) for i in (1, 2, 3)])

    def legs(self) -> list[tuple[str, float, float]]:
        """Return name, start and end of the parts between arming, the items that were reached, and disarming."""
        marks = [(self.armed_s, "arm")]
        marks += [(at, str(item)) for at, item in self.reached if self.armed_s <= at <= self.disarmed_s]
        marks.append((self.disarmed_s, "end"))
        return [(name, before, at) for (before, _), (at, name) in pairwise(marks)]

    def peak(self, what: str) -> float:
        """Return the largest `speed`, `climb`, `sink` (m/s) or `tilt` (degrees) while armed."""
        within = self.pos[(self.pos[:, 0] >= self.armed_s) & (self.pos[:, 0] <= self.disarmed_s)]
        if what == "tilt":
            tilted = self.tilt[(self.tilt[:, 0] >= self.armed_s) & (self.tilt[:, 0] <= self.disarmed_s)]
            return float(tilted[:, 1].max(initial=0.0))
        speeds = {"speed": np.hypot(within[:, 4], within[:, 5]), "climb": within[:, 6], "sink": -within[:, 6]}
        return float(speeds[what].max(initial=0.0))


@dataclass
class _Reading:
    places: list[tuple[float, ...]] = field(default_factory=list)
    tilts: list[tuple[float, float]] = field(default_factory=list)
    reached: list[tuple[float, int]] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    armed_s: float = math.nan
    disarmed_s: float = math.nan


def flown(frames: Iterable[Frame], system: int = 1) -> Flown:
    """Return the flight of one aircraft from its frames, in order."""
    read, now = _Reading(), 0.0
    for frame in frames:
        if frame.system != system or frame.component != 1 or not frame.known:
            continue
        message = frame.message()
        match frame.name:
            case "GLOBAL_POSITION_INT" if message.lat:
                now = max(now, message.time_boot_ms / 1e3)
                place = (message.lat / 1e7, message.lon / 1e7, message.relative_alt / 1e3)
                speed = (message.vx / 100.0, message.vy / 100.0, -message.vz / 100.0)
                read.places.append((message.time_boot_ms / 1e3, *place, *speed))
            case "ATTITUDE":
                now = max(now, message.time_boot_ms / 1e3)
                level = math.cos(message.roll) * math.cos(message.pitch)
                read.tilts.append(
                    (message.time_boot_ms / 1e3, math.degrees(math.acos(min(max(level, -1.0), 1.0))))
                )
            case "MISSION_ITEM_REACHED" if not read.reached or read.reached[-1][1] != message.seq:
                read.reached.append((now, message.seq))
            case "HEARTBEAT":
                _beat(read, now, armed=bool(message.base_mode & _ARMED), mode=message.custom_mode)
    end_s = read.disarmed_s if math.isfinite(read.disarmed_s) else now
    return Flown(_metres(read), np.array(read.tilts), read.armed_s, end_s, read.reached, read.modes)


def _beat(read: _Reading, now: float, *, armed: bool, mode: int) -> None:
    if armed and math.isnan(read.armed_s):
        read.armed_s = now
    if not armed and math.isfinite(read.armed_s) and math.isnan(read.disarmed_s):
        read.disarmed_s = now
    if armed and (not read.modes or read.modes[-1] != mode):
        read.modes.append(mode)


def _metres(read: _Reading) -> Rows:
    """Return the places with degrees as metres north and east of where it was armed."""
    rows = np.array(sorted(set(read.places)))
    first = min(int(np.searchsorted(rows[:, 0], read.armed_s)), len(rows) - 1)
    lat, lon = rows[first, 1:3]
    rows[:, 1] = (rows[:, 1] - lat) * _METRES_A_DEGREE
    rows[:, 2] = (rows[:, 2] - lon) * _METRES_A_DEGREE * math.cos(math.radians(lat))
    return rows


@dataclass(frozen=True)
class Apart:
    """How far an emulated flight is from the recorded one: RMS in metres, and the legs that both flew, seconds."""

    cross_m: float
    along_m: float
    height_m: float
    legs: list[tuple[str, float, float]]
    same_items: bool
    same_modes: bool


def apart(real: Flown, other: Flown) -> Apart:
    """Compare two flights leg by leg, the clock set to zero where each leg begins."""
    pairs, rest = [], other.legs()
    for leg in real.legs():
        match = next((i for i, one in enumerate(rest) if one[0] == leg[0]), None)
        if match is not None:
            pairs.append((leg, rest[match]))
            rest = rest[match + 1 :]
    cross, along, height = [], [], []
    for (_, a, b), (_, c, d) in pairs:
        whole_s = min(b - a, d - c)
        if whole_s < _SHORTEST_LEG_S:
            continue
        times = np.arange(0.0, whole_s, _STEP_S)
        theirs, ours = real.at(a + times), other.at(c + times)
        speed = np.gradient(theirs, _STEP_S, axis=0)
        fast = np.linalg.norm(speed, axis=1)
        moves = fast > _STANDS_M_S
        off = ours - theirs
        along.append(((off * speed).sum(axis=1) / np.maximum(fast, 1e-9))[moves])
        height.append(off[:, 2])
        path = real.at(np.arange(a, b, _STEP_S))[:, :2]
        cross.append(_beside(other.at(np.arange(c, d, _STEP_S))[:, :2], path))
    same_items = [item for _, item in real.reached] == [item for _, item in other.reached]
    return Apart(
        _rms(cross),
        _rms(along),
        _rms(height),
        [(one[0], one[2] - one[1], two[2] - two[1]) for one, two in pairs],
        same_items,
        real.modes == other.modes,
    )


def _beside(points: Rows, path: Rows) -> Rows:
    """Return the distance of each point from a path, metres."""
    if len(path) < 2:
        return np.linalg.norm(points - path[0], axis=1) if len(path) else np.zeros(0)
    start, way = path[:-1], path[1:] - path[:-1]
    length2 = np.maximum((way**2).sum(axis=1), 1e-12)
    nearest = []
    for point in points:
        part = np.clip(((point - start) * way).sum(axis=1) / length2, 0.0, 1.0)
        nearest.append(np.linalg.norm(start + part[:, None] * way - point, axis=1).min())
    return np.array(nearest)


def _rms(parts: list[Rows]) -> float:
    joined = np.concatenate(parts) if parts else np.zeros(0)
    return float(np.sqrt((joined**2).mean())) if len(joined) else math.nan
