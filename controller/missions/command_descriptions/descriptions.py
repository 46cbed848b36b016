"""MAVLink's descriptions of mission commands: labels, units, ranges and choices of their parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from controller.missions import commands
from controller.wire import dialect, enums


@dataclass(frozen=True, slots=True)
class ParamDescription:
    """Parameter of a command: MAVLink's label, unit and text, limits (None: none), and choices by value."""

    number: int
    """Number of the parameter, 1 to 7."""
    label: str
    text: str
    units: str = ""
    min: float | None = None
    max: float | None = None
    step: float | None = None
    enum: str = ""
    choices: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CommandDescription:
    """Command of a mission, with the parameters that have a meaning."""

    command: int
    """MAV_CMD of the command."""
    name: str
    """Name such as NAV_WAYPOINT."""
    text: str
    params: tuple[ParamDescription, ...]

    @property
    def has_position(self) -> bool:
        """Whether parameters 5, 6 and 7 are a position."""
        return commands.has_position(self.command)

    @property
    def is_destination(self) -> bool:
        """Whether the aircraft flies to the position."""
        return self.command in commands.DESTINATIONS


@cache
def mission_commands() -> tuple[CommandDescription, ...]:
    """Return the descriptions of all commands that a mission can hold, by number."""
    table = json.loads(Path(__file__).with_name("table.json").read_bytes())
    return tuple(
        CommandDescription(
            int(number),
            command["name"],
            command["text"],
            tuple(
                ParamDescription(int(index), **param, choices=_choices(param.get("enum", "")))
                for index, param in command["params"].items()
            ),
        )
        for number, command in table.items()
    )


def _choices(enum: str) -> tuple[tuple[int, str], ...]:
    values = sorted(set(dialect.enum_tables().get(enum, {}).values()))
    return tuple((value, enums.describe(enum, value)) for value in values)
