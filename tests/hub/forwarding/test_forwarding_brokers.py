"""A district's hub forwards to a province's over two real brokers: signed watermarks confirm, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from hubside import FAST, Peer, RunningHub, clock
from mosquitto import Broker
from patience import PATIENCE_S, waits
from two_levels import Forwarder, hub_key, lower_hub

from agent.contract.envelope import COMMAND_TYP, RESULT_TYP, read_header, sign_payload
from agent.contract.orders import Range, Result
from agent.contract.orders_json import write_result
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import trust
from agent.hub.stores.store import Store
from agent.hub.workers import orders
from agent.model.finding import Head
from agent.site.config.site import Hub


def on(broker: Broker) -> Hub:
    return Hub("127.0.0.1", broker.port, tls=False)


def test_a_broker_that_is_gone_is_told_once_however_often_it_is_tried(tmp_path: Path) -> None:
    district = tmp_path / "district"
    hub_key(district)
    Store(district).close()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        upper = Hub("127.0.0.1", gone.getsockname()[1], tls=False)
        with Forwarder(district, upper, hub_key(tmp_path / "province")) as forwarder:
            for _ in range(12):
                gone.accept()[0].close()
            assert len(forwarder.tell.of("offline")) == 1


def reports_of(directory: Path) -> list[tuple[object, ...]]:
    store = Store(directory, read_only=True)
    try:
        return store.all("SELECT site, epoch, stream, seq, digest, kid, protected FROM report ORDER BY stream, seq")
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Two brokers, a district's hub with a site whose reports are confirmed there, and a province's folder."""

    below: Broker
    above: Broker
    maker: Maker
    district: Path
    province: Path

    def forwarder(self) -> Forwarder:
        """Return a forwarder that is not started yet."""
        return Forwarder(self.district, on(self.above), hub_key(self.province))

    def grant(self) -> None:
        """Let the district's hub forward to the province's."""
        store = Store(self.province)
        store.lower_hubs.keep(lower_hub(hub_key(self.district)))
        store.close()

    def report(self, cycles: int = 1, events: int = 1) -> dict[str, Head]:
        """Have the site report, and the district's hub confirm it; return the heads."""
        key = hub_key(self.district)
        spool = self.maker.open(now=clock())
        for _ in range(cycles):
            self.maker.cycle(spool, clock(), events=events)
        publisher = Publisher(self.maker.site, spool, self.maker.signer, {key.kid: key.public}, clock, FAST)
        publisher.start()
        assert publisher.drained(PATIENCE_S)
        assert publisher.stop(PATIENCE_S)
        heads = {stream: head for stream, head in spool.heads().items() if head.seq}
        spool.close()
        return heads

    def confirmed(self, heads: dict[str, Head]) -> None:
        """Wait until the upper hub has confirmed up to these heads, and no further."""
        store = Store(self.district, read_only=True)
        try:
            epoch = store.epoch_of("S1")
            assert epoch is not None
            waits(lambda: store.forwarding.confirmed("S1", epoch) == heads)
            lag = store.forwarding.lag()
            assert lag is not None and (lag.waiting, lag.refused, lag.held, lag.why) == (0, 0, 0, "")
        finally:
            store.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Broker(tmp_path / "b1") as below, Broker(tmp_path / "b2") as above:
        maker = Maker(tmp_path / "site", delivery.site(hub=on(below)))
        district, province = tmp_path / "district", tmp_path / "province"
        hub_key(district)
        trust.add(district, "S1", maker.signer.kid, clock(), key=maker.signer.public)
        made = Place(below, above, maker, district, province)
        made.grant()
        yield made


@contextmanager
def both(place: Place) -> Iterator[tuple[RunningHub, RunningHub]]:
    with RunningHub(place.district, on(place.below)) as lower, RunningHub(place.province, on(place.above)) as upper:
        yield lower, upper


def test_a_site_s_reports_reach_the_province_as_signed_and_are_confirmed(place: Place) -> None:
    with both(place) as (_, upper), place.forwarder() as forwarder:
        heads = place.report(3)
        place.confirmed(heads)
        assert len(upper.tell.of("verified")) == 6
        assert forwarder.tell.of("watermark-refused") == []
    assert reports_of(place.district) == reports_of(place.province)


def test_a_forwarder_that_was_ended_goes_on_where_the_upper_hub_has_confirmed(place: Place) -> None:
    with both(place) as (_, upper):
        with place.forwarder():
            place.confirmed(place.report(2))
        heads = place.report(2)
        with place.forwarder():
            place.confirmed(heads)
        assert upper.tell.of("duplicate") == []
    assert reports_of(place.district) == reports_of(place.province)


def test_no_more_are_on_their_way_than_the_upper_broker_takes(place: Place) -> None:
    """This one takes 20, and would end the connection at one more."""
    with RunningHub(place.district, on(place.below)):
        heads = place.report(2, events=150)
        with RunningHub(place.province, on(place.above)), place.forwarder() as forwarder:
            place.confirmed(heads)
            assert (len(forwarder.tell.of("ready")), forwarder.tell.of("offline")) == (1, [])


def test_a_broker_that_takes_everything_and_forgets_confirms_nothing(place: Place) -> None:
    """Nobody is subscribed above, and each publication has its PUBACK all the same."""
    with RunningHub(place.district, on(place.below)), place.forwarder() as forwarder:
        heads = place.report(2)
        forwarder.tell.wait(lambda _: bool(forwarder.tell.of("ready")))
        store = Store(place.district, read_only=True)
        waits(lambda: (lag := store.forwarding.lag()) is not None and lag.waiting == 4)
        store.close()
        with RunningHub(place.province, on(place.above)):
            place.confirmed(heads)
    assert reports_of(place.district) == reports_of(place.province)


def test_an_upper_hub_that_lost_its_database_asks_and_gets_it_all_again(place: Place) -> None:
    """It asks by itself after ten quiet minutes; here a person is quicker. The site is not asked."""
    with both(place), place.forwarder():
        place.confirmed(place.report(3))
    for file in place.province.glob("hub.db*"):
        file.unlink()
    place.grant()
    with both(place) as (_, upper), place.forwarder():
        heads = place.report(1)
        upper.tell.wait(lambda _: len(upper.tell.of("verified")) == 2)
        store = Store(place.province)
        for stream in ("event", "health"):
            asked = Range(str(store.epoch_of("S1")), stream, 1, 3)  # type: ignore[arg-type]
            orders.order_resend(store, hub_key(place.province), "S1", asked, clock())
        store.close()
        place.confirmed(heads)
    assert reports_of(place.district) == reports_of(place.province)


def test_the_district_s_hub_takes_reports_while_the_upper_broker_is_gone(place: Place) -> None:
    place.above.stop()
    with RunningHub(place.district, on(place.below)), place.forwarder() as forwarder:
        heads = place.report(2)
        forwarder.tell.wait(lambda _: bool(forwarder.tell.of("offline")))
        store = Store(place.district, read_only=True)
        lag = store.forwarding.lag()
        store.close()
        assert lag is not None and lag.why and lag.failing_since and not lag.connected_at
        place.above.start()
        with RunningHub(place.province, on(place.above)):
            place.confirmed(heads)


def test_an_order_goes_down_under_the_district_s_signature_and_its_answer_goes_up(place: Place) -> None:
    lower_key, upper_key = hub_key(place.district), hub_key(place.province)
    with both(place) as (_, upper), place.forwarder() as forwarder:
        place.confirmed(place.report(1))
        with Peer(place.below.port, "vss/v1/datong/S1/cmd/+") as site:
            store = Store(place.province)
            given = orders.order_report_now(store, upper_key, "S1", clock())
            store.close()
            site.seen.wait(lambda _: len(site.of(f"/cmd/{given.id}")) == 1)
            header = read_header(str(site.of(f"/cmd/{given.id}")[0]["labels"]["jws"]))  # type: ignore[index, call-overload]
            assert (header.kid, header.typ) == (lower_key.kid, COMMAND_TYP)
            store = Store(place.district, read_only=True)
            epoch = str(store.epoch_of("S1"))
            store.close()
            payload = write_result(Result(given.id, "S1", "datong", epoch, "report-now", "refused", "busy"), clock())
            jws = sign_payload(payload, place.maker.signer, RESULT_TYP)
            site.publish(f"vss/v1/datong/S1/cmd-result/{given.id}", payload, jws)
            upper.tell.wait(lambda _: len(upper.tell.of("answered")) == 1)
        assert upper.tell.of("answered")[0]["reason"] == "busy"
        assert [one["outcome"] for one in forwarder.tell.of("order-taken")] == ["passed"]


def test_a_voucher_that_does_not_count_is_told_below_until_it_is_granted(place: Place) -> None:
    store = Store(place.province)
    store.lower_hubs.keep(lower_hub(hub_key(place.district), "140100"))
    store.close()
    with both(place) as (_, upper):
        with place.forwarder() as forwarder:
            heads = place.report(2)
            forwarder.tell.wait(lambda _: bool(forwarder.tell.of("rejected-above")))
            told = forwarder.tell.of("rejected-above")
            assert [(one["site"], one["what"]) for one in told] == [("S1", "voucher: division")]
            assert upper.tell.of("verified") == []
        place.grant()
        with place.forwarder():
            place.confirmed(heads)
