"""A hub is moved from its file into PostgreSQL whole, or stays as it was, wherever the move is ended."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from delivery import Maker, site
from every_command import run
from hubdesk import Desk
from moved_hub import PLAIN, fill, killed_at, lived, nothing, put_row
from postgres import PostgresServer

from agent.host.lock import lock
from agent.hub.stores import evidence
from agent.hub.stores.engines import migrate, open_store
from agent.hub.stores.postgres.moving.tables import OF_REPORTS
from agent.hub.views.signatures import verify_all
from agent.model.errors import AgentError, Locked, NotVerified, StoreWaits, UsageError

SAME = (
    ["status"], ["status", "S1"], ["findings"], ["site", "S1"], ["fleet"], ["repairs"], ["orders"], ["holds"],
    ["disputes"], ["webhook", "list"], ["check"], ["verify", "--all"],
    ["places"], ["upgrade"],
    ["report", "--by", "model", "--day", "2026-11-24"],
)  # fmt: skip
"""What people and programs ask of a hub, which answers the same before and after."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived")
    return lived(folder / "hub", folder)


@pytest.fixture
def hub(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "hub")


@pytest.fixture
def to(postgres: PostgresServer, tmp_path: Path) -> Path:
    """Return a file that names an empty database."""
    postgres.place(tmp_path / "to")
    return tmp_path / "to" / "postgres.conninfo"


def answers(folder: Path) -> dict[str, object]:
    found = {}
    for words in SAME:
        code, out, err = run(["hub", *words, "--data", str(folder), "--json"], "en")
        assert code in (0, 1), (words, err)
        told = json.loads(out)
        for name in ("at", "as_of", "disk"):  # how much room there is, is the server's
            told.pop(name, None)
        found[" ".join(words)] = (code, told, err)
    return found


def content(path: Path) -> list[str]:
    """Return all that a hub's file has."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return list(db.iterdump())


def test_every_question_has_the_same_answer_and_the_old_file_is_put_aside_unchanged(hub: Path, to: Path) -> None:
    before, was = answers(hub), content(hub / "hub.db")
    code, out, err = run(["hub", "migrate", "--data", str(hub), "--to", str(to), "--json"], "en")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["tables"]["report_row"] > 80
    assert answers(hub) == before
    assert not (hub / "hub.db").exists() and content(hub / "hub.db.migrated") == was
    assert (hub / "postgres.conninfo").read_bytes() == to.read_bytes()
    assert (hub / "postgres.conninfo").stat().st_mode & 0o077 == 0


def test_every_table_of_both_engines_is_moved(hub: Path, to: Path, postgres: PostgresServer) -> None:
    fill(hub)
    assert set(migrate(hub, to, nothing).rows) == {*PLAIN, "report_row"}
    found = {name for (name,) in postgres.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}
    assert {name for name in found if not name.startswith("report_row_")} - OF_REPORTS == {
        *PLAIN,
        "migration",
    }
    with closing(sqlite3.connect(hub / "hub.db.migrated")) as db:
        there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert there == {*PLAIN, *OF_REPORTS}
        for name in PLAIN:
            columns = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({name})"))
            rows = db.execute(f"SELECT {columns} FROM {name}").fetchall()  # noqa: S608
            moved = postgres.query(f"SELECT {columns} FROM {name}")  # noqa: S608
            if name == "key":  # whose JSON PostgreSQL stores parsed
                assert sorted((kid, site, json.loads(jwk)) for kid, site, jwk in rows) == sorted(moved)
                continue
            assert sorted(map(repr, rows)) == sorted(map(repr, moved)) != [], name


def test_sites_report_on_and_numbers_go_on_behind_those_that_were_moved(hub: Path, made: Path, to: Path) -> None:
    migrate(hub, to, nothing)
    with closing(open_store(hub)) as store:
        numbers = [row[0] for row in store.all("SELECT id FROM report ORDER BY id")]  # type: ignore[attr-defined]
    desk = Desk(hub, open_store)
    with closing(desk.store):
        maker = Maker(made.parent / "S2", site("S2"))
        assert desk.vouch(maker) != []  # what waited for its key is judged now
        new = [row[0] for row in desk.store.all("SELECT id FROM report ORDER BY id")][len(numbers) :]
        assert new and min(new) > max(numbers)
        assert evidence.check(desk.store, None)["altered"] == 0
        assert verify_all(desk.store, "")["wrong"] == 0
    code, _, err = run(["hub", "hold", "S1", "--from", "2026-11-24", "--to", "2026-11-25", "--until", "2031-01-02",
                        "--by", "Li", "--why", "x", "--data", str(hub)], "en")  # fmt: skip
    assert (code, err) == (0, "")


def test_ended_anywhere_it_goes_on_and_the_folder_is_that_of_one_hub(
    hub: Path, to: Path, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
) -> None:
    """Ended with SIGKILL further and further on, and gone on with by the next run, until one gets through."""
    before = answers(hub)
    monkeypatch.setattr("agent.hub.stores.postgres.moving.move.MOST", 20)
    ended, point = 0, 300
    while killed_at(point, hub, to):
        ended, point = ended + 1, point * 3 // 2
        assert (hub / "hub.db").exists() != (hub / "hub.db.migrated").exists()
        if not (hub / "postgres.conninfo").exists():
            assert (hub / "hub.db").exists()
    assert ended >= 5
    assert answers(hub) == before


def test_ended_while_the_folder_is_switched_over_it_is_never_two_hubs(hub: Path, to: Path) -> None:
    """Ended at each line from the last comparison on: what opens is the old hub, nothing, or the whole new one."""
    before, point, found = answers(hub), 1, []
    while (hub / "hub.db").exists() and killed_at(point, hub, to, within=("_migrate", "_put_aside")):
        point += 1
        code, _, err = run(["hub", "status", "--data", str(hub)], "en")
        is_named = (hub / "postgres.conninfo").exists()
        found.append((is_named, code))
        assert code == 0 or "no database of this version" in err
        assert is_named or (hub / "hub.db").exists()
    assert {(False, 0), (True, 78), (True, 0)} == set(found), found
    assert not (hub / "hub.db").exists()
    assert answers(hub) == before


def test_what_a_hub_took_in_between_comes_with_the_next_try(hub: Path, made: Path, to: Path) -> None:
    assert killed_at(4000, hub, to)
    desk = Desk(hub)
    with closing(desk.store):
        desk.vouch(Maker(made.parent / "S2", site("S2")))
        desk.store.bodies.drop([3])
        desk.store.expiry.delete_report(2)
    before = answers(hub)
    migrate(hub, to, nothing)
    assert answers(hub) == before


def test_rows_that_have_changed_places_in_between_come_with_the_next_try(hub: Path, to: Path) -> None:
    """A message that waited under one number waits under another one: it is there once."""

    class EndedError(Exception):
        pass

    def end_late(name: str, done: int, of: int) -> None:
        if name == "day_sum":
            raise EndedError

    with pytest.raises(EndedError):
        migrate(hub, to, end_late)
    with closing(sqlite3.connect(hub / "hub.db", isolation_level=None)) as db:
        db.execute("UPDATE waiting SET id = 90 + id")  # taken, and come again
        left = db.execute("SELECT count(*) FROM waiting").fetchone()[0]
    assert left and migrate(hub, to, nothing).rows["waiting"] == left


@pytest.mark.parametrize("what", ["payload", "row"])
def test_a_report_that_was_altered_is_told_and_nothing_is_switched_over(hub: Path, to: Path, what: str) -> None:
    change = {
        "payload": "UPDATE body SET payload = CAST(x'01ff' || substr(payload, 3) AS BLOB) WHERE id = 30",
        "row": "UPDATE report_row SET arrived_at = arrived_at + 1 WHERE id = 30",
    }[what]
    with closing(sqlite3.connect(hub / "hub.db", isolation_level=None)) as db:
        db.execute(change)
    code, _, err = run(["hub", "migrate", "--data", str(hub), "--to", str(to)], "en")
    assert (code, err.count("\n")) == (NotVerified.exit_code, 1) and "of S1 (" in err
    assert (hub / "hub.db").exists() and not (hub / "postgres.conninfo").exists()


def test_a_database_that_is_being_filled_is_no_hubs_until_it_is_whole(hub: Path, to: Path, tmp_path: Path) -> None:
    assert killed_at(4000, hub, to)
    code, _, err = run(["hub", "status", "--data", str(to.parent)], "en")
    assert (code, err.count("\n")) == (78, 1) and "no database of this version" in err
    with pytest.raises(AgentError):
        open_store(to.parent)


def test_what_has_something_else_is_left_as_it_is(
    hub: Path, to: Path, tmp_path: Path, postgres: PostgresServer
) -> None:
    other = lived(tmp_path / "other" / "hub", tmp_path / "other")
    postgres.query("CREATE TABLE theirs (a int)")
    with pytest.raises(UsageError, match="other tables"):
        migrate(hub, to, nothing)
    postgres.query("DROP TABLE theirs")
    assert killed_at(4000, other, to)
    with pytest.raises(UsageError, match="already has the reports of a hub"):
        migrate(hub, to, nothing)
    migrate(other, to, nothing)
    for one in (hub, tmp_path / "again"):
        if not one.exists():
            shutil.copytree(hub, one)
        with pytest.raises(UsageError, match="already has the reports of a hub"):
            migrate(one, to, nothing)
    with pytest.raises(UsageError, match="in PostgreSQL already"):
        migrate(other, to, nothing)


def test_a_database_where_a_hub_was_started_and_took_nothing_is_taken(hub: Path, to: Path) -> None:
    open_store(to.parent).close()
    migrate(hub, to, nothing)


def test_a_folder_that_names_another_database_is_left_as_it_is(hub: Path, to: Path) -> None:
    (hub / "postgres.conninfo").write_text("host=/nowhere dbname=x")
    with pytest.raises(UsageError, match=r"beside a hub\.db"):
        migrate(hub, to, nothing)


def test_a_hub_that_runs_is_not_moved(hub: Path, to: Path) -> None:
    held = lock(hub / "hub")
    with pytest.raises(Locked):
        migrate(hub, to, nothing)
    os.close(held)


def test_nobody_writes_to_the_file_meanwhile(hub: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def write(name: str, done: int, of: int) -> None:
        with closing(sqlite3.connect(hub / "hub.db", timeout=0, isolation_level=None)) as db:
            try:
                put_row(db, "hold")
            except sqlite3.OperationalError as error:
                tried.append(str(error))

    migrate(hub, to, write)
    assert set(tried) == {"database is locked"}


def test_a_server_that_goes_is_told_and_the_next_try_goes_on(hub: Path, tmp_path: Path) -> None:
    before = answers(hub)
    with PostgresServer() as server:
        server.place(tmp_path / "to")

        def stop(name: str, done: int, of: int) -> None:
            if name == "report_row":
                server.stop()

        with pytest.raises(StoreWaits):
            migrate(hub, tmp_path / "to" / "postgres.conninfo", stop)
        assert (hub / "hub.db").exists() and not (hub / "postgres.conninfo").exists()
        server.start()
        migrate(hub, tmp_path / "to" / "postgres.conninfo", nothing)
        assert answers(hub) == before
