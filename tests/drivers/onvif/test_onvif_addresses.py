"""Addresses that a device gives: their path is followed, their host never, and what differs is told."""

from __future__ import annotations

from devices import HttpDevice, http
from onvif_device import Script, fault
from onvif_reading import fact, observe, reason

from drivers.model import Masks, Recordings, Services
from drivers.onvif import documents
from drivers.picture import Streams


def test_foreign_hosts_are_noted_and_never_asked() -> None:
    with HttpDevice(lambda asked: http(200)) as elsewhere:
        script = Script(address=f"http://localhost.localdomain:{elsewhere.port}", rtsp_port=8554)
        seen = observe(script)
        assert elsewhere.connections == 0
    services = fact(seen, "device:box", Services)
    assert isinstance(services, Services) and services.foreign_hosts == ("localhost.localdomain",)
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and streams.streams[1].url == "rtsp://127.0.0.1:8554/live/p-1-main"


def test_the_configured_rtsp_port_wins() -> None:
    seen = observe(Script(rtsp_port=8554), rtsp_port=10554)
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and streams.streams[1].url.startswith("rtsp://127.0.0.1:10554/")


def test_another_port_of_the_same_host_is_followed() -> None:
    other = Script()
    with other.device() as second:
        first = Script(address=f"http://127.0.0.1:{second.port}")
        seen = observe(first)
    assert isinstance(fact(seen, "camera:one", "masks"), Masks)
    assert "GetMasks" in other.operations and "GetMasks" not in first.operations


def test_an_old_device_without_getservices_is_read_by_its_capabilities() -> None:
    script = Script(recordings=[("r-1", "source-1", [("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")])])
    script.answers["device GetServices"] = lambda asked: http(500, fault("ter:ActionNotSupported", "x"))
    seen = observe(script)
    services = fact(seen, "device:box", Services)
    assert isinstance(services, Services)
    assert services.namespaces == (documents.MEDIA1, documents.SEARCH, documents.REPLAY)
    assert isinstance(fact(seen, "camera:one", "recordings"), Recordings)
    assert reason(seen, "camera:one", "masks") == "unsupported"
