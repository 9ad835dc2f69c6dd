"""How the filing of a site stands: both clocks at their edges, the five papers, and the one next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from dossiers import filing_site, paper, word
from rich.console import Console

from agent.commands.filing.status import status_json, status_tables
from agent.model.exits import exit_code
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.onsite.filing.papers import TITLES
from agent.onsite.filing.status import FilingStatus, filing_status, next_step
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration

ACCEPTED = date(2026, 11, 1)
PAPERS = tuple(paper(duty) for duty in TITLES)
BEGUN = (word("acceptance-date", ACCEPTED),)
DETAILS = ("organ: Pingcheng branch", "affiliation: local")
RECEIPTS = (
    replace(paper("filing-datong", date(2026, 11, 20)), details=DETAILS),
    paper("filing-national", date(2026, 11, 20)),
)
COUNTED = (word("filed-cameras", 1), word("filed-storage-days", 30), word("legal-unit", "School"))
LAST = Filing("dt0001", date(2026, 11, 20), ("gate",), 30, (FiledDevice("box", "N8", "42"),))


def on(day: date, hour: int = 4) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def status(*declared: Declaration, last: Filing | None = None, now: datetime | None = None) -> FilingStatus:
    return filing_status(filing_site(*declared), last, now or on(date(2026, 11, 25)))


def clock(found: FilingStatus, check: str) -> Any:
    (one,) = [each for each in found.clocks if each.finding.check == check]
    return one


@pytest.mark.parametrize(
    ("days", "left", "status_"),
    [(0, 30, "not_applicable"), (22, 8, "not_applicable"), (23, 7, "warn"), (30, 0, "warn"), (31, -1, "fail")],
)
def test_both_clocks_warn_from_day_23_and_fail_from_day_31(days: int, left: int, status_: str) -> None:
    found = status(*BEGUN, now=on(ACCEPTED + timedelta(days=days)))
    for check in ("filing-deadline-datong", "filing-deadline-national"):
        one = clock(found, check)
        assert (one.begins, one.due, one.filed) == (ACCEPTED, date(2026, 12, 1), None)
        assert (one.days_left, one.finding.status) == (left, status_)
    assert (exit_code(tuple(c.finding for c in found.clocks)) == 1) == (status_ == "fail")


def test_the_day_counts_where_the_site_is() -> None:
    begun = (*BEGUN,)
    just_before = datetime(2026, 12, 1, 15, 59, tzinfo=UTC)
    assert clock(status(*begun, now=just_before), "filing-deadline-datong").days_left == 0
    midnight = clock(status(*begun, now=just_before + timedelta(minutes=1)), "filing-deadline-datong")
    assert (midnight.days_left, midnight.finding.status) == (-1, "fail"), "it is 2 December in Datong already"


def test_a_system_in_use_before_the_order_had_until_july_2025() -> None:
    a_site = filing_site(*BEGUN, in_use_since=date(2024, 9, 1))
    found = filing_status(a_site, None, on(date(2026, 11, 25)))
    assert clock(found, "filing-deadline-national").due == date(2025, 7, 1)


def test_a_system_older_than_the_measures_has_one_line_of_its_own_and_no_datong_clock() -> None:
    checks = [one.finding.check for one in status(word("acceptance-date", date(2007, 5, 1))).clocks]
    assert checks == ["filing-deadline-national", "filing-legacy"]
    undeclared = [one.finding.check for one in status().clocks]
    assert undeclared == ["filing-deadline-datong", "filing-deadline-national"], "nobody knows yet that it is old"


def test_a_filed_clock_no_longer_counts_down() -> None:
    found = status(*BEGUN, *RECEIPTS, now=on(date(2026, 12, 24)))
    one = clock(found, "filing-deadline-datong")
    assert (one.filed, one.days_left, one.finding.status) == (date(2026, 11, 20), None, "pass")


def test_the_profile_of_the_site_does_not_hide_what_is_asked_for_here() -> None:
    assert filing_site().rules.profile == "technical"
    assert len(status(*BEGUN).clocks) == 2


def test_five_slots_are_always_told_with_what_is_declared_of_them() -> None:
    ended = Declaration("paper-contract", "HT-1", "Li Na", date(2026, 1, 1), date(2026, 5, 1), (), "", "ab" * 32,
                        date(2026, 1, 1))  # fmt: skip
    found = status(paper("paper-design"), ended, word("paper-other", "none"))
    assert [slot.duty for slot in found.slots] == list(TITLES)
    assert [slot.is_there for slot in found.slots] == [True, False, False, False, True]
    design, contract, *_, other = found.slots
    assert (design.paper, design.dated, design.sha256) == ("no. paper-design", date(2026, 10, 1), "ab" * 32)
    assert (contract.state, contract.paper, other.is_none) == ("expired", "", True)
    assert exit_code(found.papers) == 3, "a missing paper is unknown, never good"


@pytest.mark.parametrize(
    ("declared", "last", "said"),
    [
        ((), None, "declare what the deadlines depend on"),
        (BEGUN, None, "paper-design, paper-contract, paper-acceptance, paper-device-list, paper-other"),
        ((*BEGUN, *PAPERS[1:]), None, "the papers that are missing (paper-design)"),
        ((*BEGUN, *PAPERS), None, "camwarden filing export"),
        ((*BEGUN, *PAPERS, *RECEIPTS, *COUNTED), None, "have changes watched"),
        ((*BEGUN, *PAPERS, *RECEIPTS, *COUNTED), LAST, "nothing is to be done"),
    ],
)
def test_the_next_step_leads_from_the_first_day_to_the_last(
    declared: tuple[Declaration, ...], last: Filing | None, said: str
) -> None:
    assert said in str(next_step(status(*declared, last=last)))


def test_the_clock_that_ends_first_names_its_receipt() -> None:
    found = filing_status(filing_site(*BEGUN, *PAPERS, in_use_since=date(2026, 10, 20)), None, on(date(2026, 11, 10)))
    assert "--set filing-national=NUMBER" in str(next_step(found))


def test_a_change_since_the_last_filing_is_told_without_a_look() -> None:
    other = Filing("dt0001", date(2026, 11, 20), ("gate", "yard"), 30, LAST.devices)
    found = status(*BEGUN, *PAPERS, *RECEIPTS, *COUNTED, last=other)
    (change,) = [one for one in found.changes if one.check == "filing-change-pending"]
    assert (change.status, change.reason) == ("warn", "changed")
    assert "file the change" in str(next_step(found))


def test_nothing_is_said_of_changes_before_anything_was_filed() -> None:
    assert status(*BEGUN).changes == ()


def test_scripts_get_the_same() -> None:
    found = status(*BEGUN, paper("paper-design"), last=LAST)
    told: Any = status_json("dt0001", found)
    assert told["schema"] == "camwarden-filing-status/1"
    assert [one["due"] for one in told["deadlines"]] == ["2026-12-01", "2026-12-01"]
    assert told["papers"][0]["sha256"] == "ab" * 32
    assert told["last_filing"] == "2026-11-20"
    assert told["next_step"] == str(next_step(found))


def test_a_key_target_files_the_ninety_days_that_the_law_asks_for() -> None:
    a_site: Site = filing_site(*BEGUN, word("key-target", True, at=date(2026, 2, 1)))
    found = filing_status(a_site, LAST, on(date(2026, 11, 25)))
    (change,) = [one for one in found.changes if one.check == "filing-change-pending"]
    assert change.evidence["changed"] == ["filed-storage-days"], "30 days were filed, 90 are due"


def test_what_was_late_is_told_in_a_section_of_its_own_and_changes_no_exit_code() -> None:
    late = replace(paper("filing-datong", date(2026, 12, 20)), details=DETAILS)
    found = status(*BEGUN, late, RECEIPTS[1], *PAPERS, *COUNTED, last=LAST, now=on(date(2026, 12, 24)))
    (one,) = found.past
    assert (one.check, one.reason) == ("filing-deadline-datong", "past-breach")
    (told,) = status_json("dt0001", found)["past_breaches"]  # type: ignore[misc]
    assert told["days"]["days_late"] == 19  # type: ignore[index,call-overload]
    console = Console(width=200, record=True, file=StringIO())
    console.print(status_tables(found, "en"))
    text = console.export_text()
    assert text.count("it was filed 19 days after the deadline") == 1
    assert text.index("what was late or out of order") < text.index("it was filed 19 days")
