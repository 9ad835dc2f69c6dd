"""A small site whose devices exist in no network, its desk, and a tab of its page: for tests that look at no device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ui_client import Client, served
from ui_desk import OnDesk, desk_of, hand_in, with_look_of

from agent.onsite.ui.values import State
from masking.worker.client import Worker

SITE = """\
# Written by hand.
[site]
id = "S1"
city = "140200"
division = "140200"

[storage]
directory = "{folder}"
runtime = "{folder}"

[[device]]
id = "box"
host = "192.0.2.1"

[[camera]]
id = "gate"
name = '<script>alert("gate")</script>'
device = "box"
[[camera.private_zone]]
name = "window"
polygon = [[0.3, 0.3], [0.6, 0.3], [0.6, 0.75], [0.3, 0.75]]

[[camera]]
id = "yard"
device = "box"
channel = 2
"""
BARE = {"name": "door", "polygon": [[0.05, 0.05], [0.25, 0.05], [0.25, 0.25]]}


@pytest.fixture(scope="module")
def page_worker() -> Iterator[Worker]:
    with Worker() as one:
        yield one


def written(folder: Path) -> Path:
    config = folder / "site.toml"
    config.write_text(SITE.format(folder=folder / "state"))
    return config


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, page_worker: Worker) -> State:
    found = desk_of(written(tmp_path_factory.mktemp("looked")), page_worker)
    hand_in(found)
    return found.desk.state


@pytest.fixture
def on_desk(tmp_path: Path, page_worker: Worker, looked: State) -> OnDesk:
    found = desk_of(written(tmp_path), page_worker)
    with_look_of(found, looked)
    return found


@pytest.fixture
def tab(on_desk: OnDesk) -> Iterator[Client]:
    with served(on_desk.desk, on_desk.entrance) as one:
        yield one


@pytest.fixture
def inside(tab: Client, on_desk: OnDesk) -> Client:
    tab.enter(on_desk.entrance)
    return tab


def status(tab: Client, method: str, path: str, body: object = None, **headers: str | None) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return tab.ask(method, path, body, named)[0]
