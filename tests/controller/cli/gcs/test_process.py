"""`landline gcs` as a process: with a terminal, without one, and when the terminal is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.cli import COMMAND, ROOT, environment
from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.terminal import terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals are Unix's")


def events(home: Path) -> list[dict[str, object]]:
    """The record of the only session below `home`."""
    (flight,) = (home / "flights").iterdir()
    return [json.loads(line) for line in (flight / "events.jsonl").read_text().splitlines()]


def test_without_a_terminal_it_prints_json_and_closes_its_record(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "gcs", "--link", "udpin:127.0.0.1:0", "--web", "none", "--json"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready == {"event": "ready", "links": ["udpin:127.0.0.1:0"], "web": None, "pid": process.pid}
    state = json.loads(process.stdout.readline())
    assert (state["event"], state["heard"], state["alt_m"]) == ("state", False, None)
    process.send_signal(signal.SIGTERM)
    _, notes = process.communicate(timeout=20)
    assert process.returncode == 130
    used, ended, evidence = notes.splitlines()
    assert used.startswith("may use: udpin:127.0.0.1:0; nothing else; ")
    assert ended.startswith("session ended; aircraft: no aircraft was found; record: ")
    assert ": 0 bytes went to addresses outside this machine; " in evidence
    assert events(tmp_path)[-1]["kind"] == "end"


@pytest.mark.slow
def test_keys_fly_the_aircraft_and_a_lost_terminal_keeps_the_record(tmp_path: Path) -> None:
    with terminal(tmp_path, "gcs", "--sim", "quad_x") as view:
        view.read_until("pre-arm    ready")
        view.read_until("estimator  good")
        view.type("?")
        view.read_until("show or hide this list")
        view.type("?")
        view.type("t")
        view.read_until("takeoff height, m above home")
        view.type("1")
        view.type("2")
        view.type("\r")
        view.read_until("take off to 12 m?  y = yes")
        view.type("y")
        view.read_until("in the air")
        view.process.send_signal(signal.SIGINT)
        view.read_until("it stays so. Quit?")
        view.type("n")
        view.hang_up()
        assert view.process.wait(timeout=30) == 130
    last = events(tmp_path)[-1]
    assert last["kind"] == "end"
    assert str(last["left"]).startswith("in the air at ")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal")
def test_a_sealed_station_serves_its_page_and_ends_with_3_without_its_broker(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    with subprocess.Popen(
        [*COMMAND, "gcs", "--sim", "quad_x", "--web", "127.0.0.1:0", "--json", "--sealed"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            page = json.loads(process.stdout.readline())["web"].partition("#")[0]
            with urllib.request.urlopen(page, timeout=60) as answer:
                assert b"<!doctype html>" in answer.read()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            (broker,) = (
                int(child)
                for child in children
                if b"broker.py" in Path(f"/proc/{child}/cmdline").read_bytes()
            )
            os.kill(broker, signal.SIGKILL)
            _, notes = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 3
    assert "landline: the broker of the sealed run has ended" in notes
    assert events(tmp_path)[-1]["kind"] == "end"
