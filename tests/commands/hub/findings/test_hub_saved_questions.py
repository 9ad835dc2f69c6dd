"""`hub ask --save` and `hub question`: a question is saved once, asked again by today's days, and names no person."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from city_told import COMPANY, NOW, OPERATOR, city

from agent.cli import main
from agent.contract.authors import Names
from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import signing_key
from agent.hub.stores.keeping import authors
from agent.hub.stores.store import Store

PERSON = "author-S1-0123456789abcdef"


class Hub:
    """The commands of a hub."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory, self._capsys = directory, capsys

    def says(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        assert main(["hub", *words, "--data", str(self.directory)]) == code
        told = self._capsys.readouterr()
        return told.out if code == 0 else told.err

    def json(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))


@pytest.fixture
def hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    return Hub(city(tmp_path / "hub"), capsys)


def test_a_question_is_saved_listed_asked_by_its_name_and_removed(hub: Hub) -> None:
    first = hub.json("ask", "findings by status operator=-", "--save", "orphans")
    again = hub.json("ask", "--saved", "orphans")
    assert {**again, "as_of": ""} == {**first, "as_of": ""} and again["total"] == 6
    (row,) = hub.json("question", "list")["questions"]
    assert (row["name"], row["asks"], row["saved_by"]) == ("orphans", "findings by status operator=-", "(command)")
    assert "orphans  findings by status operator=-" in hub.says("question", "list")
    assert "orphans is forgotten" in hub.says("question", "remove", "orphans")
    assert hub.json("question", "list")["questions"] == []
    assert "no question is saved" in hub.says("question", "list")
    acts = [(row["act"], row["what"]) for row in hub.json("audit")["rows"]]
    assert sorted(acts) == [("question-remove", "orphans"), ("question-save", "orphans")]


def test_days_that_follow_from_today_follow_from_the_day_of_asking(hub: Hub) -> None:
    hub.says("ask", "camera-days by check", "--save", "bad")
    yesterday = (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=1)
    assert hub.json("ask", "--saved", "bad")["to"] == yesterday.isoformat()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ask", "sites", "--save", "one"), "saved as one already"),
        (("ask", "sites", "--save", "a/b"), "a name has 1 to 64"),
        (("ask", "sites by modl", "--save", "two"), "by 'modl'"),
        (("ask",), "write a question, or --saved NAME"),
        (("ask", "sites", "--saved", "one"), "write a question, or --saved NAME"),
        (("ask", "--saved", "one", "--save", "two"), "write a question, or --saved NAME"),
        (("ask", "--saved", "none"), "no question is saved so"),
        (("question", "remove", "none"), "no question is saved so"),
    ],
)
def test_what_is_refused_is_one_line_and_changes_nothing(hub: Hub, words: tuple[str, ...], said: str) -> None:
    hub.says("ask", "sites", "--save", "one")
    before = hub.json("question", "list"), hub.json("audit")["rows"]
    told = hub.says(*words, code=2)
    assert said in told and len(told.splitlines()) == 1
    assert (hub.json("question", "list"), hub.json("audit")["rows"]) == before


def test_a_question_whose_words_are_none_any_more_is_refused_by_its_name(hub: Hub) -> None:
    hub.says("ask", "sites check=clock-offset", "--save", "old")
    with closing(Store(hub.directory)) as store:
        store.run("UPDATE question SET named = replace(named, 'clock-offset', 'clock-gone')")
    assert "check='clock-gone': this release has no such check" in hub.says("ask", "--saved", "old", code=2)
    assert hub.json("question", "list")["questions"][0]["asks"] == "sites check=clock-gone"


def name_person(hub: Hub, name: str) -> None:
    authors.take(hub.directory, Names("S1", "datong", NOW, {PERSON: name}), NOW)


def test_no_name_of_a_person_is_stored_with_a_question_and_an_erased_one_is_asked_for_no_more(hub: Hub) -> None:
    name_person(hub, COMPANY)
    hub.says("ask", "findings", f"maintainer={COMPANY}", f"operator={OPERATOR}", "--save", "own")
    with closing(Store(hub.directory)) as store:
        (row,) = store.all("SELECT named FROM question")
    assert COMPANY not in row[0] and PERSON in row[0]
    assert hub.json("ask", "--saved", "own")["total"] == 12
    assert COMPANY in hub.says("question", "list")
    hub.says("people", "erase", PERSON, "--by", "b", "--why", "asked for")
    assert COMPANY not in hub.says("question", "list") + json.dumps(hub.json("question", "list"))
    assert f"{PERSON}: nobody's name any more" in hub.says("ask", "--saved", "own", code=2)
    assert COMPANY not in json.dumps(hub.json("audit"))


def test_a_name_that_was_told_after_a_question_was_saved_is_erased_in_it_too(hub: Hub) -> None:
    hub.says("ask", "findings", f"maintainer={COMPANY}", "--save", "own")
    hub.says("ask", "sites", "--save", f"of-{COMPANY.partition(' ')[0]}")
    name_person(hub, COMPANY.partition(" ")[0])
    told = hub.says("people", "erase", PERSON, "--by", "b", "--why", "asked for", code=2)
    assert "has the name that is to be erased" in told
    assert hub.json("people", "list")["people"][0]["name"], "nothing is erased by half"
    hub.says("question", "remove", "of-Company")
    hub.says("question", "remove", "own")
    hub.says("ask", "findings", "maintainer=Company", "--save", "own")
    hub.says("people", "erase", PERSON, "--by", "b", "--why", "asked for")
    with closing(Store(hub.directory)) as store:
        assert store.saved.listed()[0].named["maintainer"] == PERSON


def test_a_question_goes_with_a_backup_and_a_take_over(hub: Hub, tmp_path: Path) -> None:
    hub.says("ask", "findings by status", "--save", "q")
    load_or_create_signer(hub.directory / signing_key.KEY_NAME)
    listed = hub.json("question", "list")
    hub.says("backup", str(tmp_path / "copy"))
    assert main(["hub", "restore", str(tmp_path / "copy"), "--data", str(tmp_path / "back")]) == 0
    assert main(["hub", "take-over", str(hub.directory), "--data", str(tmp_path / "over")]) == 0
    for name in ("back", "over"):
        hub.directory = tmp_path / name
        assert hub.json("question", "list") == listed
