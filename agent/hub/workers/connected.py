"""Decides whether a health report outranks the goodbye of its site that came before it.

A goodbye may be another's: a state folder that was restored from a backup, or copied, uses a connection's number
again, and the birth of that connection cannot be told from one that is over. The newest health report of the site's
epoch, come over a connection, is a sign of life all the same. Writes within the caller's transaction.
"""

from datetime import datetime

from agent.hub.ports.store import Store
from agent.verify.message import Claim


def revive(store: Store, claim: Claim, event: str, now: datetime) -> None:
    """Store that a site is connected where `claim`, just stored as `event`, is its newest health report."""
    if claim.stream != "health" or event not in ("verified", "tamper"):
        return
    if claim.seq == store.chains.expected((claim.address.site, claim.epoch, claim.stream)):
        store.revive(claim.address.site, claim.epoch, now)
