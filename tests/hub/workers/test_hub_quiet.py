"""A hub that hears the same again and again says it once a minute, and how often it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hubside import PATIENCE_S, Peer
from mosquitto import Broker

from agent.hub.workers.quiet import EACH_S, KEYS_MOST, LogLimit

REFUSED = {"event": "rejected", "site": "S1", "reason": "unsigned"}


def test_the_same_is_said_once_a_minute_with_how_often_it_was() -> None:
    quiet = LogLimit()
    said = [quiet.take(REFUSED, number * EACH_S / 1000) for number in range(2001)]
    told = [event for event in said if event is not None]
    assert told == [REFUSED, {**REFUSED, "more": 999}, {**REFUSED, "more": 999}]


@pytest.mark.parametrize("change", [{"site": "S2"}, {"reason": "signature"}, {"event": "untrusted", "kid": "k"}])
def test_what_is_another_matter_is_said_at_once(change: dict[str, str]) -> None:
    quiet = LogLimit()
    assert quiet.take(REFUSED, 0.0) == REFUSED
    assert quiet.take({**REFUSED, **change}, 0.1) == {**REFUSED, **change}


def test_what_is_good_or_new_is_never_held_back() -> None:
    quiet = LogLimit()
    for kind in ("verified", "duplicate", "fork", "tamper", "confirmed", "trust"):
        for _ in range(3):
            assert quiet.take({"event": kind, "site": "S1"}, 0.0) is not None


def test_invented_names_take_no_memory_without_end() -> None:
    quiet = LogLimit()
    for number in range(3 * KEYS_MOST):
        quiet.take({**REFUSED, "site": f"S{number}"}, 0.0)
    assert len(quiet._said) == KEYS_MOST


def test_a_flood_on_a_topic_makes_one_line(tmp_path: Path) -> None:
    """On release 0.1 it was 4,796 equal lines in 90 s."""
    with Broker(tmp_path / "broker") as broker, Peer(broker.port, "nothing") as peer:
        words = [
            "hub",
            "run",
            "--data",
            str(tmp_path / "hub"),
            "--host",
            "127.0.0.1",
            "--port",
            str(broker.port),
            "--json",
        ]
        child = subprocess.Popen([sys.executable, "-m", "agent", *words], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["event"] == "ready"
        for _ in range(300):
            peer.publish("vss/v1/datong/S1/event", b"junk")
        peer.publish("vss/v1/datong/S2/event", b"junk")
        lines = [json.loads(child.stdout.readline()) for _ in range(2)]
        child.terminate()
        rest, _ = child.communicate(timeout=PATIENCE_S)
        assert [line["site"] for line in lines] == ["S1", "S2"]
        assert rest == ""
