"""Remembers the video source of each camera by its token, so that a renumbered device is read at the right one. Pure.

A recorder that lists only its online sources moves all others up when one goes: by its number, a camera would then be
judged on the pictures of the next one. A token that is not listed any more is a camera that is lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.model.finding import Json
from agent.site.config.site import Site
from drivers.details import VideoSources
from drivers.model import Observation

TOKEN_CHARS_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class KnownSource:
    """The video source of a camera: its token and name, and how many sources its device listed when all were there."""

    token: str
    listed: int
    name: str = ""


KnownSources = Mapping[str, KnownSource]
"""By camera id."""


def with_sources(site: Site, known: KnownSources) -> Site:
    """Return the site with the known source of each camera, for drivers to read it by.

    A device that listed one source alone is no recorder, and cannot be renumbered.
    """
    tokens = {name: one.token for name, one in known.items() if one.listed > 1}
    cameras = (replace(one, camera=replace(one.camera, source=tokens.get(one.camera.id, ""))) for one in site.cameras)
    return replace(site, cameras=tuple(cameras))


def update_sources(site: Site, told: Iterable[Observation], before: KnownSources) -> dict[str, KnownSource]:
    """Return the source of each camera after a look; what is not configured any more is dropped.

    While a known source is missing, or fewer are listed than are configured, nothing is learned: the numbers may be
    shifted. A device that lists as many sources
    as before and none of the known ones has renamed them all, as after an update: they are learned anew by their names
    where these tell all of them apart, else by their numbers.
    """
    listed = {one.subject: one.value for one in told if isinstance(one.value, VideoSources)}
    after: dict[str, KnownSource] = {}
    for device in site.devices:
        names = {one.camera.id: one.camera.channel for one in site.cameras if one.camera.device == device.id}
        known = {name: before[name] for name in names if name in before}
        sources = listed.get(f"device:{device.id}")
        after |= known if sources is None else _of_device(names, known, sources)
    return after


def is_short(channels: Iterable[int], sources: VideoSources) -> bool:
    """Tell whether a device lists fewer sources than are configured, so that their numbers may have shifted."""
    listed = max((one.channel for one in sources.sources), default=0)
    return not sources.complete and max(channels, default=0) > listed


def _of_device(channels: Mapping[str, int], known: KnownSources, sources: VideoSources) -> dict[str, KnownSource]:
    tokens = {one.channel: one.token for one in sources.sources if len(one.token) <= TOKEN_CHARS_MAX}
    if not known and is_short(channels.values(), sources):
        return {}
    missing = [one for one in known.values() if one.token not in tokens.values()]
    renamed = known and len(missing) == len(known) and all(one.listed == len(sources.sources) for one in missing)
    if missing and not renamed:
        return dict(known)
    kept = _by_name(known, sources) if renamed else known
    taken = {one.token for one in kept.values()}
    fresh = {
        name: tokens[channel]
        for name, channel in channels.items()
        if name not in kept and channel in tokens and tokens[channel] not in taken
    }
    held = {name: one.token for name, one in kept.items()} | fresh
    called = {one.token: one.name[:TOKEN_CHARS_MAX] for one in sources.sources}
    return {name: KnownSource(token, len(sources.sources), called.get(token, "")) for name, token in held.items()}


def _by_name(known: Mapping[str, KnownSource], sources: VideoSources) -> dict[str, KnownSource]:
    """Return the renamed source of each camera by its name; none at all where a name is missing or there twice."""
    found: dict[str, KnownSource] = {}
    for camera, before in known.items():
        ones = [one for one in sources.sources if one.name[:TOKEN_CHARS_MAX] == before.name]
        if not before.name or len(ones) != 1 or len(ones[0].token) > TOKEN_CHARS_MAX:
            return {}
        found[camera] = replace(before, token=ones[0].token)
    return found if len({one.token for one in found.values()}) == len(found) else {}


def source_data(source: KnownSource) -> list[Json]:
    """Return a source as plain data."""
    return [source.token, source.listed, source.name]


def source_from(data: Any) -> KnownSource:
    """Return what `source_data` wrote. Raises ValueError or TypeError."""
    token, listed, *name = data
    return KnownSource(str(token), int(listed), str(name[0]) if name else "")
