"""Take-off and return of a mission from a file that has only its way: added, and said."""

from __future__ import annotations

from controller.missions import commands
from controller.missions.commands import CMD, FRAME
from controller.missions.plan import PlanItem, ReadingNote


def with_ends(items: tuple[PlanItem, ...]) -> tuple[tuple[PlanItem, ...], tuple[ReadingNote, ...]]:
    """Return the items between a take-off and a return, with a note of them.

    The take-off goes to the height of the first waypoint. None is added to one that is not above the take-off, and no
    return to items that end with a landing.
    """
    first = next((one for one in items if one.has_position and one.command in commands.DESTINATIONS), None)
    if first is None:
        return items, ()
    above_sea = first.frame in commands.AMSL_FRAMES
    if first.alt_m <= 0.0 and not above_sea:
        note = ReadingNote("no take-off is added", "the first waypoint is not above the take-off")
        return items, (note,)
    frame = int(FRAME.GLOBAL if above_sea else FRAME.GLOBAL_RELATIVE_ALT)
    take_off = PlanItem(command=int(CMD.NAV_TAKEOFF), frame=frame, param4=float("nan"), alt_m=first.alt_m)
    back = PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=int(FRAME.MISSION))
    height = f"{first.alt_m:g} m above sea level" if above_sea else f"{first.alt_m:g} m"
    if items[-1].command in commands.LANDINGS:
        return (take_off, *items), (ReadingNote(f"a take-off to {height} is added", "the file has none"),)
    note = ReadingNote(
        f"a take-off to {height} and a return to the start are added", "the file has only the way"
    )
    return (take_off, *items, back), (note,)


def without_ends(items: tuple[PlanItem, ...]) -> tuple[PlanItem, ...]:
    """Return the items without the take-off and the return that `with_ends` adds to them."""
    if len(items) < 3:
        return items
    inner = items[1:-1]
    ends, _ = with_ends(inner)
    # Their numbers for jumps and other fields of a file do not matter.
    same = len(ends) == len(items) and all(_flies(ends[at]) == _flies(items[at]) for at in (0, -1))
    return inner if same else items


def _flies(item: PlanItem) -> tuple[int, int, float, bool]:
    return item.command, item.frame, item.alt_m, item.has_position
