"""The probe: one bad device never disturbs the others, and every failure is a fact with a reason."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import scripted_driver
from patience import LATE_S, PATIENCE_S
from scripted_driver import BUG, HEALTHY, MALFORMED, REFUSED, STUCK
from sites import NOW, camera, site

from agent.observe.facts.facts import gather
from agent.observe.probe import devices as probing
from agent.observe.probe import fan_out
from agent.observe.probe.fan_out import Watch
from agent.site.config.site import Probe, Site
from drivers import registry
from drivers.credentials import Credentials
from drivers.model import Device, Identity


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.DRIVERS, "scripted", "scripted_driver")
    scripted_driver.RELEASE.clear()
    yield
    scripted_driver.RELEASE.set()
    for thread in reading_now():
        thread.join(PATIENCE_S)


def site_of(*hosts: str) -> Site:
    devices = tuple(Device(f"d{i}", host, 80, "scripted") for i, host in enumerate(hosts))
    cameras = tuple(camera(f"c{i}", f"d{i}") for i in range(len(hosts)))
    return replace(site(*cameras), devices=devices, probe=Probe(deadline_s=0.3, max_devices_at_once=8))


def test_each_error_becomes_its_reason_and_the_others_are_read(tmp_path: Path) -> None:
    a_site = site_of(HEALTHY, REFUSED, MALFORMED, HEALTHY)
    facts = gather(probing.probe(a_site, Credentials(tmp_path / "c.json"), lambda: NOW).observations)
    assert [facts.one(f"device:d{i}", Identity) is not None for i in range(4)] == [True, False, False, True]
    assert facts.why_not("device:d1", "identity").reason == "refused"
    assert facts.why_not("camera:c2", "masks").reason == "malformed"
    assert "no envelope" in facts.why_not("camera:c2", "masks").detail


def test_a_fault_in_a_driver_is_told_without_its_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An exception may quote what a device said or was sent."""
    with caplog.at_level(logging.DEBUG):
        probed = probing.probe(site_of(BUG, HEALTHY), Credentials(tmp_path / "c.json"), lambda: NOW)
    facts = gather(probed.observations)
    assert facts.why_not("device:d0", "identity").reason == "malformed"
    assert facts.one("device:d1", Identity) is not None
    assert "RuntimeError" in caplog.text
    assert "secret-in-a-message" not in caplog.text + repr(probed)


def test_a_device_that_never_comes_back_is_given_up_and_the_others_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "OVERRUN_S", 2.0)
    facts = gather(probing.probe(site_of(STUCK, HEALTHY), Credentials(tmp_path / "c.json"), lambda: NOW).observations)
    assert facts.why_not("device:d0", "identity").reason == "deadline"
    assert facts.one("device:d1", Identity) is not None


def test_more_devices_than_may_be_read_at_once_are_all_read(tmp_path: Path) -> None:
    a_site = replace(site_of(*[HEALTHY] * 40), probe=Probe(deadline_s=5.0, max_devices_at_once=3))
    probed = probing.probe(a_site, Credentials(tmp_path / "c.json"), lambda: NOW)
    assert [o.subject for o in probed.observations if isinstance(o.value, Identity)] == [
        f"device:d{i}" for i in range(40)
    ]


def test_progress_can_end_the_cycle(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        probing.probe(site_of(STUCK), Credentials(tmp_path / "c.json"), lambda: NOW, stop)


def test_what_a_device_gave_is_there_while_another_one_hangs(tmp_path: Path) -> None:
    reading = probing.Reading(site_of(STUCK, HEALTHY), Credentials(tmp_path / "c.json"), lambda: NOW)
    reading.ask(site_of(STUCK, HEALTHY))
    arrivals = reading.arrivals()
    device, probed = next(arrivals)
    assert (device.id, isinstance(probed.observations[0].value, Identity)) == ("d1", True)
    scripted_driver.RELEASE.set()
    assert [device.id for device, _ in arrivals] == ["d0"]


def test_a_later_look_begins_in_its_own_time_and_not_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    asked: list[str] = []
    healthy = scripted_driver.ACTS[HEALTHY]
    monkeypatch.setitem(scripted_driver.ACTS, HEALTHY, lambda device: (asked.append(device), healthy(device))[1])
    a_site = site_of(HEALTHY)
    reading = probing.Reading(a_site, Credentials(tmp_path / "c.json"), lambda: NOW, Watch(wait=waited.append))
    reading.ask(a_site)
    came = []
    for device, _ in reading.arrivals():
        came.append(device.id)
        if len(came) == 1:
            reading.ask(a_site, in_s=600.0)
            for thread in reading_now():  # the one that has just told us
                thread.join(PATIENCE_S)
            assert asked == ["d0"], "nothing is asked before its time"
    assert came == asked == ["d0", "d0"]
    assert waited == [pytest.approx(600.0, abs=LATE_S)], "nothing else was going on"


@pytest.mark.parametrize(("in_s", "asked_again"), [(0.0, True), (599.5, False)], ids=["time left", "hardly any left"])
def test_a_picture_that_confirms_another_is_fetched_within_the_first_deadline_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_s: float, asked_again: bool
) -> None:
    limits: list[float] = []
    opened = fan_out.open_transport

    def noted(device: Device, deadline_s: float, *rest: Any) -> Any:
        limits.append(deadline_s)
        return opened(device, deadline_s, *rest)

    monkeypatch.setattr(fan_out, "open_transport", noted)
    a_site = replace(site_of(HEALTHY), probe=Probe(deadline_s=600.0))
    reading = probing.Reading(a_site, Credentials(tmp_path / "c.json"), lambda: NOW)
    reading.ask(a_site)
    came = 0
    for _ in reading.arrivals():
        came += 1
        if came == 1:
            reading.ask(a_site, in_s=in_s, in_first_deadline=True)
    assert came == len(limits) == (2 if asked_again else 1)
    assert limits[0] == 600.0
    assert all(limit < 600.0 for limit in limits[1:])


def reading_now() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("probe ")]


def test_when_it_is_ended_what_came_back_is_kept_and_the_rest_is_interrupted(tmp_path: Path) -> None:
    a_site = replace(site_of(HEALTHY, STUCK, HEALTHY), probe=Probe(deadline_s=600.0))
    ended: list[str] = []
    watch = Watch(stop=lambda: len(ended) == 2)
    reading = probing.Reading(a_site, Credentials(tmp_path / "c.json"), lambda: NOW, watch)
    reading.ask(a_site)
    facts = {}
    for device, probed in reading.arrivals():
        ended.append(device.id)
        facts[device.id] = gather(probed.observations)
        reading.ask(replace(a_site, devices=(device,)), in_s=600.0)
    assert [facts[f"d{i}"].one(f"device:d{i}", Identity) is not None for i in range(3)] == [True, False, True]
    assert facts["d1"].why_not("device:d1", "identity").reason == "interrupted"


def test_a_device_that_was_given_up_is_not_asked_again_beside_its_old_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "OVERRUN_S", 0.1)
    a_site = site_of(STUCK)
    reading = probing.Reading(a_site, Credentials(tmp_path / "c.json"), lambda: NOW)
    reading.ask(a_site)
    for device, probed in reading.arrivals():
        assert gather(probed.observations).why_not(f"device:{device.id}", "identity").reason == "deadline"
        reading.ask(a_site)
        assert [thread.name for thread in reading_now()] == ["probe d0"], "the thread that hangs, and no second one"
