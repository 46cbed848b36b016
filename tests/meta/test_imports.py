"""The architecture, enforced: imports go one way, and importing does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_tree import ROOT, around, circles, import_graph, imported, modules, named

# Each row may import itself and the rows above it.
CONTROLLER_ROWS = [
    {
        "errors",
        "units",
        "geo",
        "clock",
        "track_length",
        "near_names",
        "spreadsheet_text",
        "watchers",
        "qr",
        "png",
    },
    {"wire", "terrain"},
    {"autopilot_facts"},
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
HIL_USES_OF_CONTROLLER = {
    "errors",
    "near_names",
    "units",
    "geo",
    "clock",
    "wire",
    "autopilot_facts",
    "protocol",
    "link",
    # One reader of terrain files: what an operator sees below a plan is what the simulator flies over.
    "terrain",
}
HIL_FULL_USERS = {"campaigns", "pytest_plugin", "cli"}


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


def test_no_file_imports_itself_through_others() -> None:
    graph = import_graph("landline", "controller", "hil", "firmware")
    found = [" -> ".join(around(graph, group)) for group in circles(graph)]
    assert found == [], (
        "imports in a circle (also in functions and for type checks): move what both need to a third file"
    )


def test_a_circle_is_found_and_its_shortest_way_named() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d", "b"}, "d": {"e"}, "e": set(), "f": {"f"}}
    assert circles(graph) == [["a", "b", "c"]]
    assert around(graph, ["a", "b", "c"]) == ["b", "c", "b"]


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


def test_only_users_import_the_public_package() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ("controller", "hil", "firmware")
        for path in modules(room)
        for name in imported(path)
        if name.split(".")[0] == "landline"
    ]
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
    names = [named(path) for path in modules(room) if path.name != "__main__.py"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", QUIET, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
