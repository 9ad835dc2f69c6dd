"""Sites speak MQTT to one node of a RabbitMQ cluster, and the hub takes their reports by AMQP from another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import RunningHub, clock, publishing, waits
from rabbitmq import PASSWORD, STARTS_WITHIN_S, RabbitNode, rabbit_cluster, with_passwords

from agent.contract.signing_keys import Signer
from agent.hub.stores import trust
from agent.hub.transport.carriers import connector
from agent.hub.transport.topology import HUB_USER, Part, definitions
from agent.site.config.site import Credential, Hub

SITES = ("S1", "S2", "S3")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RabbitNode]]:
    with rabbit_cluster(tmp_path_factory.mktemp("rabbit"), with_passwords(definitions(4, SITES))) as nodes:
        yield nodes


def by_mqtt(node: RabbitNode, site: str) -> Hub:
    return Hub("127.0.0.1", node.port, tls=False, credential=Credential("hub", site, PASSWORD))


def by_amqp(node: RabbitNode) -> Hub:
    return Hub("127.0.0.1", node.amqp, tls=False, credential=Credential("hub", HUB_USER, PASSWORD))


def test_over_the_kill_of_a_node_nothing_is_lost_and_no_site_out_of_order(
    tmp_path: Path, cluster: list[RabbitNode], hub_signer: Signer
) -> None:
    first, second, third = cluster
    maker = Maker(tmp_path / "site", delivery.site("S1", hub=by_mqtt(first, "S1")))
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    amqp = {"connect": connector(Part()), "others": (by_amqp(third),)}
    with (
        RunningHub(tmp_path / "hub", by_amqp(second), **amqp) as hub,
        publishing(maker, spool, hub_signer) as publisher,
    ):
        for _ in range(20):
            maker.cycle(spool, clock(), events=2)
            publisher.wake()
        waits(lambda: hub.tell.of("verified"))
        second.kill()
        for _ in range(20):
            maker.cycle(spool, clock(), events=2)
            publisher.wake()
        assert publisher.drained(STARTS_WITHIN_S)
        second.start()
        told = hub.tell.of("verified")
        assert len(told) == 40 * 3
        for stream in ("health", "event"):
            numbers = [one["seq"] for one in told if one["stream"] == stream]
            assert numbers == sorted(numbers)
        assert hub.tell.of("fork") == hub.tell.of("tamper") == hub.tell.of("rejected") == []
