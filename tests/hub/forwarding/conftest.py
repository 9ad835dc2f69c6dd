"""Fixtures of forwarding: a province's desk, the keys of two district hubs, and a site of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from two_levels import Province, hub_key, lower_hub

from agent.contract.signing_keys import Signer


@pytest.fixture
def datong(tmp_path: Path) -> Signer:
    """The key of Datong's hub."""
    return hub_key(tmp_path / "datong")


@pytest.fixture
def taiyuan(tmp_path: Path) -> Signer:
    """The key of Taiyuan's hub."""
    return hub_key(tmp_path / "taiyuan")


@pytest.fixture
def province(tmp_path: Path, datong: Signer) -> Iterator[Province]:
    """The province's hub, which has granted Datong's its division."""
    desk = Desk(tmp_path / "province")
    desk.store.lower_hubs.keep(lower_hub(datong))
    with closing(desk.store):
        yield Province(desk)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A site in Datong."""
    return Maker(tmp_path / "site")


@pytest.fixture
def desk(tmp_path: Path, maker: Maker) -> Iterator[Desk]:
    """Datong's hub, which has three events of a site and forwards them."""
    desk = Desk(tmp_path / "datong")
    trusted(desk, maker)
    for one in chain_of(maker, 3):
        desk.send(one)
    desk.store.forwarding.mark("S1", "")
    desk.store.forwarding.note_link("b:8883", NOW, "")
    with closing(desk.store):
        yield desk
