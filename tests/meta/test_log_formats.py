"""No code outside `controller/logs/formats` asks which format a log has: a new format is one file and one line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.logs.formats import registry
from controller.logs.formats.base import LogFormat
from controller.logs.formats.registry import log_formats

ROOT = Path(__file__).parents[2]
FORMATS = ROOT / "controller/logs/formats"
# Where logs are used. `controller/link` has links of the kind "tlog", which are no log formats.
USERS = (
    "controller/logs",
    "controller/vehicle",
    "controller/cli",
    "controller/app",
    "controller/web",
    "landline",
)


def asking(source: str) -> Iterator[tuple[int, str]]:
    """Lines that name a format: its key, an ending or a prefix as a string of its own, its module or its classes."""
    words = {word for log_format in log_formats() for word in (log_format.name, log_format.table_prefix)}
    # A text file may be anything.
    words |= {ending for log_format in log_formats() for ending in log_format.endings} - {".txt"}
    modules = {type(log_format).__module__ for log_format in log_formats()}
    classes = {type(log_format).__name__ for log_format in log_formats()}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in words - {""}:
            yield node.lineno, node.value
        elif isinstance(node, ast.Attribute) and node.attr in classes:
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            for module in {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}:
                if module in modules:
                    yield node.lineno, module or ""


def users() -> list[Path]:
    found = (path for room in USERS for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in found if FORMATS not in path.parents)


def test_no_file_outside_the_formats_names_a_log_format() -> None:
    named = [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {word}"
        for path in users()
        for line, word in asking(path.read_text(encoding="utf-8"))
    ]
    assert named == []


@pytest.mark.parametrize(
    "line",
    [
        'if log.format.name == "ulog": pass',
        'prefix = {"dataflash": "bin_"}[log.format.name]',
        'match log.format.name:\n    case "tlog": pass',
        "from controller.logs.formats.ulog.format import UlogLog",
        "from controller.logs.formats.tlog import format",
        'if path.suffix == ".bin": pass',
    ],
)
def test_a_line_that_asks_for_the_format_is_seen(line: str) -> None:
    assert list(asking(line))


def test_every_module_of_a_format_is_registered_and_has_a_name_of_its_own() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in FORMATS.rglob("*.py")
        if "\nFORMAT" in path.read_text(encoding="utf-8")
    }
    assert {type(log_format).__module__ for log_format in log_formats()} == modules
    assert len({log_format.name for log_format in log_formats()}) == len(log_formats())
    assert len(set(registry.endings())) == len(registry.endings())


@pytest.mark.parametrize("log_format", log_formats(), ids=lambda log_format: str(log_format.name))
def test_a_format_says_what_it_is(log_format: LogFormat) -> None:
    assert log_format.title
    assert all(ending.startswith(".") and ending == ending.lower() for ending in log_format.endings)
    assert log_format.recognizes(memoryview(b"")) is False
