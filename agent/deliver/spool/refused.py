"""Evicts a report that the hub refuses for good; a signed gap record names it.

A refusal counts only for the digest of our own row, and not for what the hub has confirmed. A gap record is not
evicted: another would replace it, and be refused as well.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from agent.contract.watermark import Rejected
from agent.deliver.spool.capacity import CONFIRMED, Seal, evict
from agent.deliver.spool.database import Database
from agent.model.finding import utc_text

WORD: Final = "refused"
"""Reason in the gap record."""

META: Final = "refused"
"""The spool's value for the last refusal: JSON with `report`, `reason`, `at` and their count."""


def evict_refused(database: Database, seal: Seal, epoch: str, rejected: Rejected, now: datetime) -> bool:
    """Evict a report that the hub refuses; return whether it was ours, and here."""
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
        evict(database, seal, rows, WORD, now)
        database.set_meta(**{META: json.dumps(told)})
    return True


def last_refused(text: str) -> dict[str, str | int]:
    """Parse the value of `evict_refused`; empty where nothing was ever refused."""
    return dict(json.loads(text)) if text else {}
