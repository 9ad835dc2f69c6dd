"""Verifies receipts of a hub's log, and that they are of the reports beside them: `camwarden verify --receipt`."""

import argparse
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.contract.jwk import PublicKey, load_jwks
from agent.contract.signing_keys import load_signer
from agent.hub.stores.signing_key import KEY_NAME
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, UnknownKey, UsageError, os_words
from agent.model.finding import Json, Message, listed
from agent.verify.archive import Container
from agent.verify.cosignature import cosigned
from agent.verify.judge import Judgement, Trusted, Verdict
from agent.verify.receipt import RECEIPT_MAX_BYTES, Receipt, read_receipt

RECEIPT_SUFFIX: Final = ".tlog-proof"
_FINE = Message("")


@dataclass(frozen=True, slots=True)
class JudgedReceipt:
    """The verdict on one receipt; `reason` (a word) and `why` where it is not verified."""

    name: str
    verdict: Verdict
    reason: str = ""
    why: Message = _FINE
    receipt: Receipt | None = None
    witnesses: tuple[str, ...] = ()


def hub_keys(args: argparse.Namespace) -> dict[str, PublicKey]:
    """Return the keys of `--jwks`, and the hub's own of `--data`.

    Raises:
        UsageError: Neither is given: a receipt does not show the key that signed it.
        ConfigurationError: A file cannot be used.
    """
    if not args.jwks and args.data is None:
        raise UsageError("say which hub to believe: --jwks FILE, as `camwarden hub jwks` prints it, or --data DIR")
    keys: dict[str, PublicKey] = {}
    for path in args.jwks or ():
        keys |= load_jwks(path)
    if args.data is not None:
        with suppress(Forbidden):
            own = load_signer(args.data / KEY_NAME).public
            keys[own.kid] = own
    return keys


def judge_receipt(path: Path, keys: Mapping[str, PublicKey], digests: Collection[str] | None) -> JudgedReceipt:
    """Return the verdict on a receipt; it must be of one of `digests`, the reports beside it, unless that is None."""
    try:
        with path.open("rb") as file:
            data = file.read(RECEIPT_MAX_BYTES + 1)
    except OSError as error:
        why = Message("{why}; check the path", {"why": os_words(error)})
        return JudgedReceipt(str(path), "unusable", "unreadable", why)
    return _judge(str(path), data, keys, digests)


def judge_packed_receipt(container: Container, name: str, believed: Trusted, digests: Collection[str]) -> Judgement:
    """Return the verdict on a receipt in a case, or among other messages: it must be of one that is beside it."""
    where = f"{container.path}/{name}"
    try:
        one = _judge(where, container.read(name), believed.keys, digests)
    except ConfigurationError as error:
        return Judgement(where, "unusable", "unreadable", error.message)
    return Judgement(where, one.verdict, one.reason, one.why)


def _judge(name: str, data: bytes, keys: Mapping[str, PublicKey], digests: Collection[str] | None) -> JudgedReceipt:
    if len(data) > RECEIPT_MAX_BYTES:
        return JudgedReceipt(name, "unusable", "malformed", Message("not a receipt of a hub's log"))
    try:
        receipt = read_receipt(data.decode("utf-8"), keys)
        witnesses = tuple(sorted(cosigned(receipt.checkpoint.note, keys)))
    except UnicodeDecodeError:
        return JudgedReceipt(name, "unusable", "malformed", Message("not a receipt of a hub's log"))
    except UnknownKey as error:
        return JudgedReceipt(name, "unchecked", error.reason, error.message)
    except NotVerified as error:
        return JudgedReceipt(name, "unusable" if error.reason == "malformed" else "failed", error.reason, error.message)
    if digests is not None and receipt.digest not in digests:
        why = Message("it is of a report that is not among the files: {digest}", {"digest": receipt.digest})
        return JudgedReceipt(name, "failed", "another-report", why, receipt)
    return JudgedReceipt(name, "verified", receipt=receipt, witnesses=witnesses)


def receipt_line(one: JudgedReceipt) -> Message:
    """Return one line about a receipt."""
    held = one.receipt
    if one.verdict != "verified" or held is None:
        return Message("{name}: {verdict}: {why}", {"name": one.name, "verdict": Message(one.verdict), "why": one.why})
    values: dict[str, object] = {
        "name": one.name, "digest": held.digest, "index": held.index,
        "size": held.checkpoint.size, "origin": held.checkpoint.origin,
    }  # fmt: skip
    if not one.witnesses:
        return Message("{name}: report {digest} is entry {index} of {size} in the log {origin}", values)
    return Message(
        "{name}: report {digest} is entry {index} of {size} in the log {origin}, cosigned by {witnesses}",
        {**values, "witnesses": listed(one.witnesses)},
    )


def receipt_json(one: JudgedReceipt) -> dict[str, Json]:
    """Encode a verdict for `--json`."""
    held = one.receipt
    told: dict[str, Json] = {"path": one.name, "verdict": one.verdict, "reason": one.reason, "why": str(one.why)}
    if held is None:
        return told
    return told | {
        "digest": held.digest, "index": held.index, "size": held.checkpoint.size, "origin": held.checkpoint.origin,
        "witnesses": list(one.witnesses),
    }  # fmt: skip
