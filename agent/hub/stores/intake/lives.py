"""Stores which epoch each known site lives in, and finds the gap records in its chains. One SQL for both engines."""

from datetime import datetime

from agent.contract.chain import utc_text
from agent.hub.stores.database import Database
from agent.model.finding import StreamName


def enter(store: Database, site: str, city: str, epoch: str, now: datetime) -> bool:
    """Note a verified message of an epoch; return whether it is a new epoch of a site known before."""
    known = bool(store.all("SELECT 1 FROM epoch WHERE site = ? LIMIT 1", site))
    added = store.run(
        "INSERT INTO epoch (site, epoch, first_at, verdict) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        *(site, epoch, utc_text(now), "" if known else "first"),
    )
    if added:
        store.run(
            "INSERT INTO site (site, city, epoch, connection_no, status, state_at, ack_no)"
            " VALUES (?, ?, ?, 0, 'unknown', ?, 0)"
            " ON CONFLICT (site) DO UPDATE SET epoch = excluded.epoch, connection_no = 0, city = excluded.city",
            *(site, city, epoch, utc_text(now)),
        )
    return bool(added) and known


def epoch_of(store: Database, site: str) -> str | None:
    """Return the epoch that a site lives in; None where nothing verified has come of it."""
    rows = store.all("SELECT epoch FROM site WHERE site = ?", site)
    return str(rows[0][0]) if rows else None


def all_epochs(store: Database) -> list[tuple[str, str]]:
    """Return each known site, and the epoch that it lives in."""
    return store.all("SELECT site, epoch FROM site")


def connection(store: Database, site: str) -> tuple[str, int, str]:
    """Return a known site's epoch, and number and status of its last connection."""
    ((epoch, number, status),) = store.all("SELECT epoch, connection_no, status FROM site WHERE site = ?", site)
    return epoch, number, status


def city_and_epoch(store: Database, site: str) -> tuple[str, str]:
    """Return the city of a known site, and the epoch that it lives in."""
    ((city, epoch),) = store.all("SELECT city, epoch FROM site WHERE site = ?", site)
    return city, epoch


def gap_at(store: Database, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[int, str] | None:
    """Return last number and digest of a gap record that covers a number."""
    found = store.all(
        "SELECT to_seq, last_digest FROM gap"
        " WHERE site = ? AND epoch = ? AND stream = ? AND from_seq <= ? AND to_seq >= ? LIMIT 1",
        *(site, epoch, stream, seq, seq),
    )
    return found[0] if found else None
