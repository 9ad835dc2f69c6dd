"""Stores what intake verifies in PostgreSQL, with chains, watermarks and refusals in one transaction.

`agent/hub/ports/store.py`. Whoever writes alone holds an advisory
lock until the end of the transaction, and sees all that was committed before; who says of which sites it writes locks
their rows instead, and shares. A lost connection ends a transaction (StoreWaits); the next one connects anew.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from agent.hub.domain.rows.intake import Key
from agent.hub.domain.rows.keeping import ReadFrom
from agent.hub.stores import areas, case_columns, current, day_figures
from agent.hub.stores.chains import Chains
from agent.hub.stores.database import A_PART
from agent.hub.stores.intake import lives, places, waiting
from agent.hub.stores.intake.within import Within
from agent.hub.stores.keeping import payloads
from agent.hub.stores.keeping.rows import digest_in
from agent.hub.stores.postgres import ahead, keeping, reports
from agent.hub.stores.postgres.database import NAME, Connected, connect, failed, migrate, newest_version, version
from agent.hub.stores.postgres.files import measure
from agent.hub.stores.postgres.months import Months
from agent.hub.stores.postgres.rows import arrived_ms
from agent.hub.stores.postgres.views import open_view
from agent.hub.stores.reading.figures import Figures
from agent.hub.stores.telling.area import Webhooks
from agent.model.errors import ConfigurationError
from agent.model.finding import StreamName
from agent.verify.message import Claim, Gap

_OF_REPORTS: Final = re.compile(r"\b(report|report_row|finding|telling_finding|body|config_said)\b")
"""Statements about these see what a transaction has not written yet."""


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
        self._pending = reports.Pendings()
        self._newest: dict[Key, ahead.Newest] = {}
        self._named: frozenset[str] = frozenset()
        self._keys: Mapping[str, Mapping[str, str]] | None = None
        self.chains = Chains(self._to)
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
        self.disk = areas.Disk(self, measure)
        self.bodies = areas.Bodies(self, drop=keeping.drop)
        self.expiry = areas.Expiry(self, keeping.delete_report, Months(self))
        self.city_map = areas.CityMaps(self)
        self.authors = areas.Authors(directory)
        self.webhooks = Webhooks(self)

    def _opened(self) -> Connected:
        self._view = open_view(self.directory) if self._read_only else None
        to = self._view.to if self._view is not None else connect(self.directory, self._read_only)
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
            is_near = self._view is None or self._view.is_current()
            return is_near and version(self._to) == newest_version()
        except psycopg.Error:
            return False

    def read_from(self) -> ReadFrom | None:
        """Return which of two servers is read from; None: no standby is named. Raises StoreFailed."""
        self._connect_anew()
        try:
            return self._view.read_from() if self._view is not None else None
        except psycopg.Error as error:
            raise failed(self._path, error, self._read_only) from error

    def transaction(self, sites: Collection[str] = ()) -> AbstractContextManager[None]:
        """Run the block as one transaction; within one, as a part of it.

        Raises:
            StoreFailed: The block was rolled back.
        """
        return A_PART if self.is_in_transaction() else self._whole(sites)

    @contextmanager
    def _whole(self, sites: Collection[str]) -> Iterator[None]:
        self._connect_anew()
        try:
            with self._to.db.transaction():
                self._begin(sorted(set(sites)))
                yield
                self._flush()
        except psycopg.DataError:
            raise  # one message's: it is judged alone, and left out
        except psycopg.Error as error:
            raise failed(self._path, error, self._read_only) from error
        finally:
            self._pending.forget()
            self._newest.clear()
            self._named, self._keys = frozenset(), None
            self.chains.forget()
            self.within.clear()

    def _begin(self, sites: list[str]) -> None:
        """Wait for those who write of the same, and read ahead what will be asked."""
        self._named = frozenset(sites)
        if not sites:
            self._to.lock_writers()
            return
        self._hold(sites)
        self._newest = ahead.read(self._to, sites, self.within, self.chains, self._pending.lanes)

    def _hold(self, sites: list[str]) -> None:
        if not self._to.lock_sites(sites):
            self._to.lock_writers()

    def _flush(self) -> None:
        """Write what the transaction has kept; reports last, as others wait meanwhile."""
        self.chains.flush()
        lives.flush_ack_nos(self._to, self.within.new_ack_nos)
        current.keep_log_sizes(self._to, self.within.log_sizes)
        day_figures.flush(self._to, self.within.days)
        self._pending.write(self._to)

    def is_in_transaction(self) -> bool:
        """Return whether statements are part of a transaction: only there is what was read still so."""
        return self._to.in_transaction

    def forget_stored(self) -> None:
        """Drop what is held of stored reports: numbers that may be higher than all that are left do no harm."""

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query, as tuples. Raises StoreFailed."""
        return self._done(statement, values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many. Raises StoreFailed."""
        return self._done(statement, values).rowcount

    def _done(self, statement: str, values: tuple[object, ...]) -> psycopg.Cursor[Any]:
        self._connect_anew()
        try:
            if self._pending and _is_of_reports(statement):
                self._pending.write(self._to)
            return self._to.execute(statement, values)
        except psycopg.DataError:
            raise
        except psycopg.Error as error:
            raise failed(self._path, error, self._read_only) from error

    def keep_key(self, site: str, kid: str, jwk: Mapping[str, str]) -> None:
        """Store a public key that a site has shown, trusted or not."""
        self.run("INSERT INTO key VALUES (?, ?, ?) ON CONFLICT DO NOTHING", kid, site, Jsonb(dict(jwk)))

    def key(self, kid: str) -> Mapping[str, str] | None:
        """Return a public key by its thumbprint, as it was shown."""
        if self._keys is None and self._named and self.is_in_transaction():
            self._keys = ahead.keys(self, sorted(self._named))
        if kid not in (shown := self._keys or {}):
            shown = dict(self.all("SELECT kid, jwk FROM key WHERE kid = ?", kid))
        return shown.get(kid)

    def digests_at(self, claim: Claim) -> list[str]:
        """Return the digests of the reports under a report's number: more than one is a fork. Within a transaction."""
        assert claim.stream is not None  # noqa: S101  a state message is no report
        newest = self._newest.get((claim.address.site, claim.epoch, claim.stream))
        if newest is not None and claim.seq > newest.seq:
            return []
        found = self.all(
            "SELECT digest FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ?",
            *(claim.address.site, claim.epoch, claim.stream, claim.seq),
        )
        return [digest for (digest,) in found]

    def keep_report(self, claim: Claim, fork: bool, now: datetime) -> None:
        """Store a verified report: its exact bytes, and the columns of views."""
        if claim.stream is None:
            return
        row, found = case_columns.row_of(claim, now)
        with self.transaction():
            if self._named and row.site not in self._named:
                self._hold([row.site])  # that a report is there once is seen to by who holds its site
            key = (row.site, row.epoch, claim.stream)
            newest = self._newest.get(key)
            is_new = newest is not None and row.seq > newest.seq
            self._pending.add(
                reports.Pending(
                    row=row, fork=fork, payload=claim.payload, findings=found, is_new=is_new,
                    follows=newest is not None and newest.precedes(row),
                )
            )  # fmt: skip
            if is_new:
                self._newest[key] = ahead.Newest(row.seq, "" if fork else row.digest, arrived_ms(row))

    def count_first(self, key: Key, seq: int, digest: str) -> None:
        """Let the report with a digest be the first one under its number, and the others its forks."""
        found = digest_in(digest)
        self._newest.clear()  # which of a number counts is another one
        keeping.count_first(self, (*key, seq), found if isinstance(found, bytes) else found.encode())

    def keep_current(self, claim: Claim) -> None:
        """Take up what the first report under its number says of its site now."""
        site = claim.address.site
        with self.transaction():
            places.note(self, site, claim.data, self.within.divisions)
            if claim.stream == "health":
                self.within.log_sizes[site] = current.log_size(claim.data)
            elif claim.stream is not None:
                current.keep(self._to, site, (claim.epoch, claim.stream, claim.seq), claim.data)

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
            "SELECT digest, prev FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ? AND fork = 0",
            *(site, epoch, stream, seq),
        )
        return found[0] if found else None

    def body_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, bytes, datetime] | None:
        """Return digest, exact bytes and time of arrival of the report that came first under a number."""
        rows = self.all(
            "SELECT digest, payload, arrived_at FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ?"
            " AND fork = 0",
            *(site, epoch, stream, seq),
        )
        return (rows[0][0], payloads.exact(self, rows[0][1]), datetime.fromisoformat(rows[0][2])) if rows else None


@lru_cache(maxsize=1024)
def _is_of_reports(statement: str) -> bool:
    return _OF_REPORTS.search(statement) is not None
