"""Mirrors get the same signed reports, and whatever they do, the hub and the spool notice nothing."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

import delivery
from delivery import Maker
from hubside import FAST, Peer, clock, maker_on, publishing
from mosquitto import Broker, free_port
from old_broker import OldBroker
from patience import PATIENCE_S, waits

from agent.contract.envelope import STATE_TYP, verify
from agent.contract.signing_keys import Signer
from agent.deliver.publish.mirror import QUEUE_MOST, QUEUE_MOST_BYTES, MirrorLink
from agent.deliver.publish.pace import Pace
from agent.deliver.spool.spool import Spool
from agent.site.config.site import Mirror


def mirrored(maker: Maker, spool: Spool, port: int, pace: Pace = FAST) -> MirrorLink:
    mirror = Mirror("district", "127.0.0.1", port, tls=False)
    link = MirrorLink(maker.site, mirror, spool, maker.signer, clock, pace)
    link.start()
    return link


def test_a_mirror_gets_birth_reports_and_farewell_signed_as_the_hub_does(tmp_path: Path, broker: Broker) -> None:
    maker = Maker(tmp_path / "site")
    spool, keys = maker.open(), {maker.signer.kid: maker.signer.public}
    with Peer(broker.port) as peer:
        link = mirrored(maker, spool, broker.port)
        waits(lambda: link.status().link == "connected")
        envelopes = maker.cycle(spool, clock(), events=3)
        link.offer(envelopes, clock())
        waits(lambda: link.status().sent == len(envelopes))
        assert link.stop(PATIENCE_S)
        peer.seen.wait(lambda seen: len(seen) >= len(envelopes) + 2)
        birth, *reports, farewell = peer.seen.of("message")
    assert {m["payload"]: m["labels"]["jws"] for m in reports} == {e.report.payload: e.jws for e in envelopes}
    for message in (birth, farewell):
        verify(message["payload"], message["labels"]["jws"], keys, STATE_TYP)
    assert spool.counts()["pending"] == len(envelopes)  # nothing of a mirror counts as delivered
    assert (link.status().dropped, link.status().refused, link.status().waiting) == (0, 0, 0)
    spool.close()


def test_a_mirror_that_is_gone_keeps_the_newest_in_bounded_memory_and_counts_the_rest(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "site")
    spool = maker.open()
    link = mirrored(maker, spool, free_port(), replace(FAST, reconnect_first_s=300))
    envelopes = maker.cycle(spool, clock(), events=0)
    began = time.thread_time()  # of ours: what others take of the processor is no cost of an offer
    for _ in range(QUEUE_MOST + 7):
        link.offer(envelopes, clock())
    assert time.thread_time() - began < 5
    assert link.status().waiting == QUEUE_MOST
    assert link.status().dropped == 7
    large, _ = maker.envelopes([delivery.event(0, 60_000)], spool.heads(), spool.epoch, clock())
    for _ in range(300):
        link.offer(large, clock())
    assert link._waiting_bytes <= QUEUE_MOST_BYTES
    assert link.stop(PATIENCE_S)
    spool.close()


def test_a_mirror_that_comes_back_gets_what_waited(tmp_path: Path, broker: Broker) -> None:
    maker = Maker(tmp_path / "site")
    spool = maker.open()
    link = mirrored(maker, spool, broker.port)
    waits(lambda: link.status().link == "connected")
    broker.kill()
    waits(lambda: link.status().link == "offline")
    envelopes = maker.cycle(spool, clock(), events=3)
    link.offer(envelopes, clock())
    broker.start()
    waits(lambda: link.status().sent == len(envelopes))
    assert link.status().dropped == 0
    assert link.stop(PATIENCE_S)
    spool.close()


def test_a_mirror_that_hangs_holds_back_neither_the_hub_nor_the_end(
    tmp_path: Path, broker: Broker, hub_signer: Signer
) -> None:
    maker = maker_on(tmp_path, broker, confirm="broker")
    spool = maker.open()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and says nothing
        link = mirrored(maker, spool, silent.getsockname()[1], replace(FAST, connect_timeout_s=3 * PATIENCE_S))
        with Peer(broker.port), publishing(maker, spool, hub_signer) as publisher:
            for _ in range(20):
                link.offer(maker.cycle(spool, clock()), clock())
                publisher.wake()
            assert publisher.drained(PATIENCE_S)
            assert publisher.status().connects == 1
            assert link.status().sent == 0
            assert link.stop(PATIENCE_S)


def test_a_mirror_whose_access_list_refuses_is_counted_and_not_tried_again(tmp_path: Path, hub_signer: Signer) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite vss/v1/datong/S1/report/#\n")
    acl.chmod(0o600)
    with Broker(tmp_path / "mirror", ["allow_anonymous true", f"acl_file {acl}"]) as closed:
        maker = Maker(tmp_path / "site")
        spool = maker.open()
        link = mirrored(maker, spool, closed.port)
        link.offer(maker.cycle(spool, clock(), events=2), clock())
        waits(lambda: (link.status().sent, link.status().refused) == (1, 2))
        assert link.status().reason == "Not authorized"
        assert link.status().waiting == 0
        assert link.stop(PATIENCE_S)
        spool.close()


def test_a_mirror_of_mqtt_3_1_1_gets_everything_flattened(tmp_path: Path) -> None:
    with OldBroker(tmp_path / "mirror") as old:
        maker = Maker(tmp_path / "site")
        spool = maker.open()
        link = mirrored(maker, spool, old.port)
        link.offer(maker.cycle(spool, clock(), events=2), clock())
        waits(lambda: link.status().sent == 3)
        assert link.status().protocol == "3.1.1"
        assert link.stop(PATIENCE_S)
        spool.close()


def test_a_mirror_that_takes_one_at_a_time_is_not_overrun(tmp_path: Path) -> None:
    with Broker(tmp_path / "mirror", ["allow_anonymous true", "max_inflight_messages 1"]) as tiny:
        maker = Maker(tmp_path / "site")
        spool = maker.open()
        link = mirrored(maker, spool, tiny.port)
        for _ in range(20):
            link.offer(maker.cycle(spool, clock()), clock())
        waits(lambda: link.status().sent == 40)
        assert "Receive Maximum" not in tiny.log
        assert link.stop(PATIENCE_S)
        spool.close()
