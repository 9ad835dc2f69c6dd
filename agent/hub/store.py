"""What the hub keeps: the exact bytes of every report, how far each chain goes, and what was refused and why.

One SQLite file (WAL, `synchronous=FULL`). A batch of messages is one transaction; a watermark is sent only after the
transaction that it speaks of. Decides nothing: `agent/hub/verify.py` does.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.chain import utc_text
from agent.errors import ConfigurationError, Forbidden, StoreFailed
from agent.hub.chains import Chains
from agent.hub.verify import Claim, Gap
from agent.model import Head, StreamName

NAME: Final = "hub.db"
WAITING_MOST: Final = 10_000
"""Messages of keys that nobody has vouched for that are kept per site; the site keeps, and sends again, the rest."""

KEYS_MOST: Final = 16
"""Keys that nobody has vouched for that are kept per site."""

_USER_VERSION = 1
_LAYOUT = f"""
BEGIN IMMEDIATE;
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
    digest TEXT NOT NULL, prev TEXT NOT NULL, fork INTEGER NOT NULL,
    city TEXT NOT NULL, kid TEXT NOT NULL, arrived_at TEXT NOT NULL,
    jws TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (site, epoch, stream, seq, digest)
);
CREATE TABLE waiting (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, kid TEXT NOT NULL, digest TEXT NOT NULL,
    topic TEXT NOT NULL, arrived_at TEXT NOT NULL, jws TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (site, kid, digest)
);
CREATE TABLE chain (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL,
    seq INTEGER NOT NULL, digest TEXT NOT NULL,
    position_seq INTEGER NOT NULL, position_digest TEXT NOT NULL,
    broken INTEGER NOT NULL, expected INTEGER NOT NULL,
    PRIMARY KEY (site, epoch, stream)
) WITHOUT ROWID;
CREATE TABLE gap (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    reason TEXT NOT NULL, last_digest TEXT NOT NULL,
    PRIMARY KEY (site, epoch, stream, from_seq, to_seq)
) WITHOUT ROWID;
CREATE TABLE site (
    site TEXT PRIMARY KEY, city TEXT NOT NULL, epoch TEXT NOT NULL, connection_no INTEGER NOT NULL,
    status TEXT NOT NULL, state_at TEXT NOT NULL, ack_no INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE epoch (
    site TEXT NOT NULL, epoch TEXT NOT NULL, first_at TEXT NOT NULL, PRIMARY KEY (site, epoch)
) WITHOUT ROWID;
CREATE TABLE key (kid TEXT PRIMARY KEY, site TEXT NOT NULL, jwk TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE count (
    site TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (site, name)
) WITHOUT ROWID;
PRAGMA user_version={_USER_VERSION};
COMMIT;
"""


class Store:
    """The hub's open database. `chains` holds how far the chains go, and the counts."""

    def __init__(self, directory: Path, read_only: bool = False) -> None:
        """Open or make it.

        Raises:
            Forbidden: This user may not write there.
            ConfigurationError: There is no such place, or the file is not a hub's database.
        """
        self._path = path = directory / NAME
        try:
            if read_only:
                if not path.exists():
                    raise ConfigurationError(f"{path}: no hub has run here; check --data")
            else:
                directory.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            mode = "ro" if read_only else "rw"
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        except PermissionError:
            raise Forbidden(f"{path}: this user may not use it; run as the hub's user") from None
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(f"{path}: cannot be opened: {error}") from None
        try:
            if not read_only:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    self._db.executescript(_LAYOUT)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            self._db.close()
            raise ConfigurationError(f"{path}: not a hub's database ({error}); move it away") from None
        if version != _USER_VERSION:
            self._db.close()
            raise ConfigurationError(f"{path}: not a database of this version of the hub; move it away")
        self.chains = Chains(self._db)
        self._met: set[tuple[str, str]] = set()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction.

        Raises:
            StoreFailed: Nothing of the block was kept.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.chains.flush()
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self.chains.forget()
                self._met.clear()
        except sqlite3.Error as error:
            raise StoreFailed(f"{self._path}: the hub's database failed: {error}; look at the disk") from error

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query, as tuples."""
        return self._db.execute(statement, values).fetchall()

    def keep_key(self, site: str, kid: str, jwk: Mapping[str, str]) -> None:
        """Keep a public key that a site has shown, trusted or not."""
        self._db.execute("INSERT OR IGNORE INTO key VALUES (?, ?, ?)", (kid, site, json.dumps(dict(jwk))))

    def keys_shown(self, site: str) -> int:
        """Return how many keys a site has shown."""
        return int(self.all("SELECT count(*) FROM key WHERE site = ?", site)[0][0])

    def key(self, kid: str) -> Mapping[str, str] | None:
        """Return a public key by its thumbprint, as it was shown."""
        rows = self.all("SELECT jwk FROM key WHERE kid = ?", kid)
        return json.loads(rows[0][0]) if rows else None

    def keep_waiting(self, claim: Claim, topic: str, now: datetime) -> bool:
        """Keep a message of a key that nobody has vouched for yet; False where there are too many of its site."""
        site = claim.address.site
        (waiting,) = self.all("SELECT count(*) FROM waiting WHERE site = ?", site)[0]
        if waiting >= WAITING_MOST:
            return False
        self._db.execute(
            "INSERT OR IGNORE INTO waiting (site, kid, digest, topic, arrived_at, jws, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (site, claim.kid, claim.digest, topic, utc_text(now), claim.jws, claim.payload),
        )
        return True

    def take_waiting(self, site: str, kid: str) -> list[tuple[str, bytes, str]]:
        """Return topic, payload and JWS of what waits for a key, oldest first, and stop keeping it."""
        rows = self.all("SELECT topic, payload, jws FROM waiting WHERE site = ? AND kid = ? ORDER BY id", site, kid)
        self._db.execute("DELETE FROM waiting WHERE site = ? AND kid = ?", (site, kid))
        return rows

    def waiting_keys(self) -> list[tuple[str, str]]:
        """Return site and kid of everything that waits."""
        return self.all("SELECT DISTINCT site, kid FROM waiting")

    def digests_at(self, claim: Claim) -> list[str]:
        """Return the digests of the reports that are stored under a report's number: more than one is a fork."""
        rows = self.all(
            "SELECT digest FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ?",
            *(claim.address.site, claim.epoch, claim.stream, claim.seq),
        )
        return [digest for (digest,) in rows]

    def keep_report(self, claim: Claim, fork: bool, now: datetime) -> None:
        """Keep a verified report: its exact bytes."""
        self._db.execute(
            "INSERT OR IGNORE INTO report"
            " (site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, jws, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(claim.address.site, claim.epoch, claim.stream, claim.seq, claim.digest, claim.prev, fork),
                *(claim.address.city, claim.kid, utc_text(now), claim.jws, claim.payload),
            ),
        )

    def keep_gap(self, site: str, gap: Gap) -> None:
        """Keep what a verified gap record names."""
        self._db.execute(
            "INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)",
            (site, gap.epoch, gap.stream, gap.from_seq, gap.to_seq, gap.reason, gap.last_digest),
        )

    def report_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, str] | None:
        """Return digest and `prev` of the report that came first under a number."""
        rows = self.all(
            "SELECT digest, prev FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ? AND fork = 0",
            *(site, epoch, stream, seq),
        )
        return rows[0] if rows else None

    def gap_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[int, str] | None:
        """Return last number and digest of a gap record that covers a number."""
        rows = self.all(
            "SELECT to_seq, last_digest FROM gap"
            " WHERE site = ? AND epoch = ? AND stream = ? AND from_seq <= ? AND to_seq >= ? LIMIT 1",
            *(site, epoch, stream, seq, seq),
        )
        return rows[0] if rows else None

    def watermark(self, site: str, epoch: str) -> dict[StreamName, Head]:
        """Return how far each stream of an epoch is confirmed; streams with nothing confirmed are left out."""
        return self.chains.watermark(site, epoch)

    def meet(self, site: str, city: str, epoch: str, now: datetime) -> bool:
        """Note that a verified message of an epoch came; say whether it is a new epoch of a site known before."""
        if (site, epoch) in self._met:
            return False
        known = self.all("SELECT 1 FROM epoch WHERE site = ? LIMIT 1", site)
        added = self._db.execute("INSERT OR IGNORE INTO epoch VALUES (?, ?, ?)", (site, epoch, utc_text(now))).rowcount
        if added:
            self._db.execute(
                "INSERT INTO site VALUES (?, ?, ?, 0, 'unknown', ?, 0)"
                " ON CONFLICT (site) DO UPDATE SET epoch = excluded.epoch, connection_no = 0, city = excluded.city",
                (site, city, epoch, utc_text(now)),
            )
        if self._db.in_transaction:
            self._met.add((site, epoch))
        return bool(added and known)

    def keep_state(self, site: str, connection_no: int, status: str, now: datetime) -> None:
        """Keep what a site says about its connection."""
        self._db.execute(
            "UPDATE site SET connection_no = ?, status = ?, state_at = ? WHERE site = ?",
            (connection_no, status, utc_text(now), site),
        )

    def next_ack_no(self, site: str, now: datetime) -> int:
        """Return a number higher than that of every watermark before.

        It follows the clock, so that it also rises for a hub that lost its database.
        """
        (last,) = self.all("SELECT ack_no FROM site WHERE site = ?", site)[0]
        number = max(int(last) + 1, int(now.timestamp() * 1000))
        self._db.execute("UPDATE site SET ack_no = ? WHERE site = ?", (number, site))
        return number
