"""Makes a hub's database what an earlier version of the hub would have left, with the same reports in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from agent.hub.domain.view_columns import seal_of
from agent.hub.stores import case_columns, schema
from agent.hub.stores.keeping.rows import SAID, SEALED, config_out, sealed
from agent.hub.stores.store import NAME

ROWS = 13
"""The last version whose `report` was a table, with every text in every row."""

_FINDINGS = (
    f"SELECT site, {case_columns.FINDING} FROM telling_finding JOIN finding ON finding.id = finding_id"  # noqa: S608
    " WHERE report_id = ?"
)
_BASE = "CREATE INDEX report_base ON report (substr(payload, 2, 8)) WHERE substr(payload, 1, 1) = x'02'"


def as_of_version(directory: Path, version: int) -> None:
    """Put the reports of a database of today into the tables of an earlier version, at least 3."""
    db = sqlite3.connect(directory / NAME)
    found = [_older(db, *row) for row in db.execute(
        f"SELECT id, fork, CAST(payload AS BLOB), {SEALED}, {SAID} FROM report ORDER BY id"  # noqa: S608
    ).fetchall()]  # fmt: skip
    db.execute("DROP VIEW report")
    for table in ("report_row", "body", "lane", "origin", "config_said"):
        db.execute(f"DROP TABLE {table}")
    made = [schema._FIRST.split(";")[0], schema._FOURTH, schema._SIXTH.split(";")[0]]
    for statement in made[: 1 + (version > 3) + (version > 5)]:
        db.execute(statement)
    for report, said, telling in found:
        db.execute("INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", report)
        if version > 3:
            db.execute("INSERT INTO said VALUES (?, ?, ?, ?)", said)
        if version > 5:
            db.execute("INSERT INTO telling VALUES (?, ?, ?, ?, ?)", telling)
    if version <= 5:
        db.executescript("DROP TABLE finding; DROP TABLE telling_finding")
    if version <= 6:
        db.execute("DROP TABLE dispute")
    if version >= 12:
        db.execute(_BASE)
    db.execute(f"PRAGMA user_version={version}")
    db.commit()
    db.execute("VACUUM")
    db.close()


def _older(db: sqlite3.Connection, number: int, fork: int, payload: bytes, *columns: Any) -> tuple[Any, Any, Any]:
    texts, (made_at, config, *told) = sealed(columns[:11]), columns[11:]
    of_views = (made_at, config_out(config))
    names = sorted(map(seal_of, db.execute(_FINDINGS, (number,)).fetchall()))
    return (
        (number, *texts[:6], fork, *texts[6:], payload),
        (number, *of_views, seal_of((*texts, *of_views))),
        (number, *told, seal_of((texts[4], *told, *names))),
    )
