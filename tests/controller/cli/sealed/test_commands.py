"""Commands that were once outside the seal, or that nobody had run inside it: each as users run it."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from controller.logs.record.recorder import FlightRecorder
from tests.support.cli import ROOT, environment, landline
from tests.support.plans import short_plan
from tests.support.seal.commands import account, running
from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.supply.bundles import write_test_lock, write_wheel

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


class Clock:
    """A moment in the past, so that a flight counts as finished."""

    def now(self) -> float:
        return 1.0

    def utc_us(self) -> int:
        return 1_600_000_000_000_000


def recorded(flights: Path, home: Path) -> Path:
    """Record a flight without a frame; return its folder."""
    recorder = FlightRecorder.start(
        flights, vehicle="copter-1", clock=Clock(), keys=home / "keys", durable=False
    )
    recorder.params({"A": 1.0})
    recorder.close(outcome="completed")
    return recorder.folder


def test_the_check_of_this_machine_tries_its_ports_through_the_broker(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 14550))
        except OSError:
            pytest.skip("another program uses UDP port 14550")
        done = landline("doctor", "--sealed", "--json", home=tmp_path)
    found = {one["what"]: one for one in done.events if one["event"] == "answer"}
    assert found["udp port 14550"]["status"] == "missing", done.err
    assert "in use" in found["udp port 14550"]["found"]
    assert {found[f"seal: {name}"]["status"] for name in ("namespaces", "seccomp", "landlock")} == {"ok"}
    # Ports that were only tried are no links: such a run leaves no account, and makes no key.
    assert sorted(one.name for one in tmp_path.iterdir()) == ["tmp"]


@pytest.mark.slow
def test_flights_in_landlines_folder_and_elsewhere_are_erased_sealed(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    own, other = recorded(home / "flights", home), recorded(elsewhere, home)
    (elsewhere / "notes.txt").write_text("kept")
    for flight in (own, other):
        done = landline("audit", "erase", "--flight", flight, "--yes", "--sealed", "--json", home=home)
        assert done.code == 0, done.err
        assert done.summary["proved"]
        assert not flight.exists()
    assert [one.name for one in elsewhere.iterdir()] == ["notes.txt"]


@pytest.mark.slow
def test_a_flight_through_the_box_in_real_time_is_sealed(tmp_path: Path) -> None:
    plan = short_plan(tmp_path)
    done = landline(
        "fly", plan, "--sim", "quad_x", "--box", "--speed", "5", "--sealed", home=tmp_path, timeout_s=300
    )
    assert done.code == 0, done.err
    (flight,) = (one for one in (tmp_path / "flights").iterdir() if one.is_dir())
    found = json.loads((flight / "egress.json").read_text())
    assert (found["level"], found["complete"], found["refused"]) == ("kernel", True, [])
    assert [one["kind"] for one in found["endpoints"]] == ["pty", "pty", "pty"]
    for one in found["endpoints"]:
        assert min(one["received_bytes"], one["sent_bytes"]) > 0, one["endpoint"]
        assert one["opened"] == 1
    assert (flight / "box.blocks").stat().st_size > 0
    assert not any((tmp_path / "tmp").iterdir())


@pytest.mark.slow
def test_a_simulator_and_a_ground_station_that_are_both_sealed_share_a_terminal(tmp_path: Path) -> None:
    plan, tty = short_plan(tmp_path), tmp_path / "tty"
    out = tmp_path / "new" / "folder"
    link = ("--link", f"serial:{tty}:115200", "--sealed")
    with running("sim", "--link", f"pty:{tty}", "--sealed", home=tmp_path / "sim") as (process, ready):
        assert ready["event"] == "ready"
        for words in (
            ("mission", "upload", plan),
            ("mission", "download", out / "back.plan"),
            ("params", "save", out / "all.param"),
            ("logs", "download"),
        ):
            done = landline(*words, *link, home=tmp_path / "home")
            assert done.code == 0, done.err
            assert "sealed by the kernel: network namespace" in done.err
    assert process.returncode == 130
    assert json.loads((out / "back.plan").read_text())["fileType"] == "Plan"
    assert "RTL_ALT" in (out / "all.param").read_text()
    (terminal,) = account(tmp_path / "sim")["endpoints"]
    assert min(terminal["received_bytes"], terminal["sent_bytes"]) > 1000
    assert not tty.is_symlink()


@pytest.mark.slow
@pytest.mark.parametrize(("autopilot", "port"), [("px4", 4560), ("ardupilot", 9002)])
def test_a_simulation_for_an_autopilot_outside_runs_sealed(tmp_path: Path, autopilot: str, port: int) -> None:
    instance = 57
    number = port + instance * (1 if autopilot == "px4" else 10)
    kind = "tcp" if autopilot == "px4" else "udpout"
    truth, params = tmp_path / "out" / "truth.csv", tmp_path / "out" / "params"
    words = ("hil", autopilot, "--instance", str(instance), "--truth", truth, "--params", params)
    peer = [sys.executable, "-m", "hil.bridges.process.fake_autopilot", f"{kind}:127.0.0.1:{number}"]
    with running(*words, "--sealed", home=tmp_path) as (process, ready):
        assert ready["event"] == "ready"
        with subprocess.Popen(peer, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as outside:
            try:
                assert grows(truth, 3000)
            finally:
                outside.kill()
    assert process.returncode == 130
    assert params.stat().st_size > 0
    found = account(tmp_path)
    assert found["level"] == "kernel"
    assert all(min(one["received_bytes"], one["sent_bytes"]) > 0 for one in found["endpoints"])


def grows(file: Path, size: int, *, within_s: float = 90.0) -> bool:
    """Wait until a file is longer; return whether it became so."""
    end_s = monotonic() + within_s
    while monotonic() < end_s:
        if file.is_file() and file.stat().st_size > size:
            return True
        select.select([], [], [], 0.05)
    return False


@pytest.mark.slow
def test_a_bundle_is_made_inside_the_seal(tmp_path: Path) -> None:
    lock, out = tmp_path / "lock.txt", tmp_path / "new" / "bundle.zip"
    write_test_lock(lock, [write_wheel(tmp_path / "wheels", "landline", "9.9")])
    # The only change to the command: another lock than that of all packages.
    script = (
        "import pathlib, sys, controller.app.bundle.lock as lock\n"
        f"lock.LOCK = pathlib.Path({str(lock)!r})\n"
        "from controller.cli.main import main\nsys.exit(main())"
    )
    words = ["bundle", "make", str(out), "--wheels", str(tmp_path / "wheels"), "--sealed"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert landline("bundle", "verify", out, "--sealed", home=tmp_path / "home").code == 0
