"""Verifies that an entry is in a Merkle tree, and that a tree is the beginning of a later one. Pure.

What a hub appends to such a tree it can neither change nor drop afterwards without another root: whoever has an older
root notices. The tree itself is built in `agent/hub/domain/tree.py`; this is all that a site, witness or court needs.

Source: RFC 9162 sections 2.1.1 (hashes), 2.1.3.2 (inclusion) and 2.1.4.2 (consistency).
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from agent.model.errors import NotVerified

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of a tree without entries."""

SIZE_MAX: Final = 2**53 - 1
"""More entries than this no reader in another language counts exactly."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry; the prefix keeps it from ever being taken for a node."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that a tree of `size` entries has if `leaf` is the hash of entry `index` in it.

    Raises:
        NotVerified: `log-proof`: no proof for this place has this length.
    """
    if not 0 <= index < size:
        raise NotVerified("log-proof", "the receipt names a place outside of its log")
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotVerified("log-proof", "the receipt has a proof of the wrong length")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise NotVerified("log-proof", "the receipt has a proof of the wrong length")
    return found


def is_consistent(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Return whether `path` proves that the tree of `old` (size and root) is the beginning of that of `new`."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size:
        return False
    if old_size in (0, new_size):
        return not path and (old_root == EMPTY_ROOT if old_size == 0 else old_root == new_root)
    whole = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not whole:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_found = new_found = whole[0]
    for sibling in whole[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new_found = node_hash(new_found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root
