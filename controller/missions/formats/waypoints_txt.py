"""`QGC WPL` text files: one item a line, twelve numbers, as ArduPilot's ground stations write them.

A file holds one list: a mission, a fence or rally points. Version 110 begins with the home position as row 0, which
some tools leave out (PX4 missions; fences and rally points of MAVProxy); version 120 (written by some versions of
QGroundControl) has no home. A null is written as `nan`, which pymavlink, MAVProxy and QGroundControl read. Fields are
separated by tabs or spaces; lines that begin with # are comments, as in ArduPilot's tools. An unchanged plan is
written back byte for byte.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from controller.missions import commands
from controller.missions import item_limits as limits
from controller.missions.areas import InvalidArea, fence_items, fence_of, kind_of, rally_items, rally_point_of
from controller.missions.assets.names import asset_of
from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.mission_format import text_format
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.formats.waypoints_losses import losses
from controller.missions.plan import Home, Plan, PlanItem, PlanSource, ReadingNote

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


def read(text: str, file: str, home_row: bool | None = None) -> Plan:
    """Read a plan from the text of `file`. Raises PlanError with file:line.

    `home_row` says whether row 0 is the home position; None: if it looks like one (see `_is_home`).
    """
    rows, version, comment = _rows(text, file)
    first_index, first = rows[0]
    home: Home | None = None
    notes: tuple[ReadingNote, ...] = ()
    if first_index == 0 and version != 120 and home_row is not False:
        why_not = "" if home_row else _why_not_home(first)
        if not why_not:
            home, rows = _home(first, f"{file}:{first.origin}"), rows[1:]
            rows = rows[1:] if _begins_with_home(rows, first) else rows
        elif kind_of(first.command) == "mission":
            notes = (
                ReadingNote(
                    f"row 0 is taken as the first item of the mission: {why_not}",
                    "the file has no home row; --home-row takes row 0 as home",
                ),
            )
    items = [item for _, item in rows]
    kind = _only_kind(items, file)
    plan = Plan(
        items=tuple(items),
        home=home,
        comment=comment,
        source=PlanSource(path=file, format=NAME, text=text, as_it_is=home_row is None),
        notes=notes,
    )
    try:
        if kind == "fence":
            return replace(plan, items=(), fence=fence_of(items))
        if kind == "rally":
            return replace(plan, items=(), rally=tuple(map(rally_point_of, items)))
    except InvalidArea as error:
        raise PlanError(f"invalid fence: {error}", where=f"{file}:{error.item.origin}") from None
    return plan


def _rows(text: str, file: str) -> tuple[list[tuple[int, PlanItem]], int, str]:
    """Return the rows with their numbers, the version of the file, and the comment at its end."""
    lines = _lines(text)
    start, version = _header(lines, file)
    rows: list[tuple[int, PlanItem]] = []
    comments: list[str] = []
    for number, line in enumerate(lines[start:], start=start + 1):
        if not line.strip():
            continue
        if line.lstrip().startswith("#"):
            comments.append(line.strip())
            continue
        index, item = _row(line, f"{file}:{number}")
        if not rows and index not in (0, 1):
            raise PlanError(
                f"invalid item: the first has number {index}, not 0",
                where=f"{file}:{number}",
                hint="check whether the file is truncated",
            )
        if rows and index != rows[-1][0] + 1:
            raise PlanError(
                f"invalid item: number {index} instead of {rows[-1][0] + 1}", where=f"{file}:{number}"
            )
        rows.append((index, replace(item, comment="\n".join(comments), origin=str(number))))
        comments = []
        if len(rows) > MAX_ITEMS + 1:
            raise PlanError(f"invalid mission file: more than {MAX_ITEMS} items", where=f"{file}:{number}")
    if not rows:
        raise PlanError("invalid mission file: it has no items", where=file)
    return rows, version, "\n".join(comments)


def _only_kind(items: Sequence[PlanItem], file: str) -> str:
    """Return the kind of the one list that the file holds. Raises PlanError for a file of several."""
    kinds = [kind_of(item.command) for item in items]
    for item, kind in zip(items, kinds, strict=True):
        if kind != kinds[0]:
            words = {"mission": "a mission item", "fence": "a fence item", "rally": "a rally point"}
            raise PlanError(
                f"invalid mission file: {item.name} is {words[kind]}, and the rows above are {kinds[0]} items",
                where=f"{file}:{item.origin}",
                hint="save mission, fence and rally points as separate files, or as one .plan",
            )
    return kinds[0] if kinds else "mission"


def is_as_read(plan: Plan) -> bool:
    """Return whether the plan was read from this format and not changed."""
    source = plan.source
    if source is None or source.format != NAME or not source.as_it_is:
        return False
    return read(source.text, source.path) == plan


def write(plan: Plan) -> str:
    """Return the plan as `QGC WPL 110` text, without the parts that `losses` lists.

    A plan without mission items is written as the fence, or the rally points, that it has.
    """
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
    for number, item in enumerate(_written_items(plan), start=1):
        lines += _comment_lines(item.comment)
        lines += [f"# asset: {asset}"] if (asset := asset_of(item)) else []
        target = plan.jump_target(item) if item.command in _JUMPS else None
        lines.append(_line(number, replace(item, param1=float(target)) if target else item))
    return "\n".join([*lines, *_comment_lines(plan.comment), ""])


def _written_items(plan: Plan) -> Sequence[PlanItem]:
    """Return the items of the one list that the file will hold."""
    if plan.items:
        return plan.items
    return tuple(fence_items(plan.fence) if plan.fence else rally_items(plan.rally))


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
    item = PlanItem.of_params(command, frame, values, autocontinue=autocontinue == 1, jump_id=index)
    is_old_home = index == 0 and command == 0
    if not is_old_home and (wrong := limits.invalid_value(item)):
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
    if math.isinf(value):
        raise PlanError(f"invalid item: {name} must be a finite number, not {word[:30]}", where=where)
    return value


def _why_not_home(row: PlanItem) -> str:
    """Return why row 0 is no home position, "" if it looks like one.

    Home is a NAV_WAYPOINT (0 in old files of Mission Planner) above sea level, without parameters; a row of zeros is
    an unknown home. Waypoints are usually in a frame above home.
    """
    if row.command not in (0, CMD.NAV_WAYPOINT):
        return f"it is {row.name}"
    if any(value != 0.0 for value in row.params[:4]):
        return "it has waypoint parameters"
    if row.frame not in commands.AMSL_FRAMES and (row.lat_deg or row.lon_deg):
        return f"its altitude is in frame {row.frame}, not above sea level"
    return ""


def _begins_with_home(rows: Sequence[tuple[int, PlanItem]], home: PlanItem) -> bool:
    """Return whether a fence or rally file repeats its home row as the first item, as some tools write it."""
    if len(rows) < 2 or kind_of(rows[1][1].command) == "mission":
        return False
    row = rows[0][1]
    place = ((row.lat_deg, home.lat_deg), (row.lon_deg, home.lon_deg))
    return (
        row.command == CMD.NAV_WAYPOINT
        and not _why_not_home(row)
        and all(abs(one - other) < 1e-6 for one, other in place)
    )


def _home(row: PlanItem, where: str) -> Home | None:
    """Return the home position of row 0; tools write zeros for an unknown one."""
    if row.command not in (0, CMD.NAV_WAYPOINT):
        raise PlanError(
            f"invalid item: row 0 must be the home position (a NAV_WAYPOINT), not {row.name}",
            where=where,
            hint="--no-home-row takes it as the first item of the mission",
        )
    if row.lat_deg == 0.0 and row.lon_deg == 0.0:
        return None
    return Home(row.lat_deg, row.lon_deg, row.alt_m, comment=row.comment)


def _comment_lines(comment: str) -> list[str]:
    return comment.splitlines()


def _line(number: int, item: PlanItem, *, current: bool = False) -> str:
    numbers = map(plain, item.params)
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
    """Return the shortest decimal that reads back as the same number, without exponent; `nan` for NaN."""
    if math.isnan(value):
        return "nan"
    return "0" if value == 0.0 else format(Decimal(repr(value)).normalize(), "f")


FORMAT = text_format(
    name=NAME,
    title="QGC WPL text",
    endings=(".txt", ".waypoints", ".mission"),
    begins_with=b"QGC",
    read=read,
    write=write,
    losses=losses,
    unchanged=is_as_read,
    has_home_row=True,
)
