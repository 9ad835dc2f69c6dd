"""Every reply of the simulated devices is valid against ONVIF's official WSDLs, and zeep decodes it strictly."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onvif_wsdls
import pytest
import soap_talk
import zeep
from demo_clock import SetClock
from lxml import etree
from patience import PATIENCE_S
from zeep.plugins import HistoryPlugin
from zeep.wsse.username import UsernameToken

from agent.demo.onvif import device_service, media_service, recording_service
from agent.demo.onvif.device import OnvifDevice
from agent.demo.onvif.recording_service import Searches, search_operations
from agent.demo.onvif.soap import DEVICE, MEDIA1, MEDIA2, RECORDING, REPLAY, SEARCH
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.demo.world.changes import Changes

RTSP_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (DEVICE, "GetSystemDateAndTime", {}),
    (DEVICE, "GetDeviceInformation", {}),
    (DEVICE, "GetServices", {"IncludeCapability": False}),
    (DEVICE, "GetCapabilities", {"Category": ["All"]}),
    (DEVICE, "GetServiceCapabilities", {}),
    (DEVICE, "GetNetworkInterfaces", {}),
    (DEVICE, "GetNetworkProtocols", {}),
    (MEDIA1, "GetServiceCapabilities", {}),
    (MEDIA1, "GetProfiles", {}),
    (MEDIA1, "GetVideoSourceConfigurations", {}),
    (MEDIA1, "GetOSDs", {}),
    (MEDIA1, "GetSnapshotUri", {"ProfileToken": "ch1-main"}),
    (MEDIA1, "GetStreamUri", {"StreamSetup": RTSP_SETUP, "ProfileToken": "ch1-sub"}),
    (MEDIA2, "GetServiceCapabilities", {}),
    (MEDIA2, "GetProfiles", {}),
    (MEDIA2, "GetProfiles", {"Type": ["All"]}),
    (MEDIA2, "GetProfiles", {"Token": "ch1-main", "Type": ["VideoEncoder"]}),
    (MEDIA2, "GetVideoSourceConfigurations", {}),
    (MEDIA2, "GetMasks", {}),
    (MEDIA2, "GetMasks", {"ConfigurationToken": "vsc1"}),
    (MEDIA2, "GetMaskOptions", {"ConfigurationToken": "vsc1"}),
    (MEDIA2, "GetOSDs", {"ConfigurationToken": "vsc1"}),
    (MEDIA2, "GetSnapshotUri", {"ProfileToken": "ch1-main"}),
    (MEDIA2, "GetStreamUri", {"Protocol": "RTSP", "ProfileToken": "ch1-main"}),
    (RECORDING, "GetServiceCapabilities", {}),
    (RECORDING, "GetRecordings", {}),
    (SEARCH, "GetServiceCapabilities", {}),
    (SEARCH, "GetRecordingSummary", {}),
    (SEARCH, "GetRecordingInformation", {"RecordingToken": "rec-6-2"}),
    (REPLAY, "GetServiceCapabilities", {}),
    (REPLAY, "GetReplayUri", {"StreamSetup": RTSP_SETUP, "RecordingToken": "rec-1-1"}),
)
IN_ORDER = {
    (SEARCH, "FindRecordings"),
    (SEARCH, "GetRecordingSearchResults"),
    (SEARCH, "EndSearch"),
    (SEARCH, "FindEvents"),
    (SEARCH, "GetEventSearchResults"),
}
"""Checked one after the other in a test of their own."""
RECORDER_ONLY = {(DEVICE, "GetUsers"), (DEVICE, "GetStorageConfigurations")}
"""Answered by the recorder; the other devices say by a fault that one may not ask, or that they do not know it."""


@dataclass(frozen=True)
class Peer:
    """zeep over the official WSDLs, with what came over the wire."""

    official: onvif_wsdls.Official
    site: SimulatedSite
    clients: dict[str, zeep.Client]
    history: HistoryPlugin

    def ask(self, device: str, namespace: str, operation: str, **arguments: Any) -> Any:
        """Call, decode strictly, validate what came over the wire, return what was decoded."""
        client = self.clients[namespace]
        client.wsse = UsernameToken(*self.site.login(device), use_digest=True)
        port = self.site.devices[device].port
        binding = f"{{{namespace}}}{onvif_wsdls.BINDINGS[namespace]}"
        service = client.create_service(binding, f"http://127.0.0.1:{port}/onvif/service")
        decoded = service[operation](**arguments)
        envelope = self.history.last_received["envelope"]
        reply = envelope.find("{*}Body")[0]
        assert reply.tag == f"{{{namespace}}}{operation}Response"
        self.official.schemas[namespace].assertValid(etree.ElementTree(reply))
        return decoded


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> onvif_wsdls.Official:
    return onvif_wsdls.unpack(tmp_path_factory.mktemp("wsdl"))


@pytest.fixture(scope="module")
def peer(official: onvif_wsdls.Official) -> Iterator[Peer]:
    history = HistoryPlugin()
    transport = zeep.Transport(timeout=PATIENCE_S, operation_timeout=PATIENCE_S)
    transport.session.trust_env = False
    settings = zeep.Settings(strict=True)
    with contextlib.closing(transport.session), SimulatedSite(lambda: datetime.now(UTC)) as site:
        clients = {
            namespace: zeep.Client(str(wsdl), transport=transport, settings=settings, plugins=[history])
            for namespace, wsdl in official.wsdls.items()
        }
        yield Peer(official, site, clients, history)


OFFERED = {
    "recorder": {DEVICE, MEDIA1, MEDIA2, RECORDING, SEARCH, REPLAY},
    "lobby": {DEVICE, MEDIA1, MEDIA2},
    "roof": {DEVICE, MEDIA1, MEDIA2},
    "annex": {DEVICE, MEDIA1},
}


@pytest.mark.parametrize("device", OFFERED)
def test_every_reply_is_valid_and_decodes_strictly(peer: Peer, device: str) -> None:
    for namespace, operation, arguments in CALLS:
        if namespace in OFFERED[device]:
            peer.ask(device, namespace, operation, **arguments)
    for namespace, operation in RECORDER_ONLY:
        if device == "recorder":
            assert peer.ask(device, namespace, operation)
        else:
            with pytest.raises(zeep.exceptions.Fault, match=r"not (supported|authorized)"):
                peer.ask(device, namespace, operation)
    services = peer.ask(device, DEVICE, "GetServices", IncludeCapability=False)
    assert {service.Namespace for service in services} == OFFERED[device]
    assert peer.site.failed_logins[device] == 0


def test_the_table_above_misses_no_operation() -> None:
    tables = (
        device_service.OPERATIONS,
        media_service.OPERATIONS,
        recording_service.OPERATIONS,
        search_operations(Searches()),
    )
    assert {key for table in tables for key in table} == {row[:2] for row in CALLS} | IN_ORDER | RECORDER_ONLY


def test_a_search_hands_out_every_recording_in_pages_and_its_replies_are_valid(peer: Peer) -> None:
    token = peer.ask("recorder", SEARCH, "FindRecordings", Scope={}, KeepAliveTime="PT10S")
    found, state, answers = [], "Searching", 0
    while state != "Completed":
        page = peer.ask("recorder", SEARCH, "GetRecordingSearchResults", SearchToken=token, MaxResults=100)
        found += page.RecordingInformation
        state, answers = page.SearchState, answers + 1
    peer.ask("recorder", SEARCH, "EndSearch", SearchToken=token)
    assert answers == 3
    assert [recording.RecordingToken for recording in found] == [
        "rec-1-1", "rec-2-1", "rec-3-1", "rec-4-1", "rec-5-1", "rec-6-1", "rec-6-2",
    ]  # fmt: skip
    assert {recording.Source.SourceId for recording in found[-2:]} == {"urn:demo:source:vs6"}


def test_events_tell_when_recorded_data_begins_and_ends(peer: Peer) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    token = peer.ask(
        "recorder",
        SEARCH,
        "FindEvents",
        StartPoint=start,
        Scope={},
        SearchFilter={},
        IncludeStartState=False,
        KeepAliveTime="PT10S",
    )
    found = peer.ask("recorder", SEARCH, "GetEventSearchResults", SearchToken=token)
    assert found.SearchState == "Completed"
    assert [event.RecordingToken for event in found.Result].count("rec-6-1") == 2, "the one before the gap has ended"
    peer.ask("recorder", SEARCH, "EndSearch", SearchToken=token)


def test_faults_are_valid_soap(peer: Peer) -> None:
    port = peer.site.devices["recorder"].port
    for body in ("<tds:GetServices/>", "<tr2:GetMasks/>", "<tds:Reboot/>", "", "not xml <"):
        answer = soap_talk.call(port, body)
        assert answer.status == 400
        peer.official.soap.assertValid(answer.xml.getroottree())
        assert answer.fault_codes[0] == "Sender"


def test_hostile_names_stay_text(official: onvif_wsdls.Official) -> None:
    name = "</tt:Name><evil a=\"1\" b='2'/>&amp;]]>"
    clock = SetClock()
    camera = replace(CAMERAS[0], name=name, placement=name)
    recorder = next(device for device in DEVICES if device.id == "recorder")
    device = OnvifDevice(recorder, (camera,), "secret", clock, Changes(clock))
    device.start()
    try:
        for namespace, body in (
            (MEDIA1, "<trt:GetProfiles/>"),
            (MEDIA2, "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>"),
            (MEDIA2, "<tr2:GetOSDs/>"),
            (
                SEARCH,
                "<tse:GetRecordingInformation><tse:RecordingToken>rec-1-1</tse:RecordingToken></tse:GetRecordingInformation>",
            ),
        ):
            answer = soap_talk.call(device.http.port, body, soap_talk.token("admin", "secret", clock.at))
            reply = answer.all("env:Body/*")[0]
            official.schemas[namespace].assertValid(etree.ElementTree(reply))
            assert name in "".join(reply.itertext())
    finally:
        device.stop()


def test_a_missing_wheel_fails_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif_wsdls, "WHEELS", tmp_path)
    with pytest.raises(pytest.fail.Exception, match="make peers"):
        onvif_wsdls.unpack(tmp_path)
