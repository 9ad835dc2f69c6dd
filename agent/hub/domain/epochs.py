"""Decides whether a site's new epoch is explained, and detects that an older epoch still sends.

A new epoch is explained by an event of `agent-spool` in it, or by a gap record there that gives up a run of an earlier
one. One that is still unexplained when the site is quiet for 10 minutes is `spool-lost`: reports of the old epoch may
be gone, and nobody has signed how many. A later explanation still counts.

A connection that begins in an older epoch is a second life of the site: the clone, or the original, is still there.

Reads and writes within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.stores.store import Store
from agent.hub.workers.resend import QUIET
from agent.model.finding import Json
from agent.verify.message import Claim, Gap

INCIDENT_CHECK: Final = "agent-spool"
"""The check that a site's own incidents are told as."""


def tells_incident(body: Mapping[str, object]) -> bool:
    """Return whether an event report explains the loss of the site's spool."""
    return body.get("check") == INCIDENT_CHECK and body.get("to") == "fail"


def explain(store: Store, claim: Claim, gap: Gap | None) -> list[dict[str, Json]]:
    """Record a verified incident, or a gap record, as the explanation of its epoch."""
    site = claim.address.site
    if gap is not None and gap.epoch == claim.epoch:
        return []
    before = store.all("SELECT verdict FROM epoch WHERE site = ? AND epoch = ?", site, claim.epoch)
    if before not in ([("",)], [("spool-lost",)]):
        return []
    store.run("UPDATE epoch SET verdict = 'explained' WHERE site = ? AND epoch = ?", site, claim.epoch)
    return [{"event": "epoch-explained", "site": site, "epoch": claim.epoch}]


def look(store: Store, now: datetime) -> list[dict[str, Json]]:
    """Find new epochs that were not explained in time; return the events to log."""
    rows = store.all(
        "SELECT site, e.epoch FROM epoch e JOIN site USING (site)"
        " WHERE verdict = '' AND (first_at <= ?1 OR first_at > ?2) AND (backlog_at <= ?1 OR backlog_at > ?2)"
        " ORDER BY first_at",  # a time to come is of a clock that was wrong
        *(utc_text(now - QUIET), utc_text(now)),
    )
    for site, epoch in rows:
        store.run("UPDATE epoch SET verdict = 'spool-lost' WHERE site = ? AND epoch = ?", site, epoch)
        store.chains.count(site, "spool-lost")
    return [{"event": "spool-lost", "site": site, "epoch": epoch} for site, epoch in rows]


def second_life(store: Store, claim: Claim, current: str) -> bool:
    """Note a birth; return whether it is a new connection, not a late one, of an epoch that is no longer the site's."""
    site = claim.address.site
    newest = store.run(
        "UPDATE epoch SET connection_no = ? WHERE site = ? AND epoch = ? AND connection_no < ?",
        *(claim.seq, site, claim.epoch, claim.seq),
    )
    if not newest or claim.epoch == current:
        return False
    store.chains.count(site, "two-lives")
    return True
