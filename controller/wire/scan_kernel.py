"""Compiled inner loop of the framer; see `framer` for the rules.

All functions it calls are in this file, because numba's cache tracks changes of this file only.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

V1_MAGIC = 0xFE
V2_MAGIC = 0xFD


def _crc_table() -> Any:
    """Return the CRC-16/MCRF4XX table: reflected polynomial 0x8408, one entry a byte value."""
    table = np.zeros(256, np.uint16)
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
        table[byte] = crc
    return table


_TABLE = _crc_table()


@numba.njit(cache=True)
def scan(data: Any, extras: Any, rows: Any, counters: Any) -> int:
    """Find the frames of `data` (uint8) and return their number.

    Fills `rows` (int32, 6 by any) with start, stop, message, sequence, system, component. `extras` (int16) is the CRC
    extra by message number, -1 for unknown. Sets counters[0] (int64) to the bytes consumed (the remaining bytes begin
    an incomplete frame) and adds to the others: frames, unknown frames, rejected candidates, bytes of no frame.
    """
    n = len(data)
    count = bad_bytes = bad_frames = unknown = 0
    i: Any = 0
    while i < n:
        magic = data[i]
        if magic == V2_MAGIC:
            header = 10
        elif magic == V1_MAGIC:
            header = 6
        else:
            bad_bytes += 1
            i += 1
            continue
        if i + header > n:
            # Invalid flags reject the candidate before the rest of it arrives.
            if header == 10 and i + 2 < n and data[i + 2] > 1:
                bad_bytes += 1
                bad_frames += 1
                i += 1
                continue
            break
        end = i + header + np.int64(data[i + 1])
        stop = end + 2
        if header == 10:
            if data[i + 2] > 1:
                bad_bytes += 1
                bad_frames += 1
                i += 1
                continue
            if data[i + 2] == 1:
                stop += 13
            msg_id = np.int64(data[i + 7]) | np.int64(data[i + 8]) << 8 | np.int64(data[i + 9]) << 16
            at = i + 4
        else:
            msg_id = np.int64(data[i + 5])
            at = i + 2
        if stop > n:
            break
        extra = np.int64(extras[msg_id]) if msg_id < len(extras) else np.int64(-1)
        if extra < 0:
            good = data[at + 1] != 0 and (stop == n or data[stop] == V1_MAGIC or data[stop] == V2_MAGIC)
        else:
            crc = np.uint16(0xFFFF)
            for j in range(i + 1, end):
                crc = (crc >> np.uint16(8)) ^ _TABLE[(crc ^ data[j]) & np.uint16(0xFF)]
            crc = (crc >> np.uint16(8)) ^ _TABLE[(crc ^ np.uint16(extra)) & np.uint16(0xFF)]
            good = data[end] == (crc & np.uint16(0xFF)) and data[end + 1] == (crc >> np.uint16(8))
        if not good:
            bad_bytes += 1
            bad_frames += 1
            i += 1
            continue
        if extra < 0:
            unknown += 1
        rows[0, count] = i
        rows[1, count] = stop
        rows[2, count] = msg_id
        rows[3, count] = data[at]
        rows[4, count] = data[at + 1]
        rows[5, count] = data[at + 2]
        count += 1
        i = stop
    counters[0] = i
    counters[1] += count
    counters[2] += unknown
    counters[3] += bad_frames
    counters[4] += bad_bytes
    return int(count)
