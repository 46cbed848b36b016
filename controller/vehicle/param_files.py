"""Parameter files in three formats.

`.json` (name to value and MAV_PARAM_TYPE), QGroundControl's `.params` (tabs; system, component, name, value, type), and
lines of name and value, separated by a comma, a tab or spaces, as Mission Planner and MAVProxy write them.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.errors import UserError
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import is_integer
from controller.vehicle.param_numbers import number_text, parse_number, same_number
from controller.wire.address import Address

AUTOPILOT_COMPONENT = 1
FORMATS = ("qgc", "lines", "json")
_ENDINGS = {".params": "qgc", ".json": "json"}
_NAME_LENGTH = 16
_QGC_CELLS = 5
# Programs on Windows write NaN and infinity as 1.#QNAN0, -1.#IND, 1.#INF or nan(ind): no comment begins at that #.
_NOT_A_NUMBER = re.compile(r"[+-]?(nan(\((ind|snan)\))?|inf|infinity|1\.#(qnan|snan|ind|inf)0*)", re.A | re.I)
_COMMENT = re.compile(r"(?<!1\.)#.*")
_READ_ONLY = "@READONLY"  # third column of ArduPilot's own files


@dataclass(frozen=True, slots=True)
class ParamFile:
    """Parameters read from a file, and the notes to show the user."""

    values: dict[str, float | int]
    """Values of the autopilot's parameters, by name."""
    other_components: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Names of the parameters of other components, by component id (QGroundControl's files only)."""
    not_a_number: tuple[str, ...] = ()
    """Names with NaN or infinity, as a saved file has them where the aircraft had."""

    @property
    def notes(self) -> list[str]:
        """Sentences about rows that are not in `values`."""
        notes = [
            f"{len(names)} of component {component}, not of the autopilot, left alone: {_some(names)}"
            for component, names in sorted(self.other_components.items())
        ]
        if self.not_a_number:
            notes.append(f"without a number in the file, left alone: {_some(self.not_a_number)}")
        return notes


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    value: float | int
    where: str
    component: int = AUTOPILOT_COMPONENT
    system: int | None = None


def format_of(path: Path) -> str:
    """Return the format for a file name: `qgc` for .params, `json`, else `lines`."""
    return _ENDINGS.get(path.suffix.lower(), "lines")


def write_params(
    path: Path,
    values: Mapping[str, ParamValue],
    *,
    layout: str | None = None,
    source: Address | None = None,
    about: Sequence[str] = (),
) -> None:
    """Write parameters in the layout `layout` (one of FORMATS), by default that of the name's ending.

    `source` (default 1/1) and the lines `about` go into QGroundControl's format. Raises UserError.
    """
    text = text_of(values, layout or format_of(path), source=source, about=about)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"cannot write the file: {error.strerror}", where=str(path)) from None


def text_of(
    values: Mapping[str, ParamValue],
    layout: str,
    *,
    source: Address | None = None,
    about: Sequence[str] = (),
) -> str:
    """Return the text of a parameter file; every value reads back as the same."""
    rows = [values[name] for name in sorted(values)]
    if layout == "json":
        numbers = {row.name: [_json_value(row.value), row.type] for row in rows}
        return json.dumps(numbers, indent=0) + "\n"
    if layout == "qgc":
        system, component = source or (1, AUTOPILOT_COMPONENT)
        head = [f"# Onboard parameters for Vehicle {system}", "#", *(f"# {line}" for line in about), "#"]
        head.append("# Vehicle-Id\tComponent-Id\tName\tValue\tType")
        lines = [f"{system}\t{component}\t{row.name}\t{number_text(row.value)}\t{row.type}" for row in rows]
        return "\n".join(head + lines) + "\n"
    return "".join(f"{row.name},{number_text(row.value)}\n" for row in rows)


def read_params(path: Path) -> dict[str, float | int]:
    """Read names and values of the autopilot from a file of any of the formats. Raises UserError with file and line."""
    return read_param_file(path).values


def read_param_file(path: Path, *, component: int = AUTOPILOT_COMPONENT) -> ParamFile:
    """Read a file of any of the formats.

    A name may stand in it twice with the same value. Raises UserError with file and line: for a row that is not
    understood as a whole, a decimal comma, a name with two values, or no parameters of the component.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read the file: {error.strerror}", where=str(path), hint="check the path"
        ) from None
    return parse_param_file(raw, str(path), component=component)


def parse_param_file(raw: bytes, path: str, *, component: int = AUTOPILOT_COMPONENT) -> ParamFile:
    """Read the content of a file; `path` names it in errors. Raises UserError as `read_param_file`."""
    text = _text(raw, path)
    rows = _from_json(text, path) if text.lstrip().startswith("{") else _from_lines(text, path)
    if not rows:
        raise UserError("invalid parameter file: no parameters in it", where=path)
    others: dict[int, list[str]] = {}
    for row in rows:
        if row.component != component:
            others.setdefault(row.component, []).append(row.name)
    values = _without_duplicates([row for row in rows if row.component == component])
    missing = tuple(name for name, value in values.items() if not math.isfinite(value))
    if not values:
        raise UserError(
            f"invalid parameter file: no parameters of component {component}, only of {_some(map(str, others))}",
            where=path,
        )
    values = {name: value for name, value in values.items() if math.isfinite(value)}
    return ParamFile(values, {number: tuple(names) for number, names in others.items()}, missing)


def _text(raw: bytes, path: str) -> str:
    """Return the text of a file: UTF-8, UTF-16 with its mark, else Latin-1, which only comments can need."""
    encoding = "utf-16" if raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text:
        raise UserError("invalid parameter file: not a text file", where=path)
    return text


def _without_duplicates(rows: Sequence[_Row]) -> dict[str, float | int]:
    first: dict[str, _Row] = {}
    for row in rows:
        known = first.setdefault(row.name, row)
        if row.system != rows[0].system:
            raise UserError(
                f"invalid parameter file: rows of vehicles {rows[0].system} and {row.system}",
                where=row.where,
                hint="give a file of one vehicle",
            )
        if not same_number(known.value, row.value):
            raise UserError(
                f"invalid parameter file: {row.name} is {number_text(row.value)} here and"
                f" {number_text(known.value)} in {known.where}",
                where=row.where,
                hint="keep one of them",
            )
    return {name: row.value for name, row in first.items()}


def _from_json(text: str, path: str) -> list[_Row]:
    def pairs(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return found

    try:
        rows: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise UserError(f"invalid JSON: {error.msg}", where=f"{path}:{error.lineno}") from None
    return [_Row(_name(name, path), _json_number(name, row, path), path) for name, row in rows]


def _json_number(name: str, row: Any, path: str) -> float | int:
    value = row[0] if isinstance(row, list) and row else row
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"invalid value of {name}: not a number", where=path)
    return _number(str(value), path)


def _json_value(value: float | int) -> float | int | None:
    """Return the number with the fewest digits; JSON has none for NaN and infinity."""
    return parse_number(number_text(value), "") if math.isfinite(value) else None


def _from_lines(text: str, path: str) -> list[_Row]:
    rows = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        row = _COMMENT.sub("", line).strip()
        if row:
            rows.append(_row(row, f"{path}:{number}"))
    return rows


def _row(line: str, where: str) -> _Row:
    cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else _cells(line)
    while len(cells) > 1 and cells[-1] == "":  # a separator at the end of the line
        cells.pop()
    if len(cells) >= _QGC_CELLS and cells[0].isdecimal() and cells[1].isdecimal():
        return _qgc_row(cells, where)
    if len(cells) == 3 and cells[2].upper() == _READ_ONLY:
        cells.pop()
    if len(cells) == 3 and cells[1].lstrip("+-").isdecimal() and cells[2].isdecimal() and "," in line:
        return _Row(cells[0], parse_number(",".join(cells[1:]), where), where)  # raises: a decimal comma
    if len(cells) != 2:
        raise UserError(
            f"invalid row: {len(cells)} columns instead of name and value",
            where=where,
            hint="give NAME,VALUE or NAME VALUE, with a decimal point",
        )
    return _Row(_name(cells[0], where), _number(cells[1], where), where)


def _cells(line: str) -> list[str]:
    """Split at commas or =, or at spaces where there is a space between the name and its value."""
    if "=" in line:
        return [cell.strip() for cell in line.split("=")]
    if re.match(r"[^\s,]+\s+[^\s,]", line):
        return line.split()
    return [cell.strip() for cell in line.split(",")]


def _qgc_row(cells: Sequence[str], where: str) -> _Row:
    if len(cells) > _QGC_CELLS:
        raise UserError(
            f"invalid row: {len(cells)} columns instead of {_QGC_CELLS}",
            where=where,
            hint="QGroundControl's columns are vehicle, component, name, value and type",
        )
    system, component, name, value, kind = cells
    number = _number(value, where)
    if not kind.isdecimal():
        raise UserError(f"invalid type {kind!r}: not a MAV_PARAM_TYPE", where=where)
    if is_integer(int(kind)) and isinstance(number, float) and not number.is_integer():
        raise UserError(
            f"invalid value {value!r}: the parameter's type {kind} is a whole number", where=where
        )
    return _Row(_name(name, where), number, where, int(component), int(system))


def _number(text: str, where: str) -> float | int:
    """Return the number, NaN where the file says that there is none."""
    return math.nan if _NOT_A_NUMBER.fullmatch(text) else parse_number(text, where)


def _name(name: str, where: str) -> str:
    """Return the name; one in lower case in upper case, as both autopilots have them."""
    if not name or len(name) > _NAME_LENGTH or not name.isascii() or not name.replace("_", "").isalnum():
        raise UserError(
            f"invalid parameter name {name!r}: give at most {_NAME_LENGTH} ASCII letters, digits and _",
            where=where,
        )
    return name.upper() if name.islower() else name


def _some(names: Any, most: int = 10) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
