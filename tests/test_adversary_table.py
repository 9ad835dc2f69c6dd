"""What the operator can try: each row of SECURITY.md says what gives him away, and names a test that plays it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from agent.commands.hub_view import CHANGED

TESTS = Path(__file__).parent
TEXT = (TESTS.parent / "SECURITY.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## The operator as the adversary")[2].splitlines()
    if line.startswith("| ") and not line.startswith("| he |")
]
NOBODY = "none: nothing notices it"


def test_the_table_is_there() -> None:
    assert len(ROWS) >= 25
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_row_names_a_test_that_exists_or_says_plainly_that_nothing_notices_it(row: list[str]) -> None:
    _, gains, given_away, played = row
    assert gains and given_away
    if played == NOBODY:
        assert given_away.startswith("nothing does")
        return
    named = re.fullmatch(r"`(test_\w+\.py)::(test_\w+)`", played)
    assert named is not None, played
    functions = ast.parse((TESTS / named[1]).read_text("utf-8")).body
    assert named[2] in {one.name for one in functions if isinstance(one, ast.FunctionDef)}


def test_every_kind_of_change_that_a_hub_tells_stands_in_the_table() -> None:
    named = set(re.findall(r"`([a-z-]+)`", "\n".join(row[2] for row in ROWS)))
    assert CHANGED.keys() - named - {"rules-fewer"} == set()
