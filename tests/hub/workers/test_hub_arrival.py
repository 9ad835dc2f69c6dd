"""However good messages are repeated and shuffled, and wherever the hub is killed, it ends in the same state."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubdesk import Desk, chain_of, trusted
from hubside import Peer, RunningHub
from hypothesis import given, settings
from hypothesis import strategies as st
from mosquitto import Broker
from patience import PATIENCE_S

from agent.contract.topics import topic
from agent.model.finding import Draft, Envelope
from agent.site.config.site import Hub
from tests.hub.workers.test_hub_rotation import after, handover


def good_messages(folder: Path) -> tuple[Maker, list[Envelope]]:
    """Return a site, and what it sends: events, a gap record, a health report, and a change of its key."""
    old, new = Maker(folder / "site"), Maker(folder / "site", key="new.pem")
    chain = chain_of(old, 5)
    body = {"stream": "event", "epoch": "e1", "from_seq": 3, "to_seq": 3, "count": 1, "reason": "damaged"}
    gap, _ = old.envelopes([Draft("gap", {**body, "last_digest": chain[2].report.digest})], {}, "e1")
    event = handover(old, new, [*chain, *gap])
    later = after(new, event, 2)
    health, _ = new.envelopes([delivery.health()], {}, "e1")
    return old, [chain[0], chain[1], chain[3], chain[4], *gap, event, *later, *health]


def state_of(desk: Desk) -> list[object]:
    """Return what the hub holds to be true, without what depends on how often and when it heard of it."""
    queries = (
        "SELECT epoch, stream, seq, digest, fork, kid FROM report ORDER BY 1, 2, 3, 4",
        "SELECT * FROM chain ORDER BY 1, 2, 3",
        "SELECT * FROM gap ORDER BY 1, 2, 3, 4",
        "SELECT site, epoch, verdict FROM epoch ORDER BY 1, 2",
        "SELECT count(*) FROM waiting",
        "SELECT site, next_due_at FROM site",
        "SELECT name, n FROM count WHERE name IN ('verified', 'forks', 'tampered', 'rotations') ORDER BY 1",
    )
    return [desk.store.all(query) for query in queries]


# The hand-over is number 5; what the old key signed in this epoch may come before or after it.
@given(st.lists(st.integers(0, 8), max_size=12), st.permutations(range(9)))
@settings(max_examples=40)
def test_any_order_and_repetition_of_good_messages_leads_to_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, again: list[int], order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("arrival")
    maker, messages = good_messages(folder)
    desks = Desk(folder / "straight"), Desk(folder / "shuffled")
    for desk, numbers in zip(desks, (range(len(messages)), [*again, *order]), strict=True):
        trusted(desk, maker)
        for number in numbers:
            assert desk.send(messages[number])["event"] in ("verified", "duplicate", "untrusted")
    straight, shuffled = map(state_of, desks)
    assert straight == shuffled
    assert desks[1].watermark("e1") == {"event": 8, "gap": 1, "health": 1}
    assert desks[1].intake.trust.bindings.keys() == desks[0].intake.trust.bindings.keys()
    for desk in desks:
        desk.store.close()


def test_tampered_copies_among_good_messages_change_nothing(tmp_path: Path) -> None:
    maker, messages = good_messages(tmp_path)
    plain, mixed = Desk(tmp_path / "plain"), Desk(tmp_path / "mixed")
    for desk in (plain, mixed):
        trusted(desk, maker)
    for one in messages:
        plain.send(one)
        where, payload = topic("datong", "S1", one.report.stream), one.report.payload
        for place in range(0, len(payload), 97):
            flipped = payload[:place] + bytes((payload[place] ^ 1,)) + payload[place + 1 :]
            assert mixed.hand_in(where, flipped, one.jws)["event"] == "rejected"
        mixed.send(one)
    assert state_of(plain) == state_of(mixed)
    plain.store.close()
    mixed.store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import UTC, datetime
from agent.site.config.site import Hub
from agent.hub.stores import store
from agent.hub.workers import service
import threading

kept = store.Store.keep_report

def keep_report(self, claim, fork, now):
    kept(self, claim, fork, now)
    if claim.seq == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

store.Store.keep_report = keep_report
options = service.Options(Path(sys.argv[1]), Hub("127.0.0.1", int(sys.argv[2]), tls=False))
tell = lambda event: print(event["event"], flush=True)
service.run(options, threading.Event(), tell, lambda: datetime.now(UTC))
"""


def test_a_hub_killed_in_the_middle_of_a_batch_loses_nothing_and_confirms_nothing_it_has_not(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        options = Hub("127.0.0.1", broker.port, tls=False)
        maker, desk = Maker(tmp_path / "site", delivery.site(hub=options)), Desk(tmp_path / "hub")
        trusted(desk, maker)
        desk.store.close()
        reports = chain_of(maker, 40)
        command = [sys.executable, "-c", KILLED, str(tmp_path / "hub"), str(broker.port), "30"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        with Peer(broker.port) as peer:
            for one in reports:
                peer.publish(topic("datong", "S1", "event"), one.report.payload, one.jws)
            assert child.wait(PATIENCE_S) == -signal.SIGKILL
            child.stdout.close()
            after_kill = Desk(tmp_path / "hub")
            stored = after_kill.watermark("e1").get("event", 0)
            assert stored < 30
            heads = [json.loads(message["payload"])["streams"]["event"]["seq"] for message in peer.of("/ack")]
            assert max(heads, default=0) <= stored
            after_kill.store.close()
            with RunningHub(tmp_path / "hub", options) as hub:
                for one in reports[stored:]:  # as a site does: what was not confirmed
                    peer.publish(topic("datong", "S1", "event"), one.report.payload, one.jws)
                hub.tell.wait(lambda _: any(e["streams"] == {"event": 40} for e in hub.tell.of("confirmed")))
