"""A hub is upgraded while a site goes on: its workers are replaced one after another."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from pathlib import Path

import delivery
from delivery import Maker
from hubside import Peer, clock, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S, waits
from postgres import PostgresServer
from several_hubs import HubProcess
from upgraded import WRONG, acks, hold_rising

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import signing_key, trust
from agent.hub.stores.engines import open_store


def test_workers_are_replaced_one_after_another_while_a_site_goes_on(
    tmp_path: Path, broker: Broker, postgres: PostgresServer
) -> None:
    """Each is ended as systemd ends it, and started again, as an upgrade of its package does: one is always there."""
    hub = tmp_path / "hub"
    postgres.place(hub)
    open_store(hub).close()
    maker = Maker(tmp_path / "S1", delivery.site(hub=site_on(broker)))
    trust.add(hub, "S1", maker.signer.kid, clock())
    spool, stop = maker.open(), threading.Event()
    places = {"a": ExitStack(), "b": ExitStack()}
    hubs: list[HubProcess] = []

    def start(name: str) -> None:
        hubs.append(places[name].enter_context(HubProcess(hub, broker.port, name)))

    def report() -> None:
        while not stop.wait(0.5):
            maker.cycle(spool, clock())
            publisher.wake()

    with places["a"], places["b"], Peer(broker.port, "vss/v1/+/+/ack") as peer:
        start("a")
        start("b")
        signer, site = load_or_create_signer(hub / signing_key.KEY_NAME), threading.Thread(target=report)
        with publishing(maker, spool, signer) as publisher:
            site.start()
            try:
                for name in ("a", "b"):
                    confirmed = spool.confirmed()["health"].seq
                    places[name].close()  # ends it in good order, with exit code 0
                    start(name)
                    waits(lambda before=confirmed: spool.confirmed()["health"].seq > before)  # type: ignore[misc]
            finally:
                stop.set()
                site.join()
            assert publisher.drained(PATIENCE_S)
            last, epoch = spool.heads()["health"].seq, spool.epoch
    assert not {one["event"] for running in hubs for one in running.tell.events} & WRONG
    assert len(hubs) == 4 and len([one for one in hubs if one.tell.of("verified")]) >= 2
    marks = acks(peer, "S1")
    hold_rising(marks)
    assert max(marks)[1] == {"health": last, "event": last}
    assert len({number for number, _ in marks}) == len({(number, *sorted(heads.items())) for number, heads in marks})
    with closing(open_store(hub, read_only=True)) as store:
        for stream in ("health", "event"):
            there = [row.seq for row in store.reports.stored("S1", epoch, stream, 1, last + 1)]  # type: ignore[arg-type]
            assert there == [*range(1, last + 1)]
