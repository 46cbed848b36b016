"""What every command shares: lines for people, objects for machines, the guard, the event loop."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from controller.guard.audit import AuditRecord
    from controller.guard.policy import Policy

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
    """Where a command speaks: results on standard output, the rest on standard error; with `json` only objects on the first."""

    json: bool = False

    def emit(self, event: str, **fields: Any) -> None:
        """One object for machines; nothing without `--json`."""
        if self.json:
            line = json.dumps({"event": event, **_plain(fields)}, ensure_ascii=False, default=str)
            print(line, flush=True)

    def result(self, line: str) -> None:
        """A line of what the command was asked for; with `--json` the objects say it."""
        if not self.json:
            print(line, flush=True)

    def note(self, line: str) -> None:
        """Progress and warnings."""
        print(line, file=sys.stderr, flush=True)


def guard(urls: Iterable[str], *, programs: Iterable[str] = ()) -> tuple[Policy, AuditRecord]:
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
    """Run on the normal event loop: the selector loop everywhere, whose sockets the audit hook sees on Windows too."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main)


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
            print(f"\r{text.ljust(self._shown)}", end="", file=sys.stderr, flush=True)
            self._shown = len(text)

    def clear(self) -> None:
        """Take the line away, before something that stays is written."""
        if self._shown:
            print(f"\r{' ' * self._shown}\r", end="", file=sys.stderr, flush=True)
            self._shown = 0
