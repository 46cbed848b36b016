"""The items of a plan as a table: number, command, position, altitude, parameters, distance from the item before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.estimate import FlightEstimate
from controller.missions.plan import Plan, PlanItem

#: Parameters that matter, by command: number of the parameter, and its text with a place for the value.
_PARAMETERS: dict[int, tuple[tuple[int, str], ...]] = {
    CMD.NAV_WAYPOINT: ((1, "hold {} s"), (2, "radius {} m"), (3, "pass by {} m"), (4, "yaw {} deg")),
    CMD.NAV_SPLINE_WAYPOINT: ((1, "hold {} s"),),
    CMD.NAV_ARC_WAYPOINT: ((1, "arc {} deg"),),
    CMD.NAV_TAKEOFF: ((1, "pitch {} deg"), (4, "yaw {} deg")),
    CMD.NAV_VTOL_TAKEOFF: ((4, "yaw {} deg"),),
    CMD.NAV_LAND: ((1, "abort to {} m"), (4, "yaw {} deg")),
    CMD.NAV_VTOL_LAND: ((4, "yaw {} deg"),),
    CMD.NAV_LOITER_UNLIM: ((3, "radius {} m"),),
    CMD.NAV_LOITER_TURNS: ((1, "{} turns"), (3, "radius {} m")),
    CMD.NAV_LOITER_TIME: ((1, "{} s"), (3, "radius {} m")),
    CMD.NAV_LOITER_TO_ALT: ((2, "radius {} m"),),
    CMD.NAV_DELAY: ((1, "{} s"),),
    CMD.CONDITION_DELAY: ((1, "{} s"),),
    CMD.CONDITION_DISTANCE: ((1, "{} m"),),
    CMD.CONDITION_YAW: ((1, "{} deg"),),
    CMD.DO_SET_SERVO: ((1, "output {}"), (2, "PWM {}")),
    CMD.DO_SET_CAM_TRIGG_DIST: ((1, "every {} m"),),
}
_SPEED_TYPES = {0.0: "airspeed", 1.0: "ground speed", 2.0: "climb", 3.0: "descent"}
_NAMES = {
    CMD.NAV_LOITER_UNLIM: "loiter",
    CMD.NAV_VTOL_TAKEOFF: "VTOL takeoff",
    CMD.NAV_VTOL_LAND: "VTOL land",
    CMD.DO_VTOL_TRANSITION: "VTOL transition",
    CMD.DO_SET_CAM_TRIGG_DIST: "camera trigger distance",
    CMD.DO_DIGICAM_CONTROL: "camera control",
    CMD.DO_SET_ROI: "set region of interest",
    CMD.DO_SET_ROI_LOCATION: "set region of interest",
    CMD.DO_SET_ROI_NONE: "end region of interest",
}
_HEADINGS = ("", "command", "latitude", "longitude", "altitude", "parameters", "distance")
_RIGHT = (True, False, True, True, True, False, True)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One item; fields that it has not are None. `distance_m` is that of the leg to it, when it is first flown."""

    number: int
    item: PlanItem
    parameters: str
    distance_m: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the row as an object for `--json`."""
        item = self.item
        placed = item.has_position
        return {
            "item": self.number,
            "command": item.name,
            "lat_deg": item.lat_deg if placed else None,
            "lon_deg": item.lon_deg if placed else None,
            "alt_m": item.alt_m if _has_altitude(item) else None,
            "alt_frame": altitude_reference(item.frame) if _has_altitude(item) else None,
            "params": [None if math.isnan(value) else value for value in item.params],
            "distance_m": None if self.distance_m is None else round(self.distance_m, 1),
        }


def table_rows(plan: Plan, flown: FlightEstimate) -> tuple[TableRow, ...]:
    """Return a row for each item of the plan."""
    distances: dict[int, float] = {}
    for leg in flown.legs:
        distances.setdefault(leg.number, leg.distance_m)
    return tuple(
        TableRow(number, item, _parameters(plan, item), distances.get(number))
        for number, item in enumerate(plan.items, start=1)
    )


def table_lines(rows: Sequence[TableRow]) -> Iterator[str]:
    """Yield the table as aligned lines of text, the headings first; nothing for no rows."""
    if not rows:
        return
    cells = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS))]
    for row in cells:
        words = (
            word.rjust(width) if right else word.ljust(width)
            for word, width, right in zip(row, widths, _RIGHT, strict=True)
        )
        yield "  ".join(words).rstrip()


def command_words(command: int) -> str:
    """Return the name of a command in words: "waypoint", "return to launch", "change speed"."""
    if command in _NAMES:
        return _NAMES[command]
    name = commands.name_of(command)
    for prefix in ("NAV_", "DO_", "CONDITION_"):
        name = name.removeprefix(prefix)
    return name.replace("_", " ").lower()


def altitude_reference(frame: int) -> str:
    """Return what an altitude in this frame is measured from."""
    if frame in commands.AMSL_FRAMES:
        return "AMSL"
    if frame in commands.TERRAIN_FRAMES:
        return "above terrain"
    return "above home" if frame in commands.RELATIVE_FRAMES else f"frame {frame}"


def _cells(row: TableRow) -> tuple[str, ...]:
    item = row.item
    position = (f"{item.lat_deg:.7f}", f"{item.lon_deg:.7f}") if item.has_position else ("", "")
    altitude = f"{item.alt_m:g} m {altitude_reference(item.frame)}" if _has_altitude(item) else ""
    distance = "" if row.distance_m is None else f"{row.distance_m:.0f} m"
    return (str(row.number), command_words(item.command), *position, altitude, row.parameters, distance)


def _has_altitude(item: PlanItem) -> bool:
    return (
        commands.has_position(item.command)
        and not math.isnan(item.alt_m)
        and item.frame in commands.GLOBAL_FRAMES
    )


def _parameters(plan: Plan, item: PlanItem) -> str:
    if item.command in commands.POINTS_TO_AN_ITEM:
        target = plan.jump_target(item)
        text = f"to item {target if target is not None else f'{item.param1:g} (missing)'}"
        if item.command == CMD.DO_JUMP:
            text += ", endless" if item.param2 == -1 else f", {item.param2:g} times"
        return text
    if item.command == CMD.DO_CHANGE_SPEED:
        return f"{_SPEED_TYPES.get(item.param1, f'type {item.param1:g}')} {item.param2:g} m/s"
    known = _PARAMETERS.get(item.command)
    if known is None:
        return ", ".join(
            f"p{number} {item.params[number - 1]:g}"
            for number in _numbers(item)
            if _matters(item.params[number - 1])
        )
    return ", ".join(
        text.format(f"{item.params[number - 1]:g}")
        for number, text in known
        if _matters(item.params[number - 1])
    )


def _numbers(item: PlanItem) -> range:
    return range(1, 5) if commands.has_position(item.command) else range(1, 8)


def _matters(value: float) -> bool:
    return not math.isnan(value) and value != 0.0
