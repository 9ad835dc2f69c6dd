"""Answers a site whose key this hub has revoked, or that has ended, with the reason why nothing is confirmed.

Told is only what the key itself signed, to the epoch in which the site lives, until anything of the site is verified
again. No report is given up for it. Reads and writes within the caller's transaction.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from agent.contract.envelope import read_header, unflatten
from agent.contract.signing_keys import PublicKey
from agent.hub.ports.store import Store
from agent.hub.workers.refused import Incoming, is_signed
from agent.model.errors import NotVerified
from agent.verify.bindings import Trust

TOLD: Final = frozenset({"revoked-key", "expired-key"})


def keep(
    store: Store, site: str, came: Incoming, trust: Trust, known: Callable[[str], PublicKey | None], now: datetime
) -> str:
    """Store that a message of a site was refused for its key; return the epoch to answer, empty: nothing to say."""
    with suppress(NotVerified):
        kid = read_header(came.jws or unflatten(came.payload)[1]).kid
        reason, key = trust.decide(site, kid, now), known(kid)
        epoch = store.epoch_of(site)
        if reason in TOLD and key is not None and epoch is not None and is_signed(came, key):
            store.refusals.keep_key(site, kid, reason)
            return epoch
    return ""
