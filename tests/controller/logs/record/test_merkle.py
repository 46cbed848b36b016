"""The Merkle tree against RFC 9162's recursion, and its proofs against forgery."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.logs.record.merkle import InclusionProofs, Tree, leaf_hash, node_hash, root_from_proof


def by_the_book(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(by_the_book(leaves[:k]), by_the_book(leaves[k:]))


LEAVES = [leaf_hash(bytes((i,))) for i in range(70)]


def test_the_growing_tree_has_the_root_of_the_recursion_at_every_size() -> None:
    tree = Tree()
    for size in range(len(LEAVES)):
        assert tree.root() == by_the_book(LEAVES[:size])
        assert tree.size == size
        tree.append(LEAVES[size])


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_is_proved_and_only_at_its_own_place(size: int) -> None:
    leaves = LEAVES[:size]
    root = by_the_book(leaves)
    for index in range(size):
        hashes = InclusionProofs(leaves).of(index)
        assert root_from_proof(leaves[index], index, size, hashes) == root
        assert root_from_proof(LEAVES[-1], index, size, hashes) != root
        for other in range(size):
            if other != index:
                assert root_from_proof(leaves[index], other, size, hashes) != root


@given(st.integers(1, 60), st.data())
def test_a_proof_with_anything_changed_does_not_lead_to_the_root(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    hashes = InclusionProofs(leaves).of(index)
    root = by_the_book(leaves)
    assert root_from_proof(leaves[index], index, size, [*hashes, LEAVES[0]]) != root
    if hashes:
        at = data.draw(st.integers(0, len(hashes) - 1))
        assert root_from_proof(leaves[index], index, size, hashes[:at] + hashes[at + 1 :]) != root
        changed = bytes(32) if hashes[at] != bytes(32) else bytes(31) + b"\1"
        assert root_from_proof(leaves[index], index, size, [*hashes[:at], changed, *hashes[at + 1 :]]) != root


def test_a_leaf_that_is_not_there_cannot_be_proved() -> None:
    with pytest.raises(IndexError, match="no leaf 3 among 3"):
        InclusionProofs(LEAVES[:3]).of(3)
