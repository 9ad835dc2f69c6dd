"""Defines the memory that one cycle leaves for the next: one frozen value, committed with the reports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from agent.judge.memory import episodes
from agent.judge.memory.episodes import FindingState
from agent.observe.remembered import table
from agent.observe.remembered.value import EMPTY, Remembered

SCHEMA: Final = "camwarden-memory/1"


@dataclass(frozen=True, slots=True)
class Memory:
    """State between cycles: finding states by key, the last config report, and what was observed.

    `config_digest` is SHA-256 over the last config report, so that an unchanged one is sent once a day. `remembered`:
    observed state, by area. `site`: whose memory it is. `disputed`: ids of the disputes that an event has told.
    """

    known: Mapping[str, FindingState] = field(default_factory=dict)
    config_digest: str = ""
    config_sent_at: datetime | None = None
    remembered: Remembered = EMPTY
    site: str = ""
    disputed: tuple[str, ...] = ()


EMPTY_MEMORY = Memory()
"""The memory before the first look, or without a store."""


def to_json(memory: Memory) -> str:
    """Return the memory as text for the spool."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "known": {key: episodes.to_data(known) for key, known in memory.known.items()},
            "config_digest": memory.config_digest,
            "config_sent_at": memory.config_sent_at.isoformat() if memory.config_sent_at else None,
            **table.to_data(memory.remembered),
            "site": memory.site,
            "disputed": list(memory.disputed),
        },
        ensure_ascii=False,
    )


def from_json(text: str | None) -> Memory:
    """Return the memory that `to_json` wrote; an empty one for None and for a text of another schema.

    Members that an older version lacks are empty. An unreadable memory costs repeated events, never a report: it is
    dropped rather than fatal.
    """
    try:
        data = json.loads(text or "null")
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            return Memory()
        sent_at = data["config_sent_at"]
        return Memory(
            {key: episodes.from_data(row) for key, row in data["known"].items()},
            data["config_digest"],
            datetime.fromisoformat(sent_at) if sent_at else None,
            table.from_data(data),
            str(data.get("site", "")),
            tuple(str(one) for one in data.get("disputed", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return Memory()
