"""Environment markers of the lock: whether this Python on this system needs a package.

Only the comparisons that the lock has are known; anything else is refused instead of guessed.
"""

from __future__ import annotations

import ast
import operator
import os
import platform
import sys
from collections.abc import Callable, Mapping

from controller.errors import UserError

_TESTS: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: lambda a, b: _numbers(a) < _numbers(b),
    ast.LtE: lambda a, b: _numbers(a) <= _numbers(b),
    ast.Gt: lambda a, b: _numbers(a) > _numbers(b),
    ast.GtE: lambda a, b: _numbers(a) >= _numbers(b),
}


def here() -> dict[str, str]:
    """Return the values of the markers in this process."""
    return {
        "sys_platform": sys.platform,
        "os_name": os.name,
        "platform_system": platform.system(),
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "implementation_name": sys.implementation.name,
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "python_full_version": platform.python_version(),
    }


def holds(marker: str, values: Mapping[str, str] | None = None) -> bool:
    """Return whether a marker holds (an empty one does), by default here. Raises UserError for an unknown one."""
    if not marker:
        return True
    try:
        return _judge(ast.parse(marker, mode="eval").body, here() if values is None else values)
    except (SyntaxError, KeyError, ValueError) as error:
        raise UserError(f"invalid lock: unknown marker '{marker}'") from error


def _judge(node: ast.expr, values: Mapping[str, str]) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            judged = [
                _judge(part, values) for part in parts
            ]  # all of them: an unknown part is always refused
            return all(judged)
        case ast.BoolOp(op=ast.Or(), values=parts):
            judged = [_judge(part, values) for part in parts]
            return any(judged)
        case ast.Compare(left=ast.Name(id=name), ops=[test], comparators=[ast.Constant(value=str(wanted))]):
            is_version = name in ("python_version", "python_full_version")
            value: object = values[name]
            if is_version and isinstance(test, ast.Eq | ast.NotEq):
                return _TESTS[type(test)](_numbers(value), _numbers(wanted))
            if not is_version and not isinstance(test, ast.Eq | ast.NotEq):
                raise ValueError(name)
            return _TESTS[type(test)](value, wanted)
    raise ValueError("not a comparison")


def _numbers(version: object) -> tuple[int, ...]:
    numbers = [int("".join(c for c in part if c.isdigit()) or 0) for part in str(version).split(".")[:3]]
    return tuple(numbers + [0] * (3 - len(numbers)))
