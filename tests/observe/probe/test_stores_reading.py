"""Stores beside devices: a bad one costs nobody else its time, and footage counts where it is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import scripted_driver
import scripted_store
from sites import NOW, camera, site

from agent.observe.facts.facts import gather
from agent.observe.probe.devices import ProbeResult, probe
from agent.observe.probe.stores import read_stores
from agent.site.config.site import Site, Storage
from drivers import registry
from drivers.credentials import Credentials
from drivers.footage import RecordedDays, Store
from drivers.model import Device, Identity, Observation, Recordings, Unavailable

ALL = {f"c-{act}": ("playback",) for act in ("well", "bug", "stuck", "long", "pictures", "says-why")}


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.STORES, "scripted", "scripted_store")
    scripted_store.RELEASE.clear()
    yield
    scripted_store.RELEASE.set()


def site_of(tmp_path: Path, *acts: str) -> Site:
    stores = tuple(Store(f"s-{act}", "scripted", tmp_path / act, act) for act in acts)
    cameras = tuple(camera(f"c-{act}", store=f"s-{act}", store_name=act) for act in acts)
    return site(*cameras, stores=stores, storage=Storage(tmp_path / "state"))


def looked(tmp_path: Path, *acts: str, paths: dict[str, tuple[str, ...]] = ALL, limit_s: float = 30.0) -> ProbeResult:
    return read_stores(site_of(tmp_path, *acts), paths, NOW, limit_s=limit_s)  # type: ignore[arg-type]


def test_a_reader_that_breaks_or_hangs_costs_its_own_store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read = looked(tmp_path, "bug", "stuck", "well", limit_s=2.0)
    facts = gather(read.observations)
    assert facts.one("camera:c-well", Recordings) == Recordings(())
    assert facts.why_not("camera:c-bug", "recordings").reason == "malformed"
    assert facts.why_not("camera:c-stuck", "recordings").reason == "deadline"
    assert facts.why_not("device:s-stuck", "disks").reason == "deadline"
    assert "RuntimeError" in caplog.text and "secret-in-a-message" not in caplog.text + repr(read)


def test_a_reader_whose_time_is_up_ends_at_its_next_step(tmp_path: Path) -> None:
    facts = gather(looked(tmp_path, "long", limit_s=0.2).observations)
    assert facts.why_not("camera:c-long", "recordings").reason == "deadline"
    assert "the next one goes on" in facts.why_not("camera:c-long", "recordings").detail


def test_a_cycle_that_ends_ends_the_wait(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_stores(site_of(tmp_path, "stuck"), ALL, NOW, stop)  # type: ignore[arg-type]


def test_pictures_are_taken_of_cameras_that_are_due_and_each_missing_one_has_its_reason(tmp_path: Path) -> None:
    read = looked(tmp_path, "pictures", "well", "says-why")
    facts = gather(read.observations)
    assert [picture.camera_id for picture in read.pictures] == ["c-pictures"]
    assert facts.why_not("camera:c-well", "picture", "playback").detail == "no segment could be opened"
    assert facts.why_not("camera:c-says-why", "picture", "playback").reason == "refused"
    later = looked(tmp_path, "pictures", paths={"c-pictures": ("sub",)})
    assert later.pictures == ()
    assert gather(later.observations).why_not("camera:c-pictures", "picture", "playback").detail.startswith("not due")


def test_the_agent_s_own_index_lies_in_its_own_folder(tmp_path: Path) -> None:
    looked(tmp_path, "well")
    assert (tmp_path / "state" / "stores").stat().st_mode & 0o777 == 0o700


def test_what_a_device_says_of_footage_counts_only_where_the_footage_is_kept_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.DRIVERS, "scripted", "scripted_driver")

    def both(device: str) -> tuple[Observation, ...]:
        told = (Recordings(()), RecordedDays(()), Unavailable("schedule", "fault"), Unavailable("masks", "fault"))
        rows = [Observation(f"camera:{name}", value, NOW, "t") for name in ("stored", "own") for value in told]
        return (Observation(f"device:{device}", Identity("A", "B", "1", "2"), NOW, "t"), *rows)

    monkeypatch.setitem(scripted_driver.ACTS, scripted_driver.HEALTHY, both)
    cameras = (camera("stored", store="disk", store_name="x"), replace(camera("own"), recorded=True))
    a_site = replace(site(*cameras), devices=(Device("box", scripted_driver.HEALTHY, 80, "scripted"),))
    facts = gather(probe(a_site, Credentials(tmp_path / "c.json"), lambda: NOW).observations)
    assert facts.one("camera:own", Recordings) is not None and facts.one("camera:stored", Recordings) is None
    assert facts.why_not("camera:stored", "schedule").reason == "not-looked-at"
    assert facts.why_not("camera:own", "schedule").reason == "fault"
    assert facts.why_not("camera:stored", "masks").reason == "fault"
