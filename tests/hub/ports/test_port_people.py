"""Who may use the page is what was stored last, ends when it is ended, and what was done is never taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from agent.hub.domain.people.audit import AuditRow, first_changed
from agent.hub.domain.people.rows import PersonRow, TokenRow
from agent.hub.ports.people import PeopleStore
from agent.hub.stores.engines import Engine

AT, LATER, LATEST = (f"2026-11-27T0{hour}:00:00.000Z" for hour in (6, 7, 8))
LI = PersonRow(name="li", role="operator", password="a hash", made_at=AT, operators=("School 4",))
TOKEN = TokenRow("t1", "li", "a program", AT, LATEST, "", "")

Opens = Callable[..., PeopleStore]


@pytest.fixture
def opens(engine: Engine, tmp_path: Path) -> Iterator[Opens]:
    with ExitStack() as opened:

        def one(read_only: bool = False) -> PeopleStore:
            people = engine.people(tmp_path, read_only)
            opened.callback(people.close)
            return people

        yield one


@pytest.fixture
def people(opens: Opens) -> PeopleStore:
    return opens()


def row(what: str) -> AuditRow:
    return AuditRow(AT, "li", "comment", what, "ok", "192.0.2.1")


def test_a_person_is_what_was_stored_last_with_exactly_its_bindings(people: PeopleStore, opens: Opens) -> None:
    assert people.people() == [] and people.person("li") is None
    people.keep_person(LI)
    people.keep_person(replace(LI, name="an", divisions=("140200", "15"), operators=(), maintainers=("Zhao",)))
    assert [one.name for one in people.people()] == ["an", "li"]
    moved = replace(LI, role="viewer", operators=(), divisions=("140300",), disabled_at=LATER)
    people.keep_person(moved)
    reader = opens(read_only=True)
    for store in (people, reader):
        assert store.person("li") == moved, "no binding of before is left"
    people.keep_person(LI)
    assert reader.person("li") == LI, "nothing that was read is held"


def test_what_is_open_is_current_until_another_takes_its_place(opens: Opens, engine: Engine, tmp_path: Path) -> None:
    opens().close()
    people = opens(read_only=True)
    assert people.is_current()
    other = engine.people(tmp_path / "other", False)
    other.close()
    for path in (tmp_path / "other").iterdir():
        path.replace(tmp_path / path.name)
    assert not people.is_current()
    scope = LI.person().scope
    assert (scope.operators, scope.everything) == (("School 4",), False)


def test_an_account_of_another_login_is_one_person(people: PeopleStore) -> None:
    people.keep_account("https://a.example", "7", "li")
    people.keep_account("https://b.example", "7", "an")
    assert [people.account(f"https://{name}.example", "7") for name in "abc"] == ["li", "an", ""]
    people.keep_account("https://a.example", "7", "wang")
    assert people.account("https://a.example", "7") == "wang"


def test_a_session_is_noted_and_ends_alone_with_its_person_or_by_age(people: PeopleStore) -> None:
    for digest, name in (("d1", "li"), ("d2", "li"), ("d3", "an"), ("d4", "an")):
        people.keep_session(digest, name, f"192.0.2.{digest[1]}", AT)
    people.note_session("d3", LATER)
    noted = people.session("d3")
    assert noted is not None and (noted.person, noted.made_at, noted.seen_at) == ("an", AT, LATER)
    people.end_session("d1")
    assert people.session("d1") is None and people.session("d2") is not None
    assert people.is_known("li", "192.0.2.2") and not people.is_known("li", "192.0.2.3")
    people.end_sessions("li")
    assert people.session("d2") is None and not people.is_known("li", "192.0.2.2")
    people.drop_sessions(AT, LATER)
    assert people.session("d4") is None and people.session("d3") is not None, "one was used since"
    people.drop_sessions(LATER, AT)
    assert people.session("d3") is None and people.is_known("an", "192.0.2.3"), "an address stays known"


def test_some_addresses_of_a_person_are_known_the_newest_ones(people: PeopleStore) -> None:
    for number in range(40):
        people.keep_session(f"d{number}", "li", f"192.0.2.{number}", f"2026-11-27T06:00:{number:02}.000Z")
    known = [number for number in range(40) if people.is_known("li", f"192.0.2.{number}")]
    assert known == list(range(24, 40))


def test_a_token_is_found_by_its_digest_used_and_revoked_by_its_person(people: PeopleStore) -> None:
    people.keep_token(TOKEN, "x" * 64)
    people.keep_token(replace(TOKEN, id="t0", made_at=LATER), "y" * 64)
    assert [one.id for one in people.tokens("li")] == ["t1", "t0"] and people.tokens("an") == []
    people.note_token("t1", LATER)
    assert people.token("x" * 64) == replace(TOKEN, used_at=LATER) and people.token("z" * 64) is None
    assert not people.revoke_token("an", "t1", LATER), "it is somebody else's"
    assert people.revoke_token("li", "t1", LATER) and not people.revoke_token("li", "t1", LATEST)
    found = people.token("x" * 64)
    assert found is not None and found.revoked_at == LATER


def test_the_key_of_forms_is_made_once(people: PeopleStore, opens: Opens) -> None:
    assert len(people.form_key()) == 32 and people.form_key() == opens().form_key()


def test_what_was_done_is_numbered_chained_and_listed_from_either_end(people: PeopleStore, opens: Opens) -> None:
    for number in range(1, 6):
        people.record(row(f"{number}"))
    people.record(replace(row("6"), who="an"))
    rows = opens(read_only=True).audit_from(1, 99)
    assert [(one.no, one.what) for one in rows] == [(number, f"{number}") for number in range(1, 7)]
    assert first_changed(rows) == 0 and first_changed([*rows[:2], *rows[3:]]) == 3
    assert people.audit_from(3, 2) == rows[2:4]
    assert people.audit() == rows[::-1]
    assert people.audit(before=4, most=2) == [rows[2], rows[1]]
    assert people.audit(who="an") == [rows[5]]


def test_what_raises_leaves_neither_an_act_nor_its_row(people: PeopleStore) -> None:
    with pytest.raises(RuntimeError), people.changing():
        people.keep_person(LI)
        with people.changing():
            people.record(row("added"))
        raise RuntimeError
    assert people.person("li") is None and people.audit() == []
    with people.changing():
        people.keep_person(LI)
        people.record(row("added"))
    assert people.person("li") == LI and [one.no for one in people.audit()] == [1]
