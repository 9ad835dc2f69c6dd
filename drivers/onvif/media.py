"""Reads the cameras of the media services: encoders, streams, masks, overlays. Masks exist only in Media2."""

from contextlib import suppress
from dataclasses import dataclass

from drivers.address import is_foreign, parse_address, url_on
from drivers.details import Audio, Encoders, MaskOptions, Movable
from drivers.errors import DeviceFault, DriverError, Malformed, NotPermitted, Unsupported
from drivers.model import Mask, Masks, Overlays
from drivers.onvif import documents, parse
from drivers.onvif.parse import Profile
from drivers.onvif.services import Endpoint, ServiceTable
from drivers.onvif.soap import Session
from drivers.onvif.sources import Media, Source
from drivers.picture import STREAMS, PathName, Stream, Streams

_PATHS: tuple[PathName, ...] = ("snapshot", *STREAMS)
"""The paths read of a camera; a snapshot is of the largest picture, as the main stream is."""


@dataclass(frozen=True, slots=True)
class MaskList:
    """All masks with the token of their video source or ""; `supported`: the device claims masks; None: unknown."""

    masks: tuple[tuple[str, Mask], ...]
    supported: bool | None


@dataclass(frozen=True, slots=True)
class StreamsRead:
    """The streams of a camera; paths whose address could not be had, and why; hosts that the addresses named."""

    streams: Streams
    missing: tuple[tuple[PathName, DriverError], ...] = ()
    foreign_hosts: tuple[str, ...] = ()


def encoders_of(media: Media, channel: int) -> Encoders:
    """List how each profile of a camera encodes. Raises Unsupported where the device has no such channel."""
    return Encoders(tuple(one.video for one in media.source(channel).profiles if one.video.encoding))


def audio_of(media: Media, channel: int) -> Audio:
    """List which profiles of a camera carry sound. Raises Unsupported where the device has no such channel."""
    return Audio(tuple(one.audio for one in media.source(channel).profiles if one.audio is not None))


def movable_of(media: Media, channel: int) -> Movable:
    """Return whether any profile of a camera can be turned. Raises Unsupported where the device has no such channel.

    Source: ONVIF Media Service Specification, Profile, PTZConfiguration; Media2, ConfigurationSet, PTZ.
    """
    return Movable(any(one.ptz for one in media.source(channel).profiles))


def read_streams(session: Session, media: Media, channel: int) -> StreamsRead:
    """Read the addresses of a camera's snapshot and streams, the largest first. Raises DriverError without any."""
    source = media.source(channel)
    device, own_hosts = session.transport.device, session.transport.addresses
    streams: list[Stream] = []
    missing: list[tuple[PathName, DriverError]] = []
    foreign: dict[str, None] = {}
    ranked = _ranked(source)
    ranked = [*ranked[:2], *(one for one in ranked[2:] if one.encoder)]
    for path, profile in zip(_PATHS, (ranked[0], *ranked), strict=False):
        try:
            where = parse_address(_uri(session, media.endpoint, path, profile), device, own_hosts)
            if where.scheme.startswith("rtsp") == (path == "snapshot"):
                raise Malformed(f"the device gave an address of the kind {where.scheme} for {path}")
        except DriverError as error:
            missing.append((path, error))
            continue
        if is_foreign(where, device, own_hosts):
            foreign[where.named_host] = None
        url = url_on(device, where)
        if path == "snapshot":
            streams.append(Stream(path, url, encoding="JPEG", profile=profile.token))
        else:
            video = profile.video
            rate, kbps, gop = video.frame_rate, video.bitrate_kbps, video.gop_frames
            size = video.width_px, video.height_px
            streams.append(Stream(path, url, video.encoding, *size, rate, kbps, gop, profile.token))
    if not streams:
        raise missing[0][1]
    further = tuple(one.token for one in ranked[len(STREAMS) :])
    return StreamsRead(Streams(tuple(streams), further), tuple(missing), tuple(foreign))


def read_masks(session: Session, table: ServiceTable, media: Media) -> MaskList:
    """Read all masks of the device and whether it claims such a function. Raises DriverError without a list."""
    endpoint = table.require(documents.MEDIA2, "Media2")
    found = parse.masks(session.call(endpoint, "GetMasks"))
    owners = _owners(media)
    if len(media.sources) == 1 and any(configuration not in owners for configuration, _ in found):
        with suppress(DeviceFault, Unsupported, Malformed, NotPermitted):
            # A configuration that no profile uses still belongs to a source. Devices with more were asked before.
            configured = session.call(endpoint, "GetVideoSourceConfigurations")
            owners = {**parse.configuration_owners(configured), **owners}
    supported = None
    with suppress(DeviceFault, Unsupported, Malformed, NotPermitted):
        supported = parse.says_masks(session.call(endpoint, "GetServiceCapabilities"))
    alone = media.sources[0].token if len(media.sources) == 1 else ""
    return MaskList(tuple((owners.get(configuration, alone), mask) for configuration, mask in found), supported)


def masks_of(listed: MaskList, media: Media, channel: int) -> Masks:
    """Select a camera's masks, empty only as proof. Raises Unsupported; Malformed: masks of no known source."""
    source = media.source(channel)
    if not listed.masks and not listed.supported:
        raise Unsupported("the device lists no mask and does not say that it can have any")
    lost = sum(1 for token, _ in listed.masks if not token)
    if lost:
        raise Malformed(f"GetMasks: {lost} masks belong to no video source that the device lists")
    return Masks(tuple(mask for token, mask in listed.masks if token == source.token))


def read_mask_options(
    session: Session, table: ServiceTable, listed: MaskList, media: Media, channel: int
) -> MaskOptions:
    """Read which masks the device can draw for one camera. Raises DriverError."""
    source = media.source(channel)
    if not listed.masks and not listed.supported:
        raise Unsupported("the device lists no mask and does not say that it can have any")
    endpoint = table.require(documents.MEDIA2, "Media2")
    configuration = source.profiles[0].configuration
    answer = session.call(endpoint, "GetMaskOptions", optional=True, ConfigurationToken=configuration)
    return parse.mask_options(answer)


def read_overlays(session: Session, media: Media) -> tuple[tuple[str, str], ...]:
    """Read the texts that the device draws, each with the token of its video source. Raises DriverError."""
    texts = parse.overlays(session.call(media.endpoint, "GetOSDs", optional=True))
    owners = _owners(media)
    alone = media.sources[0].token if len(media.sources) == 1 else ""
    return tuple((owners.get(configuration, alone), text) for configuration, text in texts)


def overlays_of(listed: tuple[tuple[str, str], ...], media: Media, channel: int) -> Overlays:
    """Pick the texts of one camera. Raises Unsupported where the device has no such channel."""
    source = media.source(channel)
    return Overlays(tuple(text for token, text in listed if token == source.token))


def _owners(media: Media) -> dict[str, str]:
    """Map each video source configuration to its video source."""
    return {configuration: source.token for source in media.sources for configuration in source.configurations}


def _ranked(source: Source) -> list[Profile]:
    """List the profiles to read: one per encoder, by size of the picture."""
    by_encoder: dict[str, Profile] = {}
    for profile in source.profiles:
        by_encoder.setdefault(profile.encoder or profile.token, profile)
    return sorted(by_encoder.values(), key=lambda one: -one.video.width_px * one.video.height_px)


def _uri(session: Session, endpoint: Endpoint, path: PathName, profile: Profile) -> str:
    media2 = endpoint.namespace == documents.MEDIA2
    if path == "snapshot":
        value = session.call(endpoint, "GetSnapshotUri", ProfileToken=profile.token).value
    elif media2:
        value = session.call(endpoint, "GetStreamUri", Protocol="RTSP", ProfileToken=profile.token).value
    else:
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        value = session.call(endpoint, "GetStreamUri", StreamSetup=setup, ProfileToken=profile.token).value
    return str((value if media2 else getattr(value, "Uri", None)) or "")
