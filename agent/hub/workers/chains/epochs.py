"""Decides whether a site's new epoch is explained, which of two forks counts, and detects an older epoch that sends.

A new epoch is explained by an event of `agent-spool` in it, or by a gap record there that gives up a run of an earlier
one. One that is still unexplained when the site is quiet for 10 minutes is `spool-lost`: reports of the old epoch may
be gone, and nobody has signed how many. A later explanation still counts.

A connection that begins in an older epoch is a second life of the site: the clone, or the original, is still there.
Both continue a common chain and send by turns. The first report of a number counts where both continue the chain; at
the numbers after it, the version that continues what counts, however late it comes. So the original goes on whatever
its clone sends, and the clone learns from the watermark that it is one.

Reads and writes within the caller's transaction.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.hub.domain.rows.intake import Key
from agent.hub.ports.store import Store
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
    if store.epochs.verdict(site, claim.epoch) not in ("", "spool-lost"):
        return []
    store.epochs.keep_verdict(site, claim.epoch, "explained")
    return [{"event": "epoch-explained", "site": site, "epoch": claim.epoch}]


def find_unexplained(store: Store, now: datetime) -> list[dict[str, Json]]:
    """Find new epochs that were not explained in time; return the events to log."""
    rows = store.epochs.unexplained(now - QUIET, now)
    for site, epoch in rows:
        store.epochs.keep_verdict(site, epoch, "spool-lost")
        store.chains.count(site, "spool-lost")
    return [{"event": "spool-lost", "site": site, "epoch": epoch} for site, epoch in rows]


def second_life(store: Store, claim: Claim, current: str) -> bool:
    """Note a birth; return whether it is a new connection, not a late one, of an epoch that is no longer the site's."""
    site = claim.address.site
    if not store.epochs.raise_connection(site, claim.epoch, claim.seq) or claim.epoch == current:
        return False
    store.chains.count(site, "two-lives")
    return True


def version_at(store: Store, key: Key, seq: int, due: str) -> tuple[str, str] | None:
    """Return digest and `prev` of the report with a number: of several, the one that continues `due`, else the first.

    The chosen one becomes the hub's report under this number; the others are its forks.
    """
    rows = store.epochs.versions_at(key, seq)
    if not rows:
        return None
    digest, prev, is_fork = next((row for row in rows if row[1] == due), rows[0])
    if is_fork:
        store.count_first(key, seq, digest)
    return digest, prev


def mends(store: Store, key: Key, claim: Claim) -> bool:
    """Return whether a fork just stored continues its chain where that was broken; then the chain is whole again."""
    chain = store.chains.get(key)
    if chain.broken != claim.seq or claim.prev != chain.position.digest:
        return False
    store.chains.keep(key, replace(chain, broken=0))
    return True
