"""The page of questions: an answer counts what who asks may see, and saved ones are shared as far as that may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from city_told import HIDDEN, OPERATOR, city
from hub_web import Client, add_person, serving

from agent.hub.domain.asking.saved import OF_ONE_MOST, Exported, Schedule
from agent.hub.domain.scope import EVERYTHING
from agent.hub.stores.page.people import People
from agent.hub.stores.store import Store


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    directory = city(tmp_path / "hub")
    add_person(directory, "chief", "supervisor")
    add_person(directory, "anna", "operator", "", operators=(OPERATOR,))
    add_person(directory, "vera", "viewer")
    with serving(directory) as one:
        yield one


def save(client: Client, name: str, text: str) -> int:
    return client.post("/questions/save", {"name": name, "q": text}).status


def total(client: Client, address: str) -> int:
    found = re.search(r"as of [^<]*: (\d+)</p>", client.get(address).text)
    assert found is not None
    return int(found[1])


def saved(client: Client) -> list[str]:
    with closing(Store(client.directory, read_only=True)) as store:
        return [one.name for one in store.saved.listed()]


def test_who_asks_counts_what_it_may_see_whoever_saved_the_question(client: Client) -> None:
    chief, anna = client.let_in("chief"), client.let_in("anna")
    assert save(chief, "all", "findings by site,status") == 303
    assert (total(chief, "/questions?saved=all"), total(anna, "/questions?saved=all")) == (24, 12)
    assert (total(chief, "/questions?q=sites"), total(anna, "/questions?q=sites")) == (4, 2)
    assert "F3" not in anna.get("/questions?saved=all").text
    assert chief.get("/api/v1/questions/all").json["total"] == 24
    assert anna.get("/api/v1/questions/all").json["total"] == 12
    assert save(anna, "own", "findings by status") == 303
    assert total(chief, "/questions?saved=own") == 24


def test_a_question_about_somebody_is_seen_by_who_saved_it_and_who_sees_everything(client: Client) -> None:
    chief, anna = client.let_in("chief"), client.let_in("anna")
    assert save(chief, "secret", f"findings 'operator={HIDDEN[1]}'") == 303
    assert save(anna, "mine", f"findings 'operator={OPERATOR}'") == 303
    assert HIDDEN[1] in chief.get("/questions").text
    assert HIDDEN[1] not in anna.get("/questions").text and "secret" not in anna.get("/questions").text
    assert [one["name"] for one in anna.get("/api/v1/questions").json["questions"]] == ["mine"]
    assert [one["name"] for one in chief.get("/api/v1/questions").json["questions"]] == ["mine", "secret"]
    for path in ("/questions?saved=secret", "/api/v1/questions/secret"):
        assert anna.get(path).status == 404
        assert anna.get(path).text.replace("secret", "none") == anna.get(path.replace("secret", "none")).text
    assert anna.post("/questions/remove", {"name": "secret"}).status == 404
    assert saved(client) == ["mine", "secret"]


def test_one_s_own_is_removed_and_another_s_by_who_sees_every_act(client: Client) -> None:
    chief, anna, vera = (client.let_in(name) for name in ("chief", "anna", "vera"))
    save(anna, "own", "sites")
    save(vera, "other", "sites")
    save(chief, "third", "sites")
    assert vera.post("/questions/remove", {"name": "own"}).status == 404
    assert anna.post("/questions/remove", {"name": "other"}).status == 404
    assert saved(client) == ["other", "own", "third"]
    assert vera.get("/questions").text.count("/questions/remove") == 1
    assert anna.post("/questions/remove", {"name": "own"}).status == 303
    assert chief.post("/questions/remove", {"name": "other"}).status == 303
    assert saved(client) == ["third"]
    with closing(People(client.directory)) as people:
        rows = [(row.who, row.act, row.what) for row in people.audit()]
    assert [row for row in rows if row[1] == "question-remove"] == [
        ("chief", "question-remove", "other"), ("anna", "question-remove", "own"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [("q", "faults"), ("q", ""), ("q", "sites 'x"), ("", "sites"), ("a b", "sites"), ("../x", "sites")],
)
def test_what_is_wrong_is_not_saved_and_leaves_no_row(client: Client, name: str, text: str) -> None:
    assert save(client.let_in("vera"), name, text) == 422
    assert saved(client) == []
    with closing(People(client.directory)) as people:
        assert people.audit() == []


def test_nobody_takes_another_s_name_or_fills_the_list(client: Client) -> None:
    anna, vera = client.let_in("anna"), client.let_in("vera")
    save(anna, "own", "sites")
    assert save(vera, "own", "findings") == 422
    for number in range(OF_ONE_MOST):
        assert save(vera, f"v{number}", "sites") == 303
    assert save(vera, "more", "sites") == 422
    assert save(anna, "more", "sites") == 303


def test_a_form_without_its_token_or_from_elsewhere_saves_and_removes_nothing(client: Client) -> None:
    vera = client.let_in("vera")
    save(vera, "own", "sites")
    for path, form in (("save", {"name": "x", "q": "sites"}), ("remove", {"name": "own"})):
        assert vera.send("POST", f"/questions/{path}", form).status == 403
        assert vera.post(f"/questions/{path}", form, {"Origin": "https://evil.test"}).status == 403
        assert client.send("POST", f"/questions/{path}", form).status == 303  # to the log-in
    assert saved(client) == ["own"]


def test_what_people_wrote_is_text_on_the_page(client: Client) -> None:
    chief = client.let_in("chief")
    hostile = "sites 'operator=<script>alert(1)</script>'"
    assert save(chief, "x", hostile) == 303
    for path in ("/questions?saved=x", "/questions?q=sites+%27operator%3D%3Cscript%3E%27"):
        text = chief.get(path).text
        assert "<script" not in text and "&lt;script" in text
    assert chief.get("/questions?q=faults").status == 422


def schedule(client: Client, name: str, every: str, went: Exported) -> None:
    """Have a question exported, and say how that went."""
    with closing(Store(client.directory)) as store, store.transaction():
        (one,) = (one for one in store.saved.listed() if one.name == name)
        made = Schedule(
            every=every, at="06:30", folder="/srv/exports", formats=("csv",), keep=31, scope=EVERYTHING, lang="en",
            begun_at="2020-01-01T00:00:00Z",
        )  # fmt: skip
        store.saved.keep(replace(one, schedule=made))
        store.saved.keep_exported(name, went)


def test_when_a_question_is_exported_and_how_that_goes_is_shown_and_where_only_to_who_sees_everything(
    client: Client,
) -> None:
    chief, anna = client.let_in("chief"), client.let_in("anna")
    assert save(chief, "weekly", "findings by status") == save(chief, "plain", "sites") == 303
    why = "cannot write: no room on the disk"
    schedule(client, "weekly", "monday", Exported(failing_since="2026-11-01T00:00:00Z", why=why))
    for one, sees in ((chief, True), (anna, False)):
        text = one.get("/questions").text
        assert "each Monday at 06:30<small>cannot be made</small>" in text
        assert (why in text) == ("/srv/exports" in text) == sees
    schedule(client, "weekly", "31", Exported(due_at="2020-01-30T22:30:00Z", made_at="2020-01-30T22:30:05Z"))
    assert "on day 31 of each month at 06:30<small>was due and is not made" in chief.get("/questions").text
    schedule(client, "weekly", "day", Exported(failing_since="x", why="<script>alert(1)</script>"))
    assert "<script>alert" not in chief.get("/questions").text
