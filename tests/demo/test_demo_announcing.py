"""The simulated site answers discovery, and the agent's discovery finds every device of it once."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from agent.demo.onvif.announcing import Announcer
from agent.demo.world.cameras import DemoDevice
from drivers.discovery.answer import Discovered, mac_of, scope_text
from drivers.discovery.network_sweep import sweep
from drivers.discovery.plan import plan_of


@pytest.fixture
def announcer() -> Iterator[Announcer]:
    one = Announcer({"recorder": 8001, "roof": 8002})
    one.start()
    yield one
    one.stop()


def probe(announcer: Announcer) -> tuple[Discovered, ...]:
    return sweep(plan_of((), (announcer.address,), ()), 2.0).found


def test_every_device_is_found_once_with_its_service_address(announcer: Announcer) -> None:
    found = probe(announcer)
    assert sorted(x for device in found for x in device.xaddrs) == [
        "http://127.0.0.1:8001/onvif/device_service",
        "http://127.0.0.1:8002/onvif/device_service",
    ]
    assert len({device.endpoint for device in found}) == len({mac_of(device) for device in found}) == 2
    assert [scope_text(device, "name") for device in found] == ["recorder", "roof"]


def test_a_name_that_needs_escaping_comes_through() -> None:
    one = Announcer({"大门 <1> & 2%": 8001})
    one.start()
    try:
        assert [scope_text(device, "name") for device in probe(one)] == ["大门 <1> & 2%"]
    finally:
        one.stop()


@pytest.mark.parametrize(
    "noise", [b"", b"\xff" * 100, b"<a/>", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"]
)
def test_noise_is_not_answered_and_does_not_end_it(announcer: Announcer, noise: bytes) -> None:
    host, port = announcer.address.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(noise, (host, int(port)))
    assert len(probe(announcer)) == 2


def test_devices_of_known_makers_answer_their_makers_search_and_are_one_entry_each() -> None:
    specs = {
        "nvr": DemoDevice("nvr", "viewer", "DS-7616", "N7-1", recorder=True, driver="hikvision"),
        "gate": DemoDevice("gate", "viewer", "IPC-HDW", "8J-2", driver="dahua"),
        "roof": DemoDevice("roof", "viewer", "Dome", "R-3"),
    }
    one = Announcer({"nvr": 8001, "gate": 8002, "roof": 8003}, specs)
    one.start()
    try:
        found = probe(one)
    finally:
        one.stop()
    told = {scope_text(device, "name"): device.told for device in found}
    assert len(found) == 3 and told["roof"] is None
    assert [(t.driver, t.model, t.serial, t.activated) for t in (told["nvr"], told["gate"]) if t] == [
        ("hikvision", "DS-7616", "N7-1", True),
        ("dahua", "IPC-HDW", "8J-2", True),
    ]


def test_its_port_is_free_after_stop() -> None:
    one = Announcer({})
    one.start()
    host, port = one.address.split(":")
    one.stop()
    one.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((host, int(port)))
