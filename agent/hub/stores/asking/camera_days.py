"""Queries the answer to a question about camera-days, and of which days it is. Reads only."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from agent.hub.domain.asking.camera_days import Counts, SiteDay, count
from agent.hub.domain.asking.question import OF_SITE, Answer, Basis, Question
from agent.hub.domain.scope import Scope
from agent.hub.stores.asking.sources import SITE_DAYS, SITES, conditions, seen_whole, sites_asked
from agent.hub.stores.database import Database
from agent.hub.stores.day_figures import FAILING_MOST, read_day

_REPORTED: Final = "maintainer"
"""A site that reported of a day has a row of this kind, whether anything of it was bad or not."""

_FIRST_DAY: Final = "coalesce((SELECT min(date(e.first_at, '+8 hours')) FROM epoch e WHERE e.site = s.site), '')"
"""On which a site was first heard of, in China."""


def answer(store: Database, subject: str, question: Question, scope: Scope) -> Answer:
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


def _of_days(store: Database, question: Question, scope: Scope) -> Basis:
    """Return how many site-days are asked about since each site was first heard of, and what was reported of them."""
    first, last = _period(question)
    where, values = sites_asked(store, question, scope)
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


def _period(question: Question) -> tuple[date, date]:
    if question.first is None or question.last is None:
        raise ValueError("a question about days has a period")
    return question.first, question.last
