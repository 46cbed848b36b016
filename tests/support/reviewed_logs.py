"""Logs for the review, as tables in memory: a flight of a minute that keeps every limit, and what is changed in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from controller.logs.formats.read import ReadLog

SECONDS = 60
ROWS = SECONDS * 10
TIMES = np.arange(ROWS, dtype=np.int64) * 100_000 + 1_000_000
LAT, LON = 47.0, 8.0
METRE_DEG = 1 / 111_194.9


class Table(dict[str, Any]):
    """Columns of one message."""

    @property
    def count(self) -> int:
        return len(next(iter(self.values())))


def column(value: float) -> Any:
    return np.full(ROWS, float(value))


def throttle() -> Any:
    """Between 0.3 and 0.7, back and forth every six seconds."""
    return 0.5 + 0.2 * np.sin(np.arange(ROWS) / 10)


def copter() -> dict[str, Table]:
    """A hover 20 m above home, armed all along, in AUTO, 200 m north in a straight line."""
    north_m = np.linspace(0.0, 200.0, ROWS)
    amps = 20 * throttle()
    return {
        "MSG": Table(TimeUS=TIMES[:1], Message=np.array([b"ArduCopter V4.6.0"])),
        "MODE": Table(TimeUS=TIMES[:1], Mode=np.array([3]), ModeNum=np.array([3]), Rsn=np.array([2])),
        "ARM": Table(TimeUS=TIMES[-1:] + 1, ArmState=np.array([0])),
        "POS": Table(
            TimeUS=TIMES,
            Lat=LAT + north_m * METRE_DEG,
            Lng=column(LON),
            Alt=column(520),
            RelHomeAlt=column(20),
        ),
        "MAG": Table(
            TimeUS=np.repeat(TIMES, 2),
            I=np.tile([0, 1], ROWS),
            MagX=np.full(2 * ROWS, 200.0),
            MagY=np.zeros(2 * ROWS),
            MagZ=np.full(2 * ROWS, 430.0),
        ),
        "CTUN": Table(TimeUS=TIMES, ThO=throttle()),
        "BAT": Table(
            TimeUS=TIMES,
            Inst=np.zeros(ROWS),
            Volt=16.4 - 0.02 * amps,
            Curr=amps,
            CurrTot=np.cumsum(amps) / 36,
            RemPct=column(80),
        ),
        "POWR": Table(TimeUS=TIMES, Vcc=column(5.05)),
        "RCOU": Table(TimeUS=TIMES, C1=column(1500), C2=column(1510), C3=column(1490), C4=column(1500)),
        "PARM": Table(
            TimeUS=np.zeros(4, np.int64),
            Name=np.array([f"SERVO{n}_FUNCTION".encode() for n in range(1, 5)]),
            Value=np.array([33.0, 34.0, 35.0, 36.0]),
        ),
        "CMD": Table(
            TimeUS=np.zeros(4, np.int64),
            CNum=np.arange(4),
            CId=np.array([16, 16, 16, 16]),
            Lat=LAT + np.array([0.0, 0.0, 100.0, 200.0]) * METRE_DEG,
            Lng=np.full(4, LON),
        ),
        "MISE": Table(
            TimeUS=TIMES[[0, 10, 300]],
            CNum=np.array([1, 2, 3]),
            CId=np.array([16, 16, 16]),
            Lat=LAT + np.array([0.0, 100.0, 200.0]) * METRE_DEG,
            Lng=np.full(3, LON),
        ),
    }


def dataflash(tables: dict[str, Table]) -> ReadLog:
    return ReadLog("dataflash", 0, 0, 0, {}, (), SimpleNamespace(tables=tables))


def ulog(tables: dict[str, Table], **params: float) -> ReadLog:
    log = SimpleNamespace(
        tables={(topic, 0): table for topic, table in tables.items()}, params=params, texts=[]
    )
    return ReadLog("ulog", 0, 0, 0, {}, (), log)


def px4() -> dict[str, Table]:
    """A minute of PX4, armed, in MISSION."""
    return {
        "vehicle_status": Table(
            timestamp=TIMES,
            nav_state=np.full(ROWS, 3),
            nav_state_user_intention=np.full(ROWS, 3),
            arming_state=np.full(ROWS, 2),
            failsafe=np.zeros(ROWS, np.bool_),
        ),
        "vehicle_global_position": Table(
            timestamp=TIMES, lat=LAT + np.linspace(0, 200, ROWS) * METRE_DEG, lon=column(LON), alt=column(520)
        ),
        "home_position": Table(timestamp=TIMES[:1], alt=np.array([500.0])),
    }
