"""Drops bodies and single reports that are over; `months.py` drops months."""

from collections.abc import Collection
from typing import Final

from agent.hub.stores.database import Database
from agent.hub.stores.keeping import payloads

_FOLLOWERS: Final = (
    "UPDATE report_row n SET prev = p.digest FROM report_row p WHERE p.id = ANY(?) AND p.fork = 0 AND n.lane = p.lane"
    " AND n.seq = p.seq + 1 AND n.prev = ''"
)
"""Let those that follow reports have their digest themselves."""

_OF_REPORT: Final = (
    _FOLLOWERS,
    "DELETE FROM body_held WHERE report_id = ANY(?)",
    "DELETE FROM telling_finding WHERE report_id = ANY(?)",
    "DELETE FROM config_said c USING report_row r WHERE r.id = ANY(?) AND c.id = r.config AND NOT EXISTS"
    " (SELECT 1 FROM report_row o WHERE o.lane = r.lane AND o.config = r.config AND o.id <> r.id)",
    "DELETE FROM report_row WHERE id = ANY(?)",
)
_COUNT_FIRST: Final = (
    "UPDATE report_row SET fork = CASE WHEN digest = ? THEN 0 ELSE 1 END"
    " WHERE lane = (SELECT id FROM lane WHERE site = ? AND epoch = ? AND stream = ?) AND seq = ?"
)
_AT: Final = (
    "SELECT id FROM report_row WHERE lane = (SELECT id FROM lane WHERE site = ? AND epoch = ? AND stream = ?)"
    " AND seq = ? AND fork = 0"
)


def count_first(store: Database, place: tuple[str, str, str, int], digest: bytes) -> None:
    """Let the report with a digest count under a number, and the others be its forks."""
    store.run(_FOLLOWERS, [number for (number,) in store.all(_AT, *place)])
    store.run(_COUNT_FIRST, digest, *place)


def drop(store: Database, numbers: Collection[int]) -> None:
    """Drop the bodies of some reports; what differs from one stays."""
    for number in numbers:
        payloads.make_independent(store, number)
    store.run("UPDATE report_row SET payload = '' WHERE id = ANY(?)", list(numbers))
    store.run("DELETE FROM body_held WHERE report_id = ANY(?)", list(numbers))


def delete_report(store: payloads.Rows, number: int) -> None:
    """Delete a report with its body and what it told; what differs from its body is made whole first."""
    payloads.make_independent(store, number)
    for statement in _OF_REPORT:
        store.run(statement, [number])
