"""What `make mutants` and `make mutants-rooms` change stands where it says, and its test exists; none is run here."""

from __future__ import annotations

import ast
from collections import Counter
from functools import partial
from pathlib import Path

from every_case import holds_for_every
from house_rules import ORDER
from mutants.model import Mutant
from mutants.rooms import ROOMS
from mutants.table import MUTANTS

from tests.adversary.test_adversary_table import ROWS, THREATS, exists

ROOT = Path(__file__).parents[2]


def test_each_has_a_name_of_its_own() -> None:
    both = (*MUTANTS, *ROOMS)
    assert len({one.name for one in both}) == len(both)


def stands_there(one: Mutant) -> None:
    text = (ROOT / one.file).read_text("utf-8")
    assert text.count(one.text) == 1 and one.mutated != one.text
    if one.file.endswith(".py"):
        ast.parse(text.replace(one.text, one.mutated))
    test = one.test.partition("[")[0]
    assert exists(f"`{test}`")


def is_of_a_row(one: Mutant) -> None:
    test = one.test.partition("[")[0]
    (row,) = [row for row in THREATS + ROWS if row[0].startswith(one.row)]
    assert row[3].strip("`") == test or row[3].strip("`").partition("::")[0] == test.partition("::")[0]


def test_a_defence_that_is_taken_out_stands_in_its_file_and_its_test_exists() -> None:
    holds_for_every((one.name, partial(stands_there, one)) for one in MUTANTS)
    holds_for_every((one.name, partial(is_of_a_row, one)) for one in MUTANTS)


def test_a_slip_stands_in_a_file_of_its_room_and_each_room_has_two() -> None:
    holds_for_every((one.name, partial(stands_there, one)) for one in ROOMS)
    places = {one.name: tuple(one.file.split("/")[:2]) for one in ROOMS}
    assert [one.name for one in ROOMS if one.row not in places[one.name]] == []
    counts = Counter(one.row for one in ROOMS)
    assert sum(counts.values()) >= 40 and [room for room in ORDER if counts[room] < 2] == []
