"""The page of all obligations is what packs, checks, declarables and tests say; no obligation is without its row."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from agent.judge.checks.table import CHECKS
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped

ROOT = Path(__file__).parents[2]
TABLE = runpy.run_path(str(ROOT / "packaging/write_checks_table.py"))
PAGE = (ROOT / "agent/judge/checks/README.md").read_text("utf-8")
JUDGING = (ROOT / "agent/judge/judging.md").read_text("utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]


def test_the_page_is_what_packs_checks_and_tests_say() -> None:
    assert TABLE["page"]() == PAGE, "run: make generated"


def test_the_list_of_claims_is_what_the_table_of_obligations_says() -> None:
    assert TABLE["judging"](JUDGING) == JUDGING, "run: make generated"


def test_every_obligation_and_every_check_has_a_row() -> None:
    named = {row[0].strip("|` ") for row in ROWS}
    assert {name for name, _ in obligations(shipped())} - named == set()
    told = {name for row in ROWS for name in re.findall("`([a-z-]+)`", row[2] if "/" in row[0] else row[0])}
    assert told == {check.id for check in CHECKS}


def test_every_article_of_the_measures_says_what_it_covers_and_what_not() -> None:
    articles = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| article [0-9]", line)]
    assert len(articles) == len({row[0] for row in articles}) == 19
    numbers = {int(n) for row in articles for n in re.findall(r"article ([0-9]+)", row[0])}
    assert numbers == set(range(1, 16))
    assert [row[0] for row in articles if not all(cell.strip(" |") for cell in row)] == []


def test_every_check_that_is_written_has_a_test() -> None:
    bare = [row[0] for row in ROWS if row[-1].strip("| ") == "none"]
    assert bare == []
