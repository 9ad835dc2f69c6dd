"""Searches that page, lie, fail or say nothing; months in place of a search over all times; schedules of tracks."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from devices import http
from hikvision_device import CAMERAS, LOCAL_NOW, XML, Nvr, at, fixture, hours, month_answer, observe, result, status
from hikvision_reading import DAYS, NOW_SAID, ONE, SEARCH, TRACKS, recordings, shown, wanted
from lxml import etree
from onvif_reading import fact, reason

from drivers.errors import Malformed
from drivers.footage import Schedule, SchedulePeriod
from drivers.hikvision.parse_search import parse_page
from drivers.hikvision.parse_tracks import duration

# Paging, and answers of searches


def test_a_day_of_many_segments_is_paged_by_the_misspelt_word_and_items_are_counted() -> None:
    begin = at(20)
    files = [(101, begin + timedelta(minutes=10 * n), begin + timedelta(minutes=10 * n + 9)) for n in range(144)]
    nvr = Nvr(footage=[(101, at(1), at(2)), *files, (101, at(24, 15), LOCAL_NOW)])
    told = recordings(observe(nvr, wanted(days=(date(2026, 11, 20),)), ONE))
    pages = [position for _, start, _, _, position in nvr.searches if start == "2026-11-20T00:00:00Z"]
    assert pages == [0, 40, 80, 120]
    inside = [one for one in told.spans if told.listed[0].start_at < one.end_at < told.listed[0].end_at]
    assert len(inside) == 144


def searched(answer: bytes) -> str:
    return reason(observe(Nvr(answers={SEARCH: answer}), cameras=ONE), "camera:one", "recordings")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (http(200, result([], "OK", 0)), "malformed"),
        (http(200, result([], "MORE", 276)), "malformed"),
        (http(200, result([(101, at(1), at(2))], "NO MATCHES", 0)), "malformed"),
        (http(200, result([(101, at(1), at(2))], "", 1)), "malformed"),
        (http(200, result([(101, at(2), at(1))], "OK", 1)), "malformed"),
        (http(200, result([(201, at(1), at(2))], "OK", 1)), "malformed"),
        (http(200, result([(101, at(1), at(2))], "OK", 1).replace(b">video<", b">metadata<")), "malformed"),
        (http(200, result([], "FAILED", 0).replace(b">true<", b">false<")), "fault"),
        (http(200, result([], "NO MATCHES", 0)[:-10]), "malformed"),
        (http(200, b"<CMSearchResult/>"), "malformed"),
        (status(200, 4, "notSupport"), "unsupported"),
        (status(403, 4, "lowPrivilege"), "refused"),
        (status(503, 2, "deviceBusy", "Device Busy"), "busy"),
        (status(400, 6, "badXmlContent"), "fault"),
    ],
)
def test_an_answer_to_a_search_that_says_nothing_is_not_none(answer: bytes, why: str) -> None:
    if why == "fault":
        # A search over all times that fails is made up for by months; here those are not there either.
        nvr = Nvr(answers={SEARCH: answer, DAYS: status(500, 3, "deviceError")})
        assert reason(observe(nvr, cameras=ONE), "camera:one", "recordings") == "fault"
    else:
        assert searched(answer) == why


def test_a_device_that_never_stops_saying_more_is_left() -> None:
    nvr = Nvr(answers={SEARCH: http(200, result([(101, at(1), at(2))], "MORE", 9999))})
    assert reason(observe(nvr, wanted(days=(date(2026, 11, 20),)), ONE), "camera:one", "recordings") == "malformed"
    assert nvr.count(SEARCH) < 160


def test_the_older_flat_form_of_an_item_is_read() -> None:
    flat = result([(101, at(1), LOCAL_NOW)], "OK", 1).replace(b"<timeSpan>", b"").replace(b"</timeSpan>", b"")
    told = recordings(observe(Nvr(answers={SEARCH: http(200, flat, content_type=XML)}), cameras=ONE))
    assert shown(told.spans) == [("2026-10-31T16:00:00", NOW_SAID)]


@pytest.mark.parametrize(("kept", "is_guessed"), [(1, False), (2, True)])
def test_segments_without_a_track_are_the_asked_one_s_only_where_the_device_has_no_other(
    kept: int, is_guessed: bool
) -> None:
    tracks = re.findall(rb"<Track[ >].*?</Track>", fixture(TRACKS), re.DOTALL)[:kept]
    listed = b'<TrackList xmlns="http://www.hikvision.com/ver20/XMLSchema">' + b"".join(tracks) + b"</TrackList>"
    nameless = re.sub(rb"<trackID>\d+</trackID>", b"", result([(101, at(1), LOCAL_NOW)], "OK", 1))
    answers = {SEARCH: http(200, nameless, content_type=XML), TRACKS: http(200, listed, content_type=XML)}
    told = recordings(observe(Nvr(answers=answers), cameras=ONE))
    assert (len(tracks), told.owner_guessed) == (kept, is_guessed)


@pytest.mark.parametrize(
    ("words", "modes"),
    [
        (("timing", "timing"), ("continuous",)),
        (("timing", "motion"), ("continuous", "motion")),
        (("ALARM", "manual"), ("event", "other")),
        (("", ""), ()),
    ],
)
def test_why_listed_segments_were_recorded_is_told(words: tuple[str, str], modes: tuple[str, ...]) -> None:
    body = result([(101, at(20, 1), at(20, 2)), (101, at(20, 3), at(20, 4))], "OK", 2)
    for word in words:
        body = body.replace(b"hikvision.com/timing<", b"hikvision.com/" + word.encode() + b" <", 1)
    nvr = Nvr(answers={SEARCH: http(200, body)})
    assert recordings(observe(nvr, wanted(days=(date(2026, 11, 20),)), ONE)).modes == modes
    assert recordings(observe(nvr, cameras=ONE)).modes == (), "nothing was listed"


# A search over all times that fails: DS-7716NI-I4/16P, V4.61.030


def test_months_stand_in_where_a_search_over_all_times_fails() -> None:
    nvr = Nvr(
        wide_fails=True, footage=[one for n in (1, 2, 3) for one in hours(n * 100 + 1, at(9, 5, month=10), LOCAL_NOW)]
    )
    seen = observe(nvr)
    for camera in CAMERAS:
        assert shown(recordings(seen, camera.id).spans) == [("2026-10-08T21:00:00", NOW_SAID)]
    assert len([one for one in nvr.searches if one[1].startswith("2000")]) == 1, "tried once in a run"
    assert nvr.count("101/dailyDistribution") == 4, "two months with footage, two without"


def test_where_months_hold_nothing_either_the_search_that_failed_is_not_none() -> None:
    nvr = Nvr(wide_fails=True, footage=[])
    assert reason(observe(nvr, cameras=ONE), "camera:one", "recordings") == "fault"


def test_a_month_that_promises_footage_and_lists_none_is_malformed() -> None:
    nvr = Nvr(wide_fails=True, footage=[], answers={DAYS: http(200, month_answer([False, True] + [False] * 28))})
    assert reason(observe(nvr, cameras=ONE), "camera:one", "recordings") == "malformed"


# Schedules


def schedule(change: tuple[bytes, bytes] | None = None, camera: str = "one") -> Schedule:
    body = fixture(TRACKS)
    if change is not None:
        assert change[0] in body
        body = body.replace(*change)
    told = fact(observe(Nvr(answers={TRACKS: http(200, body)})), f"camera:{camera}", Schedule)
    assert isinstance(told, Schedule), told
    return told


def test_a_schedule_is_in_force_by_its_switch_and_not_by_what_the_track_says() -> None:
    whole_week = tuple(SchedulePeriod(day, 0, 86_400, "continuous") for day in range(7))
    assert schedule() == Schedule(whole_week, True, None)
    assert schedule(camera="three") == Schedule(whole_week, False, None), "30 days are written there and not enabled"
    assert schedule((b"<enableSchedule>true</enableSchedule>", b"")).enabled is None


def test_a_schedule_may_run_over_midnight_and_skips_what_is_not_recorded() -> None:
    assert schedule(camera="two") == Schedule(
        (
            SchedulePeriod(0, 8 * 3600, 18 * 3600, "motion"),
            SchedulePeriod(5, 20 * 3600, 86_400, "event"),
            SchedulePeriod(6, 0, 6 * 3600, "event"),
        ),
        True,
        timedelta(days=14),
    )


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("CMR", "continuous"),
        ("MOTION", "motion"),
        ("EDR", "event"),
        ("ALARM", "event"),
        ("AllEvent", "event"),
        ("x", "other"),
    ],
)
def test_modes_of_recording_are_told_apart(word: str, mode: str) -> None:
    told = schedule((b"<ActionRecordingMode>CMR<", f"<ActionRecordingMode>{word}<".encode()))
    assert {one.mode for one in told.periods} == {mode}


@pytest.mark.parametrize(
    "change", [(b"Monday", b"Someday"), (b"24:00:00", b"25:00:00"), (b"00:00:00", b"noon"), (b"P14DT0H", b"soon")]
)
def test_a_schedule_that_cannot_be_read_costs_no_other_fact(change: tuple[bytes, bytes]) -> None:
    nvr = Nvr(answers={TRACKS: http(200, fixture(TRACKS).replace(*change))})
    seen = observe(nvr)
    assert reason(seen, "camera:two" if change[0] == b"P14DT0H" else "camera:one", "schedule") == "malformed"
    assert recordings(seen).spans


@pytest.mark.parametrize(
    ("text", "days"),
    [("", None), ("P0DT0H", None), ("P30D", 30), ("P1M", 30), ("P1Y", 365), ("PT48H", 2), ("p7dt0h0m0s", 7)],
)
def test_lengths_of_time_are_read(text: str, days: int | None) -> None:
    assert duration(text) == (None if days is None else timedelta(days=days))
    with pytest.raises(Malformed):
        duration(text + "?" if text else "P30")


def test_a_last_page_that_lists_fewer_than_it_counts_is_half_an_answer() -> None:
    files = [(101, at(20, n), at(20, n + 1)) for n in range(10)]
    day = wanted(days=(date(2026, 11, 20),))
    short = http(200, result(files[:5], "OK", 10), content_type=XML)
    whole = http(200, result(files, "OK", 10), content_type=XML)
    assert reason(observe(Nvr(answers={SEARCH: short}), day, ONE), "camera:one", "recordings") == "malformed"
    assert recordings(observe(Nvr(answers={SEARCH: whole}), day, ONE)).listed


@pytest.mark.parametrize(("word", "locked"), [("lock", True), ("Lock", True), ("unlock", False), ("", False)])
def test_a_segment_that_somebody_locked_says_so(word: str, locked: bool) -> None:
    told = f"<lockStatus>{word}</lockStatus>" if word else ""
    begin = at(20)
    body = result([(101, begin, begin + timedelta(hours=1))], "OK", 1)
    body = body.replace(b"</playbackURI>", b"</playbackURI>" + told.encode())
    (found,) = parse_page(etree.fromstring(body), 101).segments
    assert found.locked is locked
