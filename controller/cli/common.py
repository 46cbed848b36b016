"""Shared by all commands: output, the endpoint guard, the event loop, signals."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from controller.cli.streams import is_open, write

if TYPE_CHECKING:
    import asyncio

    from controller.guard.audit import AuditRecord
    from controller.guard.policy import EndpointPolicy, NetTarget

T = TypeVar("T")


def _plain(value: Any) -> Any:
    """Replace NaN and infinity, which JSON does not have, by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


@dataclass(frozen=True, slots=True)
class Output:
    """Output of a command.

    Results go to standard output and notes to standard error; with `json` standard output has only JSON objects. A
    closed pipe does not end the command.
    """

    json: bool = False

    @property
    def is_open(self) -> bool:
        """Whether standard output is still read; `head` closes it after the first lines."""
        return is_open(sys.stdout)

    def emit(self, event: str, **fields: Any) -> None:
        """Print one JSON object; nothing without `--json`."""
        if self.json:
            line = json.dumps({"event": event, **_plain(fields)}, ensure_ascii=False, default=str)
            write(f"{line}\n", sys.stdout)

    def result(self, line: str) -> None:
        """Print a line of the result; nothing with `--json`."""
        if not self.json:
            write(f"{line}\n", sys.stdout)

    def note(self, line: str) -> None:
        """Print progress or a warning to standard error."""
        write(f"{line}\n", sys.stderr)


def guard(
    urls: Iterable[str], *, programs: Iterable[str] = (), listens: Iterable[NetTarget] = ()
) -> tuple[EndpointPolicy, AuditRecord]:
    """Allow only these link URLs, programs and listeners; from now on the audit hook refuses all others here.

    Raises UserError.
    """
    from dataclasses import replace

    from controller.cli import sealing
    from controller.guard.audit import enforce, install
    from controller.link.open import policy_for

    policy = replace(policy_for(urls), programs=frozenset(programs)).allowing(listens)
    held = sealing.PROCESS.held
    if held is None:
        return policy, install(policy)
    policy = held.policy(policy)
    if held.audit is None:  # a sealed run: the kernel held it until here
        held.audit = enforce(policy)
    held.audit.replace_policy(policy)
    return policy, held.audit.record


def run(main: Coroutine[Any, Any, T], *, loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> T:
    """Run `main` on an event loop and return its result.

    The default is the selector loop on every system, whose sockets the audit hook sees on Windows too. A lost terminal
    (SIGHUP) and SIGTERM act as Ctrl-C: `main` is cancelled, and KeyboardInterrupt raised. The end of a sealed run's
    broker cancels it too: BrokerLost is raised.
    """
    import asyncio  # takes as long as the rest of a command's start

    from controller.cli import sealing

    ending = lost = False

    async def interruptible() -> T:
        task = asyncio.current_task()
        assert task is not None

        def end() -> None:
            nonlocal ending
            if not ending:  # a second signal does not interrupt the cleanup
                task.cancel()
            ending = True

        def end_lost() -> None:
            nonlocal lost
            lost = True
            end()

        held = sealing.PROCESS.held
        if held is not None and held.seal is not None:
            held.seal.watch_broker(end_lost)
        with _ended_by_signal(end):
            return await main

    with asyncio.Runner(loop_factory=loop or asyncio.SelectorEventLoop) as runner:
        try:
            return runner.run(interruptible())
        except asyncio.CancelledError:
            if lost:
                from controller.guard.opener import BrokerLost

                raise BrokerLost(
                    "the broker of the sealed run has ended; nothing was sent after that"
                ) from None
            if ending:
                raise KeyboardInterrupt from None
            raise


@contextlib.contextmanager
def _ended_by_signal(end: Callable[[], None]) -> Iterator[None]:
    """Have the running loop call `end` on SIGHUP (lost terminal) and SIGTERM.

    Not for signals that this process was started to ignore, as nohup does. Windows has neither.
    """
    import asyncio

    loop, caught = asyncio.get_running_loop(), _end_signals()
    with contextlib.suppress(NotImplementedError):
        for number in caught:
            loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in caught:
                loop.remove_signal_handler(number)


@contextlib.contextmanager
def on_interrupt(call: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C call `call` on the running loop for the block, instead of ending the command."""
    import asyncio

    loop = asyncio.get_running_loop()
    before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def interrupted_by_signal() -> Iterator[None]:
    """Raise KeyboardInterrupt in the block on SIGHUP and SIGTERM, for code without an event loop."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in _end_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_signals() -> list[signal.Signals]:
    """Return the signals that end a process, without those that this process ignores."""
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in known if signal.getsignal(number) != signal.SIG_IGN]


def compile_quickly() -> None:
    """Make numba compile with less optimization: a sixth faster to start, and the same results bit for bit.

    Call it before numba is imported, which reads the setting once.
    """
    os.environ.setdefault("NUMBA_OPT", "1")


class StatusLine:
    """A status line that is overwritten, on a terminal only."""

    def __init__(self) -> None:
        self._shown = 0
        self.live = sys.stderr.isatty()

    @property
    def columns(self) -> int:
        """Characters that the line has room for."""
        return max(10, shutil.get_terminal_size().columns - 1)

    def show(self, text: str) -> None:
        """Replace the text of the line; it is cut to the width of the terminal."""
        if self.live:
            text = text[: self.columns]
            write(f"\r{text.ljust(self._shown)}", sys.stderr)
            self._shown = len(text)

    def clear(self) -> None:
        """Erase the line, before a permanent line is printed."""
        if self._shown:
            write(f"\r{' ' * self._shown}\r", sys.stderr)
            self._shown = 0
