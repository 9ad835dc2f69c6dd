"""The views that other programs read in `hub.db` have these columns, say what the commands say, and read no body."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from city_told import NOW
from city_worked import DAY, worked_city

from agent.contract.chain import utc_text
from agent.hub.domain.figures import METRICS
from agent.hub.domain.rows.findings import Wanted
from agent.hub.stores.findings import findings
from agent.hub.stores.keeping.backup import back_up
from agent.hub.stores.keeping.restore import restore
from agent.hub.stores.reading.contract_views import VIEWS
from agent.hub.stores.store import NAME, Store

COLUMNS = {
    "v1_finding": "site TEXT, division TEXT, check_id TEXT, subject TEXT, status TEXT, reason TEXT, severity TEXT,"
    " level TEXT, message TEXT, caused_by TEXT, model TEXT, firmware TEXT, maintainer TEXT, operator TEXT, since TEXT,"
    " seen_at TEXT",
    "v1_site": "site TEXT, city TEXT, division TEXT, operator TEXT, status TEXT, state_at TEXT, epoch TEXT,"
    " made_at TEXT, cameras INT, devices INT, fails INT, warns INT, unknowns INT",
    "v1_assessed_day": "day TEXT, site TEXT, grouped_by TEXT, group_name TEXT, figure TEXT, good REAL, due REAL,"
    " unknown REAL, excluded REAL",
    "v1_dispute": "site TEXT, id TEXT, check_id TEXT, subject TEXT, status TEXT, reason TEXT, detected_at TEXT,"
    " repaired_at TEXT, ended_at TEXT, disputed_by TEXT, at TEXT, why TEXT, arrived_at TEXT, outcome TEXT,"
    " decided_by TEXT, decided_at TEXT, decided_why TEXT",
}
"""Never changed: a column more comes last, and what cannot stay gets a view `v2_*`."""

BODIES = {"body", "body_base", "config_said", "report_row", "report", "waiting", "telling_finding"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return worked_city(tmp_path_factory.mktemp("views") / "hub")


@pytest.fixture
def db(hub: Path) -> Iterator[sqlite3.Connection]:
    """The file as another program opens it: to read."""
    with closing(sqlite3.connect(f"{(hub / NAME).as_uri()}?mode=ro", uri=True)) as one:
        yield one


def test_names_columns_and_types_are_as_they_were_promised(db: sqlite3.Connection) -> None:
    assert set(VIEWS) == set(COLUMNS)
    for name, columns in COLUMNS.items():
        told = db.execute(f"PRAGMA table_info({name})").fetchall()
        assert ", ".join(f"{column} {kind.replace('INTEGER', 'INT')}" for _, column, kind, *_ in told) == columns


@pytest.mark.parametrize("name", COLUMNS)
def test_no_view_reads_a_body(db: sqlite3.Connection, name: str) -> None:
    read: set[str] = set()

    def noted(action: int, table: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ and table:
            read.add(table)
        return sqlite3.SQLITE_OK

    db.set_authorizer(noted)
    assert db.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  a name of the table above
    assert read - {name} and not read & BODIES


def test_open_findings_are_those_of_the_command(hub: Path, db: sqlite3.Connection) -> None:
    with closing(Store(hub, read_only=True)) as store:
        told = {
            (one.site, one.check, one.subject, one.status, one.division, one.operator, one.maintainer, one.since)
            for one in findings(store, Wanted())
        }
    rows = db.execute("SELECT site, check_id, subject, status, division, operator, maintainer, since FROM v1_finding")
    assert set(rows) == told and len(told) == 24


def test_a_site_has_its_counts(db: sqlite3.Connection) -> None:
    rows = db.execute("SELECT site, division, operator, cameras, fails, warns, unknowns FROM v1_site ORDER BY site")
    assert rows.fetchall()[-2:] == [
        ("S1", "140202", "Datong East", 2, 2, 2, 2), ("S2", "140202", "Datong East", 2, 2, 2, 2),
    ]  # fmt: skip


def test_a_day_has_the_figures_of_the_epoch_that_the_site_began_last(hub: Path, tmp_path: Path) -> None:
    directory = worked_city(tmp_path / "hub")
    with closing(Store(directory)) as store, store.transaction():
        later = utc_text(NOW.replace(hour=23))
        store.run("INSERT INTO epoch (site, epoch, first_at) VALUES ('S1', 'e9', ?)", later)
        for by, told in (("division", '{"140202":{"online":[1,2,0,0]}}'), ("model", "[3]"), ("planned", '{"x":{}}')):
            store.run(
                "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, 'S1', 'e9', 1, ?)",
                *(by, DAY.isoformat(), told),
            )
    with closing(sqlite3.connect(directory / NAME)) as db:
        of = "SELECT group_name, figure, good, due, unknown, excluded FROM v1_assessed_day WHERE day = ? AND site = ?"
        both = f"{of} AND grouped_by = ?"
        assert db.execute(both, (DAY.isoformat(), "S1", "division")).fetchall() == [("140202", "online", 1, 2, 0, 0)]
        assert db.execute(both, (DAY.isoformat(), "S1", "model")).fetchall() == []  # no figures, and no error
        assert set(db.execute(both, (DAY.isoformat(), "S2", "division"))) == {
            ("140202", name, 80, 96, 4, 2) for name in METRICS
        }


def test_a_dispute_is_told_with_its_decision(db: sqlite3.Connection) -> None:
    rows = db.execute("SELECT site, check_id, disputed_by, why, outcome FROM v1_dispute").fetchall()
    assert rows == [("S1", "camera-online", "Wang", "it was switched off", "")]


def test_a_view_of_another_text_is_made_anew_and_one_of_somebody_else_stays(tmp_path: Path) -> None:
    directory = worked_city(tmp_path / "hub")
    with closing(sqlite3.connect(directory / NAME)) as db:
        db.execute("DROP VIEW v1_site")
        db.execute("CREATE VIEW v1_site AS SELECT 1 AS site")
        db.execute("DROP VIEW v1_dispute")
        db.execute("CREATE VIEW city_own AS SELECT site FROM v1_finding")
    Store(directory).close()
    with closing(sqlite3.connect(directory / NAME)) as db:
        made = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall())
        assert {name: made[name] for name in VIEWS} == VIEWS and "city_own" in made
        assert db.execute("SELECT count(*) FROM city_own").fetchone() == (24,)


def test_a_backup_that_is_restored_has_them(hub: Path, tmp_path: Path) -> None:
    with closing(Store(hub)):
        back_up(hub, tmp_path / "copy", NOW)
    restore(tmp_path / "copy", tmp_path / "again")
    with closing(sqlite3.connect(tmp_path / "again" / NAME)) as db:
        assert db.execute("SELECT count(*) FROM v1_finding").fetchone() == (24,)
        assert db.execute("SELECT count(*) FROM v1_dispute").fetchone() == (1,)
