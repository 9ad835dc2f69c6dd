"""How far back footage goes, with few questions: oldest and newest moment, what times mean, wanted days and months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from devices import Asked, http
from hikvision_device import CAMERAS, LOCAL_NOW, NOT_SUPPORTED, Nvr, at, fixture, hours, month_answer, observe, status
from hikvision_reading import DAYS, NOW_AT, NOW_SAID, ONE, SEARCH, TRACKS, recordings, shown, wanted
from onvif_reading import fact, reason

from drivers.footage import DayRecorded, RecordedDays
from drivers.model import Recordings, Span

# Ends


def test_a_track_goes_from_its_oldest_segment_to_its_newest() -> None:
    nvr = Nvr(footage=hours(101, at(20, 9, month=10), LOCAL_NOW))
    told = recordings(observe(nvr, cameras=ONE))
    assert shown(told.spans) == [("2026-10-20T01:00:00", NOW_SAID)]
    assert told.listed == () and told.tracks == ("Video",)
    oldest = [one for one in nvr.searches if one[3] == 1]
    assert oldest == [([101], "2000-01-01T00:00:00Z", "2037-12-31T23:59:59Z", 1, 0)]


def test_no_matches_is_none_only_where_the_track_exists() -> None:
    assert recordings(observe(Nvr(footage=[]), cameras=ONE)) == Recordings(())
    two = fixture(TRACKS).replace(b"<id>101<", b"<id>901<")
    seen = observe(Nvr(footage=[], answers={TRACKS: http(200, two)}), cameras=ONE)
    assert reason(seen, "camera:one", "recordings") == reason(seen, "camera:one", "schedule") == "unsupported"
    seen = observe(Nvr(footage=[], answers={TRACKS: status(403, 4, "lowPrivilege")}), cameras=ONE)
    assert reason(seen, "camera:one", "recordings") == "refused", "nobody says that there is such a track"


def test_footage_of_a_track_that_is_not_listed_counts_where_no_tracks_are_listed() -> None:
    told = recordings(observe(Nvr(answers={TRACKS: NOT_SUPPORTED}), cameras=ONE))
    assert shown(told.spans) == [("2026-10-19T16:00:00", NOW_SAID)]


def test_footage_is_that_of_the_main_track_where_the_channels_cannot_be_read() -> None:
    nvr = Nvr(answers={"ContentMgmt/InputProxy/channels": http(200, b"rubbish")})
    seen = observe(nvr, cameras=ONE)
    assert reason(seen, "camera:one", "streams") == "malformed"
    assert recordings(seen) == recordings(observe(Nvr(), cameras=ONE))
    assert {track for one in nvr.searches for track in one[0]} == {101}


def test_a_camera_that_stopped_has_its_last_day_looked_up() -> None:
    files = (
        hours(101, at(1, month=9), at(18, 10, month=10)) + hours(201, at(1), LOCAL_NOW) + hours(301, at(1), LOCAL_NOW)
    )
    nvr = Nvr(footage=files)
    assert shown(recordings(observe(nvr)).spans) == [("2026-08-31T16:00:00", "2026-10-18T02:00:00")]
    assert nvr.count("101/dailyDistribution") == 2, "this month, and the one before it"


def test_a_recorder_that_stopped_altogether_is_not_taken_for_one_that_writes_utc() -> None:
    nvr = Nvr(footage=[one for n in (1, 2, 3) for one in hours(n * 100 + 1, at(1), at(24, 13))])
    seen = observe(nvr)
    assert shown(recordings(seen).spans) == [("2026-10-31T16:00:00", "2026-11-24T05:00:00")]
    assert {one.method for one in seen if isinstance(one.value, Recordings)} == {"isapi, wall clock"}


@pytest.mark.parametrize("heeds", [1, 99])
def test_a_device_that_heeds_one_track_of_a_search_is_asked_for_each(heeds: int) -> None:
    nvr = Nvr(heeds=heeds)
    seen = observe(nvr)
    assert [recordings(seen, one.id).spans[-1].end_at - NOW_AT for one in CAMERAS] == [timedelta()] * 3
    assert sum(len(tracks) == 1 for tracks, *_ in nvr.searches) == (3 if heeds > 1 else 5)


def test_a_device_that_refuses_several_tracks_at_once_is_asked_for_each() -> None:
    nvr = Nvr()

    def several(asked: Asked) -> bytes:
        nvr.answers.pop(SEARCH)
        if asked.body.count(b"<trackID>") < 2:
            return nvr.answer(asked) or b""
        nvr.answers[SEARCH] = several
        return status(400, 6, "badXmlContent", "Invalid XML Content")

    nvr.answers[SEARCH] = several
    seen = observe(nvr)
    assert all(recordings(seen, one.id).spans[-1].end_at == NOW_AT for one in CAMERAS)


# Times


@pytest.mark.parametrize(
    ("zone", "offset_h", "utc", "how"),
    [
        ("Asia/Shanghai", 8, False, "wall clock"),
        ("Asia/Shanghai", 8, True, "UTC"),
        ("America/New_York", -5, False, "wall clock"),
        ("America/New_York", -5, True, "UTC"),
        ("Etc/UTC", 0, False, "wall clock"),
    ],
)
def test_the_newest_segment_decides_what_the_digits_mean(zone: str, offset_h: int, utc: bool, how: str) -> None:
    local = NOW_AT + timedelta(hours=offset_h)
    digits = NOW_AT if utc else local
    files = [one for n in (1, 2, 3) for one in hours(n * 100 + 1, digits - timedelta(days=3), digits)]
    time = http(200, f"<Time><localTime>{local:%Y-%m-%dT%H:%M:%S}</localTime></Time>".encode())
    seen = observe(Nvr(footage=files, answers={"System/time": time}), time_zone=zone)
    assert [one.method for one in seen if isinstance(one.value, Recordings)] == [f"isapi, {how}"] * 3
    assert recordings(seen).spans == (Span(NOW_AT - timedelta(days=3), NOW_AT),)
    assert (
        f"starttime={digits - timedelta(days=3) + timedelta(seconds=1):%Y%m%dT%H%M%SZ}" in recordings(seen).replay_url
    )


def test_times_that_nothing_decides_are_taken_as_the_wall_clock_and_that_is_said() -> None:
    nvr = Nvr(footage=hours(101, at(1), at(20)))
    seen = observe(nvr, cameras=ONE)
    assert [one.method for one in seen if isinstance(one.value, Recordings)] == ["isapi, wall clock assumed"]
    assert shown(recordings(seen).spans) == [("2026-10-31T16:00:00", "2026-11-19T16:00:00")]


def test_wanted_days_are_local_days_also_where_the_device_writes_utc() -> None:
    files = [one for n in (1, 2, 3) for one in hours(n * 100 + 1, NOW_AT - timedelta(days=9), NOW_AT)]
    nvr = Nvr(footage=files)
    told = recordings(observe(nvr, wanted(days=(date(2026, 11, 20),))))
    assert shown(told.listed) == [("2026-11-19T16:00:00", "2026-11-20T16:00:00")]
    assert ([101], "2026-11-19T16:00:00Z", "2026-11-20T15:59:59Z", 40, 0) in nvr.searches


def test_a_clock_that_is_ahead_finds_its_newest_segment_all_the_same() -> None:
    ahead = LOCAL_NOW + timedelta(hours=3)
    time = http(200, fixture("System/time").replace(b"T16:00:03", b"T19:00:03"))
    nvr = Nvr(footage=hours(101, at(1), ahead), answers={"System/time": time})
    assert recordings(observe(nvr, cameras=ONE)).spans[-1].end_at == NOW_AT + timedelta(hours=3)


# Wanted months and days


def test_days_without_footage_are_told_and_cut_out() -> None:
    files = hours(101, at(1), at(10)) + hours(101, at(12), LOCAL_NOW)
    seen = observe(Nvr(footage=files), wanted(months=((2026, 11), (2026, 10))), ONE)
    told = fact(seen, "camera:one", RecordedDays)
    assert isinstance(told, RecordedDays)
    assert [one.day for one in told.days] == [date(2026, 10, 1) + timedelta(days=n) for n in range(31 + 24)]
    empty = [one.day.day for one in told.days[31:] if not one.recorded]
    assert empty == [10, 11] and told.days[-1] == DayRecorded(date(2026, 11, 24), True)
    assert shown(recordings(seen).spans) == [
        ("2026-10-31T16:00:00", "2026-11-09T16:00:00"), ("2026-11-11T16:00:00", NOW_SAID),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (http(200, month_answer([True] * 23)), "malformed"),
        (http(200, month_answer([True] * 30).replace(b"<dayOfMonth>7<", b"<dayOfMonth>8<")), "malformed"),
        (http(200, month_answer([True] * 30).replace(b"true", b"maybe", 1)), "malformed"),
        (http(200, month_answer([True] * 30).replace(b"<day>", b"<date>").replace(b"</day>", b"</date>")), "malformed"),
        (http(200, b"<trackDailyDistribution/>"), "malformed"),
        (http(200, month_answer([True] * 30)[:-30]), "malformed"),
        (status(500, 3, "deviceError"), "fault"),
        (NOT_SUPPORTED, "unsupported"),
    ],
)
def test_a_month_that_cannot_be_read_is_no_empty_month(answer: bytes, why: str) -> None:
    seen = observe(Nvr(answers={DAYS: answer}), wanted(months=((2026, 11),)), ONE)
    assert reason(seen, "camera:one", "recorded-days") == why
    assert shown(recordings(seen).spans) == [("2026-10-19T16:00:00", NOW_SAID)], "the ends are another question"


def test_a_month_without_rows_is_a_month_without_footage() -> None:
    seen = observe(Nvr(), wanted(months=((2026, 9),)), ONE)
    told = fact(seen, "camera:one", RecordedDays)
    assert isinstance(told, RecordedDays) and len(told.days) == 30 and not any(one.recorded for one in told.days)


def test_a_wanted_day_is_listed_segment_by_segment_with_every_hole_in_it() -> None:
    first, gap, last = hours(101, at(1), at(20, 9)), at(20, 9, 30), at(20, 12)
    files = [
        *first,
        (101, gap, last),
        (101, last + timedelta(seconds=2), at(20, 13)),
        *hours(101, at(20, 14), LOCAL_NOW),
    ]
    told = recordings(observe(Nvr(footage=files), wanted(days=(date(2026, 11, 20),)), ONE))
    assert shown(told.listed) == [("2026-11-19T16:00:00", "2026-11-20T16:00:00")]
    assert shown(told.spans) == [
        ("2026-10-31T16:00:00", "2026-11-20T01:00:00"),
        ("2026-11-20T01:30:00", "2026-11-20T05:00:00"),
        ("2026-11-20T06:00:00", NOW_SAID),
    ]


def test_a_file_as_long_as_the_day_that_was_asked_for_lists_nothing() -> None:
    """Such a list would hide every hole of the day."""
    files = [(101, at(day), at(day + 1)) for day in range(1, 24)] + hours(101, at(24), LOCAL_NOW)
    told = recordings(observe(Nvr(footage=files), wanted(days=(date(2026, 11, 20),)), ONE))
    assert told.listed == ()
    assert shown(told.spans) == [("2026-10-31T16:00:00", NOW_SAID)]


def test_a_wanted_day_that_holds_nothing_is_a_hole() -> None:
    files = hours(101, at(1), at(20)) + hours(101, at(21), LOCAL_NOW)
    told = recordings(observe(Nvr(footage=files), wanted(days=(date(2026, 11, 20),)), ONE))
    assert shown(told.spans)[0][1] == "2026-11-19T16:00:00" and shown(told.spans)[1][0] == "2026-11-20T16:00:00"


def test_days_to_come_are_not_asked_for_and_the_last_minutes_of_today_are_left_out() -> None:
    nvr = Nvr(footage=hours(101, at(1), LOCAL_NOW - timedelta(minutes=4)))
    told = recordings(observe(nvr, wanted(days=(date(2026, 11, 24), date(2026, 11, 25))), ONE))
    assert shown(told.listed) == [("2026-11-23T16:00:00", "2026-11-24T07:56:03")]
    assert len([one for one in nvr.searches if one[3] == 40]) == 2
    stopped = Nvr(footage=hours(101, at(1), at(24, 3)) + hours(201, at(1), LOCAL_NOW) + hours(301, at(1), LOCAL_NOW))
    told = recordings(observe(stopped, wanted(days=(date(2026, 11, 24),))))
    assert shown(told.listed)[0][1] == "2026-11-24T07:50:03" and shown(told.spans)[-1][1] == "2026-11-23T19:00:00"


def test_a_day_that_cannot_be_listed_is_not_listed_and_costs_nothing_else() -> None:
    nvr = Nvr()

    def fails(asked: Asked) -> bytes:
        nvr.answers.pop(SEARCH)
        try:
            return status(500, 3, "deviceError") if b"2026-11-20T00" in asked.body else nvr.answer(asked) or b""
        finally:
            nvr.answers[SEARCH] = fails

    nvr.answers[SEARCH] = fails
    told = recordings(observe(nvr, wanted(days=(date(2026, 11, 20), date(2026, 11, 21))), ONE))
    assert shown(told.listed) == [("2026-11-20T16:00:00", "2026-11-21T16:00:00")]
    assert shown(told.spans) == [("2026-10-19T16:00:00", NOW_SAID)]
