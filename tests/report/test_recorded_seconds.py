"""Recording completeness is seconds over seconds: what nobody knows of is not recorded, what was planned is not due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from footage_looks import remembered
from sites import DAY, NOW, camera, observed, site

from agent.judge.memory.notes import ActiveNotes, Plan, active_notes
from agent.observe.facts.assessed_days import Count, DayAssessed, from_data, rates_json, to_data
from agent.observe.facts.facts import gather
from agent.observe.footage.days import CameraFootage
from agent.observe.remembered.value import Remembered
from agent.report.assessment import add_look
from agent.report.recorded_seconds import recorded_on
from agent.site.config.site import Declaration, Site
from drivers.footage import DayRecorded, RecordedDays
from drivers.model import Clock, Observations, Recordings, Span
from tests.observe.footage.test_footage_gaps import OLDEST, TODAY, look, plan, recordings, wall

WHOLE_S = 86_400
YESTERDAY = TODAY - DAY
SITE = site(camera())


def on(day: date, *seen: Observations, a_site: Site = SITE, plans: tuple[Plan, ...] = (), at: datetime = NOW) -> Count:
    """Return what is counted of a day after these looks, the last of them at `at`."""
    looks = [(one, at - timedelta(minutes=15) * place) for place, one in enumerate(reversed(seen))]
    facts = replace(gather(()), remembered=Remembered(footage=remembered(a_site, reversed(looks))))
    return recorded_on(a_site, facts, plans, day)


def open_venue(hours: str, is_venue: bool = True) -> Site:
    """Return the site with declared business hours, and whether it is an entertainment venue."""
    words = {"business-hours": hours, "entertainment-venue": is_venue}
    rows = tuple(Declaration(duty, value, "Li Na", date(2026, 1, 31)) for duty, value in words.items())
    return replace(SITE, declarations=rows, in_use_since=date(2020, 1, 1))


def worked_on(start: datetime, until: datetime, subject: str = "camera:gate", said_at: datetime | None = None) -> Plan:
    return Plan(subject, start, until, "Li", said_at or start, "a disk is changed")


def test_a_whole_day_is_all_its_seconds_and_each_hole_is_missing_by_its_length() -> None:
    assert on(YESTERDAY, look()) == Count(WHOLE_S, WHOLE_S)
    assert on(YESTERDAY, look(wall(1, 5), wall(1, 7))) == Count(WHOLE_S - 7200, WHOLE_S)


@pytest.mark.parametrize(("hole_s", "missing_s"), [(1, 0), (2, 0), (3, 3)])
def test_up_to_two_seconds_between_two_files_are_no_hole(hole_s: int, missing_s: int) -> None:
    start = wall(1, 5).start_at
    assert on(YESTERDAY, look(Span(start, start + timedelta(seconds=hole_s)))).good == WHOLE_S - missing_s


def test_holes_whose_places_are_not_remembered_are_missing_all_the_same() -> None:
    start = wall(1, 1).start_at
    many = [Span(start + timedelta(minutes=n), start + timedelta(minutes=n, seconds=10)) for n in range(200)]
    counted = on(YESTERDAY, look(*many))
    assert (counted.good, counted.unknown) == (WHOLE_S - 2000, 0)


def test_what_the_recorder_s_plan_leaves_out_is_due_all_the_same_and_unknown() -> None:
    office = plan("continuous", 8, 18)
    counted = on(YESTERDAY, look(wall(1, 3), wall(1, 9), more=(office,)))
    assert counted == Count(9 * 3600, WHOLE_S, WHOLE_S - 10 * 3600)
    assert on(YESTERDAY, look(more=(plan("motion", 0, 24),))) == Count(0, WHOLE_S, WHOLE_S)


def test_of_an_entertainment_venue_the_declared_business_hours_are_due() -> None:
    venue = open_venue("08:00-18:00")
    assert on(YESTERDAY, look(wall(1, 3), wall(1, 9)), a_site=venue) == Count(9 * 3600, 10 * 3600)
    assert on(YESTERDAY, a_site=venue) == Count(0, 10 * 3600, 10 * 3600)
    elsewhere = open_venue("08:00-18:00", is_venue=False)
    assert on(YESTERDAY, look(wall(1, 3)), a_site=elsewhere) == Count(WHOLE_S - 3600, WHOLE_S)


def test_a_day_that_nobody_listed_is_unknown_but_for_the_holes_that_were_told() -> None:
    claimed = observed("camera:gate", recordings(listed=False), RecordedDays((DayRecorded(YESTERDAY, True),)))
    assert on(YESTERDAY, claimed) == Count(0, WHOLE_S, WHOLE_S)
    empty = observed("camera:gate", recordings(listed=False), RecordedDays((DayRecorded(YESTERDAY, False),)))
    assert on(YESTERDAY, empty) == Count(0, WHOLE_S)


def test_what_was_recorded_after_a_day_was_listed_is_unknown_until_it_is_listed_again() -> None:
    noon = wall(1, 12).start_at
    first = Recordings((Span(OLDEST, noon),), listed=(Span(OLDEST, noon),))
    later = Recordings((Span(OLDEST, NOW),), listed=(Span(OLDEST, noon - 2 * DAY),))
    looks = [(observed("camera:gate", first), noon), (observed("camera:gate", later), NOW)]
    counted = recorded_on(
        SITE, replace(gather(()), remembered=Remembered(footage=remembered(SITE, looks))), (), YESTERDAY
    )
    assert counted == Count(WHOLE_S // 2, WHOLE_S, WHOLE_S // 2)


def test_recording_that_stopped_is_missing_up_to_the_last_look_and_unknown_after_it() -> None:
    until = wall(1, 6).start_at
    stopped = observed("camera:gate", Recordings((Span(OLDEST, until),), listed=(Span(OLDEST, until),)))
    assert on(YESTERDAY, stopped) == Count(6 * 3600, WHOLE_S)
    assert on(YESTERDAY, stopped, at=wall(1, 12).start_at) == Count(6 * 3600, WHOLE_S, WHOLE_S // 2)


def test_a_recorder_that_holds_nothing_and_a_day_before_its_oldest_footage_are_missing() -> None:
    assert on(YESTERDAY, observed("camera:gate", Recordings(()))) == Count(0, WHOLE_S)
    young = Recordings((Span(wall(0, 1).start_at, NOW),), listed=(Span(wall(0, 1).start_at, NOW),))
    assert on(YESTERDAY, observed("camera:gate", young)) == Count(0, WHOLE_S)


def test_a_camera_whose_footage_was_never_read_is_due_and_unknown() -> None:
    assert on(YESTERDAY) == Count(0, WHOLE_S, WHOLE_S)


def test_footage_of_another_recorder_says_nothing_of_this_one() -> None:
    facts = gather((), remembered=Remembered(footage=remembered(SITE, [(look(), NOW)])))
    moved = site(camera(device="other"))
    assert recorded_on(moved, facts, (), YESTERDAY) == Count(0, WHOLE_S, WHOLE_S)


def test_what_is_not_recorded_or_not_in_use_yet_is_not_due() -> None:
    assert on(YESTERDAY, look(), a_site=site(camera(recorded=False))) == Count()
    assert on(YESTERDAY, look(), a_site=site(camera(), in_use_since=TODAY)) == Count()
    assert on(YESTERDAY, look(), a_site=site(camera(in_use_since=YESTERDAY))).due == WHOLE_S


def test_planned_work_is_excluded_by_the_second_and_only_from_when_it_was_said() -> None:
    hole, work = wall(1, 5), worked_on(wall(1, 5).start_at, wall(1, 7).start_at)
    assert on(YESTERDAY, look(hole), plans=(work,)) == Count(WHOLE_S - 7200, WHOLE_S - 7200, 0, 7200)
    device = worked_on(wall(1, 5).start_at, wall(1, 6).start_at, "device:box")
    assert on(YESTERDAY, look(hole), plans=(device, device)).excluded == 3600
    backdated = worked_on(wall(1, 5).start_at, wall(1, 7).start_at, said_at=wall(1, 6).start_at)
    assert on(YESTERDAY, look(hole), plans=(backdated,)) == Count(WHOLE_S - 7200, WHOLE_S - 3600, 0, 3600)
    afterwards = worked_on(wall(1, 5).start_at, wall(1, 7).start_at, said_at=NOW)
    assert on(YESTERDAY, look(hole), plans=(afterwards,)) == Count(WHOLE_S - 3600, WHOLE_S)
    elsewhere = worked_on(wall(1, 5).start_at, wall(1, 7).start_at, "camera:yard")
    assert on(YESTERDAY, look(hole), plans=(elsewhere,)).excluded == 0


def test_plans_are_by_our_clock_and_footage_by_the_recorder_s() -> None:
    late = (*look(wall(1, 5)), *observed("device:box", Clock(3600.0, 0.1, ntp=False)))
    work = worked_on(wall(1, 4).start_at, wall(1, 5).start_at)
    assert on(YESTERDAY, late, plans=(work,)) == Count(WHOLE_S - 3600, WHOLE_S - 3600, 0, 3600)


def test_an_unread_camera_under_planned_work_is_not_due_meanwhile() -> None:
    work = worked_on(wall(1, 0).start_at, wall(1, 6).start_at, "site")
    assert on(YESTERDAY, plans=(work,)) == Count(0, WHOLE_S - 21_600, WHOLE_S - 21_600, 21_600)


@pytest.mark.parametrize(
    "change", [{"offset_s": 1e9}, {"oldest_at": NOW + 40 * DAY}, {"newest_at": None}, {"days": ()}]
)
def test_a_strange_memory_never_counts_more_than_there_is(change: dict[str, Any]) -> None:
    footage: dict[str, CameraFootage] = dict(remembered(SITE, [(look(), NOW)]))
    footage["gate"] = replace(footage["gate"], **change)
    counted = recorded_on(SITE, replace(gather(()), remembered=Remembered(footage=footage)), (), YESTERDAY)
    assert counted.due == WHOLE_S
    assert 0 <= counted.good <= counted.due - counted.unknown


def test_the_last_whole_day_is_counted_anew_at_each_look_and_reported_in_seconds() -> None:
    days: tuple[DayAssessed, ...] = (DayAssessed(YESTERDAY, 96, {"recorded": Count(90, 96)}),)
    for holes, good in (((wall(1, 5),), WHOLE_S - 3600), ((), WHOLE_S)):
        facts = gather((), remembered=Remembered(footage=remembered(SITE, [(look(*holes), NOW)])))
        days = add_look(SITE, facts, (), ActiveNotes(), days, NOW)
        assert days[0].footage == Count(good, WHOLE_S)
    told = rates_json(days[0])
    assert (told["recorded"], told["recorded_s"]) == ([90, 96, 0, 0], [WHOLE_S, WHOLE_S, 0, 0])
    assert "recorded_s" not in rates_json(days[1]), "today is not over"
    assert days[0].figures["recorded"] == Count(WHOLE_S, WHOLE_S)
    assert from_data(to_data(days[0])) == days[0]


def test_all_plans_are_handed_on_also_those_that_are_over() -> None:
    work = worked_on(NOW - 3 * DAY, NOW - 2 * DAY)
    found = active_notes(SITE, (work,), NOW)
    assert (found.plans, found.planned) == ((work,), frozenset())
