"""Retention is proved by opening, excused by youth only, and bounded above where a ceiling is declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from footage_looks import CYCLE, facts_of, remembered
from sites import DAY, NOW, camera, healthy, observed, observed_at, picture, site, without, without_path

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.footage.days import Footage
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Hold, Policy, Site
from drivers.details import RetentionLimit, RetentionLimits
from drivers.footage import Schedule
from drivers.model import Clock, Observations, RecordedBeside, Recordings, Span, Unavailable

HOUR = timedelta(hours=1)
LONG_AGO = date(2020, 1, 1)
OLD = site(camera(), in_use_since=LONG_AGO)
KEY = "retention-days camera:gate"


def judge(observations: Observations, a_site: Site = OLD) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(a_site, facts_of(a_site, observations), NOW)}


def after(*looks: tuple[Observations, timedelta], a_site: Site = OLD) -> dict[str, Finding]:
    """Return the findings of the last of these looks, each so long after NOW."""
    footage: Footage = remembered(a_site, [(observations, NOW + since) for observations, since in looks])
    observations, since = looks[-1]
    now = NOW + since
    facts = gather(observed_at(observations, now), remembered=Remembered(footage=footage))
    return {f.key: f for f in run_checks(a_site, facts, now)}


def kept(days: float, since: timedelta = timedelta()) -> Observations:
    """Return what a camera shows so long after NOW whose footage then goes back so many days."""
    now = NOW + since
    facts = without_path(without(healthy(), Recordings), "playback")
    oldest = now - days * DAY
    held = Recordings((Span(oldest, now),), "rtsp://192.0.2.1/replay", listed=(Span(oldest, now),))
    return facts + observed("camera:gate", held, picture("playback", oldest + timedelta(seconds=1)))


def test_footage_below_the_floor_fails_with_both_numbers() -> None:
    finding = judge(kept(21))[KEY]
    assert (finding.status, finding.reason) == ("fail", "too-short")
    assert "21.0 days where 30 are due" in str(finding.message)
    assert finding.evidence["recovering"] is False


def test_a_claimed_oldest_recording_that_was_not_opened_is_no_pass() -> None:
    finding = judge(without_path(healthy(), "playback"))[KEY]
    assert (finding.status, finding.reason) == ("unknown", "oldest-not-opened")


def test_an_oldest_recording_in_which_nothing_is_seen_is_no_pass() -> None:
    oldest = next(one.value for one in healthy() if isinstance(one.value, Recordings)).spans[0].start_at
    blank = picture("playback", oldest + timedelta(seconds=1), contrast=2.0)
    finding = judge(without_path(healthy(), "playback") + observed("camera:gate", blank))[KEY]
    assert (finding.status, finding.reason) == ("unknown", "oldest-blank")


def test_opening_a_recent_recording_does_not_prove_the_oldest() -> None:
    facts = without_path(healthy(), "playback") + observed("camera:gate", picture("playback", NOW - DAY))
    assert judge(facts)[KEY].reason == "oldest-not-opened"


def test_a_camera_may_have_a_higher_floor_than_its_site() -> None:
    finding = judge(healthy(), site(camera(retention_days=90), in_use_since=LONG_AGO))[KEY]
    assert (finding.status, finding.evidence["floor_days"]) == ("fail", 90)


@pytest.mark.parametrize(
    ("a_site", "judged_on"),
    [
        (site(camera(), in_use_since=date(2026, 11, 1)), "2026-12-01"),
        (site(camera(in_use_since=date(2026, 11, 10)), in_use_since=LONG_AGO), "2026-12-10"),
        (site(camera()), "2026-12-04"),
    ],
)
def test_a_system_younger_than_the_floor_is_unknown_until_it_can_be_judged(a_site: Site, judged_on: str) -> None:
    finding = judge(kept(20), a_site)[KEY]
    assert (finding.status, finding.reason, finding.evidence["judged_on"]) == (
        "unknown", "history-immature", judged_on,
    )  # fmt: skip
    assert judged_on in str(finding.message)


def test_a_young_system_whose_footage_reaches_the_floor_passes() -> None:
    assert judge(kept(31), site(camera(), in_use_since=date(2026, 11, 20)))[KEY].status == "pass"


def test_a_system_that_is_as_old_as_its_floor_is_judged() -> None:
    assert judge(kept(29), site(camera(), in_use_since=date(2026, 10, 25)))[KEY].status == "fail"


def test_a_young_system_that_has_recorded_over_its_footage_fails() -> None:
    """It would take 20 days to reach the floor, but what was there a day ago is gone already."""
    a_site = site(camera(), in_use_since=date(2026, 11, 14))
    findings = after((kept(10), timedelta()), (kept(9.5, DAY), DAY), a_site=a_site)
    assert (findings[KEY].status, findings[KEY].reason) == ("fail", "too-short")


def test_a_young_system_that_has_lost_nothing_stays_unknown() -> None:
    a_site = site(camera(), in_use_since=date(2026, 11, 14))
    assert after((kept(10), timedelta()), (kept(11, DAY), DAY), a_site=a_site)[KEY].reason == "history-immature"


def test_a_recorder_with_young_cameras_is_one_open_item() -> None:
    a_site = site(camera("gate"), camera("yard"))
    seen = kept(20) + tuple(
        type(o)("camera:yard", o.value, o.taken_at, o.method) for o in kept(20) if o.subject == "camera:gate"
    )
    findings = judge(seen, a_site)
    cause = findings["retention-days device:box"]
    assert (cause.status, cause.reason, cause.evidence["cameras"]) == ("unknown", "history-immature", ["gate", "yard"])
    assert findings[KEY].caused_by == cause.key
    assert "2026-12-04" in str(cause.message)


@pytest.mark.parametrize("days", [7, 29.5])
def test_a_limit_below_the_floor_fails_although_footage_still_reaches_back(days: float) -> None:
    finding = judge(kept(35) + observed("camera:gate", Schedule((), True, days * DAY)))[KEY]
    assert (finding.status, finding.reason, finding.evidence["limit_days"]) == ("fail", "limit-too-short", days)


def test_limits_of_recordings_count_where_every_recording_has_one_and_the_longest_of_them() -> None:
    def limited(*limits: float | None) -> Finding:
        found = tuple(RetentionLimit(f"r{n}", None if d is None else d * DAY) for n, d in enumerate(limits))
        return judge(kept(35) + observed("camera:gate", RetentionLimits(found)))[KEY]

    assert limited(7, 14).evidence.get("limit_days") == 14
    assert [limited(*limits).status for limits in ((7, None), (7, 30), (), (None,))] == ["pass"] * 4


def test_a_limit_is_a_proof_where_the_footage_cannot_be_read_and_the_system_is_young() -> None:
    facts = without(kept(20), Recordings) + observed(
        "camera:gate", Unavailable("recordings", "fault"), Schedule((), True, 7 * DAY)
    )
    assert judge(facts, site(camera(), in_use_since=date(2026, 11, 20)))[KEY].reason == "limit-too-short"


def test_after_a_changed_disk_the_finding_stays_fail_and_names_the_day_on_which_it_is_met_again() -> None:
    new = [(kept(0.1 + n, n * DAY + CYCLE), n * DAY + CYCLE) for n in range(4)]
    looks = [(kept(35), timedelta()), (kept(0.1, CYCLE / 2), CYCLE / 2), *new]
    for number in range(2, len(looks)):
        finding = after(*looks[: number + 1])[KEY]
        assert (finding.status, finding.reason, finding.evidence["recovering"]) == ("fail", "too-short", True)
        assert finding.evidence["floor_met_on"] == "2026-12-24"
        assert finding.caused_by == "recording-tamper camera:gate"


def test_while_a_loss_is_not_confirmed_it_is_not_told_as_one_of_its_own() -> None:
    findings = after((kept(35), timedelta()), (kept(0.1, CYCLE), CYCLE))
    assert (findings[KEY].status, findings[KEY].caused_by) == ("fail", "recording-tamper camera:gate")
    assert findings["recording-tamper camera:gate"].reason == "to-be-confirmed"


def test_footage_that_grows_says_so_once_it_stood_still_for_a_day() -> None:
    finding = after((kept(12), timedelta()), (kept(12.9, 0.9 * DAY), 0.9 * DAY))[KEY]
    assert finding.evidence["recovering"] is False
    finding = after((kept(12), timedelta()), (kept(13, DAY), DAY))[KEY]
    assert (finding.evidence["recovering"], finding.evidence["floor_met_on"]) == (True, "2026-12-12")


def test_the_age_of_footage_is_that_by_the_recorder_s_own_clock() -> None:
    ahead = without(kept(29.9), Clock) + observed("device:box", Clock(6 * 3600.0, 0.5))
    finding = judge(ahead)[KEY]
    assert (finding.evidence["kept_days"], finding.evidence["clock_offset_s"]) == (30.15, 6 * 3600.0)
    assert (finding.status, finding.reason) == ("unknown", "clock-not-trusted"), "nobody saw since when it is off"


def ring(days: float, since: timedelta, *older: Span) -> Observations:
    """Return what a camera shows so long after NOW: a ring of so many days, and older clips."""
    now = NOW + since
    spans = (*older, Span(now - days * DAY, now))
    facts = without_path(without(healthy(), Recordings), "playback")
    held = Recordings(spans, "rtsp://192.0.2.1/replay", listed=(Span(spans[0].start_at, now),))
    return facts + observed("camera:gate", held, picture("playback", spans[0].start_at + timedelta(seconds=1)))


LOCKED = Span(NOW - 62 * DAY, NOW - 62 * DAY + HOUR)


def test_a_locked_hour_over_a_ring_of_three_days_fails_once_the_ring_is_seen_to_be_recorded_over() -> None:
    looks = [(ring(3, n * DAY / 2, LOCKED), n * DAY / 2) for n in range(4)]
    assert after(*looks[:1])[KEY].reason == "isolated-clip"
    for number in (2, 3, 4):
        findings = after(*looks[:number])
        assert (findings[KEY].status, findings[KEY].reason) == ("fail", "too-short")
        assert findings[KEY].evidence["run_days"] == 3.0
        assert "recorded over" in str(findings[KEY].message)
        assert findings["recording-tamper camera:gate"].status != "fail", "a ring overwrites in order"


@pytest.mark.parametrize("locked_h", [1, 11, 20])
def test_a_ring_that_goes_past_what_was_locked_in_it_deletes_nothing_before_its_time(locked_h: int) -> None:
    """From the hour at which the ring reaches it until it lies two days behind."""
    locked = Span(NOW - 19 * DAY, NOW - 19 * DAY + locked_h * HOUR)
    footage: Footage = {}
    found = set()
    for step in range(24 * 4):
        now = NOW + step * HOUR
        ring_from = now - 20 * DAY
        spans = (locked, Span(max(ring_from, locked.end_at), now))
        if ring_from < locked.start_at:
            spans = (Span(ring_from, now),)
        held = Recordings(spans, "rtsp://192.0.2.1/replay", listed=(Span(spans[0].start_at, now),))
        seen = without(healthy(), Recordings) + observed("camera:gate", held)
        footage = remembered(OLD, [(seen, now)], footage)
        facts = gather(observed_at(seen, now), remembered=Remembered(footage=footage))
        findings = run_checks(OLD, facts, now)
        found |= {f.status for f in findings if f.key == "recording-tamper camera:gate"}
    assert "fail" not in found and "pass" in found


@pytest.mark.parametrize(("ended", "reason"), [(DAY, "recording-stopped"), (20 * HOUR, "")])
def test_footage_that_ends_days_ago_does_not_reach_to_now(ended: timedelta, reason: str) -> None:
    """The recorder holds 35 days, and it stopped: the days from then on are due as well."""
    held = Recordings((Span(NOW - 35 * DAY, NOW - ended),), "rtsp://192.0.2.1/replay")
    seen = without(healthy(), Recordings) + observed("camera:gate", held)
    (found,) = [one for one in run_checks(OLD, gather(seen), NOW) if one.key == KEY]
    assert (found.status, found.reason) == ("unknown" if reason else "pass", reason)
    assert found.caused_by == ("recording-completeness camera:gate" if reason else "")


def test_a_locked_hour_over_a_ring_that_is_long_enough_passes() -> None:
    looks = [(ring(35, n * DAY / 2, LOCKED), n * DAY / 2) for n in range(3)]
    assert after(*looks)[KEY].status == "pass"
    assert after(*looks)["recording-tamper camera:gate"].status == "pass"


def test_footage_after_a_long_outage_that_is_not_recorded_over_does_not_fail() -> None:
    """Five days, an outage of twelve, and what has been recorded since."""
    before = Span(NOW - 30 * DAY, NOW - 25 * DAY)
    looks = [(ring(13 + n, n * DAY, before), n * DAY) for n in range(3)]
    assert after(*looks)[KEY].reason == "isolated-clip"


def test_a_ring_of_which_more_goes_at_once_than_time_passed_is_not_recorded_over_in_order() -> None:
    looks = [(ring(12, timedelta(), LOCKED), timedelta()), *[(ring(4, n * CYCLE, LOCKED), n * CYCLE) for n in (1, 2)]]
    assert after(*looks)["recording-tamper camera:gate"].status == "fail"


@pytest.mark.parametrize("days", [12, 35])
def test_no_age_is_judged_by_a_clock_of_ours_that_is_not_trusted(days: int) -> None:
    facts = replace(facts_of(OLD, kept(days)), own_clock_trusted=False)
    finding = {f.key: f for f in run_checks(OLD, facts, NOW)}[KEY]
    assert (finding.status, finding.reason) == ("unknown", "clock-not-trusted")


def test_moments_of_footage_outside_of_any_calendar_are_no_pass() -> None:
    for oldest in (NOW.replace(year=9998), NOW.replace(year=1)):
        held = Recordings((Span(oldest, NOW.replace(year=9999)),), "rtsp://192.0.2.1/replay")
        facts = without(kept(35), Recordings) + observed("camera:gate", held)
        assert judge(facts)[KEY].status != "pass"


EXCESS = "retention-excess camera:gate"
CEILING = Policy(retention_ceiling_days=60)


def hold(first: date, last: date, name: str = "") -> Hold:
    return Hold(first, last, "case 2026-117", "Li Na", "2026-10-01", name)


def excess(days: float, *holds: Hold, listed: bool = True) -> Finding:
    oldest = NOW - days * DAY
    held = Recordings((Span(oldest, NOW),), listed=(Span(oldest, NOW),) if listed else ())
    facts = without(healthy(), Recordings) + observed("camera:gate", held)
    return judge(facts, site(camera(), policy=CEILING, holds=holds))[EXCESS]


def test_without_a_ceiling_nothing_is_too_old() -> None:
    finding = judge(kept(400))["retention-excess site"]
    assert (finding.status, finding.reason) == ("not_applicable", "no-ceiling")


def test_footage_older_than_the_ceiling_warns_with_a_day_of_grace() -> None:
    assert excess(60.9).status == "pass"
    finding = excess(75)
    assert (finding.status, finding.reason, finding.severity) == ("warn", "too-old", "minor")
    assert finding.evidence["excess_from"] == "2026-09-10T12:00:00Z"


@pytest.mark.parametrize("days", [50, 75])
def test_nothing_is_too_old_or_young_enough_by_a_clock_that_is_not_trusted(days: int) -> None:
    a_site = site(camera(), policy=CEILING, in_use_since=LONG_AGO)
    facts = facts_of(a_site, kept(days))
    found = {f.key: f for f in run_checks(a_site, replace(facts, own_clock_trusted=False), NOW)}[EXCESS]
    assert (found.status, found.reason) == ("unknown", "clock-not-trusted")
    assert found.caused_by == KEY, "one item for each recorder"


def test_a_hold_excuses_the_days_it_covers_and_no_others() -> None:
    assert excess(75, hold(date(2026, 9, 1), date(2026, 9, 30))).status == "pass"
    assert excess(75, hold(date(1, 1, 1), date(9999, 12, 31))).status == "pass"
    assert excess(75, hold(date(2026, 9, 1), date(2026, 9, 30), "gate")).status == "pass"
    assert excess(75, hold(date(2026, 9, 1), date(2026, 9, 30), "yard")).status == "warn"
    finding = excess(75, hold(date(2026, 9, 1), date(2026, 9, 15)))
    assert (finding.status, finding.evidence["excess_from"]) == ("warn", "2026-09-15T16:00:00Z")


def test_footage_between_held_days_that_a_recorder_only_claims_is_unknown() -> None:
    finding = excess(75, hold(date(2026, 9, 1), date(2026, 9, 15)), listed=False)
    assert (finding.status, finding.reason) == ("unknown", "holes-not-told")


def test_the_ceiling_is_unknown_for_footage_that_was_not_read() -> None:
    facts = without(healthy(), Recordings) + observed("camera:gate", Unavailable("recordings", "fault"))
    assert judge(facts, site(camera(), policy=CEILING))[EXCESS].reason == "fault"


@pytest.mark.parametrize(("days", "status"), [(61, "pass"), (62, "warn")])
def test_what_the_device_records_besides_the_store_is_gone_at_its_age_as_well(days: int, status: str) -> None:
    a_site = replace(OLD, policy=Policy(retention_ceiling_days=60))
    beside = RecordedBeside(Recordings((Span(NOW - days * DAY - HOUR * (days == 62), NOW),)))
    found = run_checks(a_site, gather((*healthy(), *observed("camera:gate", beside))), NOW)
    (one,) = [one for one in found if one.key == "retention-excess camera:gate"]
    assert one.status == status
