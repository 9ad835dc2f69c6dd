"""The hub asks for reports that it lost: they go out again once, and nothing that was settled is unsettled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from delivery import DAY, NOW, Maker, event, mark

from agent.contract.orders import Range
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.window import Window
from agent.deliver.spool.resend import Resent
from agent.deliver.spool.spool import Spool
from agent.model.finding import StreamName

MINUTE = timedelta(minutes=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def confirmed(maker: Maker, cycles: int) -> Spool:
    """Return a spool of so many cycles that the hub has confirmed just now."""
    spool = maker.open()
    for _ in range(cycles):
        maker.cycle(spool)
    spool.mark_sent([row.id for row in spool.pending(100, NOW)], NOW)
    assert spool.confirm(mark(spool), NOW) == "confirmed"
    return spool


def asked(spool: Spool, first: int, last: int, stream: StreamName = "health") -> Range:
    return Range(spool.epoch, stream, first, last)


def test_confirmed_reports_of_the_range_and_no_others_are_due_at_once(maker: Maker) -> None:
    spool = confirmed(maker, 5)
    heads, marks = spool.heads(), spool.confirmed()
    assert spool.pending(10, NOW) == ()
    assert spool.resend(asked(spool, 2, 4)) == Resent(3, ())
    assert [(r.stream, r.seq) for r in spool.pending(10, NOW)] == [("health", 2), ("health", 3), ("health", 4)]
    assert (spool.heads(), spool.confirmed()) == (heads, marks)
    assert not spool.drained()
    spool.close()


def test_they_are_backlog_however_fresh_they_are_and_go_behind_what_is(maker: Maker) -> None:
    spool = confirmed(maker, 2)
    spool.resend(asked(spool, 1, 2))
    maker.cycle(spool)
    rows = spool.pending(10, NOW)
    assert [(r.stream, r.seq, r.live) for r in rows[-2:]] == [("health", 1, False), ("health", 2, False)]
    assert [r.live for r in rows[:-2]] == [True, True]
    spool.close()


def test_a_report_that_the_broker_confirmed_before_it_was_marked_sent_is_not_fresh_either(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    spool.confirm(mark(spool), NOW)  # the watermark overtook the mark: no attempt was ever counted
    spool.resend(asked(spool, 1, 1))
    assert [(r.live, r.attempts) for r in spool.pending(10, NOW)] == [(False, 1)]
    spool.close()


def test_the_brokers_word_settles_a_resent_report_again_without_a_new_watermark(maker: Maker) -> None:
    """The hub's watermark does not move for what it had confirmed before: nothing may wait for it."""
    spool = confirmed(maker, 3)
    spool.resend(asked(spool, 1, 3))
    spool.mark_sent([row.id for row in spool.pending(10, NOW)], NOW)
    assert spool.drained()
    assert spool.confirm(mark(spool), NOW) == "nothing-new"
    spool.requeue()
    for later in (0, 120, 3600, 86_400):
        assert spool.pending(10, NOW + timedelta(seconds=later)) == ()
    spool.close()


def test_a_window_sends_a_resent_report_once(maker: Maker) -> None:
    spool = confirmed(maker, 3)
    spool.resend(asked(spool, 1, 3))
    window = Window(spool, Pace(backlog_per_s=1e9, backlog_burst=10**9), lambda: NOW, broker_confirms=False)
    window.begin(20)
    sent = []
    for turn in range(10):
        for row in window.rows(turn * 10.0):
            window.sent(row.id, row)
            sent.append(row.seq)
            assert window.acknowledged(row.id) is not None
            window.taken(row)
        window.mark(quiet=True)
    assert sent == [1, 2, 3]
    spool.close()


def test_the_day_after_which_a_report_is_removed_does_not_begin_again(maker: Maker) -> None:
    for broker in (False, True):
        spool = confirmed(maker, 1)
        later = NOW + DAY - MINUTE
        assert spool.resend(asked(spool, 1, 1)).count == 1
        ids = [row.id for row in spool.pending(10, later)]
        if broker:
            spool.confirm_rows(ids, later)
        else:
            spool.mark_sent(ids, later)
        assert spool.counts()["confirmed"] == 2
        spool.begin(later + 2 * MINUTE)
        assert spool.counts()["confirmed"] == 0
        spool.close()
        (maker.directory / "spool.db").unlink()


def test_what_is_no_longer_here_is_named_in_runs(maker: Maker) -> None:
    spool = maker.open()
    for number in range(9):
        maker.cycle(spool, NOW + number * MINUTE)
        spool.confirm(mark(spool, number + 1), NOW + number * MINUTE)
    spool.begin(NOW + DAY + 2 * MINUTE + timedelta(seconds=1))  # the first three are a day old
    for seq in (4, 7):
        spool.resend(asked(spool, seq, seq))
    spool.evict([row.id for row in spool.pending(10, NOW)], "test", NOW)
    assert spool.resend(asked(spool, 1, 12)) == Resent(4, ((1, 4), (7, 7), (10, 12)))
    assert spool.resend(asked(spool, 5, 6)) == Resent(2, ())  # on their way already, and still counted
    assert spool.resend(Range("0" * 16, "health", 1, 5)) == Resent(0, ((1, 5),))
    spool.close()


def test_rows_that_wait_stay_as_they_are_and_parked_ones_are_not_missing(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool, events=0)
    maker.cycle(spool, events=0)
    first, second = spool.pending(10, NOW)
    spool.park(first.id, "too large")
    assert second.live
    assert spool.resend(asked(spool, 1, 2)) == Resent(1, ())
    (row,) = spool.pending(10, NOW)
    assert (row.id, row.live) == (second.id, True)
    assert spool.counts()["parked"] == 1
    spool.close()


def test_a_sent_report_that_is_asked_for_still_needs_the_hubs_word(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool, events=0)
    ids = [row.id for row in spool.pending(10, NOW)]
    spool.mark_sent(ids, NOW)
    assert spool.resend(asked(spool, 1, 1)).count == 1
    spool.mark_sent([row.id for row in spool.pending(10, NOW)], NOW)
    assert not spool.drained()
    assert len(spool.pending(10, NOW + 5 * MINUTE)) == 1
    assert spool.confirm(mark(spool), NOW) == "confirmed"
    assert spool.drained()
    spool.close()


def test_a_resent_report_makes_room_before_anything_unconfirmed_does(maker: Maker) -> None:
    spool = maker.open(max_bytes=48 * 8192)
    for number in range(40):
        maker.cycle(spool, events=0, filling=2500)
        spool.confirm(mark(spool, number + 1), NOW)
    spool.resend(asked(spool, 1, 40))
    for _ in range(20):
        maker.cycle(spool, events=0, filling=2500)
    assert spool.counts()["dropped"] == 0
    assert {r.seq for r in spool.pending(100, NOW)} >= set(range(41, 61))
    spool.close()


def test_a_new_epoch_does_not_give_up_what_the_hub_had_confirmed(maker: Maker) -> None:
    spool = confirmed(maker, 2)
    spool.resend(asked(spool, 1, 2))
    spool.confirm(mark(spool, 2, event=spool.heads()["health"]), NOW)
    spool.begin(NOW)
    assert spool.counts()["dropped"] == 0
    assert spool.heads()["gap"].seq == 0
    spool.close()


def test_a_long_range_is_answered_and_a_long_watermark_taken_in_parts(maker: Maker) -> None:
    spool = maker.open()
    for _ in range(3):
        spool.begin(NOW)
        made, _ = maker.envelopes([event(n) for n in range(800)], spool.heads(), spool.epoch)
        spool.commit(made, "{}", NOW)
    assert spool.confirm(mark(spool), NOW) == "confirmed"
    assert spool.drained()
    assert spool.resend(asked(spool, 1, 3000, "event")) == Resent(2400, ((2401, 3000),))
    assert spool.counts()["pending"] == 2400
    spool.close()
