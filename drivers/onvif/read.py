"""Reads one ONVIF device and its cameras: the driver's way in.

Each read fails alone and becomes an `Unavailable` with its reason. What the facts mean is decided by the checks;
pictures, and whether a path answers without a login, are the business of `drivers/capture.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from drivers.errors import DeadlineExceeded, DriverError, NotTried, Refused, Unreachable
from drivers.exchange import Transport
from drivers.model import (
    Camera,
    Clock,
    Fact,
    Identity,
    Observation,
    Observations,
    PathName,
    Services,
    Unavailable,
    Value,
)
from drivers.onvif import media as media_reads
from drivers.onvif import parse
from drivers.onvif import recordings as recording_reads
from drivers.onvif.services import ServiceTable, device_endpoint, from_capabilities, from_services
from drivers.onvif.soap import Session

_T = TypeVar("_T")

METHOD = "onvif"

_HALF_SECOND_S = 0.501
"""Half of the second that a device counts in, and a millisecond for rounding."""


def read(cameras: tuple[Camera, ...], transport: Transport) -> Observations:
    """Read the device behind `transport` and its `cameras`. Never raises for what the device does.

    Facts of the device: identity, clock, services. Facts of each camera: streams, masks, overlays, recordings; and
    `Unavailable` pictures for the paths whose address the device did not give.
    """
    session = Session(transport)
    seen = _Seen(transport)
    foreign_hosts: dict[str, None] = {}
    clock = _attempt(_read_clock, session)
    table = _attempt(_read_services, session)
    # Where not even the services could be asked for, one more question would only cost time.
    gone = table if isinstance(table, Unreachable | DeadlineExceeded) else session
    identity = _attempt(_read_identity, gone)
    if cameras:
        media = _attempt(media_reads.read_media, session, table)
        masks = _attempt(media_reads.read_masks, session, table, media)
        overlays = _attempt(media_reads.read_overlays, session, media)
        held = _attempt(recording_reads.read_recordings, session, table)
    for camera in cameras:
        subject, channel = f"camera:{camera.id}", camera.channel
        streams = _attempt(media_reads.read_streams, session, media, channel)
        if isinstance(streams, DriverError):
            seen.note(subject, "streams", streams)
        else:
            seen.note(subject, "streams", streams.streams)
            foreign_hosts.update(dict.fromkeys(streams.foreign_hosts))
            for path, error in streams.missing:
                seen.note(subject, "picture", error, path)
        seen.note(subject, "masks", _attempt(media_reads.masks_of, masks, media, channel))
        seen.note(subject, "overlays", _attempt(media_reads.overlays_of, overlays, media, channel))
        held_of = _attempt(recording_reads.recordings_of, session, table, held, media, channel)
        if isinstance(held_of, DriverError):
            seen.note(subject, "recordings", held_of)
        else:
            seen.note(subject, "recordings", held_of.recordings)
            if held_of.replay_error is not None:
                seen.note(subject, "picture", held_of.replay_error, "playback")
    subject = f"device:{transport.device.id}"
    seen.note(subject, "identity", identity)
    seen.note(subject, "clock", clock)
    seen.note(subject, "services", _attempt(_services, table, foreign_hosts))
    return tuple(seen.observations)


class _Seen:
    """The observations of one run, in the order in which they were made."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.observations: list[Observation] = []

    def note(self, subject: str, fact: Fact, value: Value | DriverError, path: PathName | None = None) -> None:
        if isinstance(value, DriverError):
            value = Unavailable(fact, value.reason, str(value), path)
        self.observations.append(Observation(subject, value, self._transport.clock(), METHOD))


def _attempt(function: Callable[..., _T], *arguments: object) -> _T | DriverError:
    """Call a read and return its error as a value. An argument that is itself an error is the answer."""
    for argument in arguments:
        if isinstance(argument, DriverError):
            return argument
    try:
        return function(*arguments)
    except DriverError as error:
        return error


def _read_clock(session: Session) -> Clock:
    answer = session.call(device_endpoint(session.transport.device), "GetSystemDateAndTime")
    half_s = answer.exchange.reply.elapsed_s / 2
    asked_at = answer.exchange.received_at - timedelta(seconds=half_s)
    # The device cuts its time to whole seconds: the middle of that second, true within half of one.
    offset_s = (parse.device_time(answer.value) - asked_at).total_seconds() + 0.5
    session.clock_offset = timedelta(seconds=offset_s)
    return Clock(round(offset_s, 3), round(_HALF_SECOND_S + half_s, 3), parse.uses_ntp(answer.value))


def _read_services(session: Session) -> ServiceTable:
    device, own_hosts = session.transport.device, session.transport.addresses
    entry = device_endpoint(device)
    try:
        return from_services(session.call(entry, "GetServices", IncludeCapability=False).value, device, own_hosts)
    except (Unreachable, DeadlineExceeded, Refused, NotTried):
        raise
    except DriverError as error:
        try:
            # Old devices have no GetServices.
            answer = session.call(entry, "GetCapabilities", Category=["All"])
            return from_capabilities(answer.element, device, own_hosts)
        except DriverError:
            raise error from None


def _read_identity(session: Session) -> Identity:
    return parse.identity(session.call(device_endpoint(session.transport.device), "GetDeviceInformation").value)


def _services(table: ServiceTable, foreign_hosts: dict[str, None]) -> Services:
    hosts = dict.fromkeys(table.foreign_hosts) | foreign_hosts
    return Services(tuple(endpoint.namespace for endpoint in table.endpoints), tuple(hosts))
