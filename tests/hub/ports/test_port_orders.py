"""Commands and policies are sent until an answer is here, the first answer counts, and the newest policy stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from portside import BEGIN, DAY, HOUR, Sender

from agent.contract.disputes import Decided, Disputed, disputed_json
from agent.contract.orders import Command, Desired, Reported, Result
from agent.hub.domain.rows.orders import OrderRow
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.ports.store import Store
from agent.verify.members import time_of


@pytest.fixture(autouse=True)
def two_sites(store: Store) -> None:
    Sender().meet(store)
    Sender("S2", "taiyuan").meet(store)


def ordered(store: Store, number: int, site: str = "S1", name: Any = "report-now", lasts: Any = DAY) -> Command:
    at = BEGIN + number * HOUR
    command = Command(f"{number:032}", site, name, at, at + lasts)
    with store.transaction():
        store.commands.keep(command, b"\x00 payload %d" % number, f"h..{number}")
    return command


def answered(store: Store, command: Command, status: Any, reason: str, at: datetime) -> None:
    result = Result(command.id, command.site, "datong", "e1", command.name, "done")
    with store.transaction():
        store.commands.keep_result(result, status, reason, b"\x01 answer", "h..a", at)


def test_commands_come_oldest_first_until_they_are_sent_or_expired(store: Store) -> None:
    later, first, short = ordered(store, 5), ordered(store, 1, "S2"), ordered(store, 2, lasts=HOUR)
    rows = store.commands.unsent(BEGIN, 9)
    assert [(one.id, one.city) for one in rows] == [
        (first.id, "taiyuan"), (short.id, "datong"), (later.id, "datong"),
    ]  # fmt: skip
    assert (rows[2].payload, rows[2].jws, rows[2].expires_at) == (b"\x00 payload 5", "h..5", later.expires_at)
    assert store.commands.unsent(BEGIN, 1) == rows[:1]
    assert [one.id for one in store.commands.unsent(short.expires_at, 9)] == [first.id, later.id]
    with store.transaction():
        for one in rows:
            store.commands.mark_sent(one.id, BEGIN)
    assert store.commands.unsent(BEGIN, 9) == []
    with store.transaction():
        store.commands.renew(BEGIN, "S2")
    assert [one.id for one in store.commands.unsent(BEGIN, 9)] == [first.id]
    with store.transaction():
        store.commands.renew(short.expires_at)
    assert [one.id for one in store.commands.unsent(BEGIN, 9)] == [first.id, later.id], (
        "what has expired is not renewed"
    )


def test_an_answered_command_is_not_renewed_and_one_that_waits_for_its_report_is_found_by_its_site(
    store: Store,
) -> None:
    done, waits, still = (ordered(store, number) for number in (1, 2, 3))
    answered(store, done, "answered", "", BEGIN + DAY / 2)
    answered(store, waits, "waits", "no-report", BEGIN + DAY / 2)
    with store.transaction():
        store.commands.renew(BEGIN)
    assert [one.id for one in store.commands.unsent(BEGIN, 9)] == [done.id, waits.id, still.id], "none was sent yet"
    found = store.commands.find(done.id, "S1")
    assert found is not None
    assert (found.status, found.payload, found.result) == ("answered", b"\x00 payload 1", b"\x01 answer")
    assert store.commands.find(done.id, "S2") is None, "it is another site's"
    assert [one.id for one in store.commands.waiting({"S1", "S9"})] == [waits.id]
    assert store.commands.waiting({"S2"}) == []
    assert store.commands.open_counts() == {"S1": 2}
    with store.transaction():
        store.commands.keep_status(waits.id, "refused", "digest")
        for one in (done, waits, still):
            store.commands.mark_sent(one.id, BEGIN)
        store.commands.renew(BEGIN)
    assert [one.id for one in store.commands.unsent(BEGIN, 9)] == [still.id]
    rows = store.commands.given("S1")
    assert [(one.id, one.status, one.reason) for one in rows] == [
        (done.id, "answered", ""), (waits.id, "refused", "digest"), (still.id, "", ""),
    ]  # fmt: skip
    assert time_of(rows[0].result_at) == BEGIN + DAY / 2
    assert store.commands.given("S2") == []
    assert store.commands.given(None) == rows


@pytest.mark.parametrize("scope", [EVERYTHING, Scope(operators=("School 4",)), Scope()], ids=str)
@pytest.mark.parametrize("site", [None, "S1", "S3"])
def test_orders_come_in_pages_of_any_size_within_a_scope(store: Store, scope: Scope, site: str | None) -> None:
    """Also several of one moment, and a page that ended at an order which is gone."""
    for number in range(9):
        at = BEGIN + number // 4 * HOUR
        with store.transaction():
            store.commands.keep(Command(f"{9 - number:032}", f"S{number % 3 + 1}", "report-now", at, at + DAY), b"", "")
    store.words.keep_operator("S1", "School 4", "Li", BEGIN)
    store.words.keep_operator("S2", "School 4", "Li", BEGIN)
    seen = {"S1", "S2", "S3"} if scope.everything else {"S1", "S2"} if scope.operators else set()
    every = [one for one in store.commands.given(None) if one.site in seen and site in (None, one.site)]
    whole = store.commands.given(site, scope)
    assert whole == every and store.commands.count(site, scope) == len(every)
    for most in (1, 2, 100):
        paged: list[OrderRow] = []
        behind = ("", "")
        while found := store.commands.given(site, scope, behind, most):
            paged += found
            assert len(found) <= most and len(paged) <= len(whole), "a page comes again"
            behind = found[-1].created_at, found[-1].id
        assert paged == whole
    assert store.commands.given(site, scope, ("9999", "")) == []


def test_open_requests_for_reports_are_those_without_an_answer_that_have_not_expired(store: Store) -> None:
    for number in (1, 2, 3):
        ordered(store, number, name="resend", lasts=2 * HOUR)
    ordered(store, 4, "S2", name="check-now")
    assert [store.commands.open_resends("S1", BEGIN + hours * HOUR) for hours in (0, 1, 2.5, 3.5, 9)] == [0, 1, 2, 2, 0]
    assert store.commands.open_resends("S2", BEGIN + 5 * HOUR) == 0


def test_a_decision_that_expired_unanswered_is_found_again(store: Store) -> None:
    said = Disputed(
        check="camera-online", subject="camera:c0", status="fail", reason="unreachable", detected_at=BEGIN,
        repaired_at=None, by="Wang", at=BEGIN, why="a scaffold",
    )  # fmt: skip
    command = ordered(store, 1, name="decide", lasts=HOUR)
    word = Decided(
        dispute=said.id, check=said.check, subject=said.subject, outcome="upheld", by="Li", why="so", at=BEGIN
    )
    with store.transaction():
        store.disputes.take("S1", {"dispute": disputed_json(said)}, BEGIN)
        store.disputes.decide("S1", word, command.id)
    assert list(store.commands.expired_decisions(BEGIN, command.expires_at)) == [("S1", said.id)]
    assert list(store.commands.expired_decisions(BEGIN, BEGIN + HOUR)) == []
    assert list(store.commands.expired_decisions(command.at, command.expires_at)) == []
    answered(store, command, "answered", "", BEGIN + HOUR)
    assert list(store.commands.expired_decisions(BEGIN, command.expires_at)) == []


def test_of_a_sites_policies_the_newest_is_sent_until_the_site_reports_it(store: Store) -> None:
    with store.transaction():
        for site, version in (("S1", 1), ("S1", 2), ("S2", 7)):
            store.policies.keep_desired(Desired(site, version, BEGIN, {}), b"%d" % version, "h..s")
    assert sorted((one.site, one.version, one.city, one.payload) for one in store.policies.unsent(9)) == [
        ("S1", 2, "datong", b"2"), ("S2", 7, "taiyuan", b"7"),
    ]  # fmt: skip
    assert len(store.policies.unsent(1)) == 1
    assert [store.policies.desired("S1", up_to) for up_to in (0, 1, 9)] == [b"", b"1", b"2"]
    with store.transaction():
        store.policies.mark_sent("S1", 2, BEGIN)
        store.policies.mark_sent("S2", 7, BEGIN)
        assert store.policies.unsent(9) == []
        store.policies.renew("S1")
        assert [one.site for one in store.policies.unsent(9)] == ["S1"]
        store.policies.mark_sent("S1", 2, BEGIN)
        store.policies.keep_reported(Reported("S1", "datong", "e1", 2, {}, "c"), "", b"said", "h..r", BEGIN)
        store.policies.renew("S1")
        assert store.policies.unsent(9) == [], "the site has it in force"
        store.policies.renew_all()
        assert sorted(one.site for one in store.policies.unsent(9)) == ["S1", "S2"], "retained messages may be gone"
        store.policies.keep_reported(
            Reported("S2", "taiyuan", "e1", 9, {}, "c"), '{"version": 7}', b"no", "h..r", BEGIN
        )
    assert [store.policies.highest_version(site) for site in ("S1", "S2", "S3")] == [2, 9, 0]
    assert [store.policies.reported(site) for site in ("S1", "S2", "S3")] == [b"said", b"no", b""]
    shown = [("S1", 2, 2, ""), ("S2", 7, 9, '{"version": 7}')]
    assert store.policies.shown() == shown
    assert store.policies.shown("S2") == shown[1:] and store.policies.shown("S3") == []
    store.words.keep_operator("S1", "School 4", "Li", BEGIN)
    assert store.policies.shown(None, Scope(operators=("School 4",))) == shown[:1]
    assert store.policies.shown("S2", Scope(operators=("School 4",))) == []
