"""Signs and verifies a witness's cosignature: that it saw a checkpoint at a time, and that it continued its own. Pure.

Source: C2SP tlog-cosignature, cosignature/v1 (Ed25519, signed note type 0x04).
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from agent.contract.jwk import PublicKey, unb64url
from agent.contract.signing_keys import Signer
from agent.model.errors import NotVerified
from agent.verify.checkpoint import NOTE_MAX_CHARS, b64, unb64

_NAME: Final = "camwarden-witness/"
_TIME_BYTES = 8


def cosign(note: str, signer: Signer, now: datetime) -> str:
    """Return a checkpoint with the cosignature of a witness, whose key is Ed25519, behind it."""
    at = int(now.timestamp())
    name = f"{_NAME}{signer.kid}"
    signature = signer.sign(_signed(note, at))
    return f"{note}\u2014 {name} {b64(_key_id(name, signer.public) + at.to_bytes(_TIME_BYTES) + signature)}\n"


def cosigned(note: str, keys: Mapping[str, PublicKey]) -> dict[str, datetime]:
    """Return which of these witnesses have cosigned a checkpoint, by kid, and when; others are ignored.

    Raises:
        NotVerified: A line is in the name of a witness of `keys`, and is not its signature.
    """
    found: dict[str, datetime] = {}
    for line in note[:NOTE_MAX_CHARS].rpartition("\n\n")[2].splitlines():
        _, _, rest = line.partition(f"\u2014 {_NAME}")
        kid, _, text = rest.partition(" ")
        key = keys.get(kid)
        if key is None or key.alg != "Ed25519":
            continue
        data = unb64(text)
        at = int.from_bytes(data[4 : 4 + _TIME_BYTES])
        if data[:4] != _key_id(f"{_NAME}{kid}", key) or not key.verifies(_signed(note, at), data[4 + _TIME_BYTES :]):
            raise NotVerified("signature", "a cosignature in the name of a witness is not its own")
        try:
            found[kid] = datetime.fromtimestamp(at, UTC)
        except (ValueError, OverflowError, OSError):
            raise NotVerified("malformed", "a cosignature of no time") from None
    return found


def _signed(note: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{note.rpartition(chr(10) * 2)[0]}\n".encode()


def _key_id(name: str, key: PublicKey) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + b"\x04" + unb64url(key.jwk["x"])).digest()[:4]
