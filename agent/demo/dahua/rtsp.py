"""Describes streams of a simulated Dahua recorder: `/cam/realmonitor` live, `/cam/playback` recorded.

A recording begins at the moment that its URL names, in local wall time; no picture tells when it was recorded. Controls
are whole addresses without the query, so that the channel is that of the connection's DESCRIBE.

Source: client code and field reports; no real unit has been read.
"""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from agent.demo.isapi.rtsp import describe
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Dialect, Target
from agent.demo.world.recordings import SITE_ZONE, Recording
from drivers.model import Span
from drivers.picture import PathName

SUBTYPES: dict[str, PathName] = {"0": "main", "1": "sub", "2": "stream-3"}


def find(view: DeviceView, url: str, described: Target | None) -> Target | None:
    """Find what a URL names; one without a query is about what was described on this connection."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if not parts.path.startswith(("/cam/realmonitor", "/cam/playback")):
        return None
    if not query:
        return described
    camera = next((one for one in view.cameras if str(one.channel) == query.get("channel")), None)
    path = SUBTYPES.get(query.get("subtype", "0"))
    if camera is None or path is None:
        return None
    if parts.path.startswith("/cam/realmonitor"):
        return Target(camera, path, None)
    start, end = _moment(query.get("starttime")), _moment(query.get("endtime")) or view.now
    if start is None or start >= end:
        return None
    for recording in view.recordings():
        span = recording.span
        if recording.camera is camera and span.end_at > start and span.start_at < end:
            played = Recording(recording.token, camera, span, running=recording.running)
            return Target(camera, "playback", played, Span(start, end))
    return None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y_%m_%d_%H_%M_%S").replace(tzinfo=SITE_ZONE)
    except ValueError:
        return None


DAHUA = Dialect(find, describe)
