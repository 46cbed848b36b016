"""What breaks, which one, from when and for how long: data that the simulator's physics and sensors read.

One type for scenarios, command lines and failure injection over MAVLink alike. As text: `PART[NUMBER] KIND[:AMOUNT] START
[DURATION]`, for example `motor2 dead 30`, `gps jam 60 20`, `baro drift:5 40`.
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
    """What can break."""

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
    """How it breaks; `amount` means what stands behind it."""

    DEAD = 0  # a motor stops
    WEAK = 1  # a motor gives `amount` (0..1) of its thrust
    OFF = 2  # a sensor says nothing: zero, or no receiver
    STUCK = 3  # a sensor repeats its last value
    DRIFT = 4  # a sensor's value (of GPS: its north) runs away by `amount` of its own unit each second
    JAM = 5  # GPS hears noise and has no fix; it needs some seconds to find one again
    CELL = 6  # a battery loses `amount` volts, as by a dead cell
    GARBAGE = 7  # a sensor's value jumps about by up to `amount` of its own unit (of GPS: its position)
    DELAYED = 8  # a sensor says what it measured `amount` seconds ago
    INTERMITTENT = 9  # a sensor is off for `amount` seconds, works as long, and so on
    SPOOF = 10  # GPS believes a place `amount` metres north of where it is
    GUST = 11  # `amount` m/s more wind, along the steady wind, to the north in a calm


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
MAX_AMOUNT = 1e6  # of whatever unit; beyond, sums of it leave the numbers
LATEST_S = 1e7
TEXT = re.compile(r"([a-z]+?)(\d+)?\s+([a-z]+)(?::(\S+))?\s+(\S+)(?:\s+(\S+))?")

# layout of a schedule's rows
PART, KIND, INSTANCE, START_S, END_S, AMOUNT = range(6)
ROW_SIZE = 6


Name = TypeVar("Name", Part, Kind)


def supported_kinds(part: Part) -> str:
    """How a part can break, in words."""
    return f"a {part.name.lower()} can be: {', '.join(kind.name.lower() for kind in KINDS[part])}"


def named(word: str, among: type[Name], where: str, otherwise: str = "") -> Name:
    """The part or kind of this name. Raises ScenarioError saying what there is."""
    try:
        return among[word.upper()]
    except KeyError:
        known = otherwise or f"what breaks is: {', '.join(one.name.lower() for one in among)}"
        raise ScenarioError(f"there is no {word}; {known}", where=where) from None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that breaks. `instance` counts from 1, 0 means all of them; times are simulated seconds since power-on."""

    part: Part
    kind: Kind
    instance: int = 0
    start_s: float
    duration_s: float = math.inf
    amount: float = 0.0

    def __post_init__(self) -> None:
        """Raises ScenarioError for what cannot break so."""
        name = f"{self.part.name.lower()} {self.kind.name.lower()}"
        if self.kind not in KINDS[self.part]:
            raise ScenarioError(supported_kinds(self.part), where=f"fault {name}")
        if not (0.0 <= self.start_s <= LATEST_S and self.duration_s > 0.0):
            raise ScenarioError(
                f"must start at 0 s or later, at most at {LATEST_S:g} s, and last", where=f"fault {name}"
            )
        if not math.isfinite(self.amount) or (self.kind in NEEDS_AMOUNT and self.amount == 0.0):
            raise ScenarioError(f"needs an amount, as in {name}:0.5", where=f"fault {name}")
        if not abs(self.amount) <= MAX_AMOUNT:
            raise ScenarioError(f"must be at most {MAX_AMOUNT:g}, is {self.amount:g}", where=f"fault {name}")
        if self.kind is Kind.CELL and not 0.0 < self.amount <= MAX_LOST_V:
            raise ScenarioError(
                f"a battery loses above 0 and at most {MAX_LOST_V:g} V, not {self.amount:g}",
                where=f"fault {name}",
            )
        if self.kind is Kind.WEAK and not 0.0 < self.amount < 1.0:
            raise ScenarioError("a weak motor gives between 0 and 1 of its thrust", where=f"fault {name}")
        if self.kind is Kind.DELAYED and not 0.0 < self.amount <= MAX_DELAY_S:
            raise ScenarioError(f"must be above 0 and at most {MAX_DELAY_S:g} s", where=f"fault {name}")
        if self.kind is Kind.INTERMITTENT and not self.amount > 0.0:
            raise ScenarioError("needs seconds above 0", where=f"fault {name}")
        if self.kind is Kind.GUST and not abs(self.amount) <= MAX_GUST_M_S:
            raise ScenarioError(f"must be at most {MAX_GUST_M_S:g} m/s", where=f"fault {name}")
        most = {Part.MOTOR: 8, Part.GPS: 3}.get(self.part, 1)
        if not 0 <= self.instance <= most:
            raise ScenarioError(f"there are 1 to {most}", where=f"fault {name}, number {self.instance}")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """From its text form. Raises ScenarioError."""
        words = text.strip().lower()
        found, where = TEXT.fullmatch(words), f"fault {_short(text)}"
        try:
            if not found:
                raise ValueError
            part, number, kind, amount, start, duration = found.groups()
            broken = named(part, Part, where)
            return cls(
                part=broken,
                kind=named(kind, Kind, where, supported_kinds(broken)),
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
    """The schedule as rows for compiled code."""
    rows = [(f.part, f.kind, f.instance, f.start_s, f.start_s + f.duration_s, f.amount) for f in faults]
    return np.array(rows, dtype=np.float64).reshape(-1, ROW_SIZE)


def faults_of_receiver(faults: Iterable[Fault], number: int) -> tuple[Fault, ...]:
    """The schedule without what breaks other GPS receivers than this one, counted from 1."""
    return tuple(fault for fault in faults if fault.part is not Part.GPS or fault.instance in (0, number))
