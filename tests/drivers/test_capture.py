"""Pictures on every path, what needed no login, and one refused login over all protocols."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from devices import NOW, PASSWORD, HttpDevice, clock, device, http
from onvif_device import Script
from patience import LATE_S
from rtsp_device import RtspAsked, RtspDevice, clip, decoded_frames, description, rtsp, with_time

from drivers.capture import (
    PLAYBACK_LEAD,
    fetch_pictures,
)
from drivers.credentials import Credentials
from drivers.http.jpeg import JPEG_MAX_BYTES
from drivers.http.transport import open_transport
from drivers.model import Camera, Observation, Observations, Picture, Provenance, Recordings, Span, Unavailable, Value
from drivers.onvif.read import read
from drivers.picture import Access, Stream, Streams, StreamSound

CAMERA = Camera("one", "box")
JPEG = b"\xff\xd8\xff\xe0" + b"a picture" * 10 + b"\xff\xd9"
RECORDED = datetime(2026, 10, 1, 0, 0, 1, 500_000, tzinfo=UTC)


def seen(*values: Value, camera: Camera = CAMERA) -> Observations:
    return tuple(Observation(f"camera:{camera.id}", value, NOW, "test") for value in values)


def snapshot(port: int, target: str = "/snap.jpg?ch=1") -> Streams:
    return Streams((Stream("snapshot", f"http://127.0.0.1:{port}{target}", "JPEG"),))


def fetch(
    served: HttpDevice, observations: Observations, deadline_s: float = 10.0, password: str | None = PASSWORD
) -> tuple[tuple[Picture, ...], list[Value]]:
    with open_transport(device(served.port, password), deadline_s, Credentials(None), clock) as transport:
        pictures, more = fetch_pictures((CAMERA,), observations, transport)
    assert all(one.subject == "camera:one" and one.taken_at == NOW for one in more)
    return pictures, [one.value for one in more]


def test_a_whole_device_is_read_and_every_path_gives_its_picture() -> None:
    whole = clip("h264")
    recorded = [with_time(data, RECORDED) for data in whole.packets]
    script = Script(login="wsse", channels=1, services=("device", "media2", "search", "replay"))
    script.recordings = [("r-1", "source-1", [("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")])]
    with RtspDevice(whole, packets=recorded, login=True) as rtsp, script.device() as served:
        script.rtsp_port = rtsp.port
        with open_transport(device(served.port), 20.0, Credentials(None), clock) as transport:
            observations = read((CAMERA,), transport)
            script.login = "digest"  # snapshots are behind HTTP Digest, SOAP behind its own token
            pictures, more = fetch_pictures((CAMERA,), observations, transport)
    assert [picture.path for picture in pictures] == ["snapshot", "sub", "main", "stream-3", "playback"]
    assert [picture.kind for picture in pictures] == ["jpeg", "h264", "h264", "h264", "h264"]
    assert all(picture.camera_id == "one" for picture in pictures)
    assert all(decoded_frames(picture.data, "h264") == 1 for picture in pictures[1:])
    assert [picture.taken_at for picture in pictures[:4]] == [NOW] * 4
    assert abs(pictures[4].taken_at - RECORDED) < timedelta(milliseconds=1)
    asked = ("http snapshot", "rtsp sub", "rtsp main", "rtsp stream-3", "rtsp playback")
    assert [one.value for one in more] == [
        StreamSound("sub", ("PCMA",)),
        StreamSound("main", ("PCMA",)),
        StreamSound("stream-3", ("PCMA",)),
        StreamSound("playback", ("PCMA",)),
        Access(asked, ()),
    ]
    assert script.refused_logins == rtsp.refused == 0
    plays = [one.headers["range"] for one in rtsp.asked if one.method == "PLAY" and "range" in one.headers]
    assert plays == ["clock=20261001T000001.000Z-"] and timedelta(seconds=1) == PLAYBACK_LEAD


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_a_wrong_password_is_refused_once_over_soap_http_and_rtsp_together(login: str) -> None:
    script = Script(login=login, password="another")
    with RtspDevice(clip("h264"), login=True) as rtsp, script.device() as served:
        states = Credentials(None)
        streams = Streams((*snapshot(served.port).streams, Stream("main", rtsp.url())))
        for _ in range(2):
            with open_transport(device(served.port), 10.0, states, clock) as transport:
                observations = read((CAMERA,), transport)
                script.login = "digest"
                pictures, more = fetch_pictures((CAMERA,), observations + seen(streams), transport)
            assert pictures == ()
            reasons = {one.value.path: one.value.reason for one in more if isinstance(one.value, Unavailable)}
            assert reasons == {"snapshot": "not-tried", "main": "not-tried"}
            assert more[-1].value == Access(("http snapshot", "rtsp main"), ())
            script.login = login
    assert script.refused_logins + rtsp.refused == 1
    assert script.good_logins == 0


def test_open_paths_are_named_and_get_no_login() -> None:
    with (
        RtspDevice(clip("h264")) as rtsp,
        HttpDevice(lambda asked: http(200, JPEG, content_type="image/jpeg")) as served,
    ):
        streams = Streams((*snapshot(served.port).streams, Stream("sub", rtsp.url("/sub"))))
        pictures, more = fetch(served, seen(streams))
        assert not any(asked.authorization for asked in served.asked)
        assert not any("authorization" in asked.headers for asked in rtsp.asked)
    assert [picture.path for picture in pictures] == ["snapshot", "sub"]
    assert pictures[0] == Picture(
        "one", "snapshot", NOW, JPEG, "jpeg", provenance=Provenance(path="snapshot", level="seen")
    )
    assert more == [StreamSound("sub", ("PCMA",)), Access(("http snapshot", "rtsp sub"), ("http snapshot", "rtsp sub"))]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"<html>log in</html>", "malformed"),
        (200, b"", "malformed"),
        (404, b"", "fault"),
        (302, b"", "fault"),
        (401, b"", "not-tried"),
    ],
)
def test_what_is_no_picture_is_told_and_does_not_count_as_open(status: int, body: bytes, reason: str) -> None:
    with HttpDevice(lambda asked: http(status, body)) as served:
        pictures, more = fetch(served, seen(snapshot(served.port)))
    assert pictures == ()
    told = more[0]
    assert isinstance(told, Unavailable)
    assert (told.fact, told.path, told.reason) == ("picture", "snapshot", reason)
    assert more[1:] == [Access(("http snapshot",), ())]


def test_an_endless_snapshot_is_cut_off() -> None:
    with HttpDevice(lambda asked: http(200, b"", length=JPEG_MAX_BYTES + 1)) as served:
        _, more = fetch(served, seen(snapshot(served.port)))
    assert isinstance(more[0], Unavailable) and more[0].reason == "malformed"


def test_a_snapshot_on_another_port_of_the_device_is_fetched() -> None:
    with HttpDevice(lambda asked: http(200, JPEG)) as pictures_only, HttpDevice(lambda asked: None) as served:
        pictures, _ = fetch(served, seen(snapshot(pictures_only.port)))
        assert served.connections == 0
    assert len(pictures) == 1


def test_without_addresses_the_reason_of_the_streams_is_the_reason_of_the_pictures() -> None:
    with HttpDevice(lambda asked: None) as served:
        pictures, more = fetch(served, seen(Unavailable("streams", "refused", "no")))
    assert pictures == ()
    assert more == [Unavailable("picture", "refused", "no"), Unavailable("access", "refused", "no")]


def test_a_camera_that_nobody_read_was_not_looked_at() -> None:
    with HttpDevice(lambda asked: None) as served:
        _, more = fetch(served, ())
    assert [(one.fact, one.reason) for one in more if isinstance(one, Unavailable)] == [
        ("picture", "not-looked-at"),
        ("access", "not-looked-at"),
    ]


def test_recordings_without_a_replay_address_are_not_played() -> None:
    span = Span(RECORDED, NOW)
    with HttpDevice(lambda asked: http(200, JPEG)) as served:
        pictures, more = fetch(served, seen(snapshot(served.port), Recordings((span,))))
    assert [picture.path for picture in pictures] == ["snapshot"]
    assert more == [Access(("http snapshot",), ("http snapshot",))]


def test_a_silent_device_costs_its_deadline_once_and_every_path_says_so() -> None:
    with HttpDevice(lambda asked: None) as served:
        main = Stream("main", f"rtsp://127.0.0.1:{served.port}/live")
        streams = Streams((*snapshot(served.port).streams, main))
        begun = time.monotonic()
        pictures, more = fetch(served, seen(streams), deadline_s=0.6)
        assert time.monotonic() - begun < 0.6 + LATE_S
    assert pictures == ()
    assert [(one.fact, one.reason) for one in more if isinstance(one, Unavailable)] == [
        ("picture", "deadline"),
        ("picture", "deadline"),
        ("access", "deadline"),
    ]


def test_a_slow_camera_takes_no_other_cameras_snapshot() -> None:
    """All snapshots come first: the stream that hangs is on the first camera, the second still gives its picture."""
    other = Camera("two", "box", channel=2)
    with ExitStack() as stack:
        silent = stack.enter_context(RtspDevice(clip("h264"), answers={"DESCRIBE": lambda asked: None}))
        served = stack.enter_context(HttpDevice(lambda asked: http(200, JPEG)))
        streams = Streams((*snapshot(served.port).streams, Stream("main", silent.url())))
        observations = seen(streams) + seen(snapshot(served.port, "/2.jpg"), camera=other)
        transport = stack.enter_context(open_transport(device(served.port), 3.0, Credentials(None), clock))
        pictures, _ = fetch_pictures((CAMERA, other), observations, transport)
    assert {(picture.camera_id, picture.path) for picture in pictures} == {("one", "snapshot"), ("two", "snapshot")}


def test_one_rtsp_session_at_a_time() -> None:
    with RtspDevice(clip("h264")) as rtsp, HttpDevice(lambda asked: None) as served:
        streams = Streams((Stream("main", rtsp.url("/main")), Stream("sub", rtsp.url("/sub"))))
        pictures, _ = fetch(served, seen(streams))
        assert [picture.path for picture in pictures] == ["sub", "main"]
        assert rtsp.methods() == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"] * 2


def test_a_picture_never_shows_in_a_repr() -> None:
    with HttpDevice(lambda asked: http(200, JPEG)) as served:
        pictures, _ = fetch(served, seen(snapshot(served.port)))
    assert "a picture" not in repr(pictures)


def test_only_paths_that_are_due_are_fetched_and_the_others_say_so() -> None:
    with RtspDevice(clip("h264")) as rtsp, HttpDevice(lambda asked: http(200, JPEG)) as served:
        main, sub = (Stream(path, rtsp.url(f"/{path}")) for path in ("main", "sub"))  # type: ignore[arg-type]
        streams = Streams((*snapshot(served.port).streams, main, sub))
        with open_transport(device(served.port), 10.0, Credentials(None), clock) as transport:
            pictures, more = fetch_pictures((CAMERA,), seen(streams), transport, {"one": ("snapshot", "sub")})
        assert [asked.url for asked in rtsp.asked if asked.method == "DESCRIBE"] == [rtsp.url("/sub")]
    assert [picture.path for picture in pictures] == ["snapshot", "sub"]
    assert [one.value for one in more] == [
        StreamSound("sub", ("PCMA",)),
        Unavailable("picture", "not-looked-at", "not due in this cycle", "main"),
        Access(("http snapshot", "rtsp sub"), ("http snapshot", "rtsp sub")),
    ]


def test_where_there_is_no_sub_stream_the_main_stream_stands_in_for_it() -> None:
    with RtspDevice(clip("h265")) as rtsp, HttpDevice(lambda asked: None) as served:
        streams = Streams((Stream("main", rtsp.url("/main")),))
        with open_transport(device(served.port), 10.0, Credentials(None), clock) as transport:
            pictures, _ = fetch_pictures((CAMERA,), seen(streams), transport, {"one": ("snapshot", "sub")})
            none, more = fetch_pictures((CAMERA,), seen(streams), transport, {})
    assert [picture.path for picture in pictures] == ["main"]
    assert (
        none == () and [one.value.reason for one in more if isinstance(one.value, Unavailable)] == ["not-looked-at"] * 2
    )


@pytest.mark.parametrize("with_snapshot", [False, True])
def test_where_the_sub_stream_gives_nothing_the_main_stream_shows_the_camera(with_snapshot: bool) -> None:
    """Out of its turn, and only where no snapshot does."""

    def missing(asked: RtspAsked) -> bytes:
        return rtsp(404, asked) if asked.url.endswith("/sub") else rtsp(200, asked, description(whole))

    whole = clip("h264")
    with RtspDevice(whole, answers={"DESCRIBE": missing}) as served, HttpDevice(lambda _: http(200, JPEG)) as web:
        shots = snapshot(web.port).streams if with_snapshot else ()
        streams = Streams((*shots, *(Stream(path, served.url(f"/{path}")) for path in ("main", "sub"))))  # type: ignore[arg-type]
        with open_transport(device(web.port), 10.0, Credentials(None), clock) as transport:
            pictures, more = fetch_pictures((CAMERA,), seen(streams), transport, {"one": ("snapshot", "sub")})
    assert [picture.path for picture in pictures] == (["snapshot"] if with_snapshot else ["main"])
    reasons = {o.value.path: o.value.reason for o in more if isinstance(o.value, Unavailable)}
    assert reasons == ({"sub": "fault", "main": "not-looked-at"} if with_snapshot else {"sub": "fault"})
