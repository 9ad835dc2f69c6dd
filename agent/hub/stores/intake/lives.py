"""Stores which epoch each known site lives in, and finds the gap records in its chains. One SQL for both engines."""

from collections.abc import Mapping
from datetime import datetime

from agent.contract.chain import utc_text
from agent.hub.stores.database import Connection, Database
from agent.model.finding import StreamName


def enter(store: Database, site: str, city: str, epoch: str, now: datetime) -> bool:
    """Note a verified message of an epoch; return whether it is a new epoch of a site known before."""
    known = bool(store.all("SELECT 1 FROM epoch WHERE site = ? LIMIT 1", site))
    store.within.lives.pop(site, None)
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


def meet(store: Database, site: str, city: str, epoch: str, now: datetime) -> bool:
    """Note a verified message of an epoch, once in a transaction; return whether it is a known site's new epoch."""
    if (site, epoch) in store.within.met:
        return False
    is_new = enter(store, site, city, epoch, now)
    if store.is_in_transaction():
        store.within.met.add((site, epoch))
    return is_new


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
    if site in store.within.lives:
        return store.within.lives[site]
    ((city, epoch),) = store.all("SELECT city, epoch FROM site WHERE site = ?", site)
    return city, epoch


def keep_state(store: Database, site: str, connection_no: int, status: str, now: datetime) -> None:
    """Store the connection status that a site reports."""
    store.within.connected.pop(site, None)
    store.run(
        "UPDATE site SET connection_no = ?, status = ?, state_at = ? WHERE site = ?",
        *(connection_no, status, utc_text(now), site),
    )


def revive(store: Database, site: str, epoch: str, now: datetime) -> None:
    """Store that a site whose connection was told as over is connected all the same."""
    if store.within.connected.get(site) == epoch:
        return
    store.run(
        "UPDATE site SET status = 'ready', state_at = ?"
        " WHERE site = ? AND epoch = ? AND status IN ('disconnected', 'lost')",
        *(utc_text(now), site, epoch),
    )
    if store.is_in_transaction():
        store.within.connected[site] = epoch


def keep_birth(store: Database, site: str, kid: str, confirm: str) -> None:
    """Store which key signed the present connection's birth, and from whom the site accepts confirmation."""
    store.run("UPDATE site SET kid = ?, confirm = ? WHERE site = ?", kid, confirm, site)


def next_ack_no(store: Database, site: str, now: datetime) -> int:
    """Return a number above that of every watermark before; it follows the clock, in case the database was lost."""
    clock = int(now.timestamp() * 1000)
    if site in store.within.ack_nos:
        number = max(store.within.ack_nos[site] + 1, clock)
        store.within.ack_nos[site] = store.within.new_ack_nos[site] = number
        return number
    ((number,),) = store.all(
        "UPDATE site SET ack_no = CASE WHEN ack_no < ? THEN ? ELSE ack_no + 1 END WHERE site = ? RETURNING ack_no",
        *(clock, clock, site),
    )
    return int(number)


def flush_ack_nos(db: Connection, numbers: Mapping[str, int]) -> None:
    """Store the numbers of the watermarks that a transaction has made, within it."""
    db.executemany("UPDATE site SET ack_no = ? WHERE site = ?", [(number, site) for site, number in numbers.items()])


def gap_at(store: Database, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[int, str] | None:
    """Return last number and digest of a gap record that covers a number."""
    found = store.all(
        "SELECT to_seq, last_digest FROM gap"
        " WHERE site = ? AND epoch = ? AND stream = ? AND from_seq <= ? AND to_seq >= ? LIMIT 1",
        *(site, epoch, stream, seq, seq),
    )
    return found[0] if found else None
