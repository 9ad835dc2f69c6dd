"""A spot check rests on its own look: no path, verdict, view or mark of an earlier one speaks for a named camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import scripted_driver
from orders_by_hub import command
from patience import PATIENCE_S
from sites import NOW, STILL, camera, healthy, observed, observed_at, site, without_path
from turned import join

from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.model.finding import Moment
from agent.observe.facts.facts import gather
from agent.observe.pictures.turns import due
from agent.observe.pictures.view_memory import CameraQuality, CameraView, IndicatorMark
from agent.observe.pictures.zone_verdicts import CameraVerdicts, Failed
from agent.observe.remembered.value import Remembered
from agent.report.spot_check import NO_REQUESTS, ROUNDS, HubRequests, forget_pictures, restore_pictures
from agent.service.cycle import cycle
from agent.service.cycle.environment import Environment
from agent.site.config.site import Site, Storage
from drivers import registry
from drivers.capture import PATHS
from drivers.credentials import Credentials
from drivers.model import Device, Unavailable
from masking.quality.learning import QualityMemory
from masking.view.persistence import ViewMemory
from masking.worker.client import Worker

SITE = site(camera(), camera("yard", "other"))
LATER = NOW + timedelta(minutes=30)


def remembered() -> Remembered:
    """Return what is remembered of a site all of whose cameras were looked at, settled and marked."""
    seen = healthy() + healthy("yard", "other")
    _, looked = join(SITE, seen, (), NOW)
    failed = {("sub", "window"): Failed(NOW, "d", confirmed=True)}
    glances = tuple(CameraVerdicts(name, "z", "m", failed) for name in ("gate", "yard"))
    view = CameraView("r", ViewMemory(STILL), NOW)
    quality = CameraQuality("r", QualityMemory(), (0.1,), (IndicatorMark("moved", NOW, 2),))
    names = ("gate", "yard")
    return Remembered(
        looked=looked, pooled=glances, views=dict.fromkeys(names, view), quality=dict.fromkeys(names, quality)
    )


def test_every_path_of_a_named_camera_is_due_and_only_what_has_its_turn_of_the_others() -> None:
    paths = due(SITE, forget_pictures(remembered(), frozenset({"gate"})).looked, LATER)
    assert paths["gate"] == set(PATHS)
    assert paths["yard"] == due(SITE, remembered().looked, LATER)["yard"] != set(PATHS)


def statuses(memory: Remembered) -> dict[str, str]:
    """Return what is said of both cameras when this cycle got no picture of their main streams and recordings."""
    seen = healthy() + healthy("yard", "other")
    for path in ("main", "playback"):
        seen = without_path(seen, path)  # type: ignore[arg-type]
        for name in ("gate", "yard"):
            seen += observed(f"camera:{name}", Unavailable("picture", "not-looked-at", path=path))  # type: ignore[arg-type]
    joined, _ = join(SITE, observed_at(seen, LATER), memory.looked, LATER)
    findings = run_checks(SITE, gather(joined), LATER)
    return {f.subject: f.status for f in findings if f.check == "privacy-mask-effective"}


def test_a_path_that_was_not_looked_at_is_not_answered_from_memory() -> None:
    assert statuses(remembered()) == {"camera:gate": "pass", "camera:yard": "pass"}
    afresh = forget_pictures(remembered(), frozenset({"gate"}))
    assert statuses(afresh) == {"camera:gate": "unknown", "camera:yard": "pass"}


def test_verdicts_views_and_marks_of_a_named_camera_are_forgotten_and_what_was_learned_is_not() -> None:
    memory = remembered()
    afresh = forget_pictures(memory, frozenset({"gate"}))
    assert {one.camera_id for one in memory.pooled} == {"gate", "yard"}
    assert [one.camera_id for one in afresh.pooled] == ["yard"]
    assert set(afresh.views) == {"yard"}
    assert afresh.quality["gate"] == CameraQuality("r", QualityMemory())
    assert afresh.quality["yard"] == memory.quality["yard"]


def test_afterwards_the_memory_of_the_cameras_is_what_it_was_but_for_the_turns() -> None:
    before = remembered()
    names = frozenset({"gate"})
    newer = CameraView("r", ViewMemory(), None)
    after = replace(forget_pictures(before, names), views={"gate": newer, "yard": newer})
    kept = restore_pictures(before, after, names)
    assert kept.views == {"gate": before.views["gate"], "yard": newer}
    assert kept.quality["gate"] == before.quality["gate"]
    assert {one.camera_id: one for one in kept.pooled} == {one.camera_id: one for one in before.pooled}
    assert kept.looked == after.looked


def test_without_a_spot_check_nothing_is_forgotten() -> None:
    memory = remembered()
    for asked in (NO_REQUESTS, HubRequests((command("report-now", NOW),))):
        assert asked.cameras(SITE) == frozenset()
        assert forget_pictures(memory, asked.cameras(SITE)) == memory
        assert restore_pictures(memory, memory, asked.cameras(SITE)) == memory


def test_none_named_is_every_camera_and_several_commands_are_one_look() -> None:
    assert HubRequests((command("check-now", NOW),)).cameras(SITE) == {"gate", "yard"}
    two = HubRequests(
        (command("check-now", NOW, cameras=("gate",)), command("check-now", NOW, cameras=("gone", "yard")))
    )
    assert two.cameras(SITE) == {"gate", "gone", "yard"}


def test_what_was_not_looked_at_yet_answers_nothing() -> None:
    assert HubRequests((command("check-now", NOW),)).answers() == []


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as shared:
        yield shared


def test_the_cycle_asks_for_every_path_in_three_rounds_and_says_when_it_looked(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.DRIVERS, "scripted", "scripted_driver")
    devices = tuple(Device(name, scripted_driver.HEALTHY, 80, "scripted") for name in ("box", "other"))
    a_site: Site = replace(SITE, devices=devices, storage=Storage(tmp_path))
    paths: dict[str, Any] = {}
    rounds: list[int] = []
    look = cycle.look_in_rounds

    class Noted(cycle.Reading):
        def ask(self, part: Site, due: Any = None, *rest: Any, **more: Any) -> None:
            paths.update(due)
            super().ask(part, due, *rest, **more)

    def in_rounds(*arguments: Any) -> Any:
        rounds.append(arguments[-1])
        return look(*arguments)

    monkeypatch.setattr(cycle, "Reading", Noted)
    monkeypatch.setattr(cycle, "look_in_rounds", in_rounds)
    env = Environment(Credentials(tmp_path / "credentials.json"), worker.judge, lambda: LATER + timedelta(seconds=9))
    memory = Memory(remembered=remembered())
    asked = HubRequests((command("check-now", NOW, cameras=("gate",)),))
    seen = cycle.see(a_site, env, Moment(LATER, 0, "boot", True), memory, asked=asked)
    assert paths["gate"] == set(PATHS)
    assert paths["yard"] != set(PATHS)
    assert rounds == [ROUNDS]
    assert (seen.asked.looked_from, seen.asked.looked_until) == (LATER, LATER + timedelta(seconds=9))
    assert seen.memory.remembered.views["gate"] == memory.remembered.views["gate"]
    quiet = cycle.see(a_site, env, Moment(LATER, 0, "boot", True), memory)
    assert rounds == [ROUNDS, 1]
    assert quiet.asked.answers() == []
