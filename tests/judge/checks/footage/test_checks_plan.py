"""What is due is told by the place: a plan that covers less, or was cut, is told; hours may be declared at a venue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from footage_looks import CYCLE, facts_of, listed, remembered
from sites import DAY, NOW, camera, healthy, observed, picture, site, without, without_path

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration
from drivers.footage import RecordingMode, Schedule, SchedulePeriod
from drivers.model import Observations, Recordings, Span
from drivers.spans import day_span

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
KEY = "recording-completeness camera:gate"
SITE = site(camera())


def held(*spans: tuple[timedelta, timedelta], name: str = "gate") -> Observations:
    """Return what a camera shows whose footage reaches from so long ago to so long ago."""
    found = Recordings(tuple(Span(NOW - start, NOW - end) for start, end in spans), "rtsp://192.0.2.1/replay")
    return listed(without(healthy(name), Recordings) + observed(f"camera:{name}", found))


def judge(observations: Observations, a_site: Site = SITE) -> Finding:
    return {f.key: f for f in run_checks(a_site, facts_of(a_site, observations), NOW)}[KEY]


def plan(mode: RecordingMode, start_h: int, end_h: int, enabled: bool | None = True) -> Schedule:
    return Schedule(tuple(SchedulePeriod(day, start_h * 3600, end_h * 3600, mode) for day in range(7)), enabled)


def planned(schedule: Schedule, *spans: tuple[timedelta, timedelta]) -> Finding:
    return judge(held(*spans) + observed("camera:gate", schedule))


def test_recording_on_motion_only_is_no_gap_and_is_said() -> None:
    finding = planned(plan("motion", 0, 24), (35 * DAY, 9 * DAY), (8 * DAY, 6 * HOUR))
    assert (finding.status, finding.reason) == ("unknown", "plan-covers-less"), "a recorder does not free itself"
    assert "on motion only" in str(finding.message)


def test_a_motion_recorder_that_sees_nothing_for_days_warns() -> None:
    finding = planned(plan("motion", 0, 24), (35 * DAY, 3 * DAY))
    assert (finding.status, finding.reason) == ("warn", "motion-silent")


def test_time_that_the_plan_leaves_out_is_neither_a_gap_nor_silence() -> None:
    office = plan("continuous", 8, 18)  # NOW is 20:00 in Shanghai
    finding = planned(office, (35 * DAY, 2 * HOUR))
    assert (finding.status, finding.reason) == ("unknown", "plan-covers-less"), "it is due all the same"
    assert finding.evidence["gap_count"] == 0
    assert planned(office, (35 * DAY, 3 * HOUR)).reason == "stopped"
    assert planned(plan("continuous", 8, 18, enabled=False), (35 * DAY, 2 * HOUR)).reason == "stopped"


def venue(hours: str, is_venue: bool | None = True) -> Site:
    """Return a site whose business hours are declared, and whether it is an entertainment venue."""
    words = {"business-hours": hours} | ({} if is_venue is None else {"entertainment-venue": is_venue})
    rows = tuple(Declaration(duty, value, "Li Na", date(2026, 1, 31)) for duty, value in words.items())
    return replace(SITE, declarations=(*SITE.declarations, *rows), in_use_since=date(2020, 1, 1))


def evenings(opens_h: float, closes_h: float, without_day: int = -1) -> Observations:
    """Return what a camera shows that was recorded every evening between these hours, but for one so many days ago."""
    nights = [
        Span(
            day_span(TODAY - n * DAY, ZONE).start_at + opens_h * HOUR,
            day_span(TODAY - n * DAY, ZONE).start_at + closes_h * HOUR,
        )
        for n in range(36, -1, -1)
        if n != without_day
    ]
    spans = tuple(Span(one.start_at, min(one.end_at, NOW)) for one in nights if one.start_at < NOW)
    found = Recordings(spans, "rtsp://192.0.2.1/replay")
    opened = picture("playback", spans[0].start_at + timedelta(seconds=1))
    facts = without_path(without(healthy(), Recordings), "playback")
    return listed(facts + observed("camera:gate", found, opened))


def night_plan(opens_h: int, closes_h: int) -> Schedule:
    """Return a plan of every night, past midnight into the next day."""
    late = tuple(SchedulePeriod(day, opens_h * 3600, 86_400, "continuous") for day in range(7))
    return Schedule((*late, *(SchedulePeriod(day, 0, (closes_h - 24) * 3600, "continuous") for day in range(7))), True)


@pytest.mark.parametrize(
    ("hours", "is_venue", "found"),
    [
        ("18:00-26:00", True, ("pass", "")),
        ("16:00-26:00", True, ("unknown", "plan-covers-less")),
        ("18:00-27:00", True, ("unknown", "plan-covers-less")),
        ("18:00-26:00", False, ("unknown", "plan-covers-less")),
        ("18:00-26:00", None, ("unknown", "plan-covers-less")),
        ("18:00-17:00", True, ("unknown", "plan-covers-less")),
    ],
)
def test_of_an_entertainment_venue_its_declared_hours_are_due_and_of_no_other_place(
    hours: str, is_venue: bool | None, found: tuple[str, str]
) -> None:
    a_site = venue(hours, is_venue)
    seen = evenings(18, 26) + observed("camera:gate", night_plan(18, 26))
    findings = {f.key: f for f in run_checks(a_site, facts_of(a_site, seen), NOW)}
    assert (findings[KEY].status, findings[KEY].reason) == found
    retention = findings["retention-days camera:gate"]
    assert (retention.status, retention.reason) == found


@pytest.mark.parametrize("plan", [(), (Schedule((), False),)])
def test_a_venue_that_is_recorded_while_it_is_open_needs_no_plan_that_says_so(plan: tuple[Schedule, ...]) -> None:
    a_site = venue("18:00-26:00")
    assert judge(evenings(18, 26) + observed("camera:gate", *plan), a_site).status == "pass"
    assert judge(evenings(17, 27) + observed("camera:gate", *plan), a_site).status == "pass"
    assert judge(evenings(18, 26) + observed("camera:gate", *plan)).status == "fail", "around the clock"


def test_an_evening_that_is_missing_at_a_venue_fails_by_the_hours_that_it_was_open() -> None:
    finding = judge(evenings(18, 26, without_day=4), venue("18:00-26:00"))
    assert (finding.status, finding.reason) == ("warn", "gap")
    assert (finding.evidence["lost_hours"], finding.evidence["gap_count"]) == (8.0, 1)
    late = judge(evenings(18, 24), venue("18:00-26:00"))
    assert (late.status, late.reason) == ("fail", "gap"), "two hours of each evening"


def test_weekends_without_recording_isolate_nothing() -> None:
    """The run of footage is that of the plan: what it leaves out is told as that, and nothing is recorded over."""
    week = Schedule(tuple(SchedulePeriod(day, 0, 86_400, "continuous") for day in range(5)), True)
    days = [TODAY - n * DAY for n in range(32, -1, -1)]
    spans = tuple(
        Span(one.start_at, min(one.end_at, NOW))
        for one in map(lambda d: day_span(d, ZONE), days)
        if one.start_at.astimezone(ZONE).weekday() < 5
    )
    found = Recordings((Span(spans[0].end_at - HOUR, spans[0].end_at), *spans[1:]), "rtsp://192.0.2.1/replay")
    seen = listed(without(healthy(), Recordings) + observed("camera:gate", found, week))
    assert remembered(SITE, [(seen, NOW)])["gate"].run_at is None


def changed_plan(*plans: Schedule | None, names: tuple[str, ...] = ("gate",)) -> dict[str, Finding]:
    """Return the findings after looks a cycle apart at cameras of one recorder whose plan was each of these."""
    a_site = site(*(camera(name) for name in names), in_use_since=date(2020, 1, 1))
    looks = []
    for number, plan_then in enumerate(plans):
        seen = tuple(
            one
            for name in names
            for one in held((35 * DAY, 0 * DAY), name=name)
            + observed(f"camera:{name}", *((plan_then,) if plan_then else ()))
        )
        looks.append((seen, NOW - (len(plans) - 1 - number) * CYCLE))
    facts = gather(looks[-1][0], remembered=Remembered(footage=remembered(a_site, looks)))
    return {f.key: f for f in run_checks(a_site, facts, NOW)}


ALWAYS, MOTION, OFFICE = plan("continuous", 0, 24), plan("motion", 0, 24), plan("continuous", 8, 18)


@pytest.mark.parametrize("later", [(MOTION,), (OFFICE,), (MOTION, MOTION), (OFFICE, None), (MOTION, OFFICE, MOTION)])
def test_a_plan_that_records_less_than_before_is_a_warning_of_its_own(later: tuple[Schedule | None, ...]) -> None:
    findings = changed_plan(ALWAYS, *later)
    assert (findings[KEY].status, findings[KEY].reason, findings[KEY].caused_by) == ("warn", "plan-cut", "")
    assert "of the 168 hours of a week" in str(findings[KEY].message)
    retention = findings["retention-days camera:gate"]
    assert (retention.status, retention.reason, retention.caused_by) == ("unknown", "plan-covers-less", KEY)


@pytest.mark.parametrize(
    ("plans", "found"),
    [
        ((ALWAYS, MOTION, ALWAYS), ("pass", "")),
        ((MOTION, MOTION), ("unknown", "plan-covers-less")),
        ((None, MOTION), ("unknown", "plan-covers-less")),
        ((ALWAYS, None, None), ("pass", "")),
        ((MOTION, ALWAYS), ("pass", "")),
        ((ALWAYS, plan("continuous", 0, 24, enabled=None)), ("pass", "")),
    ],
)
def test_a_plan_that_was_set_back_or_was_never_more_is_no_warning(
    plans: tuple[Schedule | None, ...], found: tuple[str, str]
) -> None:
    finding = changed_plan(*plans)[KEY]
    assert (finding.status, finding.reason) == found


def test_plans_of_many_cameras_that_were_cut_are_one_finding_of_their_recorder() -> None:
    findings = changed_plan(ALWAYS, MOTION, names=("gate", "yard", "hall"))
    cause = findings["recording-completeness device:box"]
    assert (cause.status, cause.reason, cause.evidence["cameras"]) == ("warn", "plan-cut", ["gate", "yard", "hall"])
    assert "of 3 cameras" in str(cause.message) and "find out who changed it" in str(cause.message)
    assert [f.key for f in findings.values() if f.status == "warn" and not f.caused_by] == [cause.key]
