"""Every example runs, and says what it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT, environment, landline

EXAMPLES = ROOT / "examples"
RUN_ELSEWHERE = {
    "verify_slice.py": "tests/controller/logs/verification/test_slice.py",  # needs a slice on its standard input
    "test_my_mission.py": "test_the_users_test_passes",
    "take_off_and_land.py": "tests/controller/cli/test_run.py",  # in real time
}


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_every_example_is_run_by_a_test() -> None:
    run_here = {"fly_a_plan.py", "own_pattern.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == run_here | set(RUN_ELSEWHERE)


def test_flying_a_plan_from_python_reaches_every_place(tmp_path: Path) -> None:
    done = run(str(EXAMPLES / "fly_a_plan.py"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "item 14 of 14 reached" in done.stdout
    assert "on the ground, disarmed" in done.stdout


def test_the_turbine_is_planned_with_a_picture_of_its_coverage(tmp_path: Path) -> None:
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    words = ["sh", str(EXAMPLES / "turbine.sh"), str(tmp_path)]
    done = subprocess.run(
        words,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment(tmp_path) | {"PATH": paths},
    )
    assert done.returncode == 0, done.stderr
    assert "coverage: seen by 1+: 100.0 %" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} >= {"turbine.plan", "turbine.png"}


def test_the_own_pattern_is_a_plan_that_flies(tmp_path: Path) -> None:
    done = run(str(EXAMPLES / "own_pattern.py"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stdout
    flown = landline("fly", tmp_path / "spiral.plan", "--sim", "quad_x", "--json", home=tmp_path)
    assert flown.code == 0, flown.err
    assert flown.summary["outcome"] == "completed"
    assert flown.summary["items_missed"] == []


@pytest.mark.parametrize("autopilot", [pytest.param("ardupilot", marks=pytest.mark.slow), "px4"])
def test_the_users_test_passes(autopilot: str) -> None:
    done = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_my_mission.py",
        f"--landline-autopilot={autopilot}", cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
