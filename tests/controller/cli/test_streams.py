"""Standard output and standard error that close or fail while a command runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import COMMAND, ROOT, environment, landline_here
from tests.support.plans import short_plan

INSPECTION = ROOT / "examples" / "inspection.plan"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="closed pipes behave differently on Windows")


def ended(home: Path, *arguments: str | Path, gone: str) -> int:
    """Run a command with one of its streams closed from the start; return its exit code."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=ROOT,
            # Output to a pipe is buffered, as in a normal run.
            env={name: value for name, value in environment(home).items() if name != "PYTHONUNBUFFERED"},
            stdout=write if gone == "stdout" else subprocess.DEVNULL,
            stderr=write if gone == "stderr" else subprocess.DEVNULL,
            timeout=120,
            check=False,
        ).returncode
    finally:
        os.close(write)


@pytest.mark.parametrize(("gone", "plan", "code"), [("stdout", INSPECTION, 0), ("stderr", "nothing.plan", 2)])
def test_a_closed_pipe_does_not_change_the_exit_code(
    tmp_path: Path, gone: str, plan: str | Path, code: int
) -> None:
    assert ended(tmp_path, "mission", "check", plan, gone=gone) == code


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_a_flight_is_completed_with_a_closed_pipe(tmp_path: Path, gone: str) -> None:
    assert ended(tmp_path, "fly", short_plan(tmp_path), "--sim", "quad_x", "--json", gone=gone) == 0
    assert landline_here("logs", "show", "last", "--json", home=tmp_path).summary["outcome"] == "completed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_output_lost_on_a_full_disk_is_an_error(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "mission", "check", str(INSPECTION)],
            cwd=ROOT,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "landline: cannot write to standard output: No space left on device (your input);"
        " the remaining output is lost"
    )


def test_a_query_stops_when_its_pipe_is_closed(tmp_path: Path) -> None:
    read, write = os.pipe()
    with subprocess.Popen(
        [*COMMAND, "logs", "sql", "select 1 as one from range(2000000000)", "--csv"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=write,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(write)
        assert os.read(read, 4) == b"one\n"
        os.close(read)
        _, notes = process.communicate(timeout=100)
        assert (process.returncode, notes) == (0, b"")
