"""External program that is started, watched and stopped; it never outlives this process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from controller.errors import LinkError, UserError

CONSOLE = "console.txt"
STOP_S = 10.0
SHOWN_LINES = 3


@dataclass(frozen=True, slots=True)
class Launch:
    """Command, working directory and environment of a program; this process's environment overrides `env`.

    `heeded` are other variables that the binary reads and that are usually not set.
    """

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    heeded: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the binary."""
        return Path(self.argv[0]).name

    def overrides(self, environment: Mapping[str, str] = os.environ) -> list[str]:
        """Return a line for each variable of the user's environment that changes the launch."""
        replaced = [
            f"environment variable {name}={environment[name]} replaces {ours}"
            for name, ours in self.env.items()
            if environment.get(name, ours) != ours
        ]
        heeded = [
            f"environment variable {name}={environment[name]} changes the start"
            for name in self.heeded
            if environment.get(name)
        ]
        return [f"{line}; unset it to use Landline's settings" for line in (*replaced, *heeded)]


def check_binary(path: Path) -> Path:
    """Return the absolute path of a program. Raises UserError when it cannot be started."""
    if not path.is_file():
        raise UserError(
            "cannot start program: it is a folder" if path.is_dir() else "cannot start program: no such file",
            where=str(path),
            hint="name the SITL binary itself: bin/px4, arducopter",
        )
    if not os.access(path, os.X_OK):
        raise UserError(
            "cannot start program: the file is not executable",
            where=str(path),
            hint="use chmod +x, or name another file",
        )
    return path.resolve()


class GuardedProcess:
    """Program that runs while the `async with` block does, in its own process group: Ctrl-C reaches only Landline."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def console(self) -> Path:
        """File with the program's output."""
        return self.launch.folder / CONSOLE

    async def __aenter__(self) -> Self:
        self.launch.folder.mkdir(parents=True, exist_ok=True)
        self._guard = self._start()
        return self

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hil.bridges.process.process_guard",
                str(self.console.resolve()),
                *self.launch.argv,
            ],
            cwd=self.launch.folder,
            env=_environment(self.launch.env),
            stdin=subprocess.PIPE,
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        guard = self._guard
        assert guard is not None
        assert guard.stdin is not None
        guard.stdin.close()
        # The event loop must go on: an autopilot in lockstep ends only while its simulator answers.
        try:
            await asyncio.wait_for(asyncio.to_thread(guard.wait, STOP_S), STOP_S)
        except (TimeoutError, subprocess.TimeoutExpired):
            pass
        finally:
            if guard.poll() is None:
                _kill(guard)

    async def watch(self) -> NoReturn:
        """Wait until the program ends by itself, then raise LinkError with its last output."""
        guard = self._guard
        assert guard is not None
        code = await asyncio.to_thread(guard.wait)
        tail = console_tail(self.console)
        raise LinkError(
            f"ended by itself with exit code {code}" + (f"; last output: {tail}" if tail else "; no output"),
            where=self.launch.name,
            hint=f"its output is in {self.console}",
        )


def console_tail(console: Path) -> str:
    """Return the last lines of a program's output, joined to one."""
    try:
        text = console.read_bytes()[-4096:].decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-SHOWN_LINES:])


def _kill(guard: subprocess.Popen[bytes]) -> None:
    """Kill the guard process and its program."""
    if os.name == "posix":
        os.killpg(guard.pid, signal.SIGKILL)
    else:
        guard.kill()
    guard.wait()


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return the environment: variables set by the user override `changes`."""
    ours = str(Path(__file__).parents[3])
    path = os.pathsep.join(part for part in (ours, os.environ.get("PYTHONPATH")) if part)
    return {**changes, **os.environ, "PYTHONPATH": path}
