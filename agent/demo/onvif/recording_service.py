"""Answers the simulated recorder's Profile G services: recording, recording search and replay.

Searches live for their KeepAliveTime, as in the standard; everything else is pure.

Source: ONVIF Recording Search and Replay Control Service Specifications; `ver10/search.wsdl`, `ver10/replay.wsdl`.
"""

import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from agent.demo.onvif.device_view import HOST, DeviceView, source_token
from agent.demo.onvif.soap import PREFIXES, RECORDING, REPLAY, SEARCH, Call, SoapFault, join
from agent.demo.world.recordings import Recording

PAGE = 3
"""How many recordings one answer holds at most, so that a client must ask again."""
KEEP_ALIVE_MAX_S = 60.0

_SUMMARY = Markup(
    "<tse:GetRecordingSummaryResponse><tse:Summary><tt:DataFrom>{start}</tt:DataFrom><tt:DataUntil>{end}</tt:DataUntil>"
    "<tt:NumberRecordings>{count}</tt:NumberRecordings></tse:Summary></tse:GetRecordingSummaryResponse>"
)
_FOUND = Markup("<tse:{operation}Response><tse:SearchToken>{token}</tse:SearchToken></tse:{operation}Response>")
_RESULTS = Markup(
    "<tse:GetRecordingSearchResultsResponse><tse:ResultList><tt:SearchState>{state}</tt:SearchState>{recordings}"
    "</tse:ResultList></tse:GetRecordingSearchResultsResponse>"
)
_INFORMATION = Markup(
    "<{prefix}:RecordingInformation><tt:RecordingToken>{token}</tt:RecordingToken>"
    "<tt:Source><tt:SourceId>{source}</tt:SourceId><tt:Name>{name}</tt:Name>"
    "<tt:Location>{location}</tt:Location><tt:Description>channel {channel}</tt:Description>"
    "<tt:Address>http://{host}/</tt:Address><tt:VideoSourceToken>{video_source}</tt:VideoSourceToken></tt:Source>"
    "<tt:EarliestRecording>{start}</tt:EarliestRecording><tt:LatestRecording>{end}</tt:LatestRecording>"
    "<tt:Content>continuous</tt:Content>"
    "<tt:Track><tt:TrackToken>{track}</tt:TrackToken><tt:TrackType>Video</tt:TrackType>"
    "<tt:Description>main stream</tt:Description>"
    "<tt:DataFrom>{start}</tt:DataFrom><tt:DataTo>{end}</tt:DataTo></tt:Track>"
    "<tt:RecordingStatus>{status}</tt:RecordingStatus></{prefix}:RecordingInformation>"
)
_ONE = Markup("<tse:GetRecordingInformationResponse>{recording}</tse:GetRecordingInformationResponse>")
_EVENTS = Markup(
    "<tse:GetEventSearchResultsResponse><tse:ResultList><tt:SearchState>{state}</tt:SearchState>{events}"
    "</tse:ResultList></tse:GetEventSearchResultsResponse>"
)
_EVENT = Markup(
    "<tt:Result><tt:RecordingToken>{token}</tt:RecordingToken><tt:TrackToken>{track}</tt:TrackToken>"
    '<tt:Time>{at}</tt:Time><tt:Event><wsnt:Topic xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"'
    ' xmlns:tns1="http://www.onvif.org/ver10/topics"'
    ' Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:RecordingHistory/Track/State</wsnt:Topic>'
    '<wsnt:Message xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"><tt:Message UtcTime="{at}"'
    ' PropertyOperation="Changed"><tt:Source><tt:SimpleItem Name="RecordingToken" Value="{token}"/>'
    '<tt:SimpleItem Name="Track" Value="{track}"/></tt:Source>'
    '<tt:Data><tt:SimpleItem Name="IsDataPresent" Value="{present}"/></tt:Data></tt:Message></wsnt:Message></tt:Event>'
    "<tt:StartStateEvent>false</tt:StartStateEvent></tt:Result>"
)
_ITEMS = Markup("<trc:GetRecordingsResponse>{items}</trc:GetRecordingsResponse>")
_ITEM = Markup(
    "<trc:RecordingItem><tt:RecordingToken>{token}</tt:RecordingToken><tt:Configuration>"
    "<tt:Source><tt:SourceId>{source}</tt:SourceId><tt:Name>{name}</tt:Name><tt:Location>{location}</tt:Location>"
    "<tt:Description>channel {channel}</tt:Description><tt:Address>http://{host}/</tt:Address></tt:Source>"
    "<tt:Content>continuous</tt:Content><tt:MaximumRetentionTime>PT0S</tt:MaximumRetentionTime></tt:Configuration>"
    "<tt:Tracks><tt:Track><tt:TrackToken>video-{channel}</tt:TrackToken><tt:Configuration><tt:TrackType>Video</tt:TrackType>"
    "<tt:Description>main stream</tt:Description></tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>"
)
_ENDED = Markup("<tse:EndSearchResponse><tse:Endpoint>{at}</tse:Endpoint></tse:EndSearchResponse>")
_REPLAY_URI = Markup("<trp:GetReplayUriResponse><trp:Uri>{uri}</trp:Uri></trp:GetReplayUriResponse>")
_CAPABILITIES = {
    SEARCH: Markup('<tse:Capabilities MetadataSearch="false" GeneralStartEvents="false"/>'),
    REPLAY: Markup('<trp:Capabilities ReversePlayback="false" SessionTimeoutRange="10 60" RTP_RTSP_TCP="true"/>'),
    RECORDING: Markup('<trc:Capabilities DynamicRecordings="false" DynamicTracks="false" Encoding="H264"/>'),
}
_CAPABILITIES_RESPONSE = Markup(
    "<{prefix}:GetServiceCapabilitiesResponse>{inner}</{prefix}:GetServiceCapabilitiesResponse>"
)
_DURATION = re.compile(r"PT(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


@dataclass(frozen=True, slots=True)
class _Search:
    rest: tuple[Recording, ...]
    keep_alive: timedelta
    expires_at: datetime


class Searches:
    """The open searches of a device. A search without a request for its KeepAliveTime expires."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, _Search] = {}

    def find(self, view: DeviceView, call: Call) -> Markup:
        """FindRecordings: fix the result now and return it in pages."""
        wanted_sources = {element.strip() for element in call.texts("Token")}
        wanted_recordings = set(call.texts("IncludedRecordings"))
        found = [
            recording
            for recording in view.recordings()
            if (not wanted_sources or source_id(recording) in wanted_sources)
            and (not wanted_recordings or recording.token in wanted_recordings)
        ]
        return self._opened(view, call, tuple(found[: _limit(call, "MaxMatches", len(found))]))

    def find_events(self, view: DeviceView, call: Call) -> Markup:
        """FindEvents: the only events are beginnings and ends of recorded data."""
        return self._opened(view, call, view.recordings())

    def _opened(self, view: DeviceView, call: Call, found: tuple[Recording, ...]) -> Markup:
        keep_alive = timedelta(seconds=min(_seconds(call.text("KeepAliveTime")), KEEP_ALIVE_MAX_S))
        token = f"search-{secrets.token_hex(4)}"
        with self._lock:
            self._open[token] = _Search(found, keep_alive, view.now + keep_alive)
        return _FOUND.format(operation=call.operation, token=token)

    def events(self, view: DeviceView, call: Call) -> Markup:
        """GetEventSearchResults: all of them at once."""
        with self._lock:
            _, search = self._search(view.now, call.text("SearchToken"))
        found = []
        for recording in search.rest:
            moments = [(recording.span.start_at, "true")]
            moments += [] if recording.running else [(recording.span.end_at, "false")]
            for at, present in moments:
                track = f"video-{recording.camera.channel}"
                found.append(_EVENT.format(token=recording.token, track=track, at=timestamp(at), present=present))
        return _EVENTS.format(state="Completed", events=join(found))

    def results(self, view: DeviceView, call: Call) -> Markup:
        """GetRecordingSearchResults: the next page; `Completed` comes with the last one."""
        page = min(PAGE, _limit(call, "MaxResults", PAGE))
        with self._lock:
            token, search = self._search(view.now, call.text("SearchToken"))
            rest = search.rest[page:]
            self._open[token] = replace(search, rest=rest, expires_at=view.now + search.keep_alive)
        shown = [information("tt", recording) for recording in search.rest[:page]]
        return _RESULTS.format(state="Searching" if rest else "Completed", recordings=join(shown))

    def end(self, view: DeviceView, call: Call) -> Markup:
        """EndSearch."""
        with self._lock:
            token, _ = self._search(view.now, call.text("SearchToken"))
            del self._open[token]
        return _ENDED.format(at=timestamp(view.now))

    @property
    def count(self) -> int:
        """Number of open searches."""
        with self._lock:
            return len(self._open)

    def _search(self, now: datetime, token: str | None) -> tuple[str, _Search]:
        self._open = {name: search for name, search in self._open.items() if search.expires_at > now}
        if token is None or token not in self._open:
            raise SoapFault("Sender", ("InvalidArgVal", "InvalidToken"), "the search token is invalid")
        return token, self._open[token]


def _limit(call: Call, name: str, default: int) -> int:
    most = call.text(name)
    return int(most) if most is not None and most.isdecimal() and int(most) else default


def _seconds(duration: str | None) -> float:
    match = _DURATION.fullmatch(duration or "")
    if match is None or match.group(0) == "PT":
        raise SoapFault("Sender", ("InvalidArgVal",), "KeepAliveTime is not a duration of minutes and seconds")
    minutes, seconds = match.groups(default="0")
    return int(minutes) * 60 + float(seconds)


def timestamp(at: datetime) -> str:
    """An `xs:dateTime` in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def source_id(recording: Recording) -> str:
    """The same id for every recording of a channel, so that its spans can be joined; it ends in its video source."""
    return f"urn:demo:source:{source_token(recording.camera, 'vs')}"


def information(prefix: str, recording: Recording) -> Markup:
    """One recording, with one video track of the same extent."""
    return _INFORMATION.format(
        prefix=prefix,
        token=recording.token,
        **_labels(recording),
        video_source=source_token(recording.camera, "vs"),
        start=timestamp(recording.span.start_at),
        end=timestamp(recording.span.end_at),
        track=f"video-{recording.camera.channel}",
        status="Recording" if recording.running else "Stopped",
    )


def get_recording_summary(view: DeviceView, _: Call) -> Markup:
    """Oldest and newest moment over all recordings; it hides gaps, as on a real recorder."""
    held = view.recordings()
    start = min((recording.span.start_at for recording in held), default=view.now)
    end = max((recording.span.end_at for recording in held), default=view.now)
    return _SUMMARY.format(start=timestamp(start), end=timestamp(end), count=len(held))


def _recording(view: DeviceView, token: str | None) -> Recording:
    found = next((recording for recording in view.recordings() if recording.token == token), None)
    if found is None:
        raise SoapFault("Sender", ("InvalidArgVal", "NoRecording"), "the recording does not exist")
    return found


def get_recording_information(view: DeviceView, call: Call) -> Markup:
    """One recording by its token."""
    return _ONE.format(recording=information("tse", _recording(view, call.text("RecordingToken"))))


def get_recordings(view: DeviceView, _: Call) -> Markup:
    """Every recording as it is configured, without a retention limit."""
    items = [_ITEM.format(token=recording.token, **_labels(recording)) for recording in view.recordings()]
    return _ITEMS.format(items=join(items))


def _labels(recording: Recording) -> dict[str, object]:
    camera = recording.camera
    place = {"name": camera.name, "location": camera.placement, "channel": camera.channel}
    return {"source": source_id(recording), "host": HOST, **place}


def get_replay_uri(view: DeviceView, call: Call) -> Markup:
    """Address at which a recording is played back."""
    if call.text("Protocol") not in ("UDP", "TCP", "RTSP", "HTTP"):
        raise SoapFault("Sender", ("InvalidArgVal", "InvalidStreamSetup"), "the transport is not supported")
    recording = _recording(view, call.text("RecordingToken"))
    return _REPLAY_URI.format(uri=f"rtsp://{HOST}:{view.rtsp_port}/replay/{recording.token}")


def get_service_capabilities(_: DeviceView, call: Call) -> Markup:
    """Capabilities of recording, search and replay."""
    return _CAPABILITIES_RESPONSE.format(prefix=PREFIXES[call.namespace], inner=_CAPABILITIES[call.namespace])


OPERATIONS: dict[tuple[str, str], Callable[[DeviceView, Call], Markup]] = {
    (SEARCH, "GetRecordingSummary"): get_recording_summary,
    (SEARCH, "GetRecordingInformation"): get_recording_information,
    (RECORDING, "GetRecordings"): get_recordings,
    (REPLAY, "GetReplayUri"): get_replay_uri,
    **{(service, "GetServiceCapabilities"): get_service_capabilities for service in (SEARCH, REPLAY, RECORDING)},
}


def search_operations(searches: Searches) -> dict[tuple[str, str], Callable[[DeviceView, Call], Markup]]:
    """The operations that need the device's open searches."""
    return {
        (SEARCH, "FindRecordings"): searches.find,
        (SEARCH, "GetRecordingSearchResults"): searches.results,
        (SEARCH, "FindEvents"): searches.find_events,
        (SEARCH, "GetEventSearchResults"): searches.events,
        (SEARCH, "EndSearch"): searches.end,
    }
