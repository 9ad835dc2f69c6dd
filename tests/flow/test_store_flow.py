"""A store on this host through the whole look: read, opened in the locked-down worker, judged, tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import scripted_driver
from patience import PATIENCE_S
from sites import camera, site

from agent.demo.liars.segment import PATTERN, record
from agent.judge.memory.memory import EMPTY_MEMORY, from_json, to_json
from agent.model.finding import Finding, Moment
from agent.service.cycle.cycle import CycleResult, see
from agent.service.cycle.environment import Environment
from agent.site.config.site import Site, Storage
from drivers import registry
from drivers.credentials import Credentials
from drivers.footage import Store
from drivers.model import Device
from masking.worker.client import Worker

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as shared:
        yield shared


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.DRIVERS, "scripted", "scripted_driver")


def stored(tmp_path: Path, days: int) -> Site:
    """Return a site whose camera is recorded in hours on a disk of this host, for so many days until now."""
    record(tmp_path / "srv", "gate", "gate", NOW - timedelta(days=days), NOW)
    one = replace(camera(store="disk", store_name="gate"), in_use_since=date(2024, 1, 1))
    stores = (Store("disk", "segments", tmp_path / "srv", PATTERN),)
    devices = (Device("box", scripted_driver.HEALTHY, 80, "scripted"),)
    return replace(site(one), stores=stores, devices=devices, storage=Storage(tmp_path / "state"))


def look(a_site: Site, tmp_path: Path, worker: Worker, now: datetime, before: CycleResult | None = None) -> CycleResult:
    """Look once, with the memory of the look before as the spool would have kept it."""
    memory = from_json(to_json(before.memory)) if before else EMPTY_MEMORY
    env = Environment(Credentials(tmp_path / "credentials.json"), worker.judge, lambda: now, lambda: None)
    return see(a_site, env, Moment(now, 0, "boot", True), memory)


def found(seen: CycleResult) -> dict[str, Finding]:
    return {finding.key: finding for finding in seen.findings}


def test_footage_of_a_store_is_proven_by_opening_its_oldest_segment(tmp_path: Path, worker: Worker) -> None:
    a_site = stored(tmp_path, 35)
    first = look(a_site, tmp_path, worker, NOW)
    again = found(look(a_site, tmp_path, worker, NOW + timedelta(minutes=10), first))
    assert again["retention-days camera:gate"].status == "pass"
    assert again["retention-days camera:gate"].evidence["opened_at"] == "2026-10-20T04:00:00Z"
    assert again["recording-completeness camera:gate"].status == "pass"
    assert again["recording-tamper camera:gate"].status == "pass"
    assert again["storage-health device:disk"].status == "pass"
    # No live picture was had, so that the recording alone says something of the zone, and never that it is hidden.
    hidden = again["privacy-mask-effective camera:gate"]
    assert hidden.status in ("fail", "unknown") and "playback" in str(hidden.evidence)


def test_a_store_that_does_not_reach_back_far_enough_fails_with_its_days(tmp_path: Path, worker: Worker) -> None:
    finding = found(look(stored(tmp_path, 12), tmp_path, worker, NOW))["retention-days camera:gate"]
    assert (finding.status, finding.reason) == ("fail", "too-short")
    assert finding.evidence["kept_days"] == pytest.approx(12, abs=0.1)


def test_a_deleted_day_is_told_when_it_was_seen_twice(tmp_path: Path, worker: Worker) -> None:
    a_site = stored(tmp_path, 33)
    seen = look(a_site, tmp_path, worker, NOW)
    for segment in (tmp_path / "srv" / "gate" / "2026-11-15").iterdir():
        segment.unlink()
    for minutes in (2, 4):
        seen = look(a_site, tmp_path, worker, NOW + timedelta(minutes=minutes), seen)
    finding = found(seen)["recording-tamper camera:gate"]
    assert (finding.status, finding.reason) == ("fail", "vanished")
    assert "2026-11-15" in str(finding.message)
    assert found(seen)["recording-completeness camera:gate"].caused_by == finding.key


def test_a_store_that_is_not_there_is_no_lost_footage(tmp_path: Path, worker: Worker) -> None:
    a_site = stored(tmp_path, 33)
    seen = look(a_site, tmp_path, worker, NOW)
    (tmp_path / "srv").rename(tmp_path / "unplugged")
    for minutes in (2, 4, 6):
        seen = look(a_site, tmp_path, worker, NOW + timedelta(minutes=minutes), seen)
    finding = found(seen)["retention-days camera:gate"]
    assert (finding.status, finding.reason) == ("unknown", "unreachable")
    assert found(seen)["recording-tamper camera:gate"].status != "fail"
