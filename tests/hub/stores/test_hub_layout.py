"""An older database is brought up to date in place; a command may write beside the running hub."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted
from patience import PATIENCE_S

from agent.hub.stores import schema
from agent.hub.stores.store import Store
from agent.model.errors import ConfigurationError


def first_version(path: Path) -> sqlite3.Connection:
    """Make a database of version 1, as the hub that wrote it did."""
    db = sqlite3.connect(path)
    db.executescript(f"{schema._FIRST} PRAGMA user_version=1;")
    return db


def test_a_database_of_version_1_keeps_everything_and_gets_what_is_new(tmp_path: Path) -> None:
    db = first_version(tmp_path / "hub.db")
    db.execute("INSERT INTO site VALUES ('S1', 'datong', 'e1', 3, 'ready', '2026-11-24T00:00:00.000Z', 7)")
    db.execute("INSERT INTO epoch VALUES ('S1', 'e1', '2026-11-24T00:00:00.000Z')")
    db.execute("INSERT INTO chain VALUES ('S1', 'e1', 'event', 4, 'd', 5, 'e', 0, 9)")
    db.commit()
    db.close()
    store = Store(tmp_path)
    assert store.all("SELECT city, connection_no, ack_no, arrived_at, kid FROM site") == [("datong", 3, 7, "", "")]
    assert store.all("SELECT verdict, connection_no FROM epoch") == [("first", 0)]
    assert store.chains.get(("S1", "e1", "event")).position.seq == 5
    assert store.chains.expected(("S1", "e1", "event")) == 9
    assert store.all("SELECT count(*) FROM command") == [(0,)]
    store.close()
    Store(tmp_path).close()  # and once more


def tables(directory: Path) -> list[tuple[str, str]]:
    store = Store(directory)
    names = [name for (name,) in store.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    columns = [(name, column[1]) for name in names for column in store.all(f"PRAGMA table_info('{name}')")]
    store.close()
    return columns


def test_a_new_database_and_one_brought_up_to_date_have_the_same_tables(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    first_version(tmp_path / "old" / "hub.db").close()
    assert tables(tmp_path / "old") == tables(tmp_path / "new")


def test_a_later_version_and_somebody_elses_tables_are_left_alone(tmp_path: Path) -> None:
    for name, statement in (("later", "PRAGMA user_version=99"), ("other", "CREATE TABLE x (y)")):
        (tmp_path / name).mkdir()
        db = sqlite3.connect(tmp_path / name / "hub.db")
        db.execute(statement)
        db.close()
        before = (tmp_path / name / "hub.db").read_bytes()
        with pytest.raises(ConfigurationError, match="not a database of this version of the hub; move it away"):
            Store(tmp_path / name)
        assert (tmp_path / name / "hub.db").read_bytes()[100:] == before[100:]


def test_a_reader_of_an_older_database_is_told_to_start_the_hub(tmp_path: Path) -> None:
    first_version(tmp_path / "hub.db").close()
    with pytest.raises(ConfigurationError, match="start the hub once"):
        Store(tmp_path, read_only=True)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_version(tmp_path / "hub.db").close()
    monkeypatch.setattr(schema, "_STEPS", (schema._FIRST, schema._SECOND + "CREATE NONSENSE;"))
    with pytest.raises(ConfigurationError, match="not a hub's database"):
        Store(tmp_path)
    monkeypatch.undo()
    assert tables(tmp_path)


def test_a_command_waits_for_the_hubs_transaction_and_neither_is_lost(tmp_path: Path) -> None:
    desk, maker = Desk(tmp_path / "hub"), Maker(tmp_path / "site")
    trusted(desk, maker)
    begun, done = threading.Event(), threading.Event()

    def command() -> None:
        store = Store(tmp_path / "hub")
        begun.set()
        with store.transaction():
            store.run("INSERT INTO desired (site, version, created_at, payload, jws) VALUES ('S1', 1, '', x'', '')")
        store.close()
        done.set()

    with desk.store.transaction():
        thread = threading.Thread(target=command)
        thread.start()
        assert begun.wait(PATIENCE_S)
        report = chain_of(maker, 1)[0]
        desk.intake.take("vss/v1/datong/S1/event", report.report.payload, report.jws, NOW)
        assert not done.is_set()
    assert done.wait(PATIENCE_S)
    thread.join()
    assert desk.watermark("e1") == {"event": 1}
    assert desk.store.all("SELECT count(*) FROM desired") == [(1,)]
    desk.store.close()
