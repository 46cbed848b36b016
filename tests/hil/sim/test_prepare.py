"""The first flight after an installation reports that it compiles; the second does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hil.geodesy import Home
from hil.sim import prepare as preparing
from tests.support.cli import ROOT

HOME = Home(47.4, 8.5, 488.0)


def test_compiling_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    monkeypatch.setattr(preparing, "cache_dir", lambda: tmp_path)
    preparing.prepare("quad_x", HOME, notes.append)
    assert [line.split()[0] for line in notes] == ["compiling", "compiled"]


@pytest.mark.parametrize("airframe", ["quad_x", "octo_coax_x", "plane", "quadplane", "rover"])
def test_a_compiled_simulator_is_not_reported(airframe: str) -> None:
    notes: list[str] = []
    preparing.prepare(airframe, HOME, notes.append)
    notes.clear()
    preparing.prepare(airframe, HOME, notes.append)
    assert notes == []


@pytest.mark.slow
def test_the_second_process_compiles_the_control_core_and_no_physics(tmp_path: Path) -> None:
    made = {**os.environ, "LANDLINE_CACHE": str(tmp_path), "NUMBA_OPT": "1"}
    subprocess.run(
        [sys.executable, "-m", "hil.sim.prepare", "quad_x"], cwd=ROOT, env=made, check=True, timeout=120
    )
    left = {path.name.partition("-")[0] for path in tmp_path.rglob("*.nbi")}
    assert {
        "estimator.predict_state",
        "estimator.update_estimate",
        "control_step.rate_loop",
        "control_step.position_loop",
    } <= left
    assert not any(name.startswith(("step.", "suite.", "kernel.", "multirotor_kernel.")) for name in left)
