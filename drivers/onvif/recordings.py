"""Reads a recorder's holdings: one search for all cameras, then spans per camera (ONVIF Profile G).

A search session expires on the device after its keep-alive time; it is ended here as soon as it is done. Events of gaps
come last: without them spans are what the tracks claim, and `Recordings` notes that.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from re import split as split_text
from typing import Any

from lxml import etree

from drivers.address import parse_address, url_on
from drivers.details import GapEvents, RecordingSummary, RetentionLimit, RetentionLimits
from drivers.errors import DeviceFault, DriverError, Malformed, NotPermitted, Unsupported
from drivers.model import Recordings, Span
from drivers.onvif import documents, parse_recordings
from drivers.onvif.parse_recordings import Recording, TrackEvent
from drivers.onvif.services import Endpoint, ServiceTable
from drivers.onvif.soap import Session
from drivers.onvif.sources import Media, Source
from drivers.spans import merged

MAX_RECORDINGS = 20_000
MAX_EVENTS = 20_000
_BATCH = 200
_EVENT_BATCH = 1000
_POLL_S = 0.1
# Devices need not keep a search longer than 10 s without a poll.
_KEEP_ALIVE = timedelta(seconds=10)
_WAIT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Every recording that the device lists, in its order. `gaps_told`: gaps in its events are taken into account."""

    recordings: tuple[Recording, ...]
    gaps_told: bool = False


@dataclass(frozen=True, slots=True)
class CameraHoldings:
    """The recordings of one camera; `replay_error` where the device offers replay without an address."""

    recordings: Recordings
    replay_error: DriverError | None = None


Limits = tuple[tuple[Recording, RetentionLimit], ...]


def read_summary(session: Session, table: ServiceTable) -> RecordingSummary:
    """Read the summary of all recordings. Raises DriverError.

    Source: ONVIF Recording Search Service Specification, GetRecordingSummary.
    """
    endpoint = table.require(documents.SEARCH, "recording search")
    return parse_recordings.summary(session.call(endpoint, "GetRecordingSummary"))


def read_recordings(session: Session, table: ServiceTable, summed: RecordingSummary | None) -> Holdings:
    """List all recordings of the device; nothing is searched where it reports none.

    Raises:
        DriverError: No search, or it did not end well.

    Source: ONVIF Recording Search Service Specification, FindRecordings, GetRecordingSearchResults.
    """
    endpoint = table.require(documents.SEARCH, "recording search")
    if summed is not None and summed.recordings == 0:
        return Holdings(())
    answer = session.call(endpoint, "FindRecordings", Scope={}, KeepAliveTime=_KEEP_ALIVE)
    token = _search_token(answer.value, "FindRecordings")
    found: list[Any] = []
    try:
        while True:
            page = session.call(
                endpoint, "GetRecordingSearchResults", SearchToken=token, MaxResults=_BATCH, WaitTime=_WAIT
            )
            state, _, decoded = parse_recordings.results(page, "RecordingInformation")
            found += decoded
            if state == "Completed":
                break
            if len(found) > MAX_RECORDINGS:
                raise Malformed(f"GetRecordingSearchResults: more than {MAX_RECORDINGS} recordings")
            session.transport.deadline.pause(_POLL_S)
    finally:
        with suppress(DriverError):
            session.call(endpoint, "EndSearch", SearchToken=token)
    return Holdings(tuple(_complete(session, endpoint, one) for one in found))


def topic() -> etree._Element:
    """Return the filter for events of tracks, a new element each time.

    zeep moves it into the request. A shared one would be taken out of the request that another thread writes without
    the GIL: the process then dies (lxml 6, SIGSEGV).
    """
    return etree.fromstring(
        '<wsnt:TopicExpression xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tns1="http://www.onvif.org/ver10/topics"'
        ' Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f"tns1:{parse_recordings.TRACK_STATE}</wsnt:TopicExpression>"
    )


def read_gap_events(session: Session, table: ServiceTable, held: Holdings) -> tuple[TrackEvent, ...]:
    """Read the events of recorded data beginning and ending.

    Raises:
        DriverError: No answer, or not in time; Unsupported where it holds nothing.

    Source: ONVIF Recording Search Service Specification, FindEvents; topic tns1:RecordingHistory/Track/State.
    """
    endpoint = table.require(documents.SEARCH, "recording search")
    starts = [span.start_at for recording in held.recordings for span in recording.spans]
    if not starts:
        raise Unsupported("the device holds no recorded time")
    answer = session.call(
        endpoint,
        "FindEvents",
        optional=True,
        StartPoint=min(starts),
        Scope={},
        SearchFilter=topic(),
        IncludeStartState=False,
        KeepAliveTime=_KEEP_ALIVE,
    )
    token = _search_token(answer.value, "FindEvents")
    events: list[TrackEvent] = []
    seen = 0
    try:
        while True:
            page = session.call(
                endpoint,
                "GetEventSearchResults",
                optional=True,
                SearchToken=token,
                MaxResults=_EVENT_BATCH,
                WaitTime=_WAIT,
            )
            state, rows, _ = parse_recordings.results(page, "Result")
            events += parse_recordings.track_events(rows)
            seen += len(rows)
            if state == "Completed":
                return tuple(events)
            if seen > MAX_EVENTS:
                raise Malformed(f"GetEventSearchResults: more than {MAX_EVENTS} events")
            session.transport.deadline.pause(_POLL_S)
    finally:
        with suppress(DriverError):
            session.call(endpoint, "EndSearch", optional=True, SearchToken=token)


def without_gaps(held: Holdings, events: tuple[TrackEvent, ...]) -> Holdings:
    """Remove the gaps in events from all recordings."""
    return Holdings(tuple(parse_recordings.without_gaps(one, events) for one in held.recordings), gaps_told=True)


def gap_events(events: tuple[TrackEvent, ...]) -> GapEvents:
    """Sum the events up."""
    return GapEvents(len(events))


def read_limits(session: Session, table: ServiceTable) -> Limits:
    """Read the longest retention of each recording. Raises DriverError.

    Source: ONVIF Recording Control Service Specification, GetRecordings.
    """
    endpoint = table.require(documents.RECORDING, "recording")
    return parse_recordings.limits(session.call(endpoint, "GetRecordings", optional=True))


def limits_of(limits: Limits, held: Holdings | None, media: Media, channel: int) -> RetentionLimits:
    """Select a camera's limits. Raises Malformed: recordings without a camera; Unsupported: no such channel."""
    source = media.source(channel)
    # The search knows the recordings' sources by the same words; together they are matched by order, if at all.
    known = held.recordings if held is not None else ()
    of_token = {one.token: (one.source_id, one.source_name) for one in known}
    made_of = []
    for recording, _ in limits:
        source_id, source_name = of_token.get(recording.token, (recording.source_id, recording.source_name))
        made_of.append(replace(recording, source_id=source_id, source_name=source_name))
    groups = parse_recordings.grouped(made_of, _owners((*known, *made_of), media))
    own = {one.token for one in groups.get(source.token, ())}
    if not own and "" in groups:
        raise Malformed("GetRecordings: recordings cannot be matched to the device's video sources")
    mine = tuple(one for one in made_of if one.token in own)
    if _is_guess((*known, *made_of), mine, media) and len({limit.limit for _, limit in limits}) > 1:
        # Another camera's limit would accuse this one, or clear it.
        raise Malformed("GetRecordings: only the order of two lists tells which limit is whose")
    return RetentionLimits(tuple(limit for _, limit in limits if limit.recording in own))


def recordings_of(session: Session, table: ServiceTable, held: Holdings, media: Media, channel: int) -> CameraHoldings:
    """Select a camera's recordings and their address. Raises Unsupported; Malformed: recordings of no camera."""
    source = media.source(channel)
    groups = parse_recordings.grouped(held.recordings, _owners(held.recordings, media))
    own = groups.get(source.token, ())
    if not own and "" in groups:
        raise Malformed("the device's recordings cannot be matched to its video sources")
    spans = merged(span for recording in own for span in recording.spans)
    kinds = dict.fromkeys(track.kind for recording in own for track in recording.tracks if track.kind)
    states = {recording.status for recording in own if recording.status}
    running = ("Recording" in states) if states else None
    listed = (Span(spans[0].start_at, spans[-1].end_at),) if held.gaps_told and spans else ()
    guessed = _is_guess(held.recordings, own, media)
    told_of = Recordings(spans, listed=listed, tracks=tuple(kinds), running=running, owner_guessed=guessed)
    with_time = [recording for recording in own if recording.spans]
    if not with_time:
        return CameraHoldings(told_of)
    endpoint = table.find(documents.REPLAY)
    if endpoint is None:
        return CameraHoldings(told_of)
    oldest = min(with_time, key=lambda recording: recording.spans[0].start_at)
    newest = max(with_time, key=lambda recording: recording.spans[-1].end_at)
    try:
        url = _replay_url(session, endpoint, oldest.token)
        newest_url = "" if newest.token == oldest.token else _replay_url(session, endpoint, newest.token)
        return CameraHoldings(replace(told_of, replay_url=url, newest_url=newest_url))
    except DriverError as error:
        return CameraHoldings(told_of, error)


def _search_token(value: Any, operation: str) -> str:
    token = str(value or "")
    if not token:
        raise Malformed(f"{operation}: no search token in the answer")
    return token


def _complete(session: Session, endpoint: Endpoint, information: Any) -> Recording:
    """Ask once more for a recording whose entry in the search results lacks its times."""
    recording = parse_recordings.recording(information)
    if recording.spans or not recording.token:
        return recording
    try:
        answer = session.call(endpoint, "GetRecordingInformation", RecordingToken=recording.token)
        return parse_recordings.recording(answer.value)
    except (DeviceFault, Unsupported, NotPermitted):
        return recording


def _owners(recordings: tuple[Recording, ...], media: Media) -> dict[tuple[str, str], str]:
    """Map the sources that recordings name to tokens of video sources; unmapped ones are left out.

    A recording names its source by an id of the maker's choice. Where no id is a token of the device, and there are
    exactly as many ids as sources, or as sources in use, the order decides; with one source it is that one.
    """
    ids = list(dict.fromkeys((one.source_id, one.source_name) for one in recordings))
    matched: dict[tuple[str, str], Source | None] = {one: _source_named(one, media) for one in ids}
    used = tuple(source for source in media.sources if source.profiles)
    in_order = next((sources for sources in (media.sources, used) if len(sources) == len(ids)), None)
    if not any(matched.values()) and in_order is not None:
        matched = dict(zip(ids, in_order, strict=True))
    elif len(media.sources) == 1:
        matched = dict.fromkeys(ids, media.sources[0])
    return {one: source.token for one, source in matched.items() if source is not None}


def _is_guess(recordings: tuple[Recording, ...], own: tuple[Recording, ...], media: Media) -> bool:
    """Return whether a camera's recordings are assigned only by their order; one source and one camera need none."""
    ids = {(one.source_id, one.source_name) for one in recordings}
    alone = len(ids) == 1 and len(media.sources) == 1
    return not alone and any(_source_named((one.source_id, one.source_name), media) is None for one in own)


def _source_named(named: tuple[str, str], media: Media) -> Source | None:
    for text in named:
        words = {text, split_text(r"[/:#?=]", text)[-1]}
        for source in media.sources:
            tokens = {source.token, *source.configurations, *(profile.token for profile in source.profiles)}
            if words & tokens:
                return source
    return None


def _replay_url(session: Session, endpoint: Endpoint, recording: str) -> str:
    """Return where a recording can be played. Source: ONVIF Replay Control Service Specification, GetReplayUri."""
    device = session.transport.device
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    uri = session.call(endpoint, "GetReplayUri", StreamSetup=setup, RecordingToken=recording).value
    where = parse_address(str(uri or ""), device, session.transport.addresses)
    if not where.scheme.startswith("rtsp"):
        raise Malformed(f"GetReplayUri: the device gave an address of the kind {where.scheme}")
    return url_on(device, where)
