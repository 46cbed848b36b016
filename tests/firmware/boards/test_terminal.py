"""Terminals of the unix board driver under CPython."""

from __future__ import annotations

import sys

import pytest

from firmware.core.ticks import wrapped

if sys.platform == "win32":
    pytest.skip("terminals as POSIX has them", allow_module_level=True)

from firmware.boards.unix import Poller, Terminal


class Counted(Terminal):  # type: ignore[misc]
    """A terminal that counts attempts to open it, which fail."""

    tries = 0

    def _open(self) -> None:
        self.tries += 1
        raise OSError("not there")


def test_a_terminal_is_looked_for_twice_a_second_also_when_it_goes_after_four_days() -> None:
    terminal = Counted("/nowhere", 57600, Poller())
    terminal.tick(1000)
    terminal._stream = object()
    for hour in range(96):
        terminal.tick(wrapped(1000 + hour * 3_600_000))
    terminal._stream = None
    terminal.tries = 0
    now_ms = 1000 + 96 * 3_600_000
    for i in range(100):
        terminal.tick(wrapped(now_ms + i * 50))
    assert terminal.tries == 10
