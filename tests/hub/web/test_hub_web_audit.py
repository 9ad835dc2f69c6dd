"""The audit log: every act is a row, rows are chained, and whoever changes one is told by its number."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from city_told import city
from hub_web import PASSWORD, add_person, serving

from agent.cli import main
from agent.hub.stores.store import Store
from agent.hub.stores.words import words_of
from agent.hub.web.audit.row import AuditRow, first_changed, row_digest
from agent.hub.web.people.store import NAME, People
from agent.model.errors import StoreFailed

FINDING = {"site": "S1", "check": "camera-online", "subject": "camera:gate"}


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = city(tmp_path / "hub")
    add_person(directory, "anna", "operator", PASSWORD, divisions=("14",))
    return directory


def recorded(directory: Path) -> list[tuple[str, str, str, str]]:
    with closing(People(directory)) as people:
        return [(row.who, row.act, row.what, row.outcome) for row in reversed(people.audit())]


def test_each_act_is_a_row_and_what_was_refused_is_none(hub: Path) -> None:
    with serving(hub) as client:
        client.log_in("anna", "a wrong password")
        client.log_in("anna")
        client.post("/findings/acknowledge", {**FINDING, "until": "2026-12-30", "why": "scaffold"})
        client.post("/findings/assign", {**FINDING, "to": "Zhao", "due": "2026-12-01"})
        client.post("/findings/plan", {**FINDING, "until": "2026-12-20", "why": "ordered"})  # not as an operator
        client.post("/findings/comment", {**FINDING, "text": "seen"})
        client.post("/findings/comment", {**FINDING, "text": ""})
        client.post("/findings/comment", {**FINDING, "subject": "camera:none", "text": "x"})
        client.post("/logout", {})
    place = "S1 camera-online camera:gate"
    assert recorded(hub) == [
        ("anna", "log-in", "", "wrong"),
        ("anna", "log-in", "", "ok"),
        ("anna", "acknowledged", f"{place} 2026-12-30", "ok"),
        ("anna", "assigned", f"{place} Zhao 2026-12-01", "ok"),
        ("anna", "comment", place, "ok"),
        ("anna", "log-out", "", "ok"),
    ]
    with closing(Store(hub, read_only=True)) as store:
        assert [(one.kind, one.said_by, one.text) for one in words_of(store, "S1")] == [
            ("acknowledged", "anna", "scaffold"), ("assigned", "anna", ""), ("comment", "anna", "seen"),
        ]  # fmt: skip


def test_a_plan_is_a_row_is_shown_and_lasts_no_longer_than_it_may(hub: Path) -> None:
    add_person(hub, "boss", "supervisor", PASSWORD)
    with serving(hub) as client:
        boss = client.let_in("boss")
        assert boss.post("/findings/plan", {**FINDING, "until": "2026-12-28", "why": "ordered"}).status == 422
        assert boss.post("/findings/plan", {**FINDING, "until": "2026-12-20", "why": "ordered"}).status == 303
        assert "planned by boss until 2026-12-20" in boss.get("/findings?site=S1").text
        assert "Plan the repair" in boss.get("/sites/S1/findings/camera-online/camera:gate").text
        assert "Plan the repair" not in client.let_in("anna").get("/sites/S1/findings/camera-online/camera:gate").text
    assert recorded(hub) == [("boss", "planned", "S1 camera-online camera:gate 2026-12-20", "ok")]


def test_a_password_that_was_typed_as_a_name_is_not_recorded(hub: Path) -> None:
    with serving(hub) as client:
        client.log_in("correcthorsebattery", "anna")
        client.log_in("anna", "a wrong password")
    assert recorded(hub) == [("", "log-in", "", "wrong"), ("anna", "log-in", "", "wrong")]
    assert b"correcthorsebattery" not in (hub / NAME).read_bytes()


def test_an_act_that_cannot_be_recorded_is_not_done(hub: Path) -> None:
    with serving(hub) as client:
        client.log_in("anna")
        client.form_token()
        with closing(sqlite3.connect(hub / NAME)) as db:
            db.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
        answer = client.post("/findings/comment", {**FINDING, "text": "seen"})
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    with closing(Store(hub, read_only=True)) as store:
        assert words_of(store, "S1") == []


def _changed(db: sqlite3.Connection) -> None:
    db.execute("UPDATE audit SET who = 'boris' WHERE no = 3")


def _taken_out(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM audit WHERE no = 3")


def _renumbered(db: sqlite3.Connection) -> None:
    _taken_out(db)
    db.execute("UPDATE audit SET no = no - 1 WHERE no > 3")


def _digest_too(db: sqlite3.Connection) -> None:
    (before,) = db.execute("SELECT digest FROM audit WHERE no = 2").fetchone()
    row = AuditRow(*db.execute("SELECT at, 'boris', act, what, outcome, address FROM audit WHERE no = 3").fetchone())
    db.execute("UPDATE audit SET who = 'boris', digest = ? WHERE no = 3", (row_digest(before, 3, row),))


@pytest.mark.parametrize(
    ("harm", "no"), [(_changed, 3), (_taken_out, 3), (_renumbered, 3), (_digest_too, 4)], ids=lambda one: str(one)[:14]
)
def test_a_row_that_was_changed_is_told_by_its_number(
    hub: Path, capsys: pytest.CaptureFixture[str], harm: Callable[[sqlite3.Connection], None], no: int
) -> None:
    with closing(People(hub)) as people:
        for n in range(6):
            people.record(AuditRow(f"2026-11-27T06:0{n}:00Z", "anna", "comment", f"S{n}", "ok", ""))
    words = ["hub", "audit", "--data", str(hub), "--verify", "--json"]
    assert main(words) == 0
    whole = json.loads(capsys.readouterr().out)
    assert (whole["rows"], whole["first_changed"]) == (6, None)
    with closing(sqlite3.connect(hub / NAME)) as db, db:
        for one in ("audit_kept", "audit_fixed"):
            db.execute(f"DROP TRIGGER {one}")
        harm(db)
    assert main(words) == 1
    assert json.loads(capsys.readouterr().out)["first_changed"] == no
    assert main(words[:-1]) == 1
    assert f"row {no} is not what was written" in capsys.readouterr().out


def test_rows_that_were_taken_off_the_end_are_told_by_a_head_that_was_written_down(
    hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(People(hub)) as people:
        for n in range(3):
            people.record(AuditRow("2026-11-27T06:00:00Z", "anna", "comment", f"S{n}", "ok", ""))
    words = ["hub", "audit", "--data", str(hub), "--verify"]
    assert main([*words, "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["head"]
    assert main([*words, "--head", head]) == 0
    with closing(sqlite3.connect(hub / NAME)) as db, db:
        db.execute("DROP TRIGGER audit_kept")
        db.execute("DELETE FROM audit WHERE no = 3")
    assert main(words) == 0
    assert main([*words, "--head", head]) == 1
    assert "rows at the end were taken out" in capsys.readouterr().out


def test_the_database_itself_refuses_to_change_a_row(hub: Path) -> None:
    with closing(People(hub)) as people:
        people.record(AuditRow("2026-11-27T06:00:00Z", "anna", "comment", "", "ok", ""))
        for statement in ("DELETE FROM audit", "UPDATE audit SET who = ''"):
            with pytest.raises(StoreFailed, match="only grows"):
                people._run(statement)
        assert first_changed(reversed(people.audit())) == 0


def test_the_newest_rows_are_shown_by_command(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "audit", "--data", str(hub)]) == 0
    assert "nothing was done" in capsys.readouterr().out
    with closing(People(hub)) as people:
        for n in range(3):
            people.record(AuditRow("2026-11-27T06:00:00Z", "anna", "comment", f"S{n} \x1b[2J", "ok", "192.0.2.1"))
    assert main(["hub", "audit", "--data", str(hub), "--limit", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "3"] and "\x1b" not in "".join(lines)


def test_the_page_shows_what_the_command_shows_a_hundred_at_a_time(hub: Path) -> None:
    add_person(hub, "chief", "administrator")
    add_person(hub, "bound", "supervisor", "", divisions=("14",))
    with closing(People(hub)) as people:
        for n in range(150):
            who = "bound" if n == 3 else "anna"
            people.record(AuditRow("2026-11-27T06:00:00Z", who, "comment", f"F{n} <b>", "ok", "192.0.2.1"))
    with serving(hub) as client:
        chief = client.let_in("chief")
        first = chief.get("/audit").text
        assert "F149 &lt;b&gt;" in first and "F50 " in first and "F49 " not in first
        assert 'href="/audit?before=51"' in first
        assert "F49 " in chief.get("/audit?before=51").text
        assert "F3 " in chief.get("/audit?who=bound").text and "F4 " not in chief.get("/audit?who=bound").text
        own = client.let_in("bound").get("/audit?who=anna").text
        assert "F3 " in own and "F4 " not in own  # a row of another may name what it may not see
        assert chief.get("/audit?before=x").status == 422
