"""Reads a recorder's ring: whole blocks in order, the chain checked, frames as a tlog."""

from firmware.roles.recorder import BLOCK, DIGEST, DIGEST_AT, HEAD, Store, find_newest, is_whole, number_of


def blocks(store: Store) -> "list[tuple[int, int]]":
    """(number, slot) of every whole block, oldest first."""
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
    """The records of a whole block: a piece of a tlog."""
    return bytes(block[HEAD : HEAD + (block[8] | block[9] << 8)])


def frames_in(block: bytearray) -> int:
    return block[10] | block[11] << 8


def breaks(store: Store) -> "list[int]":
    """Numbers of the blocks that do not follow on the block before them; [] for an unbroken chain."""
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
    """Everything in the ring as one tlog. For tools; a board sends it block by block."""
    block = bytearray(BLOCK)
    out = b""
    for _, slot in blocks(store):
        store.read(slot * BLOCK, block)
        out += payload(block)
    return out
