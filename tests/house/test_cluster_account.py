"""What `order_breaks` counts: what came in another order than it was sent, and only that."""

from __future__ import annotations

from bench.province_account import order_breaks


def breaks(stored: list[int], sent: list[int]) -> int:
    """Count in one stream: the numbers as they were stored, and as their site sent them."""
    places = {("S1", "event", seq): number for number, seq in enumerate(sent)}
    return order_breaks([("S1", "event", seq) for seq in stored], places)


def test_what_is_stored_behind_a_later_one_is_a_break_where_it_was_sent_before_it() -> None:
    assert breaks([1, 2, 3], [1, 2, 3]) == 0
    assert breaks([1, 3, 2], [1, 2, 3]) == 1
    assert breaks([3, 1, 2], [1, 2, 3]) == 2


def test_what_its_site_sent_behind_a_later_one_is_none_and_excuses_no_other() -> None:
    assert breaks([5, 6, 1, 2], [5, 6, 1, 2]) == 0
    assert breaks([5, 6, 2, 1], [5, 6, 1, 2]) == 1
    assert breaks([6, 5, 1, 2], [5, 6, 1, 2]) == 1
    assert breaks([2, 1, 3], [3, 1, 2]) == 1


def test_streams_and_sites_have_an_order_each() -> None:
    stored = [("S1", "event", 2), ("S1", "health", 1), ("S2", "event", 1)]
    assert order_breaks(stored, {place: number for number, place in enumerate(sorted(stored))}) == 0
