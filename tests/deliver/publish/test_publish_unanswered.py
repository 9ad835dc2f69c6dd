"""A broker that lives and acknowledges nothing: each ping is answered, and no PUBACK ever comes."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import FAST, clock, publishing
from patience import PATIENCE_S, waits
from scripted_broker import NOT_AUTHORIZED, Ack, Answer, Close, ScriptedBroker, Silence

from agent.contract.signing_keys import Signer
from agent.deliver.publish.unanswered import Unanswered
from agent.deliver.spool.spool import Spool
from agent.model.finding import Draft
from agent.site.config.site import Hub

SEQ = re.compile(rb'"seq":(\d+)')
SOON = replace(FAST, unanswered_s=0.05)


class Broker(ScriptedBroker):
    """A broker whose answers a test changes; `packets`: what came, with the topic of each."""

    def __init__(self, answer: Answer) -> None:
        self.packets: list[tuple[str, bytes]] = []
        self.now = answer
        super().__init__(self._answer)

    def _answer(self, topic: str, packet: bytes) -> Ack | Close | Silence:
        self.packets.append((topic, packet))
        return self.now(topic, packet)


def place(tmp_path: Path, broker: ScriptedBroker, *drafts: Draft) -> tuple[Maker, Spool]:
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", broker.port, tls=False, confirm="broker")))
    spool = maker.open()
    made, _ = maker.envelopes(list(drafts), spool.heads(), spool.epoch, clock())
    spool.commit(made, "{}", clock())
    return maker, spool


def test_a_broker_that_never_acknowledges_is_left_and_once_it_does_everything_arrives_in_order(
    tmp_path: Path, hub_signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    with Broker(lambda *_: Silence()) as broker, caplog.at_level(logging.INFO, "camwarden.publish"):
        maker, spool = place(tmp_path, broker, *(delivery.event(number) for number in range(5)))
        with publishing(maker, spool, hub_signer, SOON) as publisher:
            waits(lambda: broker.connects > 2)
            status = publisher.status()
            assert (status.link, status.reason) == ("offline", "the broker has acknowledged nothing for 0 s")
            assert status.unconnected_since is not None
            assert status.refused_publishes == {}, (
                "it says nothing about a report that is not even acknowledged a birth"
            )
            assert spool.counts()["confirmed"] == 0 and spool.counts()["dropped"] == 0
            told = [one for one in caplog.records if one.levelno >= logging.WARNING]
            assert len(told) == 1, "one notice, however often"
            broker.now = lambda *_: Ack()
            assert publisher.drained(PATIENCE_S)
            assert publisher.status().link == "connected"
            assert spool.counts()["confirmed"] == 5
    arrived = [SEQ.findall(packet) for topic, packet in broker.packets if topic.endswith("/event")]
    assert arrived[-5:] == [[b"%d" % number] for number in range(1, 6)], "all of them again, in their order"


def test_one_report_that_is_never_acknowledged_holds_up_no_other_one(tmp_path: Path, hub_signer: Signer) -> None:
    with Broker(lambda topic, _: Silence() if topic.endswith("/config") else Ack()) as broker:
        maker, spool = place(tmp_path, broker, delivery.event(), delivery.config_report(), delivery.health())
        with publishing(maker, spool, hub_signer, SOON) as publisher:
            waits(lambda: spool.counts()["confirmed"] == 2)
            waits(lambda: "config: never acknowledged" in publisher.status().refused_publishes)
            made, _ = maker.envelopes([delivery.health()], spool.heads(), spool.epoch, clock())
            spool.commit(made, "{}", clock())
            publisher.wake()
            waits(lambda: spool.counts()["confirmed"] == 3)
            assert spool.counts()["dropped"] == spool.counts()["parked"] == 0
            broker.now = lambda *_: Ack()
            assert publisher.drained(PATIENCE_S), "once it is acknowledged, all is well"


def test_a_broker_that_refuses_each_report_answers_and_its_connection_stays(tmp_path: Path, hub_signer: Signer) -> None:
    with Broker(lambda topic, _: Ack(0 if topic.endswith("/state") else NOT_AUTHORIZED)) as broker:
        maker, spool = place(tmp_path, broker, delivery.event())
        with publishing(maker, spool, hub_signer, replace(SOON, keepalive_s=1)) as publisher:
            waits(lambda: publisher.status().refused_publishes != {})
            before = broker.pings
            waits(lambda: broker.pings > before + 1)
            assert broker.connects == 1 and publisher.status().link == "connected"


def test_only_what_was_sent_and_waits_counts_and_any_answer_begins_anew() -> None:
    one = Unanswered(120.0)
    assert not one.is_overdue(1e9), "nothing was sent"
    one.sent(1, 1000.0)
    one.sent(2, 1100.0)
    assert (one.is_overdue(1119.9), one.is_overdue(1120.0), one.silent) == (False, True, True)
    one.acknowledged(1, 1120.0)
    assert (one.is_overdue(1239.9), one.is_overdue(1240.0), one.silent) == (False, True, False)
    one.acknowledged(2, 1240.0)
    assert not one.is_overdue(1e9)
    one.sent(3, 5000.0)
    assert (one.is_overdue(5119.0), one.is_overdue(5120.0)) == (False, True), "a rest before it does not count"
    one.acknowledged(99, 5120.0)
    assert not one.is_overdue(5121.0), "an id that nobody sent is an answer, too"
