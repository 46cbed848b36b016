"""The pytest plugin as used by a project: in its own folder, with a fresh pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FLIES = """
async def test_it_takes_off(sim, vehicle):
    await vehicle.takeoff(5.0)
    for _ in range(100):
        await asyncio.sleep(0.2)
        if sim.aircraft.loop.estimate.relative_alt_m > 4.0:
            break
    assert sim.aircraft.loop.estimate.relative_alt_m > 4.0
    assert vehicle.state.heartbeat.autopilot == EXPECTED
"""


def run(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_user.py").write_text("import asyncio\nimport pytest\n" + test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "none.ini", *options]
    (folder / "none.ini").write_text("[pytest]\n")
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("autopilot", "number"), [("ardupilot", 3), ("px4", 12)])
def test_a_users_test_flies(tmp_path: Path, autopilot: str, number: int) -> None:
    done = run(tmp_path, FLIES.replace("EXPECTED", str(number)), f"--landline-autopilot={autopilot}")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_failure_names_its_seed(tmp_path: Path) -> None:
    test = "@pytest.mark.seed(41)\nasync def test_it(sim):\n    assert sim.seed != 41\n"
    done = run(tmp_path, test)
    assert done.returncode == 1
    assert "--landline-seed=41" in done.stdout


def test_async_tests_of_others_are_left_alone(tmp_path: Path) -> None:
    done = run(tmp_path, "async def test_it():\n    pass\n")
    assert "async def functions are not natively supported" in done.stdout


def test_the_plugin_imports_no_large_modules() -> None:
    code = (
        "import sys, hil.pytest_plugin;"
        "print([n for n in ('asyncio', 'numpy', 'numba', 'controller') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
