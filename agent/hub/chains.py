"""How far each chain goes, and what was counted: read and written once in a transaction, whatever comes in it.

Decides nothing. `agent/hub/store.py` has one of these for its open transaction, and alone calls `flush` and `forget`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from agent.chain import GENESIS, STREAMS
from agent.hub.verify import Chain
from agent.model import Head, StreamName

Key = tuple[str, str, StreamName]
"""Site, epoch and stream."""


@dataclass(slots=True)
class Chains:
    """The chains and counts that a transaction has touched."""

    _db: sqlite3.Connection
    _known: dict[Key, Chain] = field(default_factory=dict)
    _changed: set[Key] = field(default_factory=set)
    _settled: set[Key] = field(default_factory=set)
    _expected: dict[Key, int] = field(default_factory=dict)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def settle(self, key: Key) -> bool:
        """Say whether this transaction has already moved a chain as far as it goes; from now on it has."""
        settled = key in self._settled
        self._settled.add(key)
        return settled

    def get(self, key: Key) -> Chain:
        """Return how far a chain goes without a hole."""
        chain = self._known.get(key)
        if chain is None:
            row = self._db.execute(
                "SELECT seq, digest, position_seq, position_digest, broken FROM chain"
                " WHERE site = ? AND epoch = ? AND stream = ?",
                key,
            ).fetchone()
            chain = Chain(Head(*row[:2]), Head(*row[2:4]), row[4]) if row else Chain()
            if self._db.in_transaction:
                self._known[key] = chain
        return chain

    def keep(self, key: Key, chain: Chain) -> None:
        """Keep how far a chain goes."""
        self._known[key] = chain
        self._changed.add(key)

    def expect(self, key: Key, seq: int) -> None:
        """Note that the site says to have made this report: so a lost tail shows."""
        self._expected[key] = max(seq, self._expected.get(key, 0))

    def count(self, site: str, name: str) -> None:
        """Count one more of something about a site."""
        self._counts[site, name] += 1

    def watermark(self, site: str, epoch: str) -> dict[StreamName, Head]:
        """Return how far each stream of an epoch is confirmed; streams with nothing confirmed are left out."""
        chains = {stream: self.get((site, epoch, stream)) for stream in STREAMS}
        return {stream: chain.confirmed for stream, chain in chains.items() if chain.confirmed.seq}

    def flush(self) -> None:
        """Write what has changed, within the transaction."""
        self._db.executemany(
            "INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (site, epoch, stream) DO UPDATE SET"
            " seq = excluded.seq, digest = excluded.digest, position_seq = excluded.position_seq,"
            " position_digest = excluded.position_digest, broken = excluded.broken",
            [(*key, *_columns(self._known[key])) for key in self._changed],
        )
        empty = (0, GENESIS.digest, 0, GENESIS.digest, 0)
        self._db.executemany(
            "INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, epoch, stream) DO UPDATE SET"
            " expected = max(expected, excluded.expected)",
            [(*key, *empty, seq) for key, seq in self._expected.items()],
        )
        self._db.executemany(
            "INSERT INTO count VALUES (?, ?, ?) ON CONFLICT (site, name) DO UPDATE SET n = n + excluded.n",
            [(*key, n) for key, n in self._counts.items()],
        )

    def forget(self) -> None:
        """Forget everything: the transaction is over, or was taken back."""
        for held in (self._known, self._changed, self._settled, self._expected, self._counts):
            held.clear()


def _columns(chain: Chain) -> tuple[int, str, int, str, int]:
    return chain.confirmed.seq, chain.confirmed.digest, chain.position.seq, chain.position.digest, chain.broken
