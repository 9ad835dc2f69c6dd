"""Reads what a recorder says it holds: one search for all cameras, then spans per camera (ONVIF Profile G).

A search session on the device ends by itself after its keep-alive time; it is ended here as soon as it is done.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from re import split as split_text
from typing import Any

from drivers.address import place, url_on
from drivers.errors import DeviceFault, DriverError, Malformed, Unsupported
from drivers.model import Recordings
from drivers.onvif import documents, parse
from drivers.onvif.media import Media, Source
from drivers.onvif.parse import Recording
from drivers.onvif.services import Endpoint, ServiceTable
from drivers.onvif.soap import Session

MAX_RECORDINGS = 20_000
_BATCH = 200
_POLL_S = 0.1
# Devices need not keep a search longer than 10 s without a poll.
_KEEP_ALIVE = timedelta(seconds=10)
_WAIT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Every recording that the device lists, in its order."""

    recordings: tuple[Recording, ...]


@dataclass(frozen=True, slots=True)
class CameraHoldings:
    """What the device holds of one camera; `replay_error` where it offers replay but did not say how."""

    recordings: Recordings
    replay_error: DriverError | None = None


def read_recordings(session: Session, table: ServiceTable) -> Holdings:
    """List all recordings of the device.

    Raises:
        DriverError: The device offers no search, or it did not end well.

    Source: ONVIF Recording Search Service Specification, GetRecordingSummary, FindRecordings,
        GetRecordingSearchResults.
    """
    endpoint = table.require(documents.SEARCH, "recording search")
    summary = session.call(endpoint, "GetRecordingSummary").value
    if getattr(summary, "NumberRecordings", None) == 0:
        # The dates of such a summary mean nothing.
        return Holdings(())
    answer = session.call(endpoint, "FindRecordings", Scope={}, KeepAliveTime=_KEEP_ALIVE)
    token = str(answer.value or "")
    if not token:
        raise Malformed("FindRecordings: no search token in the answer")
    try:
        found = _results(session, endpoint, token)
    finally:
        with suppress(DriverError):
            session.call(endpoint, "EndSearch", SearchToken=token)
    return Holdings(tuple(_complete(session, endpoint, one) for one in found))


def recordings_of(session: Session, table: ServiceTable, held: Holdings, media: Media, channel: int) -> CameraHoldings:
    """Pick the recordings of one camera, and where they can be played.

    Raises:
        Malformed: Some recordings cannot be matched to a camera, so that this camera's list may lack them.
        Unsupported: The device has no such channel.
    """
    source = media.source(channel)
    groups = _groups(held, media)
    own = groups.get(source.token, ())
    if not own and "" in groups:
        raise Malformed("the device's recordings cannot be matched to its video sources")
    spans = parse.merge(span for recording in own for span in recording.spans)
    with_time = [recording for recording in own if recording.spans]
    if not with_time:
        return CameraHoldings(Recordings(()))
    endpoint = table.find(documents.REPLAY)
    if endpoint is None:
        return CameraHoldings(Recordings(spans))
    oldest = min(with_time, key=lambda recording: recording.spans[0].start_at)
    try:
        return CameraHoldings(Recordings(spans, _replay_url(session, endpoint, oldest.token)))
    except DriverError as error:
        return CameraHoldings(Recordings(spans), error)


def _results(session: Session, endpoint: Endpoint, token: str) -> list[Any]:
    found: list[Any] = []
    while True:
        answer = session.call(
            endpoint, "GetRecordingSearchResults", SearchToken=token, MaxResults=_BATCH, WaitTime=_WAIT
        )
        listed = answer.value
        found += list(getattr(listed, "RecordingInformation", None) or ())
        state = getattr(listed, "SearchState", None)
        if state == "Completed":
            return found
        if state not in ("Searching", "Queued"):
            raise Malformed("GetRecordingSearchResults: the answer does not say whether the search is complete")
        if len(found) > MAX_RECORDINGS:
            raise Malformed(f"GetRecordingSearchResults: more than {MAX_RECORDINGS} recordings")
        session.transport.deadline.pause(_POLL_S)


def _complete(session: Session, endpoint: Endpoint, information: Any) -> Recording:
    """Ask once more for a recording whose entry in the search results lacks its times."""
    recording = parse.recording(information)
    if recording.spans or not recording.token:
        return recording
    try:
        return parse.recording(session.call(endpoint, "GetRecordingInformation", RecordingToken=recording.token).value)
    except (DeviceFault, Unsupported):
        return recording


def _groups(held: Holdings, media: Media) -> dict[str, tuple[Recording, ...]]:
    """Sort recordings by the token of their video source; those of no known source stand under the empty token.

    A recording names its source by an id that its maker chose. Where no id names a token of the device, and there
    are exactly as many ids as sources, the order decides; and a device with one source has recorded that one.
    """
    ids = list(dict.fromkeys((one.source_id, one.source_name) for one in held.recordings))
    matched: dict[tuple[str, str], Source | None] = {one: _source_named(one, media) for one in ids}
    if not any(matched.values()) and len(ids) == len(media.sources):
        matched = dict(zip(ids, media.sources, strict=True))
    elif len(media.sources) == 1:
        matched = dict.fromkeys(ids, media.sources[0])
    groups: dict[str, tuple[Recording, ...]] = {}
    for recording in held.recordings:
        source = matched[(recording.source_id, recording.source_name)]
        token = source.token if source else ""
        groups[token] = (*groups.get(token, ()), recording)
    return groups


def _source_named(named: tuple[str, str], media: Media) -> Source | None:
    for text in named:
        words = {text, split_text(r"[/:#?=]", text)[-1]}
        for source in media.sources:
            tokens = {source.token, *source.configurations, *(profile.token for profile in source.profiles)}
            if words & tokens:
                return source
    return None


def _replay_url(session: Session, endpoint: Endpoint, recording: str) -> str:
    """Return where a recording can be played.

    Source: ONVIF Replay Control Service Specification, GetReplayUri.
    """
    device = session.transport.device
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    uri = session.call(endpoint, "GetReplayUri", StreamSetup=setup, RecordingToken=recording).value
    where = place(str(uri or ""), device, session.transport.addresses)
    if not where.scheme.startswith("rtsp"):
        raise Malformed(f"GetReplayUri: the device gave an address of the kind {where.scheme}")
    return url_on(device, where)
