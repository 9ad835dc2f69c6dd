"""Measures what live streams deliver, beside what they are configured to. Only on request.

Streams of one device are sampled one after the other, so that it never has a second session; devices at the same time.
Each device has one absolute deadline: that of a reading, and the time of the requested samples.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

from agent.observe.facts.facts import Facts
from agent.observe.probe.fan_out import NO_WATCH, FanOut, Task, Watch, cameras_behind
from agent.site.config.site import Site
from drivers.credentials import Credentials
from drivers.http.transport import Transport
from drivers.model import Device, Observation, Observations, Reason, Stream, Streams, Unavailable
from drivers.picture import StreamSample
from drivers.rtsp.sample import SAMPLED, SECONDS, sample_stream

DEVICE_MOST_S: Final = 60.0
"""How long the samples of one device may take together: with many streams behind it each is shorter."""

LEAST_S: Final = 2.0
"""A sample is not shorter than this: a few groups of pictures, or there is no bitrate to speak of."""

StreamsOf = Mapping[str, tuple[Stream, ...]]
"""Which streams are sampled, by camera id."""


def live_streams(site: Site, facts: Facts, cameras: Collection[str] | None = None) -> dict[str, tuple[Stream, ...]]:
    """Return the live streams that the devices named: of all cameras, or of those with these ids."""
    found = {}
    for camera_id in (c.camera.id for c in site.cameras):
        known = facts.one(f"camera:{camera_id}", Streams)
        if known is not None and (cameras is None or camera_id in cameras):
            found[camera_id] = tuple(stream for stream in known.streams if stream.path in SAMPLED)
    return found


def planned_s(site: Site, streams: StreamsOf, seconds: float = SECONDS) -> float:
    """Estimate how long sampling takes: as long as for the device with the most streams."""
    counts = (len(_behind(site, streams, device)) for device in site.devices)
    return max((count * each_s(count, seconds) for count in counts), default=0.0)


def each_s(count: int, seconds: float) -> float:
    """Return how long each of `count` streams of one device is sampled, where `seconds` were requested."""
    return min(seconds, max(LEAST_S, DEVICE_MOST_S / max(count, 1)))


def measure(
    site: Site,
    streams: StreamsOf,
    credentials: Credentials,
    clock: Callable[[], datetime],
    seconds: float = SECONDS,
    watch: Watch = NO_WATCH,
) -> Observations:
    """Sample streams; return a `StreamSample`, or why there is none, for each camera and path of `streams`.

    Of each stream `seconds` are measured (more than 0, at most 30), fewer where many share one device. `credentials`
    has the logins refused before, `clock` gives the time of the observations. `watch` follows the measurement and may
    end it: what was measured by then counts.
    """
    tasks = [_task(site, streams, device, clock, seconds) for device in site.devices if _behind(site, streams, device)]
    under_way: FanOut[Observations] = FanOut(site.probe.max_devices_at_once, credentials, clock, watch, "measuring")
    under_way.start(tasks)
    arrived = {}
    for device, found in under_way.arrivals():
        arrived[device.id] = found
        watch.stage(device.id, "done")
    return tuple(observation for task in tasks for observation in arrived[task.device.id])


def _task(
    site: Site, streams: StreamsOf, device: Device, clock: Callable[[], datetime], seconds: float
) -> Task[Observations]:
    asked = _behind(site, streams, device)
    seconds = each_s(len(asked), seconds)
    found: list[Observation] = []

    def read(transport: Transport) -> Observations:
        for camera_id, stream in asked:
            found.append(_observed(camera_id, sample_stream(transport, stream, seconds), clock()))
        return tuple(found)

    def missing(reason: Reason, detail: str) -> Observations:
        """Keep what was measured before the device's time, or ours, came to its end."""
        kept = tuple(found)
        rest = (
            _observed(camera_id, Unavailable("stream-sample", reason, detail, stream.path), clock())
            for camera_id, stream in asked[len(kept) :]
        )
        return (*kept, *rest)

    return Task(device, site.probe.deadline_s + seconds * len(asked), read, missing)


def _behind(site: Site, streams: StreamsOf, device: Device) -> list[tuple[str, Stream]]:
    return [(camera.id, stream) for camera in cameras_behind(site, device) for stream in streams.get(camera.id, ())]


def _observed(camera_id: str, value: StreamSample | Unavailable, at: datetime) -> Observation:
    return Observation(f"camera:{camera_id}", value, at, "rtsp sample")
