"""Standard output and error that go away or fail under a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import COMMAND, ROOT, environment, landline

INSPECTION = ROOT / "examples" / "inspection.plan"
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="pipes whose reader is gone are made as on Unix"
)


def ended(home: Path, *arguments: str | Path, gone: str) -> int:
    """The exit code of a command of whose streams nobody takes one, from the start."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=ROOT,
            # As people run it: what is written to a pipe is held back.
            env={name: value for name, value in environment(home).items() if name != "PYTHONUNBUFFERED"},
            stdout=write if gone == "stdout" else subprocess.DEVNULL,
            stderr=write if gone == "stderr" else subprocess.DEVNULL,
            timeout=120,
            check=False,
        ).returncode
    finally:
        os.close(write)


@pytest.mark.parametrize(("gone", "plan", "code"), [("stdout", INSPECTION, 0), ("stderr", "nothing.plan", 2)])
def test_a_reader_that_is_gone_changes_no_exit_code(
    tmp_path: Path, gone: str, plan: str | Path, code: int
) -> None:
    assert ended(tmp_path, "mission", "check", plan, gone=gone) == code


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_a_flight_is_flown_to_its_end_though_nobody_reads_what_is_said(tmp_path: Path, gone: str) -> None:
    assert ended(tmp_path, "fly", INSPECTION, "--sim", "quad_x", "--json", gone=gone) == 0
    assert landline("logs", "show", "last", "--json", home=tmp_path).summary["outcome"] == "completed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_results_that_a_full_disk_swallows_are_told_and_the_exit_code_says_so(tmp_path: Path) -> None:
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
        "landline: standard output: No space left on device (your input); the rest of it is lost"
    )


def test_a_question_stops_when_nobody_takes_more_of_the_answer(tmp_path: Path) -> None:
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
        _, said = process.communicate(timeout=100)
        assert (process.returncode, said) == (0, b"")
