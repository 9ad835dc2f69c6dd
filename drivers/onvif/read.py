"""Reads one ONVIF device and its cameras: the driver's way in.

Each read fails alone and becomes an `Unavailable` with its reason. The checks decide what the facts mean;
`drivers/capture.py` fetches pictures and detects paths that answer without a login.
"""

from zoneinfo import ZoneInfo

from drivers.collect import Collector
from drivers.errors import DeadlineExceeded, DriverError, NoAnswer, Unreachable, Unsupported
from drivers.exchange import Transport
from drivers.footage import WantedFootage
from drivers.model import Camera, Fact, Identity, Observations, Services
from drivers.onvif import device as device_reads
from drivers.onvif import media as media_reads
from drivers.onvif import recordings as recording_reads
from drivers.onvif import sources as source_reads
from drivers.onvif.asks import ASKS
from drivers.onvif.services import ServiceTable
from drivers.onvif.soap import Session
from drivers.picture import Streams

__all__ = ["ASKS", "METHOD", "read"]

METHOD = "onvif"

_OF_A_SOURCE: tuple[Fact, ...] = (
    "encoders", "audio", "masks", "mask-options", "overlays", "recordings", "retention-limits",
)  # fmt: skip
"""What a camera has besides its streams, where its channel has a video source."""


def read(cameras: tuple[Camera, ...], transport: Transport, wanted: WantedFootage | None = None) -> Observations:
    """Read the device behind `transport` and its `cameras`. Never raises for what the device does.

    ONVIF lists all footage at once, so that `wanted` changes nothing. Reads that pictures and masks depend on come
    first; then, within half of the time left, the others. The facts of the device and of each camera are those of
    `model.Fact`, and `Unavailable` pictures for paths without an address.
    """
    session = Session(transport)
    seen = Collector(transport, METHOD)
    box = f"device:{transport.device.id}"
    foreign_hosts: dict[str, None] = {}
    clock = seen.attempt(device_reads.read_clock, session)
    # Where all of the time went by without a connection, its own words say more than those of a second try.
    table = seen.attempt(device_reads.read_services, clock if isinstance(clock, NoAnswer) else session)
    # Where not even the services could be asked for, one more question would only cost time.
    there = table if isinstance(table, Unreachable | DeadlineExceeded) else session
    identity = seen.attempt(device_reads.read_identity, there)
    media = seen.attempt(source_reads.read_media, there, table, max((one.channel for one in cameras), default=1))
    media = seen.attempt(source_reads.with_gone, media, cameras)
    masks = seen.attempt(media_reads.read_masks, there, table, media)
    seen.note(box, "video-sources", seen.attempt(source_reads.video_sources, media))
    connected = _connected(seen, media, cameras)
    sources = () if isinstance(media, DriverError) else media.sources
    for camera in connected:
        if 0 < camera.channel <= len(sources):
            seen.of_source(f"camera:{camera.id}", sources[camera.channel - 1].token)
    for camera in connected:
        foreign_hosts.update(dict.fromkeys(_streams(seen, session, media, camera)))
        subject = f"camera:{camera.id}"
        seen.note(subject, "encoders", seen.attempt(media_reads.encoders_of, media, camera.channel))
        seen.note(subject, "audio", seen.attempt(media_reads.audio_of, media, camera.channel))
        seen.note(subject, "masks", seen.attempt(media_reads.masks_of, masks, media, camera.channel))
        movable = seen.attempt(media_reads.movable_of, media, camera.channel)
        if not isinstance(movable, DriverError):
            seen.note(subject, "movable", movable)
    summary = seen.attempt(recording_reads.read_summary, there, table)
    seen.note(box, "recording-summary", summary)
    counted = None if isinstance(summary, DriverError) else summary
    held = seen.attempt(recording_reads.read_recordings, there, table, counted)
    seen.note(box, "services", seen.attempt(_services, table, foreign_hosts))

    overlays = seen.attempt(media_reads.read_overlays, there, media)
    for camera in connected:
        subject, channel = f"camera:{camera.id}", camera.channel
        seen.note(subject, "overlays", seen.attempt(media_reads.overlays_of, overlays, media, channel))
        options = seen.attempt(media_reads.read_mask_options, there, table, masks, media, channel)
        seen.note(subject, "mask-options", options)
    seen.note(box, "interfaces", seen.attempt(device_reads.read_interfaces, there))
    seen.note(box, "protocols", seen.attempt(device_reads.read_protocols, there))
    seen.note(box, "accounts", seen.attempt(device_reads.read_accounts, there))
    seen.note(box, "storages", seen.attempt(device_reads.read_storages, there))
    seen.note(box, "signing", seen.attempt(device_reads.read_signing, there, table))
    limits = seen.attempt(recording_reads.read_limits, there, table)
    events = seen.attempt(recording_reads.read_gap_events, there, table, held)
    seen.note(box, "gap-events", seen.attempt(recording_reads.gap_events, events))
    if not isinstance(held, DriverError) and not isinstance(events, DriverError):
        held = recording_reads.without_gaps(held, events)
    for camera in connected:
        subject = f"camera:{camera.id}"
        known = None if isinstance(held, DriverError) else held
        of_camera = seen.attempt(recording_reads.limits_of, limits, known, media, camera.channel)
        seen.note(subject, "retention-limits", of_camera)
        _recordings(seen, session, table, held, media, camera)
    identity_again = seen.attempt(device_reads.read_identity, session if isinstance(identity, Identity) else identity)
    if not isinstance(identity_again, DriverError):
        identity = seen.attempt(device_reads.same_identity, identity, identity_again)
    seen.note(box, "identity", identity)
    again = None if isinstance(clock, DriverError) else device_reads.read_clock_again(session, clock)
    seen.note(
        box, "clock", seen.attempt(device_reads.clock_of, clock, again, ZoneInfo(session.transport.device.time_zone))
    )
    return tuple(seen.observations)


def _connected(
    seen: Collector, media: source_reads.Media | DriverError, cameras: tuple[Camera, ...]
) -> tuple[Camera, ...]:
    """Record no streams for channels known to be empty, and for sources that are gone; return the other cameras.

    Each of them is at the channel that its source has now. All are returned where no source is known.
    """
    if isinstance(media, DriverError):
        return cameras
    places = source_reads.placed(media, cameras)
    empty = tuple(camera for camera in places.found if media.is_empty(camera.channel))
    for camera in empty:
        _without(seen, camera, Streams(()), source_reads.NO_SOURCE)
    for camera in places.gone:
        _without(seen, camera, Streams((), lost=True), source_reads.SOURCE_GONE)
    for camera in places.unsure:
        _without(seen, camera, Unsupported(source_reads.RENUMBERED), source_reads.RENUMBERED)
    return tuple(camera for camera in places.found if camera not in empty)


def _without(seen: Collector, camera: Camera, streams: Streams | DriverError, why: str) -> None:
    """Record a camera of which nothing else can be read."""
    seen.note(f"camera:{camera.id}", "streams", streams)
    for fact in _OF_A_SOURCE:
        seen.note(f"camera:{camera.id}", fact, Unsupported(why))


def _streams(
    seen: Collector, session: Session, media: source_reads.Media | DriverError, camera: Camera
) -> tuple[str, ...]:
    """Collect the paths of one camera; return the foreign hosts in their addresses."""
    subject = f"camera:{camera.id}"
    streams = seen.attempt(media_reads.read_streams, session, media, camera.channel)
    if isinstance(streams, DriverError):
        seen.note(subject, "streams", streams)
        return ()
    seen.note(subject, "streams", streams.streams)
    for path, error in streams.missing:
        seen.note(subject, "picture", error, path)
    return streams.foreign_hosts


def _recordings(
    seen: Collector,
    session: Session,
    table: ServiceTable | DriverError,
    held: recording_reads.Holdings | DriverError,
    media: source_reads.Media | DriverError,
    camera: Camera,
) -> None:
    """Collect the footage of one camera, and why it cannot be played where that is so."""
    subject = f"camera:{camera.id}"
    of_camera = seen.attempt(recording_reads.recordings_of, session, table, held, media, camera.channel)
    if isinstance(of_camera, DriverError):
        seen.note(subject, "recordings", of_camera)
        return
    seen.note(subject, "recordings", of_camera.recordings)
    if of_camera.replay_error is not None:
        seen.note(subject, "picture", of_camera.replay_error, "playback")


def _services(table: ServiceTable, foreign_hosts: dict[str, None]) -> Services:
    hosts = dict.fromkeys(table.foreign_hosts) | foreign_hosts
    return Services(tuple(endpoint.namespace for endpoint in table.endpoints), tuple(hosts))
