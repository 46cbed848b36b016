"""Commands and frames are written as members of the dialect's enums, not as numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("hil/autopilot", "hil/faults")
FIELDS = ("command", "frame", "coordinate_frame")


def is_number(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and type(part.value) is int for part in ast.walk(node))


def is_field(node: ast.AST) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr in FIELDS) or (
        isinstance(node, ast.Name) and node.id in FIELDS
    )


def numbers(source: str) -> Iterator[int]:
    """Lines that compare a command or a frame with a number, or give one as an argument."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left=left, comparators=others) if is_field(left):
                if any(is_number(other) for other in others):
                    yield node.lineno
            case ast.Match(subject=subject, cases=cases) if is_field(subject):
                yield from (case.pattern.lineno for case in cases if is_number(case.pattern))
            case ast.keyword(arg=str(name), value=value) if name in FIELDS and is_number(value):
                yield value.lineno


@pytest.mark.parametrize("room", ROOMS)
def test_no_line_has_a_command_or_frame_as_a_number(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in numbers(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "x = item.command == 16",
        "x = item.command in (16, 82)",
        "x = MissionItem(command=16)",
        "match item.command:\n    case 16 | 82: pass",
    ],
)
def test_a_number_is_found(line: str) -> None:
    assert len(list(numbers(line))) == 1
