"""A site whose key the hub has revoked is told why nothing is confirmed, and nobody else can have it told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hubside import Peer, RunningHub, clock, maker_on, publishing
from mosquitto import Broker
from patience import waits

from agent.contract.signing_keys import load_signer
from agent.contract.topics import topic
from agent.hub.stores import signing_key, trust
from agent.hub.workers.answers import Ack, write_ack


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def ack(desk: Desk) -> Ack | None:
    with desk.store.transaction():
        return write_ack(desk.store, desk.signer, "S1", "e1", NOW)


def told(desk: Desk) -> object:
    made = ack(desk)
    return json.loads(made.payload).get("refused_key") if made is not None else None


def test_a_revoked_key_is_told_until_the_hub_takes_something_of_the_site_again(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    first, second, third = chain_of(maker, 3)
    desk.send(first)
    assert told(desk) is None
    desk.intake.trust = trust.revoke(desk.directory, maker.signer.kid, NOW)
    desk.intake.dirty.clear()
    assert desk.send(second)["reason"] == "revoked-key"
    assert desk.intake.dirty == {("S1", "e1")}
    assert told(desk) == {"kid": maker.signer.kid, "reason": "revoked-key"}
    assert desk.watermark("e1") == {"event": 1}
    desk.vouch(maker)
    assert [desk.send(one)["event"] for one in (second, third)] == ["verified", "verified"]
    assert told(desk) is None


def test_a_key_whose_day_is_over_is_told_too(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.intake.trust = trust.add(desk.directory, "S1", maker.signer.kid, NOW, NOW + timedelta(hours=1))
    assert desk.send(chain_of(maker, 1)[0], at=NOW + timedelta(hours=2))["reason"] == "expired-key"
    assert told(desk) == {"kid": maker.signer.kid, "reason": "expired-key"}


def test_what_the_key_did_not_sign_tells_the_site_nothing(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.intake.trust = trust.revoke(desk.directory, maker.signer.kid, NOW)
    first, second = chain_of(maker, 2)
    for payload, jws in ((first.report.payload, second.jws), (first.report.payload, "a..b"), (b"{}", first.jws)):
        assert desk.hand_in(topic("datong", "S1", "event"), payload, jws)["event"] == "rejected"
    assert told(desk) is None


def test_the_site_says_so_in_its_status_and_gives_up_no_report(tmp_path: Path, broker: Broker) -> None:
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    maker.cycle(spool, clock())
    with RunningHub(tmp_path / "hub", maker.site.hub) as hub, Peer(broker.port):  # type: ignore[arg-type]
        signer = load_signer(tmp_path / "hub" / signing_key.KEY_NAME)
        with publishing(maker, spool, signer) as publisher:
            waits(spool.drained)
            assert publisher.status().key_refused == ""
            trust.revoke(tmp_path / "hub", maker.signer.kid, clock())
            hub.tell.wait(lambda events: sum(e["event"] == "trust" for e in events) == 1)
            maker.cycle(spool, clock())
            publisher.wake()
            waits(lambda: publisher.status().key_refused == "revoked-key")
            assert spool.counts()["dropped"] == 0
            assert not spool.drained()
            trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
            waits(spool.drained)
            waits(lambda: publisher.status().key_refused == "")
