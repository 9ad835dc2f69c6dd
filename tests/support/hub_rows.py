"""Puts rows of reports into a hub's store as an intake would, without a report."""

from __future__ import annotations

from typing import Any

from agent.hub.stores.keeping import rows
from agent.hub.stores.store import Store

COPY = (
    "INSERT INTO report_row SELECT NULL, lane, ?, fork, origin, ?, prev, arrived_at, signature, made_at, config,"
    " clock_synced, due_at, event_head, seal FROM report_row WHERE seq = 1"
)
"""Another row as the first one, with a number and a digest of its own."""


def put_row(store: Store, seq: int, digest: str, body: bytes = b"", fork: bool = False, **more: Any) -> int:
    """Store a row of site S1; return its number. Within a transaction."""
    texts = {"site": "S1", "epoch": "e1", "stream": "event", "prev": "", "city": "datong", "kid": "", "arrived_at": ""}
    row = rows.ReportRow(seq=seq, digest=digest, **{"jws": "", **texts, **more})
    number = rows.insert(store._db, store._places, row, fork)
    assert number is not None
    if body:
        rows.keep_body(store._db, number, body)
    return number
