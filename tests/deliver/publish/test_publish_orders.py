"""What the hub asks over the same connection arrives at the site, and what the site answers arrives at the hub."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path

from delivery import Maker
from hubside import FAST, Peer, ack_by, clock, maker_on
from mosquitto import Broker
from patience import PATIENCE_S, waits

from agent.contract.envelope import COMMAND_TYP, RESULT_TYP, flatten, sign_payload
from agent.contract.orders import Order
from agent.contract.signing_keys import Signer
from agent.deliver.publish.messages import signed_message
from agent.deliver.publish.outbox import KEPT_MOST, Outbox
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.spool import Spool

SITE = "vss/v1/datong/S1"


def listening(maker: Maker, spool: Spool, hub_signer: Signer, heard: Callable[[Order], None]) -> Publisher:
    publisher = Publisher(maker.site, spool, maker.signer, {hub_signer.kid: hub_signer.public}, clock, FAST, heard)
    assert maker.site.hub is not None
    with Peer(maker.site.hub.port, f"{SITE}/state", "witness") as witness:
        publisher.start()
        # The birth follows the subscriptions: who hears it knows that the broker has both.
        waits(lambda: any(not message["retain"] for message in witness.of("/state")))
    return publisher


def command(hub_signer: Signer, text: bytes = b'{"any":"order"}') -> tuple[bytes, str]:
    return text, sign_payload(text, hub_signer, COMMAND_TYP)


def test_an_order_and_the_desired_configuration_are_handed_on_with_their_signature(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker, heard = maker_on(tmp_path, broker), queue.Queue[Order]()
    payload, jws = command(hub_signer)
    with Peer(broker.port, "none") as peer:
        peer.publish(f"{SITE}/config/desired", payload, jws, retain=True)  # before the site is there
        publisher = listening(maker, spool := maker.open(), hub_signer, heard.put)
        assert heard.get(timeout=PATIENCE_S) == Order("desired", "", payload, jws)
        peer.publish(f"{SITE}/cmd/c-1", payload, jws)
        assert heard.get(timeout=PATIENCE_S) == Order("cmd", "c-1", payload, jws)
        peer.publish(f"{SITE}/cmd/c-2", flatten(payload, jws))
        assert heard.get(timeout=PATIENCE_S) == Order("cmd", "c-2", payload, jws)
    assert publisher.stop(10)
    spool.close()


def test_what_is_no_order_for_this_site_is_not_handed_on(tmp_path: Path, broker: Broker, hub_signer: Signer) -> None:
    maker, heard = maker_on(tmp_path, broker), queue.Queue[Order]()
    payload, jws = command(hub_signer)
    publisher = listening(maker, spool := maker.open(), hub_signer, heard.put)
    with Peer(broker.port, "none") as peer:
        peer.publish("vss/v1/datong/S2/cmd/c-1", payload, jws)
        peer.publish("vss/v1/beijing/S1/cmd/c-1", payload, jws)
        peer.publish(f"{SITE}/cmd/c 1", payload, jws)  # not an id of this contract
        peer.publish(f"{SITE}/config/desired", b"")  # a retained one is taken back
        peer.publish(f"{SITE}/cmd/last", payload, jws)
        assert heard.get(timeout=PATIENCE_S).topic_id == "last"
    assert heard.empty()
    assert publisher.stop(10)
    spool.close()


def test_an_order_given_while_the_site_is_away_is_heard_when_it_is_back(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker, heard = maker_on(tmp_path, broker), queue.Queue[Order]()
    payload, jws = command(hub_signer)
    publisher = listening(maker, spool := maker.open(), hub_signer, heard.put)
    assert publisher.stop(10)
    with Peer(broker.port, "none") as peer:
        peer.publish(f"{SITE}/cmd/waited", payload, jws)
    publisher = listening(maker, spool, hub_signer, heard.put)
    assert heard.get(timeout=PATIENCE_S).topic_id == "waited"
    assert publisher.stop(10)
    spool.close()


def test_an_order_that_cannot_be_handed_on_does_not_end_the_connection(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)

    def full(_: Order) -> None:
        raise queue.Full

    publisher = listening(maker, spool := maker.open(), hub_signer, full)
    with Peer(broker.port, "none") as peer:
        peer.publish(f"{SITE}/cmd/c-1", *command(hub_signer))
        waits(lambda: publisher.status().failures == 1)
        peer.publish(f"{SITE}/ack", *ack_by(hub_signer, spool, 7))  # what comes after it is still heard
        waits(lambda: publisher.status().ack_no == 7)
    assert publisher.status().connects == 1
    assert publisher.stop(10)
    spool.close()


def test_an_answer_travels_outside_the_spool_and_is_sent_again_after_the_broker_died(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    text = b'{"id":"c-1"}'
    jws = sign_payload(text, maker.signer, RESULT_TYP)
    answer = signed_message(maker.site, "cmd-result", text, jws, "c-1", retain=True, expires_s=60)
    publisher = listening(maker, spool := maker.open(), hub_signer, lambda _: None)
    broker.kill()
    publisher.say(answer)
    waits(lambda: publisher.status().link == "offline")
    broker.start()
    with Peer(broker.port, f"{SITE}/cmd-result/+") as peer:
        peer.seen.wait(lambda seen: len(seen) >= 1)
        (message,) = peer.seen.of("message")
    assert message["topic"] == f"{SITE}/cmd-result/c-1"
    assert message["payload"] == text
    assert message["labels"] == {"source": "/vss/v1/datong/S1", "jws": answer.jws}
    assert message["expiry"] is not None
    assert spool.counts()["pending"] == 0
    assert publisher.stop(10)
    spool.close()


def test_answers_said_just_before_the_end_leave_before_the_farewell(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker)
    publisher = listening(maker, spool := maker.open(), hub_signer, lambda _: None)
    with Peer(broker.port, f"{SITE}/#") as peer:
        for number in range(5):
            text = b'{"id":"c-%d"}' % number
            jws = sign_payload(text, maker.signer, RESULT_TYP)
            publisher.say(signed_message(maker.site, "cmd-result", text, jws, f"c-{number}"))
        assert publisher.stop(10)
        waits(lambda: any(b'"disconnected"' in bytes(m["payload"]) for m in peer.of("state")))  # type: ignore[arg-type]
        said = [m["topic"] for m in peer.seen.of("message") if "cmd-result" in str(m["topic"])]
    assert said == [f"{SITE}/cmd-result/c-{number}" for number in range(5)]
    spool.close()


def test_an_access_list_that_refuses_an_answer_is_told_and_does_not_hold_the_reports(
    tmp_path: Path, hub_signer: Signer
) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"topic readwrite {SITE}/state\ntopic readwrite {SITE}/report/#\ntopic readwrite {SITE}/event\n")
    acl.chmod(0o600)
    with Broker(tmp_path / "broker", ["allow_anonymous true", f"acl_file {acl}"]) as broker:
        maker = maker_on(tmp_path, broker, confirm="broker")
        text = b'{"id":"c-1"}'
        answer = signed_message(maker.site, "cmd-result", text, sign_payload(text, maker.signer, RESULT_TYP), "c-1")
        publisher = listening(maker, spool := maker.open(), hub_signer, lambda _: None)
        publisher.say(answer)
        waits(lambda: publisher.status().answers_dropped == 1)
        assert publisher.status().refused_publishes == {"answer: Not authorized": 1}
        maker.cycle(spool, clock())
        publisher.wake()
        with Peer(broker.port):
            assert publisher.drained(PATIENCE_S)
        assert publisher.status().connects == 1
        assert publisher.stop(10)
        spool.close()


def test_answers_that_nobody_takes_are_bounded_and_the_oldest_goes_first(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    answers = [signed_message(maker.site, "cmd-result", b"{}", "a..b", f"c-{n}") for n in range(KEPT_MOST + 3)]
    outbox = Outbox()
    for answer in answers[:10]:
        outbox.put(answer)
    for mid in range(5):
        taken = outbox.take()
        assert taken is answers[mid]
        outbox.sent(mid, taken)
    assert outbox.acknowledged(2) is answers[2]
    assert outbox.acknowledged(2) is None
    outbox.begin()
    assert outbox.in_flight == 0
    assert outbox.take() is answers[0]  # what was on its way goes first, in its order
    for answer in answers[10:]:
        outbox.put(answer)
    rest = list(iter(outbox.take, None))
    assert len(rest) == KEPT_MOST
    assert rest[0] is answers[3]
    assert rest[-1] is answers[-1]
    assert outbox.dropped == 1
