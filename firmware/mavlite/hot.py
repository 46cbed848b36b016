"""Per-byte loops in viper: machine code on boards, the same source as Python under CPython.

No function allocates. Offsets are not checked in machine code; the caller guarantees them.
"""

from firmware.core import compat as micropython
from firmware.core.compat import ptr8


@micropython.viper
def crc16(buf: ptr8, at: int, count: int, extra: int) -> int:
    """Return the CRC-16/MCRF4XX of `count` bytes from `at`, then of the byte `extra` unless negative."""
    crc: int = 0xFFFF
    end: int = at + count
    i: int = at
    while i < end:
        x: int = (int(buf[i]) ^ crc) & 0xFF
        x = (x ^ (x << 4)) & 0xFF
        crc = (crc >> 8) ^ (x << 8) ^ (x << 3) ^ (x >> 4)
        i += 1
    if extra >= 0:
        x = (extra ^ crc) & 0xFF
        x = (x ^ (x << 4)) & 0xFF
        crc = (crc >> 8) ^ (x << 8) ^ (x << 3) ^ (x >> 4)
    return crc & 0xFFFF


@micropython.viper
def copy(dst: ptr8, dst_at: int, src: ptr8, src_at: int, count: int) -> int:
    """Copy upwards from the lowest byte (within one buffer only towards its beginning); returns the end in `dst`."""
    i: int = 0
    while i < count:
        dst[dst_at + i] = src[src_at + i]
        i += 1
    return dst_at + count


@micropython.viper
def copy_in(ring: ptr8, size: int, head: int, src: ptr8, src_at: int, count: int) -> int:
    """Copy into a ring of `size` bytes, wrapping; returns the new head."""
    i: int = 0
    while i < count:
        ring[head] = src[src_at + i]
        head += 1
        if head == size:
            head = 0
        i += 1
    return head


@micropython.viper
def copy_out(dst: ptr8, ring: ptr8, size: int, tail: int, count: int) -> int:
    """Copy out of a ring of `size` bytes to the start of `dst`, wrapping; returns the new tail."""
    i: int = 0
    while i < count:
        dst[i] = ring[tail]
        tail += 1
        if tail == size:
            tail = 0
        i += 1
    return tail


@micropython.viper
def same(a: ptr8, a_at: int, b: ptr8, b_at: int, count: int) -> int:
    """1 if the bytes are equal; takes the same time wherever they differ."""
    wrong: int = 0
    i: int = 0
    while i < count:
        wrong |= int(a[a_at + i]) ^ int(b[b_at + i])
        i += 1
    return 1 if wrong == 0 else 0


@micropython.viper
def find_row(table: ptr8, rows: int, msg_id: int) -> int:
    """Offset of a message's row in the sorted table (8 bytes a row, number first), or -1."""
    low: int = 0
    high: int = rows
    while low < high:
        mid: int = (low + high) >> 1
        at: int = mid << 3
        found: int = int(table[at]) | (int(table[at + 1]) << 8) | (int(table[at + 2]) << 16)
        if found == msg_id:
            return at
        if found < msg_id:
            low = mid + 1
        else:
            high = mid
    return -1


@micropython.viper
def junk(buf: ptr8, at: int, end: int) -> int:
    """Return the number of bytes from `at` on that cannot start a frame."""
    i: int = at
    while i < end:
        if int(buf[i]) >= 0xFD and int(buf[i]) != 0xFF:
            break
        i += 1
    return i - at


@micropython.viper
def frame_length(buf: ptr8, at: int, end: int) -> int:
    """Return the length of the candidate at `at`, 0 if it needs more bytes, -1 if it is no frame."""
    have: int = end - at
    v2: int = 1 if int(buf[at]) == 0xFD else 0
    if v2 == 1 and have > 2 and int(buf[at + 2]) > 1:
        return -1
    if have < 3:
        return 0
    length: int = int(buf[at + 1]) + 8
    if v2 == 1:
        length += 4
        if int(buf[at + 2]) == 1:
            length += 13
    return length


@micropython.viper
def add_be(counter: ptr8, size: int, amount: int) -> int:
    """Add a non-negative amount to a big-endian counter of `size` bytes; return the overflow."""
    i: int = size - 1
    carry: int = amount
    while i >= 0 and carry > 0:
        carry += int(counter[i])
        counter[i] = carry & 0xFF
        carry = carry >> 8
        i -= 1
    return carry


@micropython.viper
def find_seen(seen: ptr8, slots: int, key: ptr8, length: int) -> int:
    """Return the offset of the slot (8 bytes) that starts with `length` bytes of `key`, or -1."""
    i: int = 0
    while i < slots:
        at: int = i << 3
        j: int = 0
        while j < length and int(seen[at + j]) == int(key[j]):
            j += 1
        if j == length:
            return at
        i += 1
    return -1


@micropython.viper
def first_rule(
    rules: ptr8, size: int, direction: int, system: int, component: int, target: int, msg_id: int
) -> int:
    """Return the verdict of the first matching rule: 1 allow, 0 refuse; -1 if none matches.

    A rule has 12 bytes, see `roles/firewall.py`.

    `target` is 0 for a broadcast and -1 for none; a broadcast also matches a refusing rule with a target.
    """
    at: int = 0
    while at < size:
        if int(rules[at]) & direction:
            rule_system: int = int(rules[at + 2])
            rule_component: int = int(rules[at + 3])
            if (rule_system == 0 or rule_system == system) and (
                rule_component == 0 or rule_component == component
            ):
                if (
                    int(rules[at + 4]) == 0
                    or int(rules[at + 5]) == target
                    or (target == 0 and int(rules[at + 1]) == 0)
                ):
                    first: int = int(rules[at + 6]) | (int(rules[at + 7]) << 8) | (int(rules[at + 8]) << 16)
                    last: int = int(rules[at + 9]) | (int(rules[at + 10]) << 8) | (int(rules[at + 11]) << 16)
                    if msg_id >= first and msg_id <= last:
                        return int(rules[at + 1])
        at += 12
    return -1
