"""Runs the command line with its own data folder, in a process of its own or in the test's process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

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
    """Return this process's environment, with Landline's files below `home`, its settings beside it."""
    places = {"LANDLINE_HOME": str(home), "LANDLINE_CONFIG": f"{home}-config"}
    return {**os.environ, **places, "NO_COLOR": "1", "COLUMNS": "200"}


def landline(*args: str | Path, home: Path, timeout_s: float = 120) -> CommandResult:
    """Run `landline ARGS` to its end in a process of its own: for signals, streams, links and flights."""
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


def landline_here(*args: str | Path, home: Path) -> CommandResult:
    """Run `landline ARGS` in the test's process, which takes a tenth of the time.

    Fails for a command that opens a link: the audit hook of its guard cannot be removed from a process.
    """
    from controller.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    opens_a_link = AssertionError("this command opens a link: run it by landline()")
    with (
        patch.dict(os.environ, environment(home)),
        patch("controller.guard.audit.install", side_effect=opens_a_link),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = main([str(argument) for argument in args])
    return CommandResult(code, out.getvalue(), err.getvalue())
