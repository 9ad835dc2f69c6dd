"""Builds the Merkle tree of the hub's log from stored tiles: root, proofs, and what an append changes.

A tile has up to 256 hashes of one height side by side; above each 256 there is one in the tile eight levels up. To
append writes one tile a level, and a proof reads two: nothing is ever built anew. Reads through a function, so that a
database and a folder of files serve alike. Pure otherwise.

Source: RFC 9162 section 2.1; C2SP tlog-tiles (the same tiles).
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from typing import Final

from agent.verify.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
TILE_BYTES: Final = WIDTH * HASH_BYTES

_TILES_MOST: Final = 16

ReadTile = Callable[[int, int], bytes]
"""Returns the hashes of the tile of a level and number, as many as it has."""


def appended(size: int, read: ReadTile, hashes: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Return the tiles, by level and number, that change when leaf hashes follow a tree of `size` entries."""
    changed: dict[tuple[int, int], bytes] = {}
    level = 0
    while hashes:
        number, used = divmod(size, WIDTH)
        data = (read(level, number)[: used * HASH_BYTES] if used else b"") + b"".join(hashes)
        carried = []
        for start in range(0, len(data), TILE_BYTES):
            tile = data[start : start + TILE_BYTES]
            changed[level, number + start // TILE_BYTES] = tile
            if len(tile) == TILE_BYTES:
                carried.append(_rows_above(_hashes(tile))[-1][0])
        hashes, size, level = carried, size // WIDTH, level + 1
    return changed


class Tree:
    """A tree of `size` entries, read from its tiles; what was read is kept as long as this lives."""

    def __init__(self, size: int, read: ReadTile, before: "Tree | None" = None) -> None:
        """Read tiles by `read`; whole ones, which never change, are taken over from another tree of the same log."""
        self.size, self._read = size, read
        self._tiles = before.whole_tiles() if before else {}
        self._ranges: dict[tuple[int, int], bytes] = {}

    def whole_tiles(self) -> dict[tuple[int, int], list[list[bytes]]]:
        """Return some of the whole tiles that were read, with all nodes above their hashes."""
        whole = [(at, rows) for at, rows in self._tiles.items() if len(rows) > HEIGHT]
        return dict(whole[-_TILES_MOST:])

    def root(self) -> bytes:
        """Return the root over all entries."""
        return self._range(0, self.size) if self.size else EMPTY_ROOT

    def inclusion(self, first: int, last: int) -> list[str]:
        """Return the proofs of the entries from `first` up to, not including, `last`.

        Each is its hashes in base64, each on a line, the entry's sibling first. Neighbours share what is above them, so
        a run costs little more than its first.
        """
        found: list[str] = []
        self._descend((0, self.size), (first, last), "", found)
        return found

    def consistency(self, old_size: int) -> list[bytes]:
        """Return the proof that the tree of the first `old_size` entries is the beginning of this one."""
        if old_size in (0, self.size):
            return []
        path: list[bytes] = []
        low, high, is_whole = 0, self.size, True
        while old_size != high:
            middle = low + _split(high - low)
            if old_size <= middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low, is_whole = middle, False
        return ([] if is_whole else [self._range(low, high)]) + path[::-1]

    def _descend(self, within: tuple[int, int], run: tuple[int, int], above: str, found: list[str]) -> None:
        (low, high), (first, last) = within, run
        length = high - low
        if length <= WIDTH and not length & (length - 1):
            found += self._of_whole(low, length, above)[max(0, first - low) : last - low]
            return
        middle = low + _split(length)
        if first < middle:
            self._descend((low, middle), run, _line(self._range(middle, high)) + above, found)
        if last > middle:
            self._descend((middle, high), run, _line(self._range(low, middle)) + above, found)

    def _of_whole(self, low: int, length: int, above: str) -> list[str]:
        """Return the proofs of all entries of a whole subtree within a tile, row by row from what is above it."""
        tile, place = divmod(low, WIDTH)
        rows, paths = self._rows(0, tile), [above]
        for row in reversed(range(length.bit_length() - 1)):
            lines = [_line(one) for one in rows[row][place >> row : (place + length) >> row]]
            paths = [lines[at ^ 1] + paths[at >> 1] for at in range(len(lines))]
        return paths

    def _range(self, low: int, high: int) -> bytes:
        """Return the hash over the entries from `low` up to `high`, which RFC 9162 splits off the tree."""
        found = self._ranges.get((low, high))
        if found is None:
            length = high - low
            if length & (length - 1) == 0:
                height = length.bit_length() - 1
                found = self._node(height, low >> height)
            else:
                middle = low + _split(length)
                found = node_hash(self._range(low, middle), self._range(middle, high))
            self._ranges[low, high] = found
        return found

    def _node(self, height: int, number: int) -> bytes:
        """Return the hash of a whole subtree of 2^height entries."""
        level, row = divmod(height, HEIGHT)
        tile, place = divmod(number, WIDTH >> row)
        return self._rows(level, tile)[row][place]

    def _rows(self, level: int, tile: int) -> list[list[bytes]]:
        rows = self._tiles.get((level, tile))
        if rows is None:
            rows = self._tiles[level, tile] = _rows_above(_hashes(self._read(level, tile)))
        return rows


def _line(digest: bytes) -> str:
    """Return a hash in base64 with a line break."""
    return b2a_base64(digest).decode("ascii")


def _split(length: int) -> int:
    """Return the largest power of two below a length of at least 2."""
    return 1 << ((length - 1).bit_length() - 1)


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def _rows_above(row: list[bytes]) -> list[list[bytes]]:
    """Return the hashes of a tile and all whole nodes above them, up to the height of the tile."""
    rows, sha256 = [row], hashlib.sha256
    while len(row) > 1:
        row = [sha256(b"\1" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
        rows.append(row)
    return rows
