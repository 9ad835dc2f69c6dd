"""Answers a site whose signed report the hub refuses, so that it stops sending it.

Answered is only what the site's own key signed, and what no second try mends: a payload that breaks a bound of the
contract, or is none. Nothing of it is trusted but the signature. An unsigned label, or else the payload, names the
report: the site accepts that only for the digest of its own row. A body that inflates to more than any payload is
inflated into the hash only, up to 8 MiB, and never parsed.

`keep` reads and writes within the caller's transaction; the others are pure.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from agent.contract.chain import STREAMS, digest
from agent.contract.envelope import REPORT_TYP, read_header, split_jws, unflatten, verify
from agent.contract.signing_keys import PublicKey
from agent.contract.topics import Address
from agent.contract.watermark import Rejected
from agent.hub.ports.store import Store
from agent.model.errors import NotVerified
from agent.model.finding import StreamName
from agent.verify.bindings import Trust
from agent.verify.message import is_place

TOLD: Final = frozenset({"size", "payload", "duplicate-name", "too-deep", "number", "time", "site"})
"""Reasons that no second try mends; others may be another's fault, or pass."""

INFLATED_MAX_BYTES: Final = 8 * 1024 * 1024
MOST: Final = 16
"""Refused reports of one epoch that are remembered; the others come again."""

_STEP_BYTES: Final = 64 * 1024
_LABEL = re.compile(r"([0-9A-Za-z_-]{1,64}):([a-z]{1,8}):([0-9]{1,16})")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came.

    `jws` empty: it lies around the payload. `label`: the CloudEvents id `epoch:stream:seq`, unsigned, may be empty.
    `packed`: the payload is still deflated: it inflates to more than any payload may have.
    """

    payload: bytes = field(repr=False)
    jws: str = field(repr=False)
    label: str = ""
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A report that is refused although its site signed it."""

    epoch: str
    stream: StreamName
    seq: int
    digest: str


def key_of(
    address: Address, came: Incoming, trust: Trust, known: Callable[[str], PublicKey | None], now: datetime
) -> PublicKey | None:
    """Return the key that a refused message claims, if it may sign for the site of its topic."""
    with suppress(NotVerified):
        kid = read_header(came.jws or unflatten(came.payload)[1]).kid
        return known(kid) if trust.decide(address.site, kid, now) == "trusted" else None
    return None


def is_signed(came: Incoming, key: PublicKey) -> bool:
    """Return whether a refused message is signed with a key all the same."""
    if came.packed:
        return bool(digest_of_packed(came.payload, came.jws, key))
    with suppress(NotVerified):
        payload, jws = (came.payload, came.jws) if came.jws else unflatten(came.payload)
        verify(payload, jws, {key.kid: key}, read_header(jws).typ)
        return True
    return False


def read(address: Address, came: Incoming, key: PublicKey) -> Refused | None:
    """Return which report a refused message with a good signature is; None where it is none, or unknown."""
    if address.kind not in STREAMS:
        return None
    stream = STREAMS[STREAMS.index(address.kind)]
    if came.packed:
        return _named(stream, came.label, digest_of_packed(came.payload, came.jws, key))
    payload, jws = (came.payload, came.jws) if came.jws else unflatten(came.payload)
    if read_header(jws).typ != REPORT_TYP:
        return None
    return _named(stream, came.label or _label_in(payload), digest(payload))


def digest_of_packed(payload: bytes, jws: str, key: PublicKey) -> str:
    """Return the digest of what a deflated payload inflates to, if the key signed that; else empty.

    Source: RFC 7797 section 3 (signing input).
    """
    protected, signature = split_jws(jws)
    signed, plain = hashlib.sha256(protected.encode() + b"."), hashlib.sha256()
    if read_header(jws).typ != REPORT_TYP or read_header(jws).alg != key.alg:
        return ""
    inflater, left, size = zlib.decompressobj(), payload, 0
    try:
        while not inflater.eof and size <= INFLATED_MAX_BYTES:
            part = inflater.decompress(left, _STEP_BYTES)
            left = inflater.unconsumed_tail
            if not part and not left:
                break
            size += len(part)
            signed.update(part)
            plain.update(part)
    except zlib.error:
        return ""
    whole = inflater.eof and not inflater.unused_data and size <= INFLATED_MAX_BYTES
    return plain.hexdigest() if whole and key.verifies_digest(signed.digest(), signature) else ""


def keep(store: Store, address: Address, came: Incoming, key: PublicKey, reason: str, now: datetime) -> str:
    """Store a refused report for the answer; return its epoch, empty where there is nothing to answer."""
    refused, site = read(address, came, key), address.site
    if refused is None or reason not in TOLD:
        return ""
    if store.epochs.verdict(site, refused.epoch) is None:
        return ""
    if store.refusals.others(site, refused.epoch, refused.digest) >= MOST:
        return ""
    store.refusals.keep(site, refused.epoch, Rejected(refused.stream, refused.seq, refused.digest, reason), now)
    return refused.epoch


def _label_in(payload: bytes) -> str:
    """Return the label in the payload itself; empty where no decoder takes it."""
    data: Any = None
    with suppress(ValueError, RecursionError):
        data = json.loads(payload)
    return f"{data.get('epoch')}:{data.get('stream')}:{data.get('seq')}" if isinstance(data, dict) else ""


def _named(stream: StreamName, label: str, name: str) -> Refused | None:
    match = _LABEL.fullmatch(label)
    if match is None or match[2] != stream or not is_place(seq := int(match[3])):
        return None
    return Refused(match[1], stream, seq, name)
