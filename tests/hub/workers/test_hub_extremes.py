"""What a hostile site or stranger sends at the limits of numbers, texts, sizes and clocks does not stop the hub."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hub_rows import put_row
from hubdesk import Desk, chain_of, trusted

from agent.contract.envelope import REPORT_TYP, STATE_TYP, sign_payload
from agent.contract.orders import Range
from agent.contract.topics import topic
from agent.contract.watermark import SEQ_MAX
from agent.hub.stores.intake import holes, waiting
from agent.hub.workers import orders
from agent.hub.workers.resend import NEAR, QUIET
from agent.model.errors import StoreFailed, UsageError
from agent.model.finding import Draft, Head, Json
from agent.site.config.site import Hub
from tests.hub.workers.test_hub_resend import answer, asked

DAY = timedelta(days=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", 1883, tls=False)))  # else nobody is asked


@pytest.mark.parametrize("member", ["heads", "confirmed"])
@pytest.mark.parametrize("number", [SEQ_MAX, SEQ_MAX - 1])
def test_the_highest_numbers_that_there_are_do_not_stop_the_hub(
    desk: Desk, maker: Maker, member: str, number: int
) -> None:
    trusted(desk, maker)
    assert desk.birth(maker, "e1", 2, **{member: {"event": Head(number, "f" * 64)}})["event"] == "state"
    desk.look(NOW + QUIET)
    for one in asked(desk):
        assert answer(desk, maker, str(one["id"]), ((1, number),))["event"] == "answered"
    desk.look(NOW + 2 * QUIET)
    assert desk.send(chain_of(maker, 1)[0])["event"] == "verified"


@pytest.mark.parametrize("number", [SEQ_MAX, SEQ_MAX - 1])
def test_a_report_and_a_gap_record_of_the_highest_number_do_not_stop_the_hub(
    desk: Desk, maker: Maker, number: int
) -> None:
    trusted(desk, maker)
    body: dict[str, Json] = {"stream": "event", "epoch": "e1", "from_seq": 1, "to_seq": number, "count": 1}
    (record,), _ = maker.envelopes([Draft("gap", {**body, "reason": "damaged", "last_digest": "d" * 64})], {}, "e1")
    (last,), _ = maker.envelopes([delivery.health()], {"health": Head(number - 1, "a" * 64)}, "e1")
    for one in (record, last, last):
        assert desk.send(one)["event"] in ("verified", "rejected", "duplicate")
    desk.look(NOW + QUIET)
    assert desk.watermark("e1").get("gap", 1) == 1


def texts(data: dict[str, Json]) -> bytes:
    return json.dumps(data).encode()


def test_half_a_character_in_a_text_is_refused_and_does_not_stop_the_hub(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    birth = {"schema": "vss-state/1", "city": "datong", "site": "S1", "epoch": "e1", "connection_no": 2}
    state = texts({**birth, "status": "ready", "confirm": "\ud800", "heads": {}, "confirmed": {}})
    (made,), _ = maker.envelopes([delivery.health()], {}, "e1")
    report = json.loads(made.report.payload)
    report["body"]["next_due_at"] = "\udfff"
    for kind, payload, typ in (("state", state, STATE_TYP), ("health", texts(report), REPORT_TYP)):
        jws = sign_payload(payload, maker.signer, typ)
        event = desk.hand_in(topic("datong", "S1", kind), payload, jws)
        assert (event["event"], event["reason"]) == ("rejected", "payload")
        json.dumps(event, ensure_ascii=False).encode()
    report["body"]["next_due_at"] = "\U0001f4f7"  # a whole one, written as two halves
    payload = texts(report)
    assert b"\\ud83d" in payload
    event = desk.hand_in(topic("datong", "S1", "health"), payload, sign_payload(payload, maker.signer, REPORT_TYP))
    assert event["event"] == "verified"


@pytest.mark.parametrize(
    "name", ["UTF-16", "byte order mark", "no number", "no time", "local time", "time is a number"]
)
def test_what_python_reads_and_the_database_does_not_is_refused(desk: Desk, maker: Maker, name: str) -> None:
    """`hub status` of every site would fail on it."""
    trusted(desk, maker)
    (made,), _ = maker.envelopes([delivery.health()], {}, "e1")
    data = json.loads(made.report.payload)
    payload = {
        "UTF-16": made.report.payload.decode().encode("utf-16"),
        "byte order mark": b"\xef\xbb\xbf" + made.report.payload,
        "no number": texts({**data, "more": float("nan")}),
        "no time": texts({key: value for key, value in data.items() if key != "ts"}),
        "local time": texts({**data, "ts": "2026-11-24T15:04:05"}),
        "time is a number": texts({**data, "ts": 5}),
    }[name]
    event = desk.hand_in(topic("datong", "S1", "health"), payload, sign_payload(payload, maker.signer, REPORT_TYP))
    assert (event["event"], event["reason"]) == ("rejected", "number" if name == "no number" else "payload")
    assert desk.status()["verified"] == 0


@pytest.mark.parametrize("reason", ["confirmed-before", "accepted-loss"])
def test_a_site_cannot_write_the_hubs_own_words_into_a_gap_record(desk: Desk, maker: Maker, reason: str) -> None:
    trusted(desk, maker)
    body: dict[str, Json] = {"stream": "event", "epoch": "e1", "from_seq": 1, "to_seq": 2, "count": 2}
    (record,), _ = maker.envelopes([Draft("gap", {**body, "reason": reason, "last_digest": "d" * 64})], {}, "e1")
    assert desk.send(record)["reason"] == "payload"
    assert desk.store.all("SELECT * FROM gap") == []


def test_more_open_orders_than_the_hub_gives_by_itself_do_not_make_it_give_more(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    for _ in range(5):
        orders.order_resend(desk.store, desk.signer, "S1", Range("e1", "config", 1, 2), NOW, DAY)
    for number, one in enumerate(chain_of(maker, 4 * (NEAR + 3))):
        if number % (NEAR + 3):
            desk.send(one)
    before = len(asked(desk))
    assert desk.look(NOW + QUIET) == []
    assert len(asked(desk)) == before


def test_a_policy_above_the_highest_number_that_a_site_names_is_a_clear_error(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    with desk.store.transaction():
        desk.store.run("INSERT INTO reported VALUES ('S1', '', ?, '', x'', '')", SEQ_MAX)
    with pytest.raises(UsageError, match="no higher version"):
        orders.set_desired(desk.store, desk.signer, "S1", {}, NOW)


def test_thousands_of_holes_are_looked_at_in_a_moment(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    with desk.store.transaction():
        for number in range(2, 20_000, 2):
            put_row(desk.store, number, str(number))
        desk.store.chains.expect(("S1", "e1", "event"), 20_000)
    begun_s = time.process_time()
    assert len(desk.look(NOW + QUIET)) == 1
    (one,) = asked(desk)
    assert answer(desk, maker, str(one["id"]), tuple((n, n) for n in range(1, 4000, 2)))["event"] == "answered"
    desk.look(NOW + 2 * QUIET)
    assert time.process_time() - begun_s < 5  # quadratic: minutes


def test_what_is_confirmed_before_against_what_is_here_is_an_alarm(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 5)
    desk.send(reports[4])
    event = desk.birth(maker, "e1", 2, confirmed={"event": Head(5, "f" * 64)})
    assert event["event"] == "tamper"
    assert desk.status()["tampered"] == 1


def test_a_gap_record_over_exactly_what_was_confirmed_before_explains_it(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.birth(maker, "e1", 2, confirmed={"event": Head(6, "6" * 64)})
    body: dict[str, Json] = {"stream": "event", "epoch": "e1", "from_seq": 1, "to_seq": 6, "count": 6}
    draft = Draft("gap", {**body, "reason": "spool-full", "last_digest": "6" * 64})
    (record,), _ = maker.envelopes([draft], {}, "e1")
    desk.send(record)
    assert desk.store.all("SELECT from_seq, to_seq, reason FROM gap") == [(1, 6, "spool-full")]


def test_an_answer_whose_report_never_comes_is_not_read_again_with_every_batch(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    command = orders.order_report_now(desk.store, desk.signer, "S1", NOW)
    with desk.store.transaction():
        desk.store.run("UPDATE command SET status = 'waits', result_payload = x'00' WHERE id = ?", command.id)
    other = Maker(desk.directory.parent / "other", delivery.site("S2"))
    desk.vouch(other)
    desk.birth(other, "e1")  # of another site: reading the first one's answer would fail
    ((status,),) = desk.store.all("SELECT status FROM command")
    assert status == "waits"


def test_runs_that_overlap_or_lie_outside_the_order_are_lost_once_and_only_inside_it(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 2 * NEAR)
    for number in (1, 5, 2 * NEAR):
        desk.send(reports[number - 1])
    desk.look(NOW + QUIET)
    (one,) = asked(desk)
    assert (one["from_seq"], one["to_seq"]) == (2, 2 * NEAR - 1)
    words = ((3, 3), (2, 4), (1, 3), (4, 4), (9, 8), (2 * NEAR, SEQ_MAX))
    assert answer(desk, maker, str(one["id"]), words)["event"] == "answered"
    assert [(event["from_seq"], event["to_seq"]) for event in desk.told] == [(2, 4)]
    assert [hole[1:3] for hole in desk.holes()] == [(2, 4), (6, 2 * NEAR - 1)]


def test_a_gap_record_over_an_epoch_that_this_hub_never_met_does_not_make_it_ask_there(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker, "e2")
    body: dict[str, Json] = {"stream": "event", "epoch": "e1", "from_seq": 3, "to_seq": 4, "count": 2}
    draft = Draft("gap", {**body, "reason": "spool-restored", "last_digest": "d" * 64})
    (record,), _ = maker.envelopes([draft], {}, "e2")
    assert desk.send(record)["event"] == "verified"
    assert desk.look(NOW + QUIET) == []
    assert desk.status()["gaps"]["missing"] == []


def test_long_after_a_loss_the_hub_does_not_search_for_it_at_each_look(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted(desk, maker)
    reports = chain_of(maker, 9)
    for number in (1, 4, 5):
        desk.send(reports[number - 1])
    desk.look(NOW + QUIET)
    answer(desk, maker, str(asked(desk)[0]["id"]), ((2, 3),))
    searched: list[object] = []
    real = holes.absent
    monkeypatch.setattr(holes, "absent", lambda *values: searched.append(values) or real(*values))
    for number in (6, 7):  # what comes in its turn
        desk.send(reports[number - 1], at=NOW + QUIET)
    assert desk.look(NOW + 3 * QUIET) == []
    assert searched == []
    desk.send(reports[8], at=NOW + 3 * QUIET)  # 8 is missing
    assert len(desk.look(NOW + 4 * QUIET)) == 1
    assert searched


def test_strangers_fill_neither_the_waiting_room_nor_the_counts(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SITE_BYTES_MOST", 20_000)
    payload = b"x" * 6_000
    for number in range(9):
        name = topic("datong", "S1", "cmd-result", f"c{number}")
        body = payload + str(number).encode()
        desk.hand_in(name, body, sign_payload(body, maker.signer, REPORT_TYP))
    assert desk.store.all("SELECT count(*) FROM waiting") == [(3,)]
    assert desk.status()["unverified"] == {"too-many-waiting": 6}
    monkeypatch.setattr(waiting, "ALL_MOST", 5)
    monkeypatch.setattr("agent.hub.stores.chains.SITES_MOST", 4)
    for number in range(20):
        desk.hand_in(topic("datong", f"X{number}", "reported"), b"{}", sign_payload(b"{}", maker.signer, STATE_TYP))
    assert desk.store.all("SELECT count(*) FROM waiting") == [(5,)]
    assert desk.store.all("SELECT count(DISTINCT site) FROM count")[0][0] <= 5
    assert sum(n for (n,) in desk.store.all("SELECT n FROM count WHERE name = 'received'")) == 29
    trusted(desk, maker)  # a site that is vouched for is counted under its name
    assert desk.status()["received"] >= 10


def test_a_statement_that_fails_outside_a_transaction_is_told_in_one_line(desk: Desk) -> None:
    with pytest.raises(StoreFailed, match="the hub's database failed"):
        desk.store.all("SELECT nothing FROM nowhere")
