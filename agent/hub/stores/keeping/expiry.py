"""Queries what was stored longest, and deletes it with all that was extracted of it. Decides nothing.

All but the queries are within the caller's transaction.
"""

from datetime import datetime
from typing import Final

from agent.hub.domain.rows.keeping import ReportOfAge
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.payloads import make_independent
from agent.hub.stores.keeping.rows import DELETED

_NEWEST: Final = 1000
_OF_AGE = (
    "SELECT r.id, r.site, r.arrived_at, coalesce(r.made_at, ''), r.epoch <> s.epoch OR r.seq < coalesce(c.seq, 0)"
    " FROM report r JOIN site s ON s.site = r.site LEFT JOIN chain c ON c.site = r.site AND c.epoch = r.epoch"
    " AND c.stream = r.stream"
    " WHERE r.id > ? ORDER BY r.id LIMIT ?"
)
_WITH_REPORT = (
    "DELETE FROM body_held WHERE report_id = ?",
    "DELETE FROM telling_finding WHERE report_id = ?",
    *DELETED,
)
_UNTOLD = (
    "DELETE FROM finding WHERE site = ?1 AND id NOT IN"
    " (SELECT finding_id FROM report JOIN telling_finding ON report_id = report.id WHERE site = ?1)"
)
_BESIDE = (
    "DELETE FROM assessed WHERE day < substr(?1, 1, 10)",
    "DELETE FROM refused WHERE at < ?1",
    "DELETE FROM finding_history WHERE to_at <> '' AND to_at < ?1",
    "DELETE FROM word WHERE ended_at <> '' AND ended_at < ?1",
    "DELETE FROM waiting WHERE arrived_at < ?1",
    "DELETE FROM dispute WHERE arrived_at < ?1",
    "DELETE FROM command WHERE created_at < ?1 AND expires_at < ?1",
    "DELETE FROM desired AS d WHERE created_at < ?1"
    " AND version < (SELECT max(version) FROM desired WHERE site = d.site)",
    "DELETE FROM accepted AS a WHERE accepted_at < ?1 AND to_seq <="
    " (SELECT c.position_seq FROM chain c WHERE (c.site, c.epoch, c.stream) = (a.site, a.epoch, a.stream))",
)


def newest_made_at(store: Database) -> datetime | None:
    """Return the newest time that a site wrote into one of the newest reports; None where none did."""
    ((newest,),) = store.all(
        "SELECT coalesce(max(made_at), '') FROM report WHERE id > (SELECT max(id) FROM report_row) - ?", _NEWEST
    )
    return datetime.fromisoformat(newest) if newest else None


def reports_after(store: Database, after_id: int, most: int) -> list[ReportOfAge]:
    """Return the next reports by id: the order in which they came, but for a few that had waited for trust."""
    return [
        ReportOfAge(id=number, site=site, arrived_at=arrived_at, made_at=made_at, is_spare=bool(spare))
        for number, site, arrived_at, made_at, spare in store.all(_OF_AGE, after_id, most)
    ]


def delete_report(store: Database, number: int) -> None:
    """Delete a report with the columns of views and cases; what differs from its body is made whole first."""
    make_independent(store, number)
    store.forget_stored()
    for statement in _WITH_REPORT:
        store.run(statement, number)


def delete_untold_findings(store: Database, site: str) -> None:
    """Delete the findings of a site that no stored report tells of."""
    store.run(_UNTOLD, site)


def delete_beside(store: Database, limit: str) -> None:
    """Delete what else is over: figures of days, refusals, unverified messages, orders, and who accepted a loss."""
    for statement in _BESIDE:
        store.run(statement, limit)
