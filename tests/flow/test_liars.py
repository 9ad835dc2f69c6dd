"""Every lie of the gallery is told to the real cycle over real sockets; those that fool it today are listed by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import PATIENCE_S
from warm import judging_once

from agent.cli import main
from agent.commands.masks import approving, looking
from agent.demo.liars.gallery import ADOPTED_BY, Verdict, judge, world
from agent.demo.liars.lie import NOT_FAIL, Lie, WorldName
from agent.demo.liars.table import LIES
from agent.demo.liars.worlds import Clock, World
from agent.demo.liars.worlds_table import WORLDS
from masking.worker.client import Worker

BEGIN = datetime(2026, 11, 10, 8, 30, 5, 250_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def patched() -> Iterator[tuple[Worker, pytest.MonkeyPatch]]:
    """Start one worker for all worlds, which judges the same picture once; and what of the product is set for them."""
    with pytest.MonkeyPatch.context() as patch, Worker(timeout_s=PATIENCE_S) as worker:
        judging_once(worker, patch)
        patch.setattr(looking, "APART_S", 0.0)
        yield worker, patch


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest,
    patched: tuple[Worker, pytest.MonkeyPatch],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Verdict]:
    """Tell every lie of one world, which is learned once."""
    (worker, patch), name = patched, request.param

    def adopt(config: Path, clock: Clock) -> None:
        patch.setattr(looking, "utc_now", clock)
        patch.setattr(approving, "utc_now", clock)
        arguments = ["masks", "adopt", "--yes", *ADOPTED_BY, "--rounds", "3", "--quiet", "--config", str(config)]
        assert main([*arguments, "--lang", "en", "--no-color"]) == 0

    there: World
    with world(name, tmp_path_factory.mktemp(name), Clock(BEGIN), worker, adopt) as there:
        return {lie.name: judge(there, lie) for lie in LIES if lie.world == name}


BY_WORLD = sorted(LIES, key=lambda lie: list(WORLDS).index(lie.world))
"""A world that is left for another one is learned anew."""


@pytest.mark.parametrize(
    ("told", "lie"), [(lie.world, lie) for lie in BY_WORLD], ids=[lie.name for lie in BY_WORLD], indirect=["told"]
)
def test_no_lie_fools_camwarden(told: dict[str, Verdict], lie: Lie) -> None:
    verdict = told[lie.name]
    assert verdict.told, "nothing false was said: the lie proves nothing"
    well = {key: status for key, status in verdict.honest.items() if status != "pass"}
    assert not well, "without the lie it does not pass either: the lie proves nothing"
    said = {key: (one.status, one.reason) if one else None for key, one in verdict.said.items()}
    assert verdict.wrong == (), said


def test_every_lie_stands_in_the_table_and_every_world_has_some() -> None:
    names = [lie.name for lie in LIES]
    folder = Path(__file__).parents[2] / "agent" / "demo" / "liars"
    files = {path.stem for path in folder.glob("*/*.py")} - {"__init__"}
    assert len(names) == len(set(names)) and set(names) == files
    assert {lie.world for lie in LIES} == set(WORLDS)


def test_every_lie_has_a_pass_that_would_be_false_or_a_failure_that_would_be() -> None:
    for lie in LIES:
        assert lie.right, lie.name
        assert all("pass" not in allowed or allowed == NOT_FAIL for allowed in lie.right.values()), lie.name


def test_worlds_are_named_by_their_protocol() -> None:
    names: set[WorldName] = {"onvif", "hikvision", "dahua", "store"}
    assert set(WORLDS) == names
