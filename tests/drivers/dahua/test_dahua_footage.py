"""How a Dahua recorder's footage is searched: what is found, what nothing proves, and that no search stays open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from dahua_device import BAD_REQUEST, CAMERAS, NOT_IMPLEMENTED, File, Nvr, fixture, hours, items, observe, reading
from devices import Asked, http
from onvif_reading import fact, reason

from drivers import wall_clock
from drivers.dahua.finder import MAX_SEGMENTS, Segment, believable, segments
from drivers.dahua.held import ListedWindow, recordings_of
from drivers.dahua.read import read
from drivers.errors import Malformed
from drivers.footage import DayRecorded, RecordedDays, Wanted
from drivers.model import Device, Recordings, Reply, Span, Unavailable

ONE = CAMERAS[:1]
DAY = date(2026, 11, 20)
WANTED = {"one": Wanted(days=(DAY,))}


def held(nvr: Nvr, wanted: dict[str, Wanted] | None = None, **options: object) -> Recordings:
    value = fact(observe(nvr, ONE, wanted or {}, **options), "camera:one", Recordings)
    assert isinstance(value, Recordings), value
    return value


def without(files: list[File], start: str, end: str) -> list[File]:
    """Take the files out that touch a stretch."""
    return [one for one in files if not (one[1] > start and one[0] < end)]


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=8)


def digits(text: str) -> datetime:
    return wall_clock.parse_digits(f"{text}:00")


def page(body: bytes) -> Reply:
    return Reply("findNextFile", "/", 200, "text/plain", body)


def test_a_day_that_is_asked_for_shows_its_hole() -> None:
    nvr = Nvr()
    nvr.footage[1] = without(nvr.footage[1], "2026-11-20 03:00:00", "2026-11-20 05:00:00")
    told = held(nvr, WANTED)
    assert told.spans == (
        Span(shanghai("2026-10-20 00:00"), shanghai("2026-11-20 03:00")),
        Span(shanghai("2026-11-20 05:00"), shanghai("2026-11-24 16:00")),
    )
    assert Span(shanghai("2026-11-20 00:00"), shanghai("2026-11-21 00:00")) in told.listed


def test_a_hole_on_a_day_that_nobody_asked_for_is_not_seen_and_that_is_said() -> None:
    nvr = Nvr()
    nvr.footage[1] = without(nvr.footage[1], "2026-11-18 03:00:00", "2026-11-18 05:00:00")
    told = held(nvr, WANTED)
    assert len(told.spans) == 1
    assert not any(span.start_at <= shanghai("2026-11-18 03:00") < span.end_at for span in told.listed)


def test_days_that_are_asked_for_hold_footage_or_not() -> None:
    nvr = Nvr()
    nvr.footage[1] = without(nvr.footage[1], "2026-11-20 00:00:00", "2026-11-21 00:00:00")
    asked = {"one": Wanted(days=(DAY, date(2026, 11, 19)), months=((2026, 11),))}
    days = fact(observe(nvr, ONE, asked), "camera:one", "recorded-days")
    assert days == RecordedDays((DayRecorded(date(2026, 11, 19), True), DayRecorded(DAY, False)))


def test_months_are_not_summed_up_by_the_device() -> None:
    seen = observe(Nvr(), ONE, {"one": Wanted(months=((2026, 11),))})
    assert reason(seen, "camera:one", "recorded-days") == "unsupported"


def test_the_condition_counts_channels_from_one_and_the_items_from_zero() -> None:
    nvr = Nvr()
    held(nvr)
    finds = [target for target in nvr.targets if "action=findFile" in target]
    assert finds and all("condition.Channel=1&" in target for target in finds)
    assert segments(page(fixture("findNextFile.txt")), 1)
    with pytest.raises(Malformed, match="another channel"):
        segments(page(fixture("findNextFile.txt")), 2)
    for footage, still in ((b"Type=dav", b"Type=jpg"), (b"[0].dav", b"[0].jpg")):
        with pytest.raises(Malformed, match="stills or sound"):
            segments(page(fixture("findNextFile.txt").replace(footage, still)), 1)


def test_spaces_are_encoded_and_colons_are_left() -> None:
    nvr = Nvr()
    held(nvr)
    first = next(target for target in nvr.targets if "action=findFile" in target)
    assert "condition.EndTime=2026-11-24%2016:10:04" in first
    assert "condition.StartTime=2023-11-22%2016:10:04" in first, "three years, not the dawn of time"
    assert first.endswith("&condition.Types%5B0%5D=dav&condition.Types%5B1%5D=mp4")


def test_a_page_that_is_not_full_is_not_the_last() -> None:
    nvr = Nvr(page=5)
    told = held(nvr, WANTED)
    assert len(told.spans) == 1, "a day has 24 files, and a page of five is no end"


def test_letters_say_why_a_file_was_recorded() -> None:
    first, second, third = segments(page(fixture("findNextFile.txt")), 1)
    assert (first.mode, second.mode, third.mode) == ("continuous", "continuous", "motion")
    body = fixture("findNextFile.txt").replace(b"[R]", b"").replace(b"[M]", b"")
    assert [one.mode for one in segments(page(body), 1)] == ["continuous", "continuous", "event"]
    body = fixture("findNextFile.txt").replace(b"[R]", b"[A]")
    assert segments(page(body), 1)[0].mode == "event"


@pytest.mark.parametrize(
    ("flag", "locked"), [(b"UnMarked", False), (b"Marked", True), (b"Locked", True), (b"Event", False), (b"", False)]
)
def test_a_file_that_somebody_marked_is_not_recorded_over(flag: bytes, locked: bool) -> None:
    timing = b"items[0].Flags[0]=Timing"
    body = fixture("findNextFile.txt").replace(timing, timing + b"\r\nitems[0].Flags[1]=" + flag)
    assert [one.locked for one in segments(page(body), 1)] == [locked, False, False]


def test_of_footage_whose_oldest_file_is_marked_that_file_is_told_to_be_locked() -> None:
    device = Device("box", "127.0.0.1", 80, "dahua")
    first = Segment(digits("2026-10-20 00:00"), digits("2026-10-20 01:00"), "continuous", locked=True)
    (told,) = recordings_of(device, 1, first, ()).locked
    assert told == Span(shanghai("2026-10-20 00:00"), shanghai("2026-10-20 01:00"))
    assert recordings_of(device, 1, replace(first, locked=False), ()).locked == ()


# --- times that no file has


NOW_THERE = digits("2026-11-24 16:20")
TODAY = (digits("2026-11-24 00:00"), digits("2026-11-25 00:00"))


@pytest.mark.parametrize(("begun", "end"), [("16:00", "2026-11-25 16:00"), ("15:20", "2026-11-24 17:00")])
def test_the_file_that_is_being_written_ends_now_and_leaves_the_day_known(begun: str, end: str) -> None:
    """Its end is reserved and not true; the others of the day are."""
    before = Segment(digits("2026-11-24 14:00"), digits("2026-11-24 15:20"), "continuous")
    last = Segment(digits(f"2026-11-24 {begun}"), digits(end), "continuous")
    assert believable((before, last), TODAY, NOW_THERE) == (before, replace(last, end=NOW_THERE))


@pytest.mark.parametrize("begun", ["14:00", "15:00"])
def test_a_file_that_was_left_open_hours_ago_is_none_that_is_being_written(begun: str) -> None:
    last = Segment(digits(f"2026-11-24 {begun}"), digits("2026-11-25 16:00"), "continuous")
    with pytest.raises(Malformed):
        believable((last,), TODAY, NOW_THERE)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (("2000-01-01 00:00:09", "2026-10-20 01:00:00", "R"), "longer"),  # it was begun before the clock was set
        (("2026-11-24 14:30:00", "2026-11-25 15:00:00", "R"), "longer"),  # the end that was reserved for it
        (("2026-11-24 11:30:00", "2026-11-24 15:30:00", "R"), "into the next one"),
    ],
)
def test_a_file_that_claims_times_which_no_file_has_proves_nothing(file: File, why: str) -> None:
    nvr = Nvr()
    nvr.footage[1] = sorted([*nvr.footage[1], file])
    told = fact(observe(nvr, ONE, {}), "camera:one", "recordings")
    assert isinstance(told, Unavailable) and told.reason == "malformed" and why in told.detail


def test_a_file_of_another_year_is_no_answer_to_what_was_asked() -> None:
    listed = items([(0, ("2000-01-01 00:00:09", "2000-01-01 01:00:00", "R"))])
    told = fact(observe(Nvr(answers={"findNextFile": http(200, listed)}), ONE, {}), "camera:one", "recordings")
    assert isinstance(told, Unavailable) and told.reason == "malformed" and "outside" in told.detail


def test_the_hour_that_clocks_show_twice_and_a_second_stream_make_no_file_doubtful() -> None:
    nvr = Nvr()
    before = held(Nvr(), WANTED)
    nvr.footage[1] = sorted(
        [*nvr.footage[1], *hours("2026-11-20 00:30:00", 20), *hours("2026-11-20 00:00:00", 20, "M")]
    )
    assert held(nvr, WANTED).spans == before.spans


# --- what nothing means


def test_400_from_find_file_is_nothing_there() -> None:
    nvr = Nvr(footage={})
    assert held(nvr) == Recordings(())
    assert nvr.objects == {} and nvr.asked.count("findFile") == 2, "an empty answer is asked for twice"


def test_found_0_is_nothing_there() -> None:
    nvr = Nvr(footage={}, answers={"findFile": http(200, b"OK\r\n")})
    assert held(nvr) == Recordings(())


def test_400_from_the_factory_is_no_such_operation() -> None:
    for answer in (BAD_REQUEST, NOT_IMPLEMENTED):
        assert (
            reason(observe(Nvr(answers={"factory.create": answer}), ONE), "camera:one", "recordings") == "unsupported"
        )


def test_nothing_there_is_not_believed_of_a_channel_that_does_not_exist() -> None:
    nvr = Nvr(footage={})
    camera = (CAMERAS[0].__class__("five", "box", channel=5),)
    seen = observe(nvr, camera)
    assert reason(seen, "camera:five", "recordings") == "unsupported"
    assert "findFile" not in nvr.asked


def test_nothing_there_is_not_believed_where_the_number_of_channels_is_not_known() -> None:
    nvr = Nvr(footage={}, answers={"ChannelTitle": http(500, b"")})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "fault"


def test_nothing_there_is_not_believed_of_a_clock_that_is_days_off() -> None:
    nvr = Nvr(footage={}, answers={"getCurrentTime": http(200, b"result=2026-11-20 16:00:09\r\n")})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "fault"
    assert nvr.made == 2


@pytest.mark.parametrize("year", [b"0002", b"2000", b"9999"])
def test_a_clock_that_is_years_off_is_not_searched_by(year: bytes) -> None:
    nvr = Nvr(answers={"getCurrentTime": http(200, b"result=" + year + b"-12-31 23:59:59\r\n")})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "fault"
    assert nvr.made == 0


def test_without_the_devices_time_no_window_is_asked_for() -> None:
    nvr = Nvr(answers={"getCurrentTime": http(200, b"result=yesterday\r\n")})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "malformed"
    assert nvr.made == 0


def test_a_window_that_looks_implausible_to_the_device_is_not_taken_for_nothing() -> None:
    """It answers 400 to the years, and lists files for the weeks."""

    def choosy(asked: Asked) -> bytes:
        if "StartTime=2023" in asked.target:
            return BAD_REQUEST
        return nvr._find("findFile", {"object": [str(nvr.made)], **window(asked)})

    nvr = Nvr(answers={"findFile": choosy})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "malformed"


def window(asked: Asked) -> dict[str, list[str]]:
    texts = dict(part.split("=", 1) for part in asked.target.split("&"))
    return {
        "condition.Channel": [texts["condition.Channel"]],
        "condition.StartTime": [texts["condition.StartTime"].replace("%20", " ")],
        "condition.EndTime": [texts["condition.EndTime"].replace("%20", " ")],
    }


# --- searches that go wrong are ended all the same

TROUBLE: dict[str, bytes | Callable[[Asked], bytes | None]] = {
    "no file": http(200, b"found=3\r\n"),
    "cut": http(200, fixture("findNextFile.txt")[:-200]),
    "cut at a line": http(200, b"\r\n".join(fixture("findNextFile.txt").split(b"\r\n")[:15]) + b"\r\n"),
    "empty": http(200, b""),
    "html": http(200, b"<html><body>busy</body></html>\r\n"),
    "error": http(500, b"Error"),
    "no times": http(200, fixture("findNextFile.txt").replace(b"StartTime=2026", b"StartTime=")),
    "backwards": http(200, fixture("findNextFile.txt").replace(b"EndTime=2026", b"EndTime=2020")),
    "more than it says": http(200, fixture("findNextFile.txt").replace(b"found=3", b"found=2")),
    "no count": http(200, fixture("findNextFile.txt").replace(b"found=3\r\n", b"")),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_search_that_goes_wrong_is_ended_and_is_not_nothing(trouble: str) -> None:
    nvr = Nvr(answers={"findNextFile": TROUBLE[trouble]})
    seen = observe(nvr, ONE)
    assert reason(seen, "camera:one", "recordings") == ("fault" if trouble == "error" else "malformed")
    assert nvr.objects == {}


def test_a_device_that_gives_the_same_page_for_ever_is_left() -> None:
    nvr = Nvr(answers={"findNextFile": http(200, fixture("findNextFile.txt"))})
    seen = observe(nvr, ONE)
    assert reason(seen, "camera:one", "recordings") == "malformed" and nvr.objects == {}
    assert nvr.asked.count("findNextFile") == 3


def test_a_device_that_lists_more_than_a_day_can_hold_is_left() -> None:
    start = datetime(2026, 11, 24)  # noqa: DTZ001
    moments = [f"{start + timedelta(seconds=2 * n):%F %T}" for n in range(MAX_SEGMENTS + 300)]
    nvr = Nvr(footage={1: [(one, "2026-11-24 15:59:00", "M") for one in moments]})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "malformed" and nvr.objects == {}


def test_an_object_that_is_no_name_is_not_used() -> None:
    nvr = Nvr(answers={"factory.create": http(200, b"result=1&action=reboot\r\n")})
    assert reason(observe(nvr, ONE), "camera:one", "recordings") == "malformed"
    assert "findFile" not in nvr.asked and not any("reboot" in target for target in nvr.targets)


def test_a_day_whose_search_fails_costs_only_that_day() -> None:
    def failing(asked: Asked) -> bytes:
        if "2026-11-19%2022" in asked.target:
            return http(500, b"")
        return nvr._find("findFile", {"object": [str(nvr.made)], **window(asked)})

    nvr = Nvr(answers={"findFile": failing})
    seen = observe(nvr, ONE, {"one": Wanted(days=(DAY, date(2026, 11, 21)))})
    assert isinstance(fact(seen, "camera:one", Recordings), Recordings)
    assert fact(seen, "camera:one", "recorded-days") == RecordedDays((DayRecorded(date(2026, 11, 21), True),))


def test_searches_take_half_of_the_time_and_end_with_a_reason() -> None:
    """A recorder that hangs in its searches costs neither the tables nor the time for pictures."""
    nvr = Nvr(answers={"findFile": lambda asked: None})
    with reading(nvr, deadline_s=10.0) as transport:
        seen = read(CAMERAS, transport, {})
        assert not transport.deadline.passed
    assert {reason(seen, f"camera:{camera.id}", "recordings") for camera in CAMERAS} == {"deadline"}
    assert nvr.objects == {}, "close and destroy are sent though the time for searches is used up"


# --- putting it together, without a device

BOX = Device("box", "192.0.2.1", 80, "dahua")


def test_what_is_still_written_is_no_hole_at_the_end() -> None:
    oldest = Segment(datetime(2026, 11, 1), datetime(2026, 11, 1, 1), "continuous")  # noqa: DTZ001
    newest = Segment(datetime(2026, 11, 24, 14), datetime(2026, 11, 24, 15), "continuous")  # noqa: DTZ001
    recent = ListedWindow(datetime(2026, 11, 24, 14), datetime(2026, 11, 24, 16), (newest,))  # noqa: DTZ001
    told = recordings_of(BOX, 1, oldest, [recent])
    assert told.listed == (Span(shanghai("2026-11-24 14:00"), shanghai("2026-11-24 15:00")),)
    assert told.spans == (Span(shanghai("2026-11-01 00:00"), shanghai("2026-11-24 15:00")),)


def test_the_hour_that_clocks_show_twice_does_not_turn_a_file_around() -> None:
    box = Device("box", "192.0.2.1", 80, "dahua", time_zone="Europe/Berlin")
    night = Segment(datetime(2026, 10, 25, 2, 50), datetime(2026, 10, 25, 3, 10), "continuous")  # noqa: DTZ001
    (span,) = recordings_of(box, 1, night, []).spans
    assert span.start_at < span.end_at
