"""Take-off and return of a mission from a file that has only its way: added, and said."""

from __future__ import annotations

from controller.missions import commands
from controller.missions.commands import CMD, FRAME
from controller.missions.plan import PlanItem, ReadingNote


def with_ends(items: tuple[PlanItem, ...]) -> tuple[tuple[PlanItem, ...], tuple[ReadingNote, ...]]:
    """Return the items between a take-off and a return, with a note of them.

    The take-off goes to the height of the first waypoint. None is added where that is above sea level, because the
    height of the start is not known, or not above it.
    """
    first = next((one for one in items if one.has_position and one.command in commands.DESTINATIONS), None)
    if first is None or first.frame in commands.AMSL_FRAMES or first.alt_m <= 0.0:
        return items, ()
    take_off = PlanItem(
        command=int(CMD.NAV_TAKEOFF),
        frame=int(FRAME.GLOBAL_RELATIVE_ALT),
        param4=float("nan"),
        alt_m=first.alt_m,
    )
    back = PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=int(FRAME.MISSION))
    note = ReadingNote(
        f"a take-off to {first.alt_m:g} m and a return to the start are added", "the file has only the way"
    )
    return (take_off, *items, back), (note,)


def without_ends(items: tuple[PlanItem, ...]) -> tuple[PlanItem, ...]:
    """Return the items without the take-off and the return that `with_ends` adds to them."""
    if len(items) < 3:
        return items
    inner = items[1:-1]
    ends, _ = with_ends(inner)
    return inner if ends == items else items
