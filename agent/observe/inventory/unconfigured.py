"""Finds channels of recorders that have a camera and that nobody configured, and cameras that left the configuration.

One look proves nothing: a channel counts when it was seen twice. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from agent.observe.inventory.known_sources import KnownSources
from agent.site.config.site import Site
from drivers.details import VideoSources
from drivers.footage import Channel, Channels
from drivers.model import Observation, Value

TIMES_TO_COUNT: Final = 2
DROPPED_FOR: Final = timedelta(days=30)
"""How long a camera is told of that is not configured any more."""
CONFIGURED_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is remembered of sources and channels.

    `sources`: the video source of each camera at its device. `strays`: channels that nobody configured,
    `DEVICE/NUMBER`, with the looks that saw them. `configured`: when each camera was configured last.
    """

    sources: KnownSources = field(default_factory=dict)
    strays: Mapping[str, int] = field(default_factory=dict)
    configured: Mapping[str, datetime] = field(default_factory=dict)


NOTHING_YET: Final = Inventory()


def channels_with_camera(values: Iterable[Value]) -> frozenset[int] | None:
    """Return the channels of a device that have a camera, by what it lists; None where it lists neither kind."""
    found: set[int] | None = None
    for value in values:
        if isinstance(value, Channels):
            found = (found or set()) | {one.number for one in value.channels if _has_camera(one)}
        elif isinstance(value, VideoSources):
            found = (found or set()) | {one.channel for one in value.sources}
    return None if found is None else frozenset(found)


def _has_camera(channel: Channel) -> bool:
    """Tell whether a channel has a camera: it is online, has an address, or the device has a word for it.

    Recorders list every slot; those without camera, address and word are not in use.
    """
    return channel.state == "online" or bool(channel.host) or (channel.state == "unknown" and bool(channel.word))


def stray_channels(site: Site, by_subject: Mapping[str, Iterable[Observation]]) -> dict[str, tuple[str, ...] | None]:
    """Return, by device id, the channels that nobody configured or ignored, as `DEVICE/NUMBER`; None: not listed."""
    ignored = {one.channel for one in site.discovery.ignore if one.channel}
    found: dict[str, tuple[str, ...] | None] = {}
    for device in site.devices:
        there = channels_with_camera(one.value for one in by_subject.get(f"device:{device.id}", ()))
        ours = {one.camera.channel for one in site.cameras if one.camera.device == device.id}
        names = None if there is None else tuple(f"{device.id}/{number}" for number in sorted(there - ours))
        found[device.id] = None if names is None else tuple(name for name in names if name not in ignored)
    return found


def update_strays(site: Site, told: Iterable[Observation], before: Mapping[str, int]) -> dict[str, int]:
    """Return in how many looks each stray channel was seen, up to `TIMES_TO_COUNT`.

    Of a device that lists nothing in this look what is known stays, but for channels that are configured by now.
    """
    by_subject: dict[str, list[Observation]] = {}
    for one in told:
        by_subject.setdefault(one.subject, []).append(one)
    settled = {f"{one.camera.device}/{one.camera.channel}" for one in site.cameras}
    settled |= {one.channel for one in site.discovery.ignore if one.channel}
    after: dict[str, int] = {}
    for device, names in stray_channels(site, by_subject).items():
        if names is None:
            after |= {
                name: times
                for name, times in before.items()
                if name.rpartition("/")[0] == device and name not in settled
            }
        else:
            after |= {name: min(before.get(name, 0) + 1, TIMES_TO_COUNT) for name in names}
    return after


def update_configured(site: Site, before: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    """Return when each camera was configured last, those of the last `DROPPED_FOR` alone."""
    recent = {name: at for name, at in before.items() if now - at <= DROPPED_FOR}
    after = recent | {one.camera.id: now for one in site.cameras}
    return dict(sorted(after.items(), key=lambda one: one[1], reverse=True)[:CONFIGURED_MAX])


def dropped_cameras(site: Site, configured: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return the cameras that were configured and are not any more, with the last time at which they were."""
    ours = {one.camera.id for one in site.cameras}
    return {name: at for name, at in sorted(configured.items()) if name not in ours}
