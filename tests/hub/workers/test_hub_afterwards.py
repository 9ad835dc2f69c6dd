"""Wrong clocks, ended connections and keys that are added again: what a hub still knows of a site afterwards."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.topics import topic
from agent.deliver.publish.messages import DecodedMessage
from agent.deliver.publish.pace import Pace
from agent.hub.stores import trust
from agent.hub.workers import orders, service
from agent.hub.workers.alive import Alive
from agent.hub.workers.resend import QUIET
from agent.model.errors import HubUnavailable
from agent.model.finding import Head
from agent.site.config.site import Hub
from tests.hub.workers.test_hub_rotation import handover

DAY = timedelta(days=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", 1883, tls=False)))  # else nobody is asked


def test_what_a_connection_brought_that_never_comes_back_is_judged_before_the_hub_ends(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted(desk, maker)
    report = chain_of(maker, 1)[0]
    options = service.Options(desk.directory, Hub("127.0.0.1", 1, tls=False))
    hub = service._Service(options, desk.store, desk.signer, lambda _: None, lambda: NOW, Pace(), Alive(0))
    stop = threading.Event()

    def serve(_stop: threading.Event) -> None:
        hub._ready_once = True
        hub._arrived = [DecodedMessage(topic("datong", "S1", "event"), report.report.payload, report.jws)]
        stop.set()
        raise HubUnavailable("gone")

    monkeypatch.setattr(hub, "_serve", serve)
    hub.run(stop)
    assert desk.watermark("e1") == {"event": 1}


def test_a_clock_that_stood_in_the_future_does_not_silence_the_hub_for_years(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 5)
    later = NOW + 1000 * DAY
    desk.send(reports[0], at=later)
    desk.send(reports[3], at=later)
    assert len(desk.look(later + QUIET)) == 1
    desk.birth(maker, "e2", 2, at=later)
    desk.send(reports[4], at=NOW)
    ((arrived_at,),) = desk.store.all("SELECT arrived_at FROM site")
    assert arrived_at.startswith("2026-11-24")
    kinds = [event["event"] for event in desk.look(NOW + QUIET)]
    assert "asked" in kinds
    assert "spool-lost" in kinds


def test_what_waited_for_trust_does_not_set_the_time_of_arrival_back(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    other = Maker(tmp_path / "site", key="other.pem")
    desk.send(chain_of(other, 1)[0], at=NOW)
    trusted(desk, maker)
    desk.birth(maker, "e1", 3, at=NOW + DAY)
    desk.birth(other, "e1", 1)
    desk.vouch(other)
    ((arrived_at, protocol),) = desk.store.all("SELECT arrived_at, protocol FROM site")
    assert arrived_at.startswith("2026-11-25")
    assert protocol == "mqtt5"


def test_a_birth_that_comes_again_after_the_will_of_its_connection_does_not_bring_the_site_back(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker)
    orders.order_report_now(desk.store, desk.signer, "S1", NOW)
    with desk.store.transaction():
        orders.mark_sent(desk.store, orders.unsent(desk.store, NOW), NOW)
    desk.birth(maker, "e1", 1, "lost")
    desk.birth(maker, "e1", 1)
    assert desk.status()["state"]["status"] == "lost"
    assert orders.unsent(desk.store, NOW) == []
    desk.birth(maker, "e1", 2)
    assert desk.status()["state"]["status"] == "ready"


def test_a_will_of_a_connection_whose_birth_the_hub_has_not_seen_counts(desk: Desk, maker: Maker) -> None:
    """The hub was away, and the broker keeps only the last word about a site."""
    trusted(desk, maker)
    assert desk.birth(maker, "e1", 7, "lost")["event"] == "state"
    assert desk.status()["state"]["status"] == "lost"
    desk.birth(maker, "e1", 7, heads={"event": Head(3, "3" * 64)})
    assert desk.status()["state"]["status"] == "lost"
    assert desk.store.chains.expected(("S1", "e1", "event")) == 3


def test_a_key_that_is_added_again_keeps_its_limit_unless_its_successor_is_revoked(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    new = Maker(tmp_path / "site", key="new.pem")
    trusted(desk, maker)
    desk.send(handover(maker, new, []))
    after = trust.add(desk.directory, "S1", maker.signer.kid, NOW, NOW + DAY)
    assert after.rotated(maker.signer.kid) is not None
    trust.revoke(desk.directory, new.signer.kid, NOW)
    assert trust.add(desk.directory, "S1", maker.signer.kid, NOW).rotated(maker.signer.kid) is None


def test_a_successor_is_trusted_no_longer_than_the_key_that_named_it(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    new = Maker(tmp_path / "site", key="new.pem")
    trusted(desk, maker)
    desk.intake.trust = trust.add(desk.directory, "S1", maker.signer.kid, NOW, NOW + DAY)
    desk.send(handover(maker, new, []))
    assert trust.load(desk.directory).decide("S1", new.signer.kid, NOW + 2 * DAY) == "expired-key"
    assert trust.load(desk.directory).decide("S1", new.signer.kid, NOW) == "trusted"
