"""What every command shares: lines for people, objects for machines, the guard, the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from controller.cli.streams import taken, write

if TYPE_CHECKING:
    from controller.guard.audit import AuditRecord
    from controller.guard.policy import EndpointPolicy

T = TypeVar("T")


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity; they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command speaks: results on standard output, the rest on standard error; with `json` only objects on the first.

    A reader that goes away ends no command."""

    json: bool = False

    @property
    def taken(self) -> bool:
        """Whether anybody still takes the results: one who wants the first of a million rows has enough."""
        return taken(sys.stdout)

    def emit(self, event: str, **fields: Any) -> None:
        """One object for machines; nothing without `--json`."""
        if self.json:
            line = json.dumps({"event": event, **_plain(fields)}, ensure_ascii=False, default=str)
            write(f"{line}\n", sys.stdout)

    def result(self, line: str) -> None:
        """A line of what the command was asked for; with `--json` the objects say it."""
        if not self.json:
            write(f"{line}\n", sys.stdout)

    def note(self, line: str) -> None:
        """Progress and warnings."""
        write(f"{line}\n", sys.stderr)


def guard(urls: Iterable[str], *, programs: Iterable[str] = ()) -> tuple[EndpointPolicy, AuditRecord]:
    """Allow exactly the links and programs named, and let the audit hook hold this process to it from now on.

    Raises UserError.
    """
    from dataclasses import replace

    from controller.guard.audit import install
    from controller.link.open import policy_for

    policy = replace(policy_for(urls), programs=frozenset(programs))
    return policy, install(policy)


def run(
    main: Coroutine[Any, Any, T], *, loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.SelectorEventLoop
) -> T:
    """Run on the normal event loop: the selector loop everywhere, whose sockets the audit hook sees on Windows too.

    A lost terminal and the system's wish to end do what Ctrl-C does: `main` is cancelled, and KeyboardInterrupt raised.
    """
    told = False

    async def interruptible() -> T:
        task = asyncio.current_task()
        assert task is not None

        def end() -> None:
            nonlocal told
            if not told:  # what it does to end is not broken off by a second wish
                task.cancel()
            told = True

        with _ended_by_signal(end):
            return await main

    with asyncio.Runner(loop_factory=loop) as runner:
        try:
            return runner.run(interruptible())
        except asyncio.CancelledError:
            if told:
                raise KeyboardInterrupt from None
            raise


@contextlib.contextmanager
def _ended_by_signal(end: Callable[[], None]) -> Iterator[None]:
    """Have the running loop call `end` when the terminal hangs up (ssh is gone), or the system wishes us to end.

    Not for what somebody told us to ignore, as nohup does; on Windows there is neither.
    """
    loop, caught = asyncio.get_running_loop(), _ends()
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
def interrupted_by_signal() -> Iterator[None]:
    """The same without a loop: a lost terminal and the system's wish to end raise KeyboardInterrupt in the block."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in _ends()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ends() -> list[signal.Signals]:
    """What asks a process to end, where nobody told it to ignore that."""
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in known if signal.getsignal(number) != signal.SIG_IGN]


def compile_quickly() -> None:
    """Before anything is compiled in this process: the simulator comes out the same, bit for bit, and a sixth sooner.

    numba reads this once, when it is imported.
    """
    os.environ.setdefault("NUMBA_OPT", "1")


class StatusLine:
    """One line that is written over again, on a terminal only."""

    def __init__(self) -> None:
        self._shown = 0
        self._live = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._live:
            write(f"\r{text.ljust(self._shown)}", sys.stderr)
            self._shown = len(text)

    def clear(self) -> None:
        """Take the line away, before something that stays is written."""
        if self._shown:
            write(f"\r{' ' * self._shown}\r", sys.stderr)
            self._shown = 0
