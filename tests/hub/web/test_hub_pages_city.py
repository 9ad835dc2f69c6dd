"""The map, the disputes and the footage that is left: within what may be seen, and no more than is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from city_told import NOW
from city_worked import DAY, worked_city
from here_run import run_here

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.domain.figures import FOOTAGE_LEFT
from agent.hub.domain.rows.footage_left import CLASSES
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores import signing_key, trust
from agent.hub.stores.page import city_map
from agent.hub.stores.store import Store
from agent.hub.web.pages.city import read_city
from agent.hub.web.pages.disputes import read_disputes
from agent.hub.web.pages.trends import read_trends


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return worked_city(tmp_path_factory.mktemp("pages") / "hub")


@pytest.fixture
def store(hub: Path) -> Iterator[Store]:
    with closing(Store(hub, read_only=True)) as opened:
        yield opened


def told(hub: Path, *words: str) -> Any:
    answer = run_here("hub", *words, "--json", "--data", hub, environ={})
    assert answer.returncode in (0, 1), answer.stderr
    return json.loads(answer.stdout)


def test_who_is_bound_elsewhere_has_neither_a_mark_nor_a_dispute(hub: Path, store: Store) -> None:
    scope = Scope(divisions=("149999",))
    page = read_city(store, trust.load(hub), scope, datetime.now(UTC))
    assert {one.site for one in page.map.view.sites} == {"F3", "F4"}
    assert read_disputes(store, scope, datetime.now(UTC)).rows == () and page.morning.disputes_open == 0
    assert read_city(store, trust.load(hub), Scope(), datetime.now(UTC)).map.view.sites == ()


def test_a_maintainer_has_the_disputes_of_what_is_open_for_it_alone(hub: Path, store: Store) -> None:
    """Zhao mends one finding of a camera of S1, of which a dispute is."""
    for name, number in (("Zhao", 1), ("Company One", 1), ("Hidden Company", 0)):
        scope = Scope(maintainers=(name,))
        found = read_disputes(store, scope, datetime.now(UTC))
        assert (len(found.rows), found.waiting, found.late) == (number, number, number)
        assert read_city(store, trust.load(hub), scope, datetime.now(UTC)).morning.disputes_open == number


def test_a_dispute_waits_for_the_hub_then_for_the_site_then_for_nobody(tmp_path: Path) -> None:
    directory = worked_city(tmp_path / "hub")
    load_or_create_signer(directory / signing_key.KEY_NAME)
    now = datetime.now(UTC)

    def states(state: str = "") -> list[str]:
        with closing(Store(directory, read_only=True)) as opened:
            return [of for of, _ in read_disputes(opened, EVERYTHING, now, state=state).rows]

    assert states() == ["late"] and states("open") == ["late"] and states("settled") == []
    number = told(directory, "disputes")["disputes"][0]["id"][:8]
    told(directory, "decide", "S1", number, "--outcome", "upheld", "--by", "Li", "--why", "it was off")
    assert states() == ["on-its-way"] and states("open") == [] and states("on-its-way") == ["on-its-way"]
    with closing(Store(directory)) as opened:
        opened.run("UPDATE command SET status = 'answered' WHERE id IN (SELECT command FROM dispute)")
    assert states() == ["settled"]


def test_a_map_that_cannot_be_read_takes_nothing_else_away(tmp_path: Path) -> None:
    directory = worked_city(tmp_path / "hub")
    (directory / city_map.NAME).write_text("{")
    with closing(Store(directory, read_only=True)) as opened:
        page = read_city(opened, trust.load(directory), EVERYTHING, NOW)
    assert page.sites == 4 and page.map.is_broken and page.map.drawing is None


def test_what_is_left_of_the_footage_is_a_day_of_the_trends(tmp_path: Path) -> None:
    directory = worked_city(tmp_path / "hub")
    for site, days, of_class in (("S1", [30, 60, 20, 0], "short"), ("F3", [30, 30, 0, 0], "enough")):
        left = {"days": days, "cameras": {**dict.fromkeys(CLASSES, 0), of_class: 2}}
        with closing(Store(directory)) as opened:
            opened.run(
                "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, ?, 'e1', 1, ?)",
                *(FOOTAGE_LEFT, DAY.isoformat(), site, json.dumps(left)),
            )
    now = datetime(2026, 11, 29, tzinfo=UTC)
    with closing(Store(directory, read_only=True)) as opened:
        page = read_trends(opened, EVERYTHING, now)
        bound = read_trends(opened, Scope(divisions=("140200",)), now)
    at = [one.day for one in page.days].index(DAY)
    assert page.footage.values[at] == {"good": 100 * 60 / 90, "unknown": 100 * 20 / 90, "bad": 100 * 10 / 90}
    assert page.cameras.values[at] == {"good": 2, "warn": 0, "unknown": 0, "fail": 2}
    assert page.footage.values[at - 1] == dict.fromkeys(("good", "unknown", "bad")), "a day without reports is no day"
    assert bound.cameras.values[at] == {"good": 0, "warn": 0, "unknown": 0, "fail": 2}
