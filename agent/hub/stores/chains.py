"""Reads and writes chain heads, last contact and counters of sites, once in a transaction.

Decides nothing. The store has one of these for its open transaction, and alone calls `flush` and `forget`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.contract.chain import GENESIS, STREAMS
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.database import Connection
from agent.model.finding import Head, StreamName
from agent.verify.message import Chain

SITES_MOST: Final = 10_000
"""Sites of which nothing is verified that are counted by name; anybody can invent more. The others count as one."""


_NO_CHAIN: Final = (Chain(), GENESIS.seq)


@dataclass(slots=True)
class Chains:
    """The chains, times and counts that a transaction has changed. Times are RFC 3339 texts in UTC."""

    _db: Connection
    _known: dict[Key, Chain] = field(default_factory=dict)
    _changed: set[Key] = field(default_factory=set)
    _settled: set[Key] = field(default_factory=set)
    _expected: dict[Key, int] = field(default_factory=dict)
    _heard: dict[str, tuple[str, str]] = field(default_factory=dict)
    _heard_before: dict[str, str] = field(default_factory=dict)
    _late: dict[str, str] = field(default_factory=dict)
    _health: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def settle(self, key: Key) -> bool:
        """Return whether this transaction has already advanced a chain as far as it goes, and note that it has."""
        settled = key in self._settled
        self._settled.add(key)
        return settled

    def get(self, key: Key) -> Chain:
        """Return how far a chain goes without a hole."""
        chain = self._known.get(key)
        return chain if chain is not None else self._read(key)[0]

    def expected(self, key: Key) -> int:
        """Return the highest number that the site is known to have made."""
        number = self._expected.get(key)
        return number if number is not None else self._read(key)[1]

    def keep(self, key: Key, chain: Chain) -> None:
        """Store how far a chain goes."""
        self.expected(key)
        self._known[key] = chain
        self._changed.add(key)

    def expect(self, key: Key, seq: int) -> None:
        """Note that the site has made this report, so that a lost tail is noticed."""
        if seq > self.expected(key):
            self._expected[key] = seq
            self._changed.add(key)

    def hear(self, site: str, at: str, protocol: str) -> None:
        """Note when a verified message of a site came, and in which form; no form: it came then, and waited."""
        if protocol:
            self._heard[site] = (at, protocol)
        else:
            self._heard_before[site] = at

    def late(self, site: str, at: str) -> None:
        """Note a report behind a newer one, or newly missing reports: a backlog is on its way."""
        self._late[site] = at

    def health(self, site: str, epoch: str, at: str, next_due_at: str) -> None:
        """Note the newest health report of an epoch, and when the next one is due by it."""
        self._health[site, epoch] = (at, next_due_at)

    def count(self, site: str, name: str) -> None:
        """Count one more of something about a site."""
        self._counts[site, name] += 1

    def watermark(self, site: str, epoch: str) -> dict[StreamName, Head]:
        """Return how far each stream of an epoch is confirmed, without streams of which nothing is."""
        chains = {stream: self.get((site, epoch, stream)) for stream in STREAMS}
        return {stream: chain.confirmed for stream, chain in chains.items() if chain.confirmed.seq}

    def flush(self) -> None:
        """Write the changes, within the transaction."""
        self._db.executemany(
            "INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, epoch, stream) DO UPDATE SET"
            " seq = excluded.seq, digest = excluded.digest, position_seq = excluded.position_seq,"
            " position_digest = excluded.position_digest, broken = excluded.broken, expected = excluded.expected",
            [(*key, *_columns(self.get(key)), self.expected(key)) for key in self._changed],
        )
        self._db.executemany(
            "UPDATE site SET arrived_at = ?, protocol = ? WHERE site = ?",  # also back, after the clock was wrong
            [(*heard, site) for site, heard in self._heard.items()],
        )
        self._db.executemany(
            "UPDATE site SET arrived_at = ? WHERE site = ? AND arrived_at < ?",
            [(at, site, at) for site, at in self._heard_before.items()],
        )
        self._db.executemany(
            "UPDATE site SET backlog_at = CASE WHEN backlog_at < ? THEN ? ELSE backlog_at END, holes_at = ''"
            " WHERE site = ?",
            [(at, at, site) for site, at in self._late.items()],
        )
        self._db.executemany(
            "UPDATE site SET health_at = ?, next_due_at = ? WHERE site = ? AND epoch = ?",
            [(*told, *key) for key, told in self._health.items()],
        )
        self._db.executemany(
            "INSERT INTO count VALUES (?, ?, ?) ON CONFLICT (site, name) DO UPDATE SET n = count.n + excluded.n",
            [(*key, n) for key, n in self._counted().items()],
        )

    def forget(self) -> None:
        """Drop everything: the transaction is over, or was rolled back."""
        for held in (self._known, self._changed, self._settled, self._expected, self._counts):
            held.clear()
        for times in (self._heard, self._heard_before, self._late, self._health):
            times.clear()

    def _counted(self) -> Counter[tuple[str, str]]:
        """Return the counts; those of sites beyond the limit are under no name."""
        heard = self._heard.keys() | self._heard_before.keys()  # verified: they have a row
        new = [site for site in {site for site, _ in self._counts} - heard if not self._known_by_name(site)]
        if not new:
            return self._counts
        strangers = "SELECT count(DISTINCT site) FROM count WHERE site NOT IN (SELECT site FROM site)"
        (number,) = self._db.execute(strangers).fetchone()
        unnamed = set(new[max(0, SITES_MOST - number) :])
        counted: Counter[tuple[str, str]] = Counter()
        for (site, name), n in self._counts.items():
            counted["" if site in unnamed else site, name] += n
        return counted

    def _known_by_name(self, site: str) -> bool:
        query = (
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM count WHERE site = ?1) OR EXISTS (SELECT 1 FROM site WHERE site = ?1)"
        )
        return not site or self._db.execute(query, (site,)).fetchone() is not None

    def _read(self, key: Key) -> tuple[Chain, int]:
        """Return how far a chain goes, and its highest number; those of the epoch are read at once."""
        site, epoch, stream = key
        rows = self._db.execute(
            "SELECT stream, seq, digest, position_seq, position_digest, broken, expected FROM chain"
            " WHERE site = ? AND epoch = ?",
            (site, epoch),
        ).fetchall()
        if not self._db.in_transaction:
            return {of: _chain(row) for of, *row in rows}.get(stream, _NO_CHAIN)
        self.learn([(site, epoch)], [(site, epoch, *row) for row in rows])
        return self._known[key], self._expected[key]

    def learn(self, epochs: Iterable[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
        """Take up what this transaction has read of epochs: key, chain, highest number of each that is stored."""
        found = {(site, epoch, of): _chain(told) for site, epoch, of, *told in rows}
        for site, epoch in epochs:
            for of in STREAMS:
                chain, expected = found.get((site, epoch, of), _NO_CHAIN)
                self._known.setdefault((site, epoch, of), chain)
                self._expected.setdefault((site, epoch, of), expected)


def _chain(row: Sequence[Any]) -> tuple[Chain, int]:
    seq, digest, position_seq, position_digest, broken, expected, *_ = row
    return Chain(Head(seq, digest), Head(position_seq, position_digest), broken), expected


def _columns(chain: Chain) -> tuple[int, str, int, str, int]:
    return chain.confirmed.seq, chain.confirmed.digest, chain.position.seq, chain.position.digest, chain.broken
