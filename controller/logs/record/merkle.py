"""Merkle tree of RFC 9162, section 2.1: one root hash for a list of entries, with inclusion proofs for each of them.

Leaves are hashed with prefix 0x00 and nodes with prefix 0x01, so that neither can be passed off as the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two adjacent subtrees."""
    return sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """Return the largest power of two below `size` (size > 1): the number of leaves of the left subtree."""
    return 1 << (size - 1).bit_length() - 1


class Tree:
    """A growing tree. Keeps one hash for each complete subtree: some twenty for a million leaves."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        carried, size = leaf, self.size
        while size & 1:
            carried = node_hash(self._peaks.pop(), carried)
            size >>= 1
        self._peaks.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return sha256(b"").digest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


class InclusionProofs:
    """Inclusion proofs from a whole list of leaf hashes; each subtree is hashed once."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self._roots: dict[tuple[int, int], bytes] = {}

    def root(self, begin: int, end: int) -> bytes:
        """Return the root over the leaves `begin` to `end` - 1 (at least one leaf)."""
        if end - begin == 1:
            return self._leaves[begin]
        found = self._roots.get((begin, end))
        if found is None:
            middle = begin + _split(end - begin)
            found = self._roots[begin, end] = node_hash(self.root(begin, middle), self.root(middle, end))
        return found

    def of(self, index: int) -> list[bytes]:
        """Return the hashes that give the root together with leaf `index`, from the bottom up. Raises IndexError."""
        begin, end = 0, len(self._leaves)
        if not begin <= index < end:
            raise IndexError(f"no leaf {index} in a tree of {end} leaves")
        hashes = []
        while end - begin > 1:
            middle = begin + _split(end - begin)
            if index < middle:
                hashes.append(self.root(middle, end))
                end = middle
            else:
                hashes.append(self.root(begin, middle))
                begin = middle
        return hashes[::-1]


def root_from_proof(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof gives, or None if its number of hashes does not fit `index` and `size`."""
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, leaf
    for step in hashes:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(step, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, step)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None
