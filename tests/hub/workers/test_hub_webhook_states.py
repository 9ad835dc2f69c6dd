"""Silence and its end are told once, not of what was so before, and not because the hub itself was away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hooked import hook
from portside import HOUR, Sender

from agent.contract.chain import utc_text
from agent.hub.stores.store import Store
from agent.hub.workers.webhooks import watch
from agent.hub.workers.webhooks.watch import AWAY_S, LOOK_S, SETTLE_S, StateWatch
from agent.verify.bindings import Trust

NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "hub")
    yield opened
    opened.close()


def silent_of(store: Store, when: datetime) -> list[tuple[str, object]]:
    watch.note_states(store, Trust(), when)
    found = [(one.kind, one.told["site"]) for one in store.webhooks.happened(99)]
    store.webhooks.forget(10**6)
    return found


def test_a_site_that_falls_silent_and_comes_back_is_told_once_and_not_what_was_so_before(store: Store) -> None:
    store.webhooks.keep(hook())
    for name in ("S1", "S2"):
        Sender(name).meet(store, NOW)
    store.keep_state("S2", 1, "lost", NOW)
    assert silent_of(store, NOW) == [], "nobody had looked before"
    store.keep_state("S1", 1, "lost", NOW + HOUR)
    assert silent_of(store, NOW + HOUR) == [("site.silent", "S1")]
    assert silent_of(store, NOW + 2 * HOUR) == []
    for name in ("S1", "S2"):
        store.keep_state(name, 2, "ready", NOW + 2 * HOUR)
    assert silent_of(store, NOW + 2 * HOUR) == [("site.back", "S1"), ("site.back", "S2")]


def test_a_hub_that_was_away_waits_until_sites_had_time_to_come_back(store: Store) -> None:
    store.webhooks.keep(hook())
    looks = StateWatch(Trust)
    looks.look(store, NOW, 0.0, lambda _: None)
    assert store.webhooks.states() is None
    for second in range(1, int(SETTLE_S) + 1):
        looks.look(store, NOW, float(second), lambda _: None)
    assert store.webhooks.states() == {}
    Sender().meet(store, NOW)
    store.keep_state("S1", 1, "lost", NOW)
    looks.look(store, NOW, SETTLE_S + LOOK_S + AWAY_S, lambda _: None)
    assert store.webhooks.happened(9) == [], "it had not looked for so long"


def test_nobody_looks_while_no_endpoint_is_active(store: Store) -> None:
    looks = StateWatch(Trust, called_at_s=0.0)
    looks.look(store, NOW, 1.0, lambda _: None)
    store.webhooks.keep(hook())
    store.webhooks.keep_states({"silent S1": "x"}, ())
    store.webhooks.keep(hook(disabled_at=utc_text(NOW)))
    StateWatch(Trust, called_at_s=0.0).look(store, NOW, 1.0, lambda _: None)
    assert store.webhooks.states() is None
