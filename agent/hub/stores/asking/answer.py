"""Queries the answer to a question within what a person may see: groups, total, and on what it rests. Reads only.

Bounded in rows by the question and in time by the caller of `deadline`; no body of a report is read.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from agent.hub.domain.asking.camera_days import Counts, SiteDay, count
from agent.hub.domain.asking.question import OF_SITE, Answer, AnswerRow, Basis, Question
from agent.hub.domain.scope import Scope
from agent.hub.ports.seen import ANSWERED_WITHIN_S
from agent.hub.stores.asking.sources import SITE_DAYS, SITES, SOURCES, Source, as_told, conditions, seen_whole
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
    counted = _things if source.things and not _is_one_row_each(source, question) else _rows
    statement = f"{counted(source, question, where)} LIMIT ?"
    found = store.all(statement, *values, question.top + 1)
    rows = [AnswerRow(tuple(names), int(count)) for *names, count, _ in found] if question.by else []
    return Answer(
        subject=subject, rows=tuple(rows[: question.top]), total=int(found[0][-1]) if found else 0,
        is_more=len(rows) > question.top, basis=_of_sites(store, question, scope),
    )  # fmt: skip


def _is_one_row_each(source: Source, question: Question) -> bool:
    return len(question.where.get(source.apart_by, ())) == 1


def _rows(source: Source, question: Question, where: str) -> str:
    """Return a query of groups, each with its count and that of all: each row counts."""
    names = "".join(f"{as_told(source.columns[name])}, " for name in question.by)
    return (
        f"SELECT {names}{source.count} AS counted, sum({source.count}) OVER () FROM {source.rows} WHERE {where}"  # noqa: S608
        + _ordered(question, f"HAVING {source.count} > 0 ")
    )


def _things(source: Source, question: Question, where: str) -> str:
    """Return a query of groups, each with its count and that of all: each thing counts once in a group, once in all.

    The rows are read once, and what they name is told apart before it is counted: one count of distinct texts for each
    group, and one more for all, take four times as long.
    """
    groups, things = _marked("g", question.by), _marked("t", source.things)
    columns = [*(as_told(source.columns[name]) for name in question.by), *source.things]
    named = ", ".join(f"{column} AS {name}" for column, name in zip(columns, groups + things, strict=True))
    distinct = "" if source.apart_by in question.by else "DISTINCT "
    of_all = f"(SELECT count(*) FROM (SELECT DISTINCT {', '.join(things)} FROM found) AS each_once)"  # noqa: S608
    return (
        f"WITH found AS MATERIALIZED (SELECT {distinct}{named} FROM {source.rows} WHERE {where})"  # noqa: S608
        f" SELECT {''.join(f'{name}, ' for name in groups)}count(*) AS counted,"
        f" {of_all if groups else 'count(*)'} FROM found{_ordered(question)}"
    )


def _marked(mark: str, columns: Sequence[str]) -> list[str]:
    return [f"{mark}{number}" for number in range(len(columns))]


def _ordered(question: Question, having: str = "") -> str:
    """Return the end of a query of groups: the largest first, and of the same size by their names."""
    places = ", ".join(str(number + 1) for number in range(len(question.by)))
    return f" GROUP BY {places} {having}ORDER BY counted DESC, {places}" if places else ""


def _of_camera_days(store: Database, subject: str, question: Question, scope: Scope) -> Answer:
    """Return the answer about camera-days, read day by day, so that a long period needs no more memory.

    Of several epochs of a site on a day that counts which the site began last.
    """
    first, last = _period(question)
    whole, of_whole = seen_whole(scope)
    division, operator = (
        as_told(SITE_DAYS.columns[name]) if name in question.by else "''" for name in ("division", "operator")
    )
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
