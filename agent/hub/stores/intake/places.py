"""Stores in which division each site lies: every one of its reports, that of people, and which of them count.

A site signs its division itself, so a report that names another one must hide nothing and move nothing. The division
that a site told first counts in lists and figures; every other one that it tells counts beside it for who is bound to a
division, until people at the hub say where the site lies. Then that alone counts, and a report that tells another one
is a difference for people to look at. `site_division` has what counts now; whatever else changes writes it anew.
"""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import china_day
from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.domain.rows.places import DIVISION, Differing
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.database import Database
from agent.hub.stores.day_figures import read_day
from agent.hub.stores.keeping.payloads import Rows
from agent.hub.stores.reading import scoped
from agent.model.errors import UsageError
from agent.verify.members import dict_of

STEP: Final = """
CREATE TABLE IF NOT EXISTS division_told (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, division TEXT NOT NULL, UNIQUE (site, division)
);
CREATE TABLE IF NOT EXISTS place_said (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, division TEXT NOT NULL, from_day TEXT NOT NULL, said_by TEXT NOT NULL,
    why TEXT NOT NULL, at TEXT NOT NULL, told INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS place_said_site ON place_said (site, id);
CREATE TABLE IF NOT EXISTS site_division (
    site TEXT NOT NULL, division TEXT NOT NULL, standing TEXT NOT NULL, PRIMARY KEY (site, division)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS site_division_standing ON site_division (standing, division, site)
"""
"""`division_told.id`: in the order of arrival. `place_said.from_day`: since which day, empty: ever; `told`: the last
`division_told.id` then. `site_division.standing`: `main`, one of each site, or `also`: only for who is bound to it."""

MOST: Final = 64
"""Divisions of one site that are told apart."""

ON_DAY: Final = (
    "coalesce((SELECT p.division FROM place_said p WHERE p.site = a.site AND p.from_day <= a.day ORDER BY p.id DESC"
    " LIMIT 1), (SELECT t.division FROM division_told t WHERE t.site = a.site ORDER BY t.id LIMIT 1), '')"
)
"""The division in whose figures a row `a` of `assessed` counts, whatever the report of that day named."""


def note(rows: Rows, site: str, data: Mapping[str, Any], known: set[tuple[str, str]]) -> None:
    """Store the division that a verified report tells, within the caller's transaction; what is no code tells none.

    `known`: by site the divisions that this transaction has seen to be stored.
    """
    division = dict_of(data.get("body")).get("division")
    if isinstance(division, str) and (site, division) not in known and DIVISION.fullmatch(division):
        _note(rows, site, division)
        known.add((site, division))


def _note(rows: Rows, site: str, division: str) -> None:
    if rows.all("SELECT 1 FROM division_told WHERE site = ? AND division = ?", site, division):
        return
    ((number,),) = rows.all("SELECT count(*) FROM division_told WHERE site = ?", site)
    if number < MOST:
        rows.run("INSERT INTO division_told (site, division) VALUES (?, ?)", site, division)
        _settle(rows, site)


def say(store: Database, site: str, division: str, by: str, why: str, now: datetime, since: date | None = None) -> None:
    """Store where a site lies; of what was said of one day the last word counts.

    Args:
        store: The hub's.
        site: It need not have reported yet.
        division: Its code of six digits.
        by: Who says so.
        why: The reason.
        now: When.
        since: The first day in China on which it lies there; None: it has never lain elsewhere.

    Raises:
        UsageError: It is no code, the day is still to come, or a text is empty or too long.
        StoreFailed: Nothing has changed.
    """
    refuse_text(site, NAME_MAX_CHARS)
    refuse_text(by, NAME_MAX_CHARS)
    refuse_text(why)
    if not DIVISION.fullmatch(division):
        raise UsageError("{code!r}: name the division by its six digits, such as 140202", code=division[:80])
    if since is not None and since > china_day(now):
        raise UsageError("{day} is still to come; say it on that day", day=since.isoformat())
    with store.transaction():
        ((told,),) = store.all("SELECT coalesce(max(id), 0) FROM division_told")
        store.run(
            "INSERT INTO place_said (site, division, from_day, said_by, why, at, told) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(site, division, since.isoformat() if since else "", by, why, utc_text(now), told),
        )
        _settle(store, site)


def main(rows: Rows, site: str) -> str:
    """Return the division that counts for a site; empty: nobody has told one."""
    found = rows.all("SELECT division FROM site_division WHERE site = ? AND +standing = 'main'", site)
    return str(found[0][0]) if found else ""


def said_by(store: Database, site: str) -> str:
    """Return who said where a site lies; empty: nobody has, so what it told first counts."""
    found = store.all("SELECT said_by FROM place_said WHERE site = ? ORDER BY id DESC LIMIT 1", site)
    return str(found[0][0]) if found else ""


def differing(store: Database, scope: Scope = EVERYTHING) -> list[Differing]:
    """Return the sites that may be seen of which reports tell another division than the one that counts, by name."""
    seen, values = scoped.of_site(scope, "d.site")
    rows = store.all(
        "SELECT d.site, d.division, coalesce(p.said_by, ''), t.division FROM site_division d"  # noqa: S608
        " JOIN division_told t ON t.site = d.site AND t.division <> d.division"
        " LEFT JOIN place_said p ON p.id = (SELECT max(id) FROM place_said l WHERE l.site = d.site)"
        " LEFT JOIN site_now n ON n.site = d.site"
        " WHERE d.standing = 'main' AND (t.id > coalesce(p.told, 0) OR t.division = n.division)"
        f" AND {seen} ORDER BY d.site, t.id",
        *values,
    )
    return [
        Differing(site=site, division=division, said_by=by, told=tuple(row[3] for row in of))
        for (site, division, by), of in groupby(rows, lambda row: row[:3])
    ]


def fill(rows: Rows) -> None:
    """Take up what an older hub has stored: what each site told of its first day, then what it tells now."""
    for site, first, now in rows.all(
        "SELECT s.site, (SELECT a.told FROM assessed a WHERE a.site = s.site AND a.by_what = 'division'"
        " ORDER BY a.day LIMIT 1), n.division FROM site s LEFT JOIN site_now n ON n.site = s.site ORDER BY s.site"
    ):
        for division in (*(read_day(first) if first else ()), now):
            if division and DIVISION.fullmatch(division):
                _note(rows, site, division)


def _settle(rows: Rows, site: str) -> None:
    """Write which divisions of a site count now, and the main one beside its findings."""
    told = rows.all("SELECT division FROM division_told WHERE site = ? ORDER BY id", site)
    said = rows.all("SELECT division FROM place_said WHERE site = ? ORDER BY id DESC LIMIT 1", site)
    (counting,), *others = said or told
    standing = {counting: "main"} | ({} if said else {division: "also" for (division,) in others})
    rows.run("DELETE FROM site_division WHERE site = ?", site)
    for division, one in standing.items():
        rows.run("INSERT INTO site_division VALUES (?, ?, ?)", site, division, one)
    rows.run("UPDATE finding_now SET division = ? WHERE site = ? AND division <> ?", counting, site, counting)
