"""A clone and its original send by turns: one of them is confirmed, and the other learns what it is."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.watermark import Watermark
from agent.model.finding import Envelope


def branches(tmp_path: Path) -> tuple[Maker, list[Envelope], list[Envelope]]:
    """Return two chains of one key that have nothing in common."""
    maker = Maker(tmp_path / "site")
    original = chain_of(maker, 3)
    clone, _ = maker.envelopes([delivery.event(n, filling=9) for n in range(3)], {}, "e1")
    return maker, original, list(clone)


TURNS = sorted(set(itertools.permutations("AAABBB")))


@pytest.mark.parametrize("turns", TURNS, ids="".join)
def test_however_two_chains_interleave_the_one_that_came_first_is_confirmed_to_its_end(
    turns: tuple[str, ...], tmp_path: Path
) -> None:
    maker, original, clone = branches(tmp_path)
    desk = Desk(tmp_path / "hub")
    trusted(desk, maker)
    waits = {"A": list(original), "B": list(clone)}
    for turn in turns:
        assert desk.send(waits[turn].pop(0))["event"] in ("verified", "fork", "tamper")
    first = original if turns[0] == "A" else clone
    (head,) = desk.store.chains.watermark("S1", "e1").values()
    assert (head.seq, head.digest) == (3, first[-1].report.digest)
    assert desk.status()["forks"] == 3
    desk.store.close()


def test_a_version_that_comes_late_and_continues_the_chain_takes_its_place_in_what_the_hub_has(tmp_path: Path) -> None:
    maker, original, clone = branches(tmp_path)
    desk = Desk(tmp_path / "hub")
    trusted(desk, maker)
    told = [desk.send(envelope)["event"] for envelope in (original[0], clone[1], clone[2], original[2], original[1])]
    assert told == ["verified", "tamper", "verified", "fork", "fork"]
    assert desk.watermark("e1") == {"event": 3}
    for envelope in original:
        report = envelope.report
        assert desk.store.report_at("S1", "e1", "event", report.seq)[0] == report.digest  # type: ignore[index]
    desk.store.close()


def test_a_chain_that_its_key_holder_rewrote_stays_broken_whatever_else_comes(tmp_path: Path) -> None:
    maker, original, clone = branches(tmp_path)
    desk = Desk(tmp_path / "hub")
    trusted(desk, maker)
    for envelope in (original[0], clone[1], clone[2]):
        desk.send(envelope)
    assert desk.watermark("e1") == {"event": 1}
    assert desk.status()["tampered"] == 1
    desk.store.close()


def test_an_original_beside_an_interleaved_clone_is_confirmed_and_the_clone_begins_a_new_epoch(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "site")
    spool = maker.open()
    epoch = spool.epoch
    spool.close()
    shutil.copytree(maker.directory, tmp_path / "clone")
    twin = Maker(tmp_path / "clone", maker.site)
    spool, other = maker.open(), twin.open()
    desk = Desk(tmp_path / "hub")
    trusted(desk, maker, epoch)
    first, second = (maker.cycle(spool, NOW, filling=1, events=0)[-1] for _ in range(2))
    cloned = [twin.cycle(other, NOW, filling=2, events=0)[-1] for _ in range(2)]
    for envelope in (first, *cloned, second):
        desk.send(envelope)
    mark = Watermark("S1", epoch, 1, desk.store.chains.watermark("S1", epoch))
    assert spool.confirm(mark, NOW) == "confirmed"
    assert spool.drained()
    assert other.confirm(mark, NOW) == "fork"
    other.begin(NOW)
    assert other.epoch != epoch
    spool.close()
    other.close()
    desk.store.close()


def test_a_copy_that_goes_on_beside_its_original_is_told_with_its_next_connection_and_once_for_each(
    tmp_path: Path,
) -> None:
    """The copy has learned what it is and begun an epoch of its own; the original lives on in the old one."""
    maker = Maker(tmp_path / "site")
    spool = maker.open()
    old = spool.epoch
    spool.close()
    shutil.copytree(maker.directory, tmp_path / "clone")
    twin = Maker(tmp_path / "clone", maker.site)
    spool, other = maker.open(), twin.open()
    desk = Desk(tmp_path / "hub")
    trusted(desk, maker, old)
    for envelope in (
        maker.cycle(spool, NOW, filling=1, events=0)[-1],
        twin.cycle(other, NOW, filling=2, events=0)[-1],
    ):
        desk.send(envelope)
    assert other.confirm(Watermark("S1", old, 1, desk.store.chains.watermark("S1", old)), NOW) == "fork"
    other.begin(NOW)
    assert desk.birth(twin, other.epoch, 1)["event"] == "state"
    for number, told in ((1, "stale-state"), (2, "two-lives"), (2, "stale-state"), (3, "two-lives")):
        assert desk.birth(maker, old, number)["event"] == told
    assert desk.store.all("SELECT n FROM count WHERE site = 'S1' AND name = 'two-lives'") == [(2,)]
    spool.close()
    other.close()
    desk.store.close()
