"""Decides whether a key's hand-over to its successor counts, and which messages of the old key are still accepted.

A hand-over passes its own checks beside those of `agent/contract/key_rotation.py`. Of a rotated key reports are
accepted up to the heads that it named in that epoch, or of epochs met before; of state messages only the farewell or
will of the connection that it opened.
"""

from datetime import datetime

from agent.contract.key_rotation import Rotation, read_rotation
from agent.hub.ports.store import Store
from agent.model.errors import ConfigurationError, Forbidden, NotVerified
from agent.verify.bindings import Rotated, Trust
from agent.verify.message import Claim


def read(claim: Claim) -> Rotation | None:
    """Return the hand-over that a verified event report names, None where it names none.

    Raises:
        NotVerified: It names one that is not valid: `rotation` or `rotation-proof`.
    """
    body = claim.data["body"]
    if not isinstance(body, dict) or "rotation" not in body:
        return None
    rotation = read_rotation(body, claim.address.site, claim.epoch)
    if rotation.old != claim.kid:
        raise NotVerified("rotation", "a rotation of another key than the one that signed it")
    return rotation


def bind(store: Store, claim: Claim, rotation: Rotation, now: datetime) -> Trust:
    """Bind the new key to the site, in memory and in the trust file; return both bindings.

    The file is written before the report is committed: a hub that is killed between the two binds it again.

    Raises:
        NotVerified: `rotation`: the trust file does not allow it. `trust-file`: it cannot be read or written now;
            nothing is stored, so the site sends the report again.
    """
    site = claim.address.site
    heads = {stream: head.seq for stream, head in rotation.heads.items()}
    limit = Rotated(rotation.new.kid, claim.epoch, heads, store.epochs.others(site, claim.epoch))
    try:
        after = store.trust.rotate(site, claim.kid, limit, now, rotation.new.jwk)
    except (Forbidden, ConfigurationError) as error:
        raise NotVerified("trust-file", error.message) from None
    if after is None:
        raise NotVerified("rotation", "the trust file does not allow this hand-over")
    store.keep_key(site, rotation.new.kid, rotation.new.jwk)
    return after


def refuse_after(store: Store, trust: Trust, claim: Claim) -> None:
    """Refuse a verified message that a key signed after it had handed over. Raises NotVerified."""
    limit = trust.rotated(claim.kid)
    if limit is not None and not still_accepted(store, limit, claim):
        raise NotVerified("rotated-key", "the key has handed over to {to}, and this came after", to=limit.to)


def still_accepted(store: Store, limit: Rotated, claim: Claim) -> bool:
    """Return whether a verified message of a key that has named its successor is still accepted.

    What is stored already is a duplicate. A hub that was killed before it stored the hand-over may have written it into
    the trust file.
    """
    if claim.stream is not None:
        if limit.allows(claim.epoch, claim.stream, claim.seq) or claim.digest in store.digests_at(claim):
            return True
        body = claim.data["body"]
        said = body.get("rotation") if isinstance(body, dict) else None
        place = ("event", limit.epoch, limit.heads.get("event", 0) + 1)
        return (claim.stream, claim.epoch, claim.seq) == place and isinstance(said, dict) and said.get("to") == limit.to
    return claim.data.get("status") != "ready" and store.epochs.signer_of_state(claim.address.site) == claim.kid
