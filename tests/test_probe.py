"""The probe: one bad device never disturbs the others, and every failure is a fact with a reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import scripted_driver
from scripted_driver import BUG, HEALTHY, MALFORMED, REFUSED, STUCK
from sites import NOW, camera, site

from agent import probe as probing
from agent.config import Probe, Site
from agent.facts import gather
from drivers import registry
from drivers.credentials import Credentials
from drivers.model import Device, Identity


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.DRIVERS, "scripted", "scripted_driver")
    scripted_driver.RELEASE.clear()
    yield
    scripted_driver.RELEASE.set()


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
    monkeypatch.setattr(probing, "OVERRUN_S", 0.2)
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
