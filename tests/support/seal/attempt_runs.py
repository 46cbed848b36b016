"""Runs the table of attempts in a process that is held in one way; prints the table as Markdown.

python -m tests.support.seal.attempt_runs
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cli import environment
from tests.support.seal.sealed import NO_NAMESPACES
from tests.support.source_tree import ROOT

TABLE = ROOT / "tests" / "controller" / "guard" / "attempts" / "attempts.toml"
MODES = {"kernel": "Sealed", "shared": "Sealed, no user namespaces", "process": "Process only"}
LIMIT_S = 300


def rows(*, here: bool = False) -> list[dict[str, Any]]:
    """Return the table of attempts; `here`: without those whose program this machine does not have."""
    table: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["attempt"]
    return [row for row in table if not (here and "program" in row and shutil.which(row["program"]) is None)]


def cell(row: dict[str, Any], mode: str) -> str:
    """Return what stops an attempt, of a script too where that differs."""
    return f"{row[mode]}; of a script, {row['script']}" if mode == "kernel" and "script" in row else row[mode]


def markdown() -> str:
    """Return the table as Markdown."""
    lines = ["| attempt | " + " | ".join(MODES.values()) + " |", "|---" * (1 + len(MODES)) + "|"]
    lines += [f"| {row['name']} | " + " | ".join(cell(row, mode) for mode in MODES) + " |" for row in rows()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of an attempt: made as a plug-in or as a script, its outcome, and the origin in the guard's record."""

    how: str
    name: str
    outcome: str
    origin: tuple[str, ...]


def run_attempts(mode: str, folder: Path) -> list[Measured]:
    """Make all attempts in a process held as `mode` says ("none": not at all), in an empty folder."""
    data, outside = folder / "data", folder / "outside"
    for made in (data, outside / "autostart", outside / "cron.d"):
        made.mkdir(parents=True)
    (outside / "kept").write_text("kept", encoding="ascii")
    (data / "way out").symlink_to(outside)
    abstract = f"\0landline-{os.getpid()}-{mode}"
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for name in (abstract, str(folder / "bus")):
            service = stack.enter_context(socket.socket(socket.AF_UNIX))
            service.bind(name)
            service.listen()
        inherited = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        inherited.connect(udp.getsockname())
        if shutil.which("dbus-daemon"):
            stack.enter_context(dbus_daemon(folder / "dbus"))
        ends = os.openpty()
        for fd in ends:
            stack.callback(os.close, fd)
        other = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        )
        stack.callback(other.kill)
        given = {
            "mode": mode,
            "attempts": rows(here=True),
            "data": str(data),
            "outside": str(outside),
            "udpout": udp.getsockname()[1],
            "tcp": server.getsockname()[1],
            "abstract": abstract,
            "bus": str(folder / "bus"),
            "dbus": str(folder / "dbus"),
            "other": other.pid,
            "inherited": inherited.fileno(),
            # The hook knows ports by their names; the kernel's rules need a device that exists.
            "port": os.ttyname(ends[1]) if mode in ("kernel", "shared") else "/dev/ttyS99",
            "broker file": str(ROOT / "controller" / "guard" / "broker.py"),
        }
        file = folder / "given.json"
        file.write_text(json.dumps(given), encoding="utf-8")
        done = subprocess.run(
            [
                *(NO_NAMESPACES if mode == "shared" else ()),
                *(sys.executable, "-m", "tests.support.seal.attempts", str(file)),
            ],
            cwd=ROOT,
            env=environment(folder / "home") | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            pass_fds=[inherited.fileno()],
            timeout=LIMIT_S,
            check=False,
        )
        other.kill()
    assert done.returncode == 0, done.stderr
    measured = []
    for line in done.stdout.splitlines():
        how, i, came, *record = json.loads(line)
        recorded, origin = record or _in_the_account(folder / "home", f"attempts.py {i} ")
        measured.append(
            Measured(how, given["attempts"][i]["name"], came + ", recorded" * recorded, tuple(origin))
        )
    return measured


def _in_the_account(home: Path, named: str) -> tuple[bool, list[str]]:
    """Return whether the run's account has a refusal of a process whose command line holds `named`, and its origin."""
    (file,) = home.glob("flights/*/egress.json")
    refused = json.loads(file.read_text(encoding="utf-8"))["refused"]
    found = [one["by"] for one in refused if any(named in line for line in one["by"])]
    return bool(found), found[-1] if found else []


@contextlib.contextmanager
def dbus_daemon(socket_file: Path) -> Iterator[None]:
    """Run a service of D-Bus for the block."""
    command = [
        "dbus-daemon",
        "--session",
        "--nofork",
        "--print-address",
        f"--address=unix:path={socket_file}",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as daemon:
        try:
            assert daemon.stdout is not None
            assert daemon.stdout.readline()
            yield
        finally:
            daemon.terminate()


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
