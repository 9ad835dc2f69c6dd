"""Verifies that a report under a lower hub's voucher lies within what was granted to that hub.

Reads within the caller's transaction. Decided in `agent/hub/domain/forwarding/grants.py`.
"""

from agent.hub.domain.forwarding.grants import is_foreign
from agent.hub.ports.store import Store
from agent.model.errors import NotVerified
from agent.verify.bindings import Trust
from agent.verify.message import Claim


def refuse_foreign(store: Store, trust: Trust, claim: Claim) -> None:
    """Refuse a verified report of a division that is not granted to the hub that vouches for its site.

    A key that another one handed over to has the voucher of that one.

    Raises:
        NotVerified: `grant-revoked` or `division`.
    """
    bound = trust.bindings.get(claim.kid)
    if bound is None or bound.by not in ("hub", "rotation"):
        return
    vouched = store.lower_hubs.vouched(claim.address.site)
    hub = store.lower_hubs.find(vouched.hub) if vouched is not None else None
    if hub is None:
        if bound.by == "hub":
            raise NotVerified("grant-revoked", "no hub that may forward to this one vouches for it")
        return
    body = claim.data.get("body")
    division = body.get("division") if isinstance(body, dict) else None
    if hub.revoked_at or not hub.grants(vouched.division if vouched else ""):
        raise NotVerified("grant-revoked", "hub {name} may no longer forward it", name=hub.name)
    if is_foreign(hub, division):
        raise NotVerified(
            "division", "of division {code}, which is not granted to hub {name}", code=str(division)[:20], name=hub.name
        )
