"""Defines the port of the hub's log: tiles of its tree, entries, lives."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from agent.hub.domain.rows.log import State
from agent.hub.domain.tree import Tree


class LogStore(Protocol):
    """The open log of accepted reports. What is appended is one transaction: whole, or not at all."""

    def close(self) -> None:
        """Close the file."""

    def transaction(self) -> AbstractContextManager[None]:
        """Run the block as one transaction.

        Raises:
            StoreFailed: The file failed; nothing was changed.
        """

    def state(self) -> State | None:
        """Return how far the log is; None before it began. Raises StoreFailed for what nobody wrote."""

    def keep_state(self, state: State) -> None:
        """Store how far the log is."""

    def begin_life(self, begun: str, size: int, note: str) -> None:
        """Store that a life of the log begins at a tree of `size` entries, with the signed statement."""

    def lives(self) -> list[tuple[str, int, str]]:
        """Return when each life began, at which size, and the signed statement; the first has none."""

    def tile(self, level: int, number: int) -> bytes:
        """Return the hashes of a tile. Raises StoreFailed where some are missing: the file was damaged.

        What is appended to a short one would lie in another's place, and nothing could be proven any more.
        """

    def keep_leaves(self, leaves: Sequence[tuple[int, int, bytes]], tiles: dict[tuple[int, int], bytes]) -> None:
        """Store entries (number, id of the report, salt) and the tiles that they change."""

    def leaves(self, first: int, last: int) -> list[tuple[int, int, bytes]]:
        """Return number, id of the report and salt of the entries from `first` up to, not including, `last`."""

    def leaf_of(self, report_id: int) -> tuple[int, bytes] | None:
        """Return number and salt of the newest entry of a report in hub.db; None where it has none.

        Numbers and ids rise together within a life, so the place is found by halving; no index is stored. Raises
        StoreFailed where an entry is missing.
        """

    def leaf_hash(self, n: int) -> bytes:
        """Return the hash of entry `n`. Raises StoreFailed where it is missing: the file was damaged."""

    def tree(self, size: int) -> Tree:
        """Return the tree of the first `size` entries; what was read for the last one is used again."""
