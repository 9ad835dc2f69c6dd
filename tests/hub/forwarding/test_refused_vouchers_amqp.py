"""A broker that was set up before refusals were told ends the channel at one: the hub goes on, and tells no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import delivery
import pika
import pytest
from delivery import Maker
from hubside import RunningHub, clock, publishing
from patience import waits
from rabbitmq import PASSWORD, STARTS_WITHIN_S, RabbitNode, allowing, rabbit_node, with_passwords
from two_levels import Forwarder, hub_key, lower_hub, voucher_of

from agent.contract.envelope import VOUCHER_TYP, sign_payload
from agent.contract.signing_keys import Signer
from agent.contract.voucher import write_voucher
from agent.hub.stores import trust
from agent.hub.stores.store import Store
from agent.hub.transport.carriers import connector
from agent.hub.transport.topology import HUB_USER, Part, definitions
from agent.hub.workers.forwarding.trial import ENDS_MOST, Trial
from agent.site.config.site import Credential, Hub

NEW = r"|^vss\.v1\.[^.]+\.[^.]+\.voucher-refused$"
"""What rights a worker has been given since."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RabbitNode]:
    printed = definitions(1, ["S1"])
    for one in printed["topic_permissions"]:
        if one["user"] == HUB_USER:
            assert NEW in one["write"]
            one["write"] = one["write"].replace(NEW, "")
    (tmp_path / "rabbit").mkdir()
    with rabbit_node(tmp_path / "rabbit", with_passwords(printed)) as running:
        yield running


def vouch(node: RabbitNode, datong: Signer, maker: Maker, count: int) -> None:
    """Have the lower hub vouch for the site so often, each time with a higher number."""
    login = pika.PlainCredentials("S1", PASSWORD)
    to = pika.ConnectionParameters("127.0.0.1", node.amqp, credentials=login)
    with closing(pika.BlockingConnection(to)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for number in range(1, count + 1):
            payload = write_voucher(voucher_of(maker, number), clock())
            headers = {"source": "/vss/v1/datong/S1", "jws": sign_payload(payload, datong, VOUCHER_TYP)}
            properties = pika.BasicProperties(headers=headers, delivery_mode=2)
            channel.basic_publish("amq.topic", "vss.v1.datong.S1.voucher", payload, properties, mandatory=True)


def test_a_hub_that_may_not_tell_a_refusal_is_cut_off_twice_and_takes_reports_as_before(
    node: RabbitNode, tmp_path: Path, datong: Signer
) -> None:
    folder = tmp_path / "province"
    signer = hub_key(folder)
    site = Hub("127.0.0.1", node.port, tls=False, credential=Credential("hub", "S1", PASSWORD))
    maker = Maker(tmp_path / "site", delivery.site(hub=site))
    trust.add(folder, "S1", maker.signer.kid, clock())
    with closing(Store(folder)) as store:
        store.lower_hubs.keep(lower_hub(datong, "140100"))
    here = Hub("127.0.0.1", node.amqp, tls=False, credential=Credential("hub", HUB_USER, PASSWORD))
    spool = maker.open()
    with RunningHub(folder, here, connect=connector(Part())) as hub:
        vouch(node, datong, maker, 3)
        hub.tell.wait(lambda _: len(hub.tell.of("ready")) == 1 + ENDS_MOST)
        vouch(node, datong, maker, 3)
        with publishing(maker, spool, signer) as publisher:
            maker.cycle(spool, clock())
            publisher.wake()
            assert publisher.drained(STARTS_WITHIN_S)
            assert spool.counts()["confirmed"] == 2
        waits(lambda: len(hub.tell.of("rejected")) >= 6)
        assert len(hub.tell.of("offline")) == ENDS_MOST
        assert [one["event"] for one in hub.tell.of("refusals-untold")] == ["refusals-untold"]


def test_a_forwarder_that_may_not_hear_refusals_is_cut_off_twice_and_forwards_as_before(tmp_path: Path) -> None:
    reads = r"^vss\.v1\.[^.]+\.[^.]+\.(ack|config\.desired|cmd\..*)$"
    printed = allowing({"datong": ".*"})
    for one in cast(list[dict[str, str]], printed["topic_permissions"]):
        one["read"] = reads
    (tmp_path / "rabbit").mkdir()
    with rabbit_node(tmp_path / "rabbit", printed) as node:
        district = tmp_path / "district"
        hub_key(district)
        Store(district).close()
        upper = Hub("127.0.0.1", node.port, tls=False, credential=Credential("hub", "datong", PASSWORD))
        with Forwarder(district, upper, hub_key(tmp_path / "province")) as forwarder:
            forwarder.tell.wait(lambda _: len(forwarder.tell.of("refusals-unheard")) == 1)
            forwarder.tell.wait(lambda _: len(forwarder.tell.of("ready")) == 1 + ENDS_MOST)
            with closing(Store(district, read_only=True)) as store:
                waits(lambda: (lag := store.forwarding.lag()) is not None and not lag.why)
            ended = len(forwarder.tell.of("ready"))
        assert len(forwarder.tell.of("ready")) == ended


def test_one_end_or_one_long_after_is_no_word_of_the_broker() -> None:
    told: list[object] = []
    trial, now = Trial(told.append, "untold", "words"), clock()
    for waited_s in (1, 11, 1, -5, 1):
        trial.tried(now)
        trial.connection_ended(now + timedelta(seconds=waited_s))
        assert trial.is_open
    trial.connection_ended(now)  # of a connection on which it was not tried
    trial.tried(now)
    trial.connection_ended(now)
    assert trial.is_open and told == []
    trial.tried(now)
    trial.connection_ended(now)
    trial.connection_ended(now)
    assert (trial.is_open, told) == (False, [{"event": "untold"}])
