"""Days against days: acceptance before use, both filing clocks, systems older than the rule, maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from duty_sites import FACTS, IN_USE, TODAY, declared_site, judged, verdict, word
from sites import NOW

from agent.judge.wording.declared_words import FOLDED
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from agent.text.translate import render

BEFORE_USE, DATONG, NATIONAL = "acceptance-before-use", "filing-deadline-datong", "filing-deadline-national"
NOT_KNOWN = "acceptance-before-use site"


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def filmed_since(day: date) -> Facts:
    """Return facts by which the oldest footage that ever was there is of a day."""
    at = datetime.combine(day, time(4), UTC)
    footage = CameraFootage("gate", "device:box 1", NOW, NOW, NOW, earliest_at=at)
    return replace(FACTS, remembered=Remembered(footage={"gate": footage}))


@pytest.mark.parametrize(
    ("main", "in_use", "expected"),
    [
        (IN_USE, IN_USE, ("pass", "")),
        (IN_USE, IN_USE - timedelta(days=30), ("pass", "")),
        (IN_USE, IN_USE + timedelta(days=1), ("warn", "past-breach")),
        ("none", IN_USE, ("not_applicable", "none")),
        (IN_USE, None, ("unknown", "not-declared")),
    ],
)
def test_a_system_is_in_use_no_later_than_its_main_project(
    main: date | str, in_use: date | None, expected: tuple[str, str]
) -> None:
    a_site = declared_site(word("main-project-date", main), in_use_since=in_use)
    assert verdict("commissioning-order", a_site) == expected


def test_a_main_project_that_nobody_dated_is_the_one_open_item() -> None:
    (finding,) = judged("commissioning-order", declared_site(without=("main-project-date",)))
    assert (finding.status, finding.caused_by) == ("unknown", FOLDED)


TRIAL = IN_USE - timedelta(days=36)


@pytest.mark.parametrize(
    ("accepted", "trial", "in_use", "oldest", "expected"),
    [
        (IN_USE, TRIAL, IN_USE, None, ("pass", "")),
        (IN_USE, TRIAL, IN_USE, IN_USE, ("pass", "")),
        (IN_USE, TRIAL, IN_USE, IN_USE - timedelta(days=20), ("pass", "")),
        (IN_USE, "none", IN_USE, IN_USE, ("pass", "")),
        (IN_USE, "none", IN_USE, IN_USE - timedelta(days=1), ("fail", "footage-before")),
        (IN_USE, TRIAL, IN_USE, TRIAL - timedelta(days=1), ("fail", "footage-before")),
        (IN_USE, TRIAL, IN_USE - timedelta(days=1), None, ("warn", "past-breach")),
        (IN_USE, IN_USE - timedelta(days=29), IN_USE, None, ("warn", "trial-short")),
        (IN_USE, IN_USE - timedelta(days=30), IN_USE, None, ("pass", "")),
        (IN_USE, TRIAL, None, IN_USE, ("unknown", "not-declared")),
        (ago(-5), TRIAL, None, ago(3), ("unknown", "not-declared")),
        (ago(-5), "none", None, ago(3), ("fail", "footage-before")),
    ],
)
def test_nothing_but_a_trial_run_comes_before_acceptance(
    accepted: date, trial: date | str, in_use: date | None, oldest: date | None, expected: tuple[str, str]
) -> None:
    a_site = declared_site(word("acceptance-date", accepted), word("trial-from", trial), in_use_since=in_use)
    assert verdict(BEFORE_USE, a_site, filmed_since(oldest) if oldest else FACTS) == expected


def test_older_footage_without_a_word_on_a_trial_run_is_unknown_and_asks_for_it() -> None:
    facts = filmed_since(IN_USE - timedelta(days=3))
    (finding,) = judged(BEFORE_USE, declared_site(without=("trial-from",)), facts)
    assert (finding.status, finding.reason) == ("unknown", "no-trial-declared")
    assert "2026-02-07" in str(finding.message)
    assert finding.evidence["oldest_footage"] == "2026-02-07"


@pytest.mark.parametrize(("days", "status", "reason"), [(40, "warn", "expiring"), (-40, "unknown", "expired")])
def test_the_day_of_acceptance_counts_as_long_as_its_word(days: int, status: str, reason: str) -> None:
    a_site = declared_site(word("acceptance-date", until=TODAY + timedelta(days=days)))
    assert verdict(BEFORE_USE, a_site) == (status, reason)


def test_an_unknown_day_of_use_is_told_once() -> None:
    a_site = declared_site(in_use_since=None)
    (first,) = judged(BEFORE_USE, a_site)
    assert (first.status, first.caused_by) == ("unknown", "")
    assert "in_use_since" in str(first.message)
    for check in ("commissioning-order", NATIONAL):
        assert [f.caused_by for f in judged(check, a_site)] == [NOT_KNOWN]


def accepted_and_filed(accepted: int, filed: int | None) -> Site:
    """Return a site that was accepted and filed so many days ago."""
    rows = [word("acceptance-date", ago(accepted))]
    if filed is not None:
        rows.append(word("filing-datong", document_at=ago(filed)))
    return declared_site(*rows, without=() if filed is not None else ("filing-datong",))


DEADLINES: Mapping[tuple[int, int | None], tuple[str, str]] = {
    (100, 100): ("pass", ""),
    (100, 70): ("pass", ""),
    (100, 69): ("warn", "past-breach"),
    (0, None): ("not_applicable", "not-due-yet"),
    (22, None): ("not_applicable", "not-due-yet"),
    (23, None): ("warn", "due-soon"),
    (30, None): ("warn", "due-soon"),
    (31, None): ("fail", "overdue"),
    (-3, None): ("not_applicable", "not-due-yet"),
    (100, -1): ("warn", "days-contradict"),
    (100, 101): ("warn", "days-contradict"),
}
"""Accepted and filed so many days ago -> verdict."""


@pytest.mark.parametrize(("days", "expected"), DEADLINES.items())
def test_the_clock_from_acceptance(days: tuple[int, int | None], expected: tuple[str, str]) -> None:
    assert verdict(DATONG, accepted_and_filed(*days)) == expected


def test_both_clocks_run_by_themselves() -> None:
    a_site = replace(accepted_and_filed(20, None), in_use_since=ago(40))
    rows = tuple(row for row in a_site.declarations if row.duty != "filing-national")
    a_site = replace(a_site, declarations=rows)
    assert verdict(DATONG, a_site)[1] == "not-due-yet"
    assert verdict(NATIONAL, a_site) == ("fail", "overdue")


@pytest.mark.parametrize(
    ("in_use", "filed", "expected"),
    [
        (ago(100), ago(70), ("pass", "")),
        (ago(100), ago(69), ("warn", "past-breach")),
        (ago(23), None, ("warn", "due-soon")),
        (ago(22), None, ("not_applicable", "not-due-yet")),
        (ago(31), None, ("fail", "overdue")),
        (date(2019, 5, 1), date(2025, 7, 1), ("pass", "")),
        (date(2019, 5, 1), date(2025, 7, 2), ("warn", "past-breach")),
        (date(2025, 3, 31), date(2025, 7, 1), ("pass", "")),
        (date(2025, 4, 1), date(2025, 5, 1), ("pass", "")),
        (date(2025, 4, 1), date(2025, 5, 2), ("warn", "past-breach")),
        (date(2019, 5, 1), None, ("fail", "overdue")),
    ],
)
def test_the_clock_from_use(in_use: date, filed: date | None, expected: tuple[str, str]) -> None:
    rows = (word("filing-national", document_at=filed),) if filed else ()
    a_site = declared_site(*rows, without=() if filed else ("filing-national",), in_use_since=in_use)
    assert verdict(NATIONAL, a_site) == expected


@pytest.mark.parametrize("national", ["9", "33"])
def test_a_place_that_the_order_frees_has_only_the_citys_clock(national: str) -> None:
    a_site = declared_site(word("national-class", national))
    assert verdict(NATIONAL, a_site) == ("not_applicable", "exempt")
    assert verdict(DATONG, a_site) == ("pass", "")


@pytest.mark.parametrize("check", [DATONG, NATIONAL])
def test_a_receipt_that_has_run_out_is_no_receipt_and_no_missed_deadline(check: str) -> None:
    duty = "filing-datong" if check == DATONG else "filing-national"
    a_site = declared_site(word(duty, until=TODAY - timedelta(days=31)))
    assert verdict(check, a_site) == ("unknown", "expired")


@pytest.mark.parametrize(
    ("check", "duty"), [(DATONG, "acceptance-date"), (NATIONAL, "national-class"), ("filing-legacy", "acceptance-date")]
)
def test_what_begins_the_clock_must_be_declared(check: str, duty: str) -> None:
    (finding,) = judged(check, declared_site(without=(duty,)))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "not-declared", FOLDED)


def test_days_and_the_next_step_are_told_in_both_languages() -> None:
    (finding,) = judged(DATONG, accepted_and_filed(25, None))
    assert "in 5 days: file it, then camwarden declare --set filing-datong=NUMBER --paper FILE" in str(finding.message)
    assert "还剩 5 天" in render(finding.message, "zh_CN")
    assert finding.evidence["days_left"] == 5


OLD = date(2007, 6, 1)


@pytest.mark.parametrize(
    ("accepted", "filed", "legacy", "deadline"),
    [
        (OLD, date(2008, 4, 30), ("pass", ""), ("not_applicable", "older-than-rule")),
        (OLD, None, ("fail", "not-filed"), ("not_applicable", "older-than-rule")),
        (date(2008, 3, 1), date(2008, 3, 31), ("not_applicable", "newer-than-rule"), ("pass", "")),
    ],
)
def test_a_system_older_than_the_measures_has_one_clock_alone(
    accepted: date, filed: date | None, legacy: tuple[str, str], deadline: tuple[str, str]
) -> None:
    rows = [word("acceptance-date", accepted), *([word("filing-datong", document_at=filed)] if filed else [])]
    a_site = declared_site(*rows, without=() if filed else ("filing-datong",))
    assert (verdict("filing-legacy", a_site), verdict(DATONG, a_site)) == (legacy, deadline)


def test_an_old_receipt_that_has_run_out_is_unknown() -> None:
    rows = (word("acceptance-date", OLD), word("filing-datong", until=TODAY - timedelta(days=40)))
    assert verdict("filing-legacy", declared_site(*rows)) == ("unknown", "expired")


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (ago(30), ("pass", "")),
        (ago(31), ("fail", "overdue")),
        (ago(0), ("pass", "")),
        (ago(-1), ("warn", "days-contradict")),
    ],
)
def test_maintenance_is_due_by_its_declared_interval(last: date, expected: tuple[str, str]) -> None:
    assert verdict("maintenance-interval", declared_site(word("maintenance-last", last))) == expected


@pytest.mark.parametrize("duty", ["maintenance-last", "maintenance-interval-days"])
def test_maintenance_that_nobody_declared_is_the_one_open_item(duty: str) -> None:
    (finding,) = judged("maintenance-interval", declared_site(without=(duty,)))
    assert (finding.status, finding.caused_by) == ("unknown", FOLDED)
    ending = word(duty, until=TODAY + timedelta(days=5))
    assert verdict("maintenance-interval", declared_site(ending)) == ("warn", "expiring-soon")


def test_a_place_that_the_order_frees_need_not_be_maintained_by_it() -> None:
    a_site = declared_site(word("national-class", "9"))
    assert verdict("maintenance-interval", a_site)[0] == "not_applicable"
