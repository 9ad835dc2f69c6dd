"""Who may forward here, and how far an upper hub has confirmed what is forwarded, are stored as they were given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from portside import BEGIN, DAY, HOUR, Opens, Sender, config, finding
from two_levels import hub_key, lower_hub

from agent.contract.chain import utc_text
from agent.contract.orders import Command, Result
from agent.hub.domain.forwarding.grants import Vouched
from agent.hub.domain.forwarding.rows import Behind, Lane, OrderFromAbove, Told
from agent.hub.ports.store import Store
from agent.model.errors import UsageError
from agent.model.finding import Head

LANE = Lane("S1", "e1", "config")


def reported(store: Store, count: int = 3, site: str = "S1", at_of: int = 0) -> Sender:
    """Store configuration reports of a site, an hour apart."""
    sender = Sender(site).meet(store)
    for seq in range(1, count + 1):
        sender.send(store, "config", seq, config(finding("camera-online", "camera:c0", "fail")), BEGIN + seq * HOUR)
    return sender


def test_lower_hubs_come_back_as_they_were_kept_and_change_by_their_key(
    opens: Opens, store: Store, tmp_path: Path
) -> None:
    one, two = lower_hub(hub_key(tmp_path / "a")), lower_hub(hub_key(tmp_path / "b"), "140100", "130000", name="b")
    store.lower_hubs.keep(two)
    store.lower_hubs.keep(one)
    narrower = replace(one, divisions=("140202",), revoked_at=utc_text(BEGIN))
    store.lower_hubs.keep(narrower)
    other = opens(read_only=True)
    assert other.lower_hubs.listed() == [two, narrower]
    assert (other.lower_hubs.find(two.key.kid), other.lower_hubs.find("x" * 43)) == (two, None)
    with pytest.raises(UsageError, match="another hub is called"):
        store.lower_hubs.keep(replace(two, name="datong"))


def test_a_site_has_one_voucher_the_newest(store: Store) -> None:
    assert store.lower_hubs.vouched("S1") is None
    for number, site in ((1, "S1"), (2, "S1"), (7, "S2")):
        store.lower_hubs.keep_vouched(site, Vouched("k" * 43, "140200", number), BEGIN)
    assert store.lower_hubs.vouched("S1") == Vouched("k" * 43, "140200", 2)
    assert store.lower_hubs.sites_of("k" * 43) == ["S1", "S2"]
    assert store.lower_hubs.sites_of("other") == []


def test_lanes_that_are_not_confirmed_come_by_name_and_in_pages(store: Store) -> None:
    reported(store, 3)
    reported(store, 2, "S2")
    first = store.forwarding.behind(None, 1)
    assert first == [Behind("S1", "e1", "config", "datong", 0, 3)]
    assert store.forwarding.behind(first[0].lane, 9) == [Behind("S2", "e1", "config", "datong", 0, 2)]
    store.forwarding.keep_confirmed(LANE, 2, "d" * 64, BEGIN)
    assert store.forwarding.of_lane(LANE) == Behind("S1", "e1", "config", "datong", 2, 3)
    store.forwarding.keep_confirmed(LANE, 3, "e" * 64, BEGIN)
    assert [one.site for one in store.forwarding.behind(None, 9)] == ["S2"]
    assert store.forwarding.confirmed("S1", "e1") == {"config": Head(3, "e" * 64)}
    store.forwarding.keep_confirmed(LANE, 1, "f" * 64, BEGIN)  # back again
    assert store.forwarding.behind(None, 9)[0].confirmed == 1


def test_reports_come_in_the_order_of_their_numbers_as_they_were_signed(store: Store) -> None:
    sender = reported(store, 4)
    found = store.forwarding.reports(LANE, 1, 2)
    assert [(row.seq, row.digest, row.payload, row.has_body) for row in found] == [
        (seq, one.digest, one.payload, True) for seq in (2, 3) if (one := sender.made["config", seq])
    ]
    assert [row.jws for row in found] == [sender.made["config", seq].jws for seq in (2, 3)]
    assert store.forwarding.reports(LANE, 4, 9) == []


def test_what_the_upper_hub_said_last_and_whether_a_site_is_forwarded_stand_apart(store: Store) -> None:
    assert store.forwarding.told("S1") == Told(0, "")
    store.forwarding.mark("S2", "division")
    store.forwarding.mark("S1", "no-division")
    assert store.forwarding.left_out(9) == [("S1", "no-division")]
    store.forwarding.keep_told("S1", Told(7, "event 3: payload"))
    assert store.forwarding.refusals(9) == []
    store.forwarding.mark("S1", "")
    store.forwarding.mark("S1", "")
    assert store.forwarding.told("S1") == Told(7, "event 3: payload")
    assert (store.forwarding.refusals(9), store.forwarding.refusals(0)) == ([("S1", "event 3: payload")], [])
    assert store.forwarding.left_out(9) == []


def test_when_something_of_a_site_was_confirmed_last_is_known(store: Store) -> None:
    reported(store, 3)
    assert store.forwarding.confirmed_at("S1") == ""
    store.forwarding.keep_confirmed(LANE, 2, "d" * 64, BEGIN + HOUR)
    store.forwarding.keep_confirmed(LANE._replace(stream="event"), 1, "e" * 64, BEGIN)
    assert (store.forwarding.confirmed_at("S1"), store.forwarding.confirmed_at("S2")) == (utc_text(BEGIN + HOUR), "")


def test_how_far_it_is_behind_counts_sites_that_are_forwarded(store: Store) -> None:
    reported(store, 3)
    reported(store, 2, "S2")
    store.forwarding.mark("S1", "")
    store.forwarding.mark("S2", "division")
    assert store.forwarding.lag() is None
    store.forwarding.note_link("b:8883", BEGIN, "")
    lag = store.forwarding.lag()
    assert lag is not None
    assert (lag.waiting, lag.sites, lag.oldest_at, lag.held) == (3, 1, utc_text(BEGIN + HOUR), 1)
    store.forwarding.keep_confirmed(LANE, 2, "d" * 64, BEGIN + DAY)
    lag = store.forwarding.lag()
    assert lag is not None
    assert (lag.waiting, lag.oldest_at) == (1, utc_text(BEGIN + 3 * HOUR))
    assert lag.confirmed_at == utc_text(BEGIN + DAY)


def test_since_when_the_upper_hub_is_not_reached_stays_until_it_is(store: Store) -> None:
    def link() -> tuple[str, str, str]:
        lag = store.forwarding.lag()
        assert lag is not None
        return lag.connected_at, lag.failing_since, lag.why

    store.forwarding.note_link("b:1", BEGIN, "refused")
    store.forwarding.note_link("b:1", BEGIN + HOUR, "gone")
    assert link() == ("", utc_text(BEGIN), "gone")
    store.forwarding.note_link("b:1", BEGIN + 2 * HOUR, "")
    assert link() == (utc_text(BEGIN + 2 * HOUR), "", "")
    store.forwarding.note_link("b:1", BEGIN + 3 * HOUR, "gone")
    assert link() == (utc_text(BEGIN + 2 * HOUR), utc_text(BEGIN + 3 * HOUR), "gone")


def test_an_order_from_above_is_answered_once_the_site_has(store: Store) -> None:
    Sender().meet(store)
    command = Command("c1", "S1", "report-now", BEGIN, BEGIN + HOUR)
    order = OrderFromAbove("c1", "S1", "report-now", utc_text(BEGIN), "passed", "")
    with store.transaction():
        store.commands.keep(command, b"{}", "a..b")
        store.forwarding.keep_order(order)
    assert store.forwarding.order("c1", "S1") == order
    assert (store.forwarding.order("c1", "S2"), store.forwarding.unanswered(9)) == (None, [])
    result = Result("c1", "S1", "datong", "e1", "report-now", "refused", "busy")
    with store.transaction():
        store.commands.keep_result(result, "refused", "busy", b"answer", "c..d", BEGIN)
    assert store.forwarding.unanswered(9) == [(order, b"answer", "c..d")]
    store.forwarding.keep_order(replace(order, answered_at=utc_text(BEGIN)))
    assert store.forwarding.unanswered(9) == []
