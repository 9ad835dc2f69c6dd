"""Sums the current tables over all sites, for who looks after a city. Reads only; one statement each."""

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.seen import Aged, Due
from agent.hub.domain.scope import Scope
from agent.hub.stores.database import Database
from agent.hub.stores.reading.scoped import MAIN, of_finding, of_site


def open_by_division(store: Database, scope: Scope) -> dict[str, dict[str, int]]:
    """Return how many findings are open that may be seen, by division and status."""
    found: dict[str, dict[str, int]] = {}
    condition, values = of_finding(store, scope, "f")
    for status in OPEN:
        rows = store.all(
            "SELECT f.division, count(*) FROM finding_now f INDEXED BY finding_now_division"  # noqa: S608
            f" WHERE f.status = ? AND {condition} GROUP BY f.division",
            *(status, *values),
        )
        for division, count in rows:
            found.setdefault(division, dict.fromkeys(OPEN, 0))[status] = count
    return found


def open_by_site(store: Database, scope: Scope) -> dict[str, dict[str, int]]:
    """Return how many findings are open that may be seen, by site and status, also where none is.

    A site of which no configuration report counts is left out: nothing is known of it.
    """
    condition, values = of_site(scope, "n.site")
    rows = store.all(f"SELECT n.site FROM site_now n WHERE n.seq > 0 AND {condition}", *values)  # noqa: S608
    found = {site: dict.fromkeys(OPEN, 0) for (site,) in rows}
    for status in OPEN:
        condition, values = of_finding(store, scope, "f", status)
        rows = store.all(
            # In the order of an index, so that nothing is sorted.
            f"SELECT f.site, count(*) FROM finding_now f WHERE f.status = ? AND {condition}"  # noqa: S608
            " GROUP BY f.division, f.site",
            *(status, *values),
        )
        for site, count in rows:
            if site in found:
                found[site][status] += count
    return found


def division_of_sites(store: Database, scope: Scope) -> dict[str, tuple[str, int]]:
    """Return the division that counts (empty: none is told) and number of cameras of every site that may be seen."""
    condition, values = of_site(scope, "s.site")
    rows = store.all(
        "SELECT s.site, coalesce(d.division, ''), coalesce(n.cameras, 0) FROM site s"  # noqa: S608
        f" LEFT JOIN site_now n ON n.site = s.site LEFT JOIN {MAIN} WHERE {condition}",
        *values,
    )
    return {site: (division, cameras) for site, division, cameras in rows}


def open_by_age(store: Database, scope: Scope) -> list[Aged]:
    """Return how many findings are open by the day since which they are so, the newest day first."""
    condition, values = of_finding(store, scope, "f")
    rows = store.all(
        "SELECT f.status, substr(f.since, 1, 10), count(*) FROM finding_now f INDEXED BY finding_now_since"  # noqa: S608
        f" WHERE {condition} GROUP BY f.status, substr(f.since, 1, 10) ORDER BY 2 DESC, 1",
        *values,
    )
    return [Aged(*row) for row in rows]


def assigned(store: Database, today: str) -> list[Due]:
    """Return of each name to which something open is assigned how much, by site, and how much of that is late."""
    rows = store.all(
        "SELECT assignee, site, count(*), sum(CASE WHEN until < ? THEN 1 ELSE 0 END) FROM word"
        " WHERE ended_at = '' AND assignee <> '' GROUP BY assignee, site ORDER BY assignee, site",
        today,
    )
    return [Due(*row) for row in rows]


def repaired_between(store: Database, scope: Scope, start: str, end: str) -> tuple[int, float]:
    """Return how many fails ended from one time to before another, and how long they had lasted together (s)."""
    condition, values = of_site(scope, "h.site")
    ((count, lasted_s),) = store.all(
        "SELECT count(*), coalesce(sum((julianday(to_at) - julianday(from_at)) * 86400), 0) FROM finding_history h"  # noqa: S608
        f" WHERE to_at <> '' AND to_at >= ? AND to_at < ? AND status = 'fail' AND from_at <= to_at AND {condition}",
        *(start, end, *values),
    )
    return int(count), float(lasted_s)
