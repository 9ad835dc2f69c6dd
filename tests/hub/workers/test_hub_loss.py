"""A hub that lost its database, a site that lost its spool, and a site that lives twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.chain import GENESIS
from agent.hub.workers.resend import QUIET
from agent.model.finding import Draft, Envelope, Head, Json
from agent.site.config.site import Hub
from tests.hub.workers.test_hub_resend import answer, asked, runs


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1", 1883, tls=False)))


def before(desk: Desk) -> list[tuple[int, int]]:
    """Return the runs of the event stream that are said to be confirmed before."""
    explained = desk.status()["gaps"]["explained"]
    return [(gap["from_seq"], gap["to_seq"]) for gap in explained if gap["reason"] == "confirmed-before"]


def reborn(desk: Desk, maker: Maker, reports: list[Envelope], confirmed: int) -> None:
    """Be a hub without a database that hears of a site which was confirmed so far."""
    desk.vouch(maker)
    head = Head(confirmed, reports[confirmed - 1].report.digest)
    desk.birth(maker, "e1", heads={"event": head}, confirmed={"event": head})


def test_a_hub_without_its_database_asks_for_what_the_site_still_has(desk: Desk, maker: Maker) -> None:
    reports = chain_of(maker, 10)
    reborn(desk, maker, reports, 8)
    for report in reports[8:]:
        desk.send(report)
    assert desk.watermark("e1") == {"event": 10}
    assert before(desk) == [(1, 8)]
    assert len(desk.look(NOW + QUIET)) == 1
    assert runs(desk) == [("event", 1, 8)]
    answer(desk, maker, str(asked(desk)[0]["id"]), ((1, 4),))
    assert desk.told == []  # nothing is lost: it was confirmed
    for report in reports[4:8]:
        assert desk.send(report)["event"] == "verified"
    assert before(desk) == [(1, 4)]
    assert desk.look(NOW + timedelta(days=9)) == []
    assert desk.holes() == [("event", 1, 4, "before", "gone")]
    assert desk.watermark("e1") == {"event": 10}


@given(st.permutations(range(9)), st.sets(st.integers(0, 8)), st.booleans())
@settings(max_examples=30)
def test_what_comes_back_links_the_same_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], lost: set[int], born_last: bool
) -> None:
    folder = tmp_path_factory.mktemp("order")
    desk, maker = Desk(folder / "hub"), Maker(folder / "site")
    reports = chain_of(maker, 10)
    desk.vouch(maker)
    desk.birth(maker, "e1", 1)
    if not born_last:
        reborn(desk, maker, reports, 9)
    for place in order:
        if place not in lost:
            assert desk.send(reports[place])["event"] == "verified"
    if born_last:
        head = Head(9, reports[8].report.digest)
        desk.birth(maker, "e1", 2, heads={"event": head}, confirmed={"event": head})
    desk.send(reports[9])
    assert desk.watermark("e1") == {"event": 10}
    first = min(lost) + 1 if lost and born_last else 1
    assert before(desk) == ([(first, max(lost) + 1)] if lost else [])
    assert desk.store.all("SELECT count(*) FROM report WHERE fork") == [(0,)]
    desk.store.close()


def test_a_report_that_was_not_the_confirmed_one_does_not_link_and_is_told(desk: Desk, maker: Maker) -> None:
    reports = chain_of(maker, 3)
    reborn(desk, maker, reports, 3)
    (forged,), _ = maker.envelopes([delivery.event(99)], {"event": Head(2, reports[1].report.digest)}, "e1")
    assert desk.send(forged)["event"] == "tamper"
    assert before(desk) == [(1, 3)]
    assert desk.watermark("e1") == {"event": 3}
    assert desk.send(reports[2])["event"] == "fork"  # the true one: it links all the same
    assert before(desk) == [(1, 2)]
    assert desk.store.report_at("S1", "e1", "event", 3) == (reports[2].report.digest, reports[1].report.digest)


def test_a_gap_record_among_what_comes_back_is_passed(desk: Desk, maker: Maker) -> None:
    reports = chain_of(maker, 6)
    reborn(desk, maker, reports, 6)
    body: dict[str, Json] = {"stream": "event", "epoch": "e1", "from_seq": 3, "to_seq": 4, "count": 2}
    draft = Draft("gap", {**body, "reason": "spool-full", "last_digest": reports[3].report.digest})
    (record,), _ = maker.envelopes([draft], {}, "e1")
    for one in (reports[5], record, reports[1], reports[4]):
        desk.send(one)
    assert before(desk) == [(1, 1)]
    desk.send(reports[0])
    assert before(desk) == []
    assert GENESIS.seq == 0


def incident(maker: Maker, epoch: str, kind: str = "spool-corrupt") -> Envelope:
    finding = {"check": "agent-spool", "reason": kind}
    body: dict[str, Json] = {
        "division": "140200",
        "check": "agent-spool",
        "subject": "site",
        "from": None,
        "to": "fail",
    }
    (event,), _ = maker.envelopes([Draft("event", {**body, "finding": finding})], {}, epoch)
    return event


def verdicts(desk: Desk) -> dict[str, str]:
    return dict(desk.store.all("SELECT epoch, verdict FROM epoch"))


def alarms(events: list[dict[str, Json]]) -> list[str]:
    return [str(event["event"]) for event in events]


def test_a_new_epoch_that_nobody_explains_is_a_lost_spool(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    desk.birth(maker, "e2")
    assert verdicts(desk) == {"e1": "first", "e2": ""}
    assert desk.look(NOW + QUIET - timedelta(seconds=1)) == []
    assert alarms(desk.look(NOW + QUIET)) == ["spool-lost"]
    assert desk.look(NOW + 2 * QUIET) == []  # told once
    assert verdicts(desk)["e2"] == "spool-lost"


@pytest.mark.parametrize("kind", ["spool-corrupt", "spool-restored", "something-new"])
def test_an_incident_in_the_new_epoch_explains_it_before_or_after_the_alarm(
    desk: Desk, maker: Maker, kind: str
) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    desk.birth(maker, "e2")
    desk.send(incident(maker, "e2", kind))
    assert desk.look(NOW + QUIET) == []
    assert verdicts(desk)["e2"] == "explained"
    desk.birth(maker, "e3")
    assert alarms(desk.look(NOW + QUIET)) == ["spool-lost"]
    desk.send(incident(maker, "e3", kind))
    assert verdicts(desk)["e3"] == "explained"
    assert alarms(desk.told)[-1:] == ["epoch-explained"]


def test_an_incident_of_an_old_epoch_does_not_explain_the_new_one(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    desk.birth(maker, "e2")
    desk.send(incident(maker, "e1"))
    assert alarms(desk.look(NOW + QUIET)) == ["spool-lost"]


def test_a_gap_record_over_the_old_epoch_is_its_signed_end(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    desk.birth(maker, "e2")
    body: dict[str, Json] = {"stream": "event", "epoch": "e1", "from_seq": 3, "to_seq": 4, "count": 2}
    draft = Draft("gap", {**body, "reason": "spool-restored", "last_digest": "d" * 64})
    (record,), _ = maker.envelopes([draft], {}, "e2")
    desk.send(record)
    assert verdicts(desk)["e2"] == "explained"


def test_a_connection_of_an_older_epoch_shows_that_the_site_lives_twice(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1", 5)
    desk.birth(maker, "e2", 4)
    assert desk.birth(maker, "e1", 5)["event"] == "stale-state"  # replayed
    assert desk.birth(maker, "e1", 4)["event"] == "stale-state"
    event = desk.birth(maker, "e1", 6)
    assert (event["event"], event["epoch"]) == ("two-lives", "e1")
    assert desk.birth(maker, "e1", 6)["event"] == "stale-state"  # told once
    assert desk.store.all("SELECT epoch, connection_no FROM site") == [("e2", 4)]
    assert ("S1", "e1") in desk.intake.dirty  # its watermark tells it what it is
