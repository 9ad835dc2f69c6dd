"""The hub believes only what a vouched-for key signed, and never confirms past a hole."""

from __future__ import annotations

import json
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.chain import GENESIS
from agent.contract.envelope import ACK_TYP, STATE_TYP, flatten, sign_payload, verify
from agent.contract.presence import write_state
from agent.contract.signing_keys import load_or_create_signer
from agent.contract.topics import topic
from agent.hub.stores import trust
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import jws_out
from agent.hub.workers.answers import write_ack
from agent.model.finding import Draft, Envelope, Head, Json
from agent.verify.message import Chain, advance


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def test_reports_of_a_trusted_key_are_stored_byte_for_byte_and_confirmed(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 3)
    assert [desk.send(report)["event"] for report in reports] == ["verified"] * 3
    kept = desk.store.all("SELECT payload, protected, signature FROM report ORDER BY seq")
    assert [(exact(desk.store, body), jws_out(*jws)) for body, *jws in kept] == [
        (r.report.payload, r.jws) for r in reports
    ]
    with desk.store.transaction():
        ack = write_ack(desk.store, desk.signer, "S1", "e1", NOW)
    assert ack is not None
    verify(ack.payload, ack.jws, {desk.signer.kid: desk.signer.public}, ACK_TYP)
    assert json.loads(ack.payload)["streams"] == {"event": {"seq": 3, "digest": reports[2].report.digest}}
    assert (ack.topic, ack.retain) == ("vss/v1/datong/S1/ack", True)


def test_what_an_unknown_key_signed_waits_and_is_neither_verified_nor_confirmed(desk: Desk, maker: Maker) -> None:
    assert desk.birth(maker, "e1")["event"] == "untrusted"
    reports = chain_of(maker, 3)
    assert [desk.send(report)["event"] for report in reports] == ["untrusted"] * 3
    assert desk.send(reports[0])["event"] == "untrusted"  # once more, kept once
    assert desk.watermark("e1") == {}
    assert (desk.status()["verified"], desk.status()["untrusted"]) == (0, 4)
    assert desk.status()["untrusted_keys"] == [maker.signer.kid]
    events = desk.vouch(maker)
    assert [event["event"] for event in events] == ["state", "verified", "verified", "verified"]
    assert desk.watermark("e1") == {"event": 3}
    assert (desk.status()["verified"], desk.status()["untrusted"]) == (3, 0)


def test_trust_before_the_key_was_ever_shown_waits_for_the_birth(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    assert desk.send(chain_of(maker, 1)[0])["event"] == "untrusted"
    assert desk.birth(maker, "e1")["event"] == "state"
    assert [event["event"] for event in desk.told] == ["verified"]


def test_waiting_messages_with_a_bad_signature_fail_when_the_key_is_trusted(desk: Desk, maker: Maker) -> None:
    desk.birth(maker, "e1")
    good, other = chain_of(maker, 2)
    desk.hand_in(topic("datong", "S1", "event"), good.report.payload, other.jws)
    assert [event["event"] for event in desk.vouch(maker)] == ["state", "rejected"]
    assert desk.status()["unverified"] == {"signature": 1}
    assert desk.watermark("e1") == {}


def test_a_flood_of_unknown_keys_is_bounded(desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.hub.stores.intake.waiting.SITE_MOST", 5)
    events = [desk.send(report)["event"] for report in chain_of(maker, 8)]
    assert events == ["untrusted"] * 5 + ["rejected"] * 3
    assert desk.status()["unverified"] == {"too-many-waiting": 3}


def test_a_site_that_shows_many_keys_is_bounded_but_a_trusted_key_always_gets_in(desk: Desk, tmp_path: Path) -> None:
    for number in range(18):
        desk.birth(Maker(tmp_path / "site", key=f"{number}.pem"), "e1")
    assert desk.status()["unverified"] == {"too-many-keys": 2}
    last = Maker(tmp_path / "site", key="last.pem")
    desk.vouch(last)
    assert desk.birth(last, "e1")["event"] == "state"


def test_a_duplicate_is_dropped_quietly_and_confirmed_again(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (report,) = chain_of(maker, 1)
    desk.send(report)
    desk.intake.dirty.clear()
    assert desk.send(report)["event"] == "duplicate"
    assert desk.intake.dirty == {("S1", "e1")}
    assert desk.status()["duplicates"] == 1


def test_two_reports_under_one_number_are_a_fork_and_the_first_stays(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    first = chain_of(maker, 2)
    other, _ = maker.envelopes([delivery.event(99)], {}, "e1")
    assert desk.send(first[0])["event"] == "verified"
    assert desk.send(other[0])["event"] == "fork"
    assert desk.send(first[1])["event"] == "verified"
    assert desk.watermark("e1") == {"event": 2}
    assert desk.status()["forks"] == 1
    assert len(desk.store.all("SELECT 1 FROM report")) == 3  # kept as evidence


def test_a_watermark_never_passes_a_hole(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 6)
    for place in (0, 1, 3, 5):
        desk.send(reports[place])
    assert desk.watermark("e1") == {"event": 2}
    assert desk.status()["gaps"]["missing"] == [
        {"epoch": "e1", "stream": "event", "from_seq": 3, "to_seq": 3},
        {"epoch": "e1", "stream": "event", "from_seq": 5, "to_seq": 5},
    ]
    desk.send(reports[2])
    assert desk.watermark("e1") == {"event": 4}
    desk.send(reports[4])
    assert desk.watermark("e1") == {"event": 6}
    assert desk.status()["gaps"]["missing"] == []


def gap_record(maker: Maker, **changes: Json) -> Envelope:
    body = {"stream": "event", "epoch": "e1", "from_seq": 2, "to_seq": 3, "count": 2, "reason": "spool-full", **changes}
    (record,), _ = maker.envelopes([Draft("gap", body)], {}, "e1")
    return record


def test_a_hole_that_a_gap_record_names_is_passed_and_told(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 5)
    for place in (0, 3, 4):
        desk.send(reports[place])
    assert desk.watermark("e1") == {"event": 1}
    assert desk.send(gap_record(maker, last_digest=reports[2].report.digest))["event"] == "verified"
    assert desk.watermark("e1") == {"event": 5, "gap": 1}
    gaps = desk.status()["gaps"]
    assert gaps == {
        "missing": [],
        "lost": [],
        "accepted": [],
        "explained": [{"epoch": "e1", "stream": "event", "from_seq": 2, "to_seq": 3, "reason": "spool-full"}],
    }


def test_a_watermark_does_not_stand_on_a_dropped_report(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 4)
    desk.send(reports[0])
    desk.send(gap_record(maker, last_digest=reports[2].report.digest))
    assert desk.watermark("e1") == {"event": 1, "gap": 1}
    desk.send(reports[3])
    assert desk.watermark("e1") == {"event": 4, "gap": 1}


def test_a_gap_record_with_another_last_digest_does_not_close_the_chain(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 4)
    desk.send(reports[0])
    desk.send(gap_record(maker, last_digest="d" * 64))
    assert desk.send(reports[3])["event"] == "tamper"
    assert desk.watermark("e1") == {"event": 1, "gap": 1}


@pytest.mark.parametrize(
    "change",
    [{"from_seq": 0}, {"to_seq": 1}, {"stream": "state"}, {"from_seq": "2"}, {"last_digest": 5}, {"extra": 1}],
    ids=str,
)
def test_a_gap_record_that_names_no_run_is_refused(desk: Desk, maker: Maker, change: dict[str, Json]) -> None:
    trusted(desk, maker)
    event = desk.send(gap_record(maker, **{"last_digest": "d" * 64, **change}))
    assert (event["event"], event["reason"]) == ("rejected", "payload")


def test_a_report_that_does_not_continue_the_one_before_is_tamper_and_stops_the_watermark(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker)
    (first,) = chain_of(maker, 1)
    (second,), heads = maker.envelopes([delivery.event()], {"event": Head(1, "b" * 64)}, "e1")
    (third,), _ = maker.envelopes([delivery.event()], heads, "e1")
    assert [desk.send(e)["event"] for e in (first, second, third)] == ["verified", "tamper", "verified"]
    assert desk.watermark("e1") == {"event": 1}
    assert desk.status()["tampered"] == 1


def test_a_lost_tail_shows_from_the_heads_in_birth_and_health(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 2)
    desk.send(reports[0])
    desk.birth(maker, "e1", 2, heads={"event": Head(2, reports[1].report.digest)})
    missing = [{"epoch": "e1", "stream": "event", "from_seq": 2, "to_seq": 2}]
    assert desk.status()["gaps"]["missing"] == missing
    (health,), _ = maker.envelopes([delivery.health()], {"event": Head(4, "4" * 64)}, "e1")
    desk.send(health)
    assert desk.status()["gaps"]["missing"] == [{**missing[0], "to_seq": 4}]


def test_a_new_epoch_is_told(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.send(chain_of(maker, 1)[0])
    event = desk.send(chain_of(maker, 1, "e2")[0])
    assert (event["event"], event["new_epoch"]) == ("verified", True)
    assert desk.status()["new_epochs"] == 1
    with desk.store.transaction():
        old, new = (write_ack(desk.store, desk.signer, "S1", epoch, NOW) for epoch in ("e1", "e2"))
    assert old is not None
    assert new is not None
    assert (old.retain, new.retain) == (False, True)
    assert new.mark.ack_no > old.mark.ack_no


def test_replay_to_another_site_is_refused(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    trusted(desk, maker)
    (report,) = chain_of(maker, 1)
    event = desk.send(report, site="S2")
    assert (event["event"], event["reason"]) == ("rejected", "site")
    event = desk.send(report, city="beijing")
    assert (event["event"], event["reason"]) == ("rejected", "site")
    # the same key under another site's name
    thief = Maker(tmp_path / "site", delivery.site("S2"))
    event = desk.send(chain_of(thief, 1)[0], site="S2")
    assert (event["event"], event["reason"]) == ("rejected", "key-of-another-site")


def test_a_report_on_another_streams_topic_is_refused(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (report,) = chain_of(maker, 1)
    event = desk.hand_in(topic("datong", "S1", "health"), report.report.payload, report.jws)
    assert (event["event"], event["reason"]) == ("rejected", "topic")


def test_a_revoked_key_is_refused_and_what_it_signed_before_stays(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    first, second = chain_of(maker, 2)
    desk.send(first)
    desk.intake.trust = trust.revoke(desk.directory, maker.signer.kid, NOW)
    event = desk.send(second)
    assert (event["event"], event["reason"]) == ("rejected", "revoked-key")
    assert desk.status()["verified"] == 1


def test_a_changed_byte_or_a_missing_signature_is_refused(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (report,) = chain_of(maker, 1)
    name, payload = topic("datong", "S1", "event"), report.report.payload
    assert desk.hand_in(name, payload.replace(b"no answer", b"no Answer"), report.jws)["reason"] == "signature"
    assert desk.hand_in(name, payload, "")["reason"] == "unsigned"
    assert desk.hand_in(name, payload, sign_payload(payload, maker.signer, STATE_TYP))["reason"] == "typ"
    assert desk.hand_in(name, flatten(payload, report.jws), "")["event"] == "verified"


def test_a_late_will_of_an_earlier_connection_is_known_as_such(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.birth(maker, "e1", 5)
    assert desk.birth(maker, "e1", 4, "lost")["event"] == "stale-state"
    assert desk.status()["state"]["status"] == "ready"
    assert desk.birth(maker, "e1", 5, "lost")["event"] == "state"
    assert desk.status()["state"]["status"] == "lost"
    assert desk.birth(maker, "e1", 4)["event"] == "stale-state"
    assert desk.birth(maker, "e0", 9, "lost")["event"] in ("state", "stale-state")


def test_a_birth_that_shows_another_key_is_refused(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    other = load_or_create_signer(tmp_path / "other.pem")
    payload = write_state(
        maker.presence(jwk=other.jwk),
        "ready",
        NOW,
    )
    event = desk.hand_in(topic("datong", "S1", "state"), payload, sign_payload(payload, maker.signer, STATE_TYP))
    assert (event["event"], event["reason"]) == ("rejected", "payload")


def test_a_hub_that_lost_its_database_begins_where_the_site_saw_itself_confirmed(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    reports = chain_of(maker, 4)
    desk.birth(maker, "e1", confirmed={"event": Head(2, reports[1].report.digest)})
    for report in reports[2:]:
        desk.send(report)
    assert desk.watermark("e1") == {"event": 4}
    assert desk.status()["gaps"]["explained"] == [
        {"epoch": "e1", "stream": "event", "from_seq": 1, "to_seq": 2, "reason": "confirmed-before"}
    ]


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8)))
def test_the_watermark_is_the_same_in_whatever_order_reports_come(order: list[int], lost: set[int]) -> None:
    chain, stored = Chain(), {}
    digests = {n: f"{n:064x}" for n in range(9)} | {0: GENESIS.digest}
    for seq in order:
        if seq not in lost:
            stored[seq] = (digests[seq], digests[seq - 1])
        chain = advance(chain, lambda seq, _due: stored.get(seq), lambda _: None)
    assert chain.confirmed.seq == min(lost, default=9) - 1
    assert chain.broken == 0


def test_ack_numbers_rise_also_for_a_hub_whose_clock_stands(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.send(chain_of(maker, 1)[0])
    with desk.store.transaction():
        numbers = [write_ack(desk.store, desk.signer, "S1", "e1", NOW).mark.ack_no for _ in range(3)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
