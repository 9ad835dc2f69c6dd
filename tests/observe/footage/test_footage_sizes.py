"""What a day takes is the size of its files, or the bitrate of that day; a bitrate of today tells nothing of then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from footage_looks import remembered
from sites import DAY, NOW, camera, observed, site

from agent.observe.footage.days import CameraFootage, DatedValue, RecordedDay
from agent.observe.footage.sizes import NOTED_MAX, bitrate_kbps, is_overwriting, larger_before, sizes_of, space_of
from drivers.details import Audio, AudioEncoder, Encoder, Encoders
from drivers.footage import Disk, Disks, Schedule, SchedulePeriod
from drivers.model import Observations, Recordings, Span, Stream, Streams, Value

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
GB = 1_000_000_000
SITE = site(camera())
MAIN = Encoder("main", "H265", 2560, 1440, 25.0, 4096)
SUB = Encoder("sub", "H264", 704, 576, 25.0, 512)
FULL_DAY = 4096 * 1000 // 8 * 86_400


def known(*rows: RecordedDay, **changes: object) -> CameraFootage:
    return replace(CameraFootage("gate", "device:box 1 Asia/Shanghai", NOW, NOW, NOW, rows), **changes)


def listed(ago: int, recorded_s: int = 86_400, size: int = 0) -> RecordedDay:
    return RecordedDay(TODAY - ago * DAY, recorded_s, level="segments", size_bytes=size)


def look(ago: int, *values: Value, disk_bytes: int = 0) -> tuple[Observations, object]:
    """Return a look at a camera and its recorder so many days ago."""
    at = NOW - ago * DAY
    held = Recordings((Span(at - 35 * DAY, at),), listed=(Span(at - 35 * DAY, at),))
    disks = observed("device:box", Disks((Disk("hdd1", "SATA", "ok", "", disk_bytes, 0),))) if disk_bytes else ()
    return observed("camera:gate", held, *values) + disks, at


def encoded(kbps: int) -> Encoders:
    return Encoders((SUB, replace(MAIN, bitrate_kbps=kbps)))


def after(*looks: tuple[Observations, object]) -> CameraFootage:
    return remembered(SITE, looks)["gate"]  # type: ignore[arg-type]


def test_sizes_of_files_count_before_any_bitrate() -> None:
    found = sizes_of(known(listed(2, size=7), listed(1, size=9), bitrates=(DatedValue(TODAY, 4096),)), ZONE)
    assert found is not None
    assert (found.day_bytes, found.estimated) == ({TODAY - 2 * DAY: 7, TODAY - DAY: 9}, False)


def test_where_neither_is_told_nothing_is_said() -> None:
    assert sizes_of(known(listed(1)), ZONE) is None


def test_a_day_keeps_the_bitrate_that_was_set_then() -> None:
    looks = [look(ago, encoded(4096 if ago > 5 else 8192)) for ago in reversed(range(10))]
    found = after(*looks)
    assert found.bitrates == (DatedValue(TODAY - 9 * DAY, 4096), DatedValue(TODAY - 5 * DAY, 8192))
    sizes = sizes_of(found, ZONE)
    assert sizes is not None
    days = [sizes.day_bytes[TODAY - ago * DAY] for ago in (20, 6, 5, 1)]
    assert days == [FULL_DAY, FULL_DAY, 2 * FULL_DAY, 2 * FULL_DAY]
    assert (sizes.estimated, sizes.assumed_before) == (True, TODAY - 9 * DAY)


def test_a_look_that_tells_no_bitrate_changes_none_and_one_almost_the_same_is_the_same() -> None:
    found = after(look(3, encoded(4096)), look(2), look(1, encoded(4100)))
    assert found.bitrates == (DatedValue(TODAY - 3 * DAY, 4096),)


def test_of_several_on_one_day_the_last_counts() -> None:
    hour = timedelta(hours=1)
    first, second = look(0, encoded(4096)), look(0, encoded(2048))
    found = after(look(1, encoded(4096)), (first[0], NOW - 2 * hour), (second[0], NOW - hour), (first[0], NOW))
    assert found.bitrates == (DatedValue(TODAY - DAY, 4096),)


def test_a_bitrate_that_changes_all_the_time_fills_no_memory() -> None:
    looks = [look(ago, encoded(1000 + 100 * ago)) for ago in reversed(range(20))]
    assert len(after(*looks).bitrates) == NOTED_MAX


def test_what_a_store_holds_is_not_taken_for_the_camera_s_main_stream() -> None:
    a_site = site(camera(store="disk", store_name="gate"))
    seen, at = look(0, encoded(4096))
    assert remembered(a_site, [(seen, at)])["gate"].bitrates == ()  # type: ignore[list-item]


def test_a_day_that_is_only_known_as_a_whole_takes_no_more_than_its_plan() -> None:
    plan = Schedule(
        tuple(SchedulePeriod(day, 0, 6 * 3600, "continuous") for day in range(7))
        + tuple(SchedulePeriod(day, 3 * 3600, 12 * 3600, "motion") for day in range(7)),
        True,
    )
    rate = (DatedValue(TODAY, 4096),)
    whole = RecordedDay(TODAY - DAY, 86_400)
    found = sizes_of(known(whole, schedule=plan, bitrates=rate), ZONE)
    off = sizes_of(known(whole, schedule=replace(plan, enabled=False), bitrates=rate), ZONE)
    segments = sizes_of(known(listed(1, 43_000), schedule=plan, bitrates=rate), ZONE)
    assert found and off and segments
    assert found.day_bytes == {TODAY - DAY: FULL_DAY // 2}
    assert off.day_bytes == {TODAY - DAY: FULL_DAY}
    assert segments.day_bytes == {TODAY - DAY: FULL_DAY // 86_400 * 43_000}


def test_days_before_those_that_are_remembered_count_as_the_oldest_week_of_these() -> None:
    week = [listed(ago, size=size) for ago, size in zip(range(8, 1, -1), (6, 8, 7, 7, 7, 6, 8), strict=True)]
    rows = (*week, listed(1, size=90), listed(0, size=100))
    found = sizes_of(known(*rows, oldest_at=NOW - 90 * DAY), ZONE)
    assert found is not None
    assert len(found.day_bytes) == 91
    assert found.day_bytes[TODAY - 89 * DAY] == 7
    # Of the oldest day the four hours from 20:00 on are left.
    assert found.day_bytes[TODAY - 90 * DAY] == round(7 * 4 / 24)


@pytest.mark.parametrize(("sealed", "size"), [(True, 4), (False, 24)])
def test_of_the_oldest_day_only_what_is_left_counts_though_its_seal_stays_whole(sealed: bool, size: int) -> None:
    oldest = replace(listed(2, size=24), sealed=sealed)
    found = sizes_of(known(oldest, listed(1, size=24), oldest_at=NOW - 2 * DAY), ZONE)
    assert found is not None
    assert found.day_bytes == {TODAY - 2 * DAY: size, TODAY - DAY: 24}


def test_a_locked_hour_fills_no_weeks_before_the_ring_and_the_ring_behind_it_overwrites() -> None:
    locked = known(
        listed(3, size=9), listed(2, size=9), listed(1, size=9), oldest_at=NOW - 62 * DAY, run_at=NOW - 3 * DAY,
        run_moved_at=NOW, oldest_moved_at=NOW - 9 * DAY,
    )  # fmt: skip
    sizes = sizes_of(locked, ZONE)
    assert sizes is not None and set(sizes.day_bytes) == {TODAY - n * DAY for n in (1, 2, 3)}
    assert is_overwriting(locked, NOW) and not is_overwriting(replace(locked, run_moved_at=None), NOW)
    free = sizes_of(replace(locked, run_at=None), ZONE)
    assert free is not None and len(free.day_bytes) > 60


def test_a_recorder_that_claims_a_century_costs_no_memory() -> None:
    found = sizes_of(known(listed(1, size=6), oldest_at=NOW - 36_500 * DAY), ZONE)
    assert found is not None
    assert len(found.day_bytes) <= 367


def test_days_of_a_wrong_clock_are_told_by_a_right_one() -> None:
    found = sizes_of(known(listed(3, size=5), offset_s=-3 * 86_400.0), ZONE)
    assert found is not None
    assert found.day_bytes == {TODAY: 5}


@pytest.mark.parametrize(
    ("values", "kbps"),
    [
        ((Encoders((SUB, MAIN)),), 4096),
        ((Encoders((SUB, replace(MAIN, bitrate_kbps=0))),), 512),
        ((Encoders((MAIN,)), Audio((AudioEncoder("sub", "G711", 99, 8), AudioEncoder("main", "AAC", 64, 16)))), 4160),
        ((Streams((Stream("sub", "", bitrate_kbps=512), Stream("main", "", bitrate_kbps=3000))),), 3000),
        ((Encoders(()), Streams(())), 0),
        ((), 0),
    ],
)
def test_the_largest_picture_is_what_a_recorder_keeps(values: tuple[Value, ...], kbps: int) -> None:
    assert bitrate_kbps(values) == kbps


def test_space_is_that_of_disks_that_are_written_to() -> None:
    well = Disk("a", "SATA", "ok", "", 4000 * GB, 10 * GB)
    assert space_of(Disks((well, replace(well, state="failing")))) == (8000 * GB, 20 * GB)
    assert space_of(Disks((well, replace(well, state="failed"), replace(well, writable=False)))) == (4000 * GB, 10 * GB)
    assert space_of(Disks((well, replace(well, free_bytes=None)))) == (8000 * GB, None)
    assert space_of(Disks((well, replace(well, capacity_bytes=None)))) is None
    assert space_of(Disks(())) == (0, 0)


def test_a_larger_capacity_is_remembered_for_a_while_with_the_day_on_which_it_fell() -> None:
    found = after(look(9, disk_bytes=800 * GB), look(5, disk_bytes=400 * GB), look(0, disk_bytes=400 * GB))
    assert larger_before(found.capacities) == DatedValue(TODAY - 5 * DAY, 800 * GB)
    long_ago = after(look(120, disk_bytes=800 * GB), look(100, disk_bytes=400 * GB), look(0, disk_bytes=400 * GB))
    assert larger_before(long_ago.capacities) is None


def test_disks_that_grew_were_never_larger() -> None:
    found = after(look(9, disk_bytes=400 * GB), look(5, disk_bytes=800 * GB))
    assert larger_before(found.capacities) is None
