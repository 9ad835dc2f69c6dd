"""Which rows go next, how many are on their way, and when the spool hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW, Maker, event, mark

from agent.deliver.publish.pace import Pace
from agent.deliver.publish.window import Window
from agent.deliver.spool.spool import Spool

LIFTED = Pace(backlog_per_s=1e6, backlog_burst=10**6)
HOUR = timedelta(hours=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.fixture
def spool(maker: Maker) -> Iterator[Spool]:
    opened = maker.open()
    yield opened
    opened.close()


def window_on(spool: Spool, pace: Pace = LIFTED, receive_maximum: int = 65_535, confirms: bool = False) -> Window:
    window = Window(spool, pace, lambda: NOW, confirms)
    window.begin(receive_maximum)
    return window


def backlog(maker: Maker, spool: Spool, cycles: int) -> None:
    for _ in range(cycles):
        maker.cycle(spool, NOW - HOUR, events=0)


def test_a_full_window_goes_out_and_the_next_rows_when_half_of_it_is_back(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 60)
    window = window_on(spool)
    first = window.rows(0.0)
    assert [row.seq for row in first] == list(range(1, 21))
    for mid, row in enumerate(first):
        window.sent(mid, row)
    for mid in range(9):
        assert window.acknowledged(mid) == first[mid]
        assert window.rows(0.0) == []
    window.acknowledged(9)
    assert [row.seq for row in window.rows(0.0)] == list(range(21, 31))


@pytest.mark.parametrize("most", [1, 2, 3, 20])
def test_no_row_is_lost_or_sent_twice_however_small_the_window(maker: Maker, spool: Spool, most: int) -> None:
    backlog(maker, spool, 50)
    window = window_on(spool, receive_maximum=most)
    seen: list[int] = []
    while rows := window.rows(0.0):
        assert len(rows) <= most
        for row in rows:
            window.sent(row.seq, row)
            seen.append(row.seq)
        for row in rows:
            assert window.acknowledged(row.seq) == row
            window.taken(row)
        window.mark(quiet=False)
    window.mark(quiet=True)
    assert seen == list(range(1, 51))
    assert spool.counts()["sent"] == 50


def test_a_fresh_row_passes_those_that_were_ready(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 30)
    window = window_on(spool, replace(LIFTED, backlog_per_s=0.001, backlog_burst=1))
    assert [row.seq for row in window.rows(0.0)] == [1]
    maker.cycle(spool, NOW, events=0)
    assert window.rows(0.5) == []  # nobody has said so yet
    window.renew()
    assert [(row.seq, row.live) for row in window.rows(0.5)] == [(31, True)]


def test_a_fresh_row_that_nobody_announced_is_found_within_a_second(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 30)
    window = window_on(spool, replace(LIFTED, backlog_per_s=0.001, backlog_burst=1))
    window.rows(0.0)
    maker.cycle(spool, NOW, events=0)
    assert [row.seq for row in window.rows(1.1)] == [31]


def test_what_a_watermark_covers_meanwhile_is_not_sent(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 30)
    window = window_on(spool, replace(LIFTED, window=4))
    for row in window.rows(0.0):
        window.sent(row.seq, row)
        window.acknowledged(row.seq)
    (tenth,) = [row for row in spool.pending(30, NOW) if row.seq == 10]
    word = mark(spool, 1, health=replace(spool.heads()["health"], seq=10, digest=tenth.digest))
    assert spool.confirm(word, NOW) == "confirmed"
    window.confirmed(word)
    assert [row.seq for row in window.rows(0.0)] == [11, 12]  # five to twelve were ready


def test_acknowledged_rows_are_written_down_together_or_when_it_is_quiet(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 10)
    window = window_on(spool)
    rows = window.rows(0.0)
    for row in rows:
        window.sent(row.seq, row)
    window.taken(rows[0])
    window.acknowledged(rows[0].seq)
    assert not window.mark(quiet=False)
    assert spool.counts()["sent"] == 0
    assert window.mark(quiet=True)
    assert spool.counts()["sent"] == 1
    assert not window.mark(quiet=True)
    for row in rows[1:]:
        window.acknowledged(row.seq)
        window.taken(row)
    assert window.mark(quiet=False)  # nothing is on its way any more
    assert spool.counts() == {"pending": 0, "sent": 10, "parked": 0, "confirmed": 0, "dropped": 0}


def test_a_new_connection_begins_with_nothing_on_its_way(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 5)
    window = window_on(spool)
    rows = window.rows(0.0)
    for row in rows:
        window.sent(row.seq, row)
    window.taken(rows[0])
    window.begin(20)
    assert window.acknowledged(rows[1].seq) is None
    assert not window.mark(quiet=True)
    assert [row.seq for row in window.rows(0.0)] == [1, 2, 3, 4, 5]


def test_where_the_broker_confirms_its_word_is_enough(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 3)
    window = window_on(spool, confirms=True)
    for row in window.rows(0.0):
        window.taken(row)
    assert window.mark(quiet=True)
    assert spool.drained()


def test_a_new_connection_makes_all_that_waits_for_a_word_due_however_much_it_is(maker: Maker, spool: Spool) -> None:
    """Done a thousand at a time, so that the log on disk stays small."""
    made, _ = maker.envelopes([event(n) for n in range(2300)], spool.heads(), spool.epoch, NOW - HOUR)
    spool.commit(made, "{}", NOW)
    ids = [row.id for row in spool.pending(3000, NOW)]
    spool.mark_sent(ids[100:], NOW)
    spool.park(ids[0], "refused")
    spool.confirm_rows(ids[1:50], NOW)
    spool.requeue()
    assert spool.counts() == {"pending": 2251, "sent": 0, "parked": 0, "confirmed": 49, "dropped": 0}
    spool.requeue()
    assert spool.counts()["pending"] == 2251


def test_what_the_broker_has_taken_is_not_read_again_before_it_is_written_down(maker: Maker, spool: Spool) -> None:
    backlog(maker, spool, 60)
    window = window_on(spool)
    for row in window.rows(0.0):
        window.sent(row.seq, row)
    for mid in range(1, 11):
        row = window.acknowledged(mid)
        assert row is not None
        window.taken(row)
    assert not window.mark(quiet=False)
    window.renew()
    assert [row.seq for row in window.rows(0.0)] == list(range(21, 31))


def test_what_was_on_its_way_when_the_connection_ended_goes_alone(maker: Maker, spool: Spool) -> None:
    """Only so does it show on which of them the connection ends, and the others are past it."""
    backlog(maker, spool, 3)
    window = window_on(spool)
    first = window.rows(0.0)
    for row in first:
        window.sent(row.seq, row)
    assert window.ended(0, 0.0) is None
    backlog(maker, spool, 2)
    window.begin(65_535)
    assert window.rows(0.0, others=1) == [], "not beside a birth"
    for number in (1, 2, 3):
        (alone,) = window.rows(float(number))
        assert alone.seq == number
        window.sent(number, alone)
        assert window.room(0) == 0 and window.rows(float(number)) == [], "and nothing beside it"
        if number == 3:
            break
        assert window.acknowledged(number) == alone
        window.taken(alone)
    assert window.mark(quiet=True)
    assert window.ended(0, 3.0) is None, "a line breaks, too"
    window.begin(65_535)
    (alone,) = window.rows(4.0)
    window.sent(3, alone)
    shown = window.ended(0, 4.0)
    assert shown is not None and shown.seq == 3
    window.begin(65_535)
    assert [row.seq for row in window.rows(5.0)] == [4, 5], "the others pass it"
