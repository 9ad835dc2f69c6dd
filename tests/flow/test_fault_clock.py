"""Clocks that are wrong by decades or jump: reports keep their order, everything is delivered, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubside import FAST, RunningHub, clock, maker_on, site_on
from mosquitto import Broker
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import Signer
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import trust
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.store import Store

CLOCKS = {
    "1970": [datetime(1970, 1, 2, tzinfo=UTC)],
    "2040": [datetime(2040, 1, 1, tzinfo=UTC)],
    "back-an-hour": [NOW, NOW - timedelta(hours=1)],
    "from-1970-to-now": [datetime(1970, 1, 2, tzinfo=UTC), NOW],
    "2040-and-back": [NOW, datetime(2040, 1, 1, tzinfo=UTC), NOW],
}


class SetClock:
    """The wall clock of one agent."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def publisher_of(maker: Maker, spool: object, hub_signer: Signer, wall: SetClock) -> Publisher:
    return Publisher(maker.site, spool, maker.signer, {hub_signer.kid: hub_signer.public}, wall, FAST)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CLOCKS)
def test_whatever_the_clock_says_reports_are_delivered_in_the_order_of_their_numbers(
    tmp_path: Path, broker: Broker, hub_signer: Signer, name: str
) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    wall = SetClock(CLOCKS[name][0])
    spool = maker.open(now=wall.at)
    publisher = publisher_of(maker, spool, hub_signer, wall)
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub:
        publisher.start()
        for at in CLOCKS[name]:
            wall.at = at
            for _ in range(3):
                maker.cycle(spool, at)
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
        assert publisher.stop(5)
        assert hub.tell.of("fork") == hub.tell.of("tamper") == hub.tell.of("rejected") == []
    spool.close()
    store = Store(tmp_path / "hub", read_only=True)
    told = [
        json.loads(exact(store, payload))["ts"]
        for (payload,) in store.all("SELECT payload FROM report WHERE stream = 'health' ORDER BY seq")
    ]
    store.close()
    assert [ts[:4] for ts in told] == [str(max(2000, at.year)) for at in CLOCKS[name] for _ in range(3)]


@pytest.mark.parametrize(
    ("first", "then"),
    [(datetime(2040, 1, 1, tzinfo=UTC), NOW), (NOW, datetime(1970, 1, 2, tzinfo=UTC))],
    ids=["back-from-2040", "back-to-1970"],
)
def test_a_row_whose_time_to_be_sent_again_lies_in_the_future_of_a_clock_put_back_is_sent_again(
    tmp_path: Path, broker: Broker, hub_signer: Signer, first: datetime, then: datetime
) -> None:
    """The broker took it while no hub was there and then forgot it; the clock goes back on the same connection."""
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    wall = SetClock(first)
    spool = maker.open(now=first)
    publisher = publisher_of(maker, spool, hub_signer, wall)
    publisher.start()
    try:
        maker.cycle(spool, first)
        publisher.wake()
        waits(lambda: spool.counts()["sent"] == 2)
        with RunningHub(tmp_path / "hub", site_on(broker)):
            # Only now: this clock stands, so that there is one sending more, and a hub must be there to hear it.
            wall.at = then
            assert publisher.drained(PATIENCE_S)
            assert publisher.status().connects == 1
    finally:
        assert publisher.stop(5)
        spool.close()
