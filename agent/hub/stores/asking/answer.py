"""Queries the answer to a question within what a person may see: groups, total, and on what it rests. Reads only.

Bounded in rows by the question and in time by the caller of `deadline`; no body of a report is read.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from agent.hub.domain.asking.question import Answer, AnswerRow, Basis, Question
from agent.hub.domain.scope import Scope
from agent.hub.ports.seen import ANSWERED_WITHIN_S
from agent.hub.stores.asking import camera_days
from agent.hub.stores.asking.sources import SITES, SOURCES, conditions, sites_asked
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
