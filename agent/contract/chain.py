"""Numbers reports and links each to the one before it in its stream. Pure.

Decides `seq`, `prev` and the payload's bytes. The order of reports never depends on a clock: `ts` is the clock's, and
`boot_id`, `mono_ms` and `clock_synced` show how far to believe it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, cast, get_args

from agent.host.clock import nearest
from agent.model.finding import Draft, Head, Json, Moment, Report, StreamName

SCHEMA: Final = "vss-report/1"
STREAMS: Final[tuple[StreamName, ...]] = get_args(StreamName)
GENESIS: Final = Head(0, "0" * 64)
"""The head before the first report of a stream."""

Heads = Mapping[StreamName, Head]

# Bodies are built by ourselves of plain values: to look for one that contains itself would cost a fifth of the time.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """The site's id, its city, and the digest of its configuration."""

    site: str
    city: str
    cfg_digest: str


def link(
    drafts: Iterable[Draft], heads: Heads, epoch: str, origin: Origin, moment: Moment
) -> tuple[tuple[Report, ...], dict[StreamName, Head]]:
    """Return the reports in the order of commit, and the heads after them; a stream missing in `heads` has none yet.

    Health reports go last and get the member `heads`: the newest report of every stream, and of their own stream the
    one before. So a hub that receives one health report knows about every report that it lacks. The order of drafts
    within a stream is preserved.
    """
    after: dict[StreamName, Head] = {stream: heads.get(stream, GENESIS) for stream in STREAMS}
    ts = utc_text(nearest(moment.at))
    reports = []
    for draft in sorted(drafts, key=lambda draft: draft.stream == "health"):
        body = {**draft.body, "heads": heads_json(after)} if draft.stream == "health" else draft.body
        head = after[draft.stream]
        payload = encode(
            {
                "schema": SCHEMA,
                "site": origin.site,
                "city": origin.city,
                "stream": draft.stream,
                "epoch": epoch,
                "seq": head.seq + 1,
                "prev": head.digest,
                "ts": ts,
                "boot_id": moment.boot_id,
                "mono_ms": moment.mono_ms,
                "clock_synced": moment.clock_synced,
                "cfg_digest": origin.cfg_digest,
                "body": cast(Json, body),
            }
        )
        report = Report(draft.stream, epoch, head.seq + 1, payload, digest(payload))
        after[draft.stream] = Head(report.seq, report.digest)
        reports.append(report)
    return tuple(reports), after


def head_json(head: Head) -> dict[str, Json]:
    """Return a head for payloads."""
    return {"seq": head.seq, "digest": head.digest}


def heads_json(heads: Heads) -> dict[str, Json]:
    """Return heads for payloads: every stream, `seq` 0 and 64 zeros where there is no report yet."""
    return {stream: head_json(heads.get(stream, GENESIS)) for stream in STREAMS}


def encode(payload: Mapping[str, Json]) -> bytes:
    """Return the JSON bytes to sign: UTF-8, no spaces, members in the given order, no NaN.

    Raises:
        ValueError: A number is not finite, or a string has lone surrogates.
    """
    return _ENCODER.encode(payload).encode()


def digest(payload: bytes) -> str:
    """Return the SHA-256 of the payload in hex: the report's id in its chain."""
    return hashlib.sha256(payload).hexdigest()


@lru_cache(maxsize=256)  # one time is written in several places, and of a batch all came at one
def utc_text(at: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
