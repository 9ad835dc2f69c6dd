"""The ONVIF driver against a scripted device over real sockets: what it reads, logins, addresses, broken devices."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from devices import NOW, HttpDevice, clock, device, http
from onvif_device import Script, envelope, fault, mask
from onvif_reading import CAMERAS, DEADLINE_S, fact, observe, reason, transport_to
from patience import LATE_S, PATIENCE_S

from drivers import registry
from drivers.credentials import LOCK_TIME, Credentials
from drivers.http.transport import ReplayTransport, open_transport
from drivers.model import Camera, Clock, Identity, Mask, Masks, Overlays, Recordings, Services, Span, Unavailable
from drivers.onvif import documents
from drivers.onvif.read import read
from drivers.picture import Stream, Streams

FACTS_OF_BOX, FACTS_OF_CAMERA = 11, 8
"""What the driver reads of a device, and of each of its cameras when it knows no stream of it."""


def test_everything_is_read() -> None:
    script = Script(
        rtsp_port=8554, masks=mask("m-1", "vsc-1") + mask("m-2", "vsc-2", enabled="false", effect="Blurred")
    )
    script.recordings = [("r-1", "source-1", [("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")])]
    with script.device() as served, transport_to(served) as transport:
        seen = read(CAMERAS, transport)
        base = f"http://127.0.0.1:{served.port}"
        assert served.connections == 1
    assert fact(seen, "device:box", Identity) == Identity("Maker", "M-1", "1.2", "S1", "H1")
    told = fact(seen, "device:box", Clock)
    assert isinstance(told, Clock) and abs(told.offset_s) <= told.uncertainty_s < 1.5 and told.ntp is True
    services = fact(seen, "device:box", Services)
    assert isinstance(services, Services) and services.foreign_hosts == ()
    assert documents.MEDIA2 in services.namespaces and len(services.namespaces) == 7
    assert fact(seen, "camera:one", Streams) == Streams(
        (
            Stream("snapshot", f"{base}/snap/p-1-main.jpg", "JPEG", profile="p-1-main"),
            Stream("main", "rtsp://127.0.0.1:8554/live/p-1-main", "H265", 1920, 1080, 25.0, 4096, 25, "p-1-main"),
            Stream("sub", "rtsp://127.0.0.1:8554/live/p-1-sub", "H265", 640, 360, 25.0, 4096, 25, "p-1-sub"),
            Stream("stream-3", "rtsp://127.0.0.1:8554/live/p-1-third", "H265", 320, 180, 25.0, 4096, 25, "p-1-third"),
        )
    )
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert fact(seen, "camera:one", Masks) == Masks((Mask("m-1", whole, "Color", True, "#000000"),))
    assert fact(seen, "camera:two", Masks) == Masks((Mask("m-2", whole, "Blurred", False, "#000000"),))
    assert fact(seen, "camera:one", Overlays) == Overlays(("North & gate", "<DateAndTime>"))
    assert fact(seen, "camera:two", Overlays) == Overlays(("<Date>",))
    span = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert fact(seen, "camera:one", Recordings) == Recordings(
        (span,), "rtsp://127.0.0.1:8554/replay/r-1", listed=(span,), tracks=("Video",), running=True
    )
    assert fact(seen, "camera:two", Recordings) == Recordings(())


def test_only_reading_operations_are_sent_and_none_twice() -> None:
    script = Script(recordings=[("r-1", "source-1", [("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")])])
    observe(script)
    assert all(re.fullmatch(r"Get\w+|Find(Recordings|Events)|EndSearch", name) for name in script.operations)
    often = {"GetSystemDateAndTime": 2, "EndSearch": 2, "GetServiceCapabilities": 2, "GetMaskOptions": 2}
    often |= {"GetSnapshotUri": 2, "GetStreamUri": 6, "GetDeviceInformation": 2}
    for name in set(script.operations):
        assert script.operations.count(name) == often.get(name, 1), name


@pytest.mark.parametrize(("services", "most"), [(("device", "media2"), 18), (("device", "media"), 16)])
def test_a_camera_is_asked_few_questions(services: tuple[str, ...], most: int) -> None:
    script = Script(services=services, channels=1)
    observe(script, cameras=CAMERAS[:1])
    assert len(script.operations) <= most, script.operations


def test_a_recorder_is_asked_few_questions() -> None:
    script = Script(channels=1, recordings=[("r-1", "source-1", [("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")])])
    observe(script, cameras=CAMERAS[:1])
    assert len(script.operations) <= 28, script.operations


def test_two_boxes_that_answer_by_turns_at_one_address_are_no_identity() -> None:
    """RFC 5227, section 1.1: whichever of two hosts is asked first answers."""
    script = Script()
    serials = iter(("1", "2"))

    def answer(asked: object) -> bytes:
        of_it = f"<tds:Model>N8</tds:Model><tds:SerialNumber>{next(serials)}</tds:SerialNumber>"
        inner = f"<tds:GetDeviceInformationResponse>{of_it}</tds:GetDeviceInformationResponse>"
        return http(200, envelope(inner))

    script.answers["device GetDeviceInformation"] = answer
    assert reason(observe(script), "device:box", "identity") == "malformed"


def test_a_recording_of_the_replies_gives_the_same_facts() -> None:
    script = Script(login="wsse", recordings=[("r-1", "source-2", [("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")])])
    with script.device() as served, transport_to(served) as transport:
        live = read(CAMERAS, transport)
        replayed = ReplayTransport(transport.replies, transport.device, clock)
        replayed.addresses = transport.addresses
        assert [one.value for one in read(CAMERAS, replayed)] == [one.value for one in live]


@pytest.mark.parametrize("offset", [timedelta(), timedelta(days=-1), timedelta(seconds=95), timedelta(days=400)])
def test_tokens_are_signed_with_the_devices_own_time(offset: timedelta) -> None:
    script = Script(login="wsse", clock_offset=offset, window=timedelta(seconds=5))
    seen = observe(script)
    assert isinstance(fact(seen, "camera:one", "masks"), Masks)
    assert script.refused_logins == 0 and script.good_logins > 5
    told = fact(seen, "device:box", Clock)
    assert isinstance(told, Clock) and abs(told.offset_s - offset.total_seconds()) <= told.uncertainty_s


def test_a_clock_that_needs_a_login_is_guessed_from_the_date_header() -> None:
    script = Script(login="wsse", clock_offset=timedelta(hours=-10), time_needs_login=True)
    assert isinstance(fact(observe(script), "device:box", "clock"), Clock)
    assert script.refused_logins == 0


def test_a_wrong_hidden_clock_and_a_wrong_password_are_both_named_after_one_try() -> None:
    script = Script(login="wsse", clock_offset=timedelta(days=-1), time_needs_login=True, tells_date=False)
    told = fact(observe(script), "device:box", "clock")
    assert isinstance(told, Unavailable) and told.reason == "refused" and "clock" in told.detail
    assert script.refused_logins == 1


def test_http_digest_is_used_where_the_device_challenges_with_it() -> None:
    script = Script(login="digest")
    with script.device() as served, transport_to(served) as transport:
        seen = read(CAMERAS, transport)
        assert isinstance(fact(seen, "camera:one", "masks"), Masks)
        assert not any(b"UsernameToken" in asked.body for asked in served.asked)
        anonymous = [asked for asked in served.asked if not asked.authorization]
        assert len(anonymous) == 3, "the time, twice, and the request that was challenged"
    assert script.refused_logins == 0


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_the_next_cycle_asks_what_it_knows_without_a_challenge_or_a_fault(login: str) -> None:
    """What a device wants is remembered by the process: no request is made only to be turned away."""
    script = Script(login=login)
    with script.device() as served:
        states = Credentials(None)
        for _ in range(3):
            with open_transport(device(served.port), 10.0, states, clock) as transport:
                assert isinstance(fact(read(CAMERAS, transport), "camera:one", "masks"), Masks)
        first = served.asked[: len(served.asked) // 3 + 2]
        turned_away = len(served.asked) - script.good_logins - script.operations.count("GetSystemDateAndTime")
    assert script.refused_logins == 0 and len(first) > 10
    # GetServices needs no token on this device, which takes one all the same; or the one challenge.
    assert turned_away <= 4


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_a_password_that_changes_between_cycles_is_tried_once(login: str) -> None:
    script = Script(login=login)
    with script.device() as served:
        states = Credentials(None)
        for number in range(4):
            with open_transport(device(served.port), 10.0, states, clock) as transport:
                read(CAMERAS, transport)
            script.password = "another"
            assert script.refused_logins == min(number, 1)
        assert states.state(device(served.port)).state == "doubtful"


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_a_wrong_password_is_refused_once_and_then_left(login: str) -> None:
    script = Script(login=login, password="another")
    seen = observe(script)
    assert script.refused_logins == 1
    reasons = [one.value.reason for one in seen if isinstance(one.value, Unavailable)]
    assert "refused" in reasons and set(reasons) <= {"refused", "not-tried"}
    assert not any(isinstance(one.value, Masks | Streams | Recordings) for one in seen)
    assert isinstance(fact(seen, "device:box", "clock"), Clock)


def test_a_device_that_wants_a_login_and_none_is_configured() -> None:
    script = Script(login="wsse")
    assert reason(observe(script, password=None), "camera:one", "masks") == "not-tried"
    assert script.good_logins == script.refused_logins == 0


def test_a_missing_right_is_no_wrong_password() -> None:
    script = Script(login="wsse")
    script.answers["media2 GetMasks"] = lambda asked: http(400, fault())
    with script.device() as served, transport_to(served) as transport:
        assert reason(read(CAMERAS, transport), "camera:one", "masks") == "refused"
        assert transport.credentials.state(transport.device).state == "worked"


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_a_doubtful_login_that_meets_a_fault_first_is_still_seen_to_work(login: str) -> None:
    """The one retry of the day must not be used up by an operation that the device does not have."""
    script = Script(login=login)
    script.answers["device GetDeviceInformation"] = lambda asked: http(500, fault("ter:ActionNotSupported", "x"))
    if login == "digest":
        script.answers["device GetServices"] = lambda asked: http(500, fault("ter:ActionNotSupported", "x"))
    with script.device() as served, transport_to(served) as transport:
        transport.credentials.accepted(transport.device, NOW - 3 * LOCK_TIME)
        transport.credentials.refused(transport.device, NOW - 2 * LOCK_TIME)
        seen = read(CAMERAS, transport)
        assert transport.credentials.state(transport.device).state == "worked"
    assert isinstance(fact(seen, "camera:one", "streams"), Streams)


def test_the_table_of_drivers_names_it() -> None:
    assert registry.load("onvif") is read
    with pytest.raises(KeyError):
        registry.load("no-such-driver")


def test_without_media2_masks_are_unsupported_and_streams_come_from_media1() -> None:
    seen = observe(Script(services=("device", "media")))
    assert reason(seen, "camera:one", "masks") == "unsupported"
    assert reason(seen, "camera:one", "recordings") == "unsupported"
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and [one.path for one in streams.streams] == [
        "snapshot",
        "main",
        "sub",
        "stream-3",
    ]
    assert streams.streams[1].encoding == "H264" and streams.streams[1].width_px == 1920
    assert isinstance(fact(seen, "camera:two", "overlays"), Overlays)


def test_media1_gives_the_streams_where_media2_fails() -> None:
    script = Script()
    script.answers["media2 GetProfiles"] = lambda asked: http(500, b"Traceback (most recent call last)")
    seen = observe(script)
    assert isinstance(fact(seen, "camera:one", Streams), Streams)
    assert isinstance(fact(seen, "camera:one", Masks), Masks)


def test_a_channel_that_the_device_does_not_have_is_empty() -> None:
    seen = observe(Script(channels=1), cameras=(Camera("nine", "box", channel=9),))
    assert fact(seen, "camera:nine", "streams") == Streams(())
    for name in ("masks", "overlays", "recordings"):
        assert reason(seen, "camera:nine", name) == "unsupported"


def test_a_path_without_an_address_is_told_and_the_others_are_read() -> None:
    script = Script()
    script.answers["media2 GetSnapshotUri"] = lambda asked: http(500, fault("ter:ActionNotSupported", "no"))
    seen = observe(script)
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and [one.path for one in streams.streams] == ["main", "sub", "stream-3"]
    missing = [one.value for one in seen if isinstance(one.value, Unavailable) and one.value.path == "snapshot"]
    assert [one.reason for one in missing] == ["unsupported", "unsupported"]


HOSTILE_DEVICES: dict[str, tuple[Callable[[HttpDevice], object], str]] = {
    "silent": (lambda served: None, "deadline"),
    "drips a header": (lambda served: served.drip(b"HTTP/1.1 200 OK\r\nX: y\r\n"), "deadline"),
    "HTTP 500 with plain text": (lambda served: http(500, b"Traceback (most recent call last):"), "malformed"),
    "HTML under 200": (lambda served: http(200, b"<html><p>hello</html>", content_type="text/html"), "malformed"),
    "redirect": (lambda served: http(302, b"", ("Location", "http://192.0.2.1/")), "malformed"),
    "100 MB": (lambda served: http(200, b"", length=100_000_000), "malformed"),
    "fault under 400": (lambda served: http(400, fault("ter:Odd", "odd")), "fault"),
    "no such path": (lambda served: http(404, b"not here"), "unsupported"),
    "wrong operation": (lambda served: http(200, envelope("<tds:GetScopesResponse/>")), "malformed"),
}


@pytest.mark.parametrize("name", HOSTILE_DEVICES)
def test_a_hostile_device_is_read_to_unavailable_facts_within_its_deadline(name: str) -> None:
    answer, expected = HOSTILE_DEVICES[name]
    deadline_s = DEADLINE_S if expected == "deadline" else 2 * LATE_S
    with HttpDevice(lambda asked: answer(served)) as served, transport_to(served, deadline_s) as transport:  # type: ignore[arg-type,return-value]
        begun = time.monotonic()
        seen = read(CAMERAS, transport)
        assert time.monotonic() - begun < DEADLINE_S + LATE_S
    subjects = {(one.subject, one.value.fact) for one in seen if isinstance(one.value, Unavailable)}
    assert len(seen) == FACTS_OF_BOX + 2 * FACTS_OF_CAMERA == len(subjects)
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {expected}


def test_a_device_that_is_not_there_gives_every_fact_as_unreachable() -> None:
    with HttpDevice(lambda asked: None) as served:
        pass
    with transport_to(served) as transport:
        seen = read(CAMERAS, transport)
    assert len(seen) == FACTS_OF_BOX + 2 * FACTS_OF_CAMERA
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"unreachable"}


def test_a_device_that_falls_silent_keeps_what_it_gave_before() -> None:
    script = Script()
    script.answers["media2 GetMasks"] = lambda asked: None
    seen = observe(script, 4.0)
    assert isinstance(fact(seen, "device:box", "identity"), Identity)
    assert reason(seen, "camera:one", "masks") == "deadline"


# --- onvif-zeep


def test_importing_onvif_leaves_logging_as_it_was() -> None:
    code = (
        "import logging; client = logging.getLogger('zeep.client'); client.setLevel(logging.INFO);"
        "logging.getLogger().setLevel(logging.ERROR);"
        "import drivers.onvif.documents;"
        "print(logging.getLogger().handlers, logging.getLogger().level, client.level)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("[] 40 20", "")


def test_a_wsdl_is_parsed_once_and_shared_by_threads_without_mixing_answers() -> None:
    scripts = [Script(login="wsse", masks=mask(f"of-{number}", "vsc-1")) for number in range(6)]
    shared = documents.document(documents.MEDIA2)
    wrong: list[object] = []

    def one(number: int) -> None:
        for _ in range(3):
            told = fact(observe(scripts[number]), "camera:one", "masks")
            if not isinstance(told, Masks) or [mask.token for mask in told.masks] != [f"of-{number}"]:
                wrong.append(told)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(scripts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert wrong == []
    assert documents.document(documents.MEDIA2) is shared


def test_an_answer_whose_decoding_fails_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """onvif-zeep calls again after a TypeError; the second request must not leave the house."""

    def broken(*arguments: object, **named: object) -> None:
        raise TypeError("as a decoder may")

    monkeypatch.setattr("zeep.wsdl.bindings.soap.Soap12Binding.process_reply", broken)
    script = Script(services=("device",))
    seen = observe(script)
    assert reason(seen, "device:box", "identity") == "malformed"
    assert script.operations.count("GetDeviceInformation") == 1
