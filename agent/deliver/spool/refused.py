"""Evicts a report that the hub refuses for good; a signed gap record names it.

The hub's word counts for the digest of our own row only, and not for what it has confirmed. A gap record is not given
up: another would take its place, and be refused as well.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from agent.contract.watermark import Rejected
from agent.deliver.spool.capacity import CONFIRMED, Seal, drop
from agent.deliver.spool.database import Database
from agent.model.finding import utc_text

WORD: Final = "refused"
"""Of the gap record."""

META: Final = "refused"
"""Under this name the spool keeps what was refused last: JSON with `report`, `reason`, `at` and how many there were."""


def give_up_refused(database: Database, seal: Seal, epoch: str, rejected: Rejected, now: datetime) -> bool:
    """Give a report up that the hub refuses; say whether it was ours, and here."""
    rows = database.all(
        "SELECT id, epoch, stream, seq, digest FROM report"
        " WHERE epoch = ? AND stream = ? AND seq = ? AND digest = ? AND state < ? AND stream <> 'gap'",
        *(epoch, rejected.stream, rejected.seq, rejected.digest, CONFIRMED),
    )
    if not rows:
        return False
    before = last_refused(database.meta(META))
    told = {
        "report": f"{rejected.stream} {rejected.seq}",
        "reason": rejected.reason,
        "at": utc_text(now),
        "count": int(before["count"]) + 1 if before else 1,
    }
    with database.transaction(reserved=False):
        drop(database, seal, rows, WORD, now)
        database.set_meta(**{META: json.dumps(told)})
    return True


def last_refused(text: str) -> dict[str, str | int]:
    """Return what `give_up_refused` kept; empty where nothing was ever refused."""
    return dict(json.loads(text)) if text else {}
