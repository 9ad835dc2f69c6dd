"""What an attacker can try: each row of SECURITY.md says what stands against it, and names a test that plays it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from agent.commands.hub.view import CHANGED

TESTS = Path(__file__).parents[1]
FILES = {path.name: path for path in TESTS.rglob("test_*.py")}
TEXT = (TESTS.parent / "SECURITY.md").read_text("utf-8")


def rows_of(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| he |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


OTHERS, _, OPERATOR = TEXT.partition("## The operator as the adversary")
ROWS = rows_of(OPERATOR)
THREATS = rows_of(OTHERS.partition("## Who might attack")[2])
ATTACKERS = (
    "camera or recorder",
    "picture",
    "network",
    "hub",
    "hostile site",
    "stole the gateway",
    "its enrollment",
    "reaches the local page",
    "page for people",
    "report, a bundle or a page",
    "message of the site",
)
NOBODY = "none: nothing notices it"


def test_the_table_is_there() -> None:
    assert len(ROWS) >= 25
    assert {len(row) for row in ROWS + THREATS} == {4}


@pytest.mark.parametrize("who", ATTACKERS)
def test_each_attacker_has_a_chapter_with_rows(who: str) -> None:
    chapters = [one for one in OTHERS.split("\n### ")[1:] if who in one.partition("\n")[0]]
    assert [len(rows_of(one)) >= 4 for one in chapters] == [True]


@cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(one.name for one in ast.parse(path.read_text("utf-8")).body if isinstance(one, ast.FunctionDef))


def exists(named: str) -> bool:
    """Whether a cell is the name of one test, and there is that test."""
    parts = re.fullmatch(r"`(test_\w+\.py)::(test_\w+)`", named)
    return parts is not None and parts[1] in FILES and parts[2] in functions_of(FILES[parts[1]])


@pytest.mark.parametrize("row", THREATS, ids=lambda row: row[0][:40])
def test_a_threat_has_a_defence_what_is_left_and_a_test(row: list[str]) -> None:
    assert all(row)
    assert exists(row[3]), row[3]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_row_names_a_test_that_exists_or_says_plainly_that_nothing_notices_it(row: list[str]) -> None:
    _, gains, given_away, played = row
    assert gains and given_away
    if played == NOBODY:
        assert given_away.startswith("nothing does")
        return
    assert exists(played), played


def test_every_kind_of_change_that_a_hub_tells_stands_in_the_table() -> None:
    named = set(re.findall(r"`([a-z-]+)`", "\n".join(row[2] for row in ROWS)))
    assert CHANGED.keys() - named - {"rules-fewer"} == set()
