"""Encodes and parses the report that hands over from a site's old report key to the new one. Pure.

An `event` report signed by the OLD key, whose body has the member `rotation`:

    {"division": ..., "rotation": {"from": old kid, "to": new kid, "jwk": new public key, "heads": every stream's head
     before this report, "proof": detached JWS by the NEW key over the exact bytes of
     {"schema":"vss-key/1","site":...,"epoch":...,"from":old kid,"to":new kid}}}

The proof shows that the site has the new key: nobody can bind a stranger's key to himself. The new key signs everything
after this report in any stream; the old key's part of this epoch ends at `heads` and this report. Whether the old key
was trusted, and what is still accepted from it, the hub decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.contract.chain import STREAMS, Heads, encode, heads_json
from agent.contract.envelope import KEY_TYP, sign_payload, verify
from agent.contract.signing_keys import PublicKey, Signer, public_key
from agent.contract.watermark import is_number
from agent.model.errors import NotVerified
from agent.model.finding import Head, Json, StreamName

SCHEMA: Final = "vss-key/1"

_DIGEST = re.compile(r"[0-9a-f]{64}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_MEMBERS: Final = {"from", "to", "jwk", "heads", "proof"}


@dataclass(frozen=True, slots=True)
class Rotation:
    """A proved hand-over; kid `old` must have signed its report. `heads`: every stream before it; seq 0: none yet."""

    old: str
    new: PublicKey
    heads: Mapping[StreamName, Head]


def rotation_body(division: str, site: str, epoch: str, old: Signer, new: Signer, heads: Heads) -> dict[str, Json]:
    """Return the body of the event that the old key is to sign.

    Args:
        division: GB/T 2260 code of the site.
        site: Its id.
        epoch: Epoch of the event.
        old: The key that signed everything until now.
        new: The key that signs everything from now on; it makes the proof.
        heads: Newest report of every stream before this one.

    Raises:
        KeyUnavailable: The new key is in a token that cannot be used now.
    """
    return {
        "division": division,
        "rotation": {
            "from": old.kid,
            "to": new.kid,
            "jwk": dict(new.jwk),
            "heads": heads_json(heads),
            "proof": sign_payload(_proved(site, epoch, old.kid, new.kid), new, KEY_TYP),
        },
    }


def read_rotation(body: Mapping[str, object], site: str, epoch: str) -> Rotation:
    """Return the hand-over in the body of a verified event report.

    The caller still must compare `old` with the kid that signed the report.

    Args:
        body: The report's body; its member `rotation` is parsed.
        site: The report's site.
        epoch: The report's epoch.

    Raises:
        NotVerified: It is malformed (`rotation`), or the new key's proof is not its own, or is for another site,
            epoch or old key (`rotation-proof`).
    """
    said = body.get("rotation")
    if not isinstance(said, Mapping) or set(said) != _MEMBERS:
        raise NotVerified("rotation", "a rotation has exactly from, to, jwk, heads and proof")
    old, kid, proof = said["from"], said["to"], said["proof"]
    if not (isinstance(old, str) and _THUMBPRINT.fullmatch(old)):
        raise NotVerified("rotation", "the old key of a rotation is no thumbprint")
    try:
        new = public_key(said["jwk"])
    except ValueError as error:
        raise NotVerified("rotation", "the new key of a rotation cannot be used: {error}", error=error) from None
    if new.kid != kid:
        raise NotVerified("rotation", "the new key of a rotation is not the one that it names")
    if new.kid == old:
        raise NotVerified("rotation", "a rotation from a key to itself")
    heads = _heads(said["heads"])
    if not isinstance(proof, str):
        raise NotVerified("rotation", "the proof of a rotation is a detached JWS")
    try:
        verify(_proved(site, epoch, old, new.kid), proof, {new.kid: new}, KEY_TYP)
    except NotVerified as error:
        raise NotVerified("rotation-proof", "the new key does not prove this rotation: {error}", error=error) from None
    return Rotation(old, new, heads)


def _proved(site: str, epoch: str, old: str, new: str) -> bytes:
    """Return the bytes that the new key signs."""
    return encode({"schema": SCHEMA, "site": site, "epoch": epoch, "from": old, "to": new})


def _heads(said: object) -> Mapping[StreamName, Head]:
    wrong = NotVerified("rotation", "the heads of a rotation are not seq and digest of every stream")
    if not isinstance(said, Mapping) or set(said) != set(STREAMS):
        raise wrong
    heads: dict[StreamName, Head] = {}
    for stream in STREAMS:
        entry = said[stream]
        if not isinstance(entry, Mapping) or set(entry) != {"seq", "digest"}:
            raise wrong
        seq, digest = entry["seq"], entry["digest"]
        none_yet = seq == 0 and isinstance(seq, int) and not isinstance(seq, bool)
        if not (none_yet or is_number(seq)) or not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
            raise wrong
        heads[stream] = Head(seq, digest)
    return heads
