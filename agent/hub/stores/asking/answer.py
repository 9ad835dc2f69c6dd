"""Queries the answer to a question within what a person may see: groups, total, and on what it rests. Reads only.

Bounded in rows by the question and in time by the caller of `deadline`; no body of a report is read.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from agent.hub.domain.asking.question import Answer, AnswerRow, Basis, Question
from agent.hub.domain.scope import Scope
from agent.hub.ports.seen import ANSWERED_WITHIN_S
from agent.hub.stores.asking import camera_days
from agent.hub.stores.asking.sources import SITES, SOURCES, Source, as_told, conditions, sites_asked
from agent.hub.stores.database import Database


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
            answer = camera_days.answer if question.counted == "camera-days" else _of_rows
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


def _of_sites(store: Database, question: Question, scope: Scope) -> Basis:
    """Return how many sites are asked about, of how many no configuration report counts, and from when these are."""
    where, values = sites_asked(store, question, scope)
    ((number, unknown, oldest, newest),) = store.all(
        "SELECT count(*), coalesce(sum(CASE WHEN coalesce(n.seq, 0) = 0 THEN 1 ELSE 0 END), 0),"  # noqa: S608
        " min(nullif(n.made_at, '')), max(n.made_at)"
        f" FROM {SITES.rows} WHERE {where}",
        *values,
    )
    return Basis(of=number, unknown=unknown, oldest_at=oldest or "", newest_at=newest or "")
