"""Stores reports byte for byte in partitions by month of arrival, and queries them in the order of their ids."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from psycopg import sql

from agent.contract.chain import utc_text
from agent.hub.domain import view_columns
from agent.hub.domain.rows.reports import AcceptedReport, SignedReport, StoredReport
from agent.hub.stores.areas import on
from agent.hub.stores.database import Database
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.reading import logged, queries
from agent.model.finding import StreamName
from agent.verify.message import Claim

_DECEMBER: Final = 12


class Partitions:
    """The months that have a partition, as far as this connection knows; a month is made with its first report."""

    def __init__(self) -> None:
        self._made: set[date] = set()

    def forget(self) -> None:
        """Forget what a transaction that was rolled back has made."""
        self._made.clear()

    def prepare(self, to: Connected, month: date) -> None:
        """Make the partition of a month where there is none, within the caller's transaction.

        It is made beside the others and then attached, which blocks no reader.
        """
        if month in self._made:
            return
        name = f"report_body_{month:%Y_%m}"
        if to.execute("SELECT to_regclass(?)", (name,)).fetchone() == (None,):
            following = date(month.year + month.month // _DECEMBER, month.month % _DECEMBER + 1, 1)
            table = sql.Identifier(name)
            to.db.execute(sql.SQL("CREATE TABLE {} (LIKE report_body INCLUDING ALL)").format(table))
            to.db.execute(
                sql.SQL("ALTER TABLE report_body ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    table, sql.Literal(month.isoformat()), sql.Literal(following.isoformat())
                )
            )
        self._made.add(month)


def keep(to: Connected, partitions: Partitions, claim: Claim, fork: bool, now: datetime) -> None:
    """Store a verified report, once however often it comes, within the caller's transaction."""
    arrived_at = utc_text(now)
    month = date.fromisoformat(arrived_at[:10]).replace(day=1)
    if claim.stream is None:
        return
    added = to.execute(
        "INSERT INTO report_row (site, epoch, stream, seq, digest, prev, fork, month) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING RETURNING id",
        (claim.address.site, claim.epoch, claim.stream, claim.seq, claim.digest, claim.prev, int(fork), month),
    ).fetchone()
    if added is None:
        return
    partitions.prepare(to, month)
    to.execute(
        "INSERT INTO report_body VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(month, added[0], claim.address.city, claim.kid, arrived_at, claim.jws, claim.payload),
            view_columns.of_data(claim.stream, claim.data).made_at,
        ),
    )


class Reports:
    """See `agent/hub/ports/reports.py`; not all of it yet."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.times = on(db, queries.report_times)
        self.id_at = on(db, queries.report_id_at)
        self.digest_of = on(db, queries.digest_by_id)
        self.count_after = on(db, logged.count_after)
        self.newest_id = on(db, logged.newest_id)

    def accepted_after(self, after_id: int, most: int) -> list[AcceptedReport]:
        """Return the next accepted reports."""
        return logged.accepted_after(self._db, after_id, most)

    def stored(self, site: str, epoch: str, stream: StreamName, first: int, last: int) -> Iterator[StoredReport]:
        """Yield the reports of a run, forks too, by number."""
        rows = self._db.all(
            "SELECT epoch, stream, seq, digest, fork, kid, arrived_at, jws, payload FROM report WHERE site = ?"
            " AND epoch = ? AND stream = ? AND seq BETWEEN ? AND ? ORDER BY seq, fork, digest",
            *(site, epoch, stream, first, last),
        )
        for *place, fork, kid, arrived_at, jws, payload in rows:
            yield StoredReport(place[0], place[1], place[2], place[3], bool(fork), kid, arrived_at, jws, payload)

    def signed_after(self, after_id: int, site: str, most: int) -> list[SignedReport]:
        """Return the next reports by id, of a site or of all (empty)."""
        return [_signed(row) for row in self._db.all(_SIGNED, after_id, site, site, most)]


_BEFORE: Final = (
    "FROM report_row p WHERE p.site = r.site AND p.epoch = r.epoch AND p.stream = r.stream AND p.seq = r.seq - 1"
)
_SIGNED: Final = (
    "SELECT r.id, r.site, r.epoch, r.stream, r.seq, r.digest, r.prev, r.kid, r.jws, r.arrived_at, r.payload,"  # noqa: S608
    f" EXISTS (SELECT 1 {_BEFORE} AND p.digest = r.prev), EXISTS (SELECT 1 {_BEFORE})"
    " FROM report r WHERE r.id > ? AND (? = '' OR r.site = ?) ORDER BY r.id LIMIT ?"
)


def _signed(row: tuple[Any, ...]) -> SignedReport:
    number, site, epoch, stream, seq, digest, prev, kid, jws, arrived_at, payload, fits, has_before = row
    return SignedReport(
        id=number, site=site, epoch=epoch, stream=stream, seq=seq, digest=digest, prev=prev, kid=kid, jws=jws,
        arrived_at=arrived_at, has_body=payload is not None, payload=payload or b"", fits=fits, has_before=has_before,
    )  # fmt: skip
