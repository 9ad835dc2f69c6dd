"""A broker that does not speak MQTT 5 gets everything flattened over 3.1.1, and the hub verifies all of it."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import FAST, Peer, RunningHub, clock, maker_on, publishing, site_on
from mosquitto import free_port
from old_broker import CLOSED, CODE_0X84, CODE_1, OldBroker, OldDoor
from patience import PATIENCE_S, waits

from agent.contract.envelope import COMMAND_TYP, STATE_TYP, sign_payload, unflatten, verify
from agent.contract.orders import Order
from agent.contract.signing_keys import Signer
from agent.deliver.publish.messages import FlatSites, signed_form
from agent.deliver.publish.packet import Received
from agent.deliver.publish.protocol import RETRY_S, Dialect
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import trust
from agent.model.finding import Draft
from agent.site.config.site import Hub


@pytest.fixture
def old_broker(tmp_path: Path) -> Iterator[OldBroker]:
    with OldBroker(tmp_path / "broker") as running:
        yield running


def test_over_a_3_1_1_broker_everything_is_verified_and_confirmed(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, old_broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(old_broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        envelopes = [*maker.cycle(spool, clock(), events=3)]
        made, _ = maker.envelopes([delivery.config_report(300_000)], spool.heads(), spool.epoch, clock())
        spool.commit(made, "{}", clock())
        publisher.wake()
        assert publisher.drained(PATIENCE_S)
        assert len(hub.tell.of("verified")) == len(envelopes) + 1
        assert hub.tell.of("rejected") == []
        status = publisher.status()
        assert (status.link, status.protocol, status.connects) == ("connected", "3.1.1", 1)
        assert status.ignored_watermarks == status.refused_publishes == {}


def test_a_hub_with_mqtt_5_answers_a_site_that_hears_only_3_1_1_flattened(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer
) -> None:
    """A broker drops the user properties of what it hands to a client of 3.1.1."""
    maker = maker_on(tmp_path, old_broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    with publishing(maker, spool, hub_signer) as publisher:
        for _ in range(2):  # the second hub learns the form anew
            with RunningHub(tmp_path / "hub", Hub("127.0.0.1", old_broker.behind, tls=False)):
                maker.cycle(spool, clock())
                publisher.wake()
                assert publisher.drained(PATIENCE_S)
        assert publisher.status().protocol == "3.1.1"


def test_birth_and_will_of_3_1_1_are_flattened_and_signed(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, old_broker)
    keys = {maker.signer.kid: maker.signer.public}
    states = []
    spool = maker.open()
    with Listener311(old_broker.port) as listener, publishing(maker, spool, hub_signer) as publisher:
        states.append(listener.next())
        publisher._hub = replace(maker.site.hub, port=free_port())  # the next connection fails
        with Listener311(old_broker.port, "S1"):
            states.append(listener.next())
    for state, expected in zip(states, ("ready", "lost"), strict=True):
        payload, jws = unflatten(state)
        verify(payload, jws, keys, STATE_TYP)
        assert json.loads(payload)["status"] == expected


def test_an_order_that_comes_flattened_is_handed_on_as_payload_and_signature(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer
) -> None:
    maker, heard = maker_on(tmp_path, old_broker), queue.Queue[Order]()
    payload = '{"wörter":"and \\"quotes\\""}'.encode()
    jws = sign_payload(payload, hub_signer, COMMAND_TYP)
    keys = {hub_signer.kid: hub_signer.public}
    spool = maker.open()
    publisher = Publisher(maker.site, spool, maker.signer, keys, clock, FAST, heard.put)
    with Listener311(old_broker.port, "hub") as hub:
        publisher.start()
        hub.next()  # the birth follows the subscription: who has heard it knows that the broker has both
        hub.publish("vss/v1/datong/S1/cmd/c-1", payload, jws)
        order = heard.get(timeout=PATIENCE_S)
    assert order == Order("cmd", "c-1", payload, jws)
    verify(order.payload, order.jws, keys, COMMAND_TYP)
    assert publisher.stop(10)
    spool.close()


def test_a_broker_that_is_updated_is_spoken_to_with_5_when_the_day_is_over(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, old_broker, confirm="broker")
    spool = maker.open()
    dialect = Dialect()
    publisher = Publisher(maker.site, spool, maker.signer, {}, clock, FAST, dialect=dialect)
    publisher.start()
    waits(lambda: publisher.status().protocol == "3.1.1")
    old_broker.stop()
    old_broker.door.shut = False
    old_broker.start()
    waits(lambda: publisher.status().connects == 2)
    assert publisher.status().protocol == "3.1.1"  # the refusal is believed for a day
    assert dialect._until_s is not None
    dialect._until_s -= dialect.retry_s
    publisher.wake()
    waits(lambda: publisher.status().protocol == "5")
    maker.cycle(spool, clock())
    publisher.wake()
    with Peer(old_broker.port):
        assert publisher.drained(PATIENCE_S)
    assert publisher.stop(10)
    spool.close()


def test_a_broker_that_only_closed_is_asked_for_5_again_in_a_minute_and_ever_later() -> None:
    """A reset that overtakes the alert of TLS looks the same; a refusal by name is believed for a day at once."""
    dialect, now_s, waited = Dialect(), 0.0, []
    for _ in range(6):
        dialect.fell_back(now_s, by_name=False)
        assert dialect.version(now_s) == "5"
        begun_s = now_s
        while not dialect.is_due("3.1.1", now_s):
            now_s += 30
        waited.append(now_s - begun_s)
    assert waited == [60, 600, 6000, 60_000, RETRY_S, RETRY_S]
    dialect.fell_back(now_s, by_name=True)
    assert dialect.version(now_s + RETRY_S - 1) == "3.1.1" and dialect.is_due("3.1.1", now_s + RETRY_S)


@pytest.mark.parametrize("answer", [CLOSED, CODE_1, CODE_0X84], ids=["closed", "code-1", "code-0x84"])
def test_a_broker_that_closes_or_refuses_version_5_is_asked_again_with_3_1_1_at_once(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer, answer: bytes
) -> None:
    with OldDoor(old_broker.behind, answer) as door:
        hub = Hub("127.0.0.1", door.port, tls=False, confirm="broker")
        maker = Maker(tmp_path / "site", delivery.site(hub=hub))
        spool = maker.open()
        maker.cycle(spool, clock())
        with publishing(maker, spool, hub_signer) as publisher:
            assert publisher.drained(PATIENCE_S)
            assert (publisher.status().protocol, publisher.status().connects) == ("3.1.1", 1)
        assert door.versions == [5, 4]


def test_a_broker_that_closes_in_every_version_is_not_believed_to_be_old(tmp_path: Path, hub_signer: Signer) -> None:
    with OldDoor(0, CLOSED, all_closed=True) as door:
        maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", door.port, tls=False)))
        spool = maker.open()
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: len(door.versions) >= 6)
            assert publisher.status().link == "offline"
            assert publisher.status().connects == 0
        assert door.versions[:6] == [5, 4, 5, 4, 5, 4]


def test_what_is_too_large_for_a_broker_that_names_no_limit_does_not_stop_the_rest(
    tmp_path: Path, hub_signer: Signer
) -> None:
    """MQTT 3.1.1 has no Maximum Packet Size: the broker only closes, at each try (paho#760)."""
    with OldBroker(tmp_path / "broker", ["allow_anonymous true", "max_packet_size 8000"]) as broker:
        maker = maker_on(tmp_path, broker, confirm="broker")
        spool = maker.open()
        large = Draft("event", {**delivery.event(0, 20_000).body})
        made, _ = maker.envelopes([delivery.event(), large, delivery.health()], spool.heads(), spool.epoch, clock())
        spool.commit(made, "{}", clock())
        with publishing(maker, spool, hub_signer) as publisher:
            waits(lambda: spool.counts()["confirmed"] == 2)
            waits(lambda: publisher.status().refused_publishes != {})
            (refusal,) = publisher.status().refused_publishes
            assert refusal == "event: ends the connection on it: connection closed", "nobody has called it too large"
            for _ in range(9):
                maker.cycle(spool, clock())
                publisher.wake()
            waits(lambda: spool.counts()["confirmed"] == 20)
            assert spool.counts() == {"pending": 1, "sent": 0, "parked": 0, "confirmed": 20, "dropped": 0}


def test_the_form_of_a_site_is_learned_from_the_site_alone() -> None:
    spoken = FlatSites()
    ack, event = "vss/v1/datong/S1/ack", "vss/v1/datong/S1/event"
    assert not spoken.flat_to(ack)
    spoken.heard(ack, True)  # a hub's own message
    spoken.heard("other/topic/of/somebody/else", True)
    assert not spoken.flat_to(ack)
    spoken.heard(event, True)
    assert spoken.flat_to(ack)
    assert spoken.flat_to("vss/v1/datong/S1/cmd/c-1")
    assert not spoken.flat_to("vss/v1/datong/S11/ack")
    spoken.heard(ack, False)
    assert spoken.flat_to(ack)
    spoken.heard(event, False)
    assert not spoken.flat_to(ack)


@pytest.mark.parametrize(
    "payload",
    [
        b"not JSON",
        b"{}",
        b'{"payload":"x","protected":"a"}',
        b'{"payload":"x","protected":"a","signature":"b","header":{}}',
        b'{"payload":"\\ud800","protected":"a","signature":"b"}',
        b'{"payload":"x","payload":"y","protected":"a","signature":"b"}',
    ],
)
def test_what_is_neither_form_stays_as_it_is_and_unsigned(payload: bytes) -> None:
    assert signed_form(Received("t", 1, 1, (), payload)) == (payload, "", False)


def test_a_signature_beside_the_payload_wins_over_one_around_it() -> None:
    flat = b'{"payload":"x","protected":"a","signature":"b"}'
    assert signed_form(Received("t", 1, 1, ((b"jws", b"h..s"),), flat)) == (flat, "h..s", False)
    assert signed_form(Received("t", 1, 1, (), flat)) == (b"x", "a..b", True)


class Listener311:
    """A plain 3.1.1 client by hand: it hears the states of the site, and publishes flattened."""

    def __init__(self, port: int, client_id: str = "listener", topic: str = "vss/v1/datong/S1/state") -> None:
        self._peer = Peer(port, topic, client_id)
        self._peer._client = type(self._peer._client)(
            self._peer._client.callback_api_version, client_id=client_id, protocol=4
        )
        client = self._peer._client
        client.on_connect = lambda *_: client.subscribe(topic, qos=1)
        client.on_subscribe = lambda *_: self._peer._ready.set()
        client.on_message = lambda _c, _d, message: self._heard.put(bytes(message.payload))
        self._heard = queue.Queue[bytes]()

    def next(self) -> bytes:
        """Return the next payload."""
        return self._heard.get(timeout=PATIENCE_S)

    def publish(self, topic: str, payload: bytes, jws: str) -> None:
        """Publish flattened and wait for PUBACK."""
        protected, _, signature = jws.split(".")
        flat = json.dumps({"payload": payload.decode(), "protected": protected, "signature": signature})
        self._peer._client.publish(topic, flat.encode(), 1).wait_for_publish(10)

    def __enter__(self) -> Listener311:
        self._peer.__enter__()
        return self

    def __exit__(self, *exit_: object) -> None:
        self._peer.__exit__(*exit_)
