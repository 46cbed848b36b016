"""Telemetry logs (`.tlog`): each MAVLink frame with the time at which the ground station received or sent it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from controller.logs.formats.base import Log, LogFormat, NoSuchAircraft
from controller.logs.formats.contents import (
    CameraMessage,
    ExportTable,
    FrameRecord,
    GimbalMessage,
    LoggedAircraft,
    LoggedText,
    several_aircraft,
)
from controller.logs.formats.cutting import AHEAD, Chunk, last_sure, stretches
from controller.logs.formats.tlog.aircraft import aircraft_in
from controller.logs.formats.tlog.clock import LogClock
from controller.logs.formats.tlog.large import LARGE_BYTES
from controller.logs.formats.tlog.packed_params import packed_parameters
from controller.logs.formats.tlog.retime import clock_of, clock_of_chunks, read_large_log, retimed
from controller.logs.formats.tlog.series import AircraftRows, tlog_channels
from controller.logs.series.rows import Rows, last_values
from controller.logs.series.view import Array, Channel, SeriesView
from controller.wire import enums
from controller.wire.columns import Columns, MessageTable, frame_starts, read_tlog

if TYPE_CHECKING:
    from controller.logs.formats.tlog.health import TlogHealth
    from controller.logs.privacy.anonymize_rules import Level, Mover

_PX4 = 12  # MAV_AUTOPILOT
_WINGS = (1, *range(19, 26), 47)  # MAV_TYPE: fixed wing, and the VTOLs
_STREAM_BYTES = 65_536
_WARNING = 4  # MAV_SEVERITY
_OLD_WARNINGS = (3, 4)  # high and critical of old ArduPilot firmware
_DEGREE = float(np.radians(1.0))


@dataclass(frozen=True, kw_only=True)
class TlogLog(Log, FrameRecord):
    """The messages of a telemetry log."""

    columns: Columns
    clock: LogClock | None = None
    system: int | None = None

    camera_messages: ClassVar[tuple[CameraMessage, ...]] = (
        CameraMessage(
            "CAMERA_FEEDBACK",
            ("lat", "lng", "alt_msl", "alt_rel", "roll", "pitch", "yaw"),
            (1e-7, 1e-7, 1.0, 1.0, _DEGREE, _DEGREE, _DEGREE),
            ("cam_idx", "img_idx"),
            "time_usec",
        ),
        CameraMessage(
            "CAMERA_IMAGE_CAPTURED",
            ("lat", "lon", "alt", "relative_alt"),
            (1e-7, 1e-7, 1e-3, 1e-3),
            ("camera_id", "image_index"),
            "time_utc",
        ),
        CameraMessage("CAMERA_TRIGGER", numbers=("", "seq"), utc_column="time_usec"),
    )
    gimbal_messages: ClassVar[tuple[GimbalMessage, ...]] = (
        GimbalMessage(
            "GIMBAL_DEVICE_ATTITUDE_STATUS", ("q",), "flags", "delta_yaw", device="gimbal_device_id"
        ),
        GimbalMessage("MOUNT_ORIENTATION", angles_deg=("roll", "pitch"), yaws_deg=("yaw", "yaw_absolute")),
    )

    @property
    def utc_times(self) -> bool:
        return True

    @property
    def tables(self) -> Mapping[str, Mapping[str, Array]]:
        return self.columns.tables

    def export_tables(self, shift_us: int) -> Iterator[ExportTable]:
        for name, table in self.columns.tables.items():
            mine = None if self.system is None else self.concerned(table)
            count = table.count if mine is None else int(mine.sum())
            yield ExportTable(name, count, partial(_exported, table, mine, shift_us))

    def channels(self, aircraft: tuple[int, int] | None) -> tuple[list[Channel], int]:
        aircraft = aircraft or self.aircraft
        return (tlog_channels(self.columns, aircraft) if aircraft else []), 0

    def times_us(self, view: SeriesView) -> Iterable[Array]:  # noqa: ARG002
        return self.columns.ends_us()

    def rows(self, name: str) -> list[Rows]:
        if name not in self.columns.tables or self.aircraft is None:
            return []
        sent = AircraftRows(self.columns, name, self.aircraft)
        names = list(self.columns.tables[name])
        return [Rows(name, 0, sent.times_us, names, sent.raw)] if len(sent.times_us) else []

    def table(self, name: str) -> Rows | None:
        table = self.columns.tables.get(name)
        if table is None or not table.count:
            return None
        mine = self.concerned(table)
        if mine.all():
            return Rows(name, 0, table.times_us, list(table), table.__getitem__)
        return Rows(name, 0, table.times_us[mine], list(table), lambda field: table[field][mine])

    def concerned(self, table: MessageTable) -> Array:
        """Which messages are neither from another aircraft nor to one."""
        others = [one.system for one in self.all_aircraft if one is not self._chosen]
        if not others:
            return np.ones(table.count, np.bool_)
        mine = ~np.isin(table.systems, others)
        if "target_system" in table:
            mine &= ~np.isin(table["target_system"], others)
        return mine

    @property
    def aircraft(self) -> tuple[int, int] | None:
        return self._chosen.address if self._chosen else None

    @cached_property
    def all_aircraft(self) -> list[LoggedAircraft]:
        return aircraft_in(self.columns)

    @cached_property
    def _chosen(self) -> LoggedAircraft | None:
        found = self.all_aircraft
        return next((one for one in found if self.system in (None, one.system)), None)

    def of_system(self, system: int, *, missing_ok: bool = False) -> TlogLog:
        chosen = replace(self, system=system)
        if chosen.aircraft is None and not missing_ok:
            known = ", ".join(str(one.system) for one in self.all_aircraft)
            raise NoSuchAircraft(
                "cannot choose an aircraft: the log does not hold it",
                where=f"--system {system}",
                hint=f"aircraft in this log: {known or 'none'}",
            )
        return chosen

    def of_all_aircraft(self) -> TlogLog:
        return self if self.system is None else replace(self, system=None)

    @property
    def notes(self) -> tuple[str, ...]:
        return several_aircraft(self.all_aircraft, self._chosen)

    def time_of_stamp_us(self, utc_us: int) -> int:
        return self.clock.of_stamp(utc_us) if self.clock else utc_us

    @property
    def frames(self) -> FrameRecord:
        return self

    @property
    def px4(self) -> bool:
        return self._chosen is not None and self._chosen.autopilot == _PX4

    @cached_property
    def fixed_wing(self) -> bool:
        return self._chosen is not None and self._chosen.vehicle_type in _WINGS

    @property
    def measures_airspeed(self) -> bool:
        # An aircraft without wings fills the field with its ground speed.
        return self.fixed_wing

    @cached_property
    def parameters(self) -> dict[str, float]:
        in_messages = last_values(self.first("PARAM_VALUE"), "param_id", "param_value")
        if self._chosen is None:
            return in_messages
        in_file = packed_parameters(self.columns.tables.get("FILE_TRANSFER_PROTOCOL"), self._chosen.system)
        return in_file | in_messages

    @property
    def identifiers(self) -> set[bytes]:
        table = self.columns.tables.get("AUTOPILOT_VERSION")
        found: set[bytes] = set()
        if table is None:
            return found
        for name in ("uid", "uid2"):
            values = np.ascontiguousarray(table[name])
            found |= {bytes(one).rstrip(b"\0") for one in values.view(np.uint8).reshape(len(values), -1)}
        return found

    def texts(self) -> list[LoggedText]:
        return list(self._texts)

    @cached_property
    def _texts(self) -> tuple[LoggedText, ...]:
        if self.aircraft is None:
            return ()
        from controller.logs.formats.tlog.texts import texts_of

        return tuple(texts_of(self.columns.tables, self.aircraft, self.autopilot))

    def health(self, view: SeriesView) -> TlogHealth:
        from controller.logs.formats.tlog.health import TlogHealth

        return TlogHealth(self, self.columns, self.concerned, view)

    # What only frames have.

    @property
    def autopilot(self) -> str:
        return enums.describe("MAV_AUTOPILOT", self._chosen.autopilot) if self._chosen else ""

    @property
    def senders(self) -> set[tuple[int, int]]:
        found: set[int] = set()
        for table in self.columns.tables.values():
            found |= set(np.unique(table.systems.astype(np.int64) << 8 | table.components).tolist())
        return {(sender >> 8, sender & 255) for sender in found}

    @property
    def warnings(self) -> int:
        texts = self.columns.tables.get("STATUSTEXT")
        if texts is None:
            return 0
        from controller.logs.formats.tlog.texts import old_severities

        grave = texts["severity"] <= _WARNING
        if old_severities(texts):
            grave = np.isin(texts["severity"], _OLD_WARNINGS)
        return int((grave & (texts["chunk_seq"] == 0)).sum())

    def received(self, system: int, component: int) -> Iterator[tuple[Array, Array]]:
        return self.columns.sender_frames(system, component)


def _exported(
    table: MessageTable, mine: Array | None, shift_us: int
) -> tuple[dict[str, Array], Mapping[str, Array]]:
    """Columns and fields of an `ExportTable`, of the messages `mine` (None: all)."""
    columns = {
        "time_us": table.times_us + shift_us if shift_us else table.times_us,
        "frame_system": table.systems,
        "frame_component": table.components,
        "frame_seq": table.sequences,
    }
    if mine is None:
        return columns, table
    return {column: values[mine] for column, values in columns.items()}, {
        field: table[field][mine] for field in table
    }


class TlogFormat(LogFormat):
    """Telemetry logs have no signature: what no other format recognizes is read as one."""

    name = "tlog"
    title = "a telemetry log"
    endings = (".tlog", ".mavlink")
    table_prefix = ""
    own_endings = True

    def recognizes(self, data: memoryview) -> bool:  # noqa: ARG002
        return False

    def read(self, data: memoryview, name: str, *, ahead: int = 0) -> TlogLog:  # noqa: ARG002
        if len(data) > LARGE_BYTES and not ahead:
            large, clock = read_large_log(data)
            return self._log(large, clock, len(data))
        columns = read_tlog(data, ahead=ahead)
        clock = clock_of(columns)
        return self._log(columns if clock is None else retimed(columns, clock, 0), clock, len(data) - ahead)

    def _log(self, columns: Columns, clock: LogClock | None, size_bytes: int) -> TlogLog:
        rows = {(name, 0): table.count for name, table in columns.tables.items()}
        rows |= {(f"UNKNOWN_{number}", 0): count for number, count in columns.unknown.items()}
        return TlogLog(
            format=self,
            size_bytes=size_bytes,
            messages=columns.messages,
            bad_bytes=columns.bad_bytes,
            rows_by_message=rows,
            lost=columns.lost,
            problems=clock.notes if clock else (),
            columns=columns,
            clock=clock,
        )

    def read_chunk(self, chunk: Chunk, name: str) -> TlogLog:  # noqa: ARG002
        columns, clock = read_tlog(chunk.raw, ahead=chunk.ahead), chunk.clock
        if clock is not None:
            columns = retimed(columns, clock, chunk.begin)
        return self._log(columns, clock, chunk.size_bytes)

    def cut(self, data: memoryview, name: str, chunk_bytes: int) -> Iterator[Chunk]:  # noqa: ARG002
        def last(window: memoryview) -> int:
            return last_sure(frame_starts(window) - 8, len(window))

        clock = clock_of_chunks(data, chunk_bytes, last)
        for begin, end in stretches(data, 0, len(data), chunk_bytes, last):
            ahead = min(AHEAD, len(data) - end)
            yield Chunk(begin, end, data[begin : end + ahead], ahead=ahead, clock=clock)

    def anonymize(self, chunk: Chunk, mover: Mover) -> bytes:
        from controller.logs.formats.tlog.anonymize import anonymize_tlog

        return b"".join(anonymize_tlog(bytes(chunk.raw[chunk.own]), mover))

    def why_empty(self, data: memoryview) -> str:
        from controller.wire.framer import Framer

        frames = Framer().feed(bytes(data[:_STREAM_BYTES]))
        # By chance, random bytes hold one frame at most.
        return "its MAVLink frames have no times: it is a raw stream" if len(frames) > 1 else ""

    def removes(self, message: str, level: Level) -> bool:
        from controller.logs.formats.tlog.anonymize import removed

        return message.startswith("UNKNOWN_") or removed(message, level)


FORMAT = TlogFormat()
