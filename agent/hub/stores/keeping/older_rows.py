"""Converts the rows of reports of an older database, in which each had all its texts, in portions.

What was moved is deleted in the same transaction, so that a hub that is ended goes on from there and its file hardly
grows. A row that had been changed since it was written stays one: its old seals are compared first. Columns that an
older hub did not extract are extracted from the body.
"""

import sqlite3
from typing import Any, Final

from agent.hub.domain import view_columns
from agent.hub.domain.view_columns import SEAL_BYTES, ViewColumns, seal_of
from agent.hub.stores import case_columns
from agent.hub.stores.case_columns import CaseColumns
from agent.hub.stores.keeping import payloads, rows
from agent.model.finding import StreamName

MOST: Final = 500
"""Reports that are moved in one transaction."""

_ALTERED: Final = bytes(SEAL_BYTES)
_COLUMNS: Final = "site, epoch, stream, seq, digest, prev, city, kid, arrived_at, jws"
_OLD: Final = (
    f"SELECT r.id, fork, CAST(payload AS BLOB), {_COLUMNS}, made_at, config, s.seal,"  # noqa: S608  our own columns
    " t.clock_synced, t.due_at, t.event_head, t.seal"
    " FROM report_before r LEFT JOIN said s USING (id) LEFT JOIN telling t ON t.id = r.id ORDER BY r.id LIMIT ?"
)
_NAMED: Final = (
    f"SELECT site, {case_columns.FINDING} FROM telling_finding JOIN finding ON finding.id = finding_id"  # noqa: S608
    " WHERE report_id = ?"
)


def begin(db: sqlite3.Connection) -> None:
    """Put the rows of an older database, or of a new one, beside today's tables, within the caller's transaction."""
    db.execute("DROP INDEX IF EXISTS report_base")
    db.execute("ALTER TABLE report RENAME TO report_before")
    for statement in rows.STEP.split(";"):
        db.execute(statement)


def is_begun(db: sqlite3.Connection) -> bool:
    """Return whether a database has today's tables."""
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (rows.ROWS,)).fetchone())


def move(db: sqlite3.Connection, is_unread: bool) -> bool:
    """Move some rows, within the caller's transaction; return whether there may be more.

    `is_unread`: of an older hub's report that has no columns nobody has extracted them; else somebody deleted them.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'report_before'").fetchone():
        return False
    found, places = db.execute(_OLD, (MOST,)).fetchall(), rows.Places(db)
    for number, fork, payload, *columns in found:
        _move_one(db, places, (number, bool(fork), payload or b""), columns, is_unread)
    if found:
        for table in ("report_before", "said", "telling"):
            db.execute(f"DELETE FROM {table} WHERE id <= ?", (found[-1][0],))  # noqa: S608  our own names
    else:
        for table in ("report_before", "said", "telling"):
            db.execute(f"DROP TABLE {table}")
    return bool(found)


def _move_one(
    db: sqlite3.Connection, places: rows.Places, was: tuple[int, bool, bytes], columns: list[Any], is_unread: bool
) -> None:
    number, fork, payload = was
    sealed, (made_at, config, seal), told, told_seal = columns[:10], columns[10:13], columns[13:16], columns[16]
    site, epoch, stream, seq, *texts = sealed
    digest, prev, city, kid, arrived_at, jws = map(str, texts)
    if payload:
        rows.keep_body(db, number, payload)
    of_findings = db.execute(_NAMED, (number,)).fetchall()
    is_read, is_sealed = seal is not None, seal == seal_of((*sealed, made_at, config))
    found: dict[str, tuple[str, ...]] = {}
    if told_seal is not None:
        names = sorted(map(seal_of, of_findings))
        is_told = told_seal == seal_of((digest, *told, *names))
    elif is_unread:
        of_views, of_cases = read(stream, payloads.exact(payloads.Connected(db), payload))
        told, is_told, found = list(of_cases.told()), True, case_columns.named(site, of_cases)
        if not is_read:
            made_at, config, is_read, is_sealed = of_views.made_at, of_views.config, True, True
        names = list(found)
    else:
        names, is_told = [], False
    is_known = is_read and told[1] is not None
    row = rows.ReportRow(
        site=site, epoch=epoch, stream=stream, seq=seq, digest=digest, prev=prev, city=city, kid=kid,
        arrived_at=arrived_at, jws=jws,
        said=(made_at, config, *told) if is_known else None, named=tuple(names) if is_known else (),
    )  # fmt: skip
    kept = rows.insert(db, places, row, fork, number)
    if kept is not None and row.said is not None and not (is_sealed and is_told):
        db.execute(f"UPDATE {rows.ROWS} SET seal = ? WHERE id = ?", (_ALTERED, number))  # noqa: S608  our own name
    case_columns.keep(db, number, site, found)


def read(stream: StreamName, payload: object) -> tuple[ViewColumns, CaseColumns]:
    """Return the columns of a stored report; empty ones where no reader takes it."""
    try:
        data = view_columns.data_of(payload)
        return view_columns.of_data(stream, data), case_columns.of_data(stream, data)
    except Exception:  # noqa: BLE001  whatever it is, it is this report's only
        return ViewColumns(), CaseColumns()
