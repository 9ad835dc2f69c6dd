"""Parses and verifies a receipt: proof that a hub's log has a report, to be checked without the hub. Pure.

The entry of a report is 16 random bytes and the digest of its payload. The salt keeps whoever has a copy of the log
from finding out by trial which report is behind an entry; a receipt shows it for this one report. A receipt is under
2,000 bytes in a log of a thousand million reports.

Source: C2SP tlog-proof; `extra` is salt and digest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.contract.jwk import PublicKey
from agent.model.errors import NotVerified
from agent.verify.checkpoint import NOTE_MAX_CHARS, Checkpoint, b64, read_checkpoint, unb64
from agent.verify.merkle import HASH_BYTES, leaf_hash, root_of_inclusion

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
SALT_BYTES: Final = 16
RECEIPT_MAX_BYTES: Final = 16_384

_PATH_MOST = 53
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
_EXTRA = re.compile(r"extra (\S+)")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt proves: the report of this digest (hex) is entry `index` of the log at `checkpoint`."""

    digest: str
    index: int
    checkpoint: Checkpoint


def entry_of(salt: bytes, digest: str) -> bytes:
    """Return the entry of a report: `digest` is its payload's SHA-256 in hex."""
    return salt + bytes.fromhex(digest)


def write_proof(entry: bytes, index: int, path: str) -> str:
    """Return a receipt up to its checkpoint, which follows it.

    `path` has each hash in base64 on a line, the entry's sibling first.
    """
    return f"{FIRST_LINE}\nextra {b64(entry)}\nindex {index}\n{path}\n"


def read_receipt(text: str, keys: Mapping[str, PublicKey]) -> Receipt:
    """Return what a receipt proves, if a believed hub has signed its checkpoint and the proof leads there.

    Raises:
        UnknownKey: The hub's key is none of `keys`.
        NotVerified: It is no receipt, or it proves nothing.
    """
    proof, found, note = text.partition("\n\n")
    first, *lines = proof.split("\n")
    extra = _EXTRA.fullmatch(lines[0]) if lines else None
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if not found or first != FIRST_LINE or extra is None or index is None or len(lines) > _PATH_MOST + 2:
        raise NotVerified("malformed", "not a receipt of a hub's log")
    if len(note) > NOTE_MAX_CHARS:
        raise NotVerified("malformed", "not a receipt of a hub's log")
    entry = unb64(extra[1])
    path = [unb64(line) for line in lines[2:]]
    if len(entry) != SALT_BYTES + HASH_BYTES or any(len(one) != HASH_BYTES for one in path):
        raise NotVerified("malformed", "not a receipt of a hub's log")
    checkpoint = read_checkpoint(note, keys)
    place = int(index[1])
    if root_of_inclusion(place, checkpoint.size, leaf_hash(entry), path) != checkpoint.root:
        raise NotVerified("log-proof", "the proof does not lead from the report to what the hub has signed")
    return Receipt(entry[SALT_BYTES:].hex(), place, checkpoint)
