"""Stores notes of people at the hub about open findings: acknowledged, assigned, planned, or a comment.

A word is of the finding as it is open now: when a report says that it is over, `agent/hub/stores/current.py` ends the
word, which stays with author and time as long as the finding's history. A later assignment, acknowledgement or plan
takes the place of the one before, which stays too. No word changes a status or a figure; a plan changes what ranks. Who
operates a site stands in no report, so it is a word as well.
"""

from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.domain.plans import refuse_plan
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.database import Database
from agent.hub.stores.reading import scoped
from agent.model.errors import UsageError

_COLUMNS: Final = "site, check_id, subject, kind, said_by, at, assignee, until, text, ended_at"
"""Of a word, in the order of `Word`."""

OF_FINDING_MOST: Final = 100
"""Words of one open finding."""


def keep(store: Database, word: Word) -> None:
    """Store a word on an open finding.

    Raises:
        UsageError: The site has no such open finding, too much was said of it, a text is empty or too long, or a plan
            lasts too long.
        StoreFailed: Nothing has changed.
    """
    refuse_text(word.said_by, NAME_MAX_CHARS)
    if word.kind == "assigned":
        refuse_text(word.assignee, NAME_MAX_CHARS)
    if word.kind != "assigned" or word.text:
        refuse_text(word.text)
    place = (word.site, word.check, word.subject)
    values = dict(zip(("site", "check", "subject"), place, strict=True))
    with store.transaction():
        if not store.all("SELECT 1 FROM finding_now WHERE site = ? AND check_id = ? AND subject = ?", *place):
            raise UsageError(
                "site {site} has no open finding of {check} on {subject}; see `camwarden hub findings {site}`", **values
            )
        of_finding = "site = ? AND check_id = ? AND subject = ? AND ended_at = ''"
        ((number,),) = store.all(f"SELECT count(*) FROM word WHERE {of_finding}", *place)  # noqa: S608
        if number >= OF_FINDING_MOST:
            raise UsageError("{check} on {subject} at {site} has as many words as are kept", **values)
        if word.kind == "planned":
            refuse_plan(word, _plans_before(store, place))
        if word.kind != "comment":
            store.run(f"UPDATE word SET ended_at = ? WHERE {of_finding} AND kind = ?", word.at, *place, word.kind)  # noqa: S608
        store.run(
            "INSERT INTO word (site, check_id, subject, kind, said_by, at, assignee, until, text, ended_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *astuple(word),
        )


def planned_between(store: Database, first: str, last: str) -> dict[str, list[Word]]:
    """Return the plans by site that may count on one of some days: made before the last, not ended before the first.

    Days are those of China (2026-11-24); a day more on each side is the price of comparing texts.
    """
    rows = store.all(
        f"SELECT {_COLUMNS} FROM word WHERE kind = 'planned' AND until >= ?1 AND at <= ?2 || 'T99'"  # noqa: S608
        " AND (ended_at = '' OR ended_at >= ?3) ORDER BY id",
        *(first, last, (date.fromisoformat(first) - timedelta(days=1)).isoformat()),
    )
    found: dict[str, list[Word]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(_word(row))
    return found


def _plans_before(store: Database, place: tuple[str, str, str]) -> list[Word]:
    rows = store.all(
        f"SELECT {_COLUMNS} FROM word WHERE site = ? AND check_id = ? AND subject = ? AND kind = 'planned'"  # noqa: S608
        " ORDER BY id DESC",
        *place,
    )
    return [_word(row) for row in rows]


def _word(row: tuple[Any, ...]) -> Word:
    return Word(**dict(zip(Word.__dataclass_fields__, row, strict=True)))


def words_of(store: Database, site: str, scope: Scope = EVERYTHING) -> list[Word]:
    """Return the words on those of a site's open findings that may be seen, oldest first."""
    condition, values = scoped.of_finding(store, scope, "f")
    rows = store.all(
        "SELECT w.site, w.check_id, w.subject, kind, said_by, at, assignee, until, text, ended_at FROM word w"  # noqa: S608
        " JOIN finding_now f ON (f.site, f.check_id, f.subject) = (w.site, w.check_id, w.subject)"
        f" WHERE w.site = ? AND ended_at = '' AND {condition} ORDER BY id",
        *(site, *values),
    )
    return [_word(row) for row in rows]


def keep_operator(store: Database, site: str, name: str, by: str, now: datetime) -> None:
    """Store who operates a site; a later word takes the place of the one before. Raises UsageError, StoreFailed."""
    for text in (name, by):
        refuse_text(text, NAME_MAX_CHARS)
    store.run(
        "INSERT INTO operator VALUES (?, ?, ?, ?) ON CONFLICT (site) DO UPDATE SET name = excluded.name,"
        " said_by = excluded.said_by, at = excluded.at",
        *(site, name, by, utc_text(now)),
    )
