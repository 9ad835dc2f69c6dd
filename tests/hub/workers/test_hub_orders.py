"""Orders are signed by the hub and sent until they are answered."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, trusted
from hubside import Peer, RunningHub, clock
from mosquitto import Broker
from old_broker import OldBroker

from agent.contract.envelope import DESIRED_TYP, REPORTED_TYP, RESULT_TYP, sign_payload, unflatten
from agent.contract.orders import Command, Desired, Order, Refused, Reported, ReportRef, Result
from agent.contract.orders_json import read_command, read_desired, write_desired, write_reported, write_result
from agent.contract.signing_keys import load_or_create_signer
from agent.contract.topics import topic
from agent.hub.stores import signing_key
from agent.hub.stores.store import Store
from agent.hub.workers import orders
from agent.model.errors import UsageError
from agent.model.finding import Envelope, Json
from agent.site.config.site import Hub

HOUR = timedelta(hours=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def publish(desk: Desk, at: datetime = NOW) -> list[str]:
    """Do what the running hub does each second; return the topics."""
    sent = orders.unsent(desk.store, at)
    with desk.store.transaction():
        orders.mark_sent(desk.store, sent, at)
    return [one.message.topic for one in sent]


def result_of(
    desk: Desk, maker: Maker, command_id: str, name: str, report: Envelope | None, **changes: object
) -> dict[str, Json]:
    named = ReportRef("e1", report.report.stream, report.report.seq, report.report.digest) if report else None
    fields = {"id": command_id, "site": "S1", "city": "datong", "epoch": "e1", "name": name, "status": "done"}
    result = Result(**{**fields, "report": named, **changes})
    payload = write_result(result, NOW)
    jws = sign_payload(payload, maker.signer, RESULT_TYP)
    return desk.hand_in(topic("datong", "S1", "cmd-result", command_id), payload, jws)


def status(desk: Desk, command: Command) -> tuple[str, str]:
    ((*_, word, reason),) = desk.store.all("SELECT id, status, reason FROM command WHERE id = ?", command.id)
    return word, reason


def test_an_order_is_signed_sent_once_and_again_at_each_birth_until_it_is_answered(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    command = orders.order_report_now(desk.store, desk.signer, "S1", NOW)
    (one,) = orders.unsent(desk.store, NOW + timedelta(seconds=1))
    order = Order("cmd", command.id, one.message.payload, one.message.jws)
    assert read_command(order, {desk.signer.kid: desk.signer.public}, "S1").id == command.id
    assert (one.message.topic, one.message.retain) == (f"vss/v1/datong/S1/cmd/{command.id}", False)
    assert one.message.expires_s == 3599
    assert publish(desk) == [one.message.topic]
    assert publish(desk) == []
    desk.birth(maker, "e1", 2)
    assert publish(desk) == [one.message.topic]
    result_of(desk, maker, command.id, "report-now", None, status="refused", reason="too-often")
    desk.birth(maker, "e1", 3)
    assert publish(desk) == []
    assert status(desk, command) == ("refused", "too-often")


def test_an_expired_order_is_not_sent(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    orders.order_report_now(desk.store, desk.signer, "S1", NOW, HOUR)
    assert publish(desk, NOW + HOUR) == []
    desk.birth(maker, "e1", 2, at=NOW + HOUR)
    assert publish(desk, NOW + HOUR) == []


def test_a_site_that_is_not_known_and_names_that_no_site_takes_are_refused(desk: Desk, maker: Maker) -> None:
    with pytest.raises(UsageError, match="'S1' is not known here"):
        orders.order_report_now(desk.store, desk.signer, "S1", NOW)
    with pytest.raises(UsageError, match="'S1' is not known here"):
        orders.set_desired(desk.store, desk.signer, "S1", {}, NOW)
    trusted(desk, maker)
    with pytest.raises(UsageError, match="none that a site takes"):
        orders.order_check_now(desk.store, desk.signer, "S1", NOW, cameras=("../etc",))
    for policy, said in (
        ({"clock_warn_s": float("nan")}, "clock_warn_s = nan: a site takes a number from 0 to"),
        ({"period_s": 1}, "period_s = 1: a site takes a whole number from 60 to 86400"),
        ({"period_s": 90.5}, "whole number"),
        ({"period_s": True}, "whole number"),
        ({"period_s": "90"}, "whole number"),
        ({"retention_floor_days": 1}, "retention_floor_days = 1: a site takes a whole number from"),
        ({"gap_limit_s": 5}, "gap_limit_s: no name that a hub may set"),
        ({"gap_warn_s": 20, "gap_fail_s": 10}, "gap_warn_s: 20 would be above gap_fail_s = 10"),
    ):
        with pytest.raises(UsageError, match=said):
            orders.set_desired(desk.store, desk.signer, "S1", policy, NOW)
    with pytest.raises(UsageError, match="a site looks at 65536 at most"):
        orders.set_desired(desk.store, desk.signer, "S1", {}, NOW, packs=("x" * 1024 * 1024,))
    assert desk.store.all("SELECT * FROM command") == desk.store.all("SELECT * FROM desired") == []


def reported(
    desk: Desk, maker: Maker, version: int, ts: datetime = NOW, at: datetime = NOW, refused: Refused | None = None
) -> dict[str, Json]:
    payload = write_reported(Reported("S1", "datong", "e1", version, {}, "c" * 64, refused), ts)
    jws = sign_payload(payload, maker.signer, REPORTED_TYP)
    return desk.hand_in(topic("datong", "S1", "reported"), payload, jws, at)


def test_the_version_of_a_policy_rises_above_all_that_either_side_has_named(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    assert orders.set_desired(desk.store, desk.signer, "S1", {"period_s": 60}, NOW).version == 1
    assert orders.set_desired(desk.store, desk.signer, "S1", {"period_s": 90}, NOW).version == 2
    (one,) = orders.unsent(desk.store, NOW)  # only the newest
    keys = {desk.signer.kid: desk.signer.public}
    assert read_desired(one.message.payload, one.message.jws, keys, "S1").policy == {"period_s": 90}
    assert (one.message.topic, one.message.retain) == ("vss/v1/datong/S1/config/desired", True)
    assert reported(desk, maker, 7)["event"] == "reported"  # this hub has lost its database
    assert orders.set_desired(desk.store, desk.signer, "S1", {}, NOW).version == 8


def test_what_an_order_does_not_name_stays_and_packs_go_when_that_is_said(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)

    def sent(policy: dict[str, Json] | None, packs: tuple[str, ...] | None = None) -> tuple[object, tuple[str, ...]]:
        made = orders.set_desired(desk.store, desk.signer, "S1", policy, NOW, packs=packs)
        ((payload, jws),) = desk.store.all("SELECT payload, jws FROM desired WHERE version = ?", made.version)
        read = read_desired(payload, jws, {desk.signer.kid: desk.signer.public}, "S1")
        return read.policy, read.packs

    assert sent({"period_s": 60}) == ({"period_s": 60}, ())
    assert sent(None, ("id = 1",)) == ({"period_s": 60}, ("id = 1",))
    assert sent({"period_s": 90}) == ({"period_s": 90}, ("id = 1",))
    assert sent(None, ()) == ({"period_s": 90}, ())


def test_a_threshold_that_an_order_does_not_name_stays_until_it_is_taken_back(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)

    def sent(policy: dict[str, Json]) -> tuple[object, object]:
        made = orders.set_desired(desk.store, desk.signer, "S1", policy, NOW)
        return made.policy, orders.changed(desk.store, made)

    assert sent({"retention_floor_days": 90}) == (
        {"retention_floor_days": 90},
        (("retention_floor_days", None, 90),),
    )
    assert sent({"period_s": 600}) == ({"retention_floor_days": 90, "period_s": 600}, (("period_s", None, 600),))
    assert sent({"period_s": 600}) == ({"retention_floor_days": 90, "period_s": 600}, ())
    with pytest.raises(UsageError):
        sent({"period_s": 0})
    assert sent({"retention_floor_days": None}) == ({"period_s": 600}, (("retention_floor_days", 90, None),))


def test_a_threshold_of_an_older_hub_that_no_site_takes_is_told_and_can_be_taken_back(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    payload = write_desired(Desired("S1", 1, NOW, {"period_s": 1, "odd": 2}))
    jws = sign_payload(payload, desk.signer, DESIRED_TYP)
    columns = "site, version, created_at, payload, jws"
    desk.store.run(f"INSERT INTO desired ({columns}) VALUES ('S1', 1, '', ?, ?)", payload, jws)  # noqa: S608
    with pytest.raises(UsageError, match="period_s = 1"):
        orders.set_desired(desk.store, desk.signer, "S1", {"forecast_days": 9}, NOW)
    made = orders.set_desired(desk.store, desk.signer, "S1", {"period_s": None, "odd": None, "forecast_days": 9}, NOW)
    assert made.policy == {"forecast_days": 9}


def test_a_policy_that_is_not_in_force_is_sent_again_at_a_birth(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    orders.set_desired(desk.store, desk.signer, "S1", {}, NOW)
    assert len(publish(desk)) == 1
    desk.birth(maker, "e1", 2)
    assert len(publish(desk)) == 1
    reported(desk, maker, 1)
    desk.birth(maker, "e1", 3)
    assert publish(desk) == []


def test_an_old_word_about_what_is_in_force_does_not_replace_a_newer_one(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    why = Refused(3, "out-of-bounds", "period")
    assert reported(desk, maker, 2, refused=why) == {
        "event": "reported", "site": "S1", "version": 2, "refused": "out-of-bounds"
    }  # fmt: skip
    assert reported(desk, maker, 1, NOW - HOUR, NOW + HOUR)["event"] == "stale-reported"
    assert desk.store.all("SELECT version, json_extract(refused, '$.version') FROM reported") == [(2, 3)]
    # a site whose clock stood in the future and is right again
    assert reported(desk, maker, 4, NOW + 9000 * HOUR, NOW + HOUR)["event"] == "reported"
    assert reported(desk, maker, 5, NOW + 2 * HOUR, NOW + 2 * HOUR)["event"] == "reported"


def test_a_running_hub_sends_what_a_command_writes_beside_it_and_takes_the_answer(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        options = Hub("127.0.0.1", broker.port, tls=False)
        maker, desk = Maker(tmp_path / "site", delivery.site(hub=options)), Desk(tmp_path / "hub")
        trusted(desk, maker)
        desk.store.close()
        signer = load_or_create_signer(tmp_path / "hub" / signing_key.KEY_NAME)
        with RunningHub(tmp_path / "hub", options) as hub, Peer(broker.port) as peer:
            store = Store(tmp_path / "hub")
            command = orders.order_report_now(store, signer, "S1", clock())
            orders.set_desired(store, signer, "S1", {"period_s": 60}, clock())
            store.close()
            peer.seen.wait(lambda _: bool(peer.of(f"cmd/{command.id}")) and bool(peer.of("config/desired")))
            (message,) = peer.of(f"cmd/{command.id}")
            order = Order("cmd", command.id, bytes(message["payload"]), message["labels"]["jws"])
            assert read_command(order, {signer.kid: signer.public}, "S1").id == command.id
            assert 3500 < int(message["expiry"]) <= 3600
            result = Result(command.id, "S1", "datong", "e1", "report-now", "refused", "too-often")
            payload = write_result(result, clock())
            where = topic("datong", "S1", "cmd-result", command.id)
            peer.publish(where, payload, sign_payload(payload, maker.signer, RESULT_TYP))
            hub.tell.wait(lambda _: len(hub.tell.of("answered")) == 1)
            assert hub.tell.of("rejected") == []  # its own orders do not come back to it
        with Peer(broker.port, "vss/v1/datong/S1/config/desired", "later") as later:  # retained
            later.seen.wait(lambda _: len(later.of("config/desired")) == 1)
            assert json.loads(later.of("config/desired")[0]["payload"])["version"] == 1


def test_a_hub_that_comes_back_sends_unanswered_orders_and_policies_again(tmp_path: Path) -> None:
    """The broker has lost everything that it kept."""
    maker, desk = Maker(tmp_path / "site"), Desk(tmp_path / "hub")
    trusted(desk, maker)
    at = clock()
    command = orders.order_report_now(desk.store, desk.signer, "S1", at)
    orders.set_desired(desk.store, desk.signer, "S1", {}, at)
    assert len(publish(desk, at)) == 2
    desk.store.close()
    with Broker(tmp_path / "broker") as broker, Peer(broker.port) as peer:
        with RunningHub(tmp_path / "hub", Hub("127.0.0.1", broker.port, tls=False)) as hub:
            hub.tell.wait(lambda _: len(hub.tell.of("sent")) == 2)
        peer.seen.wait(lambda _: len(peer.of(command.id)) == len(peer.of("config/desired")) == 1)


def test_over_mqtt_3_1_1_orders_travel_flattened_and_do_not_come_back_to_the_hub(tmp_path: Path) -> None:
    maker, desk = Maker(tmp_path / "site"), Desk(tmp_path / "hub")
    trusted(desk, maker)
    command = orders.order_report_now(desk.store, desk.signer, "S1", clock())
    orders.set_desired(desk.store, desk.signer, "S1", {}, clock())
    desk.store.close()
    with OldBroker(tmp_path / "broker") as broker, Peer(broker.behind) as peer:
        with RunningHub(tmp_path / "hub", Hub("127.0.0.1", broker.port, tls=False)) as hub:
            peer.seen.wait(lambda _: bool(peer.of(command.id)) and bool(peer.of("config/desired")))
            peer.publish("vss/v1/datong/S1/event", b"{}")  # comes to the hub behind its own
            hub.tell.wait(lambda _: len(hub.tell.of("rejected")) == 1)
            assert hub.tell.of("rejected")[0]["topic"] == "vss/v1/datong/S1/event"
        payload, jws = unflatten(bytes(peer.of(command.id)[0]["payload"]))
        keys = {desk.signer.kid: desk.signer.public}
        assert read_command(Order("cmd", command.id, payload, jws), keys, "S1").name == "report-now"
