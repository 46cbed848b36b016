"""Compile MAVLink's message definitions into `table.json`: `python -m controller.wire.make_table`.

Run it by hand to update the definitions. The result is committed, so that Landline parses no XML at start and an update
of pymavlink changes nothing unnoticed. ArduPilot's dialect (with common) comes first, then PX4's development messages,
both from pymavlink; then `supplement.xml`, which holds what both lack.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

DIALECTS = ("ardupilotmega", "development")
TABLE = Path(__file__).with_name("table.json")
SUPPLEMENT = Path(__file__).with_name("supplement.xml")


def definitions(folder: Path, name: str) -> list[Any]:
    """Return the parsed XML of a dialect and of all dialects it includes."""
    from pymavlink.generator import mavparse

    pending, parsed = [name + ".xml"], {}
    while pending:
        file = pending.pop(0)
        if file not in parsed:
            parsed[file] = mavparse.MAVXML(str(folder / file), mavparse.PROTOCOL_2_0)
            pending += parsed[file].include
    return list(parsed.values())


def sources() -> list[Any]:
    """Return all parsed XML files, pymavlink's first, the supplement last."""
    spec = importlib.util.find_spec("pymavlink.dialects.v20")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    found = [xml for dialect in DIALECTS for xml in definitions(folder, dialect)]
    return found + definitions(SUPPLEMENT.parent, SUPPLEMENT.stem)


def message_definitions(xmls: list[Any]) -> list[Any]:
    """Return one definition a message name: the first one, or a later one that has more extension fields.

    Raises ValueError for a definition with more extension fields whose other fields differ.
    """
    chosen: dict[str, Any] = {}
    numbers: dict[int, str] = {}
    for message in (message for xml in xmls for message in xml.message):
        # A number that a dialect before has given to another name stays with that name.
        if numbers.setdefault(message.id, message.name) != message.name:
            continue
        first = chosen.setdefault(message.name, message)
        known, fields = _layout(first), _layout(message)
        if len(fields) > len(known) and message.extensions_start is not None:
            if message.crc_extra != first.crc_extra or fields[: len(known)] != known:
                raise ValueError(f"invalid definition of {message.name}: it does not extend the one before")
            chosen[message.name] = message
    return list(chosen.values())


def _layout(message: Any) -> list[tuple[str, str, int]]:
    return [(field.name, field.type, field.array_length) for field in message.ordered_fields]


def compile_table() -> dict[str, Any]:
    """Return messages and enums of all sources. A field is [name, type, array length (0 = scalar), enum, units]."""
    xmls = sources()
    messages = {
        message.name: {
            "id": message.id,
            "crc_extra": message.crc_extra,
            "min_length": message.wire_min_length,
            "fields": [
                [field.name, field.type, field.array_length, field.enum, field.units]
                for field in message.ordered_fields
            ],
        }
        for message in message_definitions(xmls)
    }
    enums: dict[str, dict[str, int]] = {}
    for enum in (enum for xml in xmls for enum in xml.enum):
        entries = enums.setdefault(enum.name, {})
        for entry in enum.entry:
            if not entry.end_marker:
                entries.setdefault(entry.name, entry.value)
    return {"messages": dict(sorted(messages.items())), "enums": dict(sorted(enums.items()))}


def render(table: dict[str, Any]) -> str:
    """Return the table as JSON, one line a message and one an enum, so that an update gives a readable diff."""
    parts = []
    for part in ("messages", "enums"):
        lines = (f"{json.dumps(name)}:{json.dumps(entry)}" for name, entry in table[part].items())
        parts.append(f"{json.dumps(part)}:{{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(render(compile_table()), encoding="utf-8")
