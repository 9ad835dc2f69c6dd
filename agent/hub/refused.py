"""Reports that a site has signed and the hub does not take: the site is told, so that it stops to send them for ever.

Told is only what the site's own key signed, and what no second try mends: a payload that breaks a bound of the
contract, or is none. Nothing of it is believed but the signature. Which report it is says an unsigned label, or else
the payload: the site believes it only for the digest of its own row. A body that inflates to more than any payload is
inflated into the hash only, up to 8 MiB, and never parsed.

Reads and writes within the caller's transaction; `read` and `digest_of_packed` are pure.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.chain import STREAMS, digest, utc_text
from agent.envelope import REPORT_TYP, read_header, split_jws, verify
from agent.errors import NotVerified
from agent.hub.store import Store
from agent.hub.verify import Gap, is_place
from agent.keys import PublicKey
from agent.model import StreamName
from agent.topics import Address
from agent.watermark import Rejected

TOLD: Final = frozenset({"size", "payload", "duplicate-name", "too-deep", "number", "time", "site"})
"""Reasons that no second try mends; others may be another's fault, or pass."""

INFLATED_MAX_BYTES: Final = 8 * 1024 * 1024
MOST: Final = 16
"""Refused reports of one epoch that are remembered; the others come again."""

_STEP_BYTES: Final = 64 * 1024
_LABEL = re.compile(r"([0-9A-Za-z_-]{1,64}):([a-z]{1,8}):([0-9]{1,16})")


@dataclass(frozen=True, slots=True)
class Refused:
    """A report that is refused although its site signed it."""

    epoch: str
    stream: StreamName
    seq: int
    digest: str


def read(address: Address, payload: bytes, jws: str, label: str, packed: bool, key: PublicKey) -> Refused | None:
    """Return which report a refused message is, if the site's key signed it; None where it did not, or nobody knows.

    Args:
        address: Of its topic.
        payload: As it came; deflated where `packed`.
        jws: Detached.
        label: The CloudEvents id `epoch:stream:seq`; unsigned, and may be empty.
        packed: The payload inflates to more than any payload may have.
        key: Trusted for the site of the topic.
    """
    if address.kind not in STREAMS:
        return None
    stream = STREAMS[STREAMS.index(address.kind)]
    if packed:
        name = digest_of_packed(payload, jws, key)
    else:
        with suppress(NotVerified):
            verify(payload, jws, {key.kid: key}, REPORT_TYP)
            return _named(stream, label or _label_in(payload), digest(payload))
        return None
    return _named(stream, label, name) if name else None


def digest_of_packed(payload: bytes, jws: str, key: PublicKey) -> str:
    """Return the digest of what a deflated payload inflates to, if the key signed that; empty where it did not.

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


def keep(store: Store, site: str, refused: Refused, reason: str, now: datetime) -> bool:
    """Remember a refused report, to be told; say whether its site can be told."""
    if not store.all("SELECT 1 FROM epoch WHERE site = ? AND epoch = ?", site, refused.epoch):
        return False
    ((others,),) = store.all(
        "SELECT count(*) FROM refused WHERE site = ? AND epoch = ? AND digest <> ?",
        *(site, refused.epoch, refused.digest),
    )
    if others >= MOST:
        return False
    store.run(
        "INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET at = excluded.at, reason = excluded.reason",
        *(site, refused.epoch, refused.stream, refused.seq, refused.digest, reason, utc_text(now)),
    )
    return True


def newest(store: Store, site: str, epoch: str) -> Rejected | None:
    """Return the report of an epoch that was refused last, until the site gives it up."""
    rows = store.all(
        "SELECT stream, seq, digest, reason FROM refused WHERE site = ? AND epoch = ? ORDER BY at DESC, seq LIMIT 1",
        *(site, epoch),
    )
    return Rejected(*rows[0]) if rows else None


def given_up(store: Store, site: str, gap: Gap) -> None:
    """Forget what a gap record names: its site knows."""
    store.run(
        "DELETE FROM refused WHERE site = ? AND epoch = ? AND stream = ? AND seq BETWEEN ? AND ?",
        *(site, gap.epoch, gap.stream, gap.from_seq, gap.to_seq),
    )


def _label_in(payload: bytes) -> str:
    """Return the label that the payload itself has; of one that no decoder takes, an empty one."""
    data: Any = None
    with suppress(ValueError, RecursionError):
        data = json.loads(payload)
    return f"{data.get('epoch')}:{data.get('stream')}:{data.get('seq')}" if isinstance(data, dict) else ""


def _named(stream: StreamName, label: str, name: str) -> Refused | None:
    match = _LABEL.fullmatch(label)
    if match is None or match[2] != stream or not is_place(seq := int(match[3])):
        return None
    return Refused(match[1], stream, seq, name)
