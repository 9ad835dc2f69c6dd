"""What the hub takes for a dispute, what it lists, and what it sends out as a decision."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, trusted
from older_hub import as_of_version

from agent.cli import main
from agent.contract.disputes import Disputed, disputed_json
from agent.contract.envelope import REPORT_TYP, RESULT_TYP, sign_payload
from agent.contract.orders import Order, Result
from agent.contract.orders_json import read_command, write_result
from agent.contract.signing_keys import PublicKey
from agent.contract.topics import topic
from agent.hub.stores import disputes
from agent.hub.stores.store import Store
from agent.hub.views.disputes.listed import write_disputes
from agent.hub.workers import decisions, orders
from agent.model.errors import UsageError
from agent.model.finding import Draft, Envelope, Json

DAY = timedelta(days=1)
SAID = Disputed(
    check="camera-online", subject="camera:gate", status="fail", reason="unreachable", detected_at=NOW - DAY,
    repaired_at=None, by="业主张", at=NOW, why="那天停电",
)  # fmt: skip


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def body(said: Disputed = SAID, **changed: Json) -> Draft:
    return Draft("event", {"division": "140200", "dispute": {**disputed_json(said), **changed}})


def made(maker: Maker, *drafts: Draft, epoch: str = "e1") -> tuple[Envelope, ...]:
    envelopes, _ = maker.envelopes(list(drafts), {}, epoch)
    return envelopes


def listed(desk: Desk, at: datetime = NOW) -> list[dict[str, Json]]:
    return write_disputes(desk.store, None, at)["disputes"]  # type: ignore[return-value]


def test_a_dispute_is_listed_with_a_due_date_of_15_days_outside_of_every_ranking(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (one,) = made(maker, body())
    assert desk.send(one)["event"] == "verified"
    assert [event["event"] for event in desk.told if event["event"] == "disputed"] == ["disputed"]
    (row,) = listed(desk)
    assert (row["site"], row["by"], row["due_at"], row["overdue"]) == ("S1", "业主张", "2026-12-09T15:04:00Z", False)
    assert listed(desk, NOW + 15 * DAY)[0]["overdue"]


def test_a_forged_dispute_is_refused(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    """Signed by somebody else in the site's name: nothing is stored, nothing listed."""
    trusted(desk, maker)
    stranger = Maker(tmp_path / "stranger")
    (one,) = made(stranger, body())
    header, _, signature = one.jws.partition("..")
    named = sign_payload(one.report.payload, maker.signer, REPORT_TYP).partition("..")[0]
    told = desk.hand_in(topic("datong", "S1", "event"), one.report.payload, f"{named}..{signature}")
    assert (told["event"], told["reason"]) == ("rejected", "signature")
    assert header != named and listed(desk) == []


@pytest.mark.parametrize("changed", [{"by": "somebody else"}, {"check": "clock-offset"}, {"id": "0" * 32}, {"at": 5}])
def test_a_dispute_whose_id_is_not_that_of_what_it_says_is_not_listed(
    desk: Desk, maker: Maker, changed: dict[str, Json]
) -> None:
    """The report stays: the site has signed it, and its chain goes on."""
    trusted(desk, maker)
    (one,) = made(maker, body(**changed))
    assert desk.send(one)["event"] == "verified"
    assert [event["reason"] for event in desk.told if event["event"] == "dispute-not-taken"] == ["dispute"]
    assert listed(desk) == [] and desk.watermark("e1") == {"event": 1}


def test_a_replayed_dispute_moves_neither_its_due_date_nor_its_decision(desk: Desk, maker: Maker) -> None:
    """The same bytes again, and the same words in a report of a spool that began anew."""
    trusted(desk, maker)
    (one,) = made(maker, body())
    desk.send(one)
    decisions.decide(desk.store, desk.signer, "S1", SAID.id, "upheld", "科长李", "x", NOW + DAY)
    before = listed(desk)
    assert desk.send(one, at=NOW + 10 * DAY)["event"] == "duplicate"
    desk.birth(maker, "e2", at=NOW + 10 * DAY)
    (again,) = made(maker, body(), epoch="e2")
    assert desk.send(again, at=NOW + 10 * DAY)["event"] == "verified"
    assert [event["event"] for event in desk.told if str(event["event"]).startswith("dispute")] == [
        "disputed", "dispute-repeated",
    ]  # fmt: skip
    assert listed(desk) == before


@pytest.mark.parametrize("said", [None, 5, "x", [], {}, {"id": [1]}, {"check": "c", "repaired_at": None}])
def test_a_hostile_dispute_is_an_event_like_any_other_and_not_listed(desk: Desk, maker: Maker, said: Json) -> None:
    trusted(desk, maker)
    (one,) = made(maker, Draft("event", {"division": "140200", "dispute": said}))
    assert desk.send(one)["event"] == "verified"
    assert listed(desk) == [] and desk.told[-1]["event"] == "dispute-not-taken"


def test_the_status_of_a_site_counts_what_waits_for_a_decision(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    trusted(desk, maker)
    desk.send(made(maker, body())[0])
    assert desk.status()["disputes_open"] == 1
    assert main(["hub", "status", "--data", str(desk.directory)]) == 0
    assert "1 disputes without a decision: camwarden hub disputes S1" in capsys.readouterr().out


def test_a_site_cannot_fill_the_hub_with_disputes(desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disputes, "OF_SITE_MOST", 2)
    trusted(desk, maker)
    said = [Disputed(**{**fields(SAID), "why": str(number)}) for number in range(3)]
    for one in made(maker, *(body(one) for one in said)):
        assert desk.send(one)["event"] == "verified"
    assert len(listed(desk)) == 2
    assert desk.told[-1]["reason"] == "too-many"


def fields(said: Disputed) -> dict[str, object]:
    return {name: getattr(said, name) for name in Disputed.__dataclass_fields__}


def test_a_decision_is_signed_sent_and_answered_and_a_later_one_takes_its_place(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.send(made(maker, body())[0])
    decisions.decide(desk.store, desk.signer, "S1", SAID.id[:8], "upheld", "科长李", "看过录像", NOW)
    (sent,) = orders.unsent(desk.store, NOW)
    command = read_command(Order("cmd", sent.id, sent.message.payload, sent.message.jws), keys(desk), "S1")
    assert command.decided is not None and command.decided.outcome == "upheld"
    answer(desk, maker, command.id)
    assert listed(desk)[0]["order"] == {"id": command.id, "state": "answered"}
    with pytest.raises(UsageError, match="a moment ago"):
        decisions.decide(desk.store, desk.signer, "S1", SAID.id, "overturned", "局长王", "再看", NOW)
    decisions.decide(desk.store, desk.signer, "S1", SAID.id, "overturned", "局长王", "再看", NOW + DAY)
    assert listed(desk)[0]["decision"]["outcome"] == "overturned"  # type: ignore[index, call-overload]


def test_a_decision_is_ordered_anew_until_the_site_has_answered(desk: Desk, maker: Maker) -> None:
    """A site that was away for a week gets it; one that has it is asked no more; it is the same decision."""
    trusted(desk, maker)
    desk.send(made(maker, body())[0])
    decisions.decide(desk.store, desk.signer, "S1", SAID.id, "upheld", "科长李", "x", NOW)
    assert decisions.order_due(desk.store, desk.signer, NOW + timedelta(hours=23)) == []
    (event,) = decisions.order_due(desk.store, desk.signer, NOW + 7 * DAY)
    assert decisions.order_due(desk.store, desk.signer, NOW + 7 * DAY) == []
    (sent,) = orders.unsent(desk.store, NOW + 7 * DAY)
    command = read_command(Order("cmd", sent.id, sent.message.payload, sent.message.jws), keys(desk), "S1")
    assert command.decided is not None
    assert (command.id, command.decided.at, command.at) == (event["id"], NOW, NOW + 7 * DAY)
    answer(desk, maker, command.id)
    assert decisions.order_due(desk.store, desk.signer, NOW + 20 * DAY) == []


@pytest.mark.parametrize("begin", ["", "ffff", "nothing"])
def test_there_is_no_decision_without_a_dispute(desk: Desk, maker: Maker, begin: str) -> None:
    trusted(desk, maker)
    with pytest.raises(UsageError, match="has 0 disputes"):
        decisions.decide(desk.store, desk.signer, "S1", begin, "upheld", "x", "y", NOW)


@pytest.mark.parametrize("word", [{"by": ""}, {"by": "x" * 501}, {"why": "y" * 501}])
def test_words_that_no_site_takes_are_refused_before_anything_is_sent(
    desk: Desk, maker: Maker, word: dict[str, str]
) -> None:
    trusted(desk, maker)
    desk.send(made(maker, body())[0])
    said = {"by": "x", "why": "y", **word}
    with pytest.raises(UsageError, match="none that a site takes"):
        decisions.decide(desk.store, desk.signer, "S1", SAID.id, "upheld", now=NOW, **said)
    assert listed(desk)[0]["decision"] is None


def test_an_older_hubs_database_gets_the_disputes_that_it_took_for_other_events(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    desk.send(made(maker, body())[0])
    before = listed(desk)
    desk.store.close()
    as_of_version(desk.directory, 6)
    desk.store = Store(desk.directory)
    assert listed(desk) == before != []


@pytest.mark.parametrize(("lang", "late", "by"), [
    ("en", "was due for a decision on", "disputed by 业主张 on 2026-11-24: 那天停电"),
    ("zh_CN", "已逾期", "业主张 于 2026-11-24 提出异议"),
])  # fmt: skip
def test_people_see_what_is_late_and_the_exit_code_says_so(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str], lang: str, late: str, by: str
) -> None:
    trusted(desk, maker)
    desk.send(made(maker, body())[0], at=datetime.now(NOW.tzinfo) - 16 * DAY)
    assert main(["--lang", lang, "hub", "disputes", "--data", str(desk.directory)]) == 1
    said = capsys.readouterr().out
    assert late in said and by in said
    assert main(["hub", "disputes", "--days", "30", "--data", str(desk.directory), "--quiet"]) == 0


def keys(desk: Desk) -> dict[str, PublicKey]:
    return {desk.signer.kid: desk.signer.public}


def answer(desk: Desk, maker: Maker, command_id: str) -> None:
    payload = write_result(Result(command_id, "S1", "datong", "e1", "decide", "done"), NOW)
    told = desk.hand_in(
        topic("datong", "S1", "cmd-result", command_id), payload, sign_payload(payload, maker.signer, RESULT_TYP)
    )
    assert (told["event"], told["status"]) == ("answered", "done"), json.dumps(told)
