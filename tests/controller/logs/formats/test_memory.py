"""Peak memory of the readers, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("big", "small", "times"),
    [
        ("arduplane_vtol.tlog", "arduplane_vtol.tlog", 40),
        ("arducopter_mission.bin", "arducopter_square.bin", 1),
        ("px4_survey.ulg", "sample_log_small.ulg", 1),
    ],
)
def test_reading_takes_less_than_three_times_the_file(
    shared_data: Path, tmp_path: Path, big: str, small: str, times: int
) -> None:
    logs = shared_data / "logs"
    path = tmp_path / big
    path.write_bytes((logs / big).read_bytes() * times)
    command = [sys.executable, "-m", "benchmarks.memory", str(path), str(logs / small)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[4])
    assert 0.5 < float(done.stdout) < 3.0
