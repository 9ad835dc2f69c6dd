"""Stores the bad camera-days of each day packed, beside the rows that they are of, and notes which sites have changed.

A packed day is worth something only as long as it is that of its rows. So the database itself notes, by triggers, in
the transaction that adds, changes or deletes a row, whoever does it, that the rows of this site and day are to be read.
`agent/hub/workers/day_sums.py` packs days, and holds each against its rows.

While a day is packed, a mark of whoever does it stands for it: its rows are read until then, and changes are noted from
before the rows were read. Of two who pack a day at once only the one who began last stores it.
"""

import secrets
from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any, Final

from agent.hub.domain.asking.packed_days import (
    BEING_PACKED,
    FORMAT,
    Named,
    Numbers,
    PackedDay,
    bad_of,
    named_of,
    pack,
    packed,
    text_of,
    unpacked,
    wanted,
    without,
)
from agent.hub.domain.figures import FAILING
from agent.hub.domain.quick_json import DECODE
from agent.hub.stores.areas import on
from agent.hub.stores.database import ALL, Database
from agent.hub.stores.day_figures import FAILING_MOST, read_day
from agent.hub.stores.keeping.payloads import Rows

REPORTED: Final = "maintainer"
"""A site that reported of a day has a row of this kind, whether anything of it was bad or not."""

SITES_LEAST: Final = 100
"""Of fewer sites a day is read as fast from its rows, and none of it is stored."""

CHANGED_MOST: Final = 100
"""Of more sites that have changed, a day is packed anew."""

_BUNCHES_MOST: Final = 64
"""Of one site; one that tells more is read from its rows."""

_AT_ONCE: Final = 500

_OF: Final = f"('{FAILING}', '{REPORTED}')"
_KEY: Final = ("by_what", "day", "site", "epoch", "told")

STEPS: Final = (
    "CREATE TABLE IF NOT EXISTS bunch (number INTEGER PRIMARY KEY, site TEXT NOT NULL, place INTEGER NOT NULL,"
    " named TEXT NOT NULL, UNIQUE (site, place), UNIQUE (site, named))",
    "CREATE TABLE IF NOT EXISTS bad_day (day TEXT PRIMARY KEY, told BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS bad_day_left (day TEXT NOT NULL, site TEXT NOT NULL, is_changed INTEGER NOT NULL,"
    " PRIMARY KEY (day, site)) WITHOUT ROWID",
    *(
        f"CREATE TRIGGER IF NOT EXISTS assessed_{name} AFTER {change} ON assessed"  # noqa: S608  our own words
        f" WHEN {row}.by_what IN {_OF} AND EXISTS (SELECT 1 FROM bad_day WHERE day = {row}.day){also} BEGIN"
        f" INSERT INTO bad_day_left VALUES ({row}.day, {row}.site, 1)"
        " ON CONFLICT (day, site) DO UPDATE SET is_changed = 1; END"
        for name, change, row, also in (
            ("bad_insert", "INSERT", "new", ""),
            ("bad_delete", "DELETE", "old", ""),
            ("bad_from", "UPDATE", "old", f" AND ({' OR '.join(f'old.{one} IS NOT new.{one}' for one in _KEY)})"),
            ("bad_to", "UPDATE", "new", f" AND ({' OR '.join(f'old.{one} IS NOT new.{one}' for one in _KEY)})"),
        )
    ),
)
"""`bunch.number`: of the cameras of a site that have one maintainer and model, `named`; `place`: which one of its site,
from 0. `bad_day.told` as `agent/hub/domain/asking/packed_days.py` packs it. `bad_day_left`: sites that are left out of
a packed day, or have changed since."""


class PackedDays:
    """See `agent/hub/ports/seen.py`."""

    def __init__(self, db: Database) -> None:
        self.due = on(db, due)
        self.keep = on(db, keep)
        self.after = on(db, days_after)
        self.differing = on(db, differing)


def add_tables(rows: Rows) -> None:
    """Create the tables and triggers, within the caller's transaction; days come when somebody packs them."""
    for statement in STEPS:
        rows.run(statement)


def column(found: Any) -> list[Any]:
    """Return the values of `json_group_array`: one engine parses its JSON, the other returns it."""
    return list(DECODE(found) if isinstance(found, str) else found)


def between(store: Database, first: date, last: date) -> dict[str, PackedDay]:
    """Return the packed days of a period without the sites whose rows are to be read instead."""
    days = (first.isoformat(), last.isoformat())
    left = dict(
        store.all(
            "SELECT l.day, json_group_array(b.number) FROM bad_day_left l JOIN bunch b ON b.site = l.site"
            " WHERE l.day >= ? AND l.day <= ? GROUP BY l.day",
            *days,
        )
    )
    stored = store.all("SELECT day, told FROM bad_day WHERE day >= ? AND day <= ?", *days)
    found = {day: whole for day, told in stored if (whole := unpacked(told)) is not None}
    return {day: without(one, column(left[day])) if day in left else one for day, one in found.items()}


_ENDS: Final = (
    "SELECT min(day) FROM assessed WHERE by_what = ? UNION ALL SELECT max(day) FROM assessed WHERE by_what = ?"
    " UNION ALL SELECT min(day) FROM bad_day UNION ALL SELECT max(day) FROM bad_day"
)
"""The first and the last day of what is held: of days outside nothing is asked.

Each end by itself: where one SELECT asks for both, SQLite goes through every row between them.
"""


def due(store: Database, days: Collection[date]) -> list[date]:
    """Return which of these days have rows of many sites and are not packed, or many have changed since."""
    ends = [end for (end,) in store.all(_ENDS, REPORTED, REPORTED) if end is not None]
    return [day for day in days if ends and min(ends) <= day.isoformat() <= max(ends) and _is_due(store, str(day))]


def _is_due(store: Database, at: str) -> bool:
    changed = "SELECT count(*) FROM (SELECT 1 FROM bad_day_left WHERE day = ? AND is_changed = 1 LIMIT ?) of_day"
    if store.all("SELECT 1 FROM bad_day WHERE day = ? AND substr(told, 1, 1) = ?", at, FORMAT):
        return bool(store.all(changed, at, CHANGED_MOST)[0][0] >= CHANGED_MOST)
    reported = "SELECT count(*) FROM (SELECT 1 FROM assessed WHERE by_what = ? AND day = ? LIMIT ?) of_day"
    return bool(store.all(reported, REPORTED, at, SITES_LEAST)[0][0] >= SITES_LEAST)


def keep(store: Database, day: date) -> bool:
    """Pack a day where that is due, else hold it against its rows; return whether it was not that of them."""
    at = day.isoformat()
    is_changed = _is_due(store, at)
    differs = not is_changed and _is_differing(store, at)
    if is_changed or differs:
        _pack(store, at)
    return differs


def days_after(store: Database, day: str, most: int) -> list[str]:
    """Return the next packed days."""
    return [found for (found,) in store.all("SELECT day FROM bad_day WHERE day > ? ORDER BY day LIMIT ?", day, most)]


def differing(store: Database) -> tuple[int, list[str]]:
    """Return how many days are packed, and which of them are not those of their rows."""
    days = days_after(store, "", ALL)
    return len(days), [day for day in days if _is_differing(store, day)]


def _is_differing(store: Database, day: str) -> bool:
    """Return whether a packed day is not that of the rows that it stands for; one that is being packed is.

    What changes meanwhile is noted before it is looked for, so that it is compared by nobody.
    """
    before = _stored(store, day)
    if before is None or before.startswith(BEING_PACKED):
        return False
    of_rows, wanted_left = _of_rows(store, day, _numbers(store))
    left = {site for (site,) in store.all("SELECT site FROM bad_day_left WHERE day = ?", day)}
    if before != _stored(store, day):
        return False
    gone = [number for (site, _), number in _numbers(store).of.items() if site in left]
    found = unpacked(before)
    return found is None or not wanted_left <= left or without(found, gone) != without(of_rows, gone)


def _pack(store: Database, day: str) -> None:
    mark = BEING_PACKED + secrets.token_bytes(16)
    with store.transaction():  # whoever writes now, writes before it or finds the mark
        store.run("INSERT INTO bad_day VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET told = excluded.told", day, mark)
        store.run("DELETE FROM bad_day_left WHERE day = ?", day)
    found, left = _of_rows(store, day, None)
    with store.transaction():
        if store.run("UPDATE bad_day SET told = ? WHERE day = ? AND told = ?", packed(found), day, mark):
            for site in left:
                store.run("INSERT INTO bad_day_left VALUES (?, ?, 0) ON CONFLICT DO NOTHING", day, site)


def _of_rows(store: Database, day: str, numbers: Numbers | None) -> tuple[PackedDay, frozenset[str]]:
    """Return a day from its rows; where no numbers are given, new bunches get theirs."""
    rows = store.all(
        "SELECT a.site, a.told FROM assessed a JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch"
        " WHERE a.by_what = ? AND a.day = ? ORDER BY e.first_at, e.epoch",
        *(FAILING, day),
    )
    newest = dict(rows)
    bad = {site: bad_of(read_day(told), FAILING_MOST) for site, told in newest.items()}
    ((sites,),) = store.all(
        "SELECT json_group_array(site) FROM (SELECT DISTINCT site FROM assessed WHERE by_what = ? AND day = ?) of_day",
        *(REPORTED, day),
    )
    reported = column(sites)
    if numbers is None:
        numbers = _numbers(store)
        if new := wanted(bad, reported, numbers):
            _number(store, new, Counter(site for site, _ in numbers.of))
            numbers = _numbers(store)
    return pack(bad, reported, numbers)


def _number(store: Database, wanted: Collection[tuple[str, Named]], places: Counter[str]) -> None:
    """Give numbers to bunches; a site beyond its bound gets no more. `places`: how many bunches of a site have one."""
    new = list[object]()
    for site, of in sorted(wanted):
        if places[site] < _BUNCHES_MOST:
            new += site, places[site], text_of(of)
            places[site] += 1
    for begin in range(0, len(new), 3 * _AT_ONCE):
        some = new[begin : begin + 3 * _AT_ONCE]
        with store.transaction():
            store.run(
                f"INSERT INTO bunch (site, place, named) VALUES {', '.join(['(?, ?, ?)'] * (len(some) // 3))}"  # noqa: S608
                " ON CONFLICT DO NOTHING",
                *some,
            )


def _numbers(store: Database) -> Numbers:
    ((numbers, sites, places, names),) = store.all(
        "SELECT json_group_array(number), json_group_array(site), json_group_array(place), json_group_array(named)"
        " FROM bunch"
    )
    of, first = dict[tuple[str, Named], int](), dict[str, int]()
    for number, site, place, one in zip(*map(column, (numbers, sites, places, names)), strict=True):
        of[site, named_of(one)] = number
        if place == 0:
            first[site] = number
    return Numbers(of, first)


def _stored(store: Database, day: str) -> bytes | None:
    found = store.all("SELECT told FROM bad_day WHERE day = ?", day)
    return bytes(found[0][0]) if found else None
