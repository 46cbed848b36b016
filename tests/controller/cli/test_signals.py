"""Flights that receive SIGTERM, or lose their terminal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT, environment, landline_here
from tests.support.plans import short_plan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these signals are Unix's")


def flown(home: Path, number: signal.Signals, *options: str, terminal: str = "SIG_DFL") -> int:
    """Send a signal to a flight in the air and return its exit code.

    `terminal` is the handler of SIGHUP that it starts with, whatever these tests were started with.
    """
    before = f"signal.signal(signal.SIGHUP, signal.{terminal})"
    code = f"import sys, signal; {before}; from controller.cli.main import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["fly", str(short_plan(home)), "--sim", "quad_x", "--speed", "40", "--json", *options]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "item" and (event["number"], event["reached"]) == (3, False):
                process.send_signal(number)
        return process.wait(timeout=60)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_sigterm_and_a_lost_terminal_send_the_on_abort_command(tmp_path: Path, name: str) -> None:
    assert flown(tmp_path, signal.Signals[name], "--on-abort", "return") == 130
    (flight,) = (tmp_path / "flights").iterdir()
    end = json.loads((flight / "events.jsonl").read_text().splitlines()[-1])
    assert (end["kind"], end["outcome"]) == ("end", "aborted")
    assert end["left"].endswith("armed, mode RTL")


def test_under_nohup_a_flight_continues_without_its_terminal(tmp_path: Path) -> None:
    assert flown(tmp_path, signal.SIGHUP, terminal="SIG_IGN") == 0
    assert landline_here("logs", "show", "last", "--json", home=tmp_path).summary["outcome"] == "completed"
