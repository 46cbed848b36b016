"""A program beside us, started, watched and stopped; nothing of it outlives this process, whatever ends it."""

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
    """How a binary is started: `argv` in the folder `folder`, with `env` besides this process's environment, which wins.

    `heeded` are names that the binary heeds as well and that are usually not set.
    """

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    heeded: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return Path(self.argv[0]).name

    def overrides(self, environment: Mapping[str, str] = os.environ) -> list[str]:
        """A line for each thing that the user's environment decides otherwise."""
        decided = [
            f"your environment's {name}={environment[name]} is used instead of {ours}"
            for name, ours in self.env.items()
            if environment.get(name, ours) != ours
        ]
        heeded = [
            f"your environment's {name}={environment[name]} is heeded"
            for name in self.heeded
            if environment.get(name)
        ]
        return [f"{line}; unset it for a start of Landline's own" for line in (*decided, *heeded)]


def check_binary(path: Path) -> Path:
    """Its absolute path. Raises UserError when it is no program."""
    if not path.is_file():
        raise UserError(
            "is a folder, not a program" if path.is_dir() else "there is no such file",
            where=str(path),
            hint="name the SITL binary itself: bin/px4, arducopter",
        )
    if not os.access(path, os.X_OK):
        raise UserError(
            "is not a program that may be started",
            where=str(path),
            hint="chmod +x, or was another file meant?",
        )
    return path.resolve()


class GuardedProcess:
    """`async with`: the program runs. It is in a group of its own, so that Ctrl-C reaches Landline alone."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def console(self) -> Path:
        """What it prints."""
        return self.launch.folder / CONSOLE

    async def __aenter__(self) -> Self:
        self.launch.folder.mkdir(parents=True, exist_ok=True)
        self._keeper = self._start()
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
        keeper = self._keeper
        assert keeper is not None
        assert keeper.stdin is not None
        keeper.stdin.close()
        # The loop runs on meanwhile: an autopilot in lockstep ends only while its simulator answers.
        try:
            await asyncio.wait_for(asyncio.to_thread(keeper.wait, STOP_S), STOP_S)
        except (TimeoutError, subprocess.TimeoutExpired):
            pass
        finally:
            if keeper.poll() is None:
                _kill(keeper)

    async def watch(self) -> NoReturn:
        """Returns never. Raises LinkError as soon as the program has ended by itself, with its last words."""
        keeper = self._keeper
        assert keeper is not None
        code = await asyncio.to_thread(keeper.wait)
        said = console_tail(self.console)
        raise LinkError(
            f"ended by itself with exit code {code}" + (f", saying: {said}" if said else ", saying nothing"),
            where=self.launch.name,
            hint=f"what it printed is in {self.console}",
        )


def console_tail(console: Path) -> str:
    """The last lines a program printed, in one."""
    try:
        text = console.read_bytes()[-4096:].decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-SHOWN_LINES:])


def _kill(keeper: subprocess.Popen[bytes]) -> None:
    """The keeper and what it keeps."""
    if os.name == "posix":
        os.killpg(keeper.pid, signal.SIGKILL)
    else:
        keeper.kill()
    keeper.wait()


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    """What the user has set wins: whoever exports PX4_SIM_MODEL means it."""
    ours = str(Path(__file__).parents[3])
    path = os.pathsep.join(part for part in (ours, os.environ.get("PYTHONPATH")) if part)
    return {**changes, **os.environ, "PYTHONPATH": path}
