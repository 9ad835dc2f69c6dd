"""Stores what of a site was refused although it had signed it: reports, and a key. Decides nothing.

All reads and writes are within the caller's transaction.
"""

from datetime import datetime

from agent.contract.chain import utc_text
from agent.contract.watermark import RefusedKey, Rejected
from agent.hub.stores.database import Database
from agent.verify.message import Gap


def refused_others(store: Database, site: str, epoch: str, digest: str) -> int:
    """Return how many reports of an epoch were refused, without the one of this digest."""
    ((number,),) = store.all(
        "SELECT count(*) FROM refused WHERE site = ? AND epoch = ? AND digest <> ?", site, epoch, digest
    )
    return int(number)


def keep_refused(store: Database, site: str, epoch: str, one: Rejected, now: datetime) -> None:
    """Store a refused report of an epoch."""
    store.within.no_refused.discard(site)
    store.run(
        "INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (site, epoch, digest) DO UPDATE SET at = excluded.at, reason = excluded.reason",
        *(site, epoch, one.stream, one.seq, one.digest, one.reason, utc_text(now)),
    )


def newest_refused(store: Database, site: str, epoch: str) -> Rejected | None:
    """Return the report of an epoch that was refused last, until the site gives it up."""
    if site in store.within.no_refused:
        return None
    rows = store.all(
        "SELECT stream, seq, digest, reason FROM refused WHERE site = ? AND epoch = ? ORDER BY at DESC, seq LIMIT 1",
        *(site, epoch),
    )
    return Rejected(*rows[0]) if rows else None


def drop_refused(store: Database, site: str, gap: Gap) -> None:
    """Drop the refused reports that a gap record names: their site knows."""
    if site in store.within.no_refused:
        return
    store.run(
        "DELETE FROM refused WHERE site = ? AND epoch = ? AND stream = ? AND seq BETWEEN ? AND ?",
        *(site, gap.epoch, gap.stream, gap.from_seq, gap.to_seq),
    )


def keep_refused_key(store: Database, site: str, kid: str, reason: str) -> None:
    """Store that a site's key was refused, in the place of the one before."""
    store.within.no_refused_key.discard(site)
    store.run(
        "INSERT INTO refused_key VALUES (?, ?, ?) ON CONFLICT (site) DO UPDATE SET kid = excluded.kid,"
        " reason = excluded.reason",
        *(site, kid, reason),
    )


def refused_key(store: Database, site: str) -> RefusedKey | None:
    """Return the refused key of a site."""
    if site in store.within.no_refused_key:
        return None
    rows = store.all("SELECT kid, reason FROM refused_key WHERE site = ?", site)
    return RefusedKey(*rows[0]) if rows else None


def drop_refused_key(store: Database, site: str) -> None:
    """Drop it: something of the site was verified."""
    if site in store.within.no_refused_key:
        return
    store.run("DELETE FROM refused_key WHERE site = ?", site)
    if store.is_in_transaction():
        store.within.no_refused_key.add(site)
