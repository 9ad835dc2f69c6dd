"""Queries and drops the bodies of stored reports; what a row proves without its body stays.

Digest, place in the chain, JWS and the columns of views stay in the row of a body that was dropped.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from agent.hub.domain.retention import Phase, StoredBody
from agent.hub.stores.database import Database
from agent.hub.stores.keeping import payloads

DROPPED: Final = b""
"""What the view `report` has where there is no body."""

_BODIES: Final = (
    "SELECT r.id, r.site, r.stream, r.arrived_at, coalesce(r.made_at, ''), coalesce((SELECT b.made_at FROM report b"
    " WHERE b.site = r.site AND b.epoch = r.epoch AND b.stream = r.stream AND b.seq = r.seq - 1 AND b.fork = 0), ''),"
    " r.epoch <> s.epoch OR r.seq < coalesce(c.seq, 0)"
    " FROM body k CROSS JOIN report r ON r.id = k.id JOIN site s ON s.site = r.site"
    " LEFT JOIN chain c ON c.site = r.site AND c.epoch = r.epoch AND c.stream = r.stream"
)


def bodies_after(store: Database, after_id: int, most: int) -> list[StoredBody]:
    """Return the next reports that have their body, by id."""
    rows = store.all(
        f"{_BODIES} WHERE k.id > ? ORDER BY k.id LIMIT ?", after_id, most
    )  # fmt: skip
    return [_body(*row) for row in rows]


def held_before(store: Database, phase: Phase, after_id: int, most: int) -> list[StoredBody]:
    """Return the next reports that housekeeping left in a phase because they were held."""
    rows = store.all(
        f"{_BODIES} JOIN body_held h ON h.report_id = r.id WHERE h.phase = ? AND h.report_id > ?"
        " ORDER BY h.report_id LIMIT ?",
        *(phase, after_id, most),
    )
    return [_body(*row) for row in rows]


def _body(
    number: int, site: str, stream: str, arrived_at: str, made_at: str, made_before: str, is_spare: int
) -> StoredBody:
    return StoredBody(
        id=number, site=site, stream=stream, arrived_at=arrived_at, made_at=made_at, made_before=made_before,  # type: ignore[arg-type]
        is_spare=bool(is_spare),
    )  # fmt: skip


def drop(store: Database, numbers: Collection[int]) -> None:
    """Drop the bodies of these reports; what differs from one stays. Within the caller's transaction."""
    store.forget_stored()
    for number in numbers:
        payloads.make_independent(store, number)
        store.run("DELETE FROM body WHERE id = ?", number)
        store.run("DELETE FROM body_held WHERE report_id = ?", number)


def leave(store: Database, phase: Phase, numbers: Iterable[int]) -> None:
    """Note that these are held, so that they are looked at again, within the caller's transaction."""
    for number in numbers:
        store.run("INSERT INTO body_held VALUES (?, ?) ON CONFLICT DO NOTHING", phase, number)


def forget(store: Database, phase: Phase, numbers: Iterable[int]) -> None:
    """Look at these no more: they stay in this phase, within the caller's transaction."""
    for number in numbers:
        store.run("DELETE FROM body_held WHERE phase = ? AND report_id = ?", phase, number)


def place(store: Database, phase: Phase) -> int:
    """Return the id of the last report that housekeeping has judged in a phase."""
    rows = store.all("SELECT after_id FROM housekeeping WHERE phase = ?", phase)
    return int(rows[0][0]) if rows else 0


def go_on(store: Database, phase: Phase, after_id: int) -> None:
    """Note how far housekeeping has come, within the caller's transaction."""
    store.run(
        "INSERT INTO housekeeping VALUES (?, ?) ON CONFLICT (phase) DO UPDATE SET after_id = excluded.after_id",
        *(phase, after_id),
    )


def newest_arrival(store: Database) -> datetime:
    """Return when the newest reports arrived, the oldest time for an empty store: no later clock drops a body."""
    ((newest,),) = store.all(
        "SELECT coalesce(max(arrived_at), '') FROM report WHERE id > (SELECT max(id) FROM report_row) - 1000"
    )
    try:
        return datetime.fromisoformat(newest)
    except ValueError:  # there is none, or somebody changed it
        return datetime.min.replace(tzinfo=UTC)
