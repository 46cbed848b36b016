"""Ctrl-C in the air asks; the answer is commanded, and the flight is monitored to its end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from controller.app.fly.events import FlySummary
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import FlyProcedure
from controller.cli.fly.interrupt import InterruptQuestion
from tests.support.cli import ROOT
from tests.support.flights import SQUARE, station_with
from tests.support.plans import short_plan
from tests.support.scripted.script import Script
from tests.support.terminal import terminal

UNDER_WAY_S = 19.0  # a scripted aircraft is on its way to item 3


@asynccontextmanager
async def keyboard(_: Callable[[str], None]) -> AsyncIterator[bool]:
    """A keyboard whose keys the test presses by itself."""
    yield True


async def answered(*answer: str, at_s: float = UNDER_WAY_S) -> tuple[FlySummary | None, list[str], str]:
    """Press Ctrl-C, then the keys; "^C" is Ctrl-C again. Return the summary, the lines shown and the mode."""
    lines: list[str] = []
    async with station_with("ardupilot", Script(speed_m_s=5.0)) as (station, vehicle):
        procedure = FlyProcedure(SQUARE, station, FlyOptions())
        question = InterruptQuestion(lines.append, asks=True, keyboard=keyboard)
        question.flies(procedure)
        running = asyncio.ensure_future(procedure.run(lambda _: None))
        question._flight = running  # type: ignore[assignment]
        await asyncio.sleep(at_s)
        question.interrupt()
        for key in answer:
            await asyncio.sleep(1)
            question.interrupt() if key == "^C" else question.key(key)
        await asyncio.sleep(3)
        mode = vehicle.mode
        try:
            return await running, lines, mode
        except asyncio.CancelledError:
            return None, lines, mode


@pytest.mark.parametrize(("key", "mode"), [("h", "BRAKE"), ("r", "RTL"), ("l", "LAND")])
async def test_the_answer_is_commanded_and_the_flight_monitored_to_its_end(key: str, mode: str) -> None:
    summary, lines, now = await answered(key)
    assert "h = hold, r = return, l = land" in lines[0]
    assert now == mode
    assert summary is not None
    assert summary.outcome == "aborted"
    assert f"for mode {mode}, which Landline commanded" in summary.why


async def test_going_on_completes_the_mission() -> None:
    summary, _, mode = await answered("c")
    assert summary is not None
    assert (summary.outcome, mode) == ("completed", "AUTO")


@pytest.mark.parametrize("key", ["x", "^C"])
async def test_leaving_sends_no_command(key: str) -> None:
    summary, _, mode = await answered(key)
    assert summary is None
    assert mode == "AUTO"


async def test_other_keys_are_no_answer_and_keys_without_a_question_do_nothing() -> None:
    summary, _, _ = await answered("q", "c", "r", "l")
    assert summary is not None
    assert summary.outcome == "completed"


async def test_on_the_ground_ctrl_c_leaves_at_once() -> None:
    summary, lines, mode = await answered(at_s=2.0)
    assert (summary, lines, mode) == (None, [], "STABILIZE")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
def test_a_second_ctrl_c_on_a_terminal_leaves_with_the_state(tmp_path: Path) -> None:
    with terminal(tmp_path, "fly", str(short_plan(tmp_path)), "--sim", "quad_x", "--speed", "10") as view:
        view.read_until("item 1 of 4 reached")
        view.process.send_signal(signal.SIGINT)
        view.read_until("x or Ctrl-C again = leave it as it is")
        view.process.send_signal(signal.SIGINT)
        view.read_until("interrupted: the aircraft was left in the air")
        assert view.process.wait(timeout=30) == 130
    (flight,) = (tmp_path / "flights").iterdir()
    last = json.loads((flight / "events.jsonl").read_text().splitlines()[-1])
    assert (last["kind"], last["outcome"]) == ("end", "aborted")
    assert re.match("in the air at ", last["left"])


BACKGROUND = """
import os, sys
from controller.cli.fly.interrupt import in_foreground
slave = os.open(sys.argv[1], os.O_RDWR)  # a session's first terminal becomes its controlling one
os.dup2(slave, 0), os.dup2(slave, 2)
print("foreground", in_foreground(), flush=True)
if os.fork() == 0:
    os.setpgid(0, 0)
    print("background", in_foreground(), flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of a terminal are Unix's")
def test_a_job_in_the_background_of_its_terminal_does_not_ask() -> None:
    import pty

    master, slave = pty.openpty()
    try:
        command = [sys.executable, "-c", BACKGROUND, os.ttyname(slave)]
        ran = subprocess.run(command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, check=True)
    finally:
        os.close(slave)
        os.close(master)
    assert ran.stdout.decode().split() == ["foreground", "True", "background", "False"]
