"""`QGC WPL` text files: one item a line, twelve numbers, as ArduPilot's ground stations write them.

Version 110 begins with the home position as item 0; version 120 (written by QGroundControl for a while) has no home. Fields
are separated by tabs or spaces; lines that begin with # are comments, which ArduPilot's tools allow. A plan that was read
from such a file and not changed is written back byte for byte.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from decimal import Decimal

from controller.missions import item_limits as limits
from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.plan import Home, Plan, PlanItem, PlanSource

FORMAT = "wpl"
_HEADER = re.compile(r"QGC\s+WPL\s+(\S+)\s*")
_FIELDS = (
    "index", "current", "frame", "command", "param1", "param2", "param3", "param4", "latitude", "longitude", "altitude",
    "autocontinue",
)  # fmt: skip
# What ArduPilot's tools write, and no more: Python's own float() would also take "1_000" and foreign digits.
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?[nN][aA][nN]|[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?",
    re.A,
)
_WHOLE = re.compile(r"\d{1,9}(\.0*)?", re.A)


def looks_like(text: str) -> bool:
    """Does the text begin as such a file does?"""
    return text.lstrip("\ufeff \t\r\n").startswith("QGC")


def read(text: str, file: str) -> Plan:
    """A plan from the text of `file`. Raises PlanError with file:line."""
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
                f"the first item has number {index}, not 0", where=f"{file}:{number}", hint="is it cut off?"
            )
        if expected is not None and index != expected:
            raise PlanError(f"item {index} comes where {expected} should", where=f"{file}:{number}")
        expected = index + 1
        item = replace(item, comment="\n".join(comments), origin=str(number))
        comments = []
        if index == 0 and version != 120:
            home = _home(item, f"{file}:{number}")
        else:
            items.append(item)
        if len(items) > MAX_ITEMS:
            raise PlanError(f"more than {MAX_ITEMS} items", where=f"{file}:{number}")
    if expected is None:
        raise PlanError("the file holds no items", where=file)
    return Plan(
        items=tuple(items),
        home=home,
        comment="\n".join(comments),
        source=PlanSource(path=file, format=FORMAT, text=text),
    )


def is_as_read(plan: Plan) -> bool:
    """Was the plan read from such a file, and not changed since?"""
    source = plan.source
    return source is not None and source.format == FORMAT and read(source.text, source.path) == plan


def write(plan: Plan) -> str:
    """The plan as `QGC WPL 110`. What the format cannot hold is left out; convert.losses() names it."""
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
    """Lines as editors number them (splitlines() would also break at form feeds and the like)."""
    return re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))


def _header(lines: list[str], file: str) -> tuple[int, int]:
    """How many lines the header takes, and the version."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    found = _HEADER.fullmatch(lines[first].strip()) if lines else None
    where = f"{file}:{first + 1}"
    if not found:
        raise PlanError("the first line must be: QGC WPL 110", where=where)
    if found[1] not in ("110", "120"):
        raise PlanError(f"version {found[1][:20]} is not known here, only 110 and 120", where=where)
    return first + 1, int(found[1])


def _row(line: str, where: str) -> tuple[int, PlanItem]:
    words = line.split()
    if len(words) != len(_FIELDS):
        raise PlanError(
            f"an item has {len(_FIELDS)} fields, this line has {len(words)}",
            where=where,
            hint="is it cut off?",
        )
    index, current, frame, command, autocontinue = (
        _whole(words[position], _FIELDS[position], where) for position in (0, 1, 2, 3, 11)
    )
    for name, value in (("current", current), ("autocontinue", autocontinue)):
        if value not in (0, 1):
            raise PlanError(f"{name} must be 0 or 1, not {value}", where=where)
    values = [_number(words[position], _FIELDS[position], where) for position in range(4, 11)]
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
    if wrong := limits.fault(item):
        raise PlanError(wrong[1], where=where)
    return index, item


def _whole(word: str, name: str, where: str) -> int:
    if not _WHOLE.fullmatch(word):
        raise PlanError(f"{name} must be a whole number, not {word[:30]!r}", where=where)
    return int(float(word))


def _number(word: str, name: str, where: str) -> float:
    if len(word) > 400 or not _NUMBER.fullmatch(word):
        raise PlanError(f"{name} must be a number, not {word[:30]!r}", where=where)
    value = float(word)
    if math.isinf(value) or (math.isnan(value) and not name.startswith("param")):
        raise PlanError(f"{name} must be a finite number, not {word[:30]}", where=where)
    return value


def _home(item: PlanItem, where: str) -> Home | None:
    """Item 0. All zeros is how the tools write "not known yet"."""
    if item.command != CMD.NAV_WAYPOINT:
        raise PlanError(
            f"item 0 must be the home position (a NAV_WAYPOINT), not {item.name}",
            where=where,
            hint="put a home line above it",
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
    """The shortest decimal that reads back as the same number, never with an exponent."""
    return "0" if value == 0.0 else format(Decimal(repr(value)).normalize(), "f")
