"""What a broker answers a report with, and what the end of a connection says of it.

Nothing is taken for delivered that nobody has, and nothing for too large that nobody has called so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import DAY, Maker
from hubside import FAST, Peer, clock, maker_on, publishing
from mosquitto import Broker
from patience import PATIENCE_S, waits
from scripted_broker import NO_SUBSCRIBERS, NOT_AUTHORIZED, TOO_LARGE, Ack, Close, ScriptedBroker

from agent.contract.signing_keys import Signer
from agent.deliver.publish.messages import signed_message
from agent.deliver.publish.protocol import LearnedLimit
from agent.deliver.publish.publisher import Publisher
from agent.deliver.publish.suspects import Suspects
from agent.deliver.spool.spool import Spool
from agent.model.finding import Draft
from agent.site.config.site import Hub

WHOLE_S = 3600.0


def maker_at(tmp_path: Path, broker: ScriptedBroker, confirm: str = "broker") -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", broker.port, tls=False, confirm=confirm)))


def commit(maker: Maker, spool: Spool, *drafts: Draft, age: timedelta = timedelta()) -> None:
    made, _ = maker.envelopes(list(drafts), spool.heads(), spool.epoch, clock() - age)
    spool.commit(made, "{}", clock() - age)


def test_what_nobody_is_subscribed_to_is_not_delivered_and_comes_again_until_somebody_is(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    """Mosquitto answers PUBACK 0x10, and drops the report: with `confirm = "broker"` nobody else would miss it."""
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    commit(maker, spool, delivery.event(), delivery.health())
    with publishing(maker, spool, hub_signer) as publisher:
        waits(lambda: spool.counts()["sent"] == 2)
        assert spool.counts()["confirmed"] == 0
        assert publisher.status().puback_at is None
        assert set(publisher.status().unheard_publishes) == {"event", "health"}
        assert publisher.status().refused_publishes == {}
        with Peer(broker.port) as peer:
            assert publisher.drained(PATIENCE_S)
            waits(lambda: peer.of("/event") and peer.of("/health"))
            assert publisher.status().connects == 1, "no new connection was needed"
            assert publisher.status().puback_at is not None


@pytest.mark.parametrize("confirm", ["broker", "hub"])
def test_reason_0x10_confirms_nothing_however_often_it_comes(tmp_path: Path, hub_signer: Signer, confirm: str) -> None:
    with ScriptedBroker(lambda topic, _: Ack(NO_SUBSCRIBERS if topic.endswith("/event") else 0)) as broker:
        maker = maker_at(tmp_path, broker, confirm)
        spool = maker.open()
        commit(maker, spool, delivery.event(), delivery.health())
        with publishing(maker, spool, hub_signer, replace(FAST, resend_s=0.01)):
            waits(lambda: broker.came.count("vss/v1/datong/S1/event") > 3)
            counts = spool.counts()
        assert counts["confirmed"] == (1 if confirm == "broker" else 0)
        assert counts["dropped"] == counts["parked"] == 0


@pytest.mark.parametrize(("code", "words"), [(None, "connection closed"), (NOT_AUTHORIZED, "Not authorized")])
def test_a_report_on_which_the_connection_is_closed_is_neither_too_large_nor_given_up_and_the_rest_passes(
    tmp_path: Path, hub_signer: Signer, code: int | None, words: str
) -> None:
    """RabbitMQ closes without a word where its permissions deny the topic: to each size, at each connection."""
    answers = {"event": Close(code)}
    with ScriptedBroker(lambda topic, _: answers.get(topic.rsplit("/", 1)[1], Ack())) as broker:
        maker = maker_at(tmp_path, broker)
        spool = maker.open()
        commit(maker, spool, delivery.event(0, 30_000), delivery.health(), delivery.config_report(), age=3 * DAY)
        commit(maker, spool, delivery.health())
        pace = replace(FAST, oversize_kept_s=0.0, resend_s=0.3)
        with publishing(maker, spool, hub_signer, pace) as publisher:
            waits(lambda: spool.counts()["confirmed"] == 3)
            waits(lambda: publisher.status().refused_publishes != {})
            assert set(publisher.status().refused_publishes) == {f"event: ends the connection on it: {words}"}
            for _ in range(5):
                commit(maker, spool, delivery.health())
                publisher.wake()
            waits(lambda: spool.counts()["confirmed"] == 8)
            assert spool.counts() == {"pending": 1, "sent": 0, "parked": 0, "confirmed": 8, "dropped": 0}
            answers.clear()
            assert publisher.drained(PATIENCE_S), "once it is allowed, it goes"
        assert broker.came[-1].endswith(("/event", "/state"))


def test_a_broker_that_calls_a_report_too_large_is_believed_and_only_of_that_one(
    tmp_path: Path, hub_signer: Signer
) -> None:
    """It has named no limit before. What is large in plain text and small on the wire is not what it means."""
    limit = 20_000
    with ScriptedBroker(lambda _, packet: Close(TOO_LARGE) if len(packet) > limit else Ack()) as broker:
        maker = maker_at(tmp_path, broker)
        spool = maker.open()
        commit(maker, spool, delivery.config_report(300_000), delivery.event(0, 30_000), delivery.health())
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: spool.counts()["confirmed"] == 2 and spool.counts()["parked"] == 1)
            assert publisher.status().refused_publishes == {"event: packet too large for the broker": 1}
            assert publisher.status().connects == 2
        assert broker.came.count("vss/v1/datong/S1/event") == 1, "not sent again for an hour"


def test_after_a_day_what_was_called_too_large_is_named_in_a_gap_record(tmp_path: Path, hub_signer: Signer) -> None:
    with ScriptedBroker(lambda _, packet: Close(TOO_LARGE) if len(packet) > 20_000 else Ack()) as broker:
        maker = maker_at(tmp_path, broker)
        spool = maker.open()
        commit(maker, spool, delivery.event(0, 30_000), age=2 * DAY)
        with publishing(maker, spool, hub_signer, replace(FAST, oversize_kept_s=0.2)):
            waits(lambda: spool.counts()["dropped"] == 1)
            waits(spool.drained)
        assert broker.came.count("vss/v1/datong/S1/gap") == 1


@pytest.mark.parametrize("code", [None, NOT_AUTHORIZED])
def test_an_answer_on_which_the_connection_is_closed_holds_up_no_report(
    tmp_path: Path, hub_signer: Signer, code: int | None
) -> None:
    with ScriptedBroker(lambda topic, _: Close(code) if topic.endswith("/reported") else Ack()) as broker:
        maker = maker_at(tmp_path, broker)
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            publisher.say(signed_message(maker.site, "reported", b"{}", "a..b", retain=True))
            waits(lambda: broker.connects > 2)
            commit(maker, spool, delivery.event(), delivery.health())
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
            assert publisher.status().refused_publishes == {}


def test_reports_on_their_way_beside_such_an_answer_go_before_it(tmp_path: Path, hub_signer: Signer) -> None:
    """They go alone from then on: an answer sent beside the birth would keep them waiting at each connection."""
    with ScriptedBroker(lambda topic, _: Close() if topic.endswith("/reported") else Ack()) as broker:
        maker = maker_at(tmp_path, broker)
        spool = maker.open()
        commit(maker, spool, delivery.event(), delivery.health())
        publisher = Publisher(maker.site, spool, maker.signer, {hub_signer.kid: hub_signer.public}, clock, FAST)
        publisher.say(signed_message(maker.site, "reported", b"{}", "a..b", retain=True))
        publisher.start()  # the answer goes first, and both reports behind it
        assert publisher.drained(PATIENCE_S)
        assert publisher.stop(PATIENCE_S)
        spool.close()


def test_what_a_site_says_beside_its_reports_names_its_source_too(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    """A broker that distributes by `source` would give all of these to one worker, and a site's out of order."""
    maker = maker_on(tmp_path, broker)
    spool = maker.open()
    with Peer(broker.port) as peer, publishing(maker, spool, hub_signer) as publisher:
        maker.cycle(spool, clock())
        publisher.say(signed_message(maker.site, "reported", b"{}", "a..b", retain=True))
        publisher.say(signed_message(maker.site, "cmd-result", b"{}", "a..b", "c-1"))
        publisher.say(signed_message(maker.site, "names", b"{}", "a..b"))
        peer.seen.wait(lambda seen: len(seen) >= 6)
        assert {message["labels"]["source"] for message in peer.seen.of("message")} == {"/vss/v1/datong/S1"}
        (reported,) = peer.of("/config/reported")
        assert reported["labels"] == {"source": "/vss/v1/datong/S1", "jws": "a..b"}


def test_only_a_report_that_was_alone_twice_waits_and_ever_longer() -> None:
    suspects = Suspects(120.0)
    assert not suspects.ended([1, 2, 3], False, 0.0)
    assert (1 in suspects, 4 in suspects, suspects.waiting(0.0)) == (True, False, set())
    assert not suspects.ended([2], True, 1.0), "a line breaks, too"
    waits_s = []
    for _ in range(8):
        assert suspects.ended([2], True, 0.0)
        waits_s.append(
            next(at for at in (120.0, 240.0, 480.0, 960.0, 1920.0, WHOLE_S) if 2 not in suspects.waiting(at))
        )
    assert waits_s == [120.0, 240.0, 480.0, 960.0, 1920.0, WHOLE_S, WHOLE_S, WHOLE_S]
    suspects.clear(2)
    assert 2 not in suspects and suspects.waiting(0.0) == set()
    suspects.ended(range(10_000, 20_000), False, 0.0)
    assert 1 not in suspects and 19_999 in suspects, "bounded: the oldest is forgotten"


def test_a_limit_that_was_learned_is_believed_for_an_hour() -> None:
    learned = LearnedLimit()
    assert not learned.falls_on(10**9, 0.0)
    learned.learn(5000, 10.0)
    assert (learned.falls_on(4999, 11.0), learned.falls_on(5000, 11.0)) == (False, True)
    assert not learned.falls_on(5000, 10.0 + WHOLE_S)
