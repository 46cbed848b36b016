"""Flight modes of all stacks: custom_mode numbers, kind of flight, and conditions for entering them.

Numbers and names: mode.h of ArduCopter, ArduPlane and Rover (`Mode::Number`), PX4's px4_custom_mode.h (main mode in
bits 16 to 23, sub mode in bits 24 to 31) and MAV_STANDARD_MODE. Modes that this autopilot cannot fly are not in the
tables; requests for them are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from controller.wire.enums import MAV_MODE_FLAG, MAV_STANDARD_MODE


class ModeKind(Enum):
    """The kind of flight in a mode."""

    MANUAL = "RC input commands the attitude or the surfaces"
    POSITION = "position hold, moved by RC input"
    HOLD = "stop, or circle on wings"
    GUIDED = "setpoints from the ground"
    MISSION = "the stored mission"
    TAKEOFF = "climb to the takeoff height"
    LAND = "land at the present position"
    RETURN = "return home"
    CIRCLE = "circle around a point ahead"


STANDARD: Any = MAV_STANDARD_MODE
CUSTOM = int(MAV_MODE_FLAG.CUSTOM_MODE_ENABLED)
STABILIZE = int(MAV_MODE_FLAG.STABILIZE_ENABLED)
MANUAL = int(MAV_MODE_FLAG.MANUAL_INPUT_ENABLED)
GUIDED = int(MAV_MODE_FLAG.GUIDED_ENABLED)
AUTO = int(MAV_MODE_FLAG.AUTO_ENABLED)
ARMED = int(MAV_MODE_FLAG.SAFETY_ARMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One flight mode. `number` is HEARTBEAT's custom_mode, `base_flags` its base_mode without the armed bit."""

    name: str
    number: int
    kind: ModeKind
    base_flags: int
    needs_position: bool = True
    armable: bool = True
    standard: int = STANDARD.NON_STANDARD  # MAV_STANDARD_MODE
    needs_setpoint_stream: bool = False  # left by a failsafe when setpoints cease
    on_rotors: bool = False  # of a quadplane


class ModeTable:
    """The modes of one stack, by number."""

    def __init__(self, modes: Iterable[Mode]) -> None:
        self.all = tuple(modes)
        self._by_number = {mode.number: mode for mode in self.all}

    def find(self, number: int) -> Mode | None:
        """Return the mode with this custom_mode, or None where this autopilot cannot fly it."""
        return self._by_number.get(number)

    def named(self, name: str) -> Mode:
        """Return the mode with this name. Raises KeyError."""
        for mode in self.all:
            if mode.name == name:
                return mode
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Return whether there is a mode of this name."""
        return any(mode.name == name for mode in self.all)

    def standard(self, number: int) -> Mode | None:
        """Return the mode that serves as this MAV_STANDARD_MODE, or None."""
        return next((mode for mode in self.all if number and mode.standard == number), None)


_AP = CUSTOM | STABILIZE | MANUAL  # ArduCopter takes manual input in all modes

ARDUCOPTER = ModeTable(
    (
        Mode(name="STABILIZE", number=0, kind=ModeKind.MANUAL, base_flags=_AP, needs_position=False),
        Mode(
            name="ALT_HOLD",
            number=2,
            kind=ModeKind.MANUAL,
            base_flags=_AP,
            needs_position=False,
            standard=STANDARD.ALTITUDE_HOLD,
        ),
        Mode(
            name="AUTO",
            number=3,
            kind=ModeKind.MISSION,
            base_flags=_AP | GUIDED,
            armable=False,
            standard=STANDARD.MISSION,
        ),
        Mode(name="GUIDED", number=4, kind=ModeKind.GUIDED, base_flags=_AP | GUIDED),
        Mode(
            name="LOITER",
            number=5,
            kind=ModeKind.POSITION,
            base_flags=_AP | GUIDED,
            standard=STANDARD.POSITION_HOLD,
        ),
        Mode(
            name="RTL",
            number=6,
            kind=ModeKind.RETURN,
            base_flags=_AP | GUIDED,
            armable=False,
            standard=STANDARD.SAFE_RECOVERY,
        ),
        Mode(name="CIRCLE", number=7, kind=ModeKind.CIRCLE, base_flags=_AP | GUIDED, armable=False),
        Mode(
            name="LAND",
            number=9,
            kind=ModeKind.LAND,
            base_flags=_AP,
            needs_position=False,
            armable=False,
            standard=STANDARD.LAND,
        ),
        Mode(name="POSHOLD", number=16, kind=ModeKind.POSITION, base_flags=_AP | GUIDED),
        Mode(name="BRAKE", number=17, kind=ModeKind.HOLD, base_flags=_AP | GUIDED, armable=False),
    )
)


# ArduPlane's mode.h. Modes with navigation have the GUIDED flag, modes that only stabilize do not.
_PLANE = CUSTOM | STABILIZE

ARDUPLANE = ModeTable(
    (
        Mode(
            name="MANUAL",
            number=0,
            kind=ModeKind.MANUAL,
            base_flags=CUSTOM | MANUAL,
            needs_position=False,
        ),
        Mode(name="CIRCLE", number=1, kind=ModeKind.HOLD, base_flags=_PLANE | GUIDED),
        Mode(
            name="FBWA",
            number=5,
            kind=ModeKind.MANUAL,
            base_flags=_PLANE | MANUAL,
            needs_position=False,
        ),
        Mode(
            name="AUTO",
            number=10,
            kind=ModeKind.MISSION,
            base_flags=_PLANE | GUIDED,
            standard=STANDARD.MISSION,
        ),
        Mode(
            name="RTL",
            number=11,
            kind=ModeKind.RETURN,
            base_flags=_PLANE | GUIDED,
            armable=False,
            standard=STANDARD.SAFE_RECOVERY,
        ),
        Mode(
            name="LOITER", number=12, kind=ModeKind.HOLD, base_flags=_PLANE | GUIDED, standard=STANDARD.ORBIT
        ),
        Mode(
            name="TAKEOFF",
            number=13,
            kind=ModeKind.TAKEOFF,
            base_flags=_PLANE | GUIDED,
            standard=STANDARD.TAKEOFF,
        ),
        Mode(name="GUIDED", number=15, kind=ModeKind.GUIDED, base_flags=_PLANE | GUIDED),
    )
)


QUADPLANE = ModeTable(
    (
        *ARDUPLANE.all,
        Mode(
            name="QHOVER",
            number=18,
            kind=ModeKind.MANUAL,
            base_flags=_PLANE | MANUAL,
            needs_position=False,
        ),
        Mode(
            name="QLOITER",
            number=19,
            kind=ModeKind.POSITION,
            base_flags=_PLANE | GUIDED,
            standard=STANDARD.POSITION_HOLD,
        ),
        Mode(
            name="QLAND",
            number=20,
            kind=ModeKind.LAND,
            base_flags=_PLANE | GUIDED,
            armable=False,
            standard=STANDARD.LAND,
        ),
        Mode(
            name="QRTL",
            number=21,
            kind=ModeKind.RETURN,
            base_flags=_PLANE | GUIDED,
            armable=False,
            on_rotors=True,
        ),
    )
)


# Rover's mode.h
ARDUROVER = ModeTable(
    (
        Mode(
            name="MANUAL",
            number=0,
            kind=ModeKind.MANUAL,
            base_flags=CUSTOM | MANUAL,
            needs_position=False,
        ),
        Mode(name="HOLD", number=4, kind=ModeKind.HOLD, base_flags=_PLANE, needs_position=False),
        Mode(
            name="LOITER",
            number=5,
            kind=ModeKind.HOLD,
            base_flags=_PLANE | GUIDED,
            standard=STANDARD.POSITION_HOLD,
        ),
        Mode(
            name="AUTO",
            number=10,
            kind=ModeKind.MISSION,
            base_flags=_PLANE | GUIDED,
            standard=STANDARD.MISSION,
        ),
        Mode(
            name="RTL",
            number=11,
            kind=ModeKind.RETURN,
            base_flags=_PLANE | GUIDED,
            standard=STANDARD.SAFE_RECOVERY,
        ),
        Mode(name="GUIDED", number=15, kind=ModeKind.GUIDED, base_flags=_PLANE | GUIDED),
    )
)


def px4_number(main: int, sub: int = 0) -> int:
    """Return PX4's custom_mode."""
    return sub << 24 | main << 16


_PX4_AUTO = CUSTOM | AUTO | GUIDED | STABILIZE
_PX4_MANUAL = CUSTOM | MANUAL | STABILIZE

PX4 = ModeTable(
    (
        Mode(
            name="ALTCTL",
            number=px4_number(2),
            kind=ModeKind.MANUAL,
            base_flags=_PX4_MANUAL,
            needs_position=False,
            standard=STANDARD.ALTITUDE_HOLD,
        ),
        Mode(
            name="POSCTL",
            number=px4_number(3),
            kind=ModeKind.POSITION,
            base_flags=_PX4_MANUAL | GUIDED,
            standard=STANDARD.POSITION_HOLD,
        ),
        Mode(
            name="TAKEOFF",
            number=px4_number(4, 2),
            kind=ModeKind.TAKEOFF,
            base_flags=_PX4_AUTO,
            standard=STANDARD.TAKEOFF,
        ),
        Mode(name="LOITER", number=px4_number(4, 3), kind=ModeKind.GUIDED, base_flags=_PX4_AUTO),
        Mode(
            name="MISSION",
            number=px4_number(4, 4),
            kind=ModeKind.MISSION,
            base_flags=_PX4_AUTO,
            standard=STANDARD.MISSION,
        ),
        Mode(
            name="RTL",
            number=px4_number(4, 5),
            kind=ModeKind.RETURN,
            base_flags=_PX4_AUTO,
            armable=False,
            standard=STANDARD.SAFE_RECOVERY,
        ),
        Mode(
            name="LAND",
            number=px4_number(4, 6),
            kind=ModeKind.LAND,
            base_flags=_PX4_AUTO,
            needs_position=False,
            armable=False,
            standard=STANDARD.LAND,
        ),
        Mode(
            name="OFFBOARD",
            number=px4_number(6),
            kind=ModeKind.GUIDED,
            base_flags=CUSTOM | GUIDED | STABILIZE,
            needs_setpoint_stream=True,
        ),
        Mode(
            name="STABILIZED",
            number=px4_number(7),
            kind=ModeKind.MANUAL,
            base_flags=_PX4_MANUAL,
            needs_position=False,
        ),
    )
)
