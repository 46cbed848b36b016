"""Definitions of MAVLink events: words, severity and arguments of an EVENT.

The definitions are component metadata, a JSON file that an autopilot serves. A packed copy is part of the package for
aircraft whose metadata cannot be read; events keep their number and arguments from version to version.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import Struct
from typing import Any

from controller.protocol.events.template import render
from controller.wire.message import Message

DEBUG = 7  # the least severe level that is shown; levels above are for machines (8) or not to be shown (9)
SUMMARY = "summary"
HEALTH_GROUPS = ("arming_check", "health")
_TABLES = Path(__file__).with_name("tables")
_FORMATS = {
    "uint8_t": "B",
    "int8_t": "b",
    "uint16_t": "H",
    "int16_t": "h",
    "uint32_t": "I",
    "int32_t": "i",
    "uint64_t": "Q",
    "int64_t": "q",
    "float": "f",
}


class InvalidEventDefinitionsError(ValueError):
    """The metadata is no list of event definitions."""


@dataclass(frozen=True, slots=True)
class DecodedEvent:
    """One EVENT in words.

    `severity` is MAV_SEVERITY, or above 7 for an event that is not shown. `name`, `group` and `kind` are those of the
    definition, empty for an unknown event; `values` are its arguments as numbers.
    """

    event_id: int
    severity: int
    text: str
    description: str = ""
    name: str = ""
    group: str = ""
    kind: str = ""
    values: tuple[int | float, ...] = ()

    @property
    def shown(self) -> bool:
        """Whether people are to see it."""
        return self.severity <= DEBUG and self.kind != SUMMARY

    @property
    def known(self) -> bool:
        """Whether its definition is known."""
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument of an event; `labels` are the words of its values, of its bits where `is_bitfield`."""

    code: str
    labels: Mapping[int, str] | None = None
    is_bitfield: bool = False
    separator: str = "|"

    def shown(self, value: int | float) -> str | int | float:
        if self.labels is None:
            return value
        number = int(value)
        if not self.is_bitfield:
            return self.labels.get(number, f"unknown ({number})")
        bits = [1 << at for at in range(number.bit_length()) if number >> at & 1]
        return self.separator.join(self.labels.get(bit, f"unknown ({bit})") for bit in bits)


@dataclass(frozen=True, slots=True)
class _Definition:
    name: str
    group: str
    kind: str
    message: str
    description: str
    arguments: tuple[_Argument, ...]


class EventTable:
    """Definitions of all events of one firmware version."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        """Read the JSON object of an events metadata file. Raises InvalidEventDefinitionsError."""
        try:
            self._definitions = dict(_definitions(metadata))
            self._mode_groups = _mode_groups(metadata)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidEventDefinitionsError(f"invalid event definitions: {error!r}") from None

    def __len__(self) -> int:
        return len(self._definitions)

    def mode_group(self, custom_mode: int) -> int | None:
        """Return the number of the mode group in which a health check counts this flight mode; None if unknown."""
        return self._mode_groups.get(custom_mode)

    def decode(self, message: Message) -> DecodedEvent:
        """Return the words of an EVENT; an unknown one is shown by its number and arguments."""
        event_id, severity = message.id, message.log_levels & 15
        definition = self._definitions.get(event_id)
        if definition is None:
            return DecodedEvent(event_id, severity, _unknown(message))
        layout = Struct("<" + "".join(argument.code for argument in definition.arguments))
        raw: bytes = message.arguments
        values = layout.unpack(raw.ljust(layout.size, b"\0")[: layout.size])
        shown = [one.shown(value) for one, value in zip(definition.arguments, values, strict=True)]
        return DecodedEvent(
            event_id,
            severity,
            render(definition.message, shown),
            render(definition.description, shown),
            definition.name,
            definition.group,
            definition.kind,
            values,
        )

    def encode(self, name: str, *values: float) -> tuple[int, bytes]:
        """Return number and arguments of an event by name, for a sender of events. Raises KeyError, struct.error."""
        for event_id, definition in self._definitions.items():
            if definition.name == name:
                layout = Struct("<" + "".join(argument.code for argument in definition.arguments))
                return event_id, layout.pack(*values)
        raise KeyError(name)

    @classmethod
    def from_file(cls, data: bytes) -> EventTable:
        """Read a metadata file, packed with xz or not. Raises InvalidEventDefinitionsError."""
        try:
            text = lzma.decompress(data) if data[:6] == b"\xfd7zXZ\0" else data
            metadata = json.loads(text)
        except (lzma.LZMAError, ValueError) as error:
            raise InvalidEventDefinitionsError(f"invalid event definitions: {error}") from None
        return cls(metadata)


def _unknown(message: Message) -> str:
    arguments = message.arguments.rstrip(b"\0")
    return f"event {message.id}" + (f", arguments {arguments.hex(' ')}" if arguments else "")


def _definitions(metadata: Mapping[str, Any]) -> list[tuple[int, _Definition]]:
    components = metadata["components"]
    if metadata["version"] < 1:
        raise ValueError(f"version {metadata['version']}")
    enums = {
        f"{component['namespace']}::{name}": enum
        for component in components.values()
        for name, enum in component.get("enums", {}).items()
    }
    return [
        (int(number) << 24 | int(sub_id), _definition(event, group, component["namespace"], enums))
        for number, component in components.items()
        for group, content in component.get("event_groups", {}).items()
        for sub_id, event in content.get("events", {}).items()
    ]


def _mode_groups(metadata: Mapping[str, Any]) -> dict[int, int]:
    return {
        int(custom_mode): int(group)
        for component in metadata["components"].values()
        for group, modes in component.get("navigation_mode_groups", {}).get("groups", {}).items()
        for custom_mode in modes
    }


def _definition(
    event: Mapping[str, Any], group: str, namespace: str, enums: Mapping[str, Mapping[str, Any]]
) -> _Definition:
    arguments = tuple(_argument(one["type"], namespace, enums) for one in event.get("arguments", ()))
    message, description = str(event["message"]), str(event.get("description", ""))
    return _Definition(str(event["name"]), group, str(event.get("type", "")), message, description, arguments)


def _argument(kind: str, namespace: str, enums: Mapping[str, Mapping[str, Any]]) -> _Argument:
    if kind in _FORMATS:
        return _Argument(_FORMATS[kind])
    enum = enums[kind if "::" in kind else f"{namespace}::{kind}"]
    labels = {int(value): str(entry["description"]) for value, entry in enum["entries"].items()}
    return _Argument(
        _FORMATS[enum["type"]], labels, bool(enum.get("is_bitfield")), str(enum.get("separator", "|"))
    )


NO_EVENTS = EventTable({"version": 1, "components": {}})


@cache
def packed_table(firmware: str) -> EventTable:
    """Return the table of the package for a firmware family ("px4"), an empty one where there is none."""
    file = _TABLES / f"{firmware.lower()}.json.xz"
    return EventTable.from_file(file.read_bytes()) if file.is_file() else NO_EVENTS
