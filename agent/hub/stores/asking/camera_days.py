"""Queries the answer to a question about camera-days: from packed days, and from rows of what is left out of these.

Rows are read of days that are not packed, of sites that are left out of a packed day or have changed since, and, where
a question names divisions, of sites that have moved since the period began. Reads only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from agent.hub.domain.asking.camera_days import Counts, SiteDay, count
from agent.hub.domain.asking.packed_counts import Bunches, count_packed
from agent.hub.domain.asking.packed_days import PackedDay, named_of
from agent.hub.domain.asking.question import OF_SITE, Answer, Basis, Question
from agent.hub.domain.figures import FAILING, china_day
from agent.hub.domain.scope import Scope
from agent.hub.stores.asking.packed_days import REPORTED, between, column
from agent.hub.stores.asking.sources import SITE_DAYS, SITES, as_told, begin_of, conditions, seen_whole, sites_asked
from agent.hub.stores.database import Database
from agent.hub.stores.day_figures import FAILING_MOST, read_day
from agent.hub.stores.reading.scoped import MAIN, Condition

_MOVED: Final = (
    "SELECT p.site FROM place_said p WHERE p.from_day > ? AND p.id = (SELECT max(l.id) FROM place_said l"
    " WHERE l.site = p.site)"
)
"""Sites that did not lie all the time since a day in the division that counts now."""

_EPOCHS: Final = "(SELECT site, min(first_at) AS first_at FROM epoch GROUP BY site)"
_HEARD: Final = "CASE WHEN s.first_at < ? THEN '' ELSE substr(s.first_at, 1, 13) END"
"""In which hour a site was first heard of; empty: before a moment."""

_WITH_ROWS: Final = (
    "SELECT column1 FROM (VALUES {marks}) AS days"
    " WHERE EXISTS (SELECT 1 FROM assessed a WHERE a.by_what = ? AND a.day = column1)"
    " OR EXISTS (SELECT 1 FROM assessed a WHERE a.by_what = ? AND a.day = column1) ORDER BY column1"
)

_JOINS: Final = {"operator": "LEFT JOIN operator o ON o.site = s.site", "division": f"LEFT JOIN {MAIN}"}
"""What a site is joined to where that is named: each takes as long as the rest."""

_NAMED: Final = "s.named"
_OF_BUNCH: Final = {**SITES.columns, "maintainer": _NAMED, "model": _NAMED}


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a question: those that are packed, and those whose rows are to be read, where there are any.

    `left`: finds day and site of rows that are to be read of packed days; empty: there are none.
    """

    first: date
    last: date
    packed: Mapping[str, PackedDay]
    others: Sequence[str]
    left: Condition

    def of_left(self) -> list[Condition]:
        """Return the condition of rows `a` that are to be read of packed days, where there are any."""
        return [(f"(a.day, a.site) IN ({self.left[0]})", self.left[1])] if self.left[0] else []


def answer(store: Database, subject: str, question: Question, scope: Scope) -> Answer:
    """Return the answer about camera-days; rows are read day by day, so that a long period needs no more memory."""
    period, counts, reported = _period(store, question), Counts(), dict[str, int]()
    if period.packed:
        bunches = _bunches(store, question, scope, period.first)
        reported = count_packed(counts, period.packed, bunches, question, scope)
    for part in (*period.of_left(), *(("a.day = ?", [day]) for day in period.others)):
        count(counts, _site_days(store, part, question, scope), question, scope, FAILING_MOST)
    return Answer(
        subject=subject,
        rows=counts.largest(question.top) if question.by else (),
        total=counts.total,
        is_more=len(counts.groups) > question.top,
        basis=replace(_basis(store, period, reported, question, scope), cut=counts.cut),
    )


def _period(store: Database, question: Question) -> Period:
    first, last = question.first, question.last
    if first is None or last is None:
        raise ValueError("a question about days has a period")
    packed = between(store, first, last)
    days = ((first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1))
    others = [day for day in days if day not in packed]
    if others:
        with_rows = _WITH_ROWS.format(marks=", ".join(["(?)"] * len(others)))
        others = [day for (day,) in store.all(with_rows, *others, FAILING, REPORTED)]
    return Period(first, last, packed, others, _left(store, question, first, [*packed]))


def _left(store: Database, question: Question, first: date, packed: Sequence[str]) -> Condition:
    """Return what finds day and site of the rows of packed days that are to be read; empty where there are none."""
    if not packed:
        return "", []
    marks = ", ".join("?" * len(packed))
    left, values = f"SELECT l.day, l.site FROM bad_day_left l WHERE l.day IN ({marks})", [*packed]  # noqa: S608
    if _names_divisions(question):
        left += f" UNION SELECT d.day, m.site FROM bad_day d, ({_MOVED}) AS m WHERE d.day IN ({marks})"  # noqa: S608
        values += [first.isoformat(), *packed]
    return (left, values) if store.all(f"{left} LIMIT 1", *values) else ("", [])


def _names_divisions(question: Question) -> bool:
    return "division" in (*question.by, *question.where)


def _joined(rows: str, question: Question, scope: Scope) -> str:
    """Return rows `s`, which have a site each, joined to what is named alone."""
    named = {*question.by, *question.where, *(("division",) if scope.divisions else ())}
    return " ".join([f"{rows} s", *(join for name, join in _JOINS.items() if name in named)])


def _bunches(store: Database, question: Question, scope: Scope, first: date) -> Bunches:
    """Return what has to be known of the bunches that may be seen, of sites that are asked about."""
    where = {name: values for name, values in question.where.items() if name in ("site", "operator")}
    condition, values = conditions(store, SITES, Question(counted="sites", where=where), scope)
    if _names_divisions(question):
        condition += f" AND s.site NOT IN ({_MOVED})"
        values = [*values, first.isoformat()]
    in_part = bool(scope.maintainers)
    whole, of_whole = seen_whole(scope, "s.site") if in_part else ("", [])
    needed = {*question.by, *question.where, *(("maintainer",) if in_part else ())} & _OF_BUNCH.keys()
    wanted = {_OF_BUNCH[name]: as_told(_OF_BUNCH[name]) for name in sorted(needed)}
    wanted |= {"number": "s.number", **({"whole": f"CASE WHEN {whole} THEN 1 ELSE 0 END"} if in_part else {})}
    (found,) = store.all(
        f"SELECT {', '.join(f'json_group_array({one})' for one in wanted.values())} FROM"  # noqa: S608
        f" {_joined('bunch', question, scope)} WHERE {condition}",
        *(*of_whole, *values),
    )
    columns = dict(zip(wanted, map(column, found), strict=True))
    both = {text: named_of(text) for text in {*columns.get(_NAMED, ())}}
    known = {
        name: [both[text][name == "model"] for text in columns[of]] if of == _NAMED else columns[of]
        for name, of in _OF_BUNCH.items()
        if name in needed
    }
    return Bunches(columns["number"], known, columns.get("whole", ()))


def _site_days(store: Database, part: Condition, question: Question, scope: Scope) -> Iterable[SiteDay]:
    """Return what stands in rows; of several epochs of a site on a day that counts which the site began last."""
    whole, of_whole = seen_whole(scope, "a.site")
    division, operator = (
        as_told(SITE_DAYS.columns[name]) if name in question.by else "''" for name in ("division", "operator")
    )
    where = {name: values for name, values in question.where.items() if name in OF_SITE}
    condition, values = conditions(store, SITE_DAYS, Question(counted=question.counted, where=where), scope)
    rows = store.all(
        f"SELECT a.site, {division}, {operator}, a.day, {whole}, a.told FROM {SITE_DAYS.rows}"  # noqa: S608
        f" WHERE {condition} AND {part[0]} ORDER BY e.first_at, e.epoch",
        *(*of_whole, *values, *part[1]),
    )
    newest = {
        (site, on): SiteDay(site, lies_in, run_by, on, is_whole, read_day(told))
        for site, lies_in, run_by, on, is_whole, told in rows
    }
    return newest.values()


def _basis(store: Database, period: Period, packed: Mapping[str, int], question: Question, scope: Scope) -> Basis:
    """Return how many site-days are asked about since each site was first heard of, and what was reported of them."""
    where, values = sites_asked(store, question, scope)
    heard = store.all(
        f"SELECT {_HEARD} AS heard, count(*) FROM {_joined(_EPOCHS, question, scope)} WHERE {where} GROUP BY heard",  # noqa: S608
        *(begin_of(period.first), *values),
    )
    due = sum(number * max(0, (period.last - _heard_on(hour, period.first)).days + 1) for hour, number in heard)
    of_sites = f"a.site IN (SELECT s.site FROM {_joined('site', question, scope)} WHERE {where})"  # noqa: S608
    reported, days = sum(packed.values()), {*packed}
    of_others = [(f"a.day IN ({', '.join('?' * len(period.others))})", period.others)] if period.others else []
    for part, of_part in (*period.of_left(), *of_others):
        rows = store.all(
            "SELECT day, count(*) FROM (SELECT DISTINCT a.site, a.day FROM assessed a WHERE a.by_what = ?"  # noqa: S608
            f" AND {part} AND {of_sites}) AS days GROUP BY day",
            *(REPORTED, *of_part, *values),
        )
        reported += sum(number for _, number in rows)
        days |= {day for day, _ in rows}
    return Basis(of=max(due, reported), unknown=max(0, due - reported), oldest_at=min(days, default=""),
                 newest_at=max(days, default=""))  # fmt: skip


def _heard_on(hour: str, first: date) -> date:
    return china_day(datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC)) if hour else first
