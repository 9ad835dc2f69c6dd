"""Clocks that were never set, run ahead or go back: nothing is held, nothing is removed before its day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delivery import DAY, NOW, Maker, assert_closed, mark, waiting

MINUTE = timedelta(minutes=1)
UNSET = datetime(1970, 1, 1, 0, 0, 0, tzinfo=UTC)
AHEAD = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.mark.parametrize("wrong", [UNSET, AHEAD, NOW - 400 * DAY])
def test_reports_of_a_wrong_clock_are_kept_sent_and_confirmed_like_others(maker: Maker, wrong: datetime) -> None:
    spool = maker.open()
    maker.cycle(spool, wrong)
    maker.cycle(spool, NOW)
    maker.cycle(spool, wrong)
    assert_closed(waiting(spool, wrong))
    assert [p["seq"] for p in waiting(spool, NOW) if p["stream"] == "health"][-1] >= 1
    assert len(waiting(spool, NOW)) == 6
    spool.mark_sent([row.id for row in spool.pending(10, wrong)], wrong)
    assert len(spool.pending(10, NOW + 2 * timedelta(hours=1))) == 6  # whatever the clock said when they were sent
    assert spool.confirm(mark(spool), wrong) == "confirmed"
    assert spool.drained()
    spool.close()


@pytest.mark.parametrize("wrong", [UNSET, AHEAD])
def test_a_confirmation_under_a_wrong_clock_is_kept_for_a_day_of_the_right_one(maker: Maker, wrong: datetime) -> None:
    spool = maker.open()
    maker.cycle(spool, wrong)
    spool.confirm(mark(spool), wrong)
    spool.begin(wrong + MINUTE)
    assert spool.counts()["confirmed"] == 2
    spool.begin(NOW)  # the clock is set
    spool.begin(NOW + DAY - MINUTE)
    assert spool.counts()["confirmed"] == 2
    spool.begin(NOW + DAY + MINUTE)
    assert spool.counts()["confirmed"] == 0
    spool.close()


def test_a_clock_that_jumps_back_and_forth_removes_nothing_early_and_keeps_nothing_for_years(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool, NOW)
    spool.confirm(mark(spool), NOW)
    for at in (NOW + MINUTE, UNSET, UNSET + MINUTE, NOW + 2 * MINUTE, NOW - 10 * MINUTE):
        spool.begin(at)
        assert spool.counts()["confirmed"] == 2
    spool.begin(NOW + DAY + MINUTE)
    assert spool.counts()["confirmed"] == 0
    spool.close()


def test_a_confirmation_at_the_very_zero_of_the_clock_is_one(maker: Maker) -> None:
    """The time is also the mark that a report was confirmed: it is never 0."""
    spool = maker.open()
    maker.cycle(spool, UNSET)
    spool.confirm_rows([row.id for row in spool.pending(10, UNSET)], UNSET)
    assert spool.drained()
    spool.close()


def test_many_that_are_a_day_old_go_in_parts(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.deliver.spool.confirm._AT_ONCE", 3)
    monkeypatch.setattr("agent.deliver.spool.confirm._ROUNDS", 2)
    spool = maker.open()
    for _ in range(5):
        maker.cycle(spool)
    spool.confirm(mark(spool), NOW)
    left = []
    for _ in range(3):
        spool.begin(NOW + DAY + MINUTE)
        left.append(spool.counts()["confirmed"])
    assert left == [4, 0, 0]
    spool.close()
