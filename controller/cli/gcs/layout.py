"""The picture laid out for a terminal of any size. What must be seen, the headline and the keys, is there however small it is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.text import Text as Styled

from controller.app.gcs.display import (
    Picture,
    Row,
    flight_rows,
    headline,
    health_rows,
    link_rows,
    printable,
)
from controller.app.gcs.operator_actions import CONFIRM
from controller.vehicle.state import Text
from controller.wire import enums

ALARM, CARE = "bold white on red", "bold black on yellow"
ARMED, CALM = "bold white on magenta", "bold white on green"
_TWO_COLUMNS = 76
_FEWEST_TEXTS = 3
_ERROR, _WARNING = 3, 4
_NAME_WIDTH = 10
_SAID_LINES = 3


def render(picture: Picture, width: int, height: int) -> Styled:
    """The whole view, `height` lines of at most `width` cells."""
    width, height = max(width, 20), max(height, 5)
    head = _banner(picture, width)
    foot = _foot(picture, width)
    room = height - len(head) - len(foot)
    body = _columns(picture, width)[: max(4, room - _FEWEST_TEXTS - 1)]
    links = [_rule("links", width), *(_line(row, width, wide=True) for row in link_rows(picture))]
    if room - len(body) - len(links) - 1 < _FEWEST_TEXTS:
        links = []
    texts = _texts(picture.state.texts, max(0, room - len(body) - len(links) - 1), width)
    body += ([_rule("messages", width), *texts] if texts else []) + links
    blank = [Styled("")] * max(0, room - len(body))
    return Styled("\n").join([*head, *body[:room], *blank, *foot])


def _banner(picture: Picture, width: int) -> list[Styled]:
    if picture.silent:
        style = CARE if picture.silent_s == float("inf") else ALARM
    else:
        style = ARMED if picture.state.armed else CALM
    lines = [_bar(headline(picture), style, width)]
    if picture.trouble:
        lines.append(_bar(picture.trouble, ALARM, width))
    return lines


def _columns(picture: Picture, width: int) -> list[Styled]:
    flight, health = flight_rows(picture), health_rows(picture)
    if width < _TWO_COLUMNS:
        stacked = [_line(row, width) for row in (*flight, *health)]
        return [_rule(picture.title, width), *stacked]
    left = width // 2
    rows = max(len(flight), len(health))
    nothing = Row("", "")
    lines = [_rule(picture.title, left).append_text(_rule("health", width - left))]
    for one, two in zip(_filled(flight, rows, nothing), _filled(health, rows, nothing), strict=True):
        lines.append(_line(one, left).append_text(_line(two, width - left)))
    return lines


def _filled(rows: Sequence[Row], count: int, nothing: Row) -> list[Row]:
    return [*rows, *[nothing] * (count - len(rows))]


def _texts(texts: Sequence[Text], count: int, width: int) -> list[Styled]:
    """The last ones, the newest at the bottom, in exactly `count` lines."""
    if not count:
        return []
    lines = []
    for text in texts[-count:]:
        style = "bold red" if text.severity <= _ERROR else "yellow" if text.severity == _WARNING else ""
        name = enums.describe("MAV_SEVERITY", text.severity).lower()
        lines.append(_fit(Styled(f" {name:{_NAME_WIDTH}} {printable(text.text)}", style), width))
    return lines + [Styled("")] * (count - len(lines))


def _foot(picture: Picture, width: int) -> list[Styled]:
    if picture.question:
        asked = f"{picture.question}?  {CONFIRM} = yes ({picture.left_s:.0f} s), any other key = no"
        lines = [_bar(line, CARE, width) for line in textwrap.wrap(asked, width - 2)]
    else:
        lines = _keys(picture.keys, width)
    said = textwrap.wrap(printable(picture.said), width - 2)[:_SAID_LINES] or [""]
    return [*lines, *(Styled(f" {line}") for line in said)]


def _keys(names: Sequence[str], width: int) -> list[Styled]:
    """The names of the orders, each with its key, its first letter, marked."""
    lines = [Styled(" ")]
    for name in names:
        if lines[-1].cell_len + len(name) + 2 > width:
            lines.append(Styled(" "))
        lines[-1].append(name[0], "bold reverse").append(f"{name[1:]}  ")
    return lines


def _bar(words: str, style: str, width: int) -> Styled:
    line = Styled(f" {printable(words)}", style)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def _rule(title: str, width: int) -> Styled:
    words = f"── {printable(title)} "
    return _fit(Styled(words + "─" * max(0, width - len(words) - 1) + " ", "dim"), width)


def _line(row: Row, width: int, *, wide: bool = False) -> Styled:
    line = Styled()
    line.append(f" {printable(row.name):{0 if wide else _NAME_WIDTH}} ", "dim")
    line.append(("  " if wide else "") + printable(row.value), "bold red" if row.grave else "")
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def _fit(line: Styled, width: int) -> Styled:
    line.truncate(width, overflow="ellipsis")
    return line
