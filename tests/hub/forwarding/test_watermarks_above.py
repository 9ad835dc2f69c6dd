"""What an upper hub confirms is believed only where it signed it, for this site, above what it said before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.envelope import ACK_TYP, REPORT_TYP, sign_payload
from agent.contract.signing_keys import Signer
from agent.contract.watermark import RefusedKey, Rejected, Watermark, write_watermark
from agent.hub.domain.forwarding.lanes import UNCONFIRMED_MOST, Lanes
from agent.hub.domain.forwarding.rows import Behind, Lane, Told
from agent.hub.workers.forwarding import watermarks
from agent.model.finding import Envelope, Head

LANE = Lane("S1", "e1", "event")


@pytest.fixture
def desk(tmp_path: Path, maker: Maker, chain: list[Envelope]) -> Iterator[Desk]:
    """The district's hub, which has ten events of a site."""
    desk = Desk(tmp_path / "district")
    trusted(desk, maker)
    for one in chain:
        assert desk.send(one)["event"] == "verified"
    with closing(desk.store):
        yield desk


@pytest.fixture
def chain(maker: Maker) -> list[Envelope]:
    """Ten events."""
    return chain_of(maker, 10)


@pytest.fixture
def upper(taiyuan: Signer) -> Signer:
    """The upper hub's key."""
    return taiyuan


def head(chain: list[Envelope], seq: int) -> Head:
    return Head(seq, chain[seq - 1].report.digest)


Say = Callable[..., tuple[list, Mapping[Lane, int]]]


@pytest.fixture
def say(desk: Desk, upper: Signer, chain: list[Envelope]) -> Say:
    """Hand in a watermark."""

    def one(
        seq: int, ack_no: int = 1, signer: Signer = upper, site: str = "S1", typ: str = ACK_TYP, **changes: object
    ) -> tuple[list, Mapping[Lane, int]]:
        heads = {"event": head(chain, seq)} if seq else {}
        mark = replace(Watermark("S1", "e1", ack_no, heads), **changes)  # type: ignore[arg-type]
        payload = write_watermark(mark, NOW)
        jws = sign_payload(payload, signer, typ)
        return watermarks.take(desk.store, {upper.kid: upper.public}, site, payload, jws, NOW)

    return one


def confirmed(desk: Desk) -> int:
    return desk.store.forwarding.of_lane(LANE).confirmed


def test_what_the_upper_hub_confirms_counts(desk: Desk, say: Say, chain: list[Envelope]) -> None:
    assert say(4) == ([{"event": "confirmed-above", "site": "S1", "epoch": "e1", "streams": {"event": 4}}], {LANE: 4})
    assert desk.store.forwarding.behind(None, 10) == [Behind("S1", "e1", "event", "datong", 4, 10)]
    say(10, 2)
    assert desk.store.forwarding.behind(None, 10) == []
    assert desk.store.forwarding.confirmed("S1", "e1") == {"event": head(chain, 10)}


def refused(told: tuple[list, Mapping[Lane, int]]) -> str:
    ((event,), changed) = told
    assert (event["event"], changed) == ("watermark-refused", {})
    return str(event["reason"])


def test_a_watermark_of_nobody_who_is_pinned_changes_nothing(desk: Desk, say: Say, datong: Signer) -> None:
    assert refused(say(4, signer=datong)) == "unknown-key"
    assert refused(say(4, signer=desk.signer)) == "unknown-key"  # the lower hub's own word, sent back to it
    assert confirmed(desk) == 0


def test_an_unsigned_watermark_changes_nothing(desk: Desk, upper: Signer, chain: list[Envelope]) -> None:
    payload = write_watermark(Watermark("S1", "e1", 1, {"event": head(chain, 4)}), NOW)
    for jws in ("", "a..b", sign_payload(payload + b" ", upper, ACK_TYP), sign_payload(payload, upper, REPORT_TYP)):
        assert refused(watermarks.take(desk.store, {upper.kid: upper.public}, "S1", payload, jws, NOW))
    assert confirmed(desk) == 0


def test_a_watermark_for_another_site_changes_nothing(desk: Desk, say: Say) -> None:
    assert refused(say(4, site="S2")) == "site"
    assert refused(say(4, site="S2", **{"streams": {}})) == "site"
    assert confirmed(desk) == 0


def test_an_old_watermark_changes_nothing_and_the_newest_once_more_is_no_event(desk: Desk, say: Say) -> None:
    say(8, 5)
    assert say(8, 5) == ([], {})
    assert refused(say(4, 4)) == "old"
    assert confirmed(desk) == 8


def test_a_watermark_ahead_or_of_another_history_changes_nothing(desk: Desk, say: Say) -> None:
    for lie in (Head(11, "a" * 64), Head(4, "a" * 64), Head(2**53 - 1, "0" * 64)):
        assert refused(say(0, streams={"event": lie})) == "digest"
        assert refused(say(0, streams={"event": lie, "health": Head(1, "b" * 64)})) == "digest"
    assert refused(say(4, epoch="e9")) == "digest"
    assert confirmed(desk) == 0
    assert desk.store.forwarding.told("S1") == Told(0, "")  # and its number does not shut out the next true one


def test_one_that_goes_back_has_it_sent_again(desk: Desk, say: Say) -> None:
    say(8, 5)
    assert say(3, 6)[1] == {LANE: 3}
    assert say(0, 7)[1] == {LANE: 0}
    assert confirmed(desk) == 0


def test_a_gap_above_is_confirmed_by_what_follows_it(
    tmp_path: Path, maker: Maker, upper: Signer, chain: list[Envelope]
) -> None:
    """People accepted 4 as lost: the upper hub's head is what 5 follows, also where the report itself is not here."""
    desk = Desk(tmp_path / "holed")
    payload = write_watermark(Watermark("S1", "e1", 1, {"event": head(chain, 4)}), NOW)
    jws, keys = sign_payload(payload, upper, ACK_TYP), {upper.kid: upper.public}
    with closing(desk.store):
        trusted(desk, maker)
        for one in chain[:3] + chain[4:]:
            desk.send(one)
        assert watermarks.take(desk.store, keys, "S1", payload, jws, NOW)[1] == {LANE: 4}
        rows = desk.store.forwarding.reports(LANE, 2, 2)
    assert [row.seq for row in rows] == [3, 5]


def test_what_the_upper_hub_refuses_is_told_once(desk: Desk, say: Say, chain: list[Envelope]) -> None:
    no = Rejected("event", 5, chain[4].report.digest, "payload")
    events, _ = say(4, rejected=no)
    assert [one["event"] for one in events] == ["confirmed-above", "rejected-above"]
    assert events[1]["what"] == "event 5: payload"
    assert say(4, 2, rejected=no) == ([], {})
    lag = desk.store.forwarding.lag()
    assert lag is None  # nothing was ever forwarded from here
    desk.store.forwarding.note_link("b:1", NOW, "")
    lag = desk.store.forwarding.lag()
    assert lag is not None and (lag.waiting, lag.sites, lag.refused) == (6, 1, 1)
    assert say(4, 3, rejected=replace(no, digest="f" * 64))[0] == []  # no report of ours
    assert say(4, 4, refused_key=RefusedKey("k" * 43, "revoked-key"))[0][0]["what"] == f"{'k' * 43}: revoked-key"


@pytest.mark.parametrize(("from_seq", "left"), [(1, 0), (5, 4), (8, 7), (9, 8), (100, 8)])
def test_a_request_for_what_was_confirmed_takes_the_confirmation_back(
    desk: Desk, say: Say, from_seq: int, left: int
) -> None:
    say(8)
    assert watermarks.lacks(desk.store, LANE, from_seq, NOW) == left
    assert confirmed(desk) == left


def behind(made: int = 1000, confirmed_up_to: int = 0) -> Behind:
    return Behind(*LANE, "datong", confirmed_up_to, made)


def test_no_more_than_some_are_on_their_way_unconfirmed() -> None:
    lanes = Lanes(120)
    lanes.note(behind())
    sent = 0
    while (taken := lanes.take()) is not None:
        assert taken[2] == sent
        sent += min(100, taken[3])
        lanes.sent(LANE, sent, 0.0)
    assert sent == UNCONFIRMED_MOST
    lanes.confirm(LANE, 200)
    assert lanes.take() == (LANE, "datong", 256, 200, 1000)


def test_what_is_not_confirmed_goes_again_after_twice_as_long_each_time() -> None:
    lanes, at_s, gaps = Lanes(120), 0.0, []
    lanes.note(behind(2))
    for _ in range(8):
        assert lanes.take() is not None
        lanes.sent(LANE, 2, at_s)
        begun = at_s
        while not lanes.look(at_s):
            at_s += 60
        gaps.append(at_s - begun)
    assert gaps == [120, 240, 480, 960, 1920, 3840, 3840, 3840]


def test_what_is_confirmed_is_dropped_and_comes_back_with_the_next_report() -> None:
    lanes = Lanes(120)
    lanes.note(behind(2))
    lanes.take()
    lanes.sent(LANE, 2, 0.0)
    lanes.confirm(LANE, 2)
    assert (len(lanes), lanes.take(), lanes.look(1e9)) == (0, None, set())
    lanes.note(behind(3, 2))
    assert lanes.take() == (LANE, "datong", 2, UNCONFIRMED_MOST, 3)


def test_a_connection_begins_with_all_that_is_not_confirmed() -> None:
    lanes = Lanes(120)
    lanes.note(behind(10))
    lanes.take()
    lanes.sent(LANE, 10, 0.0)
    lanes.confirm(LANE, 4)
    assert lanes.take() is None
    lanes.begin()
    assert lanes.take() == (LANE, "datong", 4, UNCONFIRMED_MOST, 10)


def test_nothing_is_sent_of_a_site_that_may_no_longer_be() -> None:
    lanes = Lanes(120)
    lanes.note(behind())
    lanes.drop("S1")
    assert lanes.take() is None
