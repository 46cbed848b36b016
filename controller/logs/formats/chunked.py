"""Logs larger than memory, read in pieces: the same messages as in one go, a stretch of the file after the other.

A piece ends where a message begins, so none is cut. What later pieces need of earlier ones (formats, subscriptions, units) is put
in front of them again and left out of what they give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from controller.logs.box.merged_log import read_merged_log
from controller.logs.formats.read import Format, LogUnreadable, ReadLog, form_of, instance_counts, read_bytes
from controller.logs.formats.tlog_series import aircraft_of
from controller.logs.formats.ulog_reader import HEADER_LENGTH
from controller.logs.series.view import Channel, SeriesView, changes, on_clock, series_of
from controller.wire.damage import NO_DAMAGE, DamageSummary

if TYPE_CHECKING:
    from controller.logs.formats.dataflash_reader import Layout

PIECE_BYTES = 128_000_000  # a reader takes less than three times as much memory
# What describes the other records of a DataFlash log
_DESCRIBING = ("FMT", "FMTU", "UNIT", "MULT")
_AHEAD = 9  # bytes that show whether a record follows: a tlog's time, and the first of its frame
_LONGEST = 8 + 12 + 255 + 13  # bytes of a tlog's entry; a DataFlash record has 255
_FLAGS_LENGTH = 43  # of a ULog's first message, head and all


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes [begin, end) of a log, to be read by themselves: `raw` has them behind `known` bytes of what earlier pieces told
    and before `ahead` bytes that only show what follows. `told` counts, by name, the records in `known` that are not its own;
    `head` bytes of a ULog stand before its first piece."""

    form: Format
    begin: int
    end: int
    raw: memoryview
    known: int = 0
    ahead: int = 0
    told: dict[str, int] = field(default_factory=dict)
    head: int = 0


def in_pieces(path: Path, *, piece_bytes: int = PIECE_BYTES) -> Iterator[ReadLog]:
    """A log in stretches of some `piece_bytes`; one that is not larger as a whole. Raises what `open_log` raises."""
    merged = read_merged_log(path)
    if len(merged.data) <= piece_bytes:
        yield read_bytes(merged.data, path, told=merged.notes)
        return
    messages = 0
    for piece in cut(merged.data, path, piece_bytes=piece_bytes):
        read = _read(piece, path)
        messages += read.messages
        yield read if messages > read.messages else replace(read, problems=(*merged.notes, *read.problems))
    if not messages and form_of(merged.data) == "tlog":
        raise LogUnreadable("no message of any log format is in it", where=str(path))


def cut(data: memoryview, path: Path, *, piece_bytes: int = PIECE_BYTES) -> Iterator[Piece]:
    """The pieces of a log that is larger than one; together they are all of it but a ULog's head. `path` is for errors."""
    form = form_of(data)
    if form == "ulog":
        return _ulog(data, path, piece_bytes)
    return (_tlog if form == "tlog" else _dataflash)(data, piece_bytes)


def _read(piece: Piece, path: Path) -> ReadLog:
    read = read_bytes(piece.raw, path, form=piece.form, may_be_empty=True, ahead=piece.ahead)
    read = replace(read, lost=read.lost.shifted(piece.begin - piece.known))
    if piece.form != "dataflash":
        return replace(read, bytes=piece.end - piece.begin + piece.head)
    tables = {}
    for name, table in read.log.tables.items():
        rows = table.rows[piece.told.get(name, 0) :]
        if len(rows):
            tables[name] = type(table)(table.format, rows)
    counts, size = {name: table.count for name, table in tables.items()}, piece.end - piece.begin
    log = replace(read.log, tables=tables, bytes=size)
    return replace(read, bytes=size, messages=sum(counts.values()), counts=counts, log=log)


def _tlog(data: memoryview, piece_bytes: int) -> Iterator[Piece]:
    from controller.wire.columns import frame_starts

    def last(window: memoryview) -> int:
        return _last_sure(frame_starts(window) - 8, len(window))

    for begin, end in _cuts(data, 0, len(data), piece_bytes, last):
        ahead = min(_AHEAD, len(data) - end)
        yield Piece("tlog", begin, end, data[begin : end + ahead], ahead=ahead)


def _dataflash(data: memoryview, piece_bytes: int) -> Iterator[Piece]:
    from controller.logs.formats.dataflash_reader import layout_of

    known = b""
    told: dict[str, int] = {}

    def last(window: memoryview) -> int:
        return _last_sure(layout_of(known + bytes(window)).starts - 3 - len(known), len(window))

    for begin, end in _cuts(data, 0, len(data), piece_bytes, last):
        beyond = bytes(data[end : end + _AHEAD])
        raw = known + bytes(data[begin:end]) + beyond
        yield Piece("dataflash", begin, end, memoryview(raw), len(known), len(beyond), dict(told))
        for name, record in _needed_later(layout_of(raw, ahead=len(beyond)), len(known), raw, told):
            told[name] = told.get(name, 0) + 1
            known += record


def _needed_later(
    layout: Layout, begin: int, raw: bytes, before: dict[str, int]
) -> Iterator[tuple[str, bytes]]:
    """The records from `begin` on that later pieces need, each with its type's name: what describes the others, in the order of
    the log, and the first of each type not yet in `before`, which settles its description."""
    from controller.logs.formats.record_kernels import FMT

    ours = layout.starts - 3 >= begin
    names = {number: form.name for number, form in layout.formats.items()}
    describing = [number for number, name in names.items() if name in _DESCRIBING]
    wanted = ours & np.isin(layout.found, describing)
    wanted &= (layout.found != FMT) | np.isin(layout.starts - 3, layout.described)
    for number in np.unique(layout.found[ours]).tolist():
        if number not in describing and names.get(number, str(number)) not in before:
            wanted[np.argmax(ours & (layout.found == number))] = True
    for at, number in zip(layout.starts[wanted].tolist(), layout.found[wanted].tolist(), strict=True):
        yield names.get(number, str(number)), raw[at - 3 : at - 3 + int(layout.lengths[number])]


def _ulog(data: memoryview, path: Path, piece_bytes: int) -> Iterator[Piece]:
    from controller.logs.formats.ulog_reader import layout_of, stretches_of

    begin = bytes(data[HEADER_LENGTH : HEADER_LENGTH + _FLAGS_LENGTH])
    flagged = len(begin) == _FLAGS_LENGTH and begin[2:3] == b"B"
    # Where appended data begins means nothing in a piece.
    known = bytes(data[:HEADER_LENGTH]) + (begin[:11] + bytes(_FLAGS_LENGTH - 11) if flagged else b"")

    def last(window: memoryview) -> int:
        layout = layout_of(known + bytes(window))
        heads = [*(layout.starts[-2:] - 5).tolist(), *layout.others[-2:].tolist()]
        # The last but one is followed by another, and so is sound.
        return sorted(heads)[-2] - len(known) if len(heads) > 1 else 0

    for first, stop in stretches_of(data, name=str(path)):
        start = first + _FLAGS_LENGTH if flagged and first == HEADER_LENGTH else first
        for at, end in _cuts(data, start, stop, piece_bytes, last):
            beyond = bytes(data[end : min(end + _AHEAD, stop)])
            raw = known + bytes(data[at:end]) + beyond
            head = at if at == start and first == HEADER_LENGTH else 0
            yield Piece("ulog", at, end, memoryview(raw), len(known), len(beyond), head=head)
            layout = layout_of(raw, ahead=len(beyond))
            for place in layout.others[layout.others >= len(known)].tolist():
                if raw[place + 2 : place + 3] in (b"F", b"A"):
                    known += raw[place : place + 3 + (raw[place] | raw[place + 1] << 8)]


def _last_sure(begins: Any, length: int) -> int:
    """The last of these that was judged by all that matters to it; 0 where there is none."""
    sure = begins[begins <= length - _LONGEST - _AHEAD]
    return int(sure[-1]) if len(sure) else 0


def _cuts(data: memoryview, begin: int, stop: int, piece_bytes: int, last: Any) -> Iterator[tuple[int, int]]:
    """Stretches between `begin` and `stop`; `last(window)` is where the window's last sound message begins, not above 0 for none.

    That one is left to the next piece, so that a piece is followed by what follows it in the file.
    """
    while begin < stop:
        room = piece_bytes
        while True:
            end = min(begin + room, stop)
            edge = 0 if end == stop else last(data[begin:end])
            if end == stop or edge > 0:
                break
            room *= 2
        end = end if end == stop else begin + edge
        yield begin, end
        begin = end


@dataclass(frozen=True, slots=True)
class Tally:
    """What a whole log holds, counted in pieces."""

    format: Format
    bytes: int
    messages: int
    bad_bytes: int
    counts: dict[str, int]
    problems: tuple[str, ...]
    lost: DamageSummary


def tally(path: Path, *, piece_bytes: int = PIECE_BYTES) -> Tally:
    """Count what is in a log of any size. Raises what `open_log` raises."""
    form: Format = "tlog"
    size = messages = bad_bytes = 0
    counts: dict[str, int] = {}
    instances: dict[tuple[str, int], int] = {}
    problems: dict[str, None] = {}
    lost = NO_DAMAGE
    for read in in_pieces(path, piece_bytes=piece_bytes):
        form = read.format
        size += read.bytes
        messages += read.messages
        bad_bytes += read.bad_bytes
        lost = lost.joined(read.lost)
        problems |= dict.fromkeys(read.problems)
        for name, count in read.counts.items():
            counts[name] = counts.get(name, 0) + count
        if form == "ulog":
            for key, table in read.log.tables.items():
                instances[key] = instances.get(key, 0) + table.count
    # A second instance may begin in a later piece, and gives the first its number.
    names = instance_counts(instances) if instances else counts
    return Tally(form, size, messages, bad_bytes, names, tuple(problems), lost)


def series_in_pieces(path: Path, *, piece_bytes: int = PIECE_BYTES) -> Iterator[tuple[ReadLog, SeriesView]]:
    """Each piece with its series, of one aircraft and on one clock: those of the first piece that tells."""
    pieces = in_pieces(path, piece_bytes=piece_bytes)
    first, aircraft, shift_us = next(pieces), None, 0
    for read in chain([first], pieces):
        if read.format == "tlog":
            aircraft = aircraft_of(read.log)
        else:
            shift_us = series_of(read).shift_us
        if aircraft or shift_us:
            break
    # Nearly every log tells in its first piece; where it does not, the pieces are read again.
    again = in_pieces(path, piece_bytes=piece_bytes) if read is not first else chain([first], pieces)
    del first, read
    for read in again:
        yield read, on_clock(series_of(read, aircraft), shift_us)


def joined(views: list[SeriesView]) -> SeriesView:
    """The series of consecutive pieces as one; a mode that goes on is not told again."""
    channels: dict[str, Channel] = {}
    for name in dict.fromkeys(name for view in views for name in view.channels):
        parts = [view.channels[name] for view in views if name in view.channels]
        times_us = np.concatenate([part.times_us for part in parts])
        values = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
        if name == "mode":
            channels[name] = changes(parts[0].source, times_us, values["mode"].tolist(), values["armed"])
        else:
            channels[name] = Channel(name, parts[0].source, times_us, values)
    return replace(views[0], channels=channels)
