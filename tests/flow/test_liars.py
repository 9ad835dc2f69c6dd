"""Every lie of the gallery is told to the real cycle over real sockets; those that fool it today are listed by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import PATIENCE_S
from warm import judging_once

from agent.cli import main
from agent.commands.masks import approving, looking
from agent.demo.liars.gallery import ADOPTED_BY, Verdict, judge, world
from agent.demo.liars.lie import NOT_FAIL, Lie, WorldName
from agent.demo.liars.worlds import Clock, World
from agent.demo.liars.worlds_table import WORLDS
from gallery.table import LIES
from masking.worker.client import Worker

BEGIN = datetime(2026, 11, 10, 8, 30, 5, 250_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Lie], Verdict]]:
    """Return what tells a lie in its world, which is learned once, before its first lie, and put back after each."""
    learned: dict[str, World] = {}
    begun: set[str] = set()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        worker = stack.enter_context(Worker(timeout_s=PATIENCE_S))
        judging_once(worker, patch)
        patch.setattr(looking, "APART_S", 0.0)

        def adopt(config: Path, clock: Clock) -> None:
            patch.setattr(looking, "utc_now", clock)
            patch.setattr(approving, "utc_now", clock)
            arguments = ["masks", "adopt", "--yes", *ADOPTED_BY, "--rounds", "3", "--quiet", "--config", str(config)]
            assert main([*arguments, "--lang", "en", "--no-color"]) == 0

        def hear(lie: Lie) -> Verdict:
            if lie.world not in begun:  # one that cannot be learned is not tried again for each of its lies
                begun.add(lie.world)
                folder = tmp_path_factory.mktemp(lie.world)
                learned[lie.world] = stack.enter_context(world(lie.world, folder, Clock(BEGIN), worker, adopt))
            return judge(learned[lie.world], lie)

        yield hear


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_no_lie_fools_camwarden(heard: Callable[[Lie], Verdict], lie: Lie) -> None:
    verdict = heard(lie)
    assert verdict.told, "nothing false was said: the lie proves nothing"
    well = {key: status for key, status in verdict.honest.items() if status != "pass"}
    assert not well, "without the lie it does not pass either: the lie proves nothing"
    said = {key: (one.status, one.reason) if one else None for key, one in verdict.said.items()}
    assert verdict.wrong == (), said


def test_every_lie_stands_in_the_table_and_every_world_has_some() -> None:
    names = [lie.name for lie in LIES]
    assert len(names) == len(set(names)) >= 125
    assert {one.makes.__name__ for one in LIES} == set(names), "each is told by the function of its name"
    assert {lie.world for lie in LIES} == set(WORLDS)


def test_every_lie_has_a_pass_that_would_be_false_or_a_failure_that_would_be() -> None:
    for lie in LIES:
        assert lie.right, lie.name
        assert all("pass" not in allowed or allowed == NOT_FAIL for allowed in lie.right.values()), lie.name


def test_worlds_are_named_by_their_protocol() -> None:
    names: set[WorldName] = {"onvif", "hikvision", "dahua", "store"}
    assert set(WORLDS) == names
