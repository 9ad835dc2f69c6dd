"""Packs the row of a report into few bytes, as `migrations/002_reports.sql` describes them. Pure.

What does not fit its column, or would not come back exactly, goes into `odd` as the text that it is: a time far from
that of its arrival, a number beyond 31 bits, a digest or a JWS in another form.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from agent.hub.stores.keeping.rows import ReportRow, digest_in, signature_in, time_in

NO_TIME: Final = -(2**31)
NO_HEAD: Final = -1
_MOST: Final = 2**31
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A report as its row has it, but for the numbers of other rows. `arrived_ms`: since 1970.

    `prev` is empty where the row has it from the one before, `digest_before` where it is no digest.
    `config`: the text of a configuration report, to be stored once. `protected`: the header of its JWS.
    """

    arrived_ms: int
    seq: int
    made_after: int
    due_after: int
    event_head: int
    clock_synced: int
    digest: bytes
    prev: bytes
    digest_before: bytes
    signature: bytes
    seal: bytes
    odd: Mapping[str, Any]
    protected: str = field(repr=False)
    config: str = field(repr=False)

    def odd_json(self) -> str | None:
        """Return what is odd as JSON, None for nothing."""
        return json.dumps(self.odd) if self.odd else None


def packed(row: ReportRow, follows: bool) -> Packed:
    """Return a row in few bytes. `follows`: the row that counts under the number before has `prev`."""
    odd: dict[str, Any] = {}
    made_at, config, synced, due_at, event_head = row.said or ("", "", 0, "", None)
    arrived = time_in(row.arrived_at)
    if not isinstance(arrived, int):
        odd["arrived_at"], arrived = row.arrived_at, 0
    protected, signature = signature_in(row.jws)
    if isinstance(signature, str):
        odd["jws"], protected, signature = row.jws, "", b""
    prev = _digest(odd, "prev", row.prev)
    return Packed(
        arrived_ms=arrived, seq=row.seq, made_after=_after(odd, "made_at", made_at, arrived),
        due_after=_after(odd, "due_at", due_at, arrived), event_head=_head(odd, event_head), clock_synced=synced,
        digest=_digest(odd, "digest", row.digest), prev=b"" if follows else prev,
        digest_before=b"" if "prev" in odd else prev,
        signature=signature, seal=row.seal() or b"", odd=odd, protected=protected, config=config,
    )  # fmt: skip


def arrived_ms(row: ReportRow) -> int:
    """Return when a report arrived, in milliseconds since 1970, as its row has it."""
    at = time_in(row.arrived_at)
    return at if isinstance(at, int) else 0


@lru_cache(maxsize=64)
def month_of(arrived_ms: int) -> date:
    """Return the first day of the month of an arrival."""
    return datetime.fromtimestamp(arrived_ms // 1000, UTC).date().replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the next month."""
    return date(month.year + month.month // _DECEMBER, month.month % _DECEMBER + 1, 1)


def first_ms(month: date) -> int:
    """Return the first moment of a month, in milliseconds since 1970."""
    return int(datetime(month.year, month.month, 1, tzinfo=UTC).timestamp()) * 1000


def _after(odd: dict[str, Any], name: str, text: str, arrived: int) -> int:
    if not text:
        return NO_TIME
    at = time_in(text)
    if isinstance(at, int) and -_MOST < at - arrived < _MOST:
        return at - arrived
    odd[name] = text
    return NO_TIME


def _head(odd: dict[str, Any], number: int | None) -> int:
    if number is None or 0 <= number < _MOST:
        return NO_HEAD if number is None else number
    odd["event_head"] = number
    return NO_HEAD


def _digest(odd: dict[str, Any], name: str, text: str) -> bytes:
    found = digest_in(text)
    if isinstance(found, str):
        odd[name] = found
        return found.encode()
    return found
