"""What sites and hubs told while a hub was upgraded: watermarks on the wire, and what is wrong in them."""

from __future__ import annotations

import json
from typing import Any

from hubside import Peer

WRONG = frozenset(
    {"fork", "tamper", "rejected", "untrusted", "lost", "two-lives", "spool-lost", "altered", "left-out", "stale-state"}
)
"""What a hub tells of where something was lost, came in a wrong order, or is not believed."""


def acks(peer: Peer, site: str) -> list[tuple[int, dict[str, int]]]:
    """Return number and heads of the watermarks of a site that were on the wire, each number once, in their order."""
    read: list[Any] = [json.loads(bytes(one["payload"])) for one in peer.of(f"/{site}/ack") if one["payload"]]  # type: ignore[arg-type]
    return [(one["ack_no"], {stream: head["seq"] for stream, head in one["streams"].items()}) for one in read]


def hold_rising(marks: list[tuple[int, dict[str, int]]]) -> None:
    """Hold that no watermark says less than one of a lower number."""
    known: dict[str, int] = {}
    for number, heads in sorted(marks, key=lambda one: one[0]):
        assert all(heads.get(stream, 0) >= seq for stream, seq in known.items()), number
        known = heads
