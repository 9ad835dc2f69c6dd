"""Converts answers of the recording and search services into spans, limits and gaps. Pure: no requests, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from drivers.details import RecordingSummary, RetentionLimit
from drivers.errors import Malformed
from drivers.http.xml_answer import children, elements, text_of
from drivers.model import Span
from drivers.onvif.parse import listed, scalar
from drivers.onvif.soap import Answer
from drivers.spans import merged
from drivers.text import sanitize

TRACK_STATE = "RecordingHistory/Track/State"
"""The topic of events of a track's data beginning and ending, without its prefix."""

_SEARCH_STATES = frozenset({"Queued", "Searching", "Completed"})


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a recording and the time it covers; a recording has a track for each slice on some devices."""

    token: str
    kind: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording: its source, its recorded time, and its tracks. `status` is the device's word."""

    token: str
    source_id: str
    source_name: str
    spans: tuple[Span, ...] = ()
    tracks: tuple[Track, ...] = ()
    status: str = ""


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """Recorded data of a track begins (`present`) or ends at a moment."""

    recording: str
    track: str
    at: datetime
    present: bool


def summary(answer: Answer) -> RecordingSummary:
    """Parse a GetRecordingSummary answer. Raises Malformed without the number of recordings.

    Source: ONVIF Recording Search Service Specification, GetRecordingSummary: the dates of no recordings mean nothing.
    """
    scalar(answer)
    count = getattr(answer.value, "NumberRecordings", None)
    if not isinstance(count, int) or count < 0:
        raise Malformed("GetRecordingSummary: no number of recordings in the answer")
    if count == 0:
        return RecordingSummary(0)
    return RecordingSummary(count, _moment(answer.value.DataFrom), _moment(answer.value.DataUntil))


def results(answer: Answer, name: str) -> tuple[str, list[etree._Element], list[Any]]:
    """Return the state of a search, and the rows of one page of results: raw, and decoded.

    Raises Malformed: whether the search is complete is missing, or a row could not be decoded.
    """
    operation = answer.exchange.reply.operation
    lists = children(answer.element, "ResultList")
    if len(lists) != 1 or len(elements(answer.element)) != 1:
        raise Malformed(f"{operation}: the answer holds something other than one list")
    states = [(one.text or "").strip() for one in children(lists[0], "SearchState")]
    if len(states) != 1 or states[0] not in _SEARCH_STATES:
        raise Malformed(f"{operation}: the answer does not say whether the search is complete")
    rows = children(lists[0], name)
    decoded = list(getattr(answer.value, name, None) or ())
    if len(rows) != len(decoded) or len(rows) + 1 != len(elements(lists[0])):
        raise Malformed(f"{operation}: {len(rows)} results in the answer, {len(decoded)} could be read")
    return states[0], rows, decoded


def recording(value: Any) -> Recording:
    """Parse one RecordingInformation: its spans are those of its video tracks, or its own first and last moment.

    Source: ONVIF Recording Search Service Specification, RecordingInformation and TrackInformation.
    """
    tracks = tuple(
        Track(sanitize(one.TrackToken), sanitize(one.TrackType), tuple(_span(one.DataFrom, one.DataTo)))
        for one in value.Track or ()
    )
    spans = [span for track in tracks if track.kind == "Video" for span in track.spans]
    source = value.Source
    return Recording(
        token=sanitize(value.RecordingToken),
        source_id=sanitize(getattr(source, "SourceId", None)),
        source_name=sanitize(getattr(source, "Name", None)),
        spans=merged(spans or _span(value.EarliestRecording, value.LatestRecording)),
        tracks=tracks,
        status=sanitize(value.RecordingStatus),
    )


def limits(answer: Answer) -> tuple[tuple[Recording, RetentionLimit], ...]:
    """Parse a GetRecordings answer: each recording with its source and its longest retention.

    Raises:
        Malformed: A recording without a token, or whose limit cannot be parsed.

    Source: ONVIF Recording Control Service Specification, RecordingConfiguration: MaximumRetentionTime 0 is no limit.
    """
    found = []
    for item in listed(answer, "RecordingItem"):
        configuration = item.Configuration
        source = getattr(configuration, "Source", None)
        token = sanitize(item.RecordingToken)
        limit = _duration(getattr(configuration, "MaximumRetentionTime", None))
        if not token or limit is None:
            raise Malformed("GetRecordings: a recording without a token or without its limit")
        made_of = Recording(token, sanitize(getattr(source, "SourceId", None)), sanitize(getattr(source, "Name", None)))
        found.append((made_of, RetentionLimit(token, limit or None)))
    return tuple(found)


def track_events(rows: Iterable[etree._Element]) -> list[TrackEvent]:
    """Parse results of an event search; events of other topics, which some devices send all the same, are left out.

    Raises Malformed: an event of a track has no time or no state.
    """
    found = []
    for row in rows:
        topics = [(one.text or "").strip() for one in row.iter("{*}Topic")]
        if not any(_is_track_state(topic) for topic in topics):
            continue
        at = _moment(_parsed_time(text_of(row, "Time")))
        words = [
            (one.get("Value") or "").strip().lower()
            for one in row.iter("{*}SimpleItem")
            if one.get("Name") == "IsDataPresent"
        ]
        if at is None or len(words) != 1 or words[0] not in ("true", "1", "false", "0"):
            raise Malformed("GetEventSearchResults: an event of a track without its time or state")
        present = words[0] in ("true", "1")
        found.append(
            TrackEvent(sanitize(text_of(row, "RecordingToken")), sanitize(text_of(row, "TrackToken")), at, present)
        )
    return found


def without_gaps(held: Recording, events: Iterable[TrackEvent]) -> Recording:
    """Remove from the spans only the gaps that events report: from an end of data to its next beginning."""
    own: dict[str, list[TrackEvent]] = {}
    for event in events:
        if event.recording == held.token:
            own.setdefault(event.track, []).append(event)
    video = [track for track in held.tracks if track.kind == "Video" and track.spans]
    if not own or not video:
        return held
    spans = [span for track in video for span in _cut(track.spans, own.get(track.token, []))]
    return replace(held, spans=merged(spans))


def grouped(recordings: Iterable[Recording], owners: Mapping[tuple[str, str], str]) -> dict[str, tuple[Recording, ...]]:
    """Group recordings by the token of their video source; those of no known source under the empty token."""
    groups: dict[str, tuple[Recording, ...]] = {}
    for one in recordings:
        token = owners.get((one.source_id, one.source_name), "")
        groups[token] = (*groups.get(token, ()), one)
    return groups


def _cut(spans: tuple[Span, ...], events: list[TrackEvent]) -> list[Span]:
    gaps: list[tuple[datetime, datetime | None]] = []
    ended_at: datetime | None = None
    # Where a slice ends and the next begins at the same moment, there is no gap: the beginning comes last.
    for event in sorted(events, key=lambda one: (one.at, one.present)):
        if event.present and ended_at is not None:
            gaps.append((ended_at, event.at))
            ended_at = None
        elif not event.present and ended_at is None:
            ended_at = event.at
    if ended_at is not None:
        gaps.append((ended_at, None))
    left = list(spans)
    for start_at, end_at in gaps:
        left = [piece for span in left for piece in _less(span, start_at, end_at)]
    return left


def _less(span: Span, start_at: datetime, end_at: datetime | None) -> list[Span]:
    pieces = []
    if span.start_at < min(start_at, span.end_at):
        pieces.append(Span(span.start_at, min(start_at, span.end_at)))
    if end_at is not None and max(end_at, span.start_at) < span.end_at:
        pieces.append(Span(max(end_at, span.start_at), span.end_at))
    return pieces


def _is_track_state(topic: str) -> bool:
    return "/".join(part.rpartition(":")[2] for part in topic.split("/")) == TRACK_STATE


def _span(start: Any, end: Any) -> list[Span]:
    start_at, end_at = _moment(start), _moment(end)
    return [Span(start_at, end_at)] if start_at is not None and end_at is not None and start_at < end_at else []


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    try:
        # ONVIF times are UTC; devices forget the letter that says so.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _parsed_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _duration(value: Any) -> timedelta | None:
    """Return a duration; one of months and years, whose length depends on the calendar, as days of 30 and 365."""
    if isinstance(value, timedelta):
        return value if value >= timedelta() else None
    try:
        whole = value.tdelta + timedelta(days=30 * float(value.months) + 365 * float(value.years))
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None
    return whole if isinstance(whole, timedelta) and whole >= timedelta() else None
