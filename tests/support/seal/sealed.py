"""Scripts that run sealed, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.source_tree import ROOT

HEAD = """
import asyncio, ctypes, errno, json, os, signal, socket, subprocess, sys, threading
from pathlib import Path
from controller.guard.opener import Endpoint
from controller.guard.seal.begin import SealRequest, begin
given = json.loads(sys.argv[1])
data = Path(given["data"])
def say(**what):
    print(json.dumps(what), flush=True)
def outcome(attempt):
    try:
        result = attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "done" if result is None else result
seal = begin(SealRequest(tuple(Endpoint(**one) for one in given["endpoints"]), (data,), data / "tmp"))
def run(main):
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main)
"""


def skip_where_the_kernel_cannot() -> None:
    """Skip a test where this machine cannot hold a sealed run, with the reason."""
    script = (
        "from controller.guard.seal.mechanisms import try_mechanisms\n"
        "found = try_mechanisms()\n"
        "print('; '.join(str(one) for one in found.all if not one.active))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    if done.stdout.strip():
        pytest.skip(done.stdout.strip())


# A program that runs another one where no further user namespace is allowed.
NO_NAMESPACES = (
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
    "sh",
)


def started(
    script: str, data: Path, *endpoints: dict[str, Any], within: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    """Start a script sealed; its `say(...)` prints lines of JSON."""
    given = json.dumps({"data": str(data), "endpoints": endpoints})
    return subprocess.Popen(
        [*within, sys.executable, "-c", HEAD + script, given],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sealed(
    script: str, data: Path, *endpoints: dict[str, Any], within: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Run a script sealed; return all that it said."""
    process = started(script, data, *endpoints, within=within)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    said: dict[str, Any] = {}
    for line in output.splitlines():
        said |= json.loads(line)
    return said
