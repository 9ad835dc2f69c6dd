"""What a device says of itself: interfaces, accounts, encoders, storages, limits, gaps; each in each of its states."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest
from devices import http
from onvif_answers import INTERFACES, PROTOCOLS, USERS, envelope, fault, recording, recording_item
from onvif_device import Script
from onvif_reading import CAMERAS, at, fact, observe, reason, spans, transport_to

from drivers.details import (
    Account,
    Accounts,
    Audio,
    AudioEncoder,
    Encoder,
    Encoders,
    GapEvents,
    Interface,
    Interfaces,
    MaskOptions,
    RecordingSummary,
    RetentionLimit,
    RetentionLimits,
    Signing,
    Storage,
    Storages,
    VideoSource,
    VideoSources,
)
from drivers.footage import Protocol, Protocols
from drivers.model import Masks, Recordings, Unavailable, Value
from drivers.onvif.read import read

RECORDED = [("r-1", "source-1", [(at(0), at(10))]), ("r-2", "source-2", [(at(0), at(4))])]


def test_every_detail_is_read() -> None:
    seen = observe(Script(audio=True, recordings=RECORDED, retention="P30D"))
    assert fact(seen, "device:box", "interfaces") == Interfaces(
        (Interface("eth0", "00:1a:2b:3c:4d:5e", ("10.0.0.8/24",), True),)
    )
    assert fact(seen, "device:box", "protocols") == Protocols(
        (
            Protocol("HTTP", 80, True),
            Protocol("HTTPS", 443, False),
            Protocol("RTSP", 554, True),
            Protocol("RTSP", 8554, True),
        )
    )
    assert fact(seen, "device:box", "accounts") == Accounts(
        (Account("admin", "Administrator"), Account("camwarden", "User"))
    )
    assert fact(seen, "device:box", "storages") == Storages((Storage("disk-1", "NFS", "nfs://10.0.0.9:2049/video"),))
    assert fact(seen, "device:box", "signing") == Signing(True)
    assert fact(seen, "device:box", "video-sources") == VideoSources(
        (
            VideoSource(1, "source-1", "source", 1920, 1080, 3),
            VideoSource(2, "source-2", "source", 1920, 1080, 3),
        ),
        complete=True,
    )
    assert fact(seen, "device:box", "gap-events") == GapEvents(0)
    summed = fact(seen, "device:box", "recording-summary")
    assert isinstance(summed, RecordingSummary) and summed.recordings == 2 and summed.from_at is not None
    assert fact(seen, "camera:two", "encoders") == Encoders(
        (
            Encoder("p-2-sub", "H265", 640, 360, 25.0, 4096, 25, True),
            Encoder("p-2-main", "H265", 1920, 1080, 25.0, 4096, 25, True),
            Encoder("p-2-third", "H265", 320, 180, 25.0, 4096, 25, True),
        )
    )
    heard = fact(seen, "camera:one", "audio")
    assert isinstance(heard, Audio) and heard.encoders[0] == AudioEncoder("p-1-sub", "G711", 64, 8)
    assert fact(seen, "camera:one", "mask-options") == MaskOptions(4, 8, ("Color", "Blurred"), True, False)
    assert fact(seen, "camera:one", "retention-limits") == RetentionLimits((RetentionLimit("r-1", timedelta(days=30)),))


def test_media1_tells_encoders_and_sound_as_well() -> None:
    seen = observe(Script(services=("device", "media"), audio=True))
    told = fact(seen, "camera:one", "encoders")
    assert isinstance(told, Encoders) and told.encoders[1] == Encoder("p-1-main", "H264", 1920, 1080, 25.0, 2048, 50)
    heard = fact(seen, "camera:one", "audio")
    assert isinstance(heard, Audio) and [one.encoding for one in heard.encoders] == ["G711"] * 3


# --- empty, but supported


@pytest.mark.parametrize(
    ("operation", "name", "expected"),
    [
        ("device GetUsers", "accounts", Accounts(())),
        ("device GetStorageConfigurations", "storages", Storages(())),
        ("recording GetRecordings", "retention-limits", RetentionLimits(())),
        ("search GetEventSearchResults", "gap-events", GapEvents(0)),
        ("search GetRecordingSummary", "recording-summary", RecordingSummary(0)),
        ("media2 GetMasks", "masks", Masks(())),
    ],
)
def test_an_empty_list_of_a_device_that_has_such_is_a_value(operation: str, name: str, expected: object) -> None:
    script = Script(masks="", recordings=RECORDED if name != "recording-summary" else [])
    if operation in ("device GetUsers", "device GetStorageConfigurations", "recording GetRecordings"):
        short = operation.rpartition(" ")[2]
        prefix = "trc" if operation.startswith("recording") else "tds"
        script.answers[operation] = lambda asked: http(200, envelope(f"<{prefix}:{short}Response/>"))
    subject = "camera:one" if name in ("retention-limits", "masks") else "device:box"
    assert fact(observe(script), subject, name) == expected


def test_no_sound_is_an_empty_list() -> None:
    assert fact(observe(Script()), "camera:one", "audio") == Audio(())


def test_no_network_interface_at_all_cannot_be() -> None:
    script = Script()
    script.answers["device GetNetworkInterfaces"] = lambda asked: http(
        200, envelope("<tds:GetNetworkInterfacesResponse/>")
    )
    assert reason(observe(script), "device:box", "interfaces") == "malformed"


@pytest.mark.parametrize(("kind", "said"), [("Text", "malformed"), ("Image", "")])
def test_an_overlay_without_a_text_is_well_only_where_it_is_none(kind: str, said: str) -> None:
    script = Script()
    shown = script._media2_GetOSDs(None)  # type: ignore[attr-defined,arg-type]
    configuration = "<tt:VideoSourceConfigurationToken>vsc-1</tt:VideoSourceConfigurationToken>"
    place = "<tt:Position><tt:Type>UpperLeft</tt:Type></tt:Position>"
    more = f'<tr2:OSDs token="o-9">{configuration}<tt:Type>{kind}</tt:Type>{place}</tr2:OSDs>'
    body = envelope(f"<tr2:GetOSDsResponse>{shown}{more}</tr2:GetOSDsResponse>")
    script.answers["media2 GetOSDs"] = lambda asked: http(200, body)
    seen = observe(script)
    if said:
        assert reason(seen, "camera:one", "overlays") == said
    else:
        assert fact(seen, "camera:one", "overlays") == fact(observe(Script()), "camera:one", "overlays")


# --- unsupported, refused, malformed, unreachable

OPERATIONS = {
    "device GetNetworkInterfaces": ("device:box", "interfaces"),
    "device GetNetworkProtocols": ("device:box", "protocols"),
    "device GetUsers": ("device:box", "accounts"),
    "device GetStorageConfigurations": ("device:box", "storages"),
    "device GetDeviceInformation": ("device:box", "identity"),
    "security GetServiceCapabilities": ("device:box", "signing"),
    "media2 GetMaskOptions": ("camera:one", "mask-options"),
    "media2 GetOSDs": ("camera:one", "overlays"),
    "media2 GetMasks": ("camera:one", "masks"),
    "recording GetRecordings": ("camera:one", "retention-limits"),
    "search GetRecordingSummary": ("device:box", "recording-summary"),
    "search FindRecordings": ("camera:one", "recordings"),
    "search FindEvents": ("device:box", "gap-events"),
    "search GetEventSearchResults": ("device:box", "gap-events"),
}
ANSWERS = {
    "unsupported": http(500, fault("ter:ActionNotSupported", "Optional Action Not Implemented", "s:Receiver")),
    "refused": http(400, fault("ter:NotAuthorized", "the sender is not authorized")),
    "malformed": http(200, b"<html>log in</html>"),
    "fault": http(500, fault("ter:Odd", "something else")),
}


@cache
def told_in_order(login: str) -> frozenset[tuple[str, type[Value]]]:
    """Return what is told where every read is answered; it is asked once for all reads that fail."""
    script = Script(login=login, recordings=RECORDED)
    found = frozenset((one.subject, type(one.value)) for one in observe(script))
    assert script.refused_logins == 0
    return found


@pytest.mark.parametrize("state", ANSWERS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_state_of_each_read_is_told_apart_and_no_other_read_is_touched(operation: str, state: str) -> None:
    # The first request with a login: what is said to it is said of the login.
    login = "digest" if (operation, state) == ("device GetDeviceInformation", "refused") else "wsse"
    script, healthy = Script(login=login, recordings=RECORDED), told_in_order(login)
    script.answers[operation] = lambda asked: ANSWERS[state]
    seen = observe(script)
    subject, name = OPERATIONS[operation]
    assert reason(seen, subject, name) == state
    lost = healthy - {(one.subject, type(one.value)) for one in seen}
    hanging = {"FindRecordings": 3, "GetMasks": 2}.get(operation.rpartition(" ")[2], 2)
    assert len({kind for _, kind in lost}) <= hanging, lost
    assert script.refused_logins == 0


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_optional_read_that_hangs_does_not_take_the_others_time(operation: str) -> None:
    """Half of the device's time is kept for what masks and pictures hang on."""
    hung = operation.rpartition(" ")[2]
    needed = hung in ("GetMasks", "GetDeviceInformation", "GetRecordingSummary", "FindRecordings")
    script = Script(recordings=RECORDED)
    script.answers[operation] = lambda asked: None
    with script.device() as served, transport_to(served, 4.0) as transport:
        seen = read(CAMERAS, transport)
        assert transport.deadline.passed is needed
    subject, name = OPERATIONS[operation]
    assert reason(seen, subject, name) == "deadline"
    if not needed:
        assert isinstance(fact(seen, "camera:one", "recordings"), Recordings)


def test_a_viewer_who_may_not_see_the_accounts_is_refused_that_and_nothing_else() -> None:
    script = Script(login="wsse")
    script.answers["device GetUsers"] = lambda asked: http(400, fault())
    with script.device() as served, transport_to(served) as transport:
        seen = read(CAMERAS, transport)
        assert transport.credentials.state(transport.device).state == "worked"
    told = fact(seen, "device:box", "accounts")
    assert isinstance(told, Unavailable) and told.reason == "refused" and "right" in told.detail
    assert [one.value.fact for one in seen if isinstance(one.value, Unavailable)] == ["accounts", "gap-events"]


def test_a_device_without_the_services_is_asked_nothing_of_them() -> None:
    script = Script(services=("device", "media2"))
    seen = observe(script)
    for name in ("signing", "recording-summary", "gap-events"):
        assert reason(seen, "device:box", name) == "unsupported"
    assert reason(seen, "camera:one", "retention-limits") == "unsupported"
    assert not {"GetRecordings", "FindEvents", "GetRecordingSummary"} & set(script.operations)


def test_mask_options_are_not_asked_of_a_device_that_has_no_masks() -> None:
    script = Script(masks="", mask_capability='Mask="false"')
    assert reason(observe(script), "camera:one", "mask-options") == "unsupported"
    assert "GetMaskOptions" not in script.operations


@pytest.mark.parametrize(
    ("operation", "inner", "name"),
    [
        ("GetUsers", USERS.replace("camwarden", ""), "accounts"),
        ("GetUsers", USERS.replace("tds:User", "tds:Users"), "accounts"),
        ("GetUsers", USERS + USERS.replace("tds:User>", "tds:Guest>"), "accounts"),
        (
            "GetNetworkInterfaces",
            INTERFACES + INTERFACES.replace("NetworkInterfaces", "VirtualInterfaces"),
            "interfaces",
        ),
        ("GetNetworkProtocols", PROTOCOLS.replace("RTSP", ""), "protocols"),
        ("GetStorageConfigurations", "<tds:Storage/>", "storages"),
        ("GetStorageConfigurations", '<tds:StorageConfigurations token="a"/>', "storages"),
        ("GetDeviceInformation", "<tds:Model>a</tds:Model><tds:Model>b</tds:Model>", "identity"),
    ],
)
def test_a_list_that_holds_something_else_is_malformed(operation: str, inner: str, name: str) -> None:
    script = Script()
    body = envelope(f"<tds:{operation}Response>{inner}</tds:{operation}Response>")
    script.answers[f"device {operation}"] = lambda asked: http(200, body)
    assert reason(observe(script), "device:box", name) == "malformed"


# --- retention limits


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("PT0S", None),
        ("P0D", None),
        ("P30D", timedelta(days=30)),
        ("PT720H", timedelta(days=30)),
        ("P1M", timedelta(days=30)),
        ("P1Y", timedelta(days=365)),
    ],
)
def test_a_limit_of_zero_is_no_limit(written: str, expected: timedelta | None) -> None:
    told = fact(observe(Script(recordings=RECORDED, retention=written)), "camera:one", "retention-limits")
    assert told == RetentionLimits((RetentionLimit("r-1", expected),))


@pytest.mark.parametrize("written", ["", "30", "-P1D", "for ever"])
def test_a_limit_that_cannot_be_read_is_not_no_limit(written: str) -> None:
    seen = observe(Script(recordings=RECORDED, retention=written))
    assert reason(seen, "camera:one", "retention-limits") == "malformed"


def test_limits_of_recordings_of_unknown_sources_are_nobodys() -> None:
    script = Script(recordings=RECORDED)
    items = recording_item("r-9", "urn:x:1", "P1D")
    body = envelope(f"<trc:GetRecordingsResponse>{items}</trc:GetRecordingsResponse>")
    script.answers["recording GetRecordings"] = lambda asked: http(200, body)
    assert reason(observe(script), "camera:one", "retention-limits") == "malformed"


# --- gaps that events tell


def recorded_with(events: list[tuple[str, str, str, str]], tracks: list[tuple[str, str]] | None = None) -> Recordings:
    script = Script(recordings=[("r-1", "source-1", tracks or [(at(0), at(10))])], gap_events=events)
    told = fact(observe(script), "camera:one", "recordings")
    assert isinstance(told, Recordings) and told.listed
    return told


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([], spans((0, 10))),
        ([(0, "true"), (4, "false"), (6, "true")], spans((0, 4), (6, 10))),
        ([(6, "1"), (4, "0")], spans((0, 4), (6, 10))),
        ([(4, "false")], spans((0, 4))),
        ([(0, "false"), (3, "true")], spans((3, 10))),
        ([(2, "false"), (3, "false"), (4, "true"), (5, "true")], spans((0, 2), (4, 10))),
        ([(4, "false"), (4, "true")], spans((0, 10))),
        ([(5, "true")], spans((0, 10))),
    ],
)
def test_a_gap_lasts_from_an_end_of_data_to_its_next_beginning(events: list[tuple[int, str]], left: object) -> None:
    assert recorded_with([("r-1", "v-0", at(hour), word) for hour, word in events]).spans == left


def test_events_of_other_recordings_tracks_and_topics_change_nothing() -> None:
    others = [("r-9", "v-0", at(4), "false"), ("r-1", "a-0", at(4), "false")]
    assert recorded_with(others).spans == spans((0, 10))
    odd = [("r-1", "v-0", at(4), "false", "tns1:RecordingHistory/Recording/State")]
    assert recorded_with(odd).spans == spans((0, 10))  # type: ignore[arg-type]


def test_an_event_without_its_state_leaves_the_claim_and_says_so() -> None:
    script = Script(recordings=RECORDED, gap_events=[("r-1", "v-0", at(4), "perhaps")])
    seen = observe(script)
    assert reason(seen, "device:box", "gap-events") == "malformed"
    told = fact(seen, "camera:one", "recordings")
    assert isinstance(told, Recordings) and not told.listed and told.spans == spans((0, 10))


def test_a_device_that_cannot_tell_gaps_leaves_the_claim_and_says_so() -> None:
    script = Script(recordings=RECORDED)
    script.answers["search FindEvents"] = lambda asked: ANSWERS["unsupported"]
    told = fact(observe(script), "camera:one", "recordings")
    assert isinstance(told, Recordings) and not told.listed and told.spans == spans((0, 10))


def test_kinds_of_tracks_and_whether_it_records_are_told() -> None:
    script = Script(recordings=RECORDED)
    both = recording("tt:RecordingInformation", "r-1", "source-1", [(at(0), at(1)), (at(0), at(1))])
    both = both.replace("<tt:TrackType>Video", "<tt:TrackType>Audio", 1).replace(">Recording<", ">Stopped<")
    page = f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState>{both}</tse:ResultList>"
    body = envelope(f"<tse:GetRecordingSearchResultsResponse>{page}</tse:GetRecordingSearchResultsResponse>")
    script.answers["search GetRecordingSearchResults"] = lambda asked: http(200, body)
    told = fact(observe(script), "camera:one", "recordings")
    assert isinstance(told, Recordings) and told.tracks == ("Audio", "Video") and told.running is False
