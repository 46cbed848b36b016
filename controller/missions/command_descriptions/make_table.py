"""Compile MAVLink's descriptions of mission commands: `python -m controller.missions.command_descriptions.make_table`.

The result, `table.json`, is committed and has the commands of `controller/wire/table.json`: run both together.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from controller.missions.areas import kind_of
from controller.missions.checks.items import NOT_FOR_MISSIONS
from controller.wire.make_table import sources

TABLE = Path(__file__).with_name("table.json")
_NO_MEANING = re.compile(r"(empty|reserved|unused|user defined)\b.*", re.IGNORECASE | re.DOTALL)


def compile_descriptions() -> dict[str, Any]:
    """Return the commands by number: name, description, and parameters 1 to 7 by number."""
    found: dict[int, dict[str, Any]] = {}
    for xml in sources():
        for enum in (enum for enum in xml.enum if enum.name == "MAV_CMD"):
            for entry in enum.entry:
                name = entry.name.removeprefix("MAV_CMD_")
                if entry.end_marker or kind_of(entry.value) != "mission" or name.startswith(NOT_FOR_MISSIONS):
                    continue
                found.setdefault(entry.value, _command(name, entry))
    return {str(number): found[number] for number in sorted(found)}


def _command(name: str, entry: Any) -> dict[str, Any]:
    params = {str(param.index): described for param in entry.param if (described := _param(param))}
    return {"name": name, "text": _line(entry.description), "params": params}


def _param(param: Any) -> dict[str, Any]:
    text, label = _line(param.description), param.label or ""
    if param.reserved or (not label and (not text or _NO_MEANING.fullmatch(text))):
        return {}
    described: dict[str, Any] = {"label": label or text.split(".")[0][:40], "text": text}
    for key, value in (("units", param.units), ("enum", param.enum)):
        if value:
            described[key] = value
    for key, value in (("min", param.minValue), ("max", param.maxValue), ("step", param.increment)):
        if value:
            described[key] = float(value)
    return described


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def render(table: dict[str, Any]) -> str:
    """Return the table as JSON, one line a command, so that an update gives a readable diff."""
    lines = (f"{json.dumps(number)}:{json.dumps(command)}" for number, command in table.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(render(compile_descriptions()), encoding="utf-8")
