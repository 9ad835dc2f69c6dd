"""Stores what intake verifies in PostgreSQL, with chains, watermarks and refusals in one transaction.

`agent/hub/ports/store.py` as far as intake needs it; the README beside this lists what is not here yet. One writes at a
time, as the port promises: whoever does holds an advisory lock until the end of the transaction, and sees all that was
committed before. A lost connection ends a transaction (StoreWaits); the next one connects anew.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from agent.contract.chain import digest, utc_text
from agent.hub.domain.rows.intake import Key, Waiting
from agent.hub.stores import areas, current, day_figures
from agent.hub.stores.chains import Chains
from agent.hub.stores.intake import lives
from agent.hub.stores.intake.within import Within
from agent.hub.stores.postgres import reports
from agent.hub.stores.postgres.database import NAME, Connected, connect, failed, migrate, newest_version, version
from agent.hub.stores.store import WAITING_ALL_MOST, WAITING_BYTES_MOST, WAITING_MOST
from agent.model.errors import ConfigurationError
from agent.model.finding import StreamName
from agent.verify.message import Claim, Gap


class Figures:
    """See `agent/hub/ports/sites.py`; only what intake stores."""

    def __init__(self, store: "Store") -> None:
        self.keep = areas.on(store, day_figures.keep)


class Store:
    """The hub's open database: see `agent/hub/ports/store.py`. `within`: what is known in a transaction."""

    def __init__(
        self, directory: Path, read_only: bool = False, goes_on: Callable[[int], bool] = lambda left: True
    ) -> None:
        """Open it, as `agent/hub/stores/engines.py` says; no step is so long that `goes_on` is asked."""
        self.directory = directory
        self._path, self._read_only = directory / NAME, read_only
        self._to = self._opened()
        self.within = Within()
        self._partitions = reports.Partitions()
        self.chains = Chains(self._to)
        self.trust = areas.TrustStore(directory)
        self.reports = reports.Reports(self)
        self.figures = Figures(self)
        self.sites = areas.Sites(self)
        self.epochs = areas.Epochs(self)
        self.holes = areas.Holes(self)
        self.accepted = areas.AcceptedLosses(self)
        self.lost_runs = areas.LostRuns(self)
        self.refusals = areas.Refusals(self)
        self.epoch_of, self.all_epochs = areas.on(self, lives.epoch_of), areas.on(self, lives.all_epochs)
        self.connection, self.city_and_epoch = areas.on(self, lives.connection), areas.on(self, lives.city_and_epoch)
        self.gap_at = areas.on(self, lives.gap_at)

    def _opened(self) -> Connected:
        to = connect(self.directory, self._read_only)
        try:
            if not self._read_only:
                migrate(to)
            found = version(to)
        except psycopg.Error as error:
            to.db.close()
            raise failed(self._path, error) from None
        if found != newest_version():
            to.db.close()
            raise ConfigurationError(
                "{path}: names no database of this version of the hub; start the hub once, or look whose it is",
                path=self._path,
            )
        return to

    def _connect_anew(self) -> None:
        """Replace a connection that was lost. Raises StoreWaits, ConfigurationError."""
        if self._to.db.closed:
            self._to.db = self._opened().db

    def close(self) -> None:
        """Close the connection; what was committed stays."""
        self._to.db.close()

    def is_current(self) -> bool:
        """Return whether what was opened to read is still what stands there, and of this version."""
        try:
            return version(self._to) == newest_version()
        except psycopg.Error:
            return False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction; within one, as a part of it.

        Raises:
            StoreFailed: The block was rolled back.
        """
        if self.is_in_transaction():
            yield
            return
        self._connect_anew()
        try:
            with self._to.db.transaction():
                self._to.lock_writers()
                yield
                self.chains.flush()
                current.keep_log_sizes(self._to, self.within.log_sizes)
        except psycopg.DataError:
            raise  # one message's: it is judged alone, and left out
        except psycopg.Error as error:
            raise failed(self._path, error) from error
        finally:
            self._partitions.forget()
            self.chains.forget()
            self.within.clear()

    def is_in_transaction(self) -> bool:
        """Return whether statements are part of a transaction: only there is what was read still so."""
        return self._to.in_transaction

    def forget_stored(self) -> None:
        """Drop what is held of stored reports: nothing is."""

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query, as tuples. Raises StoreFailed."""
        self._connect_anew()
        try:
            return self._to.execute(statement, values).fetchall()
        except psycopg.DataError:
            raise
        except psycopg.Error as error:
            raise failed(self._path, error) from error

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many. Raises StoreFailed."""
        self._connect_anew()
        try:
            return self._to.execute(statement, values).rowcount
        except psycopg.DataError:
            raise
        except psycopg.Error as error:
            raise failed(self._path, error) from error

    def keep_key(self, site: str, kid: str, jwk: Mapping[str, str]) -> None:
        """Store a public key that a site has shown, trusted or not."""
        self.run("INSERT INTO key VALUES (?, ?, ?) ON CONFLICT DO NOTHING", kid, site, Jsonb(dict(jwk)))

    def keys_shown(self, site: str) -> int:
        """Return how many keys a site has shown."""
        return int(self.all("SELECT count(*) FROM key WHERE site = ?", site)[0][0])

    def key(self, kid: str) -> Mapping[str, str] | None:
        """Return a public key by its thumbprint, as it was shown."""
        found = self.all("SELECT jwk FROM key WHERE kid = ?", kid)
        return found[0][0] if found else None

    def keep_waiting(self, message: Waiting, now: datetime) -> bool:
        """Store a message of a key that nobody has vouched for yet; False where there are too many of its site."""
        (number, size), (everybodys, _) = self._waits(message.site), self._waits("")
        full = number >= WAITING_MOST or size + len(message.payload) > WAITING_BYTES_MOST
        if full or everybodys >= WAITING_ALL_MOST:
            return False
        self.within.waiting[message.site] = number + 1, size + len(message.payload)
        self.within.waiting[""] = everybodys + 1, 0
        self.run(
            "INSERT INTO waiting (site, kid, digest, topic, arrived_at, jws, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            *(message.site, message.kid, digest(message.payload), message.topic, utc_text(now)),
            *(message.jws, message.payload),
        )
        return True

    def _waits(self, site: str) -> tuple[int, int]:
        """Return how many messages of a site wait, and their bytes; for no site: how many of all. Queried once."""
        if site not in self.within.waiting:
            found = self.all(
                "SELECT count(*), coalesce(sum(length(payload)), 0) FROM waiting WHERE site = ?", site
            ) if site else self.all("SELECT count(*), 0 FROM waiting")  # fmt: skip
            self.within.waiting[site] = int(found[0][0]), int(found[0][1])
        return self.within.waiting[site]

    def take_waiting(self, site: str, kid: str) -> list[tuple[str, bytes, str, str]]:
        """Remove what waits for a key; return topic, payload, JWS and time of arrival, oldest first."""
        found = self.all(
            "SELECT topic, payload, jws, arrived_at FROM waiting WHERE site = ? AND kid = ? ORDER BY id", site, kid
        )
        self.run("DELETE FROM waiting WHERE site = ? AND kid = ?", site, kid)
        self.within.waiting.clear()
        return found

    def waiting_keys(self) -> list[tuple[str, str]]:
        """Return site and kid of everything that waits, in the order of arrival."""
        return self.all("SELECT site, kid FROM waiting GROUP BY site, kid ORDER BY min(id)")

    def digests_at(self, claim: Claim) -> list[str]:
        """Return the digests of the reports under a report's number: more than one is a fork. Within a transaction."""
        found = self.all(
            "SELECT digest FROM report_row WHERE site = ? AND epoch = ? AND stream = ? AND seq = ?",
            *(claim.address.site, claim.epoch, claim.stream, claim.seq),
        )
        return [digest for (digest,) in found]

    def keep_report(self, claim: Claim, fork: bool, now: datetime) -> None:
        """Store a verified report: its exact bytes. The columns of views are still to come."""
        reports.keep(self._to, self._partitions, claim, fork, now)

    def count_first(self, key: Key, seq: int, digest: str) -> None:
        """Let the report with a digest be the first one under its number, and the others its forks."""
        self.run(
            "UPDATE report_row SET fork = CASE WHEN digest = ? THEN 0 ELSE 1 END"
            " WHERE site = ? AND epoch = ? AND stream = ? AND seq = ?",
            *(digest, *key, seq),
        )

    def keep_current(self, claim: Claim) -> None:
        """Take up what the first report under its number says of its site now: so far, what it holds of the log."""
        if claim.stream == "health":
            self.within.log_sizes[claim.address.site] = current.log_size(claim.data)
            if not self.is_in_transaction():
                current.keep_log_sizes(self._to, self.within.log_sizes)

    def keep_gap(self, site: str, gap: Gap) -> None:
        """Store the run of a verified gap record; it also explains exactly this run where it is `confirmed-before`."""
        self.run(
            "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, epoch, stream, from_seq, to_seq)"
            " DO UPDATE SET reason = excluded.reason"
            " WHERE gap.reason = 'confirmed-before' AND gap.last_digest = excluded.last_digest",
            *(site, gap.epoch, gap.stream, gap.from_seq, gap.to_seq, gap.reason, gap.last_digest),
        )

    def report_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, str] | None:
        """Return digest and `prev` of the report that came first under a number."""
        found = self.all(
            "SELECT digest, prev FROM report_row WHERE site = ? AND epoch = ? AND stream = ? AND seq = ? AND fork = 0",
            *(site, epoch, stream, seq),
        )
        return found[0] if found else None

    def meet(self, site: str, city: str, epoch: str, now: datetime) -> bool:
        """Note a verified message of an epoch; return whether it is a new epoch of a site known before."""
        if (site, epoch) in self.within.met:
            return False
        is_new = lives.enter(self, site, city, epoch, now)
        if self.is_in_transaction():
            self.within.met.add((site, epoch))
        return is_new

    def body_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, bytes, datetime] | None:
        """Return digest, exact bytes and time of arrival of the report that came first under a number."""
        rows = self.all(
            "SELECT digest, payload, arrived_at FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ?"
            " AND fork = 0 AND payload IS NOT NULL",
            *(site, epoch, stream, seq),
        )
        return (rows[0][0], rows[0][1], datetime.fromisoformat(rows[0][2])) if rows else None

    def keep_state(self, site: str, connection_no: int, status: str, now: datetime) -> None:
        """Store the connection status that a site reports."""
        self.run(
            "UPDATE site SET connection_no = ?, status = ?, state_at = ? WHERE site = ?",
            *(connection_no, status, utc_text(now), site),
        )

    def revive(self, site: str, epoch: str, now: datetime) -> None:
        """Store that a site whose connection was told as over is connected all the same."""
        self.run(
            "UPDATE site SET status = 'ready', state_at = ?"
            " WHERE site = ? AND epoch = ? AND status IN ('disconnected', 'lost')",
            *(utc_text(now), site, epoch),
        )

    def keep_birth(self, site: str, kid: str, confirm: str) -> None:
        """Store which key signed the present connection's birth, and from whom the site accepts confirmation."""
        self.run("UPDATE site SET kid = ?, confirm = ? WHERE site = ?", kid, confirm, site)

    def next_ack_no(self, site: str, now: datetime) -> int:
        """Return a number above that of every watermark before; it follows the clock, in case the database was lost."""
        ((number,),) = self.all(
            "UPDATE site SET ack_no = greatest(ack_no + 1, ?) WHERE site = ? RETURNING ack_no",
            *(int(now.timestamp() * 1000), site),
        )
        return int(number)
