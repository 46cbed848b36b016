"""`landline run`: operators' scripts on the router's links, sealed and not."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.cli import COMMAND, ROOT, environment, landline, landline_here
from tests.support.seal.sealed import NO_NAMESPACES, skip_where_the_kernel_cannot

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal")
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows passes Ctrl-C on by itself")

# A script that says what it hears on its link.
HEAD = """
import os, signal, sys, time
from pymavlink import mavutil
def say(*words):
    print(*words, flush=True)
link = mavutil.mavlink_connection(os.environ["LANDLINE_LINK"])
"""
# It reads its link to the end, without the library, which waits for ever.
TO_THE_END = """
import os, socket, sys
kind, host, port = os.environ["LANDLINE_LINK"].split(":")
with socket.create_connection((host, int(port))) as link:
    print("connected", flush=True)
    while link.recv(65536):
        pass
print("closed", flush=True)
"""


def script(folder: Path, code: str) -> Path:
    path = folder / "script.py"
    path.write_text(code)
    return path


def account(home: Path) -> dict[str, Any]:
    (found,) = home.glob("flights/*/egress.json")
    read: dict[str, Any] = json.loads(found.read_text())
    return read


def events(home: Path) -> list[dict[str, Any]]:
    (found,) = home.glob("flights/*/events.jsonl")
    return [json.loads(line) for line in found.read_text().splitlines()]


@contextmanager
def running(home: Path, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A run of the command in its own session, without a terminal; it is ended with the block."""
    with subprocess.Popen(
        [*COMMAND, "run", *map(str, words)],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@LINUX
@pytest.mark.realtime
def test_a_script_runs_sealed_and_leaves_its_account(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    code = HEAD + (
        "import socket\n"
        "say(sys.argv[1:] == ['--debug', '-5', os.environ['LANDLINE_LINK']])\n"
        "say(link.wait_heartbeat(timeout=30).autopilot)\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except PermissionError as error:\n    say(error.errno)\n"
        "open(sys.argv[0] + '.out', 'w').close()\n"
        "print('oh', file=sys.stderr)\n"
        "sys.exit(7)\n"
    )
    place = tmp_path / "work"
    place.mkdir()
    home = tmp_path / "home"
    done = landline(
        "run", script(place, code), "--sim", "quad_x", "--sealed", "--write", place, "--", "--debug", "-5", "@link",
        home=home,
    )  # fmt: skip
    assert (done.code, done.out) == (7, "True\n3\n1\n"), done.err
    assert "oh\n" in done.err
    assert "may use: no endpoint; nothing else; sealed by the kernel: network namespace" in done.err
    found = account(home)
    assert (found["level"], found["complete"], found["exit_code"]) == ("kernel", True, 7)
    (refused,) = found["refused"]
    assert (refused["what"], "script.py" in refused["by"][0]) == ("192.0.2.1:80", True)
    (ran,) = found["software"]["scripts"]
    hashed = hashlib.sha256((place / "script.py").read_bytes()).hexdigest()
    assert (ran["sha256"], ran["changed_during_run"]) == (hashed, False)
    last = events(home)[-1]
    assert (last["outcome"], last["left"]) == (
        "watched",
        "ArduPilot copter 1: on the ground, disarmed, mode STABILIZE",
    )
    assert landline_here("logs", "verify", "last", home=home).code == 0
    assert landline_here("audit", "egress", "--last", home=home).code == 0


TO_ALL = """
import os, socket, sys
kind, host, port = os.environ["LANDLINE_LINK"].split(":")
with socket.create_connection((host, int(port))) as link:
    link.sendall(bytes.fromhex(sys.argv[1]))
    link.recv(65536)
"""


@LINUX
@pytest.mark.realtime
def test_of_two_links_each_has_its_bytes_in_the_account(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    sent, answered = (Encoder(address(i, 1)).pack(m.HEARTBEAT(type=2)) for i in (200, 1))
    with (
        socket.socket(type=socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as other,
    ):
        words: list[str] = []
        for aircraft in (one, other):
            aircraft.bind(("127.0.0.1", 0))
            aircraft.settimeout(60)
            words += ["--link", f"udpout:127.0.0.1:{aircraft.getsockname()[1]}"]
        with running(tmp_path, script(tmp_path, TO_ALL), *words, "--sealed", "--", sent.hex()) as process:
            heard, _ = one.recvfrom(4096)
            also_heard, place = other.recvfrom(4096)
            other.sendto(answered, place)
            _, err = process.communicate(timeout=60)
    assert (process.returncode, heard, also_heard) == (0, sent, sent), err
    counted = {
        one["endpoint"]: (one["received_bytes"], one["sent_bytes"]) for one in account(tmp_path)["endpoints"]
    }
    # What one aircraft says is passed to the other, too, as a router does.
    both = len(sent) + len(answered)
    assert list(counted.values()) == [(0, both), (len(answered), len(sent))]


@LINUX
@pytest.mark.realtime
def test_without_user_namespaces_a_script_is_not_sealed(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    words = ["run", str(script(tmp_path, "print('ran')")), "--link", "udpin:127.0.0.1:0"]
    for seal, code, out in (("must", 5, ""), ("1", 0, "ran\n")):
        done = subprocess.run(
            [*NO_NAMESPACES, *COMMAND, *words],
            env={**environment(tmp_path / seal), "LANDLINE_SEAL": seal},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stdout) == (code, out), done.stderr
        assert "it needs a loopback of its own; no namespaces: " in done.stderr
        assert ("which nothing holds" in done.stderr) == (seal == "1")


@pytest.mark.realtime
def test_without_the_seal_nothing_holds_the_script_and_the_run_says_so(tmp_path: Path) -> None:
    code = (
        "import socket\nwith socket.socket(type=socket.SOCK_DGRAM) as made:\n"
        "    try:\n        made.sendto(b'x', ('192.0.2.1', 9))\n"
        "    except PermissionError:\n        raise SystemExit(9)\n    except OSError:\n        pass\n"
    )
    done = landline("run", script(tmp_path, code), "--link", "udpin:127.0.0.1:0", "--unsealed", home=tmp_path)
    assert done.code == 0
    said = "process only: --unsealed was given; the script runs in a process of its own, which nothing holds"
    assert said in done.err
    found = account(tmp_path)
    assert (found["level"], found["reason"] in said, found["refused"]) == ("process only", True, [])


def test_a_script_that_cannot_be_read_or_served_is_one_line(tmp_path: Path) -> None:
    good = script(tmp_path, "")
    for words, text in (
        ((tmp_path / "none.py",), "cannot read the script"),
        ((tmp_path,), "cannot read the script"),
        ((good, "--serve", "tcpin:0.0.0.0:5760"), "it is no loopback link"),
        ((good, "--serve", "serial:/dev/ttyS0:57600"), "it is no loopback link"),
    ):
        done = landline_here("run", *words, "--sim", "quad_x", home=tmp_path / "home")
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert text in done.err
    assert not (tmp_path / "home").exists()


@pytest.mark.realtime
def test_a_lost_link_closes_the_connection_of_the_script(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as aircraft:
        link = f"tcp:127.0.0.1:{aircraft.getsockname()[1]}"
        with running(tmp_path, script(tmp_path, TO_THE_END), "--link", link, "--json") as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["event"] == "ready"
            aircraft.accept()[0].close()
            aircraft.close()
            out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "connected\nclosed\n" in err
    assert "the link was lost: " in err
    assert json.loads(out)["outcome"] == "lost"
    assert events(tmp_path)[-2]["kind"] == "link"


@LINUX
@pytest.mark.realtime
def test_the_end_of_the_broker_closes_the_connection_of_the_script(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    words = ("--link", "udpin:127.0.0.1:0", "--sealed")
    with running(tmp_path, script(tmp_path, TO_THE_END), *words) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "connected\n"
        (broker,) = (one for one in children(process.pid) if "broker.py" in command_line(one))
        os.kill(broker, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "closed\n"), err
    assert account(tmp_path)["complete"] is False


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


# It sends a frame, and on a signal waits for one.
TO_LAND = """
import os, signal, socket, sys, time
def end(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGTERM, end)
kind, host, port = os.environ["LANDLINE_LINK"].split(":")
with socket.create_connection((host, int(port))) as link:
    link.sendall(bytes.fromhex(sys.argv[1]))
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print("lands", flush=True)
        print(link.recv(65536).hex(), flush=True)
sys.exit(4)
"""


@UNIX
@pytest.mark.realtime
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 4), ("SIGTERM", 130)])
def test_a_signal_ends_the_script_first_which_still_has_its_link(
    tmp_path: Path, name: str, code: int
) -> None:
    sent, answered = (Encoder(address(i, 1)).pack(m.HEARTBEAT(type=2)) for i in (200, 1))
    with socket.socket(type=socket.SOCK_DGRAM) as aircraft:
        aircraft.bind(("127.0.0.1", 0))
        aircraft.settimeout(60)
        link = f"udpout:127.0.0.1:{aircraft.getsockname()[1]}"
        with running(tmp_path, script(tmp_path, TO_LAND), "--link", link, "--", sent.hex()) as process:
            heard, landline_place = aircraft.recvfrom(4096)
            assert process.stdout is not None
            process.send_signal(signal.Signals[name])
            assert process.stdout.readline() == "lands\n"
            aircraft.sendto(answered, landline_place)
            out, err = process.communicate(timeout=60)
    assert heard == sent
    assert (process.returncode, out) == (code, answered.hex() + "\n"), err
    assert account(tmp_path)["exit_code"] == code
    (ended,) = (one for one in events(tmp_path) if one.get("name") == "script ended")
    assert ended["exit_code"] == 4


DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


@UNIX
@pytest.mark.realtime
def test_a_second_interrupt_ends_a_script_that_ignores_the_first(tmp_path: Path) -> None:
    with running(tmp_path, script(tmp_path, DEAF), "--link", "udpin:127.0.0.1:0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "deaf\n"
        process.send_signal(signal.SIGINT)
        while "Ctrl-C again" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 128 + signal.SIGKILL


@LINUX
@pytest.mark.slow
def test_the_example_flies_sealed(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    example = ROOT / "examples" / "take_off_and_land.py"
    done = landline("run", example, "--sim", "quad_x", "--sealed", home=tmp_path)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "landed"
    assert "on the ground, disarmed, mode LAND" in events(tmp_path)[-1]["left"]


DRONEKIT = """
import collections, os
from collections.abc import MutableMapping
collections.MutableMapping = MutableMapping
import dronekit
vehicle = dronekit.connect(os.environ["LANDLINE_LINK"], wait_ready=True, timeout=60)
vehicle.wait_for_mode("GUIDED")
print(vehicle.mode.name)
vehicle.close()
"""


@LINUX
@pytest.mark.slow
def test_a_script_for_dronekit_runs_sealed(tmp_path: Path) -> None:
    pytest.importorskip("past", reason="DroneKit does not import without the package future")
    skip_where_the_kernel_cannot()
    done = landline("run", script(tmp_path, DRONEKIT), "--sim", "quad_x", "--sealed", home=tmp_path)
    assert (done.code, done.out) == (0, "GUIDED\n"), done.err
