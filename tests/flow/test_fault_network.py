"""Faults of the network between site and broker, through a relay that breaks: found in time, nothing lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from fault_proxy import Proxy
from hubside import FAST, RunningHub, clock, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.spool import Spool
from agent.hub.stores import trust
from agent.site.config.site import Hub

ALERT = replace(FAST, keepalive_s=1, connect_timeout_s=0.5)
"""A connection that is dead is found after seconds, not after a minute."""


@pytest.fixture
def proxy(broker: Broker) -> Iterator[Proxy]:
    with Proxy(broker.port) as running:
        yield running


@pytest.fixture
def maker(tmp_path: Path, proxy: Proxy) -> Maker:
    made = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", proxy.port, tls=False)))
    trust.add(tmp_path / "hub", "S1", made.signer.kid, clock())
    return made


def report(maker: Maker, spool: Spool, publisher: Publisher, filling: int = 0) -> None:
    maker.cycle(spool, clock(), filling)
    publisher.wake()


def test_a_half_open_connection_is_found_by_the_keep_alive_and_nothing_is_lost(
    tmp_path: Path, broker: Broker, proxy: Proxy, maker: Maker, hub_signer: Signer
) -> None:
    spool = maker.open()
    with (
        RunningHub(tmp_path / "hub", site_on(broker)) as hub,
        publishing(maker, spool, hub_signer, ALERT) as publisher,
    ):
        report(maker, spool, publisher)
        assert publisher.drained(PATIENCE_S)
        before = publisher.status().connects
        proxy.forget()  # nothing passes any more, and no end is told
        report(maker, spool, publisher)
        assert publisher.drained(PATIENCE_S)
        assert publisher.status().connects > before
        assert len(hub.tell.of("verified")) == 4


def test_a_network_that_holds_everything_back_also_does_not_stop_the_loop(
    tmp_path: Path, broker: Broker, proxy: Proxy, maker: Maker, hub_signer: Signer
) -> None:
    """Connecting works, the system does that by itself; then nobody answers."""
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)), publishing(maker, spool, hub_signer, ALERT) as publisher:
        waits(lambda: publisher.status().link == "connected")
        proxy.freeze(True)
        report(maker, spool, publisher)
        waits(lambda: publisher.status().link == "offline")
        seen_at_mono = time.monotonic()
        waits(lambda: publisher.beat_at_mono > seen_at_mono)
        proxy.freeze(False)
        assert publisher.drained(PATIENCE_S)


def test_over_a_slow_link_the_window_holds_and_everything_arrives_in_the_end(
    tmp_path: Path, broker: Broker, proxy: Proxy, maker: Maker, hub_signer: Signer
) -> None:
    """30 kB at 15 kB a second: more than the time after which an unconfirmed row is sent again."""
    spool = maker.open()
    for _ in range(5):
        maker.cycle(spool, clock(), 3000)
    proxy.slow(15_000)
    with (
        RunningHub(tmp_path / "hub", site_on(broker)) as hub,
        publishing(maker, spool, hub_signer, replace(FAST, window=4)) as publisher,
    ):
        assert publisher.drained(PATIENCE_S)
        assert publisher.status().connects == 1
        assert len(hub.tell.of("verified")) == 10
        assert hub.tell.of("fork") == hub.tell.of("tamper") == hub.tell.of("rejected") == []


def test_a_report_that_is_tampered_with_in_transit_is_refused_and_its_true_bytes_arrive(
    tmp_path: Path, broker: Broker, proxy: Proxy, maker: Maker, hub_signer: Signer
) -> None:
    spool = maker.open()
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        report(maker, spool, publisher)
        assert publisher.drained(PATIENCE_S)
        proxy.garble(at_least_bytes=5000)  # one bit in the middle of the large event's text
        made, _ = maker.envelopes([delivery.event(1, 6000)], spool.heads(), spool.epoch, clock())
        spool.commit(made, "{}", clock())
        publisher.wake()
        hub.tell.wait(lambda _: len(hub.tell.of("rejected")) >= 1)
        assert hub.tell.of("rejected")[0]["reason"] == "signature"
        assert publisher.drained(PATIENCE_S)
        assert len(hub.tell.of("verified")) == 3


def test_200_agents_that_return_after_an_outage_do_not_come_at_once_and_lose_nothing(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    sites, pace = 200, replace(FAST, reconnect_first_s=0.5, reconnect_most_s=4.0)
    with ExitStack() as stack, Proxy(broker.port) as proxy:
        broker.stop()
        makers = [
            Maker(tmp_path / f"site{n}", delivery.site(f"S{n}", hub=Hub("127.0.0.1", proxy.port, tls=False)))
            for n in range(sites)
        ]
        agents = []
        for maker in makers:
            trust.add(tmp_path / "hub", maker.site.id, maker.signer.kid, clock())
            spool = maker.open()
            maker.cycle(spool, clock())
            agents.append((spool, stack.enter_context(publishing(maker, spool, hub_signer, pace))))
        waits(lambda: len(proxy.accepted_at) > 4 * sites)  # they have tried again and again
        broker.start()
        before = len(proxy.accepted_at)
        with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
            assert all(publisher.drained(PATIENCE_S) for _, publisher in agents)
            assert len(hub.tell.of("verified")) == 2 * sites
            assert hub.tell.of("fork") == hub.tell.of("tamper") == []
        came = sorted(proxy.accepted_at[before:])[:sites]
        assert came[sites * 9 // 10] - came[sites // 10] > 1, "drawn from 4 s; all at once would be no time at all"
