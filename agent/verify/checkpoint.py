"""Signs and verifies a checkpoint: how many entries a hub's log has, and the root over them. Pure.

A signed note that any reader of transparency logs takes. Its origin names the key of the hub and the time at which
this life of the log began: a hub that was restored from a backup begins another life by a statement of its own, and
checkpoints of the two are never compared by size alone.

Source: C2SP tlog-checkpoint and signed-note (types 0x01 Ed25519, 0x02 ECDSA over SHA-256 as in `transparency-dev`).
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from agent.contract.jwk import COORDINATE_BYTES, PublicKey, unb64url
from agent.contract.signing_keys import Signer
from agent.model.errors import NotVerified, UnknownKey
from agent.verify.merkle import HASH_BYTES, SIZE_MAX

NOTE_MAX_CHARS: Final = 8192
"""A checkpoint with sixteen cosignatures has less."""

_ORIGIN = re.compile(r"camwarden-hub/([A-Za-z0-9_-]{43})/([0-9]{8}T[0-9]{6}Z)")
_SIGNATURE = re.compile(r"\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
# What DER has before the point of every P-256 key. Source: RFC 5480 section 2.
_P256_SPKI: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a hub's key has signed: `size` entries of the log `origin` have this root. `note` is the signed text."""

    origin: str
    size: int
    root: bytes
    note: str

    @property
    def head(self) -> tuple[int, bytes]:
        """Size and root."""
        return self.size, self.root

    @property
    def begun(self) -> str:
        """When this life of the log began, as its origin says: later lives compare as greater."""
        return self.origin.rpartition("/")[2]


def origin_of(kid: str, begun: datetime) -> str:
    """Return the name of the log that a hub's key has kept since `begun`."""
    return f"camwarden-hub/{kid}/{begun.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def write_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """Return the signed note."""
    text = f"{origin}\n{size}\n{b64(root)}\n"
    return sign_note(text, origin, signer)


def read_checkpoint(note: str, keys: Mapping[str, PublicKey]) -> Checkpoint:
    """Return the checkpoint if the key that its origin names is believed and has signed it.

    Raises:
        UnknownKey: That key is none of `keys`.
        NotVerified: It is no checkpoint of a hub's log, or the signature is not that key's.
    """
    text, origin = split_note(note)
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]) or int(lines[1]) > SIZE_MAX:
        raise NotVerified("malformed", "not a checkpoint of a log: origin, size and root, each on a line")
    root = unb64(lines[2])
    if len(root) != HASH_BYTES:
        raise NotVerified("malformed", "not a checkpoint of a log: its root is no SHA-256")
    verify_note(note, origin, keys)
    return Checkpoint(origin, int(lines[1]), root, note)


def sign_note(text: str, origin: str, signer: Signer) -> str:
    """Return a text, ending with a line break, with the signature of the hub's key in the name of its log."""
    signature = signer.sign(text.encode())
    if signer.alg == "ES256":
        r, s = int.from_bytes(signature[:COORDINATE_BYTES]), int.from_bytes(signature[COORDINATE_BYTES:])
        signature = encode_dss_signature(r, s)
    return f"{text}\n\u2014 {origin} {b64(_key_id(origin, signer.public) + signature)}\n"


def split_note(note: str) -> tuple[str, str]:
    """Return the signed text of a note of a hub's log, and the origin in its first line; nothing is verified yet.

    Raises:
        NotVerified: It is none.
    """
    text, found, _ = note.rpartition("\n\n") if len(note) <= NOTE_MAX_CHARS else ("", "", "")
    origin = text.partition("\n")[0]
    if not found or not _ORIGIN.fullmatch(origin):
        raise NotVerified("malformed", "not a signed note of a hub's log")
    return f"{text}\n", origin


def verify_note(note: str, origin: str, keys: Mapping[str, PublicKey]) -> None:
    """Verify that the key which an origin names is one of `keys`, and has signed the note under that origin.

    Raises:
        UnknownKey: The key is none of `keys`.
        NotVerified: It has not signed.
    """
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise NotVerified("malformed", "not a signed note of a hub's log")
    kid = match[1]
    key = keys.get(kid)
    if key is None:
        raise UnknownKey(kid)
    text, signed, signatures = note.rpartition("\n\n")
    mine = _key_id(origin, key)
    for line in signatures.splitlines():
        parts = _SIGNATURE.fullmatch(line)
        signature = unb64(parts[2]) if parts and parts[1] == origin else b""
        if signed and signature[:4] == mine and key.verifies(f"{text}\n".encode(), _raw(signature[4:], key.alg)):
            return
    raise NotVerified("signature", "the note is not signed by the key of the hub that it names")


def b64(data: bytes) -> str:
    """Return base64 with padding, as notes have it. Source: RFC 4648 section 4."""
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """Return the bytes of canonical base64.

    Raises:
        NotVerified: It is something else.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if b64(data) != text:
        raise NotVerified("malformed", "not base64 in its one form")
    return data


def _key_id(name: str, key: PublicKey) -> bytes:
    """Return the four bytes by which a signature names its key. Source: C2SP signed-note, "Signature types"."""
    x = unb64url(key.jwk["x"])
    if key.alg == "ES256":
        return hashlib.sha256(_P256_SPKI + x + unb64url(key.jwk["y"])).digest()[:4]
    return hashlib.sha256(f"{name}\n".encode() + b"\x01" + x).digest()[:4]


def _raw(signature: bytes, alg: str) -> bytes:
    """Return a note's signature in the form of JWS; empty where it has none."""
    if alg != "ES256":
        return signature
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)
    except (ValueError, OverflowError):
        return b""
