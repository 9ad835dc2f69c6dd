"""Proofs of inclusion and consistency hold for every tree and place, and for nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hub.domain.tree import Tree, appended
from agent.model.errors import NotVerified
from agent.verify.merkle import EMPTY_ROOT, is_consistent, leaf_hash, node_hash, root_of_inclusion

# Source: the reference trees of Certificate Transparency (certificate-transparency-go, testdata): eight entries, and
# the root over the first n of them.
ENTRIES = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root as RFC 9162 section 2.1.1 defines it, by recursion over all leaves."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(plain_root(leaves[:half]), plain_root(leaves[half:]))


def grown(leaves: Sequence[bytes], steps: Sequence[int]) -> Tree:
    """Return a tree that grew by so many leaves at a time."""
    tiles: dict[tuple[int, int], bytes] = {}
    size = 0
    for step in (*steps, len(leaves)):
        tiles.update(appended(size, lambda level, n: tiles[level, n], leaves[size : size + step]))
        size = min(size + step, len(leaves))
    return Tree(size, lambda level, n: tiles[level, n])


def hashes(path: str) -> list[bytes]:
    return [base64.b64decode(line) for line in path.splitlines()]


LEAVES = [leaf_hash(n.to_bytes(3)) for n in range(70_000)]


def test_the_trees_are_those_of_certificate_transparency() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    for size, root in enumerate(ROOTS, 1):
        assert grown(leaves[:size], []).root().hex() == root


@given(st.integers(0, 700), st.lists(st.integers(1, 300), max_size=6))
def test_however_a_tree_grew_its_root_and_every_proof_hold(size: int, steps: list[int]) -> None:
    leaves = LEAVES[:size]
    tree = grown(leaves, steps)
    root = plain_root(leaves)
    assert tree.root() == root
    for index in {0, size // 3, size // 2, size - 1} if size else ():
        (path,) = tree.inclusion(index, index + 1)
        assert root_of_inclusion(index, size, leaves[index], hashes(path)) == root
    for old in {0, 1, size // 3, size // 2, max(0, size - 1), size}:
        if old <= size:
            assert is_consistent((old, plain_root(leaves[:old])), (size, root), tree.consistency(old))


def test_a_tree_of_three_levels_of_tiles_proves_its_ends() -> None:
    tree = grown(LEAVES, [1, 255, 256, 65_000])
    assert tree.root() == plain_root(LEAVES)
    for index, path in zip(range(69_990, 70_000), tree.inclusion(69_990, 70_000), strict=True):
        assert root_of_inclusion(index, 70_000, LEAVES[index], hashes(path)) == tree.root()
    assert is_consistent((65_537, plain_root(LEAVES[:65_537])), (70_000, tree.root()), tree.consistency(65_537))


@given(st.integers(2, 300), st.data())
def test_a_changed_leaf_place_size_or_hash_leads_to_no_root(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    tree = grown(leaves, [])
    index = data.draw(st.integers(0, size - 1))
    path = hashes(tree.inclusion(index, index + 1)[0])

    def leads(index: int, size: int, leaf: bytes, path: list[bytes]) -> bool:
        try:
            return root_of_inclusion(index, size, leaf, path) == tree.root()
        except NotVerified:
            return False

    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    at = data.draw(st.integers(0, len(path) - 1))
    assert leads(index, size, leaves[index], path)
    assert not leads(index, size, leaves[other], path)
    assert not leads(other, size, leaves[index], path)
    assert not leads(index, size, leaves[index], [*path[:at], LEAVES[size], *path[at + 1 :]])
    assert not leads(index, size, leaves[index], path[:-1])
    assert not leads(index, size, leaves[index], [*path, path[-1]])
    assert not leads(index + size, size, leaves[index], path)


@given(st.integers(2, 300), st.data())
def test_no_proof_makes_a_rewritten_tree_a_continuation(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    held = (old, plain_root(LEAVES[:old]))
    leaves = [*LEAVES[:changed], LEAVES[size], *LEAVES[changed + 1 : size]]
    rewritten = grown(leaves, [])
    path = rewritten.consistency(old)
    honest = grown(LEAVES[:size], []).consistency(old)
    for offered in (path, honest, [], [*path, held[1]], path[:-1], [held[1], *path]):
        assert not is_consistent(held, (size, rewritten.root()), offered)


def test_a_tree_never_shrinks_and_an_equal_one_is_the_same() -> None:
    tree = grown(LEAVES[:9], [])
    assert not is_consistent((10, plain_root(LEAVES[:10])), (9, tree.root()), [])
    assert is_consistent((9, tree.root()), (9, tree.root()), [])
    assert not is_consistent((9, plain_root(LEAVES[1:10])), (9, tree.root()), [])
    assert not is_consistent((0, LEAVES[0]), (9, tree.root()), [])
    assert not is_consistent((-1, EMPTY_ROOT), (9, tree.root()), [])


def test_a_place_outside_of_the_tree_is_refused() -> None:
    for index in (-1, 4, 2**60):
        with pytest.raises(NotVerified):
            root_of_inclusion(index, 4, LEAVES[0], [])
