"""Queries the figures of days that sites reported, as `agent/hub/stores/day_figures.py` stores them.

By division they count where people at the hub said that the site lay on that day, else where it first told that it
lies: a bad month moves nowhere by another name in a report.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from agent.hub.domain.figures import PLANNED, REPAIRS
from agent.hub.stores.database import Database
from agent.hub.stores.day_figures import read_day
from agent.hub.stores.intake.places import ON_DAY

_BY_DIVISION: Final = ("division", REPAIRS["division"])

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
            f"SELECT a.site, a.told, {_division(by)} FROM assessed a"  # noqa: S608
            " JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch"
            f" WHERE a.by_what = ? AND a.day = ?{of_some} ORDER BY e.first_at",
            *(by, day.isoformat(), *some),
        )
        found |= {site: _placed(told, division) for site, told, division in rows}
    return found


def last_figures(store: Database, by: str, site: str) -> dict[str, Any]:
    """Return the last report of a site, by group; empty where there is none."""
    rows = store.all(
        f"SELECT told, {_division(by)} FROM assessed a WHERE site = ? AND by_what = ?"  # noqa: S608
        " ORDER BY day DESC, epoch LIMIT 1",
        *(site, by),
    )
    return dict(_placed(*rows[0])) if rows else {}


def figures_of_site(store: Database, by: str, site: str, first: date) -> dict[str, Any]:
    """Return what a site reported of each day from one on, by day; of several epochs that which it began last."""
    rows = store.all(
        f"SELECT a.day, a.told, {_division(by)} FROM assessed a"  # noqa: S608
        " JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch"
        " WHERE a.site = ? AND a.by_what = ? AND a.day >= ? ORDER BY e.first_at",
        *(site, by, first.isoformat()),
    )
    return {day: _placed(told, division) for day, told, division in rows}


def _division(by: str) -> str:
    """Return SQL for the division in which a row counts; NULL where it is not by division."""
    return ON_DAY if by in _BY_DIVISION else "NULL"


def _placed(told: str, division: str | None) -> Any:
    """Return a row's figures; those by division, of which a report has one, in the division that counts."""
    groups = read_day(told)
    return groups if division is None else dict.fromkeys([division], next(iter(groups.values())))
