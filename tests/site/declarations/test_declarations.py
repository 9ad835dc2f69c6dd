"""Whose word counts for which camera and for how long: every state of a declaration, and every row of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sites import camera
from sites import site as site_of

from agent.site.config.declared import expected_answer
from agent.site.config.site import Rules, Site
from agent.site.declarations.standing import (
    EXPIRING_DAYS,
    GRACE_DAYS,
    Declaration,
    Group,
    State,
    Value,
    holds,
    lines,
    local_day,
    standing,
    standings,
)
from agent.site.declarations.table import (
    BY_ID,
    DECLARABLES,
    FORBIDDEN_ZONES,
    OPEN_ZONES,
    Declarable,
    Profile,
    counts_in,
)
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped

TODAY = date(2026, 11, 25)
GIVEN = date(2026, 1, 31)
SITE = site_of(camera("gate"), camera("yard"), camera("hall", "nvr"), declarations=())


def word(duty: str, value: Value, **more: object) -> Declaration:
    return replace(Declaration(duty, value, "Li Na", GIVEN), **more)


def declared(*rows: Declaration, site: Site = SITE) -> Site:
    return replace(site, declarations=rows)


@pytest.mark.parametrize(
    ("until_in_days", "state", "counts"),
    [
        (None, "declared", True),
        (EXPIRING_DAYS + 1, "declared", True),
        (EXPIRING_DAYS, "expiring", True),
        (14, "expiring", True),
        (0, "expiring", True),
        (-1, "expired-grace", True),
        (-GRACE_DAYS, "expired-grace", True),
        (-GRACE_DAYS - 1, "expired", False),
    ],
)
def test_a_word_counts_to_its_end_and_thirty_days_more(until_in_days: int | None, state: State, counts: bool) -> None:
    until = None if until_in_days is None else TODAY + timedelta(days=until_in_days)
    found = standing(declared(word("key-target", True, until=until)), "key-target", TODAY)
    assert (found.state, found.days_left, found.value) == (state, until_in_days, True if counts else None)


def test_what_nobody_declared_is_missing_and_what_begins_tomorrow_too() -> None:
    assert standing(SITE, "key-target", TODAY).state == "missing"
    tomorrow = word("key-target", True, at=TODAY + timedelta(days=1))
    assert standing(declared(tomorrow), "key-target", TODAY).state == "missing"


def test_a_camera_takes_its_own_word_before_its_groups_before_the_sites() -> None:
    rows = [word("linked", True), word("linked", False, group="out"), word("linked", True, cameras=("yard",))]
    site = replace(declared(*rows), groups=(Group("out", ("gate", "yard")),))
    found = {name: standing(site, "linked", TODAY, name).declaration for name in ("gate", "yard", "hall")}
    assert found == {"gate": rows[1], "yard": rows[2], "hall": rows[0]}


def test_the_newest_word_counts_and_of_one_day_the_last() -> None:
    old, new = word("linked", True, at=date(2025, 1, 1)), word("linked", False)
    assert standing(declared(new, old), "linked", TODAY, "gate").declaration is new
    again = word("linked", True)
    assert standing(declared(new, again), "linked", TODAY, "gate").declaration is again


def test_an_expired_word_of_its_own_is_not_replaced_by_an_older_wider_one() -> None:
    own = word("linked", False, cameras=("gate",), until=date(2026, 2, 1))
    assert standing(declared(word("linked", True), own), "linked", TODAY, "gate").state == "expired"


def test_what_another_word_rules_out_is_not_applicable_with_its_reason() -> None:
    freed = declared(word("national-class", "9"))
    found = standing(freed, "filing-national", TODAY)
    assert (found.state, str(found.reason)) == ("not_applicable", "national-class is 9")
    assert standing(declared(word("national-class", "7-2")), "filing-national", TODAY).reason is None


def test_a_class_that_has_ended_still_decides_what_else_is_due() -> None:
    ended = declared(word("national-class", "9", until=date(2026, 2, 1)))
    assert standing(ended, "national-class", TODAY).state == "expired"
    assert standing(ended, "filing-national", TODAY).state == "not_applicable"


def test_what_waits_for_another_word_is_missing_but_no_line_of_its_own() -> None:
    site = replace(SITE, rules=Rules("filing"))
    found = standing(site, "filing-national", TODAY)
    assert (found.state, str(found.reason)) == ("missing", "waits for national-class")
    open_ids = [line.duty.id for line in lines(standings(site, TODAY), "missing")]
    assert "national-class" in open_ids
    assert "filing-national" not in open_ids


def test_a_word_whose_condition_nobody_declared_does_not_count_yet() -> None:
    said = word("business-hours", "18:00-26:00")
    found = standing(declared(said), "business-hours", TODAY)
    assert (found.state, found.value, found.declaration) == ("missing", None, said)
    assert str(found.reason) == "waits for entertainment-venue"
    both = declared(said, word("entertainment-venue", True))
    assert standing(both, "business-hours", TODAY).value == "18:00-26:00"


def test_a_condition_on_the_zone_is_judged_for_each_camera() -> None:
    rows = [word("zone-type", "hall"), word("zone-type", "road", cameras=("gate",))]
    site = declared(*rows)
    states = [standing(site, "install-authority", TODAY, name).state for name in ("gate", "yard")]
    assert states == ["missing", "not_applicable"]
    due = BY_ID["install-authority"].when
    assert [holds(declared(), due, TODAY, "gate"), holds(site, due, TODAY, "gate")] == [None, True]


def test_one_duty_is_one_line_whatever_the_number_of_cameras() -> None:
    found = lines(standings(declared(word("linked", True, cameras=("yard",))), TODAY), "missing")
    assert {line.duty.id: line.cameras for line in found} == {
        "national-class": (),
        "key-target": (),
        "zone-type": ("gate", "yard", "hall"),
        "linked": ("gate", "hall"),
    }


def test_a_line_has_the_worst_state_of_its_cameras_and_the_nearest_end() -> None:
    ends = {"gate": TODAY + timedelta(days=5), "yard": TODAY + timedelta(days=2), "hall": TODAY - timedelta(days=40)}
    rows = [word("linked", True, cameras=(name,), until=end) for name, end in ends.items()]
    found = {line.duty.id: line for line in lines(standings(declared(*rows), TODAY), "expired", "expiring")}
    assert (found["linked"].state, found["linked"].cameras, found["linked"].days_left) == ("expired", ("hall",), -40)
    soon = lines(standings(declared(*rows), TODAY), "expiring")
    assert (soon[0].cameras, soon[0].days_left) == (("gate", "yard"), 2)


@pytest.mark.parametrize(("profile", "counted"), [("technical", 4), ("filing", 25), ("full", 52)])
def test_each_profile_asks_for_more_than_the_one_before(profile: Profile, counted: int) -> None:
    assert sum(counts_in(row, profile) for row in DECLARABLES) == counted
    asked = {s.duty.id for s in standings(replace(SITE, rules=Rules(profile)), TODAY)}
    assert len(asked) == counted


def test_a_site_of_which_little_is_known_has_five_open_lines_at_most() -> None:
    assert len(lines(standings(SITE, TODAY), "missing", "expired")) <= 5


def test_the_day_is_that_of_the_site() -> None:
    late = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    assert local_day(SITE, late) == TODAY
    assert local_day(replace(SITE, time_zone="UTC"), late) == date(2026, 11, 24)


def test_every_row_names_an_obligation_of_a_pack_that_its_check_answers() -> None:
    known = {name: one for name, one in obligations(shipped())}
    assert {row.id: row.obligation for row in DECLARABLES if row.obligation not in known} == {}
    assert {row.id: row.check for row in DECLARABLES if known[row.obligation].check != row.check} == {}


def test_no_id_stands_twice_and_conditions_name_rows_before_them() -> None:
    ids = [row.id for row in DECLARABLES]
    assert len(set(ids)) == len(ids)
    for row in DECLARABLES:
        for condition in row.when:
            before = BY_ID[condition.duty]
            assert ids.index(before.id) < ids.index(row.id)
            allowed = {choice.value for choice in before.choices} or {True, False}
            assert set(condition.values) <= allowed
    assert {choice.value for choice in FORBIDDEN_ZONES}.isdisjoint(choice.value for choice in OPEN_ZONES)


@pytest.mark.parametrize("row", DECLARABLES, ids=[row.id for row in DECLARABLES])
def test_every_row_takes_its_example_and_refuses_what_is_of_another_kind(row: Declarable) -> None:
    right: dict[str, list[object]] = {
        "flag": [True, False],
        "choice": [choice.value for choice in row.choices],
        "date": [GIVEN],
        "number": [0, 3.5],
        "list": [tuple((row.example or "P1, P2").split(", "))],
        "paper": ["D 2026-1"],
        "text": [row.example or "x"],
    }
    assert {value: expected_answer(row, value) for value in right[row.kind]} == dict.fromkeys(right[row.kind])
    wrong: list[object] = [None, -1, float("nan"), "", "a\nb", "x" * 201, (), ("",), {}, [1]]
    assert [value for value in wrong if not expected_answer(row, value)] == []
    says_none = (
        bool(row.none_means) or row.id == "secure-device-level" or (row.kind in ("text", "paper") and not row.like)
    )
    assert bool(expected_answer(row, "none")) is not says_none
