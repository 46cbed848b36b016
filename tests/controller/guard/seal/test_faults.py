"""Faults around a sealed run: mechanisms that are missing, ports that come later, runs beside each other."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.seal.sealed import HEAD, sealed, skip_where_the_kernel_cannot, started
from tests.support.source_tree import ROOT

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]
LIMIT_S = 60.0
MISSING = """
import errno
from controller.guard.seal import landlock, seccomp
def refuse(*_):
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")
"""
LINK = """
from controller.clock import SystemClock
from controller.guard.policy import EndpointPolicy
from controller.link.open import open_link
policy = EndpointPolicy(opener=seal.opener)
"""


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


def run(script: str, data: Path) -> subprocess.CompletedProcess[str]:
    given = json.dumps({"data": str(data), "endpoints": []})
    words = [sys.executable, "-c", script, given]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT_S)


def test_without_seccomp_the_run_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    head, _, _ = HEAD.partition("seal = begin(")
    done = run(
        MISSING
        + "seccomp.works = refuse\n"
        + head
        + """
from controller.guard.seal.begin import CannotSeal
try:
    begin(SealRequest((), (data,)))
except CannotSeal as error:
    say(error=str(error), exit=error.exit_code)
status = Path("/proc/self/status").read_text()
say(threads=len(os.listdir("/proc/self/task")), filtered="Seccomp:\\t2" in status)
say(write=outcome(lambda: (data.parent / "outside").write_text("x") and None))
""",
        tmp_path / "data",
    )
    said: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        said |= json.loads(line)
    assert "this kernel cannot put system calls before a witness" in said["error"], done.stderr
    assert (said["exit"], said["threads"], said["filtered"], said["write"]) == (5, 1, False, "done")


def test_without_landlock_the_network_is_held_and_files_are_said_to_be_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    done = run(
        MISSING
        + "landlock.abi = refuse\n"
        + HEAD
        + """
say(landlock=str(seal.mechanisms.landlock), kernel=seal.mechanisms.kernel)
say(write=outcome(lambda: (data.parent / "outside").write_text("x") and None))
say(connect=outcome(lambda: socket.create_connection(("192.0.2.1", 80), 2)))
""",
        data,
    )
    said: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        said |= json.loads(line)
    assert said["landlock"].startswith("no landlock: Landlock is switched off"), done.stderr
    assert (said["kernel"], said["write"], said["connect"]) == (True, "done", "EPERM")


def test_a_serial_port_that_appears_later_is_opened_then(tmp_path: Path) -> None:
    port = tmp_path / "radio"
    with started(
        LINK
        + f"""
async def main():
    link = open_link("serial:{port}:57600", policy=policy, clock=SystemClock())
    try:
        await link.open()
    except Exception as error:
        say(first=str(error))
    sys.stdin.readline()
    async with link:
        say(opened=True)
        say(read=(await link.read()).decode())
run(main())
""",
        tmp_path / "data",
        {"kind": "serial", "path": str(port), "baud": 57600},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert "no such serial port" in json.loads(process.stdout.readline())["first"]
        master, slave = os.openpty()
        port.symlink_to(os.ttyname(slave))
        process.stdin.write("\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"opened": True}
        os.write(master, b"hello")
        assert json.loads(process.stdout.readline()) == {"read": "hello"}
        process.communicate(timeout=LIMIT_S)
        os.close(slave)
        os.close(master)
    assert process.returncode == 0


def test_two_sealed_runs_do_not_hear_each_other(tmp_path: Path) -> None:
    script = (
        LINK
        + """
async def main():
    async with open_link("udpin:127.0.0.1:0", policy=policy, clock=SystemClock()) as link:
        say(local=link.info.local)
        say(read=(await link.read()).decode())
run(main())
own = socket.create_server(("127.0.0.1", 47_321))
say(refused=len(seal.account().refused))
sys.stdin.readline()
"""
    )
    runs = [started(script, tmp_path / name, {"kind": "udpin", "host": "127.0.0.1"}) for name in ("a", "b")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vehicle:
        for i, process in enumerate(runs):
            assert process.stdout is not None
            host, _, port = json.loads(process.stdout.readline())["local"].rpartition(":")
            vehicle.sendto(b"run %d" % i, (host, int(port)))
        for i, process in enumerate(runs):
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"read": f"run {i}"}
        # Each has a loopback of its own: both listen at the same port, at the same time.
        for process in runs:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"refused": 0}
    for process in runs:
        _, errors = process.communicate("\n", timeout=LIMIT_S)
        assert process.returncode == 0, errors


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another user"
)
def test_an_ordinary_user_is_sealed_as_root_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("data")
    # The folders of pytest are root's alone.
    for folder in (data, *data.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(0o755)
    os.chown(data, 65534, 65534)
    words = [sys.executable, "-c", "import controller.errors"]
    try:
        subprocess.run(words, cwd=ROOT, user=65534, capture_output=True, check=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("the user nobody may not read this checkout, or not its Python")
    script = HEAD + (
        "say(uid=os.geteuid(), active=[one.active for one in seal.mechanisms.all],"
        " connect=outcome(lambda: socket.create_connection(('192.0.2.1', 80), 2)))"
    )
    given = json.dumps({"data": str(data), "endpoints": []})
    done = subprocess.run(
        [sys.executable, "-c", script, given],
        cwd=ROOT,
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"uid": 65534, "active": [True, True, True], "connect": "EPERM"}, (
        done.stderr
    )


def test_a_sealed_run_starts_another_sealed_run_no_more(tmp_path: Path) -> None:
    said = sealed(
        """
from controller.guard.seal.begin import CannotSeal
try:
    begin(SealRequest((), (data,)))
except (CannotSeal, OSError) as error:
    say(again=str(error))
""",
        tmp_path,
    )
    assert "again" in said
