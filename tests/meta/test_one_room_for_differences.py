"""Differences between the autopilot stacks live in few rooms. No other line asks which stack it serves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STACKS = ("px4", "ardupilot", "arducopter", "arduplane", "ardurover", "quadplane")
AREAS = ("controller/vehicle", "controller/app", "hil")
# Rooms that may name a stack: the stacks themselves, bridges to real autopilots, and where a person chooses one.
ROOMS = (
    "hil/autopilot/stacks/",
    "hil/autopilot/failsafe/",  # one file for each stack
    "hil/bridges/",
    "hil/airframes/",
    "hil/sim/loops/make.py",
    "hil/sim/vehicle.py",
    "hil/sim/session.py",
    "hil/cli.py",
    "hil/pytest_plugin.py",
)
OFFSET = "first_item"  # number of the first flown mission item: 1 with a home item, else 0
OFFSET_ROOM = "hil/autopilot/mission/item_numbering.py"


def files(area: str) -> list[Path]:
    return sorted((ROOT / area).rglob("*.py"))


def in_room(path: Path) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(ROOMS)


def names_and_strings(source: str) -> list[tuple[int, str]]:
    """Names, and strings without spaces, with their lines; docstrings and texts for people are left out."""
    tree = ast.parse(source)
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            if " " in node.value:
                continue
            found.append((node.lineno, node.value))
        elif isinstance(node, ast.Name):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute):
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.ImportFrom):
            found.append((node.lineno, node.module or ""))
            found += [(node.lineno, alias.name) for alias in node.names]
    return found


def truth_questions(source: str) -> Iterator[tuple[int, ast.AST]]:
    """Expressions of which only the truth counts, and comparisons, with their lines."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                yield test.lineno, test
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                yield node.lineno, node
            case ast.Call(func=ast.Name(id="bool")):
                yield node.lineno, node
            case ast.Match(subject=subject):
                yield subject.lineno, subject
            case ast.comprehension(ifs=conditions):
                for condition in conditions:
                    yield condition.lineno, condition


def offset_tests(source: str) -> list[int]:
    """Lines that ask the item offset for truth, or compare it."""
    return sorted(
        {
            line
            for line, test in truth_questions(source)
            for node in ast.walk(test)
            if isinstance(node, ast.Attribute) and node.attr == OFFSET
        }
    )


@pytest.mark.parametrize("area", AREAS)
def test_no_line_outside_the_rooms_names_a_stack(area: str) -> None:
    naming = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in files(area)
        if not in_room(path)
        for line, word in names_and_strings(path.read_text(encoding="utf-8"))
        if any(stack in word.lower() for stack in STACKS)
    ]
    assert naming == []


def test_no_line_asks_the_item_offset_which_stack_it_is() -> None:
    asking = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files("hil")
        if path != ROOT / OFFSET_ROOM
        for line in offset_tests(path.read_text(encoding="utf-8"))
    ]
    assert asking == []


def test_only_one_file_does_arithmetic_with_the_item_offset() -> None:
    using = {
        path.relative_to(ROOT).as_posix()
        for path in files("hil")
        for _, word in names_and_strings(path.read_text(encoding="utf-8"))
        if word == OFFSET
    }
    assert using == {OFFSET_ROOM}


@pytest.mark.parametrize(
    "line",
    [
        "if stack.numbering.first_item: pass",
        "x = 1 if self.stack.numbering.first_item else 2",
        "x = not numbering.first_item",
        "x = bool(numbering.first_item)",
        "x = numbering.first_item == 1",
        "x = armed and numbering.first_item",
        "while numbering.first_item: pass",
        "x = [item for item in items if numbering.first_item]",
    ],
)
def test_a_question_to_the_item_offset_is_found(line: str) -> None:
    assert offset_tests(line) == [1]
    assert offset_tests("seq = max(seq, numbering.first_item)") == []
