"""Completeness is judged on what was listed, and what was not is never a pass; a hole has a cause or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from footage_looks import CYCLE, facts_of, listed, remembered
from sites import DAY, NOW, camera, healthy, observed, picture, site, without, without_path

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.footage.outages import Outage
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration
from drivers.footage import (
    DayRecorded,
    Disk,
    Disks,
    RecordedDays,
    RecordingMode,
    Schedule,
    SchedulePeriod,
    Store,
    StoreIndex,
    StoreTrouble,
    TroubleKind,
)
from drivers.model import Clock, Observations, Recordings, Span, Unavailable, Value
from drivers.picture import PictureSeen
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


@pytest.mark.parametrize(
    ("spans", "status", "reason"),
    [
        (((35 * DAY, 0 * DAY),), "pass", ""),
        (((35 * DAY, 3 * DAY), (3 * DAY - 6 * HOUR, 0 * DAY)), "warn", "gap"),
        (((35 * DAY, 3 * DAY), (3 * DAY - HOUR / 2, 0 * DAY)), "pass", ""),
        (((35 * DAY, 3 * DAY), (1 * DAY, 0 * DAY)), "fail", "gap"),
        (((35 * DAY, HOUR),), "fail", "stopped"),
        (((50 * DAY, 40 * DAY),), "fail", "stopped"),
        ((), "unknown", "no-recordings"),
    ],
)
def test_gaps_and_a_stopped_recorder_are_told_apart(
    spans: tuple[tuple[timedelta, timedelta], ...], status: str, reason: str
) -> None:
    finding = judge(held(*spans))
    assert (finding.status, finding.reason) == (status, reason)


def test_nothing_new_is_recorded_of_a_camera_that_is_silent_and_that_is_the_cause() -> None:
    stopped = held((35 * DAY, HOUR))
    silent = without(stopped, PictureSeen) + observed("camera:gate", Unavailable("picture", "deadline", path="main"))
    assert judge(stopped).caused_by == ""
    finding = judge(silent)
    assert (finding.status, finding.reason, finding.caused_by) == ("fail", "stopped", "camera-online camera:gate")


def test_no_footage_at_all_fails_retention_once() -> None:
    findings = {f.key: f for f in run_checks(SITE, facts_of(SITE, held()), NOW)}
    assert findings["retention-days camera:gate"].reason == "no-recordings"
    assert findings[KEY].caused_by == "retention-days camera:gate"


def test_holes_are_listed_the_longest_first_with_their_class() -> None:
    finding = judge(held((35 * DAY, 9 * DAY), (9 * DAY - HOUR, 3 * DAY), (3 * DAY - 6 * HOUR, 0 * DAY)))
    assert finding.evidence["gaps"] == [
        {"from": "2026-11-21T12:00:00Z", "to": "2026-11-21T18:00:00Z", "class": "unknown"},
        {"from": "2026-11-15T12:00:00Z", "to": "2026-11-15T13:00:00Z", "class": "unknown"},
    ]
    assert (finding.evidence["lost_hours"], finding.evidence["gap_count"]) == (7.0, 2)


def test_at_most_sixteen_holes_are_listed_and_all_are_counted() -> None:
    edges = [35 * DAY, *[edge for n in range(30, 5, -1) for edge in (n * DAY, n * DAY - HOUR)], 0 * DAY]
    finding = judge(held(*zip(edges[::2], edges[1::2], strict=True)))
    gaps = finding.evidence["gaps"]
    assert isinstance(gaps, list) and len(gaps) == 16
    assert finding.evidence["gap_count"] == 25


def test_many_short_holes_fail_by_their_share() -> None:
    edges = [35 * DAY, *[edge for n in range(700, 0, -1) for edge in (n * HOUR, n * HOUR - HOUR / 10)], 0 * DAY]
    finding = judge(held(*zip(edges[::2], edges[1::2], strict=True)))
    assert (finding.status, finding.evidence["completeness_ratio"]) == ("fail", pytest.approx(0.9, abs=0.01))


def with_outage(subject: str, kind: str) -> Finding:
    seen = held((35 * DAY, 3 * DAY), (3 * DAY - 6 * HOUR, 0 * DAY))
    footage = remembered(SITE, [(seen, NOW - CYCLE), (seen, NOW)])
    outage = Outage(subject, kind, NOW - 3 * DAY, NOW - 3 * DAY + 6 * HOUR)  # type: ignore[arg-type]
    facts = gather(seen, remembered=Remembered(footage=footage, outages=(outage,)))
    return {f.key: f for f in run_checks(SITE, facts, NOW)}[KEY]


@pytest.mark.parametrize(
    ("subject", "kind", "name", "word"),
    [
        ("camera:gate", "offline", "camera-off", "while the camera was offline"),
        ("device:box", "silent", "recorder-off", "while the recorder was off"),
        ("device:box", "disk", "disk", "while a disk was not well"),
    ],
)
def test_the_longest_hole_names_its_cause_and_the_next_step(subject: str, kind: str, name: str, word: str) -> None:
    finding = with_outage(subject, kind)
    assert finding.evidence["gaps"] == [{"from": "2026-11-21T12:00:00Z", "to": "2026-11-21T18:00:00Z", "class": name}]
    assert word in str(finding.message)


def by_the_day(*days_ago: int, missing: int = 0, more: tuple[Value, ...] = ()) -> Observations:
    """Return what a recorder says that lists these days, and of the others which hold footage."""
    stretches = tuple(sorted((day_span(TODAY - n * DAY, ZONE) for n in days_ago), key=lambda span: span.start_at))
    told = RecordedDays(tuple(DayRecorded(TODAY - n * DAY, n != missing) for n in range(40)))
    found = Recordings((Span(NOW - 35 * DAY, NOW),), "rtsp://192.0.2.1/replay", listed=stretches)
    return without(healthy(), Recordings) + observed("camera:gate", found, told, *more)


def test_a_recorder_that_never_lists_holes_is_unknown() -> None:
    finding = judge(without(healthy(), Recordings) + observed("camera:gate", Recordings((Span(NOW - 35 * DAY, NOW),))))
    assert (finding.status, finding.reason) == ("unknown", "holes-not-told")


def test_days_that_were_not_listed_yet_are_no_pass_and_are_counted() -> None:
    finding = judge(by_the_day(1, 2))
    assert (finding.status, finding.reason) == ("unknown", "not-all-listed")
    assert (finding.evidence["days_listed"], finding.evidence["days_not_listed"]) == (2, 28)


def test_when_every_day_was_listed_it_passes() -> None:
    assert judge(by_the_day(*range(1, 31))).status == "pass"


def test_a_missing_day_fails_although_no_day_was_listed_but_one() -> None:
    finding = judge(by_the_day(1, missing=7))
    assert (finding.status, finding.reason, finding.evidence["days_missing"]) == ("fail", "gap", 1)


def test_a_recorder_that_is_still_being_listed_is_one_open_item() -> None:
    a_site = site(camera("gate"), camera("yard"))
    seen = by_the_day(1) + tuple(replace(o, subject="camera:yard") for o in by_the_day(1) if o.subject == "camera:gate")
    findings = {f.key: f for f in run_checks(a_site, facts_of(a_site, seen), NOW)}
    cause = findings["recording-completeness device:box"]
    assert (cause.status, cause.reason, cause.evidence["cameras"]) == ("unknown", "not-all-listed", ["gate", "yard"])
    assert findings[KEY].caused_by == cause.key


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


@pytest.mark.parametrize(
    ("kind", "times", "found"),
    [
        ("unreadable", 3, ("pass", "")),
        ("unreadable", 4, ("unknown", "segments-unreadable")),
        ("empty", 40, ("unknown", "segments-unreadable")),
        ("row-without-file", 4, ("unknown", "segments-unreadable")),
        ("clock-jump", 40, ("pass", "")),
    ],
)
def test_segments_that_hold_nothing_are_no_footage(kind: TroubleKind, times: int, found: tuple[str, str]) -> None:
    store = Store("disk", "segments", Path("/srv/footage"))
    a_site = site(camera(store="disk"), stores=(store,), in_use_since=date(2020, 1, 1))
    disks = Disks((Disk("/dev/sda1", "volume", "ok", capacity_bytes=10**12, free_bytes=10**11, writable=True),))
    index = StoreIndex((), (StoreTrouble(kind, times, "20261101.mp4"),))
    seen = held((35 * DAY, 0 * DAY)) + observed("camera:gate", index) + observed("device:disk", disks)
    findings = {f.key: f for f in run_checks(a_site, facts_of(a_site, seen), NOW)}
    for key in (KEY, "retention-days camera:gate"):
        assert (findings[key].status, findings[key].reason) == found
        assert findings[key].caused_by == ("storage-health device:disk" if found[1] else "")


def test_a_vanished_day_is_one_finding_with_its_hole() -> None:
    whole = held((35 * DAY, 0 * DAY))
    less = held((35 * DAY, 5 * DAY), (4 * DAY, 0 * DAY))
    footage = remembered(SITE, [(whole, NOW - 2 * CYCLE), (less, NOW - CYCLE), (less, NOW)])
    findings = {f.key: f for f in run_checks(SITE, gather(less, remembered=Remembered(footage=footage)), NOW)}
    assert (findings[KEY].status, findings[KEY].caused_by) == ("fail", "recording-tamper camera:gate")


def test_a_look_that_contradicts_all_before_it_is_not_judged_by_what_was_known() -> None:
    footage = remembered(SITE, [(held((35 * DAY, 0 * DAY)), NOW - CYCLE), (held((HOUR, 0 * DAY)), NOW)])
    findings = {
        f.key: f for f in run_checks(SITE, gather(held((HOUR, 0 * DAY)), remembered=Remembered(footage=footage)), NOW)
    }
    assert (findings[KEY].status, findings[KEY].reason) == ("unknown", "to-be-confirmed")


def test_a_recorder_whose_clock_is_behind_has_not_stopped() -> None:
    late = without(held((35 * DAY, HOUR)), Clock) + observed("device:box", Clock(-3600.0, 0.5))
    assert judge(late).status == "pass"


@pytest.mark.parametrize(("jump_s", "since", "found"), [
    (1200.0, 1, ("unknown", "clock-not-trusted")), (1200.0, 29, ("unknown", "clock-not-trusted")),
    (1200.0, 31, ("pass", "")), (300.0, 1, ("pass", "")),
])  # fmt: skip
def test_days_that_were_dated_before_the_recorder_s_clock_jumped_are_void(
    jump_s: float, since: int, found: tuple[str, str]
) -> None:
    def seen(now: datetime, offset_s: float) -> Observations:
        there = now + timedelta(seconds=offset_s)
        spans = (Span(there - 35 * DAY, there),)
        facts = without(healthy(), Recordings, Clock) + observed("device:box", Clock(offset_s, 0.5))
        return listed(facts + observed("camera:gate", Recordings(spans, "rtsp://192.0.2.1/replay")))

    jumped_at = NOW - since * DAY
    looks = [(seen(jumped_at - CYCLE, 0.0), jumped_at - CYCLE), (seen(jumped_at, jump_s), jumped_at)]
    looks += [(seen(NOW, jump_s), NOW)]
    facts = gather(looks[-1][0], remembered=Remembered(footage=remembered(SITE, looks)))
    findings = {f.key: f for f in run_checks(SITE, facts, NOW)}
    assert (findings[KEY].status, findings[KEY].reason) == found


@pytest.mark.parametrize(("ends", "trusted"), [(50, ("fail", "stopped")), (1, ("fail", "stopped")), (0, ("pass", ""))])
def test_whether_a_store_goes_on_is_not_known_by_a_clock_of_ours_that_is_not_trusted(
    ends: int, trusted: tuple[str, str]
) -> None:
    a_site = site(camera(store="disk"), stores=(Store("disk", "segments", Path("/srv/footage")),))
    seen = held((85 * DAY, ends * DAY))
    facts = facts_of(a_site, seen)
    for is_trusted, found in ((True, trusted), (False, ("unknown", "clock-not-trusted"))):
        judged = {f.key: f for f in run_checks(a_site, replace(facts, own_clock_trusted=is_trusted), NOW)}[KEY]
        assert (judged.status, judged.reason) == found
    recorder = {f.key: f for f in run_checks(SITE, replace(facts_of(SITE, seen), own_clock_trusted=False), NOW)}[KEY]
    assert (recorder.status, recorder.reason) == trusted, "a recorder's footage is held against its own clock"


def test_footage_that_was_not_read_is_unknown_whatever_is_remembered() -> None:
    whole = held((35 * DAY, 0 * DAY))
    silent = without(whole, Recordings) + observed("camera:gate", Unavailable("recordings", "fault"))
    footage = remembered(SITE, [(whole, NOW - CYCLE), (silent, NOW)])
    findings = {f.key: f for f in run_checks(SITE, gather(silent, remembered=Remembered(footage=footage)), NOW)}
    assert {findings[f"{check} camera:gate"].status for check in ("recording-completeness", "recording-tamper")} == {
        "unknown"
    }


def test_a_recorder_that_tells_no_holes_is_one_open_item() -> None:
    a_site = site(camera("gate"), camera("yard"))
    untold = tuple(
        one
        for name in ("gate", "yard")
        for one in without(healthy(name), Recordings)
        + observed(f"camera:{name}", Recordings((Span(NOW - 35 * DAY, NOW),)))
    )
    findings = {f.key: f for f in run_checks(a_site, facts_of(a_site, untold), NOW)}
    cause = findings["recording-completeness device:box"]
    assert (cause.reason, cause.evidence["cameras"]) == ("holes-not-told", ["gate", "yard"])
    assert findings[KEY].caused_by == cause.key


def test_no_two_findings_ever_have_one_key() -> None:
    names = ("a", "b", "c", "d")
    a_site = site(*(camera(name) for name in names))
    untold = Recordings((Span(NOW - 35 * DAY, NOW),))
    seen = tuple(
        one
        for name in names
        for one in without(healthy(name), Recordings)
        + observed(f"camera:{name}", *([untold] if name in "ab" else [o.value for o in by_the_day(1)[-2:]]))
    )
    keys = [f.key for f in run_checks(a_site, facts_of(a_site, seen), NOW)]
    assert len(keys) == len(set(keys))
