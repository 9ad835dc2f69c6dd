"""Recordings over ONVIF: from slices and searches to spans per camera, and never a list that is too short."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from devices import http
from lxml import etree
from onvif_answers import recording_item
from onvif_device import Script, envelope, fault, recording
from onvif_reading import at, fact, observe, reason, spans

from drivers.details import RetentionLimits
from drivers.model import (
    Recordings,
    Span,
    Unavailable,
    Value,
)
from drivers.onvif import documents
from drivers.onvif.recordings import topic

# --- recordings


def held(script: Script, camera: str = "one") -> Value:
    return fact(observe(script), f"camera:{camera}", "recordings")


def whole(found: tuple[Span, ...], url: str = "") -> Recordings:
    """What a recorder says that tells its gaps and is recording video."""
    listed = (Span(found[0].start_at, found[-1].end_at),)
    return Recordings(found, url, listed=listed, tracks=("Video",), running=True)


def test_slices_and_recordings_become_the_union_of_their_spans() -> None:
    script = Script()
    script.recordings = [
        ("r-3", "source-1", [(at(40), at(50))]),
        ("r-1", "source-1", [(at(0), at(5)), (at(5), at(10))]),
        ("r-2", "source-1", [(at(8), at(20)), (at(21), at(21))]),
        ("r-9", "source-2", [(at(7), at(9))]),
    ]
    told = held(script)
    newest_url = "rtsp://127.0.0.1:554/replay/r-3"
    assert told == replace(whole(spans((0, 20), (40, 50)), "rtsp://127.0.0.1:554/replay/r-1"), newest_url=newest_url)
    assert held(script, "two") == whole(spans((7, 9)), "rtsp://127.0.0.1:554/replay/r-9")


def test_times_without_a_zone_are_utc() -> None:
    script = Script(recordings=[("r", "source-1", [("2026-10-01T00:00:00", "2026-10-01T08:00:00+02:00")])])
    told = held(script)
    assert isinstance(told, Recordings) and told.spans == spans((0, 6))


def test_sources_are_matched_by_order_where_their_ids_say_nothing() -> None:
    script = Script(recordings=[("r", "urn:x:91", [(at(0), at(1))]), ("s", "urn:x:92", [(at(2), at(3))])])
    first, second = held(script), held(script, "two")
    assert isinstance(first, Recordings) and first.spans == spans((0, 1))
    assert isinstance(second, Recordings) and second.spans == spans((2, 3))


def test_ids_may_hold_the_token_at_their_end() -> None:
    script = Script(recordings=[("r", "rtsp://10.0.0.1/vsc-2", [(at(0), at(1))])])
    assert held(script) == Recordings(())
    second = held(script, "two")
    assert isinstance(second, Recordings) and second.spans == spans((0, 1))


def test_recordings_that_cannot_be_matched_are_no_proof_of_none() -> None:
    script = Script(recordings=[("r", "urn:x:91", [(at(0), at(1))])])
    told = held(script)
    assert isinstance(told, Unavailable) and told.reason == "malformed"


def test_no_recordings_is_an_empty_list_and_no_search() -> None:
    script = Script()
    assert held(script) == Recordings(())
    assert "FindRecordings" not in script.operations


def test_a_recording_without_tracks_is_asked_for_once_more() -> None:
    script = Script(recordings=[("r-1", "source-1", [])])
    whole = recording("tse:RecordingInformation", "r-1", "source-1", [(at(1), at(2))])
    inner = f"<tse:GetRecordingInformationResponse>{whole}</tse:GetRecordingInformationResponse>"
    script.answers["search GetRecordingInformation"] = lambda asked: http(200, envelope(inner))
    told = held(script)
    assert isinstance(told, Recordings) and told.spans == spans((1, 2))


def _results(state: str, found: str = "") -> bytes:
    listed = f"<tse:ResultList><tt:SearchState>{state}</tt:SearchState>{found}</tse:ResultList>"
    return http(
        200, envelope(f"<tse:GetRecordingSearchResultsResponse>{listed}</tse:GetRecordingSearchResultsResponse>")
    )


def test_a_search_is_polled_until_it_is_complete_and_then_ended() -> None:
    script = Script(recordings=[("r-1", "source-1", [])])
    parts = [
        _results("Queued"),
        _results("Searching", recording("tt:RecordingInformation", "a", "source-1", [(at(0), at(1))])),
        _results("Completed", recording("tt:RecordingInformation", "b", "source-1", [(at(1), at(2))])),
    ]
    script.answers["search GetRecordingSearchResults"] = lambda asked: parts.pop(0)
    told = held(script)
    assert isinstance(told, Recordings) and told.spans == spans((0, 2))
    assert script.operations.count("EndSearch") == 2, "of the recordings, and of the events"


def test_a_search_that_never_ends_is_no_short_list() -> None:
    script = Script(recordings=[("r-1", "source-1", [])])
    part = recording("tt:RecordingInformation", "a", "source-1", [(at(0), at(1))])
    script.answers["search GetRecordingSearchResults"] = lambda asked: _results("Searching", part)
    assert reason(observe(script, 3.0), "camera:one", "recordings") == "deadline"


@pytest.mark.parametrize("state", ["Unknown", ""])
def test_a_search_in_an_unknown_state_is_malformed_and_ended(state: str) -> None:
    script = Script(recordings=[("r-1", "source-1", [])])
    script.answers["search GetRecordingSearchResults"] = lambda asked: _results(state)
    assert reason(observe(script), "camera:one", "recordings") == "malformed"
    assert script.operations.count("EndSearch") == 1


def test_a_replay_address_that_fails_is_told_as_a_missing_picture() -> None:
    script = Script(recordings=[("r-1", "source-1", [(at(0), at(1))])])
    script.answers["replay GetReplayUri"] = lambda asked: http(500, fault("ter:Odd", "x"))
    seen = observe(script)
    assert fact(seen, "camera:one", "recordings") == whole(spans((0, 1)))
    missing = [one.value for one in seen if isinstance(one.value, Unavailable) and one.value.path == "playback"]
    assert [one.reason for one in missing] == ["fault"]


def test_a_request_for_events_keeps_its_filter_while_another_device_is_asked() -> None:
    """One element for all was moved from request to request, and the process died of it now and then (SIGSEGV)."""
    service, client = documents.service(documents.SEARCH, "FindEvents", "/search", None)

    def request() -> etree._Element:
        asked = {"Scope": {}, "IncludeStartState": False, "KeepAliveTime": timedelta(seconds=10)}
        return client.create_message(
            service.ws_client, "FindEvents", StartPoint=at(0), SearchFilter=topic(), **asked
        )  # fmt: skip

    requests = [request() for _ in range(3)]
    assert all(len(one.findall(".//{*}TopicExpression")) == 1 for one in requests)


@pytest.mark.parametrize(("second", "reads"), [("P30D", True), ("P1D", False)])
def test_a_limit_that_only_the_order_of_a_list_gives_a_camera_counts_where_it_is_that_of_all(
    second: str, reads: bool
) -> None:
    script = Script(recordings=[("r-1", "urn:x:1", [(at(0), at(9))]), ("r-2", "urn:x:2", [(at(0), at(9))])])
    items = recording_item("r-1", "urn:x:1", "P30D") + recording_item("r-2", "urn:x:2", second)
    body = envelope(f"<trc:GetRecordingsResponse>{items}</trc:GetRecordingsResponse>")
    script.answers["recording GetRecordings"] = lambda asked: http(200, body)
    seen = observe(script)
    footage = fact(seen, "camera:one", Recordings)
    assert isinstance(footage, Recordings) and footage.owner_guessed
    told = fact(seen, "camera:one", "retention-limits")
    assert isinstance(told, RetentionLimits) is reads
