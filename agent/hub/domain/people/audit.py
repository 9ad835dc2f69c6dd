"""Matches each row of the audit log to the one before by a digest over both. Pure.

Whoever changes, inserts or takes out a row breaks the chain from there on. Rows that were taken off the end leave a
whole chain: so the digest of the newest row is printed, to be written down elsewhere and asked for later.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what, to what, and what came of it. `at`: RFC 3339 in UTC; `who`: empty for nobody who is known.

    `no` and `digest` are given when it is stored.
    """

    at: str
    who: str
    act: str
    what: str
    outcome: str
    address: str
    no: int = 0
    digest: str = ""


def row_digest(before: str, no: int, row: AuditRow) -> str:
    """Return the digest of a row under a number, behind a row with the digest `before`."""
    told = [before, no, row.at, row.who, row.act, row.what, row.outcome, row.address]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def first_changed(rows: Iterable[AuditRow], before: str = "", no: int = 0) -> int:
    """Return the number at which rows are not what was written: the first one, or one that is missing; 0: none.

    `before`, `no`: digest and number of the row before the first of them.
    """
    for row in rows:
        no += 1
        if row.no != no or row.digest != row_digest(before, no, row):
            return no
        before = row.digest
    return 0
