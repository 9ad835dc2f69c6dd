"""Orders of the upper hub come down as wishes: checked, noted, signed anew, and for this hub's own sites alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.envelope import COMMAND_TYP, DESIRED_TYP, RESULT_TYP, sign_payload
from agent.contract.orders import Command, Desired, Order, Range, Result, SpotCheck
from agent.contract.orders_json import read_command, write_command, write_desired, write_result
from agent.contract.signing_keys import Signer
from agent.contract.topics import Address, topic
from agent.hub.domain.forwarding.rows import Lane
from agent.hub.domain.people.audit import first_changed
from agent.hub.stores.engines import open_people
from agent.hub.workers import orders
from agent.hub.workers.forwarding.wishes import A_DAY_MOST, Wishes
from agent.model.finding import Json

LATER = NOW + timedelta(hours=1)
LOOK = Command("c1", "S1", "report-now", NOW, LATER)


@pytest.fixture
def desk(tmp_path: Path, maker: Maker) -> Iterator[Desk]:
    """The district's hub, which has three events of a site."""
    desk = Desk(tmp_path / "district")
    trusted(desk, maker)
    for one in chain_of(maker, 3):
        desk.send(one)
    with closing(desk.store):
        yield desk


@pytest.fixture
def upper(taiyuan: Signer) -> Signer:
    """The upper hub's key."""
    return taiyuan


@pytest.fixture
def wishes(desk: Desk, upper: Signer) -> Wishes:
    return Wishes(desk.directory, desk.store, desk.signer, {upper.kid: upper.public})


Order_ = Callable[..., tuple[list[dict[str, Json]], Mapping[Lane, int]]]


@pytest.fixture
def order(wishes: Wishes, upper: Signer) -> Order_:
    """Hand in a command."""

    def one(
        command: Command, signer: Signer = upper, on_site: str = "S1", is_mine: bool = True, typ: str = COMMAND_TYP
    ) -> tuple[list[dict[str, Json]], Mapping[Lane, int]]:
        payload = write_command(command)
        address = Address("datong", on_site, "cmd", command.id)
        return wishes.take(address, payload, sign_payload(payload, signer, typ), is_mine, NOW)

    return one


def audited(desk: Desk) -> list[tuple[str, str, str, str]]:
    people = open_people(desk.directory)
    try:
        rows = people.audit_from(1, 1000)
        assert first_changed(rows) == 0
        return [(row.who, row.act, row.what, row.outcome) for row in rows]
    finally:
        people.close()


def given(desk: Desk) -> list[str]:
    return [one.id for one in desk.store.commands.given(None)]


def test_a_command_is_passed_on_byte_for_byte_under_this_hub_s_own_signature(
    desk: Desk, order: Order_, upper: Signer
) -> None:
    """A site obeys the keys that it has pinned: the upper hub's is none of them."""
    events, changed = order(LOOK)
    assert (events[0]["outcome"], changed) == ("passed", {})
    (sent,) = orders.unsent(desk.store, NOW)
    assert (sent.message.topic, sent.message.payload) == ("vss/v1/datong/S1/cmd/c1", write_command(LOOK))
    mine = {desk.signer.kid: desk.signer.public}
    assert read_command(Order("cmd", "c1", sent.message.payload, sent.message.jws), mine, "S1") == LOOK
    assert audited(desk) == [("upper hub", "report-now", "S1 c1", "passed")]


def test_a_command_that_comes_again_is_given_once(desk: Desk, order: Order_) -> None:
    for _ in range(3):
        order(LOOK)
    assert given(desk) == ["c1"]
    assert len(audited(desk)) == 1


def reason(told: tuple[list[dict[str, Json]], Mapping[Lane, int]]) -> object:
    ((event,), changed) = told
    assert (event["event"], changed) == ("order-refused", {})
    return event["reason"]


def test_an_order_of_nobody_who_is_pinned_is_refused(desk: Desk, order: Order_, datong: Signer, maker: Maker) -> None:
    for stranger in (datong, desk.signer, maker.signer):
        assert reason(order(LOOK, signer=stranger)) == "unknown-key"
    assert reason(order(LOOK, typ=RESULT_TYP)) == "typ"
    assert (given(desk), audited(desk)) == ([], [])


def test_an_order_for_a_site_that_is_not_forwarded_is_refused(desk: Desk, order: Order_) -> None:
    """Of another division, or of another hub: the upper hub has no word there."""
    assert reason(order(LOOK, is_mine=False)) == "site"
    assert reason(order(LOOK, on_site="S2")) == "site"
    assert (given(desk), audited(desk)) == ([], [])


def test_an_order_that_is_over_is_refused(desk: Desk, order: Order_) -> None:
    assert reason(order(replace(LOOK, expires_at=NOW))) == "expired"
    assert given(desk) == []


def test_a_command_of_this_hub_is_not_written_over(desk: Desk, order: Order_) -> None:
    own = orders.order_report_now(desk.store, desk.signer, "S1", NOW)
    assert reason(order(replace(LOOK, id=own.id))) == "id"


def test_an_order_larger_than_any_is_not_parsed(wishes: Wishes) -> None:
    told = wishes.take(Address("datong", "S1", "cmd", "c1"), b"[" * 70_000, "", True, NOW)
    assert reason(told) == "size"


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b"[[[[", b"null"])
@pytest.mark.parametrize("kind", ["cmd", "desired"])
def test_junk_is_refused(wishes: Wishes, upper: Signer, payload: bytes, kind: str) -> None:
    typ = COMMAND_TYP if kind == "cmd" else DESIRED_TYP
    told = wishes.take(Address("datong", "S1", kind, "c1"), payload, sign_payload(payload, upper, typ), True, NOW)  # type: ignore[arg-type]
    assert reason(told) == "payload"


def test_what_the_upper_hub_asks_for_again_is_sent_from_here_and_the_site_is_not_asked(
    desk: Desk, order: Order_, maker: Maker
) -> None:
    lane = Lane("S1", "e1", "event")
    desk.store.forwarding.keep_confirmed(lane, 3, chain_of(maker, 3)[2].report.digest, NOW)
    asked = Command("c2", "S1", "resend", NOW, LATER, Range("e1", "event", 2, 3))
    events, changed = order(asked)
    assert (events[0]["outcome"], changed) == ("resent", {lane: 1})
    assert desk.store.forwarding.of_lane(lane).confirmed == 1
    assert given(desk) == []
    assert audited(desk) == [("upper hub", "resend", "S1 c2", "resent")]


def test_one_site_is_asked_only_so_often_a_day(desk: Desk, order: Order_) -> None:
    outcomes = [order(replace(LOOK, id=f"c{number}"))[0][0]["outcome"] for number in range(A_DAY_MOST + 2)]
    assert outcomes == ["passed"] * A_DAY_MOST + ["too-many"] * 2
    assert len(given(desk)) == A_DAY_MOST


def test_the_site_s_answer_goes_up_as_it_was_signed(desk: Desk, order: Order_, wishes: Wishes, maker: Maker) -> None:
    look = Command("c3", "S1", "check-now", NOW, LATER, spot_check=SpotCheck("n" * 32))
    order(look)
    assert wishes.answers(NOW, 9) == []
    result = Result("c3", "S1", "datong", "e1", "check-now", "refused", "too-often", None, 0, ())
    payload = write_result(result, NOW)
    jws = sign_payload(payload, maker.signer, RESULT_TYP)
    assert desk.hand_in(topic("datong", "S1", "cmd-result", "c3"), payload, jws)["event"] == "answered"
    assert wishes.answers(NOW, 9) == [(("S1", "datong"), "c3", payload, jws)]
    assert wishes.answers(NOW, 9) == []
    order(look)  # the upper hub has no answer yet, and says it again
    assert wishes.answers(NOW, 9) == [(("S1", "datong"), "c3", payload, jws)]


def policy(version: int = 4, **changes: object) -> Desired:
    told = Desired("S1", version, NOW, {"clock_warn_s": 2.0}, None, ())
    return replace(told, **changes)  # type: ignore[arg-type]


def say(wishes: Wishes, signer: Signer, desired: Desired, is_mine: bool = True) -> list[dict[str, Json]]:
    payload = write_desired(desired)
    return wishes.take(
        Address("datong", desired.site, "desired"), payload, sign_payload(payload, signer, DESIRED_TYP), is_mine, NOW
    )[0]


def in_force(desk: Desk) -> Mapping[str, Json]:
    found = desk.store.policies.desired("S1", 2**53 - 1)
    return json.loads(found)["policy"] if found else {}


def test_a_policy_is_merged_into_what_this_hub_wants(desk: Desk, wishes: Wishes, upper: Signer) -> None:
    name, other = two_names()
    orders.set_desired(desk.store, desk.signer, "S1", {other[0]: other[1]}, NOW)
    told = say(wishes, upper, policy(policy={name[0]: name[1], "agent_version": "9.9.9"}))
    assert told[0]["outcome"] == "passed"
    assert in_force(desk) == {other[0]: other[1], name[0]: name[1]}
    assert audited(desk) == [("upper hub", "desired", "S1 4", "passed")]


def two_names() -> tuple[tuple[str, Json], tuple[str, Json]]:
    from agent.hub.domain.policy import RULES

    found = [(name, bound) for name, bound in RULES.items()][:2]
    return (found[0][0], _within(found[0][0])), (found[1][0], _within(found[1][0]))


def _within(name: str) -> Json:
    from agent.hub.domain.policy import out_of_bounds

    return next(value for value in (1, 2, 5, 10, 30, 60, 100, 600, 3600, 0.5) if not out_of_bounds(name, value))


def test_an_older_policy_and_the_same_again_change_nothing(desk: Desk, wishes: Wishes, upper: Signer) -> None:
    (name, value), _ = two_names()
    say(wishes, upper, policy(4, policy={name: value}))
    before = desk.store.policies.highest_version("S1")
    assert say(wishes, upper, policy(4, policy={name: value})) == []
    assert say(wishes, upper, policy(3, policy={name: None})) == []
    assert (in_force(desk), desk.store.policies.highest_version("S1")) == ({name: value}, before)


@pytest.mark.parametrize(
    "changes", [{"policy": {"no-such-name": 1}}, {"policy": {"agent_version": "x"}, "expires_at": LATER}]
)
def test_a_policy_that_no_site_takes_or_that_expires_is_noted_and_left_out(
    desk: Desk, wishes: Wishes, upper: Signer, changes: dict[str, object]
) -> None:
    (told,) = say(wishes, upper, policy(**changes))
    assert told["outcome"] not in ("", "passed")
    assert in_force(desk) == {}
    assert audited(desk)[0][:3] == ("upper hub", "desired", "S1 4")


def test_a_policy_of_a_stranger_or_for_another_site_is_refused(
    desk: Desk, wishes: Wishes, upper: Signer, datong: Signer
) -> None:
    assert say(wishes, datong, policy())[0]["reason"] == "unknown-key"
    assert say(wishes, upper, policy(), is_mine=False)[0]["reason"] == "site"
    assert (in_force(desk), audited(desk)) == ({}, [])
