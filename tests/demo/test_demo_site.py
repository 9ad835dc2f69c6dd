"""The simulated site behaves as its table says: logins, clocks, faults, pictures, recordings, and a clean end."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests
import soap_talk
from demo_asking import BY_ID, MASKS, ask, element, snapshot, zone
from demo_clock import SetClock
from patience import PATIENCE_S
from requests.auth import HTTPDigestAuth
from soap_talk import call, send, token

from agent.demo.rtsp.clips import cut
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.site.config import load

FIND = element("tse:FindRecordings", KeepAliveTime="PT10S")
INFORMATION = "<tds:GetDeviceInformation/>"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(clock: SetClock) -> Iterator[SimulatedSite]:
    with SimulatedSite(clock) as running:
        yield running


# Logins


@pytest.mark.parametrize("device", ["recorder", "lobby", "roof", "annex", "store"])
def test_the_time_needs_no_login_and_everything_else_does(site: SimulatedSite, device: str) -> None:
    port = site.devices[device].port
    assert call(port, "<tds:GetSystemDateAndTime/>").status == 200
    refused = call(port, INFORMATION)
    if device in ("recorder", "annex"):
        assert (refused.status, refused.fault_codes) == (400, ["Sender", "NotAuthorized"])
    else:
        assert (refused.status, refused.body) == (401, b"")
        assert refused.headers["WWW-Authenticate"].startswith('Digest realm="')
    assert send(port, "GET", "/snapshot/1.jpg").status == 401
    assert site.failed_logins[device] == 0


@pytest.mark.parametrize("device", ["recorder", "lobby"])
def test_only_a_fresh_and_right_token_opens(site: SimulatedSite, clock: SetClock, device: str) -> None:
    port = site.devices[device].port
    user, password = site.login(device)
    assert call(port, INFORMATION, token(user, password, clock.at, b"once")).status == 200
    wrong = (
        token(user, password, clock.at, b"once"),
        token(user, password + "x", clock.at),
        token("root", password, clock.at),
        token(user, password, clock.at - timedelta(seconds=301)),
        token(user, password, clock.at + timedelta(seconds=301)),
        token(user, password, clock.at, kind="PasswordText"),
        token(user, password, clock.at).replace("Z</u:Created>", "</u:Created>"),
        token(user, password, clock.at).replace("<u:Created>", "<u:Created>soon "),
    )
    for count, header in enumerate(wrong, start=1):
        assert call(port, INFORMATION, header).status == (400 if device == "recorder" else 401)
        assert site.failed_logins[device] == count
    assert call(port, INFORMATION, token(user, password, clock.at - timedelta(seconds=299))).status == 200


def test_a_token_is_judged_by_the_devices_own_clock(site: SimulatedSite, clock: SetClock) -> None:
    port, login = site.devices["roof"].port, site.login("roof")
    assert call(port, INFORMATION, token(*login, clock.at - timedelta(seconds=204))).status == 200
    assert call(port, INFORMATION, token(*login, clock.at - timedelta(seconds=206))).status == 401
    assert call(port, INFORMATION, token(*login, clock.at + timedelta(seconds=394))).status == 200


def test_the_clock_of_the_roof_is_95_s_ahead(site: SimulatedSite, clock: SetClock) -> None:
    def told(device: str) -> datetime:
        answer = call(site.devices[device].port, "<tds:GetSystemDateAndTime/>")
        parts = [int(answer.text(f"tt:{name}") or "") for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
        return datetime(*parts, tzinfo=clock.at.tzinfo)  # type: ignore[arg-type, misc]

    assert told("recorder") == clock.at.replace(microsecond=0)
    assert told("roof") - told("recorder") == timedelta(seconds=95)


@pytest.mark.parametrize("device", ["recorder", "lobby"])
def test_http_digest_opens_soap_too_and_a_spent_nonce_is_no_failed_login(site: SimulatedSite, device: str) -> None:
    port, (user, password) = site.devices[device].port, site.login(device)
    url = f"http://127.0.0.1:{port}/onvif/device_service"
    challenge = send(port, "GET", "/snapshot/1.jpg").headers["WWW-Authenticate"]
    with requests.Session() as session:
        session.trust_env = False
        auth = HTTPDigestAuth(user, password)
        assert session.get(f"http://127.0.0.1:{port}/snapshot/1.jpg", auth=auth, timeout=PATIENCE_S).status_code == 200
        first = session.post(url, soap_talk.envelope(INFORMATION), auth=auth, timeout=PATIENCE_S)
        assert first.status_code == 200
        sent = str(first.request.headers["Authorization"])
    replayed = send(port, "POST", "/onvif/device_service", soap_talk.envelope(INFORMATION), {"Authorization": sent})
    assert replayed.status == 401
    assert 'stale="true"' in replayed.headers["WWW-Authenticate"]
    assert site.failed_logins[device] == 0
    for header in (sent.replace(user, "root"), sent.replace('uri="', 'uri="/else'), "Digest", "Basic YTpi", challenge):
        assert call(port, INFORMATION, headers={"Authorization": header}).status in (400, 401)
    assert site.failed_logins[device] == 5


def test_the_configured_password_of_the_store_is_wrong(site: SimulatedSite, clock: SetClock, tmp_path: Path) -> None:
    loaded = load.load(site.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker"}))
    for device in loaded.devices:
        assert device.credential is not None
        right = device.credential.password == site.login(device.id)[1]
        assert right == (device.id != "store")
        if device.id not in ("stairs", "kiosk"):
            header = token(device.credential.user, device.credential.password, clock.at)
            assert (call(device.port, INFORMATION, header).status == 200) == right
    assert dict(site.failed_logins) == {"recorder": 0, "lobby": 0, "roof": 0, "store": 1, "kiosk": 0, "annex": 0}


# Faulty devices and bad requests


def test_stairs_accepts_and_says_nothing(site: SimulatedSite) -> None:
    address = site.devices["stairs"]
    for port, request in (
        (address.port, b"POST / HTTP/1.1\r\n\r\n"),
        (address.rtsp_port, b"OPTIONS * RTSP/1.0\r\n\r\n"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=0.3) as connection:
            connection.sendall(request)
            with pytest.raises(TimeoutError):
                connection.recv(1)


def test_kiosk_answers_every_call_with_a_stack_trace(site: SimulatedSite) -> None:
    for body in ("<tds:GetSystemDateAndTime/>", INFORMATION, "<"):
        answer = call(site.devices["kiosk"].port, body)
        assert (answer.status, answer.headers["Content-Type"]) == (500, "text/plain")
        assert b"NullPointerException" in answer.body


def test_annex_has_no_media2(site: SimulatedSite, clock: SetClock) -> None:
    namespaces = [element.text for element in ask(site, "annex", "<tds:GetServices/>", clock).all("tds:Namespace")]
    assert "http://www.onvif.org/ver20/media/wsdl" not in namespaces
    answer = call(site.devices["annex"].port, MASKS, token(*site.login("annex"), clock.at))
    assert (answer.status, answer.fault_codes) == (500, ["Receiver", "ActionNotSupported"])


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"<html/>", 400),
        (b"<a><b></a>", 400),
        (soap_talk.envelope(""), 400),
        (soap_talk.envelope("<tds:GetServices/><tds:GetServices/>"), 400),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + soap_talk.envelope("<tds:GetSystemDateAndTime/>"), 400),
        (b"\x00" * 100, 400),
        (b" " * 70_000, 413),
    ],
)
def test_a_malformed_call_is_refused_and_the_device_lives_on(site: SimulatedSite, data: bytes, status: int) -> None:
    port = site.devices["recorder"].port
    assert send(port, "POST", "/onvif/device_service", data, {"Content-Length": str(len(data))}).status == status
    assert call(port, "<tds:GetSystemDateAndTime/>").status == 200


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (element("tds:SystemReboot"), ["Receiver", "ActionNotSupported"]),
        (element("tr2:GetMasks", ConfigurationToken="vsc9"), ["Sender", "InvalidArgVal", "NoConfig"]),
        (element("tr2:GetMasks", Token="mask-9"), ["Sender", "InvalidArgVal", "NoConfig"]),
        (element("tr2:GetMaskOptions"), ["Sender", "InvalidArgVal", "NoConfig"]),
        (element("tr2:GetSnapshotUri", ProfileToken="x"), ["Sender", "InvalidArgVal", "NoProfile"]),
        (
            element("tr2:GetStreamUri", Protocol="smoke", ProfileToken="ch1-main"),
            ["Sender", "InvalidArgVal", "InvalidStreamSetup"],
        ),
        (element("trp:GetReplayUri", Protocol="RTSP", RecordingToken="x"), ["Sender", "InvalidArgVal", "NoRecording"]),
        (element("tse:EndSearch", SearchToken="x"), ["Sender", "InvalidArgVal", "InvalidToken"]),
        (element("tse:FindRecordings", KeepAliveTime="long"), ["Sender", "InvalidArgVal"]),
    ],
)
def test_what_does_not_exist_is_a_fault_with_onvifs_code(
    site: SimulatedSite, clock: SetClock, body: str, codes: list[str]
) -> None:
    answer = call(site.devices["recorder"].port, body, token(*site.login("recorder"), clock.at))
    assert answer.fault_codes == codes


# Recordings


def spans(site: SimulatedSite, clock: SetClock) -> dict[str, list[tuple[str, str]]]:
    search = ask(site, "recorder", FIND, clock).text("tse:SearchToken")
    found: dict[str, list[tuple[str, str]]] = {}
    state = ""
    while state != "Completed":
        page = ask(site, "recorder", element("tse:GetRecordingSearchResults", SearchToken=search), clock)
        state = page.text("tt:SearchState") or ""
        for recording in page.all("tt:RecordingInformation"):
            times = recording.findtext(".//{*}DataFrom") or "", recording.findtext(".//{*}DataTo") or ""
            found.setdefault(recording.findtext(".//{*}SourceId") or "", []).append(times)
    return found


def test_recordings_reach_back_as_far_as_the_table_says_and_follow_the_clock(
    site: SimulatedSite, clock: SetClock
) -> None:
    found = spans(site, clock)
    assert found["urn:demo:source:vs1"] == [("2026-10-20T08:30:05.250Z", "2026-11-24T08:30:05.250Z")]
    assert found["urn:demo:source:vs5"] == [("2026-11-03T08:30:05.250Z", "2026-11-24T08:30:05.250Z")]
    assert found["urn:demo:source:vs6"] == [
        ("2026-10-20T08:30:05.250Z", "2026-11-21T08:00:00.000Z"),
        ("2026-11-21T14:00:00.000Z", "2026-11-24T08:30:05.250Z"),
    ]
    clock.advance(hours=1)
    later = spans(site, clock)
    assert later["urn:demo:source:vs1"] == [("2026-10-20T09:30:05.250Z", "2026-11-24T09:30:05.250Z")]
    assert later["urn:demo:source:vs6"][0][1] == found["urn:demo:source:vs6"][0][1]


def test_a_search_that_nobody_asks_about_ends(site: SimulatedSite, clock: SetClock) -> None:
    search = ask(site, "recorder", FIND, clock).text("tse:SearchToken")
    clock.advance(seconds=11)
    body = element("tse:EndSearch", SearchToken=search)
    answer = call(site.devices["recorder"].port, body, token(*site.login("recorder"), clock.at))
    assert answer.fault_codes == ["Sender", "InvalidArgVal", "InvalidToken"]


# Changes, configuration, end


def test_faults_can_be_switched_on_and_off(site: SimulatedSite, clock: SetClock) -> None:
    camera = BY_ID["gate"]
    site.change("gate", "mask-removed")
    assert zone(snapshot(site, "recorder", 1), camera).std() > 40
    assert len(ask(site, "recorder", MASKS, clock).all("tr2:Masks")) == 5
    site.change("gate", "dark")
    assert snapshot(site, "recorder", 1).mean() < 12
    site.change("gate", "recordings-lost")
    assert zone(snapshot(site, "recorder", 1), camera).max() < 12
    assert spans(site, clock)["urn:demo:source:vs1"][0][0] == "2026-11-22T08:30:05.250Z"
    site.change("gate", None)
    assert spans(site, clock)["urn:demo:source:vs1"][0][0] == "2026-10-20T08:30:05.250Z"
    assert len(ask(site, "recorder", MASKS, clock).all("tr2:Masks")) == 6


def test_a_fault_that_a_camera_cannot_show_is_refused(site: SimulatedSite) -> None:
    for camera_id, fault in (("moon", "dark"), ("yard", "mask-removed"), ("lobby", "recordings-lost")):
        with pytest.raises(ValueError, match=camera_id):
            site.change(camera_id, fault)  # type: ignore[arg-type]


def test_the_configuration_loads_and_names_every_camera(site: SimulatedSite, tmp_path: Path) -> None:
    hub = {"host": "127.0.0.1", "port": 1883, "tls": False, "user": "demo", "password": 'p"w\\', "confirm": "broker"}
    path = site.write_config(tmp_path / "agent", hub)
    loaded = load.load(path)
    assert stat.S_IMODE((tmp_path / "agent" / "secrets.toml").stat().st_mode) == 0o600
    assert (loaded.id, loaded.city, loaded.division, loaded.period_s) == ("dt0001", "140200", "140200", 60)
    assert loaded.probe.deadline_s == 6
    assert loaded.storage.directory.is_relative_to(tmp_path / "agent")
    assert {device.id: (device.port, device.rtsp_port) for device in loaded.devices} == {
        name: (address.port, address.rtsp_port) for name, address in site.devices.items()
    }
    assert [c.camera.id for c in loaded.cameras] == [c.id for c in CAMERAS]
    assert [c.camera.id for c in loaded.cameras if not c.camera.code] == ["annex"]
    assert [c.camera.id for c in loaded.cameras if c.recorded] == [c.id for c in CAMERAS[:6]]
    assert [c.camera.id for c in loaded.cameras if c.no_private_area] == ["roof"]
    for configured, camera in zip(loaded.cameras, CAMERAS, strict=True):
        assert [z.polygon for z in configured.zones] == ([camera.mask.polygon] if camera.mask else [])
    assert loaded.hub is not None
    assert loaded.hub.credential is not None
    assert (loaded.hub.credential.user, loaded.hub.credential.password) == ("demo", 'p"w\\')
    assert 'p"w' not in path.read_text()


def test_everything_listens_on_loopback_only(site: SimulatedSite) -> None:
    listening = [c.laddr for c in psutil.Process().net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    ports = {port for address in site.devices.values() for port in (address.port, address.rtsp_port)}
    assert len(ports) == 2 * len(DEVICES)
    assert {address.ip for address in listening if address.port in ports} == {"127.0.0.1"}


def descriptors() -> int:
    return psutil.Process().num_fds()


def test_nothing_remains_after_stop(clock: SetClock) -> None:
    before, files = set(threading.enumerate()), descriptors()
    site = SimulatedSite(clock)
    site.start()
    open_ended = [socket.create_connection(("127.0.0.1", a.port), timeout=PATIENCE_S) for a in site.devices.values()]
    open_ended += [
        socket.create_connection(("127.0.0.1", a.rtsp_port), timeout=PATIENCE_S) for a in site.devices.values()
    ]
    ports = [connection.getpeername()[1] for connection in open_ended]
    site.stop()
    for connection in open_ended:
        connection.close()
    assert set(threading.enumerate()) <= before
    assert descriptors() <= files
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    site.stop()


def test_a_clip_that_is_not_what_the_streams_need_is_refused() -> None:
    for data in (b"", b"\x00\x00\x01\x67a", b"\x00\x00\x01\x67a\x00\x00\x01\x68b\x00\x00\x01\x65c\x00\x00\x01\x06sei"):
        with pytest.raises(ValueError, match="a clip is"):
            cut(data)


def test_the_clips_are_small() -> None:
    clips = Path(__file__).parents[2] / "agent" / "demo" / "clips"
    assert 0 < sum(file.stat().st_size for file in clips.iterdir()) < 1_100_000
