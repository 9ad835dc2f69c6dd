"""What became of the fleet's reports: the course of a return in time, and the account at its end."""

from __future__ import annotations

import bisect
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet_site import FleetSite, Totals

from agent.contract.signing_keys import PublicKey
from agent.contract.watermark import read_watermark


@dataclass(slots=True)
class Course:
    """What was looked at in time: seconds, reports offered so far, reports that the hub has of them."""

    looks: list[tuple[float, int, int]] = field(default_factory=list)

    def peak_lag_s(self) -> float:
        """Return the most, over all looks, of: how long ago as many were offered as the hub has now."""
        offered = [one[1] for one in self.looks]
        lags = [0.0]
        for now_s, so_far, stored in self.looks:
            if stored < so_far:
                lags.append(now_s - self.looks[bisect.bisect_right(offered, stored)][0])
        return max(lags)

    def took_s(self) -> float:
        """Return how long it was looked at."""
        return self.looks[-1][0] - self.looks[0][0]


def live_delays(database: sqlite3.Connection, totals: Totals) -> dict[str, Any]:
    """Return how long fresh reports took from the site to the hub's transaction while a backlog was worked off."""
    wall_s = time.time() - time.monotonic()
    delays = []
    for at_s, site, stream, seq in totals.live_offered:
        rows = database.execute(
            "SELECT arrived_at FROM report WHERE site = ? AND stream = ? AND seq = ?", (site, stream, seq)
        ).fetchall()
        arrived_s = datetime.fromisoformat(rows[0][0]).timestamp() if rows else float("inf")
        delays.append(max(0.0, arrived_s - wall_s - at_s))
    delays.sort()
    places = {"median_s": 0.5, "p99_s": 0.99, "worst_s": 1.0}
    at = {name: delays[min(len(delays) - 1, int(len(delays) * share))] for name, share in places.items() if delays}
    return {"n": len(delays)} | {name: round(value, 2) for name, value in at.items()}


def lost(database: sqlite3.Connection, sites: Iterable[FleetSite], hub_key: PublicKey) -> int:
    """Count reports that the hub has not verified, and those that no signed watermark of their site covers."""
    rows = database.execute("SELECT site, stream, seq, digest FROM report WHERE fork = 0")
    stored = {(site, stream, seq): digest for site, stream, seq, digest in rows}
    missing = 0
    for one in sites:
        site = one.life.site.id
        streams = read_watermark(*one.last_mark, {hub_key.kid: hub_key}, site).streams if one.last_mark else {}
        confirmed = {stream: head.seq for stream, head in streams.items()}
        for (stream, seq), digest in one.made.items():
            missing += stored.get((site, stream, seq)) != digest or seq > confirmed.get(stream, 0)
    return missing
