"""What is remembered of footage, day by day: each source says what it knows, and nothing more is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from footage_looks import CYCLE, remembered
from sites import DAY, NOW, camera, observed, site

from agent.observe.footage.days import CameraFootage, RecordedDay, chain_head, first_anchor
from agent.observe.footage.join import GAPS_MAX
from drivers.footage import DayIndex, DayRecorded, RecordedDays, Schedule, SchedulePeriod, Store, StoreIndex
from drivers.model import Clock, Device, Observations, Recordings, Span, Unavailable, Value
from drivers.spans import day_span

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)  # 20:00 in Shanghai, at NOW
SITE = site(camera())


def zone_day(ago: int) -> Span:
    """Return a local day of the site's recorder."""
    return day_span(TODAY - timedelta(days=ago), ZONE)


def held(*spans: Span, listed: tuple[Span, ...] | None = None) -> Recordings:
    whole = (Span(spans[0].start_at, spans[-1].end_at),) if spans else ()
    return Recordings(spans, listed=whole if listed is None else listed)


def look(*values: Value, clock: Clock | None = None) -> Observations:
    return observed("camera:gate", *values) + (observed("device:box", clock) if clock else ())


def known(*looks: Observations, now: datetime = NOW) -> CameraFootage:
    return remembered(SITE, [(one, now + n * CYCLE) for n, one in enumerate(looks)])["gate"]


def row(footage: CameraFootage, ago: int) -> RecordedDay:
    (found,) = [one for one in footage.days if one.day == TODAY - timedelta(days=ago)]
    return found


WHOLE = Span(NOW - 40 * DAY, NOW)


def test_a_day_within_what_was_listed_is_known_by_its_segments_and_sealed_when_over() -> None:
    footage = known(look(held(WHOLE)))
    assert row(footage, 1) == RecordedDay(
        TODAY - DAY, 86_400, level="segments", read_at=NOW.replace(second=0), sealed=True
    )
    assert (row(footage, 0).level, row(footage, 0).sealed, row(footage, 0).recorded_s) == ("segments", False, 72_000)


def test_days_before_the_window_and_its_margin_are_not_remembered() -> None:
    footage = known(look(held(WHOLE)))
    assert [footage.days[0].day, len(footage.days)] == [TODAY - 32 * DAY, 33]


def test_a_day_that_ended_within_the_hour_may_still_grow_and_is_not_sealed() -> None:
    just_after = zone_day(0).start_at + 30 * timedelta(minutes=1)
    footage = known(look(held(Span(WHOLE.start_at, just_after))), now=just_after)
    assert not row(footage, 1).sealed
    assert row(footage, 2).sealed


def test_the_day_on_which_footage_begins_is_not_sealed_for_it_is_recorded_over() -> None:
    footage = known(look(held(Span(NOW - 5 * DAY, NOW))))
    assert (footage.days[0].day, footage.days[0].sealed) == (TODAY - 5 * DAY, False)


def test_holes_are_told_in_seconds_of_the_day_the_longest_first_to_stay() -> None:
    day = zone_day(3)
    cuts = [(n * 3600, n * 3600 + 60 + n) for n in range(1, 12)]
    pieces, at = [], WHOLE.start_at
    for a, b in cuts:
        pieces.append(Span(at, day.start_at + timedelta(seconds=a)))
        at = day.start_at + timedelta(seconds=b)
    found = row(known(look(held(*pieces, Span(at, NOW)))), 3)
    assert (found.gap_count, found.gaps) == (11, tuple(cuts[3:]))
    assert found.recorded_s == 86_400 - sum(b - a for a, b in cuts)


def test_a_camera_with_very_many_holes_keeps_the_places_of_the_longest_and_counts_all() -> None:
    pieces, at = [], WHOLE.start_at
    while at < NOW:
        pieces.append(Span(at, min(NOW, at + 2 * HOUR)))
        at += 2 * HOUR + timedelta(minutes=5 + len(pieces) % 20)
    footage = known(look(held(*pieces)))
    assert sum(len(one.gaps) for one in footage.days) <= GAPS_MAX
    assert sum(one.gap_count for one in footage.days) > 300
    assert min(b - a for one in footage.days for a, b in one.gaps) >= 20 * 60


def test_a_day_of_25_hours_holds_90_000_seconds() -> None:
    berlin = replace(SITE, devices=(Device("box", "192.0.2.1", 80, "onvif", time_zone="Europe/Berlin"),))
    now = datetime(2026, 10, 27, 12, tzinfo=UTC)
    footage = remembered(berlin, [(look(held(Span(now - 10 * DAY, now))), now)])["gate"]
    assert {one.day: one.recorded_s for one in footage.days}[date(2026, 10, 25)] == 90_000


def days_told(*missing: int, ago: int = 32) -> RecordedDays:
    return RecordedDays(tuple(DayRecorded(TODAY - timedelta(days=n), n not in missing) for n in reversed(range(ago))))


def test_a_day_that_the_recorder_only_sums_up_is_known_as_a_whole() -> None:
    footage = known(look(held(WHOLE, listed=(zone_day(1),)), days_told(7)))
    assert row(footage, 1).level == "segments"
    assert (row(footage, 2).level, row(footage, 2).recorded_s, row(footage, 2).read_at) == ("day", 86_400, None)
    assert row(footage, 7).is_missing


def test_a_day_that_was_told_to_hold_nothing_is_not_forgotten_when_the_month_is_not_asked_for() -> None:
    footage = known(look(held(WHOLE, listed=(zone_day(1),)), days_told(7)), look(held(WHOLE, listed=(zone_day(2),))))
    assert row(footage, 7).is_missing
    assert row(footage, 1).sealed and row(footage, 2).sealed


def test_what_was_listed_stays_while_the_recorder_says_that_there_is_footage() -> None:
    hole = held(Span(WHOLE.start_at, zone_day(1).start_at + HOUR), Span(zone_day(1).start_at + 3 * HOUR, NOW))
    footage = known(
        look(replace(hole, listed=(zone_day(1),)), days_told()), look(held(WHOLE, listed=(zone_day(2),)), days_told())
    )
    assert (row(footage, 1).gaps, row(footage, 1).level) == (((3600, 10_800),), "segments")


def test_today_is_not_missing_because_the_recorder_has_no_footage_of_it_yet() -> None:
    footage = known(look(held(WHOLE, listed=(zone_day(1),)), days_told(0)))
    assert not row(footage, 0).is_missing


def test_holes_outside_of_what_was_listed_are_believed_of_a_device_that_lists_nothing_else() -> None:
    pieces = Span(WHOLE.start_at, zone_day(4).start_at), Span(zone_day(3).start_at, NOW)
    footage = known(look(held(*pieces, listed=())))
    assert row(footage, 4).is_missing
    assert {one.level for one in footage.days} == {"day"}


def test_spans_outside_of_what_was_listed_tell_no_holes_of_a_device_that_lists_by_the_day() -> None:
    pieces = Span(WHOLE.start_at, WHOLE.start_at + HOUR), zone_day(1), Span(NOW - HOUR, NOW)
    footage = known(look(held(*pieces, listed=(zone_day(1),))))
    assert row(footage, 5).is_untold
    assert not row(footage, 5).is_missing


def test_a_store_s_index_gives_each_day_its_digest_and_size() -> None:
    a_site = site(camera(store="disk", store_name="gate"), stores=(Store("disk", "segments", __file__),))  # type: ignore[arg-type]
    index = StoreIndex((DayIndex(TODAY - DAY, 1440, 43_200_000_000, "ab" * 32),))
    footage = remembered(a_site, [(look(held(WHOLE), index), NOW)])["gate"]
    found = row(footage, 1)
    assert (found.digest, found.size_bytes) == ("ab" * 12, 43_200_000_000)


def test_a_camera_that_is_silent_keeps_what_was_known_and_one_not_recorded_is_forgotten() -> None:
    first = remembered(SITE, [(look(held(WHOLE)), NOW)])
    silent = observed("camera:gate", Unavailable("recordings", "deadline"))
    assert remembered(SITE, [(silent, NOW + CYCLE)], first) == first
    assert remembered(site(camera(recorded=False)), [(look(held(WHOLE)), NOW + CYCLE)], first) == {}


def test_a_store_that_cannot_be_read_is_not_answered_for_by_the_device() -> None:
    seen = observed("camera:gate", Unavailable("recordings", "deadline"), held(WHOLE))
    assert remembered(SITE, [(seen, NOW)]) == {}


def test_nothing_is_remembered_of_a_camera_that_was_never_read() -> None:
    assert remembered(SITE, [(observed("camera:gate", Unavailable("recordings", "unsupported")), NOW)]) == {}


def test_another_channel_or_zone_starts_anew_and_continues_the_chain() -> None:
    first = remembered(SITE, [(look(held(WHOLE)), NOW)])
    moved = site(camera(camera=replace(camera().camera, channel=2)))
    second = remembered(moved, [(look(held(Span(NOW - DAY, NOW + CYCLE))), NOW + CYCLE)], first)["gate"]
    assert (len(second.days), second.changes, second.suspected) == (2, (), ())
    assert second.anchor == first["gate"].sealed_head
    assert second.earliest_at == WHOLE.start_at


def test_the_head_is_a_hash_chain_over_the_sealed_days_in_order() -> None:
    footage = known(look(held(WHOLE)))
    sealed = [one for one in footage.days if one.sealed]
    assert footage.sealed_head == chain_head(first_anchor("gate"), sealed)
    assert footage.sealed_days == len(sealed) == 32
    assert footage.sealed_head != chain_head(first_anchor("gate"), reversed(sealed))


@pytest.mark.parametrize(
    "change", [{"recorded_s": 86_399}, {"gap_count": 1}, {"digest": "00" * 12}, {"size_bytes": 1}, {"day": TODAY}]
)
def test_every_number_of_a_sealed_day_is_in_the_chain(change: dict[str, object]) -> None:
    one = RecordedDay(TODAY - DAY, 86_400, level="segments", sealed=True)
    assert chain_head("00", [one]) != chain_head("00", [replace(one, **change)])  # type: ignore[arg-type]


def test_days_that_leave_the_table_stay_in_the_chain() -> None:
    footage = remembered(SITE, [(look(held(Span(WHOLE.start_at, NOW + n * DAY))), NOW + n * DAY) for n in range(4)])
    after = footage["gate"]
    assert (after.sealed_gone, after.sealed_days) == (3, 35)
    days = [RecordedDay(TODAY - n * DAY, 86_400, sealed=True) for n in reversed(range(-2, 33))]
    assert after.sealed_head == chain_head(first_anchor("gate"), days)


def test_a_recorder_whose_clock_is_known_to_be_ahead_is_judged_by_its_own_clock() -> None:
    ahead = Span(WHOLE.start_at + HOUR, NOW + HOUR)
    footage = known(look(held(ahead), clock=Clock(3600.4, 0.5)), look(held(ahead), clock=Clock(3600.4, 0.5)))
    assert (footage.offset_s, footage.there(NOW), footage.changes) == (3600.4, NOW + timedelta(seconds=3600.4), ())


@pytest.mark.parametrize(
    ("clock", "newest", "offset_s"),
    [
        (Clock(0.4, 0.5), NOW, 0.0),
        (Clock(-95.0, 0.5), NOW, -95.0),
        (Clock(28_800.2, 1.0, local_time_as_utc=True), NOW, 0.0),
        (Clock(28_800.2, 1.0, local_time_as_utc=True), NOW + 8 * HOUR, 28_800.2),
        (Clock(1e15, 1.0), NOW, 70 * 365.25 * 86_400),
    ],
)
def test_an_offset_counts_where_it_is_more_than_the_measurement_leaves_open(
    clock: Clock, newest: datetime, offset_s: float
) -> None:
    assert known(look(held(Span(WHOLE.start_at, newest)), clock=clock)).offset_s == offset_s


def test_an_offset_is_remembered_while_the_clock_is_not_read() -> None:
    assert known(look(held(WHOLE), clock=Clock(95.0, 0.5)), look(held(WHOLE))).offset_s == 95.0


def test_the_plan_of_the_recorder_is_remembered_while_it_is_not_read() -> None:
    plan = Schedule((SchedulePeriod(0, 0, 86_400, "continuous"),))
    assert known(look(held(WHOLE), plan), look(held(WHOLE))).schedule == plan


def test_moments_outside_of_any_calendar_do_no_harm() -> None:
    wild = Span(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    footage = known(look(held(wild), clock=Clock(-1e15, 1.0)), look(held(wild)))
    assert footage.oldest_at is not None and footage.oldest_at.year == 1971
