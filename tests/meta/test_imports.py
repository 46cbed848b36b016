"""The architecture, enforced: imports go one way, and importing does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Each row may import itself and the rows above it.
CONTROLLER_ROWS = [
    {"errors", "units", "geo", "clock"},
    {"wire"},
    {"protocol"},
    {"guard"},
    {"link"},
    {"router"},
    {"missions", "logs"},
    {"autopilots"},
    {"vehicle"},
    {"app"},
    {"web", "cli", "compat"},
]
HIL_ROWS = [
    {"errors", "rng", "frames", "geodesy", "jit", "toml_file", "faults"},
    {"world", "physics", "sensors", "airframes"},
    {"autopilot"},
    {"sim"},
    {"bridges", "box"},
    {"campaigns"},
    {"pytest_plugin", "cli"},
]
HIL_USES_OF_CONTROLLER = {"errors", "units", "geo", "clock", "wire", "protocol", "link"}
HIL_FULL_USERS = {"campaigns", "pytest_plugin", "cli"}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> list[str]:
    """Dotted names of all modules that a file imports, anywhere in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written whole, from the room on"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def area(path: Path) -> str:
    relative = path.relative_to(ROOT).with_suffix("")
    return relative.parts[1] if len(relative.parts) > 1 else ""


def row_of(name: str, rows: list[set[str]]) -> int:
    for i, row in enumerate(rows):
        if name in row:
            return i
    raise AssertionError(f"{name} stands in no row of the architecture")


def backward(room: str, rows: list[set[str]]) -> list[str]:
    wrong = []
    for path in modules(room):
        here = area(path)
        if here == "__init__":
            continue
        for name in imported(path):
            parts = name.split(".")
            if parts[0] != room or len(parts) < 2 or parts[1] == "__version__":
                continue
            if row_of(parts[1], rows) > row_of(here, rows):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    return wrong


def test_imports_of_the_controller_go_one_way() -> None:
    assert backward("controller", CONTROLLER_ROWS) == []


def test_imports_of_the_simulator_go_one_way() -> None:
    assert backward("hil", HIL_ROWS) == []


def test_only_the_command_line_of_the_controller_knows_the_simulator() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("controller")
        for name in imported(path)
        if name.split(".")[0] in ("hil", "firmware") and area(path) != "cli"
    ]
    assert wrong == []


def test_the_simulator_uses_only_the_controllers_foundations() -> None:
    wrong = []
    for path in modules("hil"):
        if area(path) in HIL_FULL_USERS:
            continue
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "controller" and parts[1] not in HIL_USES_OF_CONTROLLER:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_only_the_simulated_box_and_the_command_line_know_the_firmware() -> None:
    users = {
        area(path)
        for room in ("controller", "hil")
        for path in modules(room)
        for name in imported(path)
        if name.split(".")[0] == "firmware"
    }
    assert users <= {"box", "cli"}


def test_the_firmware_imports_neither_room() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("firmware")
        for name in imported(path)
        if name.split(".")[0] in ("controller", "hil")
    ]
    assert wrong == []


def test_only_examples_and_tests_import_the_public_package() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ("controller", "hil", "firmware")
        for path in modules(room)
        for name in imported(path)
        if name.split(".")[0] == "landline"
    ]
    assert wrong == []


def test_wire_and_protocol_do_no_input_or_output_and_read_no_clock() -> None:
    forbidden = {"asyncio", "socket", "time", "datetime", "logging", "threading", "select", "serial"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ("controller/wire", "controller/protocol")
        for path in modules(room)
        for name in imported(path)
        if name.split(".")[0] in forbidden
    ]
    assert wrong == []


def test_only_clock_reads_the_clock() -> None:
    allowed = {"controller/clock.py", "hil/sim/clock.py"}
    wrong = []
    for room in ("controller", "hil"):
        for path in modules(room):
            where = path.relative_to(ROOT).as_posix()
            for name in imported(path):
                if (
                    name in ("time", "time.time", "time.monotonic", "time.time_ns", "time.perf_counter")
                    and where not in allowed
                ):
                    wrong.append(f"{where} imports {name}")
    assert wrong == []


QUIET = """
import importlib, socket, subprocess, sys, threading
def refuse(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "urllib.", "http.")):
        raise SystemExit(f"{event} while importing")
sys.addaudithook(refuse)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert threading.active_count() == 1, threading.enumerate()
"""


@pytest.mark.parametrize("room", ["landline", "controller", "hil"])
def test_importing_any_module_prints_nothing_opens_nothing_starts_nothing(room: str) -> None:
    names = []
    for path in modules(room):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[-1] == "__main__":
            continue
        if parts[-1] == "__init__":
            parts.pop()
        names.append(".".join(parts))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", QUIET, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
