"""Stores the epochs of sites, and which version of a number counts. Decides nothing.

All reads and writes are within the caller's transaction.
"""

from datetime import datetime

from agent.contract.chain import utc_text
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.database import Database

_AT = "site = ? AND epoch = ? AND stream = ? AND seq = ?"


def verdict_on(store: Database, site: str, epoch: str) -> str | None:
    """Return what was decided of an epoch, empty for nothing yet; None for one that never was met."""
    rows = store.all("SELECT verdict FROM epoch WHERE site = ? AND epoch = ?", site, epoch)
    return str(rows[0][0]) if rows else None


def keep_verdict(store: Database, site: str, epoch: str, verdict: str) -> None:
    """Store what was decided of an epoch."""
    store.run("UPDATE epoch SET verdict = ? WHERE site = ? AND epoch = ?", verdict, site, epoch)


def unexplained(store: Database, quiet_since: datetime, now: datetime) -> list[tuple[str, str]]:
    """Return site and name of the new epochs that nothing explains, met before and quiet since a time, oldest first."""
    return store.all(
        "SELECT site, e.epoch FROM epoch e JOIN site USING (site)"
        " WHERE verdict = '' AND (first_at <= ?1 OR first_at > ?2) AND (backlog_at <= ?1 OR backlog_at > ?2)"
        " ORDER BY first_at",  # a time to come is of a clock that was wrong
        *(utc_text(quiet_since), utc_text(now)),
    )


def raise_connection(store: Database, site: str, epoch: str, number: int) -> bool:
    """Store the highest number of a connection in an epoch; return whether this one is."""
    return bool(
        store.run(
            "UPDATE epoch SET connection_no = ? WHERE site = ? AND epoch = ? AND connection_no < ?",
            *(number, site, epoch, number),
        )
    )


def other_epochs(store: Database, site: str, epoch: str) -> tuple[str, ...]:
    """Return the epochs of a site but one, by name."""
    rows = store.all("SELECT epoch FROM epoch WHERE site = ? AND epoch <> ? ORDER BY epoch", site, epoch)
    return tuple(name for (name,) in rows)


def versions_at(store: Database, key: Key, seq: int) -> list[tuple[str, str, bool]]:
    """Return digest, `prev` and whether it is a fork of each report with a number, the one that counts first."""
    rows = store.all(f"SELECT digest, prev, fork FROM report WHERE {_AT} ORDER BY fork, id", *key, seq)  # noqa: S608
    return [(digest, prev, bool(fork)) for digest, prev, fork in rows]


def signer_of_state(store: Database, site: str) -> str | None:
    """Return the key that signed the birth of a site's present connection."""
    rows = store.all("SELECT kid FROM site WHERE site = ?", site)
    return str(rows[0][0]) if rows else None


def first_contacts(store: Database) -> list[tuple[str, str]]:
    """Return each site, and when the first verified message of it came."""
    return store.all("SELECT site, min(first_at) FROM epoch GROUP BY site")
