"""A lower hub is told why its voucher does not count, by the upper hub's signature, and shows it until that is over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from contract_schemas import fits
from delivery import NOW, Maker
from hubdesk import Desk, chain_of
from hubside import Peer, RunningHub, clock
from mosquitto import Broker
from two_levels import TAIYUAN, Province, hub_key, lower_hub, voucher_of

from agent.contract.envelope import ACK_TYP, VOUCHER_REFUSED_TYP, VOUCHER_TYP, sign_payload
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.contract.voucher import (
    RefusedVoucher,
    VouchedKey,
    read_refused_voucher,
    write_refused_voucher,
    write_voucher,
)
from agent.contract.watermark import Watermark, write_watermark
from agent.hub.doctor import forwarding as probe
from agent.hub.doctor.model import Situation
from agent.hub.domain.forwarding.rows import Lane
from agent.hub.stores import trust
from agent.hub.stores.store import Store
from agent.hub.workers.forwarding import refusals, vouching, watermarks
from agent.hub.workers.intake import Event
from agent.model.finding import Head
from agent.site.config.site import Hub
from agent.text.translate import render

LANE = Lane("S1", "e1", "event")
NUMBER = int(NOW.timestamp() * 1000)


def answered(province: Province, event: Event) -> RefusedVoucher:
    """Return what the province answers, read as the lower hub does."""
    desk = province.desk
    assert vouching.is_refused_voucher(event)
    message = vouching.answer(event, desk.signer, NOW)
    assert (message.topic, message.retain, message.expires_s) == ("vss/v1/datong/S1/voucher-refused", False, 3600)
    fits(message.payload)
    return read_refused_voucher(message.payload, message.jws, {desk.signer.kid: desk.signer.public})


def test_a_voucher_for_another_division_is_answered_with_the_reason(
    province: Province, datong: Signer, maker: Maker
) -> None:
    event = province.vouch(datong, voucher_of(maker, 7, division=TAIYUAN))
    assert answered(province, event) == RefusedVoucher("S1", "datong", datong.kid, 7, "division")


def test_one_for_a_site_that_people_bound_or_another_hub_has_or_with_a_foreign_key_is_answered(
    province: Province, datong: Signer, taiyuan: Signer, maker: Maker, tmp_path: Path
) -> None:
    province.store.lower_hubs.keep(lower_hub(taiyuan, TAIYUAN, name="taiyuan"))
    trust.add(province.desk.directory, "S1", maker.signer.kid, NOW)
    province.desk.intake.trust = trust.load(province.desk.directory)
    assert answered(province, province.vouch(datong, voucher_of(maker))).reason == "bound-here"
    other = Maker(tmp_path / "other")
    lie = voucher_of(other, division=TAIYUAN)
    trust.revoke(province.desk.directory, maker.signer.kid, NOW)
    with_foreign = replace(lie, site="S2", keys=(VouchedKey(maker.signer.public),))
    told = province.vouch(taiyuan, with_foreign)
    assert told["reason"] == "key-of-another-site"
    assert vouching.is_refused_voucher(told)
    message = vouching.answer(told, province.desk.signer, NOW)
    assert message.topic == "vss/v1/datong/S2/voucher-refused"


def test_one_of_a_hub_whose_grant_was_taken_back_is_answered(province: Province, datong: Signer, maker: Maker) -> None:
    vouching.revoke(province.store, lower_hub(datong), NOW)
    assert answered(province, province.vouch(datong, voucher_of(maker))).reason == "grant-revoked"


def test_a_voucher_that_counts_is_not_answered(province: Province, datong: Signer, maker: Maker) -> None:
    assert not vouching.is_refused_voucher(province.vouch(datong, voucher_of(maker, 5)))


def test_an_older_one_than_the_one_that_counts_is_not_answered(
    province: Province, datong: Signer, maker: Maker
) -> None:
    province.vouch(datong, voucher_of(maker, 5))
    event = province.vouch(datong, voucher_of(maker, 4))
    assert event["reason"] == "old-voucher"
    assert not vouching.is_refused_voucher(event)


def test_nobody_is_answered_who_is_no_lower_hub(
    province: Province, datong: Signer, taiyuan: Signer, maker: Maker
) -> None:
    for event in (
        province.vouch(taiyuan, voucher_of(maker)),
        province.vouch(datong, voucher_of(maker), typ=ACK_TYP),
        province.vouch(datong, voucher_of(maker), on_site="S2"),
        province.desk.send(chain_of(maker, 1)[0]),
    ):
        assert not vouching.is_refused_voucher(event)


Say = Callable[..., list[Event]]


@pytest.fixture
def say(desk: Desk, taiyuan: Signer) -> Say:
    """Hand in a refusal, which the upper hub has signed unless told otherwise."""

    def one(
        on_site: str = "S1", signer: Signer = taiyuan, typ: str = VOUCHER_REFUSED_TYP, **changes: object
    ) -> list[Event]:
        refused = replace(RefusedVoucher("S1", "datong", desk.signer.kid, NUMBER, "division"), **changes)
        payload = write_refused_voucher(refused, NOW)
        jws = sign_payload(payload, signer, typ)
        return refusals.take(desk.store, {taiyuan.kid: taiyuan.public}, desk.signer.kid, on_site, payload, jws)

    return one


def shown(desk: Desk, at: datetime = NOW) -> tuple[str, str, str]:
    """Return status, reason and words of `hub doctor`."""
    outcome = probe.forwarding(Situation(desk.directory, desk.directory, at))
    return outcome.status, outcome.reason, render(outcome.what, "en")


def test_a_refusal_is_told_once_and_shown_with_the_site_and_the_reason(desk: Desk, say: Say) -> None:
    assert say() == [{"event": "rejected-above", "site": "S1", "what": "voucher: division"}]
    assert say(number=NUMBER + 60_000) == []
    status, reason, words = shown(desk)
    assert (status, reason) == ("warn", "refused-above")
    assert "S1 (voucher: division)" in words
    assert desk.store.forwarding.refusals(9) == [("S1", "voucher: division")]
    assert shown(desk, NOW + timedelta(hours=2))[:2] == ("fail", "refused-above")
    assert say(reason="grant-revoked") == [{"event": "rejected-above", "site": "S1", "what": "voucher: grant-revoked"}]


def test_it_is_over_once_the_upper_hub_confirms_something(desk: Desk, say: Say, taiyuan: Signer, maker: Maker) -> None:
    say()
    last = chain_of(maker, 3)[2].report
    payload = write_watermark(Watermark("S1", "e1", 1, {"event": Head(3, last.digest)}), NOW)
    jws = sign_payload(payload, taiyuan, ACK_TYP)
    events, _ = watermarks.take(desk.store, {taiyuan.kid: taiyuan.public}, "S1", payload, jws, NOW)
    assert [one["event"] for one in events] == ["confirmed-above"]
    assert shown(desk)[0] == "pass"


def test_one_of_a_voucher_from_before_the_last_confirmation_comes_too_late(desk: Desk, say: Say, maker: Maker) -> None:
    desk.store.forwarding.keep_confirmed(LANE, 3, chain_of(maker, 3)[2].report.digest, NOW)
    assert say(number=NUMBER - 1) == []
    assert shown(desk)[0] == "pass"
    assert say(number=NUMBER + 1)[0]["event"] == "rejected-above"


def test_a_site_that_is_no_longer_forwarded_is_no_matter_of_a_refusal(desk: Desk, say: Say) -> None:
    say()
    desk.store.forwarding.mark("S1", "division")
    assert shown(desk)[0] == "pass"


def test_it_moves_nothing_of_what_is_confirmed_or_of_the_watermark_s_number(desk: Desk, say: Say) -> None:
    before = desk.store.forwarding.told("S1").ack_no, desk.store.forwarding.confirmed("S1", "e1")
    say()
    assert (desk.store.forwarding.told("S1").ack_no, desk.store.forwarding.confirmed("S1", "e1")) == before


@pytest.mark.parametrize("lie", ["signer", "typ", "topic", "unknown-site"])
def test_a_refusal_that_the_upper_hub_has_not_signed_for_this_site_shows_nothing(
    desk: Desk, say: Say, maker: Maker, lie: str
) -> None:
    told = {
        "signer": lambda: say(signer=maker.signer),
        "typ": lambda: say(typ=ACK_TYP),
        "topic": lambda: say(site="S2"),
        "unknown-site": lambda: say(on_site="S9", site="S9"),
    }[lie]()
    assert [one["event"] for one in told] == ["refusal-not-believed"]
    assert desk.store.forwarding.refusals(9) == []


def test_one_of_another_hub_s_voucher_is_nothing_to_this_hub(desk: Desk, say: Say, taiyuan: Signer) -> None:
    assert say(hub=taiyuan.kid) == []
    assert desk.store.forwarding.refusals(9) == []


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"schema":"vss-voucher-refused/1"}', b"[" * 5000],
)
def test_signed_junk_is_refused_in_one_line(desk: Desk, taiyuan: Signer, payload: bytes) -> None:
    jws = sign_payload(payload, taiyuan, VOUCHER_REFUSED_TYP)
    told = refusals.take(desk.store, {taiyuan.kid: taiyuan.public}, desk.signer.kid, "S1", payload, jws)
    assert [one["event"] for one in told] == ["refusal-not-believed"]


@pytest.mark.parametrize(
    "changes", [{"number": 0}, {"number": True}, {"number": "7"}, {"hub": "x"}, {"reason": "Division\n"}, {"reason": 7}]
)
def test_a_refusal_out_of_bounds_is_none(desk: Desk, say: Say, changes: dict[str, object]) -> None:
    assert [one["event"] for one in say(**changes)] == ["refusal-not-believed"]


def test_a_broker_that_takes_no_refusal_from_the_hub_has_it_go_on(tmp_path: Path, datong: Signer, maker: Maker) -> None:
    """Mosquitto refuses the message alone; RabbitMQ ends the channel: `test_refused_vouchers_amqp.py`."""
    acl, folder = tmp_path / "acl", tmp_path / "province"
    acl.write_text("topic readwrite vss/v1/#\ntopic deny vss/v1/+/+/voucher-refused\n")
    acl.chmod(0o644)
    tmp_path.chmod(0o755)
    hub_key(folder)
    with closing(Store(folder)) as store:
        store.lower_hubs.keep(lower_hub(datong, TAIYUAN))
    with Broker(tmp_path / "b", ("allow_anonymous true", f"acl_file {acl}")) as broker:
        here = Hub("127.0.0.1", broker.port, tls=False)
        with RunningHub(folder, here) as hub, Peer(broker.port, "vss/v1/+/+/voucher-refused") as peer:
            for number in (1, 2):
                payload = write_voucher(voucher_of(maker, number), clock())
                peer.publish(topic("datong", "S1", "voucher"), payload, sign_payload(payload, datong, VOUCHER_TYP))
                hub.tell.wait(lambda _, number=number: len(hub.tell.of("rejected")) == number)
            assert (hub.tell.of("offline"), len(hub.tell.of("ready"))) == ([], 1)
            assert peer.of("/voucher-refused") == []
