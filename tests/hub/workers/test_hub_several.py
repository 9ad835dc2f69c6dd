"""Several hubs on one database and one broker: they share what sites send, one leads, and each may end at any time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import delivery
import pytest
from delivery import Maker
from every_command import run
from hubside import FAST, Peer, RunningHub, clock, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S
from postgres import PostgresServer
from scripted_broker import SHARES_NOTHING, Ack, ScriptedBroker
from several_hubs import HubProcess

from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import signing_key, trust
from agent.hub.stores.engines import open_store
from agent.hub.stores.postgres.leading import Leading
from agent.hub.transport import mqtt
from agent.hub.workers import service
from agent.model.errors import HubUnavailable, UsageError
from agent.site.config.site import Hub

LEADERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 1667329401 AND objsubid = 2 AND granted"
    " AND objid::bigint = hashtext(current_schema())::bigint & 4294967295"
)
WAITS = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%report_row%'"


@pytest.fixture
def hub(postgres: PostgresServer, tmp_path: Path) -> Path:
    postgres.place(tmp_path / "hub")
    open_store(tmp_path / "hub").close()
    return tmp_path / "hub"


def trusted(hub: Path, tmp_path: Path, broker: Broker, name: str = "S1") -> Maker:
    """Return a site that the hub trusts; before workers run, for what comes before that is taken up by one of them."""
    maker = Maker(tmp_path / name, delivery.site(site_id=name, hub=site_on(broker)))
    trust.add(hub, name, maker.signer.kid, clock())
    return maker


@contextmanager
def site(hub: Path, maker: Maker, cycles: int = 20) -> Iterator[Publisher]:
    """Run a site that has something to send, and believes this hub."""
    spool = maker.open()
    for _ in range(cycles):
        maker.cycle(spool, clock(), events=2)
    with publishing(maker, spool, load_or_create_signer(hub / signing_key.KEY_NAME)) as publisher:
        yield publisher


def until(what: Any) -> Any:
    """Return what comes true."""
    end_s = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < end_s
        time.sleep(0.02)
    return found


def stored(hub: Path, site: str) -> dict[str, list[int]]:
    with closing(open_store(hub, read_only=True)) as store:
        epoch = store.epoch_of(site)
        assert epoch is not None
        streams = ("health", "event")
        return {one: [row.seq for row in store.reports.stored(site, epoch, one, 1, 999)] for one in streams}


def confirmed(peer: Peer) -> list[dict[str, Any]]:
    """Return the watermarks that were on the wire."""
    return [json.loads(bytes(one["payload"])) for one in peer.of("/ack") if one["payload"]]  # type: ignore[arg-type]


def hold_against(hub: Path, marks: list[dict[str, Any]], name: str = "S1") -> None:
    """Hold that all that was confirmed is stored, once, and that no number was given twice."""
    there = stored(hub, name)
    assert all(numbers == sorted(set(numbers)) for numbers in there.values())
    numbers = [mark["ack_no"] for mark in marks]
    assert len(numbers) == len(set(numbers)) > 0
    for mark in sorted(marks, key=lambda mark: int(mark["ack_no"])):
        for stream, head in mark["streams"].items():
            assert set(range(1, head["seq"] + 1)) <= set(there[stream]), "confirmed, and not stored"


def test_workers_share_what_sites_send_and_each_may_answer_any_site(
    hub: Path, tmp_path: Path, broker: Broker, postgres: PostgresServer
) -> None:
    maker = trusted(hub, tmp_path, broker)
    with (
        HubProcess(hub, broker.port, "a") as first, HubProcess(hub, broker.port, "b") as second,
        Peer(broker.port, "vss/v1/+/S1/ack") as peer, site(hub, maker) as publisher,
    ):  # fmt: skip
        assert publisher.drained(PATIENCE_S)
        assert len(postgres.query(LEADERS)) == 1
    assert first.tell.of("verified") and second.tell.of("verified"), "one of them took everything"
    assert len(first.tell.of("verified")) + len(second.tell.of("verified")) == 60
    assert len(first.tell.of("leads")) + len(second.tell.of("leads")) >= 1
    assert stored(hub, "S1") == {"health": [*range(1, 21)], "event": [*range(1, 41)]}
    hold_against(hub, confirmed(peer))


def test_a_leader_that_is_killed_is_followed_by_another_which_does_what_it_did(
    hub: Path, tmp_path: Path, broker: Broker
) -> None:
    with ExitStack() as ends:
        first = ends.enter_context(HubProcess(hub, broker.port, "a"))
        first.awaits("leads")
        second = ends.enter_context(HubProcess(hub, broker.port, "b"))
        peer = ends.enter_context(Peer(broker.port, "vss/v1/+/S1/#"))
        publisher = ends.enter_context(site(hub, trusted(hub, tmp_path, broker)))
        assert publisher.drained(PATIENCE_S)
        assert not second.tell.of("leads")
        first.kill()
        second.awaits("leads")
        assert run(["hub", "report-now", "S1", "--data", str(hub)], "en")[0] == 0
        second.awaits("sent")
        second.awaits("logged")
        hold_against(hub, confirmed(peer))


def test_a_worker_that_is_killed_within_a_transaction_leaves_nothing_of_it_and_nothing_is_lost(
    hub: Path, tmp_path: Path, broker: Broker, postgres: PostgresServer
) -> None:
    with ExitStack() as ends:
        first = ends.enter_context(HubProcess(hub, broker.port, "a"))
        peer = ends.enter_context(Peer(broker.port, "vss/v1/+/S1/ack"))
        holder = ends.enter_context(closing(postgres.connected()))
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE report_row IN EXCLUSIVE MODE")  # it has bodies in its transaction, and waits
        publisher = ends.enter_context(site(hub, trusted(hub, tmp_path, broker), cycles=5))
        until(lambda: postgres.query(WAITS))
        first.kill()
        holder.execute("ROLLBACK")
        until(lambda: not postgres.query(WAITS))
        assert confirmed(peer) == [] and postgres.query("SELECT 1 FROM report_row") == []
        second = ends.enter_context(HubProcess(hub, broker.port, "b"))
        assert publisher.drained(PATIENCE_S)
        until(lambda: confirmed(peer))  # the site may have it before this one
        hold_against(hub, confirmed(peer))
    assert len(second.tell.of("verified")) == 15  # not before its end: its words come through a pipe
    assert postgres.query("SELECT count(*) FROM body") == [(15,)]


def test_who_loses_the_connection_that_leads_leads_no_longer_and_one_other_does(
    hub: Path, postgres: PostgresServer
) -> None:
    one, two = Leading(hub), Leading(hub)
    with closing(one), closing(two):
        assert (one.holds(), two.holds(), one.holds()) == (True, False, True)
        ((process,),) = postgres.query(LEADERS)
        postgres.query(f"SELECT pg_terminate_backend({process}, 5000)")
        assert two.holds()
        assert (one.holds(), one.holds()) == (False, False)
        assert two.holds()
        two.close()
        until(one.holds)  # the server notes it when it comes to it


def test_a_running_leader_says_when_it_leads_no_more_and_takes_the_lead_again(
    hub: Path, broker: Broker, postgres: PostgresServer
) -> None:
    with RunningHub(hub, site_on(broker)) as running:
        running.tell.wait(lambda _: bool(running.tell.of("leads")))
        ((process,),) = postgres.query(LEADERS)
        postgres.query(f"SELECT pg_terminate_backend({process}, 5000)")
        running.tell.wait(lambda _: bool(running.tell.of("leads-no-more")))
        running.tell.wait(lambda _: len(running.tell.of("leads")) == 2)


def test_two_workers_of_one_name_and_workers_on_files_are_refused(hub: Path, tmp_path: Path, broker: Broker) -> None:
    words = ["hub", "run", "--host", "127.0.0.1", "--port", str(broker.port), "--worker", "a"]
    code, _, err = run([*words, "--data", str(tmp_path / "files")], "en")
    assert (code, err.count("\n")) == (UsageError.exit_code, 1) and "one hub runs" in err
    with HubProcess(hub, broker.port, "a"):
        code, _, err = run([*words, "--data", str(hub)], "en")
        assert code == UsageError.exit_code and "uses it" in err


def test_a_broker_that_shares_nothing_is_refused_for_it_would_deliver_nothing(hub: Path) -> None:
    with ScriptedBroker(lambda *_: Ack(), SHARES_NOTHING) as broker:
        place = Hub("127.0.0.1", broker.port, tls=False)
        options = service.Options(hub, place, connect=mqtt.connector("a"), worker="a")
        with pytest.raises(HubUnavailable, match="shares no subscriptions"):
            service.run(options, threading.Event(), lambda _: None, clock, FAST)
