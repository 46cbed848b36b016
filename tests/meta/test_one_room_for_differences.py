"""No code in vehicle/ or app/ tests for an autopilot stack: the differences are in autopilots/."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "controller"
STACKS = ("px4", "ardupilot", "ardupilotmega", "arducopter", "arduplane")


def names_and_strings(source: str) -> list[tuple[int, str]]:
    """Names and strings with their lines, without docstrings."""
    tree = ast.parse(source)
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            found.append((node.lineno, node.value))
        elif isinstance(node, ast.Name):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute):
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.ImportFrom):
            found.append((node.lineno, node.module or ""))
            found += [(node.lineno, alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize("area", ["vehicle", "app"])
def test_no_code_tests_for_an_autopilot_stack(area: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in sorted((ROOT / area).rglob("*.py"))
        for line, word in names_and_strings(path.read_text(encoding="utf-8"))
        if any(stack in word.lower() for stack in STACKS)
    ]
    assert found == []
