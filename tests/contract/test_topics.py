"""A topic of the contract is taken apart as it was put together, and nothing else is one."""

from __future__ import annotations

from typing import get_args

import pytest

from agent.contract.topics import Address, Kind, read_topic, topic


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_topic_is_read_as_it_was_written(kind: Kind) -> None:
    command = "a-1" if kind in ("cmd", "cmd-result") else ""
    assert read_topic(topic("datong", "S1", kind, command)) == Address("datong", "S1", kind, command)


@pytest.mark.parametrize(
    "name",
    [
        "", "vss/v1/datong/S1", "vss/v2/datong/S1/event", "vss/v1/datong/S1/event/more", "vss/v1/datong/S1/report",
        "vss/v1/da tong/S1/event", "vss/v1//S1/event", "vss/v1/datong//event", "vss/v1/datong/S-1/event",
        "vss/v1/datong/+/event", f"vss/v1/datong/{'S' * 24}/event", "vss/v1/datong/S1/cmd/{id}",
        "vss/v1/datong/S1/cmd/",
    ],
)  # fmt: skip
def test_another_name_is_no_topic(name: str) -> None:
    assert read_topic(name) is None
