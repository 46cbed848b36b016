"""Sealed commands in processes of their own, and the accounts that they leave."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller.guard.seal.syscalls import NUMBERS
from tests.support.cli import COMMAND, ROOT, environment


@contextlib.contextmanager
def running(*args: str | Path, home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run a command with --json until the end of the block; yield its process and its first event."""
    with subprocess.Popen(
        [*COMMAND, *map(str, args), "--json"],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.communicate(timeout=60)


def account(home: Path) -> dict[str, Any]:
    """Return the only account of a run below `home`."""
    files = [*(home / "runs").glob("*.json"), *(home / "flights").glob("*/egress.json")]
    (file,) = files
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def helper(process: subprocess.Popen[str], program: str) -> int:
    """Return the process id of the broker or the witness of a sealed command."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (found,) = (int(one) for one in children if program.encode() in Path(f"/proc/{one}/cmdline").read_bytes())
    return found


def free_port() -> int:
    """Return a port that no program on this machine has bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def ended(*pids: int, within_s: float = 30.0) -> bool:
    """Wait for the ends of processes that are not this one's children; return whether all have ended."""
    watched = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            watched.append(os.pidfd_open(pid))
    try:
        return all(select.select([one], [], [], within_s)[0] for one in watched)
    finally:
        for one in watched:
            os.close(one)


_WITHOUT_CALL = """
import ctypes, os, struct, sys
call, error = int(sys.argv[1]), int(sys.argv[2])
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, call), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rules), ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""


def without_call(name: str, error: int) -> tuple[str, ...]:
    """Return the beginning of a Landline command in which a system call fails, as in a kernel that lacks it."""
    number = NUMBERS[name][platform.machine() == "aarch64"]
    return (sys.executable, "-c", _WITHOUT_CALL, str(number), str(error), *COMMAND[1:])
