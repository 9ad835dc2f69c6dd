"""Stores the exact bytes of every report, the state of each chain, and refusals with their reasons.

One SQLite file (WAL, `synchronous=FULL`). A batch of messages is one transaction; a watermark is sent only after the
commit that it confirms. Decides nothing: `agent/verify/message.py` does.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.hub.domain.rows.intake import Key
from agent.hub.stores import areas, case_columns, current, day_figures, schema
from agent.hub.stores.chains import Chains
from agent.hub.stores.database import A_PART, failed, identity, is_current, opened
from agent.hub.stores.intake import lives, places, waiting
from agent.hub.stores.intake.within import Within
from agent.hub.stores.keeping import payloads, rows
from agent.hub.stores.reading.figures import Figures
from agent.hub.stores.telling.area import Webhooks
from agent.model.errors import ConfigurationError
from agent.model.finding import StreamName
from agent.verify.message import Claim, Gap

NAME: Final = "hub.db"


class Store:
    """The hub's open database in `directory`: `agent/hub/ports/store.py` with SQLite.

    `chains` holds how far the chains go, and the counts; `within`, what is known in a transaction.
    """

    def __init__(
        self, directory: Path, read_only: bool = False, goes_on: Callable[[int], bool] = lambda left: True
    ) -> None:
        """Open or create it, as `agent/hub/stores/engines.py` says; `goes_on`: see `schema.prepare`."""
        self.directory = directory
        self._path = path = directory / NAME
        if read_only and not path.exists():
            raise ConfigurationError("{path}: no hub has run here; check --data", path=path)
        self._opened_as = identity(path)
        self._db, version = opened(path, None if read_only else lambda db: schema.prepare(db, goes_on))
        if version != schema.VERSION:
            self._db.close()
            advice = "start the hub once" if 0 < version < schema.VERSION else "move it away"
            raise ConfigurationError(
                "{path}: not a database of this version of the hub; {advice}", path=path, advice=advice
            )
        self.chains, self.within = Chains(self._db), Within()
        self._places = rows.Places(self._db)
        self._bases = payloads.Bases()
        self.trust = areas.TrustStore(directory)
        self.findings = areas.Findings(self)
        self.words = areas.Words(self)
        self.disputes = areas.Disputes(self)
        self.sites = areas.Sites(self)
        self.places = areas.Places(self)
        self.seen = areas.Seen(self)
        self.envelopes = areas.Envelopes(self)
        self.figures = Figures(self)
        self.reports = areas.Reports(self)
        self.epochs = areas.Epochs(self)
        self.holes = areas.Holes(self)
        self.accepted = areas.AcceptedLosses(self)
        self.lost_runs = areas.LostRuns(self)
        self.refusals = areas.Refusals(self)
        self.meet, self.keep_state = areas.on(self, lives.meet), areas.on(self, lives.keep_state)
        self.revive, self.keep_birth = areas.on(self, lives.revive), areas.on(self, lives.keep_birth)
        self.next_ack_no = areas.on(self, lives.next_ack_no)
        self.keep_waiting = areas.on(self, waiting.keep_waiting)
        self.take_waiting = areas.on(self, waiting.take_waiting)
        self.waiting_keys, self.keys_shown = areas.on(self, waiting.waiting_keys), areas.on(self, waiting.keys_shown)
        self.epoch_of, self.all_epochs = areas.on(self, lives.epoch_of), areas.on(self, lives.all_epochs)
        self.connection, self.city_and_epoch = areas.on(self, lives.connection), areas.on(self, lives.city_and_epoch)
        self.gap_at = areas.on(self, lives.gap_at)
        self.commands = areas.Commands(self)
        self.policies = areas.Policies(self)
        self.upgrades = areas.Upgrades(self)
        self.holds = areas.Holds(self)
        self.bodies = areas.Bodies(self)
        self.expiry = areas.Expiry(self)
        self.disk = areas.Disk(self)
        self.city_map = areas.CityMaps(self)
        self.authors = areas.Authors(directory)
        self.webhooks = Webhooks(self)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def is_current(self) -> bool:
        """Return whether what was opened to read is still what stands there, and of this version."""
        return is_current(self._db, self._path, self._opened_as, schema.VERSION)

    def read_from(self) -> None:
        """Return which of two servers is read from: there is none."""

    def transaction(self, sites: Collection[str] = ()) -> AbstractContextManager[None]:
        """Run the block as one transaction; within one, as a part of it.

        Raises:
            StoreFailed: The block was rolled back.
        """
        return A_PART if self.is_in_transaction() else self._whole()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.chains.flush()
                current.keep_log_sizes(self._db, self.within.log_sizes)
                day_figures.flush(self._db, self.within.days)
                self._db.execute("COMMIT")
            except BaseException:
                self._places.forget()
                if self.is_in_transaction():  # SQLite has taken some failures back itself
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self.chains.forget()
                self.within.clear()
                self.forget_stored()
        except sqlite3.Error as error:
            raise failed(self._path, error) from error

    def is_in_transaction(self) -> bool:
        """Return whether statements are part of a transaction: only there is what was read still so."""
        return self._db.in_transaction

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query, as tuples. Raises StoreFailed."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise failed(self._path, error) from error

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many. Raises StoreFailed."""
        try:
            return self._db.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise failed(self._path, error) from error

    def keep_key(self, site: str, kid: str, jwk: Mapping[str, str]) -> None:
        """Store a public key that a site has shown, trusted or not."""
        self._db.execute("INSERT OR IGNORE INTO key VALUES (?, ?, ?)", (kid, site, json.dumps(dict(jwk))))

    def key(self, kid: str) -> Mapping[str, str] | None:
        """Return a public key by its thumbprint, as it was shown."""
        found = self.all("SELECT jwk FROM key WHERE kid = ?", kid)
        return json.loads(found[0][0]) if found else None

    def digests_at(self, claim: Claim) -> list[str]:
        """Return the digests of the reports under a report's number: more than one is a fork. Within a transaction."""
        lane = self._places.lane(claim.address.site, claim.epoch, str(claim.stream))
        if self._places.is_above(lane, claim.seq):
            return []
        found = self.all("SELECT digest FROM report_row WHERE lane = ? AND seq = ?", lane, claim.seq)
        return [rows.digest_out(digest) for (digest,) in found]

    def keep_report(self, claim: Claim, fork: bool, now: datetime) -> None:
        """Store a verified report: its exact bytes, and the columns of views."""
        if claim.stream is None:
            return
        row, found = case_columns.row_of(claim, now)
        number = rows.insert(self._db, self._places, row, fork)
        if number is None:
            return
        self._bases.keep(self, (row.site, row.epoch, row.stream), payloads.Body(claim.seq, number, claim.payload))
        case_columns.keep(self._db, number, row.site, found)

    def count_first(self, key: Key, seq: int, digest: str) -> None:
        """Let the report with a digest be the first one under its number, and the others its forks."""
        self.run(rows.FORKS, rows.digest_in(digest), *key, seq)

    def forget_stored(self) -> None:
        """Drop what is held of stored reports: whoever changes or deletes some within a transaction calls it."""
        self._places.forget_newest()
        self._bases.clear()

    def keep_current(self, claim: Claim) -> None:
        """Take up what the first report under its number says of its site now."""
        site = claim.address.site
        places.note(self, site, claim.data, self.within.divisions)
        if claim.stream == "health":
            self.within.log_sizes[site] = current.log_size(claim.data)
            if not self.is_in_transaction():
                current.keep_log_sizes(self._db, self.within.log_sizes)
        elif claim.stream is not None:
            current.keep(self._db, site, (claim.epoch, claim.stream, claim.seq), claim.data)

    def keep_gap(self, site: str, gap: Gap) -> None:
        """Store the run of a verified gap record; it also explains exactly this run where it is `confirmed-before`."""
        self._db.execute(
            "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reason = excluded.reason"
            " WHERE reason = 'confirmed-before' AND last_digest = excluded.last_digest",
            (site, gap.epoch, gap.stream, gap.from_seq, gap.to_seq, gap.reason, gap.last_digest),
        )

    def report_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, str] | None:
        """Return digest and `prev` of the report that came first under a number."""
        found = self.all(
            "SELECT digest, prev FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ? AND fork = 0",
            *(site, epoch, stream, seq),
        )
        return found[0] if found else None

    def body_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, bytes, datetime] | None:
        """Return digest, exact bytes and time of arrival of the report that came first under a number."""
        rows = self.all(
            "SELECT digest, payload, arrived_at FROM report"
            " WHERE site = ? AND epoch = ? AND stream = ? AND seq = ? AND fork = 0",
            *(site, epoch, stream, seq),
        )
        if not rows:
            return None
        ((digest, payload, arrived_at),) = rows
        return digest, payloads.exact(self, payload), datetime.fromisoformat(arrived_at)
