"""Reader of a recorder's ring: whole blocks in order, chain check, frames as a tlog."""

from firmware.roles.recorder import BLOCK, DIGEST, DIGEST_AT, HEAD, Store, find_newest, is_whole, number_of


def blocks(store: Store) -> "list[tuple[int, int]]":
    """Return (number, slot) of every whole block, oldest first."""
    block = bytearray(BLOCK)
    newest = find_newest(store, block)
    found = []
    for number in range(max(0, newest - store.blocks + 1), newest + 1):
        slot = number % store.blocks
        store.read(slot * BLOCK, block)
        if is_whole(block) and number_of(block) == number:
            found.append((number, slot))
    return found


def payload(block: bytearray) -> bytes:
    """Return the records of a whole block, a part of a tlog."""
    return bytes(block[HEAD : HEAD + (block[8] | block[9] << 8)])


def frames_in(block: bytearray) -> int:
    return block[10] | block[11] << 8


def breaks(store: Store) -> "list[int]":
    """Return the numbers of blocks whose chain digest does not match the previous block; [] if unbroken."""
    block = bytearray(BLOCK)
    wrong = []
    previous = b""
    for number, slot in blocks(store):
        store.read(slot * BLOCK, block)
        if previous and bytes(block[20 : 20 + DIGEST]) != previous:
            wrong.append(number)
        previous = bytes(block[DIGEST_AT:])
    return wrong


def tlog(store: Store) -> bytes:
    """Return the ring as one tlog. For tools; a board sends single blocks."""
    block = bytearray(BLOCK)
    out = b""
    for _, slot in blocks(store):
        store.read(slot * BLOCK, block)
        out += payload(block)
    return out
