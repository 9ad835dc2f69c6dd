"""Completeness is judged on what was listed, and what was not is never a pass; a hole has a cause or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from footage_looks import CYCLE, facts_of, listed, remembered
from sites import DAY, NOW, camera, healthy, observed, site, without

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.footage.outages import Outage
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from drivers.footage import (
    DayRecorded,
    Disk,
    Disks,
    RecordedDays,
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


@pytest.mark.parametrize(
    ("kind", "times", "found"),
    [
        ("unreadable", 3, ("pass", "")),
        ("unreadable", 4, ("unknown", "segments-unreadable")),
        ("empty", 40, ("unknown", "segments-unreadable")),
        ("row-without-file", 4, ("unknown", "segments-unreadable")),
        ("written-later", 3, ("pass", "")),
        ("written-later", 4, ("unknown", "segments-written-later")),
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
