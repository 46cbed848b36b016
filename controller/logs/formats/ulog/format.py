"""PX4's on-board logs (ULog, `.ulg`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from controller.logs.formats.base import Log, LogFormat
from controller.logs.formats.contents import CameraMessage, ExportTable, GimbalMessage, LoggedText
from controller.logs.formats.cutting import AHEAD, Chunk, stretches
from controller.logs.formats.ulog.reader import (
    HEADER_LENGTH,
    SIGNATURE,
    Ulog,
    UlogTopic,
    find_messages,
    read_ulog,
    stretches_of,
)
from controller.logs.formats.ulog.series import ulog_channels
from controller.logs.series.rows import Rows
from controller.logs.series.view import Array, Channel, SeriesView

if TYPE_CHECKING:
    from controller.logs.formats.ulog.health import UlogHealth
    from controller.logs.privacy.anonymize_rules import Mover

_FLAGS_LENGTH = 43  # of the first message (flag bits), its header included


@dataclass(frozen=True, kw_only=True)
class UlogLog(Log):
    """The messages of a ULog."""

    data: Ulog

    camera_messages: ClassVar[tuple[CameraMessage, ...]] = (
        CameraMessage("camera_capture", ("lat", "lon", "alt"), (1.0, 1.0, 1.0), ("", "seq")),
        CameraMessage("camera_trigger", numbers=("", "seq")),
    )
    gimbal_messages: ClassVar[tuple[GimbalMessage, ...]] = (
        GimbalMessage(
            "gimbal_device_attitude_status",
            ("q[0]", "q[1]", "q[2]", "q[3]"),
            "device_flags",
            "delta_yaw",
            device="gimbal_device_id",
        ),
    )

    @property
    def tables(self) -> Mapping[str, Mapping[str, Array]]:
        several = {topic for topic, instance in self.data.tables if instance}
        return {
            f"{topic}.{instance}" if topic in several else topic: table
            for (topic, instance), table in self.data.tables.items()
        }

    def export_tables(self, shift_us: int) -> Iterator[ExportTable]:
        for (topic, instance), table in self.data.tables.items():
            read = partial(_exported, table, instance, shift_us)
            yield ExportTable(self.format.table_prefix + topic, table.count, read)

    def channels(self, aircraft: tuple[int, int] | None) -> tuple[list[Channel], int]:  # noqa: ARG002
        return ulog_channels(self.data)

    def rows(self, name: str) -> list[Rows]:
        return [
            Rows(f"{name}[{number}]", number, table["timestamp"], list(table), table.__getitem__)
            for (topic, number), table in sorted(self.data.published.items(), key=lambda item: item[0])
            if topic == name and table.count
        ]

    @property
    def utc_times(self) -> bool:
        return self.data.utc_stamps

    @property
    def px4(self) -> bool:
        return True

    @property
    def parameters(self) -> dict[str, float]:
        return {name: value for name, value in self.data.params.items() if isinstance(value, int | float)}

    @property
    def identifiers(self) -> set[bytes]:
        return {str(value).encode() for key, value in self.data.info.items() if "uuid" in key}

    def texts(self) -> list[LoggedText]:
        from controller.logs.formats.ulog.texts import texts_with_events

        lines = [LoggedText(text.time_us, text.level, text.text) for text in self.data.texts]
        return texts_with_events(lines, self.tables.get("event"), self.data.info)

    def health(self, view: SeriesView) -> UlogHealth:
        from controller.logs.formats.ulog.health import UlogHealth

        return UlogHealth(self, view)


def _exported(table: UlogTopic, instance: int, shift_us: int) -> tuple[dict[str, Array], Mapping[str, Array]]:
    """Columns and fields of an `ExportTable`."""
    fields = {name: table[name] for name in table if not name.startswith("_padding")}
    columns = {}
    if "timestamp" in fields:
        columns["time_us"] = fields["timestamp"].astype(np.int64) + shift_us
    columns["instance"] = np.full(table.count, instance, np.uint8)
    return columns, fields


class UlogFormat(LogFormat):
    """A ULog begins with `ULog`."""

    name = "ulog"
    title = "PX4's on-board log (ULog)"
    endings = (".ulg",)
    table_prefix = "ulg_"
    own_endings = True
    onboard = True

    def recognizes(self, data: memoryview) -> bool:
        return bytes(data[:4]) == SIGNATURE[:4]

    def read(self, data: memoryview, name: str, *, ahead: int = 0) -> UlogLog:
        log = read_ulog(data, name=name, ahead=ahead)
        problems = list(log.broken)
        if log.dropouts_ms:
            many = len(log.dropouts_ms)
            problems.append(
                f"{many} dropout{'' if many == 1 else 's'} in logging, {sum(log.dropouts_ms)} ms in all"
            )
        return UlogLog(
            format=self,
            size_bytes=len(data) - ahead,
            messages=log.messages,
            bad_bytes=log.bad_bytes,
            rows_by_message={key: table.count for key, table in log.tables.items()},
            problems=tuple(problems),
            lost=log.lost,
            data=log,
        )

    def read_chunk(self, chunk: Chunk, name: str) -> UlogLog:
        return self.read(chunk.raw, name, ahead=chunk.ahead)

    def cut(self, data: memoryview, name: str, chunk_bytes: int) -> Iterator[Chunk]:
        begin = bytes(data[HEADER_LENGTH : HEADER_LENGTH + _FLAGS_LENGTH])
        flagged = len(begin) == _FLAGS_LENGTH and begin[2:3] == b"B"
        # The offsets of appended data are those of the whole file: without them in a chunk.
        known = bytes(data[:HEADER_LENGTH]) + (begin[:11] + bytes(_FLAGS_LENGTH - 11) if flagged else b"")

        def last(window: memoryview) -> int:
            found = find_messages(known + bytes(window))
            heads = [*(found.starts[-2:] - 5).tolist(), *found.others[-2:].tolist()]
            # The last but one is followed by another, and so is sound.
            return sorted(heads)[-2] - len(known) if len(heads) > 1 else 0

        for first, stop in stretches_of(data, name=name):
            start = first + _FLAGS_LENGTH if flagged and first == HEADER_LENGTH else first
            for at, end in stretches(data, start, stop, chunk_bytes, last):
                beyond = bytes(data[end : min(end + AHEAD, stop)])
                raw = known + bytes(data[at:end]) + beyond
                head = at if at == start and first == HEADER_LENGTH else 0
                yield Chunk(at, end, memoryview(raw), len(known), len(beyond), head=head)
                found = find_messages(raw, ahead=len(beyond))
                for place in found.others[found.others >= len(known)].tolist():
                    if raw[place + 2 : place + 3] in (b"F", b"A"):
                        known += raw[place : place + 3 + (raw[place] | raw[place + 1] << 8)]

    def anonymize(self, chunk: Chunk, mover: Mover) -> bytes:
        from controller.logs.formats.ulog.anonymize import anonymize_ulog

        return anonymize_ulog(chunk.raw, mover, ahead=chunk.ahead)[chunk.own]


FORMAT = UlogFormat()
