"""Writes the row of a dispute, at intake or when the database of a hub that did not know disputes is migrated."""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime

from agent.contract.chain import utc_text
from agent.contract.disputes import Disputed, disputed_json, read_disputed
from agent.hub.domain import view_columns
from agent.model.errors import NotVerified
from agent.verify.members import dict_of

Run = Callable[..., object]


def insert(run: Run, site: str, said: Disputed, arrived_at: datetime) -> None:
    """Store a dispute, unless it is there; `run` takes a statement and its values."""
    ended_at = utc_text(said.repaired_at) if said.repaired_at else ""
    run(
        "INSERT OR IGNORE INTO dispute (site, id, check_id, subject, detected_at, ended_at, said, arrived_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(site, said.id, said.check, said.subject, utc_text(said.detected_at), ended_at),
        *(json.dumps(disputed_json(said)), utc_text(arrived_at)),
    )


def fill(db: sqlite3.Connection) -> None:
    """Store the disputes that an older hub took for events like others. Within the caller's transaction."""
    rows = db.execute(
        "SELECT site, arrived_at, payload FROM report"
        " WHERE stream = 'event' AND fork = 0 AND instr(payload, CAST('\"dispute\":' AS BLOB)) ORDER BY id"
    )
    for site, arrived_at, payload in rows.fetchall():
        try:
            said = read_disputed(dict_of(dict_of(view_columns.data_of(payload).get("body")).get("dispute")))
        except NotVerified:
            continue
        insert(lambda statement, *values: db.execute(statement, values), site, said, datetime.fromisoformat(arrived_at))
