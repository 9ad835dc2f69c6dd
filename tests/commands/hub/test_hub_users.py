"""People of the hub's page by command: who they are, how they get a password, and what no argument ever carries."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest
from at_terminal import at_terminal
from city_told import city
from hub_web import serving
from patience import PATIENCE_S

from agent.cli import main
from agent.hub.domain.people.rows import PersonRow
from agent.hub.stores.page.people import NAME, People
from agent.hub.web.people import passwords

ROOT = Path(__file__).parents[3]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return city(tmp_path / "hub")


def user(hub: Path, *words: str, lang: str = "en") -> int:
    return main(["hub", "user", *words, "--data", str(hub), "--lang", lang])


def row_of(hub: Path, name: str) -> PersonRow:
    with closing(People(hub)) as people:
        row = people.person(name)
    assert row is not None
    return row


def test_a_password_that_was_made_is_printed_once_and_lets_in(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert user(hub, "add", "li", "--role", "operator", "--division", "1402", "--made", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["role"] == "operator" and told["divisions"] == ["1402"] and len(told["password"]) == 20
    assert told["password"].encode() not in (hub / NAME).read_bytes()
    with serving(hub) as client:
        assert client.log_in("li", told["password"]).status == 303
        assert user(hub, "password", "li", "--made") == 0
        new = capsys.readouterr().out.split()[-1]
        assert client.get("/").status == 303  # what was open has ended
        assert client.log_in("li", told["password"]).status == 422
        assert client.log_in("li", new).status == 303
        assert user(hub, "disable", "li", lang="zh_CN") == 0
        assert "li 不能再使用" in capsys.readouterr().out
        assert client.get("/").status == 303 and client.log_in("li", new).status == 422
    assert user(hub, "list") == 0
    assert capsys.readouterr().out.split() == ["li", "operator", "1402", "disabled"]
    assert (hub / NAME).stat().st_mode & 0o777 == 0o600


def test_a_person_keeps_its_password_with_another_role(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user(hub, "add", "li", "--role", "operator", "--operator", "School 4", "--made")
    before = row_of(hub, "li")
    assert user(hub, "add", "li", "--role", "supervisor") == 0
    after = row_of(hub, "li")
    assert (after.password, after.role, after.operators) == (before.password, "supervisor", ())
    assert user(hub, "add", "wang", "--role", "viewer", "--no-password") == 0
    assert row_of(hub, "wang").password == ""
    capsys.readouterr()
    assert user(hub, "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)["people"]
    assert [(one["name"], one["has_password"]) for one in told] == [("li", True), ("wang", False)]
    assert "argon2" not in json.dumps(told)
    assert main(["hub", "audit", "--data", str(hub)]) == 0
    assert "user-add  li supervisor  ok" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("add", "li", "--role", "operator", "--made"),
        ("add", "li", "--role", "maintainer", "--made"),
        ("add", "<b>li", "--role", "viewer", "--made"),
        ("add", "li\n", "--role", "viewer", "--made"),
        ("add", "", "--role", "viewer", "--made"),
        ("add", "x" * 65, "--role", "viewer", "--made"),
        ("add", "li", "--role", "king", "--made"),
        ("add", "li", "--role", "viewer", "--division", "14_", "--made"),
        ("add", "li", "--role", "viewer", "--division", "", "--made"),
        ("add", "li", "--role", "viewer", "--operator", "", "--made"),
        ("add", "li", "--role", "viewer", "--maintainer", "a\x1b[2J", "--made"),
        ("add", "li", "--role", "viewer"),  # no terminal to ask at
        ("password", "nobody", "--made"),
        ("disable", "nobody"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(
    hub: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert user(hub, *words) == 2
    said = capsys.readouterr()
    assert said.err.strip().count("\n") == 0 or "usage" in said.err
    assert said.out == "" and "\x1b" not in said.err
    with closing(People(hub)) as people:
        assert people.people() == []


def test_a_password_is_typed_twice_at_the_terminal_and_shown_by_nothing(hub: Path) -> None:
    words = [sys.executable, "-P", "-m", "agent", "hub", "user", "add", "li", "--role", "viewer", "--data", str(hub)]
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    answers = (("Password:", "a sentence as a password"), ("Again:", "a sentence as a password"))
    done = at_terminal(words, answers, cwd=ROOT, env=env, within_s=PATIENCE_S)
    assert done.code == 0 and "may use the hub's page as viewer" in done.shown
    assert "a sentence" not in done.shown
    assert passwords.is_right(row_of(hub, "li").password, "a sentence as a password")
    words[7:8] = ["wang"]
    answers = (("Password:", "a sentence as a password"), ("Again:", "another sentence here"))
    done = at_terminal(words, answers, cwd=ROOT, env=env, within_s=PATIENCE_S)
    assert done.code == 2 and "differ" in done.shown


def test_people_and_the_audit_log_come_back_with_a_backup(hub: Path, tmp_path: Path) -> None:
    user(hub, "add", "li", "--role", "operator", "--operator", "School 4", "--made")
    copy, back = tmp_path / "copy", tmp_path / "back"
    with serving(hub):  # a copy of what is in use
        assert main(["hub", "backup", str(copy), "--data", str(hub), "--quiet"]) == 0
    assert main(["hub", "restore", str(copy), "--data", str(back), "--quiet"]) == 0
    assert row_of(back, "li") == row_of(hub, "li")
    assert main(["hub", "audit", "--verify", "--data", str(back)]) == 0


def test_no_hub_no_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("list",), ("add", "li", "--role", "viewer", "--made")):
        assert user(tmp_path, *words) == 78
    assert "no hub has run here" in capsys.readouterr().err and list(tmp_path.iterdir()) == []
