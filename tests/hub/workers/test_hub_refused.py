"""A report that the hub will never take is told to its site, which gives it up by name and says so."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from contract_schemas import fits
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hubside import PATIENCE_S, RunningHub, clock, maker_on, publishing, site_on
from mosquitto import Broker
from old_broker import OldBroker

from agent.commands.hub.view import _remarks
from agent.commands.status.words import _delivery as status_lines
from agent.contract.chain import digest
from agent.contract.envelope import ACK_TYP, REPORT_TYP, flatten, sign_payload
from agent.contract.jwk import PublicKey
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.contract.watermark import Rejected, Watermark, read_watermark, write_watermark
from agent.deliver.spool.read_only import view
from agent.deliver.spool.spool import Spool
from agent.hub.stores import trust
from agent.hub.views.metrics import write_metrics
from agent.hub.workers import refused
from agent.hub.workers.answers import write_ack
from agent.judge.checks.service.delivery import run_delivery
from agent.judge.checks.table import CHECKS
from agent.model.errors import NotVerified
from agent.model.finding import Draft, Envelope, Head
from agent.observe.facts.delivery import Delivery
from agent.observe.facts.facts import Facts
from agent.service.daemon.status_text import _delivery as status_content
from agent.site.config.site import Hub


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


@pytest.fixture
def old_broker(tmp_path: Path) -> Iterator[OldBroker]:
    with OldBroker(tmp_path / "broker") as running:
        yield running


def keys_of(signer: Signer) -> dict[str, PublicKey]:
    return {signer.kid: signer.public}


def large(size: int = 1_200_000) -> Draft:
    """A configuration report of more than 1 MiB plain, which shrinks to little."""
    made = delivery.config_report()
    return replace(made, body={**made.body, "filling": "x" * size})


def told(desk: Desk, epoch: str = "e1") -> Rejected | None:
    with desk.store.transaction():
        ack = write_ack(desk.store, desk.signer, "S1", epoch, NOW)
    if ack is None:
        return None
    fits(ack.payload)
    return read_watermark(ack.payload, ack.jws, keys_of(desk.signer), "S1").rejected


def hand_in_packed(desk: Desk, envelope: Envelope, payload: bytes = b"", label: str = "") -> dict[str, object]:
    packed = payload or zlib.compress(envelope.report.payload)
    name = label or f"{envelope.report.epoch}:{envelope.report.stream}:{envelope.report.seq}"
    with desk.store.transaction():
        where = topic("datong", "S1", envelope.report.stream)
        return dict(desk.intake.take(where, packed, envelope.jws, NOW, name, packed=True))


def test_a_report_too_large_is_told_by_its_digest_without_being_parsed(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (made,), _ = maker.envelopes([large()], {}, "e1")
    event = hand_in_packed(desk, made)
    assert (event["event"], event["reason"], event["signed"]) == ("rejected", "size", True)
    assert told(desk) == Rejected("config", 1, made.report.digest, "size")
    assert ("S1", "e1") in desk.intake.dirty
    assert desk.status()["rejected"] == {"size": 1}


def test_a_report_too_large_that_came_flattened_is_told_too(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (made,), _ = maker.envelopes([large()], {}, "e1")
    event = desk.hand_in(topic("datong", "S1", "config"), flatten(made.report.payload, made.jws), "")
    assert (event["event"], event["reason"], event["signed"]) == ("rejected", "size", True)
    assert told(desk) == Rejected("config", 1, made.report.digest, "size")


def test_a_report_within_the_bound_is_not_too_large_because_of_the_form_around_it(desk: Desk, maker: Maker) -> None:
    """Every quotation mark has two bytes there: a batch of files, or MQTT 3.1.1, made a report too large."""
    trusted(desk, maker)
    made_of = delivery.config_report()
    (made,), _ = maker.envelopes([replace(made_of, body={**made_of.body, "filling": ["x"] * 230_000})], {}, "e1")
    flat = flatten(made.report.payload, made.jws)
    assert len(made.report.payload) < PAYLOAD_MAX_BYTES < len(flat)
    assert desk.hand_in(topic("datong", "S1", "config"), flat, "")["event"] == "verified"
    junk = desk.hand_in(topic("datong", "S1", "config"), b"x" * (PAYLOAD_MAX_BYTES + 1), "")
    assert (junk["reason"], junk["signed"]) == ("size", False)


@pytest.mark.parametrize("size", [8 * 1024 * 1024 + 1, 64 * 1024 * 1024])
def test_what_inflates_beyond_8_mib_is_not_inflated_and_not_told(desk: Desk, maker: Maker, size: int) -> None:
    trusted(desk, maker)
    (made,), _ = maker.envelopes([large(size)], {}, "e1")
    assert hand_in_packed(desk, made)["signed"] is False
    assert told(desk) is None
    assert desk.status()["unverified"] == {"size": 1}


def test_only_what_the_sites_own_key_signed_is_told(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    trusted(desk, maker)
    stranger = Maker(tmp_path / "stranger")
    (made,), _ = maker.envelopes([large()], {}, "e1")
    (theirs,), _ = stranger.envelopes([large()], {}, "e1")
    packed = zlib.compress(made.report.payload)
    for event in (
        hand_in_packed(desk, theirs),
        hand_in_packed(desk, made, zlib.compress(made.report.payload + b" ")),
        hand_in_packed(desk, made, packed[:-9]),
        hand_in_packed(desk, made, packed + b"x"),
        hand_in_packed(desk, made, b"no zlib"),
        hand_in_packed(desk, replace(made, jws=sign_payload(made.report.payload, maker.signer, ACK_TYP))),
        hand_in_packed(desk, replace(made, jws="a..b")),
    ):
        assert (event["event"], event["signed"]) == ("rejected", False)
    assert told(desk) is None
    assert (desk.status()["rejected"], desk.status()["unverified"]) == ({}, {"size": 7})


@pytest.mark.parametrize(
    "label", ["", "e1:config", "e1:event:1", "e1:config:0", "e1:config:99999999999999999", "e 1:config:1"]
)
def test_a_label_that_names_no_report_of_the_topic_is_counted_and_not_told(
    desk: Desk, maker: Maker, label: str
) -> None:
    trusted(desk, maker)
    (made,), _ = maker.envelopes([large()], {}, "e1")
    hand_in_packed(desk, made, label=label or ":")
    assert told(desk) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b'"body":{', b'"body":{"a":1e999,'), "number"),
        ((b'"body":{', b'"body":{"a":1,"a":1,'), "duplicate-name"),
        ((b'"body":{', b'"body":{"a":' + b"[" * 70 + b"]" * 70 + b","), "too-deep"),
        ((b'"prev":"', b'"prev":"x'), "payload"),
        ((b'"city":"datong"', b'"city":"elsewhere"'), "site"),
    ],
)
def test_what_breaks_a_bound_is_told_by_what_it_says_itself(
    desk: Desk, maker: Maker, change: tuple[bytes, bytes], reason: str
) -> None:
    trusted(desk, maker)
    payload = chain_of(maker, 1)[0].report.payload.replace(*change)
    event = desk.hand_in(topic("datong", "S1", "event"), payload, sign_payload(payload, maker.signer, REPORT_TYP))
    assert (event["reason"], event["signed"]) == (reason, True)
    assert told(desk) == Rejected("event", 1, digest(payload), reason)


def test_what_a_second_try_may_mend_or_another_may_have_done_is_not_told(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    one = chain_of(maker, 1)[0]
    assert desk.hand_in(topic("datong", "S1", "gap"), one.report.payload, one.jws)["reason"] == "topic"
    assert desk.hand_in(topic("datong", "S2", "event"), one.report.payload, one.jws)["reason"] == "site"
    assert told(desk) is None
    assert desk.send(one)["event"] == "verified"


def test_a_refused_report_is_told_until_a_gap_record_names_it_and_the_newest_is_told_first(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker)
    for seq in (1, 2):
        payload = json.dumps({**json.loads(chain_of(maker, 1)[0].report.payload), "seq": seq, "x": 2**60}).encode()
        desk.hand_in(
            topic("datong", "S1", "event"),
            payload,
            sign_payload(payload, maker.signer, REPORT_TYP),
            NOW + timedelta(seq),
        )
    first = told(desk)
    assert first is not None and (first.stream, first.seq) == ("event", 2)
    body = {"stream": "event", "epoch": "e1", "from_seq": 2, "to_seq": 2, "count": 1, "reason": "refused"}
    (record,), _ = maker.envelopes([Draft("gap", {**body, "last_digest": first.digest})], {}, "e1")
    assert desk.send(record)["event"] == "verified"
    second = told(desk)
    assert second is not None and second.seq == 1


def test_refused_reports_are_bounded_and_none_of_an_unknown_epoch_is_kept(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    for number in range(1, 2 * refused.MOST):
        for epoch in ("e1", "never-met"):
            said = {**json.loads(chain_of(maker, 1)[0].report.payload), "seq": number, "epoch": epoch, "x": 2**60}
            payload = json.dumps(said).encode()
            jws = sign_payload(payload, maker.signer, REPORT_TYP)
            assert desk.hand_in(topic("datong", "S1", "event"), payload, jws)["event"] == "rejected"
    assert desk.store.all("SELECT epoch, count(*) FROM refused GROUP BY epoch") == [("e1", refused.MOST)]


def test_what_nobody_signed_is_counted_at_the_site_of_its_topic_apart_from_its_good_ones(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker)
    one = chain_of(maker, 1)[0]
    assert desk.send(one)["event"] == "verified"
    for payload, jws in ((b"junk", ""), (b"{}", "a..b"), (one.report.payload + b" ", one.jws)):
        assert desk.hand_in(topic("datong", "S1", "event"), payload, jws)["signed"] is False
    shown = desk.status()
    assert (shown["verified"], shown["rejected"]) == (1, {})
    assert shown["unverified"] == {"unsigned": 1, "malformed": 1, "signature": 1}
    assert sum("not signed by this site" in str(remark) for remark in _remarks("S1", shown)) == 3
    page = write_metrics(desk.store, desk.intake.trust, desk.directory, NOW)
    assert 'camwarden_hub_messages_unverified_total{reason="signature"} 1' in page
    assert 'camwarden_hub_messages_rejected_total{reason="signature"} 1' in page


@pytest.mark.parametrize(
    "entry",
    [5, [], {}, {"stream": "x", "seq": 1, "digest": "d" * 64, "reason": "size"}, {"stream": "event", "seq": 0},
     {"stream": "event", "seq": 1, "digest": "d", "reason": "size"},
     {"stream": "event", "seq": 1, "digest": "d" * 64, "reason": "S p"}],
)  # fmt: skip
def test_a_watermark_with_a_refusal_that_is_none_is_no_watermark(hub_signer: Signer, entry: object) -> None:
    data = json.loads(write_watermark(Watermark("S1", "e1", 1, {}), NOW))
    payload = json.dumps({**data, "rejected": entry}).encode()
    with pytest.raises(NotVerified):
        read_watermark(payload, sign_payload(payload, hub_signer, ACK_TYP), keys_of(hub_signer), "S1")


def refusal(spool: Spool, envelope: Envelope, **changes: object) -> Watermark:
    report = envelope.report
    said = Rejected(report.stream, report.seq, report.digest, "size")
    return Watermark("S1", spool.epoch, 1, {}, replace(said, **changes))


def test_a_site_believes_a_refusal_only_for_the_digest_of_its_own_row(maker: Maker) -> None:
    spool = maker.open()
    envelopes = maker.cycle(spool, events=1)
    event = next(one for one in envelopes if one.report.stream == "event")
    for mark in (
        refusal(spool, event, digest="0" * 64),
        refusal(spool, event, seq=2),
        refusal(spool, event, stream="config"),
        replace(refusal(spool, event), epoch="another"),
        Watermark("S1", spool.epoch, 1, {}),
    ):
        assert not spool.evict_refused(mark, NOW)
    assert (spool.counts()["dropped"], spool.refused()) == (0, {})
    assert spool.evict_refused(refusal(spool, event), NOW)
    assert not spool.evict_refused(refusal(spool, event), NOW), "once is enough"
    gaps = [json.loads(row.payload)["body"] for row in spool.pending(10, NOW) if row.stream == "gap"]
    assert [(gap["stream"], gap["from_seq"], gap["reason"], gap["last_digest"]) for gap in gaps] == [
        ("event", 1, "refused", event.report.digest)
    ]
    assert spool.refused() == {"report": "event 1", "reason": "size", "at": "2026-11-24T15:04:00Z", "count": 1}
    spool.close()


def test_a_refused_gap_record_stays_and_a_confirmed_report_too(maker: Maker) -> None:
    spool = maker.open()
    envelopes = maker.cycle(spool, events=1)
    spool.evict([spool.pending(1, NOW)[0].id], "damaged", NOW)
    gap = next(row for row in spool.pending(10, NOW) if row.stream == "gap")
    said = Rejected("gap", gap.seq, digest(gap.payload), "size")
    assert not spool.evict_refused(Watermark("S1", spool.epoch, 1, {}, said), NOW)
    health = next(one for one in envelopes if one.report.stream == "health")
    spool.confirm(Watermark("S1", spool.epoch, 1, {"health": Head(1, health.report.digest)}), NOW)
    assert not spool.evict_refused(refusal(spool, health), NOW)
    spool.close()


def test_over_a_real_broker_a_report_too_large_is_given_up_by_name_and_the_rest_is_confirmed(
    tmp_path: Path, broker: Broker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Release 0.1 kept such reports, and sent them for ever; nobody at the site was told."""
    monkeypatch.setattr(
        "agent.deliver.spool.capacity.PAYLOAD_MAX_BYTES", 1 << 23
    )  # as in its spool: today's gives it up at once
    maker = maker_on(tmp_path, broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    envelopes, _ = maker.envelopes([large(), delivery.event()], spool.heads(), spool.epoch, clock())
    spool.commit(envelopes, "{}", clock())
    with RunningHub(tmp_path / "hub", site_on(broker)) as hub, publishing(maker, spool, hub_signer) as publisher:
        assert publisher.drained(PATIENCE_S)
        status = publisher.status()
        assert (status.report_refused, status.reports_refused) == ("config 1: size", 1)
        assert hub.tell.of("fork") == hub.tell.of("tamper") == []
        finding = run_delivery(
            next(one for one in CHECKS if one.id == "hub-delivery"),
            maker.site,
            Facts({}, own_clock_trusted=True, delivery=Delivery(status)),
            clock(),
        )[0]
        assert (finding.status, finding.reason) == ("warn", "hub-refuses")
        lines = list(status_lines({"hub": status_content(status)}, "en", False))
        assert any("the hub refused a report" in line and "config 1: size" in line for line in lines)
        with view(maker.directory / "spool.db") as look:
            assert json.loads(look.meta("refused"))["report"] == "config 1"


@pytest.mark.parametrize("hub_is_old", [True, False])
def test_over_mqtt_3_1_1_a_report_too_large_is_given_up_by_name_too(
    tmp_path: Path, old_broker: OldBroker, hub_signer: Signer, monkeypatch: pytest.MonkeyPatch, hub_is_old: bool
) -> None:
    monkeypatch.setattr("agent.deliver.spool.capacity.PAYLOAD_MAX_BYTES", 1 << 23)
    maker = maker_on(tmp_path, old_broker)
    trust.add(tmp_path / "hub", "S1", maker.signer.kid, clock())
    spool = maker.open()
    envelopes, _ = maker.envelopes([large(), delivery.event()], spool.heads(), spool.epoch, clock())
    spool.commit(envelopes, "{}", clock())
    at = site_on(old_broker) if hub_is_old else Hub("127.0.0.1", old_broker.behind, tls=False)
    with RunningHub(tmp_path / "hub", at) as hub, publishing(maker, spool, hub_signer) as publisher:
        assert publisher.drained(PATIENCE_S)
        assert (publisher.status().report_refused, publisher.status().protocol) == ("config 1: size", "3.1.1")
        assert hub.tell.of("fork") == hub.tell.of("tamper") == []
