"""Sums the current tables over all sites, for who looks after a city. Reads only; one statement each."""

from dataclasses import dataclass

from agent.hub.domain.open_statuses import OPEN
from agent.hub.stores.store import Store


@dataclass(frozen=True, slots=True)
class Aged:
    """How many open findings of a status have been so since one day (of UTC, as 2026-11-24)."""

    status: str
    day: str
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is assigned to somebody: how many open findings, and how many of them were due before today."""

    assignee: str
    open: int
    late: int


def open_by_division(store: Store) -> dict[str, dict[str, int]]:
    """Return how many findings are open, by division and status."""
    found: dict[str, dict[str, int]] = {}
    for status in OPEN:
        rows = store.all(
            "SELECT division, count(*) FROM finding_now INDEXED BY finding_now_division WHERE status = ?"
            " GROUP BY division",
            status,
        )
        for division, count in rows:
            found.setdefault(division, dict.fromkeys(OPEN, 0))[status] = count
    return found


def division_of_sites(store: Store) -> dict[str, tuple[str, int]]:
    """Return division (empty: not told) and number of cameras of every site of which something verified has come."""
    rows = store.all(
        "SELECT s.site, coalesce(n.division, ''), coalesce(n.cameras, 0) FROM site s LEFT JOIN site_now n USING (site)"
    )
    return {site: (division, cameras) for site, division, cameras in rows}


def open_by_age(store: Store) -> list[Aged]:
    """Return how many findings are open by the day since which they are so, the newest day first."""
    rows = store.all(
        "SELECT status, substr(since, 1, 10), count(*) FROM finding_now INDEXED BY finding_now_since"
        " GROUP BY status, substr(since, 1, 10) ORDER BY 2 DESC, 1"
    )
    return [Aged(*row) for row in rows]


def assigned(store: Store, today: str) -> list[Due]:
    """Return of each name to which something open is assigned how much, and how much of that is late; latest first."""
    rows = store.all(
        "SELECT assignee, count(*), sum(until < ?) FROM word WHERE ended_at = '' AND assignee <> ''"
        " GROUP BY assignee ORDER BY 3 DESC, 1",
        today,
    )
    return [Due(*row) for row in rows]


def repaired_by_day(store: Store, since: str) -> list[tuple[str, int, float]]:
    """Return of each day since then (the sites' own, UTC) how many fails ended, and how long they had lasted (s)."""
    return store.all(
        "SELECT substr(to_at, 1, 10), count(*), avg((julianday(to_at) - julianday(from_at)) * 86400)"
        " FROM finding_history WHERE to_at <> '' AND to_at >= ? AND status = 'fail' AND from_at <= to_at"
        " GROUP BY 1 ORDER BY 1",
        since,
    )
