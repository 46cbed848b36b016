"""Runs the table of attempts in a process that is held in one way; prints the table as Markdown.

python -m tests.support.seal.attempt_runs
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.seal.sealed import NO_NAMESPACES
from tests.support.source_tree import ROOT

TABLE = ROOT / "tests" / "controller" / "guard" / "attempts" / "attempts.toml"
MODES = {"kernel": "Sealed", "shared": "Sealed, no user namespaces", "process": "Process only"}
LIMIT_S = 300


def rows() -> list[dict[str, Any]]:
    """Return the table of attempts."""
    table: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["attempt"]
    return table


def markdown() -> str:
    """Return the table as Markdown."""
    lines = ["| attempt | " + " | ".join(MODES.values()) + " |", "|---" * (1 + len(MODES)) + "|"]
    lines += [f"| {row['name']} | " + " | ".join(row[mode] for mode in MODES) + " |" for row in rows()]
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
        ends = os.openpty()
        for fd in ends:
            stack.callback(os.close, fd)
        other = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        )
        stack.callback(other.kill)
        given = {
            "mode": mode,
            "attempts": rows(),
            "data": str(data),
            "outside": str(outside),
            "udpout": udp.getsockname()[1],
            "tcp": server.getsockname()[1],
            "abstract": abstract,
            "bus": str(folder / "bus"),
            "other": other.pid,
            "inherited": inherited.fileno(),
            # The hook knows ports by their names; the kernel's rules need a device that exists.
            "port": os.ttyname(ends[1]) if mode in ("kernel", "shared") else "/dev/ttyS99",
            "broker file": str(ROOT / "controller" / "guard" / "broker.py"),
        }
        done = subprocess.run(
            [
                *(NO_NAMESPACES if mode == "shared" else ()),
                *(sys.executable, "-m", "tests.support.seal.attempts", json.dumps(given)),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            pass_fds=[inherited.fileno()],
            timeout=LIMIT_S,
            check=False,
        )
        other.kill()
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        Measured(how, given["attempts"][i]["name"], came + ", recorded" * recorded, tuple(origin))
        for how, i, came, recorded, origin in said
    ]


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
