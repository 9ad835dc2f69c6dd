"""Periods in words are days from the day of asking in China, also over the ends of months and years."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hub.domain.asking.period import WORDS_SHOWN, read_period
from agent.hub.domain.asking.words import question, read_words, text_of
from agent.hub.domain.figures import china_day
from agent.model.errors import UsageError


def of(text: str, today: str) -> str:
    found = read_period(text, date.fromisoformat(today))
    assert found is not None, text
    return f"{found[0]} {found[1]}"


@pytest.mark.parametrize(
    ("today", "words", "days"),
    [
        ("2026-11-30", ("last month", "last-month", "LAST  Month", "上个月", "上月"), "2026-10-01 2026-10-31"),
        ("2027-01-01", ("last month", "上个月"), "2026-12-01 2026-12-31"),
        ("2028-03-31", ("last month",), "2028-02-01 2028-02-29"),
        ("2027-03-01", ("last month",), "2027-02-01 2027-02-28"),
        ("2027-01-01", ("this month", "本月"), "2027-01-01 2027-01-01"),
        ("2028-02-29", ("this month",), "2028-02-01 2028-02-29"),
        ("2027-01-01", ("this week", "本周"), "2026-12-28 2027-01-01"),
        ("2027-01-01", ("last week", "上周"), "2026-12-21 2026-12-27"),
        ("2026-11-30", ("this week",), "2026-11-30 2026-11-30"),
        ("2026-11-29", ("this week",), "2026-11-23 2026-11-29"),
        ("2027-01-03", ("last 7 days", "last-7-days", "最近7天", "过去 7 天", "近7日"), "2026-12-27 2027-01-02"),
        ("2028-03-01", ("last 1 days", "yesterday", "昨天"), "2028-02-29 2028-02-29"),
        ("2027-01-01", ("today", "今天"), "2027-01-01 2027-01-01"),
        ("2027-01-01", ("last year", "去年"), "2026-01-01 2026-12-31"),
        ("2028-02-29", ("last year",), "2027-01-01 2027-12-31"),
        ("2027-01-01", ("this year", "今年"), "2027-01-01 2027-01-01"),
    ],
)
def test_words_are_these_days(today: str, words: tuple[str, ...], days: str) -> None:
    assert {of(one, today) for one in words} == {days}


@given(st.dates(date(2001, 1, 1), date(2090, 1, 1)), st.sampled_from(WORDS_SHOWN))
def test_no_period_is_empty_or_lies_ahead(today: date, word: str) -> None:
    found = read_period(word, today)
    assert found is not None and found[0] <= found[1] <= today


@pytest.mark.parametrize("text", ["", "next week", "last 0 days", "last 367 days", "last 7 day", "month"])
def test_other_words_are_none(text: str) -> None:
    assert read_period(text, date(2026, 11, 30)) is None


def test_a_stored_question_stays_in_words_and_is_asked_of_other_days_each_month() -> None:
    named = read_words(["camera-days by check period=last-month"])
    assert read_words([text_of(named)]) == named and named["period"] == "last-month"
    before = question(named, china_day(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)))
    behind = question(named, china_day(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)))
    assert (before.first, before.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (behind.first, behind.last) == (date(2026, 12, 1), date(2026, 12, 31)), "it is January in China"
    chinese = read_words(["findings by check period=上个月"])
    assert question(chinese, date(2027, 1, 1)).last == date(2026, 12, 31)
    assert read_words([text_of(chinese)]) == chinese


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("findings period=soon", "period='soon': it is one of today"),
        ("findings period=last-week from=2026-11-01", "name days twice"),
        ("findings to=2026-11-01 period=本周", "name days twice"),
        ("findings period=today period=today", "stands twice"),
    ],
)
def test_a_wrong_period_has_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        question(read_words([text]), date(2026, 11, 30))
