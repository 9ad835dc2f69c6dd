"""Stores the keys that sites show, and finds a key by its thumbprint. Within the caller's transaction."""

from agent.contract.envelope import STATE_TYP, verify
from agent.contract.signing_keys import PublicKey, public_key
from agent.hub.domain.rows.intake import KEYS_MOST
from agent.hub.ports.store import Store
from agent.model.errors import NotVerified
from agent.verify.bindings import Trust
from agent.verify.message import Claim


def keep_shown_key(store: Store, claim: Claim, vouched_for: bool) -> None:
    """Store the key that a state message shows: its thumbprint is its name, so nobody can slip in another.

    Raises:
        NotVerified: It shows none, another than it is signed with, or the site has shown too many.
    """
    try:
        key = public_key(claim.data.get("jwk"))
    except ValueError as error:
        raise NotVerified("payload", "a state message without a usable public key: {error}", error=error) from None
    if key.kid != claim.kid:
        raise NotVerified("payload", "a state message that shows another key than the one it is signed with")
    verify(claim.payload, claim.jws, {key.kid: key}, STATE_TYP)
    if not vouched_for and store.keys_shown(claim.address.site) >= KEYS_MOST:
        raise NotVerified("too-many-keys", "the site has shown more keys than are kept")
    store.keep_key(claim.address.site, key.kid, key.jwk)


def find_key(store: Store, trust: Trust, kid: str) -> PublicKey | None:
    """Return a key that a site has shown, or that was here when it was bound; then it is stored as if shown."""
    jwk = store.key(kid)
    bound = trust.bindings.get(kid)
    if jwk is None and bound is not None and bound.jwk:
        jwk = bound.jwk
        store.keep_key(bound.site, kid, jwk)
    return public_key(dict(jwk)) if jwk is not None else None
