"""What `make mutants` takes out stands where it says, and is of a row of SECURITY.md; the runs are not made here."""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path

from every_case import holds_for_every
from mutants.model import Mutant
from mutants.table import MUTANTS

from tests.adversary.test_adversary_table import ROWS, THREATS, exists

ROOT = Path(__file__).parents[2]


def test_each_has_a_name_of_its_own() -> None:
    assert len({one.name for one in MUTANTS}) == len(MUTANTS)


def stands_there(one: Mutant) -> None:
    text = (ROOT / one.file).read_text("utf-8")
    assert text.count(one.text) == 1 and one.mutated != one.text
    if one.file.endswith(".py"):
        ast.parse(text.replace(one.text, one.mutated))
    test = one.test.partition("[")[0]
    assert exists(f"`{test}`")
    (row,) = [row for row in THREATS + ROWS if row[0].startswith(one.row)]
    assert row[3].strip("`") == test or row[3].strip("`").partition("::")[0] == test.partition("::")[0]


def test_a_defence_that_is_taken_out_stands_in_its_file_and_its_test_exists() -> None:
    holds_for_every((one.name, partial(stands_there, one)) for one in MUTANTS)
