"""Logs for the review, as tables in memory: a flight of a minute within every limit, to be changed by a test."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from controller.logs.formats.dataflash import format as dataflash_format
from controller.logs.formats.dataflash.format import DataFlashLog
from controller.logs.formats.dataflash.reader import DataFlash
from controller.logs.formats.ulog import format as ulog_format
from controller.logs.formats.ulog.format import UlogLog
from controller.logs.formats.ulog.reader import Ulog

SECONDS = 60
ROWS = SECONDS * 10
TIMES = np.arange(ROWS, dtype=np.int64) * 100_000 + 1_000_000
LAT, LON = 47.0, 8.0
METRE_DEG = 1 / 111_194.9


class ColumnTable(dict[str, Any]):
    """Columns of one message."""

    @property
    def count(self) -> int:
        return len(next(iter(self.values())))

    @property
    def times_us(self) -> Any:
        return self.get("TimeUS")

    def published(self, begin_us: int) -> ColumnTable:  # noqa: ARG002
        return self


def column(value: float) -> Any:
    return np.full(ROWS, float(value))


def throttle() -> Any:
    """A throttle that oscillates between 0.3 and 0.7 with a period of six seconds."""
    return 0.5 + 0.2 * np.sin(np.arange(ROWS) / 10)


def copter() -> dict[str, ColumnTable]:
    """A flight 20 m above home, armed, in AUTO, 200 m north in a straight line."""
    north_m = np.linspace(0.0, 200.0, ROWS)
    amps = 20 * throttle()
    return {
        "MSG": ColumnTable(TimeUS=TIMES[:1], Message=np.array([b"ArduCopter V4.6.0"])),
        "MODE": ColumnTable(TimeUS=TIMES[:1], Mode=np.array([3]), ModeNum=np.array([3]), Rsn=np.array([2])),
        "ARM": ColumnTable(TimeUS=TIMES[-1:] + 1, ArmState=np.array([0])),
        "POS": ColumnTable(
            TimeUS=TIMES,
            Lat=LAT + north_m * METRE_DEG,
            Lng=column(LON),
            Alt=column(520),
            RelHomeAlt=column(20),
        ),
        "MAG": ColumnTable(
            TimeUS=np.repeat(TIMES, 2),
            I=np.tile([0, 1], ROWS),
            MagX=np.full(2 * ROWS, 200.0),
            MagY=np.zeros(2 * ROWS),
            MagZ=np.full(2 * ROWS, 430.0),
        ),
        "CTUN": ColumnTable(TimeUS=TIMES, ThO=throttle()),
        "BAT": ColumnTable(
            TimeUS=TIMES,
            Inst=np.zeros(ROWS),
            Volt=16.4 - 0.02 * amps,
            Curr=amps,
            CurrTot=np.cumsum(amps) / 36,
            RemPct=column(80),
        ),
        "POWR": ColumnTable(TimeUS=TIMES, Vcc=column(5.05)),
        "RCOU": ColumnTable(TimeUS=TIMES, C1=column(1500), C2=column(1510), C3=column(1490), C4=column(1500)),
        "PARM": ColumnTable(
            TimeUS=np.zeros(4, np.int64),
            Name=np.array([f"SERVO{n}_FUNCTION".encode() for n in range(1, 5)]),
            Value=np.array([33.0, 34.0, 35.0, 36.0]),
        ),
        "CMD": ColumnTable(
            TimeUS=np.zeros(4, np.int64),
            CNum=np.arange(4),
            CId=np.array([16, 16, 16, 16]),
            Lat=LAT + np.array([0.0, 0.0, 100.0, 200.0]) * METRE_DEG,
            Lng=np.full(4, LON),
        ),
        "MISE": ColumnTable(
            TimeUS=TIMES[[0, 10, 300]],
            CNum=np.array([1, 2, 3]),
            CId=np.array([16, 16, 16]),
            Lat=LAT + np.array([0.0, 100.0, 200.0]) * METRE_DEG,
            Lng=np.full(3, LON),
        ),
    }


def dataflash(tables: dict[str, ColumnTable]) -> DataFlashLog:
    data = DataFlash(cast(Any, tables), 0, 0, ())
    return DataFlashLog(
        format=dataflash_format.FORMAT, size_bytes=0, messages=0, bad_bytes=0, rows_by_message={}, data=data
    )


def ulog(tables: dict[str, ColumnTable], **params: float) -> UlogLog:
    topics: Any = {(topic, 0): table for topic, table in tables.items()}
    data = Ulog(0, 0, topics, params=params)
    return UlogLog(
        format=ulog_format.FORMAT, size_bytes=0, messages=0, bad_bytes=0, rows_by_message={}, data=data
    )


def px4() -> dict[str, ColumnTable]:
    """A minute of PX4, armed, in MISSION."""
    return {
        "vehicle_status": ColumnTable(
            timestamp=TIMES,
            nav_state=np.full(ROWS, 3),
            nav_state_user_intention=np.full(ROWS, 3),
            arming_state=np.full(ROWS, 2),
            failsafe=np.zeros(ROWS, np.bool_),
        ),
        "vehicle_global_position": ColumnTable(
            timestamp=TIMES, lat=LAT + np.linspace(0, 200, ROWS) * METRE_DEG, lon=column(LON), alt=column(520)
        ),
        "home_position": ColumnTable(timestamp=TIMES[:1], alt=np.array([500.0])),
    }
