"""Selects the disputes that bear on a case, and those beside each of its stretches. Reads one table of the store.

They change no stretch and no sum: what is disputed stays as it was reported, and whoever reads it sees who said
otherwise, by when a decision is due, and what was decided. Whether one is late depends on the day of reading and stays
out: the same database gives the same bytes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from agent.hub.case.history import StatusSpan
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.ports.store import Store

NUMBER_CHARS: Final = 8
"""As in `camwarden hub disputes`."""
_WELL: Final = ("pass", "not_applicable")


def contested(store: Store, site: str, check: str, start: datetime, end: datetime) -> tuple[DisputeRow, ...]:
    """Return the disputes of a site about findings of a check that were open between two times, the oldest first."""
    found = (one for one in store.disputes.listed(site) if one.said.check == check)
    return tuple(one for one in found if one.said.detected_at < end and (_over(one) or end) > start)


def beside(row: StatusSpan, disputed: Sequence[DisputeRow]) -> tuple[DisputeRow, ...]:
    """Return the disputes of what a stretch tells; none of one that tells nothing wrong."""
    if row.status in _WELL:
        return ()
    return tuple(
        one
        for one in disputed
        if one.said.subject == row.subject
        and one.said.detected_at < row.to_at
        and (_over(one) or row.to_at) > row.from_at
    )


def number_of(one: DisputeRow) -> str:
    """Return the beginning of its id by which people name it."""
    return one.said.id[:NUMBER_CHARS]


def _over(one: DisputeRow) -> datetime | None:
    return one.ended_at or one.said.repaired_at
