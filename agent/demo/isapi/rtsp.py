"""Describes streams of a simulated Hikvision unit: `/Streaming/Channels/101` live, `/Streaming/tracks/101` recorded.

A recording begins at the moment in its URL, in local wall time with a Z; PLAY carries no range and pictures no recorded
time. Controls are whole addresses without the query, so that the moment is that of the connection's DESCRIBE.

Source: field reports and the vendor's `playbackURI`. Not read from a real unit: the answer for a moment that was not
recorded (here it plays what follows within the requested span, or 404).
"""

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from agent.demo.isapi.archive import recorded_spans
from agent.demo.onvif.device_view import HOST, DeviceView
from agent.demo.rtsp.message import clock_text
from agent.demo.rtsp.target import Dialect, Target, media_lines
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.recordings import SITE_ZONE, Recording
from drivers.model import Span
from drivers.picture import PathName

STREAM_NUMBERS: dict[int, PathName] = {1: "main", 2: "sub"}
SERVED: dict[int, PathName] = {**STREAM_NUMBERS, 3: "stream-3"}
"""The third stream is the second once more; a unit lists it where somebody switched it on."""
_LIVE = re.compile(r"/(?:ISAPI/)?Streaming/Channels/(\d{1,4})(?:/trackID=1)?/?", re.IGNORECASE)
_TRACK = re.compile(r"/(?:ISAPI/)?Streaming/tracks/(\d{1,4})(?:/trackID=1)?/?", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{8})T(\d{6})Z?", re.IGNORECASE)


def find(view: DeviceView, url: str, described: Target | None) -> Target | None:
    """Find the stream of a URL; a track without a moment is the one that was described on this connection."""
    parts = urlsplit(url)
    if match := _LIVE.fullmatch(parts.path):
        camera, path = _numbered(view, int(match.group(1)))
        return Target(camera, path, None) if camera and path and camera.link == "online" else None
    if match := _TRACK.fullmatch(parts.path):
        camera, path = _numbered(view, int(match.group(1)))
        asked = _asked(parts.query, view.now)
        if camera is None or path != "main":
            return None
        if asked is None:
            return (
                described
                if described is not None and described.camera.channel == camera.channel and described.asked
                else None
            )
        return _recorded(view, camera, asked)
    return None


def describe(target: Target, url: str) -> str:
    """The SDP of a stream; `url` is its address without a query, which ends in a slash."""
    lines = ["v=0", f"o=- 1 1 IN IP4 {HOST}", "s=Media Presentation", "e=NONE", "t=0 0", f"a=control:{url}"]
    if target.recording is not None:
        span = target.recording.span
        lines.append(f"a=range:clock={clock_text(span.start_at)}-{clock_text(span.end_at)}")
    media, *rest = media_lines(target.clip)
    lines += [media, "b=AS:5000", "a=recvonly", f"a=control:{url}trackID=1", *rest]
    return "\r\n".join([*lines, "a=appversion:1.0"]) + "\r\n"


HIKVISION = Dialect(find, describe)


def playback_url(view: DeviceView, track: int, span: Span, name: str) -> str:
    """The `playbackURI` of a file."""
    when = f"starttime={span.start_at.astimezone(SITE_ZONE):%Y%m%dT%H%M%SZ}"
    when += f"&endtime={span.end_at.astimezone(SITE_ZONE):%Y%m%dT%H%M%SZ}"
    return f"rtsp://{HOST}:{view.rtsp_port}/Streaming/tracks/{track}/?{when}&name={name}&size=240000000"


def _numbered(view: DeviceView, number: int) -> tuple[DemoCamera | None, PathName | None]:
    channel, stream = divmod(number, 100)
    camera = next((camera for camera in view.cameras if camera.channel == channel), None)
    return camera, SERVED.get(stream)


def _asked(query: str, now: datetime) -> Span | None:
    """The span that a query requests; without an end it lasts until now."""
    values = parse_qs(query)
    start = _moment(values.get("starttime", [""])[0])
    end = _moment(values.get("endtime", [""])[0]) or now
    return Span(start, end) if start is not None and start < end else None


def _moment(text: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.strptime(match.group(1) + match.group(2), "%Y%m%d%H%M%S").replace(tzinfo=SITE_ZONE)
    except ValueError:
        return None


def _recorded(view: DeviceView, camera: DemoCamera, asked: Span) -> Target | None:
    """What a camera recorded of a span, or the first that follows in it."""
    for span in sorted(recorded_spans(view, camera), key=lambda one: one.start_at):
        if span.end_at > asked.start_at and span.start_at < asked.end_at:
            recording = Recording(f"track-{camera.channel}", camera, span, running=span.end_at == view.now)
            return Target(camera, "playback", recording, asked)
    return None
