"""A district's hub forwards to a province's over two real brokers: signed watermarks confirm, and nothing else."""

from __future__ import annotations

from pathlib import Path

import delivery
from delivery import Maker
from hubside import FAST, RunningHub, clock, waits
from mosquitto import Broker
from patience import PATIENCE_S
from two_levels import Forwarder, hub_key, lower_hub

from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import trust
from agent.hub.stores.store import Store
from agent.site.config.site import Hub


def on(broker: Broker) -> Hub:
    return Hub("127.0.0.1", broker.port, tls=False)


def reports_of(directory: Path) -> list[tuple[object, ...]]:
    store = Store(directory, read_only=True)
    try:
        return store.all("SELECT site, epoch, stream, seq, digest, kid, protected FROM report ORDER BY stream, seq")
    finally:
        store.close()


def test_a_site_s_reports_reach_the_province_as_signed_and_are_confirmed(tmp_path: Path) -> None:
    district, province = tmp_path / "district", tmp_path / "province"
    lower_key, upper_key = hub_key(district), hub_key(province)
    with Broker(tmp_path / "b1") as below, Broker(tmp_path / "b2") as above:
        maker = Maker(tmp_path / "site", delivery.site(hub=on(below)))
        trust.add(district, "S1", maker.signer.kid, clock(), key=maker.signer.public)
        spool = maker.open(now=clock())
        for _ in range(3):
            maker.cycle(spool, clock())
        upper_store = Store(province)
        upper_store.lower_hubs.keep(lower_hub(lower_key))
        upper_store.close()
        with (
            RunningHub(district, on(below)),
            RunningHub(province, on(above)) as upper,
            Forwarder(district, on(above), upper_key) as forwarder,
        ):
            publisher = Publisher(maker.site, spool, maker.signer, {lower_key.kid: lower_key.public}, clock, FAST)
            publisher.start()
            assert publisher.drained(PATIENCE_S)
            upper.tell.wait(lambda _: len(upper.tell.of("verified")) == 6)
            store = Store(district)
            made = {stream: head for stream, head in spool.heads().items() if head.seq}
            waits(lambda: store.forwarding.confirmed("S1", spool.epoch) == made)
            lag = store.forwarding.lag()
            assert lag is not None and (lag.waiting, lag.refused, lag.why) == (0, 0, "")
            store.close()
            assert publisher.stop(5)
            assert forwarder.tell.of("watermark-refused") == []
    assert reports_of(district) == reports_of(province)
    spool.close()
