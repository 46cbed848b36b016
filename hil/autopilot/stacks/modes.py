"""Flight modes of both stacks: their numbers on the wire, what flying in them means here, and when they may be entered.

Numbers and names: ArduCopter's mode.h (`Mode::Number`), PX4's px4_custom_mode.h (main mode in bits 16 to 23, sub mode in
bits 24 to 31) and MAV_STANDARD_MODE. Modes that this autopilot cannot fly are not in the tables, so that asking for them
is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Behaviour(Enum):
    """What the aircraft does in a mode."""

    STICKS = "the pilot's sticks tilt it"
    HOLD = "it holds its place, the sticks move it"
    BRAKE = "it stops"
    GUIDED = "it follows set-points of the ground"
    MISSION = "it follows the stored mission"
    TAKEOFF = "it climbs to the take-off height"
    LAND = "it comes down where it is"
    RETURN = "it comes home and lands"
    CIRCLE = "it flies around a point ahead"


# MAV_STANDARD_MODE
NON_STANDARD, POSITION_HOLD, ORBIT, ALTITUDE_HOLD = 0, 1, 2, 4
SAFE_RECOVERY, MISSION, LAND, TAKEOFF = 5, 6, 7, 8

# MAV_MODE_FLAG
CUSTOM, STABILIZE, MANUAL, GUIDED, AUTO, ARMED = 1, 16, 64, 8, 4, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One flight mode. `number` is HEARTBEAT's custom_mode; `base_flags` are its base_mode bits without the armed bit."""

    name: str
    number: int
    behaviour: Behaviour
    base_flags: int
    needs_position: bool = True
    armable: bool = True
    standard: int = NON_STANDARD


class ModeTable:
    """The modes of one stack, by number."""

    def __init__(self, modes: Iterable[Mode]) -> None:
        self.all = tuple(modes)
        self._by_number = {mode.number: mode for mode in self.all}

    def find(self, number: int) -> Mode | None:
        """The mode with this custom_mode, or None where there is none that can be flown."""
        return self._by_number.get(number)

    def named(self, name: str) -> Mode:
        """The mode with this name. Raises KeyError."""
        for mode in self.all:
            if mode.name == name:
                return mode
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Whether there is a mode of this name."""
        return any(mode.name == name for mode in self.all)

    def standard(self, number: int) -> Mode | None:
        """The mode that serves as this MAV_STANDARD_MODE, or None."""
        return next((mode for mode in self.all if number and mode.standard == number), None)


_AP = CUSTOM | STABILIZE | MANUAL  # ArduCopter's sticks always have a say

ARDUCOPTER = ModeTable(
    (
        Mode(name="STABILIZE", number=0, behaviour=Behaviour.STICKS, base_flags=_AP, needs_position=False),
        Mode(
            name="ALT_HOLD",
            number=2,
            behaviour=Behaviour.STICKS,
            base_flags=_AP,
            needs_position=False,
            standard=ALTITUDE_HOLD,
        ),
        Mode(
            name="AUTO",
            number=3,
            behaviour=Behaviour.MISSION,
            base_flags=_AP | GUIDED,
            armable=False,
            standard=MISSION,
        ),
        Mode(name="GUIDED", number=4, behaviour=Behaviour.GUIDED, base_flags=_AP | GUIDED),
        Mode(
            name="LOITER", number=5, behaviour=Behaviour.HOLD, base_flags=_AP | GUIDED, standard=POSITION_HOLD
        ),
        Mode(
            name="RTL",
            number=6,
            behaviour=Behaviour.RETURN,
            base_flags=_AP | GUIDED,
            armable=False,
            standard=SAFE_RECOVERY,
        ),
        Mode(name="CIRCLE", number=7, behaviour=Behaviour.CIRCLE, base_flags=_AP | GUIDED, armable=False),
        Mode(
            name="LAND",
            number=9,
            behaviour=Behaviour.LAND,
            base_flags=_AP,
            needs_position=False,
            armable=False,
            standard=LAND,
        ),
        Mode(name="POSHOLD", number=16, behaviour=Behaviour.HOLD, base_flags=_AP | GUIDED),
        Mode(name="BRAKE", number=17, behaviour=Behaviour.BRAKE, base_flags=_AP | GUIDED, armable=False),
    )
)


# ArduPlane's mode.h. What flies itself is GUIDED on the wire; what only steadies it is not.
_PLANE = CUSTOM | STABILIZE

ARDUPLANE = ModeTable(
    (
        Mode(
            name="MANUAL",
            number=0,
            behaviour=Behaviour.STICKS,
            base_flags=CUSTOM | MANUAL,
            needs_position=False,
        ),
        Mode(name="CIRCLE", number=1, behaviour=Behaviour.BRAKE, base_flags=_PLANE | GUIDED),
        Mode(
            name="FBWA",
            number=5,
            behaviour=Behaviour.STICKS,
            base_flags=_PLANE | MANUAL,
            needs_position=False,
        ),
        Mode(
            name="AUTO", number=10, behaviour=Behaviour.MISSION, base_flags=_PLANE | GUIDED, standard=MISSION
        ),
        Mode(
            name="RTL",
            number=11,
            behaviour=Behaviour.RETURN,
            base_flags=_PLANE | GUIDED,
            armable=False,
            standard=SAFE_RECOVERY,
        ),
        Mode(name="LOITER", number=12, behaviour=Behaviour.BRAKE, base_flags=_PLANE | GUIDED, standard=ORBIT),
        Mode(
            name="TAKEOFF",
            number=13,
            behaviour=Behaviour.TAKEOFF,
            base_flags=_PLANE | GUIDED,
            standard=TAKEOFF,
        ),
        Mode(name="GUIDED", number=15, behaviour=Behaviour.GUIDED, base_flags=_PLANE | GUIDED),
    )
)


QUADPLANE = ModeTable(
    (
        *ARDUPLANE.all,
        Mode(
            name="QHOVER",
            number=18,
            behaviour=Behaviour.STICKS,
            base_flags=_PLANE | MANUAL,
            needs_position=False,
        ),
        Mode(
            name="QLOITER",
            number=19,
            behaviour=Behaviour.HOLD,
            base_flags=_PLANE | GUIDED,
            standard=POSITION_HOLD,
        ),
        Mode(
            name="QLAND",
            number=20,
            behaviour=Behaviour.LAND,
            base_flags=_PLANE | GUIDED,
            armable=False,
            standard=LAND,
        ),
        Mode(name="QRTL", number=21, behaviour=Behaviour.RETURN, base_flags=_PLANE | GUIDED, armable=False),
    )
)


# Rover's mode.h
ARDUROVER = ModeTable(
    (
        Mode(
            name="MANUAL",
            number=0,
            behaviour=Behaviour.STICKS,
            base_flags=CUSTOM | MANUAL,
            needs_position=False,
        ),
        Mode(name="HOLD", number=4, behaviour=Behaviour.BRAKE, base_flags=_PLANE, needs_position=False),
        Mode(
            name="LOITER",
            number=5,
            behaviour=Behaviour.BRAKE,
            base_flags=_PLANE | GUIDED,
            standard=POSITION_HOLD,
        ),
        Mode(
            name="AUTO", number=10, behaviour=Behaviour.MISSION, base_flags=_PLANE | GUIDED, standard=MISSION
        ),
        Mode(
            name="RTL",
            number=11,
            behaviour=Behaviour.RETURN,
            base_flags=_PLANE | GUIDED,
            standard=SAFE_RECOVERY,
        ),
        Mode(name="GUIDED", number=15, behaviour=Behaviour.GUIDED, base_flags=_PLANE | GUIDED),
    )
)


def px4_number(main: int, sub: int = 0) -> int:
    """PX4's custom_mode."""
    return sub << 24 | main << 16


_PX4_AUTO = CUSTOM | AUTO | GUIDED | STABILIZE
_PX4_STICKS = CUSTOM | MANUAL | STABILIZE

PX4 = ModeTable(
    (
        Mode(
            name="ALTCTL",
            number=px4_number(2),
            behaviour=Behaviour.STICKS,
            base_flags=_PX4_STICKS,
            needs_position=False,
            standard=ALTITUDE_HOLD,
        ),
        Mode(
            name="POSCTL",
            number=px4_number(3),
            behaviour=Behaviour.HOLD,
            base_flags=_PX4_STICKS | GUIDED,
            standard=POSITION_HOLD,
        ),
        Mode(
            name="TAKEOFF",
            number=px4_number(4, 2),
            behaviour=Behaviour.TAKEOFF,
            base_flags=_PX4_AUTO,
            standard=TAKEOFF,
        ),
        Mode(name="LOITER", number=px4_number(4, 3), behaviour=Behaviour.GUIDED, base_flags=_PX4_AUTO),
        Mode(
            name="MISSION",
            number=px4_number(4, 4),
            behaviour=Behaviour.MISSION,
            base_flags=_PX4_AUTO,
            standard=MISSION,
        ),
        Mode(
            name="RTL",
            number=px4_number(4, 5),
            behaviour=Behaviour.RETURN,
            base_flags=_PX4_AUTO,
            armable=False,
            standard=SAFE_RECOVERY,
        ),
        Mode(
            name="LAND",
            number=px4_number(4, 6),
            behaviour=Behaviour.LAND,
            base_flags=_PX4_AUTO,
            needs_position=False,
            armable=False,
            standard=LAND,
        ),
        Mode(
            name="OFFBOARD",
            number=px4_number(6),
            behaviour=Behaviour.GUIDED,
            base_flags=CUSTOM | GUIDED | STABILIZE,
        ),
        Mode(
            name="STABILIZED",
            number=px4_number(7),
            behaviour=Behaviour.STICKS,
            base_flags=_PX4_STICKS,
            needs_position=False,
        ),
    )
)
