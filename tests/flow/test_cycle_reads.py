"""What people wrote down is read once in a cycle, however many cameras there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import Maker, moment
from patience import PATIENCE_S
from sites import NOW, camera
from sites import site as site_of

from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import FOLDER as NOTES
from agent.judge.memory.notes import Plan, write_note
from agent.observe.approvals.approvals import FOLDER as APPROVALS
from agent.observe.approvals.approvals import Approval, approve, read_approvals, write_approval
from agent.observe.pictures.derived_views import FOLDER as DERIVED
from agent.observe.pictures.derived_views import DerivedReference, proven_references, read_derived, store_derived
from agent.service.cycle import cycle
from agent.service.cycle.environment import Environment
from agent.service.cycle.expire import expire
from agent.site.config.site import Site, Storage
from drivers.credentials import Credentials
from masking.view.baseline import Descriptor, encode
from masking.view.model import LightMode
from masking.worker.client import Worker
from tests.observe.pictures.test_derived import INFRARED

NAMES = tuple(f"c{number}" for number in range(12))


def reference(light: Any) -> bytes:
    return encode(Descriptor(light, 64, 36, 5, bytes(64 * 36)))


@pytest.fixture
def here(tmp_path: Path) -> Site:
    """A site of many cameras whose views are approved by day, with derived references by infrared."""
    site = replace(site_of(*map(camera, NAMES)), storage=Storage(tmp_path, tmp_path), devices=())
    for name in NAMES:
        write_approval(tmp_path, approve(site, name, "Li", NOW, "x", (), (reference("day"),)))
        write_note(tmp_path, Plan(f"camera:{name}", NOW, NOW + timedelta(days=1), "Li", NOW, "x"), NOW)
    approvals = read_approvals(tmp_path, "dt0001")
    store_derived(tmp_path, "dt0001", derived_of(approvals), ())
    assert set(read_derived(tmp_path, "dt0001", approvals)) == set(NAMES)
    return site


def derived_of(approvals: dict[str, Approval]) -> tuple[DerivedReference, ...]:
    found: dict[str, tuple[LightMode, bytes]] = {name: ("day", reference("infrared")) for name in approvals}
    return proven_references(found, approvals, dict.fromkeys(approvals, INFRARED), NOW)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count which files are opened for reading, by their folder."""
    counted: Counter[str] = Counter()
    whole = Path.open

    def counting(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if "r" in mode and path.suffix == ".json":
            counted[path.parent.name] += 1
        return whole(path, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", counting)
    yield counted


def test_each_file_that_people_or_the_agent_left_is_read_once_by_a_look(
    here: Site, tmp_path: Path, opened: Counter[str]
) -> None:
    maker = Maker(tmp_path, here)
    spool = maker.open(now=NOW)
    with Worker(timeout_s=PATIENCE_S) as worker:
        env = Environment(Credentials(tmp_path / "credentials.json"), worker.judge, lambda: NOW)
        seen = cycle.see(here, env, moment(NOW), Memory())
    assert (opened[APPROVALS], opened[Path(DERIVED).name], opened[NOTES]) == (12, 12, 12)
    expire(here, moment(NOW))  # which reads notes once more, once a day
    opened.clear()
    cycle.tell(here, seen, spool, maker.signer, moment(NOW))
    assert (opened[APPROVALS], opened[Path(DERIVED).name]) == (0, 0), "nothing was made"
    assert opened[NOTES] == 12, "what was said during the look counts"
    assert len(read_derived(tmp_path, "dt0001", read_approvals(tmp_path, "dt0001"))) == 12
    spool.close()


def test_what_holds_no_longer_is_removed_without_reading_the_rest(
    here: Site, tmp_path: Path, opened: Counter[str]
) -> None:
    write_approval(tmp_path, approve(here, "c3", "Li", NOW + timedelta(hours=1), "moved", (), (reference("day"),)))
    held = read_derived(tmp_path, "dt0001", read_approvals(tmp_path, "dt0001"))
    opened.clear()
    store_derived(tmp_path, "dt0001", (), frozenset(held))
    assert sum(opened.values()) == 0
    left = {path.stem for path in (tmp_path / DERIVED).iterdir()}
    assert left == set(NAMES) - {"c3"}
