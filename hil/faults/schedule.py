"""Fault schedule: part, kind, instance, start, duration and amount of simulated faults.

Scenario files, command lines and failure injection over MAVLink use the same type. As text: `PART[NUMBER]
KIND[:AMOUNT] START [DURATION]`, for example `motor2 dead 30`, `gps jam 60 20`, `baro drift:5 40`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hil.errors import ScenarioError


class Part(IntEnum):
    """Part that can fail."""

    MOTOR = 0
    GYRO = 1
    ACCEL = 2
    MAG = 3
    BARO = 4
    GPS = 5
    BATTERY = 6
    WIND = 7
    AIRSPEED = 8
    RANGEFINDER = 9
    FLOW = 10


class Kind(IntEnum):
    """Kind of fault; the comments give the meaning of `amount`."""

    DEAD = 0  # a motor stops
    WEAK = 1  # a motor gives the share `amount` (0..1) of its thrust
    OFF = 2  # a sensor gives no data: zero, or no receiver
    STUCK = 3  # a sensor repeats its last value
    DRIFT = 4  # a sensor's value (GPS: north) drifts by `amount` of its unit per second
    JAM = 5  # GPS is jammed: no fix, and some seconds to the next fix afterwards
    CELL = 6  # a battery loses `amount` volts, as with a dead cell
    GARBAGE = 7  # a sensor's value has random errors up to `amount` of its unit (GPS: position)
    DELAYED = 8  # a sensor's data is `amount` seconds old
    INTERMITTENT = 9  # a sensor is off for `amount` seconds, on for as long, and so on
    SPOOF = 10  # GPS position is `amount` metres north of the true one
    GUST = 11  # `amount` m/s more wind, along the steady wind, or to the north in calm air


SENSOR_KINDS = (Kind.OFF, Kind.STUCK, Kind.DRIFT, Kind.GARBAGE, Kind.DELAYED, Kind.INTERMITTENT)
KINDS: dict[Part, tuple[Kind, ...]] = {
    Part.MOTOR: (Kind.DEAD, Kind.WEAK),
    Part.GYRO: SENSOR_KINDS,
    Part.ACCEL: SENSOR_KINDS,
    Part.MAG: SENSOR_KINDS,
    Part.BARO: SENSOR_KINDS,
    Part.GPS: (*SENSOR_KINDS, Kind.JAM, Kind.SPOOF),
    Part.BATTERY: (Kind.CELL,),
    Part.WIND: (Kind.GUST,),
    Part.AIRSPEED: SENSOR_KINDS,
    Part.RANGEFINDER: SENSOR_KINDS,
    Part.FLOW: SENSOR_KINDS,
}
NEEDS_AMOUNT = tuple(kind for kind in Kind if kind not in (Kind.DEAD, Kind.OFF, Kind.STUCK, Kind.JAM))
MAX_DELAY_S = 1.0
MAX_GUST_M_S = 20.0
MAX_LOST_V = 60.0  # a pack of 14 cells
MAX_AMOUNT = 1e6  # in any unit; larger sums would overflow
LATEST_S = 1e7
MAX_NUMBER = 255  # of a motor, in any airframe
TEXT = re.compile(r"([a-z]+?)(\d+)?\s+([a-z]+)(?::(\S+))?\s+(\S+)(?:\s+(\S+))?")

# layout of a schedule's rows
PART, KIND, INSTANCE, START_S, END_S, AMOUNT = range(6)
ROW_SIZE = 6


Name = TypeVar("Name", Part, Kind)


def supported_kinds(part: Part) -> str:
    """Return the kinds of faults of a part, for an error line."""
    return f"faults of {part.name.lower()} are: {', '.join(kind.name.lower() for kind in KINDS[part])}"


def parse_name(word: str, among: type[Name], where: str, known_names: str = "") -> Name:
    """Return the part or kind of a name. Raises ScenarioError with the known names."""
    try:
        return among[word.upper()]
    except KeyError:
        known = known_names or f"parts are: {', '.join(one.name.lower() for one in among)}"
        raise ScenarioError(f"unknown fault word {word!r}; {known}", where=where) from None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `instance` counts from 1, 0 means all; times are simulated seconds since power-on."""

    part: Part
    kind: Kind
    instance: int = 0
    start_s: float
    duration_s: float = math.inf
    amount: float = 0.0

    def __post_init__(self) -> None:
        """Check the fault. Raises ScenarioError."""
        name = f"{self.part.name.lower()} {self.kind.name.lower()}"
        if self.kind not in KINDS[self.part]:
            raise ScenarioError(supported_kinds(self.part), where=f"fault {name}")
        if not (0.0 <= self.start_s <= LATEST_S and self.duration_s > 0.0):
            raise ScenarioError(
                f"start must be 0 to {LATEST_S:.0f} s and duration above 0 s", where=f"fault {name}"
            )
        if not math.isfinite(self.amount) or (self.kind in NEEDS_AMOUNT and self.amount == 0.0):
            raise ScenarioError(f"amount is missing, as in {name}:0.5", where=f"fault {name}")
        if not abs(self.amount) <= MAX_AMOUNT:
            raise ScenarioError(
                f"amount must be at most {MAX_AMOUNT:g}, is {self.amount:g}", where=f"fault {name}"
            )
        if self.kind is Kind.CELL and not 0.0 < self.amount <= MAX_LOST_V:
            raise ScenarioError(
                f"amount must be above 0 and at most {MAX_LOST_V:g} V, is {self.amount:g}",
                where=f"fault {name}",
            )
        if self.kind is Kind.WEAK and not 0.0 < self.amount < 1.0:
            raise ScenarioError("amount must be between 0 and 1, the share of thrust", where=f"fault {name}")
        if self.kind is Kind.DELAYED and not 0.0 < self.amount <= MAX_DELAY_S:
            raise ScenarioError(
                f"amount must be above 0 and at most {MAX_DELAY_S:g} s", where=f"fault {name}"
            )
        if self.kind is Kind.INTERMITTENT and not self.amount > 0.0:
            raise ScenarioError("amount must be above 0 s", where=f"fault {name}")
        if self.kind is Kind.GUST and not abs(self.amount) <= MAX_GUST_M_S:
            raise ScenarioError(f"amount must be at most {MAX_GUST_M_S:g} m/s", where=f"fault {name}")
        # How many motors there are depends on the airframe, which is checked with it.
        most = {Part.MOTOR: MAX_NUMBER, Part.GPS: 3}.get(self.part, 1)
        if not 0 <= self.instance <= most:
            raise ScenarioError(f"number must be 1 to {most}", where=f"fault {name}, number {self.instance}")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault of a text such as `gps jam 60 20`. Raises ScenarioError."""
        words = text.strip().lower()
        found, where = TEXT.fullmatch(words), f"fault {_short(text)}"
        try:
            if not found:
                raise ValueError
            part, number, kind, amount, start, duration = found.groups()
            failing = parse_name(part, Part, where)
            return cls(
                part=failing,
                kind=parse_name(kind, Kind, where, supported_kinds(failing)),
                instance=int(number or 0),
                start_s=float(start),
                duration_s=float(duration) if duration else math.inf,
                amount=float(amount) if amount else 0.0,
            )
        except ValueError:
            raise ScenarioError(
                "must be PART[NUMBER] KIND[:AMOUNT] START [DURATION]",
                where=where,
                hint='for example "motor2 dead 30" or "gps jam 60 20"',
            ) from None


def fault_rows(faults: Iterable[Fault]) -> NDArray[np.float64]:
    """Return the schedule as rows for compiled code."""
    rows = [(f.part, f.kind, f.instance, f.start_s, f.start_s + f.duration_s, f.amount) for f in faults]
    return np.array(rows, dtype=np.float64).reshape(-1, ROW_SIZE)


def faults_of_receiver(faults: Iterable[Fault], number: int) -> tuple[Fault, ...]:
    """Return the schedule without the faults of other GPS receivers than `number`, counted from 1."""
    return tuple(fault for fault in faults if fault.part is not Part.GPS or fault.instance in (0, number))
