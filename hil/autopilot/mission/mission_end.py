"""How a mission ends, and what the autopilot stack does then."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hil.autopilot.mission.task import Task


class MissionEnding(Enum):
    """Why the navigator stopped."""

    RETURN = "an RTL item"
    LANDED = "a LAND item"
    LAST = "no more items"
    NO_TERRAIN = "an item whose height is above terrain, without terrain data"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionEndReaction:
    """Reaction of the stack: a task to fly, a mode to enter, and whether a return follows or the motors stop.

    `text` and `return_text` are STATUSTEXTs sent before the mode change and before the return.
    """

    task: Task | None = None
    mode: str | None = None
    text: str | None = None
    returns: bool = False
    disarms: bool = False
    return_text: str = ""
