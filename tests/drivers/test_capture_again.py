"""One moment of footage is asked for twice in a look: the same bytes are noted, others go to the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from devices import NOW, HttpDevice, clock, device
from rtsp_device import RtspAsked, RtspDevice, clip, rtsp, with_time

from drivers.capture import PLAYBACK_LEAD, fetch_pictures
from drivers.credentials import Credentials
from drivers.footage import Opening, ReplayAddress, Wanted
from drivers.http.transport import open_transport
from drivers.model import Camera, Observation, Picture, Recordings, Span
from drivers.picture import FootageOpened

DAY = timedelta(days=1)
HELD = (Span(NOW - 40 * DAY, NOW),)
FLOOR, NEWEST, DRAWN = Opening("floor", NOW - 30 * DAY), Opening("newest", NOW), Opening("drawn", NOW - 9 * DAY)
CAMERA = Camera("one", "box")
OLDEST_AT = HELD[0].start_at


def look(
    served: RtspDevice, *wanted: Opening, named: bool = True, newest_url: str = "", deadline_s: float = 20.0
) -> tuple[tuple[Picture, ...], list[FootageOpened], list[str]]:
    """Return the pictures of footage, what was noted of further moments, and the addresses that were described."""
    address = ReplayAddress(served.url("/replay?from={start}&to={end}"), "%Y%m%dT%H%M%SZ", "UTC")
    held = Recordings(HELD, served.url("/replay"), OLDEST_AT if not newest_url else None, newest_url=newest_url)
    known = Observation("camera:one", replace(held, replays=address if named else None), NOW, "test")
    with (
        HttpDevice(lambda asked: None) as http,
        open_transport(device(http.port), deadline_s, Credentials(None), clock) as transport,
    ):
        pictures, more = fetch_pictures((CAMERA,), (known,), transport, wanted={"one": Wanted(opens=wanted)})
    noted = [one for one in more if isinstance(one.value, FootageOpened)]
    assert all(one.provenance.level == ("told" if one.value.at is None else "seen") for one in noted)  # type: ignore[union-attr]
    described = [one.url for one in served.asked if one.method == "DESCRIBE"]
    return pictures, [one.value for one in noted if isinstance(one.value, FootageOpened)], described


def at_play(number: int, does: Callable[[RtspAsked], bytes | None]) -> dict[str, Callable[[RtspAsked], bytes | None]]:
    """Return an answer to PLAY that does something else at the one of this number, from 1."""
    played = count(1)

    def answer(asked: RtspAsked) -> bytes:
        other = does(asked) if next(played) == number else None
        return other or rtsp(200, asked, "", "Session: 77")

    return {"PLAY": answer}


def names(pictures: tuple[Picture, ...]) -> list[str]:
    return [one.opening.name if one.opening else "" for one in pictures]


@pytest.mark.parametrize(
    ("wanted", "again"), [((FLOOR, NEWEST, DRAWN), FLOOR), ((NEWEST, DRAWN), DRAWN)], ids=["floor", "drawn"]
)
def test_a_moment_that_came_is_asked_for_again_at_last_and_the_same_bytes_are_not_decoded_again(
    wanted: tuple[Opening, ...], again: Opening
) -> None:
    with RtspDevice(clip("h264")) as served:
        pictures, noted, described = look(served, *wanted)
    assert names(pictures) == ["", *(one.name for one in wanted)]
    assert noted == [FootageOpened("again", again.at, again.at, repeats=True)]
    assert described[-1] == described[1 + wanted.index(again)] and len(described) == len(wanted) + 2


def test_other_bytes_go_to_the_worker() -> None:
    """The second time the stream begins behind its first key picture, so that the next one is taken."""
    whole = clip("h264")
    with RtspDevice(whole) as served:

        def go_on(asked: RtspAsked) -> None:
            del asked
            served.packets = whole.packets[len(whole.packets) // 3 :]

        served.answers |= at_play(3, go_on)
        pictures, noted, _ = look(served, FLOOR)
    assert (names(pictures), noted) == (["", "floor", "again"], [])
    assert pictures[2].opening == Opening("again", FLOOR.at) and pictures[2].data != pictures[1].data


def test_where_only_the_oldest_can_be_played_that_is_asked_for_again() -> None:
    with RtspDevice(clip("h264")) as served:
        pictures, noted, described = look(served, FLOOR, NEWEST, named=False)
    assert names(pictures) == [""]
    assert noted == [FootageOpened("again", OLDEST_AT, OLDEST_AT, repeats=True)]
    assert described == [served.url("/replay")] * 2


def test_the_newest_is_never_asked_for_again() -> None:
    """A file that is being written may show more the next time. ONVIF has the moment in PLAY, and dates the picture."""
    whole, recorded_at = clip("h264"), HELD[0].start_at + PLAYBACK_LEAD
    with RtspDevice(whole, packets=[with_time(data, recorded_at) for data in whole.packets]) as served:
        pictures, noted, described = look(served, FLOOR, NEWEST, named=False, newest_url=served.url("/newest"))
        played = [one.headers["range"] for one in served.asked if one.method == "PLAY"]
    assert names(pictures) == ["", "newest"]
    assert [(one.name, one.asked_at, one.repeats) for one in noted] == [("again", recorded_at, True)]
    assert described == [served.url(path) for path in ("/replay", "/newest", "/replay")]
    assert played[0] == played[2] != played[1]


def test_a_refusal_the_second_time_is_noted_with_its_reason() -> None:
    with RtspDevice(clip("h264"), answers=at_play(3, lambda asked: rtsp(404, asked, ""))) as served:
        pictures, noted, _ = look(served, FLOOR)
    assert names(pictures) == ["", "floor"]
    assert noted == [FootageOpened("again", FLOOR.at, reason="fault")]


@pytest.mark.parametrize("number", [3, 4], ids=["at the drawn moment", "at the second time"])
def test_a_recorder_that_is_silent_from_a_moment_on_did_not_open_one_a_second_time(number: int) -> None:
    """It would use up our time, so that nothing could be said of it."""
    played = count(1)

    def silent(asked: RtspAsked) -> bytes | None:
        return None if next(played) >= number else rtsp(200, asked, "", "Session: 77")

    with RtspDevice(clip("h264"), answers={"PLAY": silent}) as served:
        pictures, noted, _ = look(served, FLOOR, DRAWN, deadline_s=5.0)
    assert names(pictures) == ["", "floor", "drawn"][: number - 1]
    assert noted[-1] == FootageOpened("again", FLOOR.at, reason="deadline")


def test_nothing_is_asked_for_twice_where_no_further_moment_is_wanted_or_none_came() -> None:
    with RtspDevice(clip("h264")) as served:
        pictures, noted, described = look(served)
    assert (names(pictures), noted, len(described)) == ([""], [], 1)
    with RtspDevice(clip("h264"), answers={"PLAY": lambda asked: rtsp(404, asked, "")}) as served:
        pictures, noted, _ = look(served, FLOOR)
    assert pictures == () and [one.name for one in noted] == ["floor"]
