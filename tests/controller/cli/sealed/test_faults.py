"""Faults around a sealed command: helpers that are killed, mechanisms that a kernel or a container lacks."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import COMMAND, ROOT, environment, landline
from tests.support.plans import short_plan
from tests.support.seal.commands import account, ended, free_port, helper, running, without_call
from tests.support.seal.sealed import NO_NAMESPACES, skip_where_the_kernel_cannot

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


def fly_and_wait(folder: Path, port: int) -> tuple[str | Path, ...]:
    """A flight that waits for an aircraft, and hears none."""
    return ("fly", short_plan(folder), "--link", f"udpin:127.0.0.1:{port}", "--sealed")


def run(*words: str, home: Path, seal: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program, such as a command in a kernel that lacks something."""
    return subprocess.run(
        words,
        cwd=ROOT,
        env=environment(home) | {"LANDLINE_SEAL": seal},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_flight_whose_broker_is_killed_ends_with_3_and_no_port_is_open(tmp_path: Path) -> None:
    port = free_port()
    with running(*fly_and_wait(tmp_path, port), home=tmp_path) as (process, _):
        os.kill(helper(process, "broker.py"), signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "the broker of the sealed run has ended" in said
    assert is_free(port)
    assert not account(tmp_path)["complete"]


def test_a_flight_that_is_killed_ends_its_helpers_and_frees_its_port(tmp_path: Path) -> None:
    port = free_port()
    with running(*fly_and_wait(tmp_path, port), home=tmp_path) as (process, _):
        helpers = [helper(process, program) for program in ("broker.py", "witness.py")]
        assert not is_free(port)
        process.kill()
        assert ended(*helpers)
    assert is_free(port)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("seal", ["must", "1"])
def test_without_seccomp_a_flight_is_refused_or_says_that_it_is_not_sealed(tmp_path: Path, seal: str) -> None:
    words = ("fly", str(short_plan(tmp_path)), "--link", "tcp:127.0.0.1:1")
    done = run(*without_call("seccomp", errno.ENOSYS), *words, home=tmp_path, seal=seal)
    reason = "no seccomp: this kernel cannot put system calls before a witness"
    if seal == "must":
        assert done.returncode == 5, done.stderr
        assert f"cannot seal the run: {reason}" in done.stderr
        assert not (tmp_path / "runs").exists()
    else:
        assert done.returncode == 3, done.stderr
        assert f"nothing else; process only: {reason}" in done.stderr


def test_without_landlock_a_flight_is_sealed_and_says_that_files_are_not(tmp_path: Path) -> None:
    words = ("fly", str(short_plan(tmp_path)), "--link", "tcp:127.0.0.1:1")
    without = without_call("landlock_create_ruleset", errno.EOPNOTSUPP)
    done = run(*without, *words, home=tmp_path, seal="must")
    assert done.returncode == 3, done.stderr
    assert "sealed by the kernel: network namespace, seccomp; no landlock: " in done.stderr
    active = {one["name"]: one["active"] for one in account(tmp_path)["mechanisms"]}
    assert active == {"namespaces": True, "seccomp": True, "landlock": False}


@pytest.mark.slow
@pytest.mark.parametrize("within", [without_call("unshare", errno.EPERM), (*NO_NAMESPACES, *COMMAND)])
def test_in_a_container_without_namespaces_a_flight_is_sealed_by_what_is_left(
    tmp_path: Path, within: tuple[str, ...]
) -> None:
    words = ("fly", str(short_plan(tmp_path)), "--sim", "quad_x", "--speed", "max")
    done = run(*within, *words, home=tmp_path, seal="must")
    assert done.returncode == 0, done.stderr
    (flight,) = (one for one in (tmp_path / "flights").iterdir() if one.is_dir())
    found = json.loads((flight / "egress.json").read_text())
    active = {one["name"]: one["active"] for one in found["mechanisms"]}
    assert (found["level"], active) == (
        "kernel",
        {"namespaces": False, "seccomp": True, "landlock": True},
    )


def test_a_mistake_in_the_policy_file_ends_a_sealed_flight_before_it_begins(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[folders]\nwrite = ["/etc"]\n[programs]\nallowed = ["curl"]\n')
    words = ("fly", short_plan(tmp_path), "--sim", "quad_x", "--policy", policy, "--sealed")
    done = landline(*words, home=tmp_path)
    assert done.code == 2, done.err
    assert f"{policy}:4: invalid policy file" in done.err
    assert not (tmp_path / "flights").exists()


@pytest.mark.slow
def test_a_serial_port_that_comes_back_later_is_opened_again(tmp_path: Path) -> None:
    tty = tmp_path / "tty"
    simulator = ("sim", "--link", f"pty:{tty}", "--unsealed")
    station = ("gcs", "--link", f"serial:{tty}:57600", "--web", "none", "--sealed")
    with contextlib.ExitStack() as ending, running(*simulator, home=tmp_path / "sim") as (first, _):
        process, _ = ending.enter_context(running(*station, home=tmp_path / "gcs"))
        until_heard(process, heard=True)
        first.terminate()
        until_heard(process, heard=False)
        assert not tty.is_symlink()
        with running(*simulator, home=tmp_path / "sim"):
            until_heard(process, heard=True)
    (port,) = account(tmp_path / "gcs")["endpoints"]
    assert (port["kind"], port["opened"]) == ("serial", 2)


def until_heard(process: subprocess.Popen[str], *, heard: bool) -> None:
    """Read the states of a ground station until it hears its aircraft, or does so no more."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("heard") is heard:
            return
    raise AssertionError(f"it ended with {process.wait()}")


@pytest.mark.slow
def test_two_sealed_runs_of_one_user_have_each_their_own_ports(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    links = [("--link", f"tcpin:127.0.0.1:{port}", "--sealed") for port in ports]
    with running("sim", *links[0], home=tmp_path), running("sim", *links[1], home=tmp_path):
        for port in ports:
            link = f"tcp:127.0.0.1:{port}"
            done = landline("params", "get", "RTL_ALT", "--link", link, "--sealed", home=tmp_path)
            assert done.code == 0, done.err
        taken = landline("sim", *links[0], home=tmp_path)
        assert (taken.code, "another program uses it" in taken.err) == (3, True), taken.err
    assert not any((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("kind", ["serial:{}:57600", "pty:{}"])
def test_a_device_behind_a_link_that_the_run_could_exchange_is_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "tty"
    link = kind.format(place)
    done = landline("params", "list", "--link", link, "--sealed", home=tmp_path)
    assert done.code == 5, done.err
    assert f"cannot seal the run: it could change {place}, which says what it may use" in done.err
    assert not place.is_symlink()
