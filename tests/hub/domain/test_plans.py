"""A planned repair excuses whole days that follow it, for thirty days from the first plan on, and no day before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from agent.contract.chain import utc_text
from agent.hub.domain.plans import excusing, key_of, refuse_plan, work_of
from agent.hub.domain.rows.words import Word
from agent.model.errors import UsageError

MADE = datetime.fromisoformat("2026-11-02T04:00:00Z")
PLAN = Word(
    site="S1", check="camera-online", subject="camera:gate", kind="planned", said_by="Li", at=utc_text(MADE),
    until="2026-11-05", text="ordered",
)  # fmt: skip


def later(days: int, until: str) -> Word:
    return replace(PLAN, at=utc_text(MADE + timedelta(days=days)), until=until)


def ended(one: Word, by: Word) -> Word:
    return replace(one, ended_at=by.at)


@pytest.mark.parametrize(("day", "expected"), [(1, False), (2, False), (3, True), (5, True), (6, False)])
def test_a_plan_counts_from_the_day_after_it_was_made_until_its_last_day(day: int, expected: bool) -> None:
    assert excusing([PLAN], date(2026, 11, day)) == ([PLAN] if expected else [])


def test_days_are_those_of_china_and_one_on_which_it_ended_is_no_whole_one() -> None:
    at_night = replace(PLAN, at="2026-11-02T16:30:00.000Z")
    assert excusing([at_night], date(2026, 11, 3)) == []
    over = replace(PLAN, ended_at="2026-11-04T10:00:00.000Z")
    assert [day for day in range(1, 7) if excusing([over], date(2026, 11, day))] == [3]


def test_a_plan_lasts_thirty_days_at_most() -> None:
    refuse_plan(replace(PLAN, until="2026-12-02"), ())
    with pytest.raises(UsageError, match="name 2026-12-02 or earlier"):
        refuse_plan(replace(PLAN, until="2026-12-03"), ())


def test_whoever_plans_it_again_goes_on_with_the_first_plan() -> None:
    first, second, third = PLAN, later(3, "2026-11-20"), later(29, "2026-12-02")
    before = (second, ended(first, second))
    refuse_plan(third, before)
    with pytest.raises(UsageError, match="2026-12-02"):
        refuse_plan(replace(third, until="2026-12-03"), before)
    with pytest.raises(UsageError, match="2026-12-02"):
        refuse_plan(replace(later(40, "2026-12-13"), said_by="Wang"), before)


def test_a_finding_that_was_over_and_fails_again_is_planned_anew() -> None:
    over = replace(PLAN, ended_at=utc_text(MADE + timedelta(days=5)))
    refuse_plan(later(29, "2026-12-30"), (over,))


def test_a_plan_is_listed_as_the_planned_work_of_sites_is() -> None:
    work = work_of(PLAN)
    assert (work.subject, work.by, work.why) == (key_of(PLAN), "Li", "ordered")
    assert (work.start_at, work.until) == (MADE, datetime.fromisoformat("2026-11-05T16:00:00Z"))
