"""Creates the partitions of months, and drops those that are over as a whole, but for the reports that stay.

Nothing in a month refers to a row of another one: neither a body that is a difference, nor a digest that the row
before has. So a month goes by itself: what stays of it is copied beside it, and takes its place when it goes. A month
is not divided further: with eight parts, hashed by lane, a batch took seven times the locks and five times the time.

Source: PostgreSQL manual, 5.12 "Table Partitioning".
"""

from collections.abc import Collection
from datetime import date
from typing import Final

from psycopg import sql

from agent.hub.domain.rows.keeping import ReportOfAge
from agent.hub.stores.database import Database
from agent.hub.stores.keeping import payloads
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.postgres.rows import first_ms, month_after

_LOCK_MS: Final = 2000
"""A month goes when nobody has read reports for so long; else another time."""

_PREFIX: Final = "report_row_"
_NEXT: Final = (
    "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    " WHERE inhparent = 'report_row'::regclass AND c.relname > ? AND c.relname < ? ORDER BY 1 LIMIT 1"
)
_OF_SITE: Final = (
    "SELECT r.id, l.site, coalesce(odd_text(r.odd, 'arrived_at'), time_text(r.arrived_at, 0)),"
    " coalesce(odd_text(r.odd, 'made_at'), time_text(r.arrived_at, r.made_after))"
    " FROM {month} r JOIN lane l ON l.id = r.lane WHERE l.site = ? ORDER BY r.id"
)
_NEEDED: Final = (
    "SELECT r.id FROM lane l LEFT JOIN site s ON s.site = l.site LEFT JOIN chain c ON (c.site, c.epoch, c.stream) ="
    " (l.site, l.epoch, l.stream) JOIN {month} r ON r.lane = l.id"
    " WHERE s.site IS NULL OR (l.epoch = s.epoch AND r.seq >= coalesce(c.seq, 0))"
)
"""The newest of each chain, and what a chain has not passed."""

_BESIDE: Final = (
    "DELETE FROM body_held h USING {month} r WHERE r.id = h.report_id AND r.id <> ALL(?1)",
    "DELETE FROM telling_finding t USING {month} r WHERE r.id = t.report_id AND r.id <> ALL(?1)",
    "DELETE FROM finding f WHERE NOT EXISTS (SELECT 1 FROM telling_finding t WHERE t.finding_id = f.id)",
    "DELETE FROM config_said c USING (SELECT DISTINCT lane, config FROM {month} WHERE config <> 0) m"
    " WHERE c.id = m.config AND NOT EXISTS (SELECT 1 FROM report_row r WHERE r.lane = m.lane AND r.config = m.config"
    " AND (r.arrived_at < {begin} OR r.arrived_at >= {end} OR r.id = ANY(?1)))",
)
_COPY: Final = (
    "CREATE TABLE {month}_left (LIKE report_row INCLUDING ALL)",
    "INSERT INTO {month}_left SELECT * FROM {month} WHERE id = ANY(?1)",
    "UPDATE {month}_left SET prev = coalesce(digest_before(lane, seq, prev), prev) WHERE prev = ''",
)
_GO: Final = ("ALTER TABLE report_row DETACH PARTITION {month}", "DROP TABLE {month}")
_TAKE_PLACE: Final = (
    "ALTER TABLE {month}_left RENAME TO {month}",
    "ALTER TABLE report_row ATTACH PARTITION {month} FOR VALUES FROM ({begin}) TO ({end})",
)


class Months:
    """See `agent/hub/ports/keeping.py`."""

    def __init__(self, store: Database) -> None:
        self._store = store

    def next_before(self, limit: str, after: str) -> str:
        """Return the next month all of which arrived before a limit, empty where there is none."""
        rows = self._store.all(_NEXT, after, _PREFIX + limit[:7].replace("-", "_"))
        return str(rows[0][0]) if rows else ""

    def of_site(self, month: str, site: str) -> list[ReportOfAge]:
        """Return the reports of a site in a month."""
        return [
            ReportOfAge(id=number, site=of, arrived_at=arrived_at, made_at=made_at, is_spare=True)
            for number, of, arrived_at, made_at in self._store.all(_OF_SITE.format(month=month), site)
        ]

    def drop(self, month: str, kept: Collection[int]) -> bool:
        """Drop a month but for these reports and those that a chain needs; return whether any went."""
        store, first = self._store, _first_of(month)
        left = sorted({*kept, *(number for (number,) in store.all(_NEEDED.format(month=month)))})
        if left and store.all(f"SELECT count(*) FROM {month}") == [(len(left),)]:  # noqa: S608
            return False
        for number in left:
            payloads.make_whole(store, number)
        for statement in (*_BESIDE, *(_COPY if left else ())):
            text = statement.format(month=month, begin=first_ms(first), end=first_ms(month_after(first)))
            store.run(text, *([left] if "?" in text else ()))
        store.run(f"SET LOCAL lock_timeout = {_LOCK_MS}")
        for statement in (*_GO, *(_TAKE_PLACE if left else ())):
            store.run(statement.format(month=month, begin=first_ms(first), end=first_ms(month_after(first))))
        store.run("SET LOCAL lock_timeout = DEFAULT")
        return True


def prepare(to: Connected, month: date) -> None:
    """Make the partition of a month where there is none, beside the others; to attach it then blocks no reader."""
    name = f"{_PREFIX}{month:%Y_%m}"
    if to.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
        return
    to.lock_numbers()  # another worker may be making it
    if to.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
        return
    table = sql.Identifier(name)
    to.db.execute(sql.SQL("CREATE TABLE {} (LIKE report_row INCLUDING ALL)").format(table))
    to.db.execute(
        sql.SQL("ALTER TABLE report_row ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            table, sql.Literal(first_ms(month)), sql.Literal(first_ms(month_after(month)))
        )
    )


def _first_of(month: str) -> date:
    """Return the first day of a month by the name of its partition."""
    return date.fromisoformat(f"{month.removeprefix(_PREFIX).replace('_', '-')}-01")
