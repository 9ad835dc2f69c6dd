"""The plan of a check is honest: every request that devices see stands in it, and none of them changes anything."""

from __future__ import annotations

import ast
import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dahua_device import CAMERAS as DAHUA_CAMERAS
from dahua_device import Nvr
from dahua_device import reading as dahua_reading
from smaller_site import unhurried

from agent.cli import main
from agent.commands.check.plan import plan_requests, plan_words
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES
from agent.site.config.load import load
from drivers import capture, deadline, registry
from drivers.allowed_requests import Ask, is_planned
from drivers.discovery.detect_protocol import ASKS as QUESTIONS
from drivers.footage import Wanted
from drivers.http import transport
from drivers.registry import DRIVERS
from tests.drivers.uniview.test_uniview import Lapi
from tests.drivers.uniview.test_uniview import reading as uniview_reading

ROOT = Path(__file__).parents[3]
LINE = re.compile(rb"([A-Z_]{3,12}) (\S+) (?:HTTP|RTSP)/1\.[01]\r\n")
OPERATION = re.compile(rb"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")
CHANGES = {"PUT", "DELETE", "PATCH", "SET_PARAMETER", "RECORD", "ANNOUNCE"}


class Wiretap:
    """Keeps every byte that is sent to a device, by its port."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bytearray]] = []

    def connect(self, *arguments: Any) -> socket.socket:
        sock = CONNECT(*arguments)
        stream = bytearray()
        self.sent.append((arguments[1], stream))

        class Tapped(socket.socket):
            def send(self, data: Any, *rest: Any) -> int:
                count = super().send(data, *rest)
                stream.extend(bytes(data)[:count])
                return count

            def sendall(self, data: Any, *rest: Any) -> None:
                stream.extend(bytes(data))
                super().sendall(data, *rest)

        timeout = sock.gettimeout()
        tapped = Tapped(sock.family, sock.type, sock.proto, fileno=sock.detach())
        tapped.settimeout(timeout)
        return tapped

    def requests(self) -> Iterator[tuple[int, str, str, str]]:
        """Yield port, method, path without host, and SOAP operation of everything that was sent."""
        for port, stream in self.sent:
            found = list(LINE.finditer(bytes(stream)))
            ends = [one.start() for one in found[1:]] + [len(stream)]
            for one, end in zip(found, ends, strict=True):
                said = OPERATION.search(bytes(stream[one.end() : end]))
                target = re.sub(r"^rtsp://[^/]*", "", one[2].decode())
                yield port, one[1].decode(), target, said[1].decode() if said else ""


CONNECT = deadline.connect


@pytest.fixture
def tap(monkeypatch: pytest.MonkeyPatch) -> Wiretap:
    tapped = Wiretap()
    monkeypatch.setattr(transport.deadlines, "connect", tapped.connect)
    return tapped


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SimulatedSite, Path]]:
    out = tmp_path_factory.mktemp("site")
    answering = tuple(one for one in DEVICES if one.behaviour != "hangs")
    cameras = tuple(one for one in CAMERAS if one.device in {device.id for device in answering})
    with SimulatedSite(lambda: datetime.now(UTC), answering + ISAPI_DEVICES, cameras + ISAPI_CAMERAS) as site:
        hub = {"host": "127.0.0.1", "port": 1, "tls": False, "confirm": "broker"}
        yield site, unhurried(site.write_config(out, hub))


def rows_of(plans: Any, device_id: str) -> tuple[Ask, ...]:
    return tuple(ask for plan in plans if plan.device.id == device_id for ask in plan.asks)


def unplanned(tap: Wiretap, rows: dict[int, tuple[Ask, ...]]) -> set[tuple[int, str, str, str]]:
    """Return what was sent and stands in no row of its port's device. A picture's GET has no operation of its own."""
    return {
        (port, method, path, operation)
        for port, method, path, operation in tap.requests()
        if not is_planned(rows[port], method, path, operation or "snapshot")
    }


def test_every_request_to_the_simulated_site_stood_in_the_plan(
    demo: tuple[SimulatedSite, Path], tap: Wiretap, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated, config = demo
    plans = plan_requests(load(config))
    main(["check", "--config", str(config), "--json", "--rounds", "1"])
    capsys.readouterr()
    rows = {
        port: rows_of(plans, name)
        for name, address in simulated.devices.items()
        for port in (address.port, address.rtsp_port)
    }
    sent = list(tap.requests())
    assert {port for port, *_ in sent} >= {address.port for address in simulated.devices.values()}
    assert {"POST", "GET", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"} <= {method for _, method, _, _ in sent}
    assert len(sent) > 100
    assert unplanned(tap, rows) == set()
    assert not CHANGES & {method for _, method, _, _ in sent}


def test_the_questions_to_an_unknown_address_and_all_that_follows_stood_in_its_plan(
    demo: tuple[SimulatedSite, Path], tap: Wiretap, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated, config = demo
    address = simulated.devices["annex"]
    main(["check", "--host", f"127.0.0.1:{address.port}", "--plan", "--json"])
    assert list(tap.requests()) == [], "the plan sends nothing"
    told = json.loads(capsys.readouterr().out)
    assert [one["driver"] for one in told["devices"]] == [None, *DRIVERS]
    password = config.parent / "password"
    password.write_text(simulated.login("annex")[1])
    password.chmod(0o600)
    named = ["--user", simulated.login("annex")[0], "--password-file", str(password)]
    main(["check", "--host", f"127.0.0.1:{address.port}", *named, "--json"])
    capsys.readouterr()
    rows = (*QUESTIONS, *registry.asks("onvif"), *capture.ASKS)
    assert len(list(tap.requests())) > 20
    assert unplanned(tap, {address.port: rows, address.rtsp_port: rows}) == set()


def test_every_request_to_a_dahua_recorder_stands_in_its_table(tap: Wiretap) -> None:
    with dahua_reading(Nvr()) as there:
        month = ((2026, 11),)
        registry.load("dahua")(DAHUA_CAMERAS, there, {one.id: Wanted(months=month) for one in DAHUA_CAMERAS})
        rows = {there.device.port: registry.asks("dahua")}
        operations = {reply.operation for reply in there.replies}
        assert {"factory.create", "findFile", "destroy", "getCameraState"} <= operations
    missing = unplanned(tap, rows)
    # JSON-RPC names its operation in the body, which is no SOAP.
    assert {(method, path) for _, method, path, _ in missing} <= {("POST", "/RPC2")}
    assert {one.operation for one in registry.asks("dahua") if one.path == "/RPC2"} >= {
        reply.operation for reply in there.replies if reply.path == "/RPC2"
    }


def test_every_request_to_a_uniview_recorder_stands_in_its_table(tap: Wiretap) -> None:
    with uniview_reading(Lapi()) as there:
        registry.load("uniview")((), there, {})
    assert len(list(tap.requests())) >= 4
    assert unplanned(tap, {there.device.port: registry.asks("uniview")}) == set()


def test_every_onvif_operation_that_the_source_names_stands_in_its_table() -> None:
    called = {
        node.args[1].value
        for path in (ROOT / "drivers/onvif").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "call" and len(node.args) > 1
        if isinstance(node.args[1], ast.Constant)
    }
    assert len(called) > 20
    assert called == {one.operation for one in registry.asks("onvif")}


@pytest.mark.parametrize("driver", DRIVERS)
def test_no_row_of_any_driver_changes_a_device(driver: str) -> None:
    for one in registry.asks(driver):
        assert one.method in ("GET", "POST")
        assert not re.match(r"(Set|Add|Create|Delete|Remove|Modify|Start|Stop|System(Reboot|Restore))", one.operation)
        assert "setConfig" not in one.path


def test_a_row_covers_its_own_requests_and_no_others() -> None:
    row = Ask("http", "GET", "/ISAPI/channels/*/status")
    assert row.covers("GET", "/ISAPI/channels/3/status")
    assert not row.covers("PUT", "/ISAPI/channels/3/status")
    assert not row.covers("GET", "/ISAPI/channels/3")
    assert Ask("http", "GET", "/x?t[0]=*").covers("GET", "/x?t[0]=1"), "brackets are themselves"
    assert not Ask("onvif", "POST", "*", "GetUsers").covers("POST", "/onvif/device_service", "SetUser")


def test_the_words_name_devices_and_logins_and_no_secret(demo: tuple[SimulatedSite, Path]) -> None:
    simulated, config = demo
    site = load(config)
    words = plan_words(site, plan_requests(site), "en")
    assert "login recorder, only where the device asks for one" in words
    assert "8 datagrams" in words
    for name in (device.id for device in site.devices if device.id != "stairs"):
        assert name in words
        assert simulated.login(name)[1] not in words
