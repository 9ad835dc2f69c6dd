"""Lists a device's video sources, so that each camera's channel is one of them. Media2 first, then Media1.

The services are distinguished by namespace, never by name; a channel known to be empty from one that could not be read.
"""

from dataclasses import dataclass, replace

from drivers.collect import is_final
from drivers.details import VideoSource, VideoSources
from drivers.errors import DeviceFault, DriverError, Malformed, NotPermitted, Unsupported
from drivers.model import Camera
from drivers.onvif import documents, parse
from drivers.onvif.parse import Profile
from drivers.onvif.services import Endpoint, ServiceTable
from drivers.onvif.soap import Session

NO_SOURCE = "the channel has no video source"
SOURCE_GONE = "the device does not list its video source any more"
RENUMBERED = "the device has renumbered its video sources, and which one is this channel was not known before"


@dataclass(frozen=True, slots=True)
class Source:
    """One video source: its profiles in the device's order, none where nothing is connected; its configurations.

    `gone`: the device does not list it any more (`with_gone`).
    """

    token: str
    profiles: tuple[Profile, ...]
    configurations: frozenset[str]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """The device's video sources in the order in which it lists them, and the service that listed them.

    `complete`: sources without a profile are among them, or the device has one source only. Otherwise channels are
    counted by the profiles, and none is known to be empty.
    """

    endpoint: Endpoint
    sources: tuple[Source, ...]
    complete: bool

    def source(self, channel: int) -> Source:
        """Return the source of a 1-based channel. Raises Unsupported where the device has none with a profile."""
        if not 1 <= channel <= len(self.sources):
            raise Unsupported(f"the device lists {len(self.sources)} video sources, none is channel {channel}")
        found = self.sources[channel - 1]
        if not found.profiles:
            raise Unsupported(NO_SOURCE)
        return found

    def is_empty(self, channel: int) -> bool:
        """Return whether this channel is known to have no video source; False where that is not known."""
        beyond = channel > len(self.sources)
        return self.complete and (beyond or not self.sources[channel - 1].profiles)


def read_media(session: Session, table: ServiceTable, channels: int) -> Media:
    """List the video sources of the service that answers, by its profiles and its video source configurations.

    `channels` is the highest requested channel. A device with one source is asked for others only if that is higher.

    Raises:
        DriverError: Neither media service gives profiles.
    """
    errors: list[DriverError] = []
    for namespace in (documents.MEDIA2, documents.MEDIA1):
        endpoint = table.find(namespace)
        if endpoint is None:
            continue
        try:
            if namespace == documents.MEDIA2:
                profiles = parse.profiles2(session.call(endpoint, "GetProfiles", Type=["All"]))
            else:
                profiles = parse.profiles1(session.call(endpoint, "GetProfiles"))
            if not profiles:
                raise Malformed("GetProfiles: no profile has a video source")
            sources = _sources(profiles)
            if len(sources) == 1 and channels <= 1:
                return Media(endpoint, sources, complete=True)
            return _with_unused(session, endpoint, sources)
        except DriverError as error:
            if is_final(error):
                raise
            errors.append(error)
    raise errors[0] if errors else Unsupported("the device offers no media service")


def _with_unused(session: Session, endpoint: Endpoint, used: tuple[Source, ...]) -> Media:
    """Insert sources without a profile, in the configurations' order: an unplugged channel renumbers no other."""
    try:
        owners = parse.configuration_owners(session.call(endpoint, "GetVideoSourceConfigurations"))
    except (DeviceFault, Unsupported, Malformed, NotPermitted):
        return Media(endpoint, used, complete=False)
    known = {source.token: source for source in used}
    named = dict.fromkeys(owners.values())
    if "" in named or not known.keys() <= named.keys():
        return Media(endpoint, used, complete=False)
    # Where a profile and the list disagree about a configuration, the profile counts.
    taken = {configuration for source in used for configuration in source.configurations}
    spare: dict[str, set[str]] = {token: set() for token in named}
    for configuration, token in owners.items():
        if configuration not in taken:
            spare[token].add(configuration)
    every = (known.get(token, Source(token, (), frozenset())) for token in named)
    sources = (replace(one, configurations=one.configurations | spare[one.token]) for one in every)
    return Media(endpoint, tuple(sources), complete=True)


@dataclass(frozen=True, slots=True)
class Placed:
    """Cameras by their sources: at the channel that their source has now, whose source is gone, and those unsure."""

    found: tuple[Camera, ...]
    gone: tuple[Camera, ...] = ()
    unsure: tuple[Camera, ...] = ()


def with_gone(media: Media, cameras: tuple[Camera, ...]) -> Media:
    """Insert the known sources that are not listed any more, empty, at their cameras' numbers.

    A device that lists only its online sources moves all others up when one goes: so each has its number again.
    """
    listed = {source.token for source in media.sources}
    gone = {one.source: one.channel for one in cameras if one.source and one.source not in listed}
    sources = list(media.sources)
    for token, channel in sorted(gone.items(), key=lambda one: one[1]):
        sources.insert(channel - 1, Source(token, (), frozenset(), gone=True))
    return replace(media, sources=tuple(sources))


def placed(media: Media, cameras: tuple[Camera, ...]) -> Placed:
    """Place each camera at its source by the token, and only one without a known token by its number.

    No camera may get the pictures of another one: while a known source is gone, a number alone says nothing.
    """
    numbers = {source.token: number for number, source in enumerate(media.sources, 1)}
    taken = {one.source for one in cameras if one.source}
    any_gone = any(source.gone for source in media.sources)
    found: list[Camera] = []
    gone: list[Camera] = []
    unsure: list[Camera] = []
    for one in cameras:
        number = numbers.get(one.source, one.channel)
        at = media.sources[number - 1] if 1 <= number <= len(media.sources) else None
        if one.source:
            (gone if at is None or at.gone else found).append(replace(one, channel=number))
        elif any_gone or (at is not None and at.token in taken):
            unsure.append(one)
        else:
            found.append(one)
    return Placed(tuple(found), tuple(gone), tuple(unsure))


def video_sources(media: Media) -> VideoSources:
    """Sum up the device's video sources that have a profile."""
    found = []
    for number, source in enumerate(media.sources, 1):
        if not source.profiles:
            continue
        first = source.profiles[0]
        found.append(VideoSource(number, source.token, first.name, *first.window_px, len(source.profiles)))
    return VideoSources(tuple(found), media.complete)


def _sources(profiles: tuple[Profile, ...]) -> tuple[Source, ...]:
    tokens = dict.fromkeys(one.source for one in profiles)
    return tuple(
        Source(
            token,
            tuple(one for one in profiles if one.source == token),
            frozenset(one.configuration for one in profiles if one.source == token),
        )
        for token in tokens
    )
