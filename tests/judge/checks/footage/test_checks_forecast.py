"""A shortage is told before it happens, with its day, its cause and what would hold; what is not known never holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from footage_looks import remembered
from sites import DAY, NOW, camera, observed, observed_at, picture, site

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.observe.footage.days import Footage
from agent.observe.remembered.value import Remembered
from agent.report.timeline_days import timeline_of
from agent.site.config.site import Policy, Site
from drivers.details import Encoder, Encoders
from drivers.footage import DayIndex, Disk, Disks, Store, StoreIndex
from drivers.model import Observations, Reason, Recordings, Span, Unavailable

TODAY = date(2026, 11, 24)
GB = 1_000_000_000
KEY = "retention-forecast device:box"
FULL_PATH = Path("recordings")
USED_SINCE = date(2020, 1, 1)
TWO = site(camera("gate"), camera("yard"), in_use_since=USED_SINCE)
FULL = Disk("hdd1", "SATA", "ok", "", 3000 * GB, 0)
DAY_BYTES = 4000 * 1000 // 8 * 86_400

Seen = Callable[[int], Observations]
"""What is seen so many days ago."""


def recorder(disk: Disk = FULL, quota: bool | None = None) -> Observations:
    return observed("device:box", Disks((disk,), quota))


def recorded(name: str, ago: int, days: float = 35.5, kbps: int = 4000) -> Observations:
    at = NOW - ago * DAY
    span = Span(at - days * DAY, at)
    told = (Encoders((Encoder("main", "H265", 2560, 1440, 25.0, kbps),)),) if kbps else ()
    opened = picture("playback", span.start_at + timedelta(seconds=1))
    return observed(f"camera:{name}", Recordings((span,), listed=(span,)), opened, *told)


def steady(ago: int) -> Observations:
    return recorder() + recorded("gate", ago) + recorded("yard", ago)


def risen(ago: int) -> Observations:
    """Return a full recorder one of whose cameras takes twice as much since five days."""
    return recorder() + recorded("gate", ago) + recorded("yard", ago, kbps=4000 if ago > 5 else 8000)


def memory(seen: Seen, days: int = 12, a_site: Site = TWO) -> Footage:
    return remembered(a_site, [(seen(ago), NOW - ago * DAY) for ago in reversed(range(days))])


def judged(
    seen: Seen, days: int = 12, a_site: Site = TWO, now: datetime = NOW, last: Observations | None = None
) -> dict[str, Finding]:
    observations = observed_at(seen(0) if last is None else last, now)
    facts = gather(observations, remembered=Remembered(footage=memory(seen, days, a_site)))
    return {f.key: f for f in run_checks(a_site, facts, now)}


def test_a_full_recorder_at_a_steady_rate_holds() -> None:
    finding = judged(steady)[KEY]
    assert (finding.status, finding.evidence["keeps_days"], finding.evidence["estimated"]) == ("pass", 35.5, True)
    low, high = finding.evidence["keeps_low_days"], finding.evidence["keeps_high_days"]
    assert isinstance(low, float) and isinstance(high, float) and low < 35.5 < high


def test_a_rise_is_told_with_its_day_its_camera_and_what_would_hold() -> None:
    finding = judged(risen)[KEY]
    assert (finding.status, finding.reason, finding.caused_by) == ("warn", "rate-up", "")
    told = finding.evidence
    assert (told["camera"], told["since"]) == ("yard", "2026-11-19")
    # 35.5 days of 2, and 5.83 of those days of one more; then 3 a day.
    held = 2 * 35.5 + 5 + 20 / 24
    assert told["rate_ratio"] == pytest.approx(held / 90, abs=0.005)
    assert told["capacity_needed_bytes"] == pytest.approx(3000 * GB * 90 / held, rel=0.01)
    assert told["cameras_max"] == 1
    stored, day = [2 * 16 / 24] + [2.0] * 29 + [3.0] * 5, 0
    while True:
        stored.append(3.0)
        while sum(stored) > held:
            stored.pop(0)
        if len(stored) < 30:
            break
        day += 1
    assert told["short_on"] == (TODAY + day * DAY).isoformat()
    assert str(told["short_earliest"]) <= str(told["short_on"]) <= str(told["short_latest"])
    text = str(finding.message)
    assert all(word in text for word in (str(told["short_on"]), "yard", "2026-11-19", "85 %", "3.52 TB", "at most 1"))


def test_beyond_the_days_that_are_looked_ahead_nothing_is_warned_of() -> None:
    assert judged(risen, a_site=replace(TWO, policy=Policy(forecast_days=3)))[KEY].status == "pass"


def test_a_camera_of_which_less_is_due_is_not_short_with_the_others() -> None:
    mixed = replace(TWO, cameras=(camera("gate"), camera("yard", retention_days=34)))
    finding = judged(risen, a_site=mixed)[KEY]
    gate, yard = finding.evidence["cameras"]  # type: ignore[misc]
    assert finding.evidence["floor_days"] == 34
    assert yard["short_on"] == finding.evidence["short_on"] < gate["short_on"]  # type: ignore[call-overload,index,operator]
    rows = timeline_of(
        mixed, gather(risen(0), remembered=Remembered(footage=memory(risen, a_site=mixed))), [finding], NOW
    ).rows
    shown = [row.short_on.isoformat() for row in rows if row.short_on]
    assert shown == [gate["short_on"], yard["short_on"]]  # type: ignore[call-overload,index]


def test_a_disk_that_was_taken_out_is_the_cause() -> None:
    def seen(ago: int) -> Observations:
        disk = Disk("hdd1", "SATA", "ok", "", (8000 if ago > 2 else 800) * GB, (7000 if ago > 2 else 300) * GB)
        return recorder(disk) + recorded("gate", ago, 15 - ago) + recorded("yard", ago, 15 - ago)

    finding = judged(seen)[KEY]
    assert (finding.reason, finding.evidence["since"], finding.caused_by) == ("capacity-down", "2026-11-22", "")


def test_a_disk_that_failed_is_one_finding() -> None:
    def seen(ago: int) -> Observations:
        second = Disk("hdd2", "SATA", "failed" if ago < 3 else "ok", "", 8000 * GB, 7000 * GB)
        disks = Disks((Disk("hdd1", "SATA", "ok", "", 800 * GB, 300 * GB), second))
        return observed("device:box", disks) + recorded("gate", ago, 15 - ago) + recorded("yard", ago, 15 - ago)

    finding = judged(seen)[KEY]
    assert (finding.reason, finding.caused_by) == ("capacity-down", "storage-health device:box")


def test_footage_that_is_too_short_already_is_one_finding() -> None:
    def seen(ago: int) -> Observations:
        return recorder() + recorded("gate", ago, 21) + recorded("yard", ago, 21)

    findings = judged(seen)
    assert findings["retention-days camera:gate"].reason == "too-short"
    assert (findings[KEY].status, findings[KEY].caused_by) == ("warn", "retention-days camera:gate")
    assert findings[KEY].evidence["short_on"] == TODAY.isoformat()


def test_a_disk_that_fills_up_is_warned_of_before_it_overwrites() -> None:
    disk = Disk("hdd1", "SATA", "ok", "", 30 * DAY_BYTES, 20 * DAY_BYTES)

    def seen(ago: int) -> Observations:
        return recorder(disk) + recorded("gate", ago, 5 - ago) + recorded("yard", ago, 5 - ago)

    finding = judged(seen, days=4, a_site=replace(TWO, in_use_since=TODAY - 5 * DAY))[KEY]
    assert (finding.status, finding.reason, finding.caused_by) == ("warn", "too-small", "")
    assert str(finding.evidence["short_earliest"]) < str(finding.evidence["short_on"])


def test_an_encoder_that_takes_less_than_it_is_set_to_is_measured_by_the_disk_but_not_without_end() -> None:
    def takes(taken_days: int) -> object:
        disk = Disk("hdd1", "SATA", "ok", "", 1000 * DAY_BYTES, (1000 - taken_days) * DAY_BYTES)
        finding = judged(lambda ago: recorder(disk) + recorded("gate", ago, 30) + recorded("yard", ago, 30))[KEY]
        return finding.evidence["cameras"][0]["day_bytes"]  # type: ignore[call-overload,index]

    assert takes(100) == DAY_BYTES
    assert takes(45) == pytest.approx(0.75 * DAY_BYTES, rel=0.01)
    assert takes(10) == pytest.approx(0.5 * DAY_BYTES, rel=0.01)


@pytest.mark.parametrize(("stands_still", "status"), [(True, "pass"), (False, "warn")])
def test_where_free_space_is_not_told_a_disk_is_full_once_its_oldest_footage_goes(
    stands_still: bool, status: str
) -> None:
    disk = replace(FULL, free_bytes=None, capacity_bytes=90 * DAY_BYTES)

    def seen(ago: int) -> Observations:
        days = 20 - ago if stands_still else 20
        return recorder(disk) + recorded("gate", ago, days) + recorded("yard", ago, days)

    assert judged(seen, a_site=replace(TWO, in_use_since=TODAY - 20 * DAY))[KEY].status == status


def test_one_camera_that_needs_more_than_there_is_is_not_told_to_be_none() -> None:
    one = site(camera("gate"), in_use_since=USED_SINCE)
    finding = judged(lambda ago: recorder() + recorded("gate", ago, 21), a_site=one)[KEY]
    assert finding.evidence["cameras_max"] == 0
    assert "at most" not in str(finding.message) and "TB" in str(finding.message)


def test_a_first_look_judges_with_the_bitrate_of_now_and_says_so() -> None:
    finding = judged(steady, days=1)[KEY]
    assert (finding.status, finding.evidence["assumed_before"]) == ("pass", "2026-11-24")


def unread(reason: Reason) -> Observations:
    return observed("device:box", Unavailable("disks", reason)) + recorded("gate", 0) + recorded("yard", 0)


@pytest.mark.parametrize(
    ("seen", "status", "reason"),
    [
        (recorded("gate", 0) + recorded("yard", 0), "unknown", "disks-not-told"),
        (unread("unsupported"), "unknown", "disks-not-told"),
        (unread("malformed"), "unknown", "malformed"),
        (unread("deadline"), "unknown", "deadline"),
        (recorder(replace(FULL, capacity_bytes=None)) + recorded("gate", 0), "unknown", "disks-not-told"),
        (recorder(replace(FULL, state="failed")) + recorded("gate", 0), "unknown", "no-disk"),
        (observed("device:box", Disks(())) + recorded("gate", 0), "unknown", "no-disk"),
        (recorder(quota=True) + recorded("gate", 0) + recorded("yard", 0), "unknown", "quota"),
        (recorder() + recorded("gate", 0, kbps=0) + recorded("yard", 0, kbps=0), "unknown", "rate-not-told"),
        (recorder(), "unknown", "rate-not-told"),
        (recorder() + recorded("gate", 0, 2) + recorded("yard", 0, 2), "unknown", "too-young"),
        (
            recorder() + observed("camera:gate", Recordings(())) + observed("camera:yard", Recordings(())),
            "unknown",
            "nothing-recorded",
        ),
    ],
)
def test_what_is_not_told_neither_holds_nor_warns(seen: Observations, status: str, reason: str) -> None:
    finding = judged(lambda _: seen, days=1)[KEY]
    assert (finding.status, finding.reason) == (status, reason)


def test_one_camera_of_which_nothing_is_told_takes_away_a_pass_and_hides_no_warning() -> None:
    three = replace(TWO, cameras=(*TWO.cameras, camera("hall")))
    assert judged(steady, a_site=three)[KEY].reason == "rate-not-told"
    assert judged(steady, a_site=three)[KEY].evidence["cameras_untold"] == ("hall",)
    both = judged(risen, a_site=three)[KEY]
    assert (both.status, both.reason, both.evidence["broken"]) == ("unknown", "rate-not-told", ["rate-up"])
    assert str(judged(risen)[KEY].message.template) in {one.template for one in both.message.values["also_said"].items}  # type: ignore[attr-defined]


def test_footage_that_was_read_long_ago_tells_nothing_of_the_days_to_come() -> None:
    finding = judged(steady, now=NOW + 3 * DAY, last=recorder())[KEY]
    assert (finding.status, finding.reason) == ("unknown", "rate-not-told")


def stored(name: str, sizes: int) -> Observations:
    span = Span(NOW - 12 * DAY, NOW)
    days = tuple(DayIndex(TODAY - ago * DAY, 24, sizes, "ab" * 32) for ago in range(13))
    return observed(f"camera:{name}", Recordings((span,), listed=(span,)), StoreIndex(days))


def test_stores_of_one_file_system_share_it_and_their_shortage_is_told_once() -> None:
    cameras = camera("gate", store="one", store_name="gate"), camera("yard", store="two", store_name="yard")
    places = Store("one", "segments", FULL_PATH, "%path"), Store("two", "segments", FULL_PATH, "%path")
    a_site = replace(TWO, cameras=cameras, stores=places, in_use_since=TODAY - 12 * DAY)
    disk = Disks((Disk("/media", "ext4", "ok", "", 500 * GB, 250 * GB),))

    def seen(_: int) -> Observations:
        both = observed("device:one", disk) + observed("device:two", disk)
        return both + stored("gate", 10 * GB) + stored("yard", 10 * GB)

    findings = judged(seen, days=1, a_site=a_site)
    one, two = (findings[f"retention-forecast device:{name}"] for name in ("one", "two"))
    assert [(f.status, f.reason, f.caused_by) for f in (one, two)] == [
        ("warn", "too-small", ""),
        ("warn", "too-small", one.key),
    ]
    assert one.evidence["estimated"] is False
    # 13 days of 20 GB are stored and 97 % of 250 GB are left.
    assert one.evidence["keeps_days"] == pytest.approx((260 + 242.5) / 20, abs=0.05)


def test_a_site_without_recorded_cameras_has_no_forecast() -> None:
    findings = judged(lambda _: (), days=1, a_site=site(camera(recorded=False)))
    assert not [key for key in findings if key.startswith("retention-forecast")]
