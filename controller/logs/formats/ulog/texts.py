"""Texts of a ULog: its text lines, and its events in words. What both say is given once, in the words of the event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from controller.logs.formats.contents import LoggedText
from controller.protocol.announcements import Announcements
from controller.protocol.events.definitions import EventTable, InvalidEventDefinitionsError, packed_table
from controller.protocol.statustext import StatusText
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address

_AUTOPILOT = address(1, 1)
_METADATA = "metadata_events"
_ARGUMENTS = 25
_LATER_S = 60.0


def texts_with_events(
    lines: Sequence[LoggedText], events: Mapping[str, Any] | None, info: Mapping[str, Any]
) -> list[LoggedText]:
    """Return the texts by time. `events` are the columns of the topic `event`, `info` the log's information messages.

    The words come from the definitions in the log, else from those of the package.
    """
    if events is None:
        return list(lines)
    machine = Announcements(GROUND_STATION, _AUTOPILOT, _table(info), tells_lost=False)
    found: list[LoggedText] = []

    def take(at_us: int) -> None:
        found.extend(
            LoggedText(at_us, said.severity, said.text, said.sender, said.event) for said in machine.texts()
        )

    at_us = 0
    for at_us, one in sorted([*_texts(lines), *_events(events)], key=lambda entry: entry[0]):
        now = at_us / 1e6
        if machine.deadline is not None and now >= machine.deadline:
            machine.tick(now)
        if isinstance(one, StatusText):
            machine.receive_text(one, now)
        else:
            machine.receive(one, _AUTOPILOT, now)
        take(at_us)
    machine.tick(at_us / 1e6 + _LATER_S)
    take(at_us)
    return found


def _texts(lines: Sequence[LoggedText]) -> Iterator[tuple[int, Any]]:
    for line in lines:
        text = line.text.rstrip("\0")
        severity = 6 if line.severity is None else line.severity
        yield line.time_us, StatusText(_AUTOPILOT, severity, text.rstrip(), is_event=text.endswith("\t"))


def _events(events: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    names = [f"arguments[{at}]" for at in range(_ARGUMENTS) if f"arguments[{at}]" in events]
    for row, time_us in enumerate(events["timestamp"].tolist()):
        yield (
            int(time_us),
            m.EVENT(
                id=int(events["id"][row]),
                event_time_boot_ms=int(time_us) // 1000 & 0xFFFFFFFF,
                sequence=int(events["event_sequence"][row]),
                log_levels=int(events["log_levels"][row]),
                arguments=bytes(int(events[name][row]) for name in names),
            ),
        )


def _table(info: Mapping[str, Any]) -> EventTable:
    for parts in info.get(_METADATA, ()):
        try:
            return EventTable.from_file(b"".join(parts))
        except (InvalidEventDefinitionsError, TypeError):
            continue
    return packed_table("px4")
