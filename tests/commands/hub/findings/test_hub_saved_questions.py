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


def test_a_schedule_is_kept_shown_and_ended(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    hub.says("ask", "sites", "--save", "q")
    plan = (
        "question",
        "schedule",
        "q",
        "--every",
        "monday",
        "--to",
        str(folder),
        "--format",
        "xlsx",
        "--format",
        "csv",
    )
    said = hub.says(*plan, "--keep", "4", "--division", "14")
    assert f"q is exported to {folder} by the running hub" in said
    export = hub.json("question", "list")["questions"][0]["export"]
    told = {name: export[name] for name in ("every", "at", "folder", "formats", "keep", "state", "due_at", "missed")}
    assert told == {
        "every": "monday", "at": "06:30", "folder": str(folder), "formats": ["csv", "xlsx"], "keep": 4, "state": "new",
        "due_at": None, "missed": 0,
    }  # fmt: skip
    assert export["scope"] == {"divisions": ["14"], "operators": [], "maintainers": [], "everything": False}
    assert f"exported every monday at 06:30 to {folder}, the newest 4 stay" in hub.says("question", "list")
    assert "none was due yet" in hub.says("question", "list")
    assert "\u5c1a\u672a\u5230" in hub.says("question", "list", "--lang", "zh_CN")
    hub.says(*plan)
    assert hub.json("question", "list")["questions"][0]["export"]["scope"]["everything"] is True
    assert "q is exported no more" in hub.says("question", "unschedule", "q")
    assert hub.json("question", "list")["questions"][0]["export"] is None
    acts = sorted((row["act"], row["what"]) for row in hub.json("audit")["rows"])
    assert acts[:2] == [("question-save", "q"), ("question-schedule", "q monday 06:30")]


def test_a_schedule_that_cannot_be_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.says("ask", "sites", "--save", "q")
    inside = hub.directory / "exports"
    inside.mkdir()
    (tmp_path / "file").touch()
    plan = ("question", "schedule", "q", "--every", "day")
    for folder in (hub.directory, inside, tmp_path / "none", tmp_path / "file"):
        assert "no folder for exports" in hub.says(*plan, "--to", str(folder), code=2)
    for more, said in (
        (("--at", "6:30"), "no time of day"), (("--keep", "1001"), "--keep: at most 1000"),
        (("--division", "x"), "a code of 2, 4 or 6 digits"),
    ):  # fmt: skip
        assert said in hub.says(*plan, "--to", str(tmp_path), *more, code=2)
    none = ("question", "schedule", "none", "--every", "31", "--to", str(tmp_path))
    assert "no question is saved so" in hub.says(*none, code=2)
    assert "no question is saved so" in hub.says("question", "unschedule", "none", code=2)
    assert hub.json("question", "list")["questions"][0]["export"] is None
