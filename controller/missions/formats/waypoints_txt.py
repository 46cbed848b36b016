"""`QGC WPL` text files: one item a line, twelve numbers, as ArduPilot's ground stations write them.

Version 110 begins with the home position as item 0; version 120 (written by some versions of QGroundControl) has no
home. Fields are separated by tabs or spaces; lines that begin with # are comments, as in ArduPilot's tools. An
unchanged plan is written back byte for byte.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from controller.missions import commands
from controller.missions import item_limits as limits
from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.mission_format import ConversionLoss, text_format
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.plan import Home, Plan, PlanItem, PlanSource

NAME = "wpl"
_HEADER = re.compile(r"QGC\s+WPL\s+(\S+)\s*")
_FIELDS = (
    "index", "current", "frame", "command", "param1", "param2", "param3", "param4", "latitude", "longitude", "altitude",
    "autocontinue",
)  # fmt: skip
# Numbers as ArduPilot's tools write them; Python's float() would also accept "1_000" and non-ASCII digits.
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?[nN][aA][nN]|[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?",
    re.A,
)
_WHOLE = re.compile(r"\d{1,9}(\.0*)?", re.A)


def read(text: str, file: str) -> Plan:
    """Read a plan from the text of `file`. Raises PlanError with file:line."""
    lines = _lines(text)
    start, version = _header(lines, file)
    home: Home | None = None
    items: list[PlanItem] = []
    comments: list[str] = []
    expected: int | None = None
    for number, line in enumerate(lines[start:], start=start + 1):
        if not line.strip():
            continue
        if line.lstrip().startswith("#"):
            comments.append(line.strip())
            continue
        index, item = _row(line, f"{file}:{number}")
        if expected is None and index not in (0, 1):
            raise PlanError(
                f"invalid item: the first has number {index}, not 0",
                where=f"{file}:{number}",
                hint="check whether the file is truncated",
            )
        if expected is not None and index != expected:
            raise PlanError(f"invalid item: number {index} instead of {expected}", where=f"{file}:{number}")
        expected = index + 1
        item = replace(item, comment="\n".join(comments), origin=str(number))
        comments = []
        if index == 0 and version != 120:
            home = _home(item, f"{file}:{number}")
        else:
            items.append(item)
        if len(items) > MAX_ITEMS:
            raise PlanError(f"invalid mission file: more than {MAX_ITEMS} items", where=f"{file}:{number}")
    if expected is None:
        raise PlanError("invalid mission file: it has no items", where=file)
    return Plan(
        items=tuple(items),
        home=home,
        comment="\n".join(comments),
        source=PlanSource(path=file, format=NAME, text=text),
    )


def is_as_read(plan: Plan) -> bool:
    """Return whether the plan was read from this format and not changed."""
    source = plan.source
    return source is not None and source.format == NAME and read(source.text, source.path) == plan


def write(plan: Plan) -> str:
    """Return the plan as `QGC WPL 110` text, without the parts that `losses` lists."""
    if plan.source and is_as_read(plan):
        return plan.source.text
    home = plan.home or Home(0.0, 0.0, 0.0)
    lines = ["QGC WPL 110", *_comment_lines(home.comment)]
    place = PlanItem(
        command=CMD.NAV_WAYPOINT,
        frame=FRAME.GLOBAL,
        lat_deg=home.lat_deg,
        lon_deg=home.lon_deg,
        alt_m=home.alt_amsl_m,
    )
    lines.append(_line(0, place, current=True))
    for number, item in enumerate(plan.items, start=1):
        lines += _comment_lines(item.comment)
        target = plan.jump_target(item) if item.command in _JUMPS else None
        lines.append(_line(number, replace(item, param1=float(target)) if target else item))
    return "\n".join([*lines, *_comment_lines(plan.comment), ""])


_JUMPS = (CMD.DO_JUMP, CMD.DO_SET_MISSION_CURRENT)


def _lines(text: str) -> list[str]:
    """Return the lines as editors number them (splitlines() would also split at form feeds)."""
    return re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))


def _header(lines: list[str], file: str) -> tuple[int, int]:
    """Return the number of header lines and the version."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    found = _HEADER.fullmatch(lines[first].strip()) if lines else None
    where = f"{file}:{first + 1}"
    if not found:
        raise PlanError("invalid header: the first line must be QGC WPL 110", where=where)
    if found[1] not in ("110", "120"):
        raise PlanError(
            f"invalid header: version {found[1][:20]} is not supported, only 110 and 120", where=where
        )
    return first + 1, int(found[1])


def _row(line: str, where: str) -> tuple[int, PlanItem]:
    fields = line.split()
    if len(fields) != len(_FIELDS):
        raise PlanError(
            f"invalid item: {len(fields)} fields instead of {len(_FIELDS)}",
            where=where,
            hint="check whether the file is truncated",
        )
    index, current, frame, command, autocontinue = (
        _whole(fields[position], _FIELDS[position], where) for position in (0, 1, 2, 3, 11)
    )
    for name, value in (("current", current), ("autocontinue", autocontinue)):
        if value not in (0, 1):
            raise PlanError(f"invalid item: {name} must be 0 or 1, not {value}", where=where)
    values = [_number(fields[position], _FIELDS[position], where) for position in range(4, 11)]
    item = PlanItem(
        command=command,
        frame=frame,
        param1=values[0],
        param2=values[1],
        param3=values[2],
        param4=values[3],
        lat_deg=values[4],
        lon_deg=values[5],
        alt_m=values[6],
        autocontinue=autocontinue == 1,
        jump_id=index,
    )
    if wrong := limits.invalid_value(item):
        raise PlanError(f"invalid item: {wrong[1]}", where=where)
    return index, item


def _whole(word: str, name: str, where: str) -> int:
    if not _WHOLE.fullmatch(word):
        raise PlanError(f"invalid item: {name} must be an integer, not {word[:30]!r}", where=where)
    return int(float(word))


def _number(word: str, name: str, where: str) -> float:
    if len(word) > 400 or not _NUMBER.fullmatch(word):
        raise PlanError(f"invalid item: {name} must be a number, not {word[:30]!r}", where=where)
    value = float(word)
    if math.isinf(value) or (math.isnan(value) and not name.startswith("param")):
        raise PlanError(f"invalid item: {name} must be a finite number, not {word[:30]}", where=where)
    return value


def _home(item: PlanItem, where: str) -> Home | None:
    """Return the home position of item 0; tools write zeros for an unknown one."""
    if item.command != CMD.NAV_WAYPOINT:
        raise PlanError(
            f"invalid item: item 0 must be the home position (a NAV_WAYPOINT), not {item.name}",
            where=where,
            hint="insert a home line above it",
        )
    if item.lat_deg == 0.0 and item.lon_deg == 0.0:
        return None
    return Home(item.lat_deg, item.lon_deg, item.alt_m, comment=item.comment)


def _comment_lines(comment: str) -> list[str]:
    return comment.splitlines()


def _line(number: int, item: PlanItem, *, current: bool = False) -> str:
    numbers = (plain(0.0 if math.isnan(value) else value) for value in item.params)
    return "\t".join(
        [
            str(number),
            str(int(current)),
            str(int(item.frame)),
            str(int(item.command)),
            *numbers,
            str(int(item.autocontinue)),
        ]
    )


def plain(value: float) -> str:
    """Return the shortest decimal that reads back as the same number, without exponent."""
    return "0" if value == 0.0 else format(Decimal(repr(value)).normalize(), "f")


# ---- losses


def losses(plan: Plan) -> Iterator[ConversionLoss]:
    """Yield all parts of the plan that the format cannot hold."""
    yield from _plan_losses(plan)
    for pattern in plan.complex_items:
        if pattern.items:
            yield ConversionLoss(
                pattern.at + 1,
                f"the outline of the {pattern.kind}",
                "QGC WPL has items only; the pattern's items are kept",
            )
        else:
            yield ConversionLoss(pattern.at + 1, f"the {pattern.kind}", "it is stored without mission items")
    for number, item in enumerate(plan.items, start=1):
        yield from _item_losses(plan, item, number)


def _plan_losses(plan: Plan) -> Iterator[ConversionLoss]:
    why = "QGC WPL has no field for it"
    for polygon in plan.fence.polygons:
        kind = "inclusion" if polygon.inclusion else "exclusion"
        yield ConversionLoss(0, f"fence: {kind} polygon of {len(polygon.corners)} corners", why)
    for circle in plan.fence.circles:
        yield ConversionLoss(
            0,
            f"fence: {'inclusion' if circle.inclusion else 'exclusion'} circle of {circle.radius_m:g} m",
            why,
        )
    if plan.fence.breach_return:
        yield ConversionLoss(0, "fence: return point", why)
    for index, _ in enumerate(plan.rally, start=1):
        yield ConversionLoss(0, f"rally point {index}", why)
    if plan.cruise_speed_m_s is not None:
        yield ConversionLoss(0, f"cruise speed {plan.cruise_speed_m_s:g} m/s", why)
    if plan.hover_speed_m_s is not None:
        yield ConversionLoss(0, f"hover speed {plan.hover_speed_m_s:g} m/s", why)
    if plan.vehicle_type:
        yield ConversionLoss(0, f"vehicle type {plan.vehicle_type}", why)
    if plan.firmware_type:
        yield ConversionLoss(0, f"firmware type {plan.firmware_type}", why)
    if plan.home and not plan.home.alt_known:
        yield ConversionLoss(0, "that home's altitude is unknown", "QGC WPL needs a number; 0 is written")
    for key in _unknown_fields(plan):
        yield ConversionLoss(0, f"field {key}", why)


def _item_losses(plan: Plan, item: PlanItem, number: int) -> Iterator[ConversionLoss]:
    for name, value in zip(("param1", "param2", "param3", "param4"), item.params[:4], strict=True):
        if math.isnan(value):
            yield ConversionLoss(
                number,
                f"{item.name} {name} is left to the autopilot",
                "QGC WPL needs a number; 0 is written",
            )
    if not commands.has_position(item.command):
        for name, value in zip(("param5", "param6", "param7"), item.params[4:], strict=True):
            if math.isnan(value):
                yield ConversionLoss(
                    number,
                    f"{item.name} {name} is left to the autopilot",
                    "QGC WPL needs a number; 0 is written",
                )
    if item.command in commands.POINTS_TO_AN_ITEM and plan.jump_target(item) is None:
        yield ConversionLoss(
            number,
            f"{item.name} to {item.param1:g}",
            "the plan has no such item; it is written unchanged",
        )
    extra = json.loads(item.extra) if item.extra else {}
    if extra.get("AltitudeMode") in (None, 1, 2):  # it only repeats the frame
        for key in ("AltitudeMode", "Altitude", "AMSLAltAboveTerrain"):
            extra.pop(key, None)
    for key in sorted(extra):
        yield ConversionLoss(number, f"field {key}", "QGC WPL has no field for it")


def _unknown_fields(plan: Plan) -> list[str]:
    """Return the unknown fields kept from a .plan, except its writer and its default altitude mode."""
    extra = json.loads(plan.extra) if plan.extra else {}
    mission = extra.pop("mission", {})
    extra.pop("groundStation", None)
    mission.pop("globalPlanAltitudeMode", None)
    return sorted(extra) + [f"mission.{key}" for key in sorted(mission)]


FORMAT = text_format(
    name=NAME,
    title="QGC WPL text",
    endings=(".txt", ".waypoints", ".mission"),
    begins_with=b"QGC",
    read=read,
    write=write,
    losses=losses,
    unchanged=is_as_read,
)
