"""Texts for the operator in a telemetry log: status texts whole, events in words, each said once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from controller.logs.formats.contents import LoggedText
from controller.protocol.announcements import Announcement, Announcements, BoxTexts
from controller.protocol.events.definitions import packed_table
from controller.protocol.ground_box import BOX
from controller.protocol.old_severities import has_old_severities
from controller.wire.address import GROUND_STATION, Address, address
from controller.wire.columns import SENT, MessageTable
from controller.wire.message import Message, decode_chars

_NAMES = ("HEARTBEAT", "STATUSTEXT", "EVENT", "V2_EXTENSION")
_LATER_S = 60.0  # after the last message nothing more is waited for
_Received = tuple[int, Address, Message]


def texts_of(
    tables: Mapping[str, MessageTable], aircraft: tuple[int, int], firmware: str
) -> list[LoggedText]:
    """Return the texts of an aircraft (system, component), of its other components and of the ground box, in order.

    `firmware` names the packed table of events.
    """
    if "STATUSTEXT" not in tables and "EVENT" not in tables:
        return []
    autopilot = address(*aircraft)
    machine = Announcements(
        GROUND_STATION, autopilot, packed_table(firmware), old_severities=_old_firmware(tables)
    )
    box = BoxTexts(BOX)
    found: list[LoggedText] = []

    def take(at_us: int, said: list[Announcement]) -> None:
        for one in said:
            # Bytes that are not UTF-8 cannot be written to JSON.
            text = one.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            found.append(LoggedText(at_us, one.severity, text, one.sender, one.event))

    at_us = 0
    for at_us, source, message in _received(tables, autopilot):
        now = at_us / 1e6
        for one in (machine, box):
            if one.deadline is not None and now >= one.deadline:
                one.tick(now)
            one.receive(message, source, now)
            take(at_us, one.texts())
    for one in (machine, box):
        one.tick(at_us / 1e6 + _LATER_S)
        take(at_us, one.texts())
    return found


def old_severities(table: MessageTable) -> bool:
    """Return whether a STATUSTEXT table holds the banner of a firmware with severities of its own."""
    return any(has_old_severities(decode_chars(bytes(one))) for one in np.unique(table["text"]))


def _old_firmware(tables: Mapping[str, MessageTable]) -> set[Address]:
    """Return the senders whose banner, at any time in the log, is that of a firmware with severities of its own."""
    table = tables.get("STATUSTEXT")
    if table is None:
        return set()
    rows = [at for at, one in enumerate(table["text"]) if has_old_severities(decode_chars(bytes(one)))]
    return {address(int(table.systems[at]), int(table.components[at])) for at in rows}


def _received(tables: Mapping[str, MessageTable], autopilot: Address) -> Iterator[_Received]:
    """Yield the messages that texts depend on, by time."""
    messages = [one for name in _NAMES if name in tables for one in _messages(tables[name], autopilot)]
    yield from sorted(messages, key=lambda one: one[0])


def _messages(table: MessageTable, autopilot: Address) -> Iterator[_Received]:
    wanted = np.ones(table.count, bool)
    if table.kind.name == "HEARTBEAT":
        # Only the flight mode matters, where it changes.
        wanted = (table.systems == autopilot.system) & (table.components == autopilot.component)
        modes = table["custom_mode"][wanted]
        wanted[np.flatnonzero(wanted)[1:][modes[1:] == modes[:-1]]] = False
    names = tuple(field.name for field in table.kind.fields)
    # At once: the columns of a large log are read from its file.
    columns = [column[wanted] for column in table.read(SENT, names)]
    for row in range(int(wanted.sum())):
        time_us, system, component, *values = (column[row] for column in columns)
        fields = {name: _value(value) for name, value in zip(names, values, strict=True)}
        yield int(time_us), address(int(system), int(component)), table.kind.cls(**fields)


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return decode_chars(value)
    if isinstance(value, np.ndarray):
        return value.tobytes() if value.dtype == np.uint8 else tuple(value.tolist())
    assert isinstance(value, np.generic)
    return value.item()
