"""Compiled passes of the columnar log reader `columns`.

All functions they call are in this file, because numba's cache tracks changes of this file only.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

V1_MAGIC = 0xFE
V2_MAGIC = 0xFD
EARLIEST_US = 946_684_800_000_000  # 2000-01-01
LATEST_US = 4_102_444_800_000_000  # 2100-01-01
NEAR_US = 3_600_000_000  # an hour
HEAD = 11  # bytes of a row before the payload


def _crc_tables() -> Any:
    """Return the CRC-16/MCRF4XX tables for eight bytes at a time: row k is the effect of a byte followed by k more."""
    tables = np.zeros((8, 256), np.uint16)
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
        tables[0, byte] = crc
    for k in range(1, 8):
        for byte in range(256):
            before = int(tables[k - 1, byte])
            tables[k, byte] = (before >> 8) ^ int(tables[0, before & 0xFF])
    return tables


_TABLES = _crc_tables()


@numba.njit(cache=True, inline="always")
def _crc(data: Any, start: Any, end: Any, extra: Any) -> Any:
    """Return the checksum of data[start:end] and the CRC extra."""
    crc = np.uint32(0xFFFF)
    # Unsigned: numba would check each index for a negative one, which it takes from the end.
    j, stop = np.uint64(start), np.uint64(end)
    while j + np.uint64(8) <= stop:
        crc = (
            np.uint32(_TABLES[7, np.uint32((crc ^ data[j]) & 0xFF)])
            ^ np.uint32(_TABLES[6, np.uint32(((crc >> 8) ^ data[j + np.uint64(1)]) & 0xFF)])
            ^ np.uint32(_TABLES[5, data[j + np.uint64(2)]])
            ^ np.uint32(_TABLES[4, data[j + np.uint64(3)]])
            ^ np.uint32(_TABLES[3, data[j + np.uint64(4)]])
            ^ np.uint32(_TABLES[2, data[j + np.uint64(5)]])
            ^ np.uint32(_TABLES[1, data[j + np.uint64(6)]])
            ^ np.uint32(_TABLES[0, data[j + np.uint64(7)]])
        )
        j += np.uint64(8)
    while j < stop:
        crc = (crc >> np.uint32(8)) ^ np.uint32(_TABLES[0, (crc ^ data[j]) & 0xFF])
        j += np.uint64(1)
    return (crc >> np.uint32(8)) ^ np.uint32(_TABLES[0, (crc ^ np.uint32(extra)) & 0xFF])


@numba.njit(cache=True, inline="always")
def _time_us(data: Any, at: Any) -> Any:
    """Return the eight bytes at `at` as a big-endian integer."""
    value = np.int64(0)
    for k in range(8):
        value = value << 8 | np.int64(data[at + k])
    return value


@numba.njit(cache=True, nogil=True)
def find_frames(
    data: Any, stop: Any, slots: Any, extras: Any, starts: Any, found: Any, counts: Any, unknown_ids: Any
) -> tuple[int, int, int]:
    """Find the entries of a telemetry log in `data` (uint8) up to `stop`; bytes after `stop` are only looked ahead at.

    `slots` (int16) is the table index by message number, -1 for unknown; `extras` (uint8) the CRC extra. Fills
    `starts` with the offset of each frame's magic byte and `found` with its slot, adds to `counts` by slot, and lists
    the numbers of unknown messages. Returns the number of frames, of unknown frames among them, and of bytes of no
    entry.
    """
    n, available = np.int64(stop), len(data)
    i: Any = np.int64(0)
    total = unknown = bad_bytes = 0
    in_sync = True  # the last entry ended where this one begins
    last_us = np.int64(-1)  # time of the last entry
    while i + 8 + 8 <= n:
        at = i + 8
        magic = data[at]
        length = np.int64(0)
        if magic == V2_MAGIC and at + 12 <= n and data[at + 2] <= 1:
            end = at + 10 + np.int64(data[at + 1])
            length = end + 2 - at + (13 if data[at + 2] else 0)
            msg_id = np.int64(data[at + 7]) | np.int64(data[at + 8]) << 8 | np.int64(data[at + 9]) << 16
        elif magic == V1_MAGIC:
            end = at + 6 + np.int64(data[at + 1])
            length = end + 2 - at
            msg_id = np.int64(data[at + 5])
        good: Any = length > 0 and at + length <= n
        slot = -1
        if good:
            slot = slots[msg_id] if msg_id < len(slots) else -1
            if slot >= 0:
                crc = _crc(data, at + 1, end, extras[msg_id])
                good = data[end] == (crc & 0xFF) and data[end + 1] == (crc >> 8)
            else:
                # The checksum cannot be checked: accept it between valid neighbours.
                after = at + length + 8
                good = in_sync and (after >= available or data[after] == V1_MAGIC or data[after] == V2_MAGIC)
        if good and not in_sync:
            time_us = _time_us(data, i)
            good = EARLIEST_US < time_us < LATEST_US
            # The computer's clock may be far off, or its unit another: times near those of a neighbour are right, too.
            if not good and last_us >= 0:
                good = abs(time_us - last_us) < NEAR_US
            after = at + length + 8
            if not good and time_us >= 0 and after < available:
                follows = data[after] == V1_MAGIC or data[after] == V2_MAGIC
                good = follows and abs(_time_us(data, at + length) - time_us) < NEAR_US
        if not good:
            in_sync = False
            bad_bytes += 1
            i += 1
            continue
        in_sync = True
        last_us = _time_us(data, i)
        if slot >= 0:
            counts[slot] += 1
        else:
            unknown_ids[unknown] = msg_id
            unknown += 1
        starts[total] = at
        found[total] = slot
        total += 1
        i = at + length
    return total, unknown, int(bad_bytes + n - i)


@numba.njit(cache=True, nogil=True)
def gather_rows(data: Any, starts: Any, found: Any, widths: Any, bases: Any, rows: Any) -> None:
    """Sort the frames by message type into `rows`, `HEAD` and `widths[slot]` bytes each, from `bases[slot]` on.

    A row is the time (int64, microseconds), sequence, system, component, and the payload with the zeros that MAVLink 2
    truncates. Each type has one contiguous block, written once, which keeps the writes in the CPU caches.
    """
    done = bases.copy()
    for k in range(len(starts)):
        slot = found[k]
        if slot < 0:
            continue
        # Unsigned: numba would check each index for a negative one, which it takes from the end.
        at = np.uint64(starts[k])
        new = data[at] == V2_MAGIC
        width = np.uint64(widths[slot])
        target = np.uint64(done[slot])
        done[slot] = target + np.uint64(HEAD) + width
        for j in range(np.uint64(8)):
            rows[target + j] = data[at - np.uint64(1) - j]
        head = at + np.uint64(4) if new else at + np.uint64(2)
        rows[target + np.uint64(8)] = data[head]
        rows[target + np.uint64(9)] = data[head + np.uint64(1)]
        rows[target + np.uint64(10)] = data[head + np.uint64(2)]
        source = at + np.uint64(10) if new else at + np.uint64(6)
        target += np.uint64(HEAD)
        length = min(np.uint64(data[at + np.uint64(1)]), width)
        # Loops, not slices: numba's slices cost more than the copy of thirty bytes.
        for j in range(length):
            rows[target + j] = data[source + j]
        for j in range(length, width):
            rows[target + j] = 0
