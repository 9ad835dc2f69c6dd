"""Queries the answer to a question within what a person may see: groups, total, and on what it rests. Reads only.

Bounded in rows by the question and in time by the caller of `deadline`; no body of a report is read.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from agent.hub.domain.asking.camera_days import Counts, SiteDay, count
from agent.hub.domain.asking.question import OF_SITE, Answer, AnswerRow, Basis, Question
from agent.hub.domain.scope import Scope
from agent.hub.ports.seen import ANSWERED_WITHIN_S
from agent.hub.stores.asking.sources import SITE_DAYS, SITES, SOURCES, conditions, seen_whole
from agent.hub.stores.database import Database
from agent.hub.stores.day_figures import FAILING_MOST, read_day

_REPORTED: Final = "maintainer"
"""A site that reported of a day has a row of this kind, whether anything of it was bad or not."""

_FIRST_DAY: Final = "coalesce((SELECT min(date(e.first_at, '+8 hours')) FROM epoch e WHERE e.site = s.site), '')"
"""On which a site was first heard of, in China."""


class Questions:
    """See `agent/hub/ports/seen.py`."""

    def __init__(self, db: Database, deadline: Callable[[float], AbstractContextManager[None]]) -> None:
        """Read from a database, by statements that end at the engine's deadline."""
        self._db, self._deadline = db, deadline

    def answer(self, question: Question, scope: Scope, within_s: float = ANSWERED_WITHIN_S) -> Answer:
        """Return the answer to a question that has a subject, of what may be seen. Raises UsageError, StoreFailed."""
        if question.subject is None:
            raise ValueError("nothing answers this question")
        with self._deadline(within_s):
            answer = _of_camera_days if question.counted == "camera-days" else _of_rows
            return answer(self._db, question.subject.name, question, scope)


def _of_rows(store: Database, subject: str, question: Question, scope: Scope) -> Answer:
    source = SOURCES[subject]
    where, values = conditions(store, source, question, scope)
    ((total,),) = store.all(f"SELECT {source.count} FROM {source.rows} WHERE {where}", *values)  # noqa: S608
    found: list[AnswerRow] = []
    if question.by:
        names = ", ".join(source.columns[name] for name in question.by)
        places = ", ".join(str(number + 1) for number in range(len(question.by)))
        rows = store.all(
            f"SELECT {names}, {source.count} AS counted FROM {source.rows} WHERE {where}"  # noqa: S608
            f" GROUP BY {places} HAVING {source.count} > 0 ORDER BY counted DESC, {places} LIMIT ?",
            *(*values, question.top + 1),
        )
        found = [AnswerRow(tuple(names), int(count)) for *names, count in rows]
    return Answer(
        subject=subject, rows=tuple(found[: question.top]), total=int(total), is_more=len(found) > question.top,
        basis=_of_sites(store, question, scope),
    )  # fmt: skip


def _of_camera_days(store: Database, subject: str, question: Question, scope: Scope) -> Answer:
    """Return the answer about camera-days, read day by day, so that a long period needs no more memory.

    Of several epochs of a site on a day that counts which the site began last.
    """
    first, last = _period(question)
    whole, of_whole = seen_whole(scope)
    division, operator = (SITE_DAYS.columns[name] if name in question.by else "''" for name in ("division", "operator"))
    where = {name: values for name, values in question.where.items() if name in OF_SITE}
    counts = Counts()
    for day in (first + timedelta(days=number) for number in range((last - first).days + 1)):
        of_day = Question(counted=question.counted, where=where, first=day, last=day)
        condition, values = conditions(store, SITE_DAYS, of_day, scope)
        rows = store.all(
            f"SELECT a.site, {division}, {operator}, a.day, {whole}, a.told FROM {SITE_DAYS.rows}"  # noqa: S608
            f" WHERE {condition} ORDER BY e.first_at",
            *(*of_whole, *values),
        )
        newest = {
            site: SiteDay(site, lies_in, run_by, on, is_whole, read_day(told))
            for site, lies_in, run_by, on, is_whole, told in rows
        }
        count(counts, newest.values(), question, scope, FAILING_MOST)
    return Answer(
        subject=subject,
        rows=counts.largest(question.top) if question.by else (),
        total=counts.total,
        is_more=len(counts.groups) > question.top,
        basis=replace(_of_days(store, question, scope), cut=counts.cut),
    )


def _of_sites(store: Database, question: Question, scope: Scope) -> Basis:
    """Return how many sites are asked about, of how many no configuration report counts, and from when these are."""
    where, values = _sites(store, question, scope)
    ((number, unknown, oldest, newest),) = store.all(
        "SELECT count(*), coalesce(sum(CASE WHEN coalesce(n.seq, 0) = 0 THEN 1 ELSE 0 END), 0),"  # noqa: S608
        " min(nullif(n.made_at, '')), max(n.made_at)"
        f" FROM {SITES.rows} WHERE {where}",
        *values,
    )
    return Basis(of=number, unknown=unknown, oldest_at=oldest or "", newest_at=newest or "")


def _of_days(store: Database, question: Question, scope: Scope) -> Basis:
    """Return how many site-days are asked about since each site was first heard of, and what was reported of them."""
    first, last = _period(question)
    where, values = _sites(store, question, scope)
    ((due,),) = store.all(
        "SELECT coalesce(sum(CASE WHEN begun <= ? THEN julianday(?) - julianday(begun) + 1 ELSE 0 END), 0)"  # noqa: S608
        " FROM (SELECT CASE WHEN heard > ? THEN heard ELSE ? END AS begun"
        f" FROM (SELECT {_FIRST_DAY} AS heard FROM {SITES.rows} WHERE {where}) AS sites) AS days",
        *([last.isoformat()] * 2 + [first.isoformat()] * 2 + values),
    )
    of_days = "a.by_what = ? AND a.day >= ? AND a.day <= ?"
    of_sites = f"a.site IN (SELECT s.site FROM {SITES.rows} WHERE {where})"  # noqa: S608
    days = (first.isoformat(), last.isoformat(), *values)
    ((reported, oldest, newest),) = store.all(
        "SELECT count(*), min(day), max(day) FROM (SELECT DISTINCT a.site, a.day FROM assessed a"  # noqa: S608
        f" WHERE {of_days} AND {of_sites}) AS days",
        *(_REPORTED, *days),
    )
    return Basis(of=max(int(due), reported), unknown=max(0, int(due) - reported), oldest_at=oldest or "",
                 newest_at=newest or "")  # fmt: skip


def _sites(store: Database, question: Question, scope: Scope) -> tuple[str, list[str]]:
    """Return the condition of the sites that a question is about, whatever of them it asks."""
    where = {name: values for name, values in question.where.items() if name in OF_SITE}
    return conditions(store, SITES, Question(counted="sites", where=where), scope)


def _period(question: Question) -> tuple[date, date]:
    if question.first is None or question.last is None:
        raise ValueError("a question about days has a period")
    return question.first, question.last
