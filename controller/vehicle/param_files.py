"""Parameter files in three formats.

`.json` (name to value and MAV_PARAM_TYPE), Mission Planner's `NAME,VALUE` lines, QGroundControl's columns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from controller.protocol.params.values import ParamValue

_NAME_LENGTH = 16


def write_params(path: Path, values: Mapping[str, ParamValue]) -> None:
    """Write parameters: JSON where the name ends in `.json`, else lines of `NAME,VALUE`. Raises UserError."""
    try:
        path.write_text(text_of(values, as_json=path.suffix.lower() == ".json"), encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write the file: {error.strerror}", where=str(path)) from None


def text_of(values: Mapping[str, ParamValue], *, as_json: bool) -> str:
    """Return the text of a parameter file."""
    if as_json:
        rows = {name: [_plain(value.value), value.type] for name, value in sorted(values.items())}
        return json.dumps(rows, indent=0) + "\n"
    return "".join(f"{name},{_plain(value.value)!r}\n" for name, value in sorted(values.items()))


def read_params(path: Path) -> dict[str, float | int]:
    """Read names and values from a file of any of the formats. Raises UserError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(
            f"cannot read the file: {error.strerror}", where=str(path), hint="check the path"
        ) from None
    except UnicodeDecodeError:
        raise UserError("invalid parameter file: not UTF-8 text", where=str(path)) from None
    values = _from_json(text, path) if text.lstrip().startswith("{") else _from_lines(text, path)
    if not values:
        raise UserError("invalid parameter file: no parameters in it", where=str(path))
    return values


def _plain(value: float | int) -> float | int:
    """Round a 32-bit float to its shortest decimal: 0.2 and not 0.20000000298023224."""
    return value if isinstance(value, int) or not math.isfinite(value) else float(f"{value:.8g}")


def _from_json(text: str, path: Path) -> dict[str, float | int]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"invalid JSON: {error.msg}", where=f"{path}:{error.lineno}") from None
    values: dict[str, float | int] = {}
    for name, row in rows.items():
        value = row[0] if isinstance(row, list) and row else row
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"invalid value of {name}: not a number", where=str(path))
        values[_name(name, str(path))] = value
    return values


def _from_lines(text: str, path: Path) -> dict[str, float | int]:
    values: dict[str, float | int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        where = f"{path}:{number}"
        cells = line.split("\t") if "\t" in line else line.replace(",", " ").split()
        # QGroundControl: system, component, name, value, type.
        name, value = (
            (cells[2], cells[3]) if len(cells) == 5 else (cells[0], cells[1] if len(cells) > 1 else "")
        )
        values[_name(name.strip(), where)] = _number(value.strip(), where)
    return values


def _name(name: str, where: str) -> str:
    if not name or len(name) > _NAME_LENGTH or not name.isascii() or not name.replace("_", "").isalnum():
        raise UserError(
            f"invalid parameter name {name!r}: give at most {_NAME_LENGTH} ASCII letters, digits and _",
            where=where,
        )
    return name


def _number(text: str, where: str) -> float | int:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"invalid value {text!r}: not a finite number", where=where)
    return value
