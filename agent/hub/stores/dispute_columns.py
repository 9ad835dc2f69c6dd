"""Writes the row of a dispute, at intake or when the database of a hub that did not know disputes is migrated.

Writes within the caller's transaction.
"""

from collections.abc import Callable
from datetime import datetime

from agent.contract.chain import utc_text
from agent.contract.disputes import Disputed

Run = Callable[..., object]


def insert(run: Run, site: str, said: Disputed, arrived_at: datetime) -> None:
    """Store a dispute, unless it is there; `run` takes a statement and its values."""
    repaired_at = utc_text(said.repaired_at) if said.repaired_at else ""
    run(
        "INSERT INTO dispute (site, id, check_id, subject, status, reason, detected_at, repaired_at,"
        " disputed_by, at, why, arrived_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        *(site, said.id, said.check, said.subject, said.status, said.reason, utc_text(said.detected_at), repaired_at),
        *(said.by, utc_text(said.at), said.why, utc_text(arrived_at), repaired_at),
    )
