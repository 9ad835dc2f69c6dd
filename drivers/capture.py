"""Fetches one picture on every path of every camera, and notes which paths needed no login.

Every path is asked without a login first; a path that answers is left at that and nothing secret is sent to it. What
a picture shows is not looked at here: it goes to the picture worker as it came.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from drivers.errors import DeviceFault, DriverError, Malformed, NotTried
from drivers.exchange import Request, Transport
from drivers.model import (
    Access,
    Camera,
    Observation,
    Observations,
    Picture,
    Recordings,
    Stream,
    Streams,
    Unavailable,
    Value,
)
from drivers.rtsp import fetch_keyframe

SNAPSHOT_MAX_BYTES = 16 * 1024 * 1024
_JPEG = b"\xff\xd8\xff"

PLAYBACK_LEAD = timedelta(seconds=1)
"""How far into the oldest recording playback begins: its very first second may be gone by then."""


def fetch_pictures(
    cameras: tuple[Camera, ...], observations: Observations, transport: Transport
) -> tuple[tuple[Picture, ...], Observations]:
    """Fetch the pictures of `cameras` on the paths that `observations` name. Never raises for what the device does.

    Returns the pictures, and for each camera what was answered anonymously (`Access`) and which picture could not be
    had (`Unavailable`). Paths are fetched across all cameras in turn, so that a slow camera takes no other's snapshot.
    """
    taking = {camera.id: _Camera(camera, observations) for camera in cameras}
    for path in ("snapshot", "main", "sub", "playback"):
        for one in taking.values():
            stream = next((stream for stream in one.streams if stream.path == path), None)
            if stream is not None:
                one.take(stream, transport)
    for one in taking.values():
        one.conclude(transport)
    pictures = tuple(picture for one in taking.values() for picture in one.pictures)
    return pictures, tuple(observation for one in taking.values() for observation in one.observations)


class _Camera:
    """What is known and found of one camera during the fetch."""

    def __init__(self, camera: Camera, observations: Observations) -> None:
        self.streams: tuple[Stream, ...] = ()
        self.pictures: list[Picture] = []
        self.observations: list[Observation] = []
        self._camera = camera
        self._subject = f"camera:{camera.id}"
        self._play_at: datetime | None = None
        self._asked: list[str] = []
        self._anonymous: list[str] = []
        self._error = Unavailable("access", "not-looked-at", "no address of a picture is known")
        for value in (one.value for one in observations if one.subject == self._subject):
            if isinstance(value, Streams):
                self.streams += value.streams
            elif isinstance(value, Recordings) and value.spans and value.replay_url:
                self._play_at = value.spans[0].start_at + PLAYBACK_LEAD
                self.streams += (Stream("playback", value.replay_url),)
            elif isinstance(value, Unavailable) and value.fact == "streams":
                self._error = replace(value, fact="access")

    def take(self, stream: Stream, transport: Transport) -> None:
        """Fetch the picture of one path, or note why there is none."""
        try:
            take = self._snapshot if stream.path == "snapshot" else self._keyframe
            self.pictures.append(take(stream, transport))
        except DriverError as error:
            self._error = Unavailable("access", error.reason, str(error))
            missing = Unavailable("picture", error.reason, str(error), stream.path)
            self._note(missing, "http" if stream.path == "snapshot" else "rtsp", transport)

    def conclude(self, transport: Transport) -> None:
        """Note which paths answered without a login; and where no path is known, that there is no picture."""
        if not self.streams:
            self._note(replace(self._error, fact="picture"), "none", transport)
        access = Access(tuple(self._asked), tuple(self._anonymous)) if self._asked else self._error
        self._note(access, "anonymous request", transport)

    def _snapshot(self, stream: Stream, transport: Transport) -> Picture:
        parts = urlsplit(stream.url)
        request = Request(
            operation="snapshot",
            method="GET",
            path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            port=parts.port or 0,
            max_bytes=SNAPSHOT_MAX_BYTES,
            anonymous_first=True,
        )
        before = len(transport.replies)
        try:
            exchange = transport.exchange(request)
        finally:
            for first in transport.replies[before : before + 1]:
                self._answered("http snapshot", first.status == 200 and first.body.startswith(_JPEG))
        reply = exchange.reply
        if reply.status == 401:
            raise NotTried("snapshot: the device asks for a login of a kind that is not known")
        if reply.status != 200:
            raise DeviceFault(f"snapshot: HTTP {reply.status}")
        if not reply.body.startswith(_JPEG):
            raise Malformed("snapshot: the answer is no JPEG")
        return Picture(self._camera.id, "snapshot", exchange.received_at, reply.body, "jpeg")

    def _keyframe(self, stream: Stream, transport: Transport) -> Picture:
        fetched = fetch_keyframe(transport, stream.url, self._play_at if stream.path == "playback" else None)
        if fetched.anonymous is not None:
            self._answered(f"rtsp {stream.path}", fetched.anonymous)
        if fetched.keyframe is None:
            raise fetched.error or Malformed(f"{stream.path}: no picture")
        frame = fetched.keyframe
        return Picture(self._camera.id, stream.path, frame.taken_at, frame.data, frame.kind)

    def _answered(self, name: str, anonymous: bool) -> None:
        self._asked.append(name)
        if anonymous:
            self._anonymous.append(name)

    def _note(self, value: Value, method: str, transport: Transport) -> None:
        self.observations.append(Observation(self._subject, value, transport.clock(), method))
