"""Decides how long people at the hub may plan a repair, and on which days it excuses a fail in the ranking. Pure.

A fault that is planned away for ever would be none in the figures: from the first plan on it counts for thirty days at
most, whoever plans it again, as long as the finding lasts. It excuses whole days after the one on which it was made,
so that nothing is planned afterwards; and it is listed with every ranking that it changes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from agent.hub.domain.figures import CHINA, china_day
from agent.hub.domain.planned import PlannedWork
from agent.hub.domain.rows.words import Word
from agent.model.errors import UsageError

PLANNED_MOST: Final = timedelta(days=30)


def refuse_plan(plan: Word, before: Sequence[Word]) -> None:
    """Refuse a plan that would last too long.

    Args:
        plan: The new one.
        before: Plans of the same finding that were made before, the newest first.

    Raises:
        UsageError: It ends too long after the first one that it goes on with.
    """
    last = china_day(_first_at(plan, before)) + PLANNED_MOST
    if plan.until > last.isoformat():
        raise UsageError(
            "{until}: a repair is planned for {days} days at most from its first plan on; name {last} or earlier",
            until=plan.until, days=PLANNED_MOST.days, last=last.isoformat(),
        )  # fmt: skip


def excusing(plans: Iterable[Word], day: date) -> list[Word]:
    """Return the plans that were in force for the whole of a day in China."""
    return [
        one
        for one in plans
        if china_day(_time(one.at)) < day
        and day.isoformat() <= one.until
        and (not one.ended_at or day < china_day(_time(one.ended_at)))
    ]


def key_of(plan: Word) -> str:
    """Return the key of the finding that a plan is about, as figures name fails."""
    return f"{plan.check} {plan.subject}"


def work_of(plan: Word) -> PlannedWork:
    """Return a plan as the planned work of sites is listed."""
    until = datetime.combine(date.fromisoformat(plan.until) + timedelta(days=1), time(), CHINA).astimezone(UTC)
    return PlannedWork(_time(plan.at), until, key_of(plan), plan.said_by, plan.text)


def _first_at(plan: Word, before: Sequence[Word]) -> datetime:
    """Return when the first plan was made of those that each took the place of the one before."""
    first_at = plan.at
    for one in before:
        if one.ended_at not in ("", first_at):
            break
        first_at = one.at
    return _time(first_at)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
