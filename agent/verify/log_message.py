"""Encodes and verifies the message about the log from a hub to a site: receipt, and that the log continues.

Not signed as a whole: everything in it counts by the checkpoint, which the hub's key has signed, so that a broker can
hold it back or show an old one, and forge nothing. What a site holds moves by `agent/verify/log_follower.py` alone.
Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.contract.jwk import PublicKey
from agent.contract.payload_bounds import read_json
from agent.model.errors import NotVerified
from agent.verify.checkpoint import Checkpoint, b64, read_checkpoint, unb64
from agent.verify.log_follower import Step, follow
from agent.verify.receipt import RECEIPT_MAX_BYTES, read_receipt

SCHEMA: Final = "vss-receipt/1"
_MOST: Final = 64
_PATH_MOST: Final = 128


@dataclass(frozen=True, slots=True)
class Told:
    """What a message proves: the digest of a report in the log, and the step of what is held."""

    digest: str
    step: Step


def proof_json(old: int, new: int, path: Sequence[bytes]) -> str:
    """Return one proof of consistency as it stands in a message."""
    return json.dumps({"from": old, "to": new, "path": [b64(one) for one in path]}, separators=(",", ":"))


def write_message(site: str, receipt: str, proofs: str, statements: str) -> bytes:
    """Return the payload; `proofs` and `statements` are JSON lists. `receipt` has nothing to escape but line breaks."""
    text = receipt.replace("\n", "\\n")
    return (
        f'{{"schema":"{SCHEMA}","site":"{site}","receipt":"{text}","proofs":{proofs},"restored":{statements}}}'
    ).encode()


def read_message(payload: bytes, site: str, held: str, keys: Mapping[str, PublicKey]) -> Told:
    """Return what a message proves to a site that holds the checkpoint `held` (empty: none).

    Raises:
        UnknownKey: Another hub signed it.
        NotVerified: It is no such message, of another site, its receipt proves nothing, or its log does not continue
            the held one: a reason of `agent.verify.log_follower.follow`.
    """
    data = read_json(payload)
    try:
        receipt, statements = data["receipt"], [str(one) for one in data["restored"][:_MOST]]
        paths = {(one["from"], one["to"]): [unb64(line) for line in one["path"][:_PATH_MOST]]
                 for one in data["proofs"][:_MOST]}  # fmt: skip
        if data["schema"] != SCHEMA or not isinstance(receipt, str) or len(receipt) > RECEIPT_MAX_BYTES:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "not a receipt of a hub's log for a site") from None
    if data.get("site") != site:
        raise NotVerified("site", "a receipt for another site")
    found = read_receipt(receipt, keys)
    before = read_held(held, keys)
    step = follow(before, found.checkpoint.note, statements, lambda old, new: paths.get((old, new), ()), keys)
    return Told(found.digest, step)


def read_held(held: str, keys: Mapping[str, PublicKey]) -> Checkpoint | None:
    """Return the checkpoint that is held; one of a hub that is no longer pinned counts no more."""
    try:
        return read_checkpoint(held, keys) if held else None
    except NotVerified:
        return None
