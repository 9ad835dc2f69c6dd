"""Drops bodies and reports that are over, and the partition of a month once nothing of it is left.

Every body is whole here, so that none is in the way of another one's end.
"""

from collections.abc import Collection
from typing import Final

from agent.hub.stores.database import Database
from agent.hub.stores.keeping import expiry

_BODIES: Final = (
    "DELETE FROM report_body b USING report_row r WHERE (b.month, b.no) = (r.month, r.body) AND r.id = ANY(?)"
)
_OF_REPORT: Final = (
    "DELETE FROM body_held WHERE report_id = ANY(?)",
    "DELETE FROM telling_finding WHERE report_id = ANY(?)",
    _BODIES,
    "DELETE FROM report_row WHERE id = ANY(?)",
)
_MONTHS: Final = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'report_body'::regclass ORDER BY 1 DESC"
)
_LOCK_MS: Final = 2000
"""A partition goes when nobody reads bodies; else another time."""


def needed(_: Database, __: Collection[int]) -> set[int]:
    """Return which of these bodies others are differences to that are not among these: none."""
    return set()


def drop(store: Database, numbers: Collection[int]) -> None:
    """Drop the bodies of some reports."""
    store.run(_BODIES, list(numbers))
    store.run("DELETE FROM body_held WHERE report_id = ANY(?)", list(numbers))


def delete_report(store: Database, number: int) -> None:
    """Delete a report with its body and what it told."""
    for statement in _OF_REPORT:
        store.run(statement, [number])


def delete_beside(store: Database, limit: str) -> None:
    """Delete what stands beside reports and is over, and the partitions that are empty but the newest."""
    expiry.delete_beside(store, limit)
    store.run(f"SET LOCAL lock_timeout = {_LOCK_MS}")
    _, *earlier = store.all(_MONTHS) or [()]
    for (month,) in earlier:
        if not store.all(f"SELECT 1 FROM {month} LIMIT 1"):  # noqa: S608  as the catalogue quotes it
            store.run(f"DROP TABLE {month}")
    store.run("SET LOCAL lock_timeout = DEFAULT")
