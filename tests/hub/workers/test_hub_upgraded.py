"""A hub is upgraded while sites go on: from the release before on its folder, and workers one after another."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import delivery
import pytest
from delivery import Maker
from here_run import run_here
from hubside import Peer, clock, publishing, site_on, waits
from mosquitto import Broker
from patience import PATIENCE_S
from postgres import PostgresServer
from release_before import SiteBefore, run_before, tree
from several_hubs import HubProcess

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import signing_key, trust
from agent.hub.stores.engines import open_store
from agent.hub.stores.store import Store

WRONG = frozenset(
    {"fork", "tamper", "rejected", "untrusted", "lost", "two-lives", "spool-lost", "altered", "left-out", "stale-state"}
)
"""What a hub tells of where something was lost, came in a wrong order, or is not believed."""

CYCLES = 3


def acks(peer: Peer, site: str) -> list[tuple[int, dict[str, int]]]:
    """Return number and heads of the watermarks of a site that were on the wire, each number once, in their order."""
    read: list[Any] = [json.loads(bytes(one["payload"])) for one in peer.of(f"/{site}/ack") if one["payload"]]  # type: ignore[arg-type]
    return [(one["ack_no"], {stream: head["seq"] for stream, head in one["streams"].items()}) for one in read]


def hold_rising(marks: list[tuple[int, dict[str, int]]]) -> None:
    """Hold that no watermark says less than one of a lower number."""
    known: dict[str, int] = {}
    for number, heads in sorted(marks, key=lambda one: one[0]):
        assert all(heads.get(stream, 0) >= seq for stream, seq in known.items()), number
        known = heads


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_the_release_before_is_replaced_on_its_folder_while_sites_of_both_releases_go_on(
    tmp_path: Path, broker: Broker, end: str
) -> None:
    before, hub = tree(tmp_path / "before"), tmp_path / "hub"
    hub.mkdir()
    jwks = tmp_path / "jwks"
    jwks.write_text(run_before(before, "hub", "jwks", "--data", str(hub)).stdout)
    maker = Maker(tmp_path / "S1", delivery.site(hub=site_on(broker)))
    spool = maker.open()
    with ExitStack() as ends:
        peer = ends.enter_context(Peer(broker.port, "vss/v1/+/+/ack"))
        old = ends.enter_context(SiteBefore(before, tmp_path / "S2", "S2", broker.port, jwks))
        for site, kid in (("S1", maker.signer.kid), ("S2", old.kid)):
            assert run_before(before, "hub", "trust", "add", site, kid, "--data", str(hub)).returncode == 0
        new = ends.enter_context(publishing(maker, spool, load_or_create_signer(hub / signing_key.KEY_NAME)))

        def cycles(number: int) -> None:
            for _ in range(number):
                maker.cycle(spool, clock())
                new.wake()
                old.cycle()

        with HubProcess(hub, broker.port, "", before) as first:
            cycles(CYCLES)
            assert new.drained(PATIENCE_S) and old.drained(), "today's site and that of the release before"
            if end == "killed":
                cycles(1)
                first.kill()
        said = {site: max(number for number, _ in acks(peer, site)) for site in ("S1", "S2")}
        cycles(CYCLES)
        with HubProcess(hub, broker.port, "") as second:
            cycles(CYCLES)
            assert new.drained(PATIENCE_S) and old.drained(), "nothing of what came meanwhile is missing"
        told = [one for running in (first, second) for one in running.tell.events]
        assert not {one["event"] for one in told} & WRONG
        last = 3 * CYCLES + (end == "killed")
        for site in ("S1", "S2"):
            marks = acks(peer, site)
            hold_rising(marks)
            assert max(marks, key=lambda one: one[0])[1] == {"health": last, "event": last}
            assert max(number for number, _ in marks) > said[site], "the numbers go on, or no site would believe them"
    with closing(Store(hub, read_only=True)) as store:
        rows = store.all("SELECT site, stream, seq FROM report ORDER BY id")
    for site in ("S1", "S2"):
        for stream in ("health", "event"):
            came = [seq for of, kind, seq in rows if (of, kind) == (site, stream)]
            assert came == [*range(1, last + 1)], "each once, in the order in which the site made them"
    assert run_here("hub", "verify", "--all", "--data", hub, environ={}).returncode == 0
    assert run_here("hub", "check", "--data", hub, environ={}).returncode == 0
    back = run_before(before, "hub", "status", "--data", str(hub))
    assert back.returncode == 78 and "not a database of this version" in back.stderr, (
        "there is no way back but a backup"
    )


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
