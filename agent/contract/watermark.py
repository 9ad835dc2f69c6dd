"""Encodes and parses the hub's confirmation: how far it has verified and stored each stream of a site. Pure.

A watermark names, for each stream of one epoch, the newest report up to which the hub lacks nothing that is not
explained by a gap record. The hub signs it as `vss-ack+json`, retained on the site's `ack` topic.

Decides what a well-formed watermark from the right hub is; whether it fits the site's own reports is decided in
`agent/deliver/spool/spool.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeGuard

from agent.contract.chain import STREAMS, encode, head_json, utc_text
from agent.contract.envelope import ACK_TYP, verify
from agent.contract.payload_bounds import NUMBER_MAX, read_json, read_time
from agent.contract.signing_keys import PublicKey
from agent.host.clock import nearest
from agent.model.errors import NotVerified
from agent.model.finding import Head, Json, StreamName

SCHEMA: Final = "vss-ack/1"
SEQ_MAX: Final = NUMBER_MAX

_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[a-z][a-z-]{0,63}")
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_REJECTED = ("stream", "seq", "digest", "reason")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A report that the hub will never accept, and why, in a word. It counts only for a row with this digest."""

    stream: StreamName
    seq: int
    digest: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedKey:
    """A key of the site, by its thumbprint, of which the hub takes nothing any more, and why, in a word."""

    kid: str
    reason: str


@dataclass(frozen=True, slots=True)
class Watermark:
    """A hub's confirmation, with the last refused report until its eviction. `ack_no` rises, also across epochs.

    `refused_key`: why nothing more is confirmed, where that is it.
    """

    site: str
    epoch: str
    ack_no: int
    streams: Mapping[StreamName, Head]
    rejected: Rejected | None = None
    refused_key: RefusedKey | None = None


def write_watermark(mark: Watermark, now: datetime) -> bytes:
    """Return the payload that a hub signs."""
    payload: dict[str, Json] = {
        "schema": SCHEMA,
        "site": mark.site,
        "epoch": mark.epoch,
        "ack_no": mark.ack_no,
        "ts": utc_text(nearest(now)),
        "streams": {stream: head_json(head) for stream, head in mark.streams.items()},
    }
    if (refused := mark.rejected) is not None:
        payload["rejected"] = asdict(refused)
    if mark.refused_key is not None:
        payload["refused_key"] = asdict(mark.refused_key)
    return encode(payload)


def read_watermark(payload: bytes, jws: str, hub_keys: Mapping[str, PublicKey], site: str) -> Watermark:
    """Return the watermark if a pinned hub signed it for this site.

    Raises:
        NotVerified: It did not; `reason` is `unknown-key` for a hub that is not pinned, `site` for another
            site's watermark, `payload` for what is not a watermark.
    """
    verify(payload, jws, hub_keys, ACK_TYP)
    data = read_json(payload)
    try:
        mark = Watermark(
            data["site"], data["epoch"], data["ack_no"], _streams(data["streams"]), _rejected(data), _key(data)
        )
        read_time(data["ts"])
        if data["schema"] != SCHEMA or not isinstance(mark.epoch, str) or not is_number(mark.ack_no):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "signed by the hub, but not a watermark of this contract") from None
    if mark.site != site:
        raise NotVerified("site", "a watermark for another site")
    return mark


def _streams(data: Mapping[str, Mapping[str, object]]) -> Mapping[StreamName, Head]:
    heads = {}
    for stream in STREAMS:
        entry = data.get(stream)
        if entry is None or entry["seq"] == 0:  # nothing confirmed yet
            continue
        seq, digest = entry["seq"], entry["digest"]
        if not (is_number(seq) and isinstance(digest, str) and _DIGEST.fullmatch(digest)):
            raise ValueError
        heads[stream] = Head(seq, digest)
    return heads


def _rejected(data: Mapping[str, Any]) -> Rejected | None:
    entry = data.get("rejected")
    if entry is None:
        return None
    stream, seq, digest, reason = (entry[name] for name in _REJECTED)
    if not (is_number(seq) and _DIGEST.fullmatch(digest) and _WORD.fullmatch(reason)):
        raise ValueError
    return Rejected(STREAMS[STREAMS.index(stream)], seq, digest, reason)


def _key(data: Mapping[str, Any]) -> RefusedKey | None:
    entry = data.get("refused_key")
    if entry is None:
        return None
    if not (_KID.fullmatch(entry["kid"]) and _WORD.fullmatch(entry["reason"])):
        raise ValueError
    return RefusedKey(entry["kid"], entry["reason"])


def is_number(value: object) -> TypeGuard[int]:
    """Return whether a decoded value can be a sequence number."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= SEQ_MAX
