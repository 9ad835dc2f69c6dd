"""Verifies an upper hub's word that a voucher does not count there, and stores why, for people to see.

It changes nothing of what is confirmed or sent: a watermark takes its place as soon as the upper hub confirms a report.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from agent.contract.signing_keys import PublicKey
from agent.contract.voucher import read_refused_voucher
from agent.hub.domain.forwarding.rows import Told
from agent.hub.ports.store import Store
from agent.hub.workers.forwarding.trial import Trial
from agent.hub.workers.intake import Event
from agent.model.errors import NotVerified

NOT_BELIEVED: Final = "refusal-not-believed"

_UNHEARD: Final = (
    "connections end behind a subscription to voucher-refused: what the upper hub refuses is not heard until the next"
    " start; up there, let this login read it"
)


def hearing(tell: Callable[[Event], None]) -> Trial:
    """Return whether to subscribe to refusals: a broker that was set up before may end the connection for it."""
    return Trial(tell, "refusals-unheard", _UNHEARD)


def take(store: Store, keys: Mapping[str, PublicKey], own_kid: str, site: str, payload: bytes, jws: str) -> list[Event]:
    """Take a refusal, in a transaction of its own; return the events to log.

    It counts where a pinned key of the upper hub signed it, for a voucher of this hub that is not older than what was
    confirmed last. `site`: of the topic, or of the file.
    """
    try:
        refused = read_refused_voucher(payload, jws, keys)
        if refused.site != site:
            raise NotVerified("site", "a refusal for another site")
        if refused.hub != own_kid:
            return []  # another hub of this city has vouched for it
        with store.transaction():
            return _taken(store, site, refused.number, f"voucher: {refused.reason}")
    except NotVerified as error:
        return [{"event": NOT_BELIEVED, "site": site, "reason": error.reason, "why": str(error)}]


def _taken(store: Store, site: str, number: int, what: str) -> list[Event]:
    if store.epoch_of(site) is None:
        raise NotVerified("site", "a refusal for a site that is not known here")
    confirmed_at = store.forwarding.confirmed_at(site)
    if confirmed_at and number < datetime.fromisoformat(confirmed_at).timestamp() * 1000:
        return []  # said before the last watermark: the upper hub took a newer voucher since
    before = store.forwarding.told(site)
    if before.refused == what:
        return []
    store.forwarding.keep_told(site, Told(before.ack_no, what))
    return [{"event": "rejected-above", "site": site, "what": what}]
