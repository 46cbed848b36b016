"""Runs the command line as a process with its own data folder."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "controller.cli.main"]


@dataclass(frozen=True)
class CommandResult:
    """Exit code and output of a finished command."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """JSON objects on standard output; other output is an error."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        """The last JSON object."""
        assert self.events, f"exit {self.code}, nothing on standard output; standard error: {self.err}"
        last = self.events[-1]
        assert last["event"] == "summary", last
        return last


@contextlib.contextmanager
def ended_at_last(process: subprocess.Popen[str], *, after_s: float) -> Iterator[None]:
    """Kill the process at the end of the block or, so that reading its output ends, after `after_s`."""
    timer = threading.Timer(after_s, process.kill)
    timer.start()
    with process:
        try:
            yield
        finally:
            timer.cancel()
            process.kill()


def environment(home: Path) -> dict[str, str]:
    """This process's environment, with Landline's files below `home`."""
    return {**os.environ, "LANDLINE_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}


def landline(*args: str | Path, home: Path, timeout_s: float = 120) -> CommandResult:
    """Run `landline ARGS` to its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, args)],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)
