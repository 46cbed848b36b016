"""Merkle tree against the recursive definition of RFC 9162, and its proofs against forgery."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.logs.record.merkle import InclusionProofs, Tree, leaf_hash, node_hash, root_from_proof


def rfc_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 9162, section 2.1.1, defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(rfc_root(leaves[:k]), rfc_root(leaves[k:]))


LEAVES = [leaf_hash(bytes((i,))) for i in range(70)]


def test_the_growing_tree_has_the_root_of_rfc_9162_at_every_size() -> None:
    tree = Tree()
    for size in range(len(LEAVES)):
        assert tree.root() == rfc_root(LEAVES[:size])
        assert tree.size == size
        tree.append(LEAVES[size])


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_is_proved_at_its_own_index_only(size: int) -> None:
    leaves = LEAVES[:size]
    root = rfc_root(leaves)
    for index in range(size):
        hashes = InclusionProofs(leaves).of(index)
        assert root_from_proof(leaves[index], index, size, hashes) == root
        assert root_from_proof(LEAVES[-1], index, size, hashes) != root
        for other in range(size):
            if other != index:
                assert root_from_proof(leaves[index], other, size, hashes) != root


@given(st.integers(1, 60), st.data())
def test_a_changed_proof_does_not_give_the_root(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    hashes = InclusionProofs(leaves).of(index)
    root = rfc_root(leaves)
    assert root_from_proof(leaves[index], index, size, [*hashes, LEAVES[0]]) != root
    if hashes:
        at = data.draw(st.integers(0, len(hashes) - 1))
        assert root_from_proof(leaves[index], index, size, hashes[:at] + hashes[at + 1 :]) != root
        changed = bytes(32) if hashes[at] != bytes(32) else bytes(31) + b"\1"
        assert root_from_proof(leaves[index], index, size, [*hashes[:at], changed, *hashes[at + 1 :]]) != root


def test_a_leaf_outside_the_tree_cannot_be_proved() -> None:
    with pytest.raises(IndexError, match="no leaf 3 in a tree of 3 leaves"):
        InclusionProofs(LEAVES[:3]).of(3)
