"""Ledgers of sixty makers' habits are read as a careful person reads them, and none gives a cell that is not so.

The truth of each was written before the reader was first run on it: it read 10 of the 60 then, with 22 wrong cells.
"""

from __future__ import annotations

import pytest
from ledger_corpus import Case, Compared, compare, hand_made
from ledger_habits import SEEDS, made

from agent.onsite.ledger.rows import read

READ_MIN_RATIO = 0.95
CORPUS = {case.name: case for case in (*hand_made(), *made())}


def reading(case: Case) -> Compared:
    return compare(case, read(case.data(), {}))


def test_nearly_every_ledger_is_read_and_no_cell_is_wrong() -> None:
    assert len(CORPUS) == 60 and len(hand_made()) == 15
    found = {name: reading(case) for name, case in CORPUS.items()}
    assert {name: one.wrong for name, one in found.items() if one.wrong} == {}
    assert sum(one.is_read for one in found.values()) / len(found) >= READ_MIN_RATIO


@pytest.mark.parametrize("name", [case.name for case in hand_made()])
def test_what_was_written_by_hand_is_read_whole(name: str) -> None:
    assert reading(CORPUS[name]) == Compared((), ())


def test_other_seeds_of_the_same_habits_give_no_wrong_cell() -> None:
    found = {case.name: reading(case).wrong for case in made(range(1000 + SEEDS.start, 1000 + SEEDS.stop))}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_comparison_finds_a_wrong_cell_a_lost_one_a_note_taken_for_a_camera_and_a_needless_refusal() -> None:
    case = next(case for case in hand_made() if case.name == "13-plain-text-of-a-school")
    data = case.data().decode().replace("192.0.2.11;CH02", "192.0.2.12;x").replace("海康;2021-9-1", "大华;")
    found = compare(case, read((data + "note of a guard;192.0.2.11;7\n").encode(), {}))
    assert [one.partition(":")[0] for one in found.wrong] == [
        "row 2, maker", "row 3, recorder_address", "row 5, name", "row 5, recorder_address", "row 5, channel",
    ]  # fmt: skip
    assert [one.partition(":")[0] for one in found.missing] == ["row 2, in_use_since", "row 3, channel", "C3"]
