"""Queries the figures of days that sites reported, as `agent/hub/stores/day_figures.py` stores them."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from agent.hub.domain.figures import PLANNED
from agent.hub.stores.database import Database
from agent.hub.stores.day_figures import read_day

_AT_ONCE: Final = 10_000
"""Sites that one query names: SQLite takes three times as many."""


def plans_before(store: Database, first: date) -> dict[str, Any]:
    """Return what each site had planned in its last report before a day.

    `CROSS JOIN` keeps SQLite from scanning every row that was ever stored.
    """
    rows = store.all(
        "SELECT a.site, a.told FROM (SELECT DISTINCT site FROM epoch) s"
        " CROSS JOIN assessed a ON a.site = s.site AND a.by_what = ?1 AND a.day = (SELECT max(b.day) FROM assessed b"
        " WHERE b.site = s.site AND b.by_what = ?1 AND b.day < ?2)"
        " JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch ORDER BY e.first_at",
        *(PLANNED, first.isoformat()),
    )
    return {site: read_day(told) for site, told in rows}


def figures_of_day(store: Database, by: str, day: date, sites: Collection[str] | None = None) -> dict[str, Any]:
    """Return the report of each site, or of some, about a day; of several epochs that which the site began last."""
    names = [] if sites is None else sorted(sites)
    portions = [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)] if names else [[]]
    found: dict[str, Any] = {}
    for some in portions if sites is None or names else ():
        of_some = f" AND a.site IN ({', '.join('?' * len(some))})" if some else ""
        rows = store.all(
            "SELECT a.site, a.told FROM assessed a JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch"  # noqa: S608
            f" WHERE a.by_what = ? AND a.day = ?{of_some} ORDER BY e.first_at",
            *(by, day.isoformat(), *some),
        )
        found |= {site: read_day(told) for site, told in rows}
    return found


def last_figures(store: Database, by: str, site: str) -> dict[str, Any]:
    """Return the last report of a site, by group; empty where there is none."""
    rows = store.all(
        "SELECT told FROM assessed WHERE site = ? AND by_what = ? ORDER BY day DESC, epoch LIMIT 1", site, by
    )
    return dict(read_day(rows[0][0])) if rows else {}


def figures_of_site(store: Database, by: str, site: str, first: date) -> dict[str, Any]:
    """Return what a site reported of each day from one on, by day; of several epochs that which it began last."""
    rows = store.all(
        "SELECT a.day, a.told FROM assessed a JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch"
        " WHERE a.site = ? AND a.by_what = ? AND a.day >= ? ORDER BY e.first_at",
        *(site, by, first.isoformat()),
    )
    return {day: read_day(told) for day, told in rows}
