"""Compiled passes over on-board logs: find the records, and sort them by type into tables.

Kept in one file with everything they call, because numba's cache looks at this file alone.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

HEAD_1 = 0xA3
HEAD_2 = 0x95
FMT = 128
FMT_LENGTH = 89

_FEW = 4  # ULog messages in a row are no accident
_MOST_NEWER = 64  # ULog messages in a row of types that are not known


@numba.njit(cache=True, nogil=True)
def find_dataflash(
    data: Any, stop: Any, lengths: Any, described: Any, starts: Any, found: Any, counts: Any
) -> tuple[int, int]:
    """Find the records of a DataFlash log in `data` (uint8) up to `stop`; what is behind it only shows what follows.

    `lengths` (int64[256]) is the record length by type, 0 for unknown; FMT records met on the way fill it, and
    `described` with their offsets. A type whose records were met keeps its description: a log describes each once,
    and what comes later is damage. Fills `starts` with the offset of each record and `found` with its type, counts by
    type. Returns the number of records and of bytes that belonged to none. A record is taken when the next one (or
    the end) follows it.
    """
    n, visible_stop = np.int64(stop), len(data)
    i: Any = np.int64(0)
    total = bad_bytes = 0
    while i + 3 <= n:
        kind = data[i + 2]
        length = lengths[kind] if data[i] == HEAD_1 and data[i + 1] == HEAD_2 else 0
        good = length > 0 and i + length <= n
        if good and i + length + 2 <= visible_stop:
            good = data[i + length] == HEAD_1 and data[i + length + 1] == HEAD_2
        if not good:
            bad_bytes += 1
            i += 1
            continue
        if kind == FMT and counts[data[i + 3]] == 0:
            described[data[i + 3]] = i
            if data[i + 3] != FMT:
                lengths[data[i + 3]] = data[i + 4] if data[i + 4] >= 3 else 0
        starts[total] = i
        found[total] = kind
        counts[kind] += 1
        total += 1
        i += length
    return total, int(bad_bytes + n - i)


@numba.njit(cache=True, nogil=True)
def find_ulog(
    data: Any,
    start: Any,
    stop: Any,
    visible_stop: Any,
    starts: Any,
    found: Any,
    counts: Any,
    others: Any,
    bad: Any,
) -> tuple[int, int, int]:
    """Find the messages of a ULog's stretch [start, stop) in `data` (uint8); up to `visible_stop` it only shows what
    follows.

    Data messages go to `starts` (offset of the payload after the subscription's number) and `found` (that number),
    counted by number; the offsets of all other messages go to `others`. bad[0] counts bytes that were skipped to find
    the next sound message. Returns the number of data messages, of others, and where the last whole message ended.
    """
    i: Any = np.int64(start)
    sound_end: Any = np.int64(start)
    total = rest = 0
    while i + 3 <= stop:
        size = np.int64(data[i]) | np.int64(data[i + 1]) << 8
        kind = data[i + 2]
        after = i + 3 + size
        if i == sound_end and _ulog_newer(data, i, stop):
            others[rest] = i
            rest += 1
            i = sound_end = after
            continue
        if not _ulog_kind(kind) or (size == 0 and kind != 0x53) or size > 20000:
            bad[0] += 1
            i += 1
            continue
        if after > stop:
            # The last one, cut off - or noise whose length runs past the end, and sound messages follow.
            sound = i + 1
            while sound + 3 <= stop and not _ulog_goes_on(data, sound, stop):
                sound += 1
            if sound + 3 > stop:
                break
            bad[0] += sound - i
            i = sound
            continue
        # What follows must look like a message too, or this one is noise.
        follows = after + 3 > visible_stop or _ulog_kind(data[after + 2])
        if not follows and not _ulog_newer(data, after, visible_stop):
            bad[0] += 1
            i += 1
            continue
        if kind == 0x44 and size >= 2:  # D
            number = np.int64(data[i + 3]) | np.int64(data[i + 4]) << 8
            starts[total] = i + 5
            found[total] = number
            counts[number] += 1
            total += 1
        else:
            others[rest] = i
            rest += 1
        i = sound_end = after
    return total, rest, int(i)


@numba.njit(cache=True, nogil=True)
def _ulog_newer(data: Any, start: Any, stop: Any) -> Any:
    """Whether messages of types that are not known (a newer format has them) begin here, and sound ones follow."""
    i, whole = start, 0
    while i + 3 <= stop and whole < _MOST_NEWER and not _ulog_kind(data[i + 2]):
        size = np.int64(data[i]) | np.int64(data[i + 1]) << 8
        letter = data[i + 2] | 0x20
        if letter < 0x61 or letter > 0x7A or size == 0 or size > 20000 or i + 3 + size > stop:
            return False
        i += 3 + size
        whole += 1
    return whole > 0 and (i == stop or _ulog_goes_on(data, i, stop))


@numba.njit(cache=True, nogil=True)
def _ulog_goes_on(data: Any, start: Any, stop: Any) -> Any:
    """Whether messages follow each other from here to the very end, or a few of them at least."""
    i, whole = start, 0
    while i + 3 <= stop and whole < _FEW:
        size = np.int64(data[i]) | np.int64(data[i + 1]) << 8
        kind = data[i + 2]
        if not _ulog_kind(kind) or (size == 0 and kind != 0x53) or size > 20000 or i + 3 + size > stop:
            return False
        i += 3 + size
        whole += 1
    return i == stop or whole == _FEW


@numba.njit(cache=True, inline="always")
def _ulog_kind(kind: Any) -> Any:
    """Whether this byte is one of ULog's message types: A B C D F I L M O P Q R S."""
    return kind in (0x41, 0x42, 0x43, 0x44, 0x46, 0x49, 0x4C, 0x4D, 0x4F, 0x50, 0x51, 0x52, 0x53)


@numba.njit(cache=True, nogil=True)
def gather(data: Any, starts: Any, found: Any, lengths: Any, widths: Any, bases: Any, rows: Any) -> None:
    """Copy each record's first `widths[kind]` bytes (fewer where the record is shorter) to its table in `rows`
    (zeroed).

    `starts` and `found` as filled by the finders; `lengths` is the bytes each record has; a table begins at
    `bases[kind]`.
    """
    done = np.zeros(len(widths), np.int64)
    for k in range(len(starts)):
        kind = found[k]
        width = widths[kind]
        if width == 0:
            continue
        target = bases[kind] + done[kind] * width
        done[kind] += 1
        length = min(width, lengths[k])
        source = starts[k]
        rows[target : target + length] = data[source : source + length]
