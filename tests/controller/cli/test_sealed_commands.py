"""Whole commands that run sealed: flights, links of every kind, the web page, logs, plans and parameters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import landline
from tests.support.plans import short_plan
from tests.support.seal.sealed import NO_NAMESPACES, skip_where_the_kernel_cannot

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


def test_a_flight_runs_sealed_and_its_record_says_so(tmp_path: Path) -> None:
    plan = short_plan(tmp_path)
    done = landline("fly", plan, "--sim", "quad_x", "--speed", "max", "--sealed", home=tmp_path)
    assert done.code == 0, done.err
    (flight,) = (one for one in (tmp_path / "flights").iterdir() if one.is_dir())
    start = json.loads((flight / "events.jsonl").read_text().splitlines()[0])
    assert start["policy"]["seal"] == "kernel"
    assert start["policy"]["endpoints"] == []
    assert not any((tmp_path / "tmp").iterdir())


def test_a_converted_plan_is_written_beside_its_source(tmp_path: Path) -> None:
    plan = short_plan(tmp_path)
    target = tmp_path / "new" / "converted.txt"
    done = landline("mission", "convert", plan, target, "--sealed", home=tmp_path / "home")
    assert done.code == 0, done.err
    assert target.read_text().startswith("QGC WPL 110")


def test_a_host_without_an_address_is_a_lost_link(tmp_path: Path) -> None:
    done = landline("params", "list", "--link", "tcp:aircraft.invalid:5760", "--sealed", home=tmp_path)
    assert done.code == 3
    assert "cannot find host aircraft.invalid" in done.err


def test_without_namespaces_the_run_is_sealed_by_what_there_is(tmp_path: Path) -> None:
    command = [*NO_NAMESPACES, sys.executable, "-m", "controller.cli.main", "params", "list", "--sealed"]
    done = subprocess.run(
        [*command, "--link", "tcp:127.0.0.1:1"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 3, done.stderr
    assert "sealed by the kernel: seccomp, Landlock; no namespaces: " in done.stderr
