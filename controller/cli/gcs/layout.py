"""Layout of the live view for a terminal of any size. Headline and keys are shown however small the terminal is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Protocol

from rich.text import Text as Styled

from controller.app.gcs.display import (
    DisplayRow,
    flight_rows,
    headline,
    health_rows,
    link_rows,
    printable,
    time_of_day,
)
from controller.app.gcs.display_state import DisplayState
from controller.app.gcs.operator_actions import CONFIRM
from controller.protocol.announcements import AUTOPILOT
from controller.wire import enums

ALARM, CAUTION = "bold white on red", "bold black on yellow"
ARMED, DISARMED = "bold white on magenta", "bold white on green"
_TWO_COLUMNS = 76
_MIN_TEXTS = 3
_ERROR, _WARNING = 3, 4
_NAME_WIDTH = 10
_LAST_LINE_ROWS = 3


class Cover(Protocol):
    """Lines with a title that stand in place of the rows on the aircraft, links and messages."""

    @property
    def title(self) -> str:
        """Title of the lines, "" where there are none now."""

    def lines(self, width: int, room: int) -> list[Styled]:
        """Return at most `room` lines of at most `width` cells."""


def render(state: DisplayState, width: int, height: int, cover: Cover | None = None) -> Styled:
    """Return the whole view: `height` lines of at most `width` cells."""
    width, height = max(width, 20), max(height, 5)
    head = _banner(state, width)
    foot = _foot(state, width)
    room = height - len(head) - len(foot)
    covered: list[Styled] = []
    if cover is not None and cover.title:
        covered = [_rule(cover.title, width), *cover.lines(width, room - 1)]
    elif state.help_lines:
        covered = [_rule("keys", width), *(_help_line(key, text, width) for key, text in state.help_lines)]
    if covered:
        body = covered[:room]
        return Styled("\n").join([*head, *body, *[Styled("")] * (room - len(body)), *foot])
    body = _columns(state, width)[: max(4, room - _MIN_TEXTS - 1)]
    links = [_rule("links", width), *(_line(row, width, wide=True) for row in link_rows(state))]
    if room - len(body) - len(links) - 1 < _MIN_TEXTS:
        links = []
    texts = _texts(state, max(0, room - len(body) - len(links) - 1), width)
    body += ([_rule("messages, time in UTC", width), *texts] if texts else []) + links
    blank = [Styled("")] * max(0, room - len(body))
    return Styled("\n").join([*head, *body[:room], *blank, *foot])


def _banner(state: DisplayState, width: int) -> list[Styled]:
    if state.silent:
        style = CAUTION if state.silent_s == float("inf") else ALARM
    else:
        style = ARMED if state.state.armed else DISARMED
    lines = [_bar(headline(state), style, width)]
    if state.alarm:
        lines.append(_bar(state.alarm, ALARM, width))
    return lines


def _columns(state: DisplayState, width: int) -> list[Styled]:
    flight, health = flight_rows(state), health_rows(state)
    if width < _TWO_COLUMNS:
        stacked = [_line(row, width) for row in (*flight, *health)]
        return [_rule(state.title, width), *stacked]
    left = width // 2
    rows = max(len(flight), len(health))
    empty = DisplayRow("", "")
    lines = [_rule(state.title, left).append_text(_rule("health", width - left))]
    for one, two in zip(_padded(flight, rows, empty), _padded(health, rows, empty), strict=True):
        lines.append(_line(one, left).append_text(_line(two, width - left)))
    return lines


def _padded(rows: Sequence[DisplayRow], count: int, empty: DisplayRow) -> list[DisplayRow]:
    return [*rows, *[empty] * (count - len(rows))]


def _help_line(key: str, text: str, width: int) -> Styled:
    return _fit(Styled(" ").append(f" {key} ", "bold reverse").append(f"  {text}"), width)


def _texts(state: DisplayState, count: int, width: int) -> list[Styled]:
    """Return the newest status texts in exactly `count` lines, the newest at the bottom."""
    if not count:
        return []
    lines = []
    for text in state.state.texts[-count:]:
        style = "bold red" if text.severity <= _ERROR else "yellow" if text.severity == _WARNING else ""
        name = enums.describe("MAV_SEVERITY", text.severity).lower()
        when = time_of_day(state, text.at_s)
        sender = "" if text.sender == AUTOPILOT else f"{text.sender}: "
        said = printable(sender + text.text)
        lines.append(_fit(Styled(f" {when} {name:{_NAME_WIDTH}} {said}", style), width))
    return lines + [Styled("")] * (count - len(lines))


def _foot(state: DisplayState, width: int) -> list[Styled]:
    if state.entry:
        prompt = f"{state.entry}_   Enter = continue, Esc = cancel"
        lines = [_bar(line, CAUTION, width) for line in textwrap.wrap(prompt, width - 2)]
    elif state.question:
        prompt = f"{state.question}?  {CONFIRM} = yes ({state.left_s:.0f} s), any other key = no"
        lines = [_bar(line, CAUTION, width) for line in textwrap.wrap(prompt, width - 2)]
    else:
        lines = _keys(state.keys, width)
    last_line = textwrap.wrap(printable(state.last_line), width - 2)[:_LAST_LINE_ROWS] or [""]
    return [*lines, *(Styled(f" {line}") for line in last_line)]


def _keys(names: Sequence[str], width: int) -> list[Styled]:
    """Return the names of the commands, each with its key (the first letter) highlighted."""
    lines = [Styled(" ")]
    for name in names:
        if lines[-1].cell_len + len(name) + 2 > width:
            lines.append(Styled(" "))
        lines[-1].append(name[0], "bold reverse").append(f"{name[1:]}  ")
    return lines


def _bar(text: str, style: str, width: int) -> Styled:
    line = Styled(f" {printable(text)}", style)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def _rule(title: str, width: int) -> Styled:
    text = f"── {printable(title)} "
    return _fit(Styled(text + "─" * max(0, width - len(text) - 1) + " ", "dim"), width)


def _line(row: DisplayRow, width: int, *, wide: bool = False) -> Styled:
    line = Styled()
    line.append(f" {printable(row.name):{0 if wide else _NAME_WIDTH}} ", "dim")
    line.append(("  " if wide else "") + printable(row.value), "bold red" if row.alert else "")
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def _fit(line: Styled, width: int) -> Styled:
    line.truncate(width, overflow="ellipsis")
    return line
