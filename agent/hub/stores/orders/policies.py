"""Stores which policy is to be in force at each site, and which one the site reports. Decides nothing.

All reads and writes are within the caller's transaction.
"""

from datetime import datetime

from agent.contract.chain import utc_text
from agent.contract.orders import Desired, Reported
from agent.hub.domain.rows.orders import UnsentPolicy
from agent.hub.stores.database import Database


def highest_version(store: Database, site: str) -> int:
    """Return the highest version of a policy that hub or site has named; 0 for none."""
    ((last,),) = store.all(
        "SELECT coalesce(max(version), 0) FROM (SELECT version FROM desired WHERE site = ?1"
        " UNION ALL SELECT version FROM reported WHERE site = ?1) named",
        site,
    )
    return int(last)


def keep_desired(store: Database, desired: Desired, payload: bytes, jws: str) -> None:
    """Store a signed policy."""
    store.run(
        "INSERT INTO desired (site, version, created_at, payload, jws) VALUES (?, ?, ?, ?, ?)",
        *(desired.site, desired.version, utc_text(desired.at), payload, jws),
    )


def desired_payload(store: Database, site: str, up_to: int) -> bytes:
    """Return the newest policy of a site up to a version, as it was signed; empty for none."""
    rows = store.all(
        "SELECT payload FROM desired WHERE site = ? AND version <= ? ORDER BY version DESC LIMIT 1", site, up_to
    )
    return bytes(rows[0][0]) if rows else b""


def unsent_policies(store: Database, most: int) -> list[UnsentPolicy]:
    """Return the newest policy of each site where it is to be published."""
    rows = store.all(
        "SELECT site, version, city, payload, jws FROM desired JOIN site USING (site) WHERE sent_at = ''"
        " AND version = (SELECT max(version) FROM desired d WHERE d.site = desired.site) LIMIT ?",
        most,
    )
    return [
        UnsentPolicy(site=site, version=version, city=city, payload=payload, jws=jws)
        for site, version, city, payload, jws in rows
    ]


def mark_policy_sent(store: Database, site: str, version: int, now: datetime) -> None:
    """Store that a policy was published."""
    store.run("UPDATE desired SET sent_at = ? WHERE site = ? AND version = ?", utc_text(now), site, version)


def renew_policy(store: Database, site: str) -> None:
    """Have a site's newest policy published again, unless the site reports it in force."""
    store.run(
        "UPDATE desired SET sent_at = '' WHERE site = ?1"
        " AND version = (SELECT max(version) FROM desired WHERE site = ?1)"
        " AND version > (SELECT coalesce(max(version), 0) FROM reported WHERE site = ?1)",
        site,
    )


def renew_policies(store: Database) -> None:
    """Have the newest policy of every site published again."""
    store.run(
        "UPDATE desired SET sent_at = ''"
        " WHERE version = (SELECT max(version) FROM desired d WHERE d.site = desired.site)"
    )


def reported_payload(store: Database, site: str) -> bytes:
    """Return what a site reported last of its policy, as it was signed; empty for nothing."""
    rows = store.all("SELECT payload FROM reported WHERE site = ?", site)
    return bytes(rows[0][0]) if rows else b""


def keep_reported(store: Database, reported: Reported, refused: str, payload: bytes, jws: str, now: datetime) -> None:
    """Store what a site reports of its policy; `refused`: what it refused, as JSON, or empty."""
    store.run(
        "INSERT INTO reported (site, at, version, refused, payload, jws) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (site) DO UPDATE SET at = excluded.at, version = excluded.version, refused = excluded.refused,"
        " payload = excluded.payload, jws = excluded.jws",
        *(reported.site, utc_text(now), reported.version, refused, payload, jws),
    )
