"""How delivery stands: the value that `status.json` and the commands show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How delivery stands, for `status.json`. Counters run since the start of this process.

    `link` = `connected`, `offline`, `refused`, `duplicate-identity` (another client uses this site's name), `file`
    (not connected by design), `stopped`. `reason` = the broker's or system's words for it.
    """

    link: str
    since: datetime
    reason: str = ""
    confirm: str = "hub"
    connection_no: int = 0
    connects: int = 0
    puback_at: datetime | None = None
    watermark_at: datetime | None = None
    ack_no: int = 0
    refused_publishes: Mapping[str, int] = field(default_factory=dict)
    ignored_watermarks: Mapping[str, int] = field(default_factory=dict)
    failures: int = 0
