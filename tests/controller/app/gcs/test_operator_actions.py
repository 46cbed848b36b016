"""Keys: decoding of terminal input, and no single key that sends a command."""

from __future__ import annotations

import pytest

from controller.app.gcs.line_entry import ESCAPE, PASTE, LineEntry
from controller.app.gcs.operator_actions import (
    CONFIRM,
    CONFIRM_S,
    HELP,
    LEAVE,
    NEXT,
    KeyConfirmation,
    actions,
    help_lines,
)
from controller.app.gcs.operator_input import OperatorInput
from controller.app.gcs.orders import Order
from controller.cli.terminal import KeyDecoder
from tests.support.flights import SQUARE

KEYS = frozenset({key for key, action in actions(SQUARE).items() if isinstance(action, Order)} | {LEAVE})


def test_each_action_has_its_own_key_and_none_is_the_confirmation_key() -> None:
    assert "".join(actions(SQUARE)) == "adtumprgsfhl"
    assert "u" not in actions()
    assert not {CONFIRM, LEAVE, HELP} & set(actions(SQUARE))


def test_the_help_has_every_key() -> None:
    assert [key for key, _ in help_lines(actions(SQUARE))] == [*actions(SQUARE), LEAVE, NEXT, HELP, CONFIRM]


@pytest.mark.parametrize("closing", [HELP, ESCAPE])
def test_the_help_is_hidden_by_its_key_and_by_escape(closing: str) -> None:
    typed = OperatorInput(actions(SQUARE))
    typed.press(HELP, 0.0, None)
    assert typed.help_lines
    typed.press(closing, 0.1, None)
    assert not typed.help_lines


@pytest.mark.parametrize("key", sorted(KEYS))
def test_an_action_needs_its_key_and_the_confirmation_key(key: str) -> None:
    confirm = KeyConfirmation(KEYS)
    assert confirm.press(key, 100.0) is None
    assert confirm.waiting(101.0) == key
    assert confirm.press(CONFIRM, 101.0) == key
    assert confirm.waiting(101.0) == ""
    assert confirm.press(CONFIRM, 101.1) is None  # confirmed once only


def test_a_key_held_down_confirms_nothing() -> None:
    confirm = KeyConfirmation(KEYS)
    assert {confirm.press("a", 100.0 + tick * 0.03) for tick in range(100)} == {None}


def test_a_late_confirmation_confirms_nothing() -> None:
    confirm = KeyConfirmation(KEYS)
    confirm.press("a", 100.0)
    assert confirm.left_s(101.0) == CONFIRM_S - 1.0
    assert confirm.waiting(100.1 + CONFIRM_S) == ""
    assert confirm.press(CONFIRM, 100.1 + CONFIRM_S) is None


def test_any_other_key_cancels_the_action() -> None:
    confirm = KeyConfirmation(KEYS)
    confirm.press("a", 100.0)
    confirm.press("x", 100.5)
    assert confirm.press(CONFIRM, 101.0) is None
    confirm.press("a", 102.0)
    confirm.press("h", 102.5)
    assert confirm.press(CONFIRM, 103.0) == "h"


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"a", ["a"]),
        (b"ay", ["a", "y"]),  # a slow ssh brings both at once
        (b"AY", ["a", "y"]),  # caps lock
        (b"\x1b", ["\x1b"]),
        (b"\x1b[A", []),  # an arrow
        (b"\x1bOa", []),  # an arrow with control, of some terminals
        (b"\x1b[3~y", ["y"]),
        (b"\x1ba", []),  # Alt and a
        (b"\x1b[200~ay\x1b[201~", [f"{PASTE}ay"]),
        (b"\x1b[200~ay\x1b[201~h", [f"{PASTE}ay", "h"]),
        (b"\x1b[200~y\x1b[201~", [f"{PASTE}y"]),
        (b"landing today", [f"{PASTE}landing today"]),  # a paste of a terminal that does not mark it
        (b"\xff", ["�"]),
        (b"", []),
    ],
)
def test_only_keys_that_were_pressed_are_decoded(sent: bytes, keys: list[str]) -> None:
    assert KeyDecoder().feed(sent) == keys


def test_a_paste_in_chunks_is_never_taken_for_keys() -> None:
    decoder = KeyDecoder()
    assert [decoder.feed(piece) for piece in (b"\x1b[200~a", b"y", b"l\x1b[201~", b"h")] == [
        [f"{PASTE}a"],
        [f"{PASTE}y"],
        [f"{PASTE}l"],
        ["h"],
    ]


def test_a_line_is_typed_pasted_and_corrected() -> None:
    line = LineEntry(0.0)
    for key in ("4", "8", "\x7f", f"{PASTE}7.5 8.1\nland", " "):
        line.press(key, 1.0)
    assert (line.text, line.done) == ("47.5 8.1 ", False)
    line.press("\n", 2.0)
    assert line.done


@pytest.mark.parametrize(("key", "at_s"), [("\x1b", 1.0), ("5", 62.0)], ids=["Escape", "a minute later"])
def test_a_line_is_cancelled(key: str, at_s: float) -> None:
    line = LineEntry(0.0)
    line.press("5", 0.5)
    line.press(key, at_s)
    assert (line.cancelled, line.done) == (True, False)
