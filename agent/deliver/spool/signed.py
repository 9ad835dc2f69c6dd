"""Reads which key must sign next from the newest report of the open spool: the chain precedes any note beside it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from agent.contract.envelope import read_header
from agent.model.errors import NotVerified


def signs_next(path: Path) -> str:
    """Return the kid of the key that signed the newest report, or that it hands over to; empty without one."""
    query = "SELECT stream, jws, payload FROM report ORDER BY id DESC LIMIT 1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            row = connection.execute(query).fetchone()
    except sqlite3.Error:  # no file yet, or damaged: opening the spool tells it
        return ""
    if row is None:
        return ""
    stream, jws, payload = row
    if stream == "event" and (to := handed_to(payload)):
        return to
    try:
        return read_header(jws).kid
    except NotVerified:
        return ""


def handed_to(payload: bytes) -> str:
    """Return the new kid where an own event is a rotation, else an empty text."""
    try:
        to = json.loads(payload)["body"]["rotation"]["to"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return to if isinstance(to, str) else ""
