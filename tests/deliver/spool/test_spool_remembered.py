"""What the spool remembers of its own file never differs from the file."""

from __future__ import annotations

import random
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker, mark

from agent.deliver.spool.spool import Spool
from agent.model.errors import ChainBroken, SpoolFull
from agent.model.finding import Head


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def on_disk(maker: Maker, spool: Spool) -> tuple[object, ...]:
    """Close the spool and return what a new start reads."""
    spool.close()
    again = maker.open()
    read = (again.epoch, again.heads(), again.confirmed(), again.read_memory(), again.counts()["dropped"])
    again.close()
    return read


def test_a_commit_that_fails_after_its_reports_went_in_leaves_heads_and_memory(maker: Maker) -> None:
    spool = maker.open(max_bytes=1)
    maker.cycle(spool)
    before = (spool.epoch, spool.heads(), spool.confirmed(), spool.read_memory(), 0)
    made, _ = maker.envelopes([delivery.event()], spool.heads(), spool.epoch)
    with pytest.raises(SpoolFull):  # the memory is written last, and does not fit
        spool.commit(made, random.Random(1).randbytes(300_000).hex(), NOW)
    assert (spool.epoch, spool.heads(), spool.confirmed(), spool.read_memory(), 0) == before
    maker.cycle(spool)
    assert spool.heads()["event"].seq == 2
    seen = (spool.epoch, spool.heads(), spool.confirmed(), spool.read_memory(), 0)
    assert on_disk(maker, spool) == seen


def test_a_new_epoch_that_could_not_be_written_is_not_remembered(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = maker.open()
    maker.cycle(spool)
    assert spool.confirm(mark(spool, 1, event=Head(1, "a" * 64)), NOW) == "fork"
    old = (spool.epoch, spool.heads())
    with monkeypatch.context() as patch:
        patch.setattr("agent.deliver.spool.capacity.evict", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            spool.begin(NOW)
    assert (spool.epoch, spool.heads()) == old
    spool.begin(NOW)
    assert spool.epoch != old[0]
    epoch, heads = spool.epoch, spool.heads()
    assert on_disk(maker, spool)[:2] == (epoch, heads)


def test_confirmations_gap_records_and_refusals_leave_what_a_new_start_reads(maker: Maker) -> None:
    spool = maker.open()
    for _ in range(4):
        maker.cycle(spool)
    spool.evict([row.id for row in spool.pending(3, NOW)], "damaged", NOW)
    stray, _ = maker.envelopes([delivery.health()], {"health": Head(9, "9" * 64)}, spool.epoch)
    with pytest.raises(ChainBroken):
        spool.commit(stray, "{}", NOW)
    assert spool.confirm(mark(spool, 3), NOW) == "confirmed"
    seen = (spool.epoch, spool.heads(), spool.confirmed(), spool.read_memory(), spool.counts()["dropped"])
    assert seen[1] == seen[2]
    assert on_disk(maker, spool) == seen
