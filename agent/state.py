"""What one cycle leaves for the next. A frozen value that travels with the reports in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.model import Status

SCHEMA = "camwarden-memory/1"


@dataclass(frozen=True, slots=True)
class Known:
    """The last status of a finding that was told, and a different one that has been seen `seen_times` since."""

    status: Status
    since: datetime
    candidate: Status | None = None
    seen_times: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """State between cycles: statuses by finding key, and which configuration report was sent when.

    `config_digest` is SHA-256 over what the last config report said, so that an unchanged one is sent once a day.
    """

    known: Mapping[str, Known] = field(default_factory=dict)
    config_digest: str = ""
    config_sent_at: datetime | None = None


def to_json(memory: Memory) -> str:
    """Return the memory as the text that the spool keeps."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "known": {
                key: [k.status, k.since.isoformat(), k.candidate, k.seen_times] for key, k in memory.known.items()
            },
            "config_digest": memory.config_digest,
            "config_sent_at": memory.config_sent_at.isoformat() if memory.config_sent_at else None,
        },
        ensure_ascii=False,
    )


def from_json(text: str | None) -> Memory:
    """Return the memory that `to_json` wrote; an empty one for None and for a text of another schema.

    An unreadable memory costs repeated events, never a report: so it is forgotten rather than fatal.
    """
    try:
        data = json.loads(text or "null")
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            return Memory()
        sent_at = data["config_sent_at"]
        return Memory(
            {
                key: Known(status, datetime.fromisoformat(since), candidate, int(times))
                for key, (status, since, candidate, times) in data["known"].items()
            },
            data["config_digest"],
            datetime.fromisoformat(sent_at) if sent_at else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Memory()
