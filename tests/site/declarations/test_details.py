"""Details of a declaration: what is written is checked, and what is missing is one item of its paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from duty_sites import TODAY, declared_site, details, judged, verdict, word

from agent.cli import full_parser
from agent.commands.declare import asking
from agent.commands.declare.asking import Walk
from agent.commands.declare.command import run
from agent.commands.terminal.asking import Ended
from agent.judge.wording.declared_words import FOLDED
from agent.model.errors import UsageError
from agent.site.config.add_declaration import append_declarations
from agent.site.config.load import load
from agent.site.config.site import Rules
from agent.site.declarations.details import detail, detail_day, lacking, with_detail, wrong_detail
from agent.site.declarations.standing import lines, standings
from agent.site.declarations.table import BY_ID, DECLARABLES
from agent.site.toml.problems import ConfigError
from tests.site.config.test_config import SITE, write

TEST = BY_ID["paper-test-report"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("outcome: passed", ""),
        ("institution: City testing centre", ""),
        ("institution: Room 3: the west wing", ""),
        ("outcome: perhaps", "one of passed, failed"),
        ("outcome:", "has no text"),
        ("inspector: Wang", "no detail inspector"),
        ("no colon at all", "no detail"),
    ],
)
def test_a_detail_is_one_of_its_row_and_says_something(text: str, said: str) -> None:
    wrong = wrong_detail(TEST, text)
    assert (said in str(wrong)) if said else wrong is None


@pytest.mark.parametrize(("day", "right"), [("2026-01-31", True), ("31.1.2026", False), ("soon", False)])
def test_a_day_among_the_details_is_a_day(day: str, right: bool) -> None:
    row = BY_ID["contractor-build"]
    assert (wrong_detail(row, f"certificate-until: {day}") is None) is right
    assert detail_day((f"certificate-until: {day}",), "certificate-until") == (date(2026, 1, 31) if right else None)


def test_a_detail_that_is_given_again_replaces_the_one_before() -> None:
    found = with_detail(("outcome: failed", "institution: A"), "outcome", "passed")
    assert (detail(found, "outcome"), detail(found, "institution"), len(found)) == ("passed", "A", 2)


def test_what_is_declared_to_be_none_lacks_nothing_and_what_is_optional_is_never_missing() -> None:
    assert lacking(BY_ID["main-project-date"], "none", ()) == ()
    assert lacking(BY_ID["acceptance-date"], date(2026, 1, 1), ()) == ()
    assert len(lacking(TEST, "no. 1", ())) == 4


def test_four_missing_details_of_a_paper_are_one_item() -> None:
    a_site = declared_site(replace(word("paper-test-report"), details=()))
    (line,) = lines(standings(a_site, TODAY), "missing", "expired", "incomplete")
    assert (line.duty.id, line.state) == ("paper-test-report", "incomplete")
    (finding,) = judged("declarations", a_site)
    assert (finding.status, finding.reason) == ("unknown", "incomplete")
    (one,) = judged("acceptance-documents", a_site)
    assert (one.status, one.reason, one.caused_by) == ("unknown", "incomplete", FOLDED)
    assert "accreditation" in str(one.message)
    assert verdict("archive-complete", a_site) == ("pass", ""), "which asks for the paper, not for what stands on it"


def test_every_paper_without_any_detail_is_no_more_items_than_papers() -> None:
    rows = [replace(word(row.id), details=()) for row in DECLARABLES if lacking(row, "x", ())]
    a_site = declared_site(*rows, word("zone-type", "road"))
    found = lines(standings(a_site, TODAY), "missing", "expired", "incomplete")
    assert sorted(line.duty.id for line in found) == sorted(row.duty for row in rows)


def test_a_file_keeps_its_details_and_a_wrong_one_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, SITE)
    row = replace(word("paper-test-report"), details=details("paper-test-report"))
    assert append_declarations(path, [row]).declarations[-1] == row
    text = path.read_text("utf-8")
    path.write_text(text.replace("outcome: passed", "outcome: maybe"), "utf-8")
    with pytest.raises(ConfigError, match="outcome is one of passed, failed"):
        load(path)


def arguments(path: Path, *given: str):  # type: ignore[no-untyped-def]
    return full_parser().parse_args(["declare", "--config", str(path), "--by", "Li Na", "--quiet", *given])


def test_a_detail_is_added_to_what_is_declared_and_to_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, SITE)
    paper = ("--sha256", "a" * 64, "--paper-date", "2026-01-31")
    with pytest.raises(UsageError, match="not declared yet"):
        run(arguments(path, "--set", "paper-test-report.outcome=passed"))
    first = ("--set", "paper-test-report=JC 7", "--set", "paper-test-report.outcome=passed", *paper)
    assert run(arguments(path, *first)) == 0
    assert run(arguments(path, "--set", "paper-test-report.institution=City centre")) == 0
    newest = load(path).declarations[-1]
    assert (newest.value, newest.sha256, newest.document_at) == ("JC 7", "a" * 64, date(2026, 1, 31))
    assert newest.details == ("outcome: passed", "institution: City centre")
    with pytest.raises(UsageError, match="no detail inspector"):
        run(arguments(path, "--set", "paper-test-report.inspector=Wang"))
    assert load(path).declarations[-1] == newest


def test_who_ends_in_the_middle_of_the_details_keeps_those_he_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, SITE)
    append_declarations(path, [replace(word("paper-test-report"), details=())])
    walk = Walk(path, load(path), "Li Na", "Li Na", TODAY, "en")
    answers = iter(["City centre", "CMA 7"])

    def answered(_question: str, read: Callable[[str], object], **_: object) -> object:
        try:
            return read(next(answers))
        except StopIteration:
            raise Ended from None

    monkeypatch.setattr(asking, "ask", answered)
    (line,) = lines(standings(replace(walk.site, rules=Rules("filing")), TODAY), "incomplete")
    with pytest.raises(Ended):
        walk.answer(line, ())
    assert load(path).declarations[-1].details == ("institution: City centre", "accreditation: CMA 7")
