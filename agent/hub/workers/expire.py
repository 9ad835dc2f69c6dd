"""Expires what a hub has stored for longer than it may: reports, and what was extracted of them.

The newest report of each chain stays, and what a chain has not passed: a hub must know what comes next. So do gap
records, positions and keys, which name nobody. What is older than the limit is so by the hub's clock and by what sites
wrote into their newest reports: a clock that was put forward alone deletes nothing.

Source: PIPL articles 19 (no longer than the purpose needs) and 56 (records of processing: three years at least).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from agent.contract.chain import utc_text
from agent.host.access_register import expire_openings
from agent.hub.domain.retention import is_held
from agent.hub.stores.day_figures import china_day
from agent.hub.stores.keeping.holds import held
from agent.hub.stores.keeping.payloads import make_independent
from agent.hub.stores.keeping.rows import DELETED
from agent.hub.stores.store import Store
from agent.hub.workers.intake import Event

DAY_S: Final = 86400.0
AGAIN_S: Final = 1.0
AT_ONCE: Final = 500
_NEWEST: Final = 1000

_OVER = (
    "SELECT r.id, r.site, r.arrived_at, coalesce(r.made_at, ''), r.epoch <> s.epoch OR r.seq < coalesce(c.seq, 0)"
    " FROM report r JOIN site s USING (site) LEFT JOIN chain c USING (site, epoch, stream)"
    " WHERE r.id > ? ORDER BY r.id LIMIT ?"
)
_WITH_REPORT = (
    "DELETE FROM body_held WHERE report_id = ?",
    "DELETE FROM telling_finding WHERE report_id = ?",
    *DELETED,
)
_UNTOLD = (
    "DELETE FROM finding WHERE site = ?1 AND id NOT IN"
    " (SELECT finding_id FROM report JOIN telling_finding ON report_id = report.id WHERE site = ?1)"
)
_BESIDE = (
    "DELETE FROM assessed WHERE day < substr(?1, 1, 10)",
    "DELETE FROM refused WHERE at < ?1",
    "DELETE FROM finding_history WHERE to_at <> '' AND to_at < ?1",
    "DELETE FROM word WHERE ended_at <> '' AND ended_at < ?1",
    "DELETE FROM waiting WHERE arrived_at < ?1",
    "DELETE FROM dispute WHERE arrived_at < ?1",
    "DELETE FROM command WHERE created_at < ?1 AND expires_at < ?1",
    "DELETE FROM desired AS d WHERE created_at < ?1"
    " AND version < (SELECT max(version) FROM desired WHERE site = d.site)",
    "DELETE FROM accepted AS a WHERE accepted_at < ?1 AND to_seq <="
    " (SELECT c.position_seq FROM chain c WHERE (c.site, c.epoch, c.stream) = (a.site, a.epoch, a.stream))",
)


@dataclass(slots=True)
class Expiry:
    """When a running hub looks next for what is over; `kept` is how long it stores reports.

    Once a day it goes through the oldest reports, in portions a second apart, and then through the findings of the
    `sites` that lost some.
    """

    kept: timedelta
    look_at_s: float = 0.0
    after_id: int = 0
    sites: set[str] = field(default_factory=set)

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Delete a portion of what is over where it is time to; `now_s` is monotonic. Raises StoreFailed, OSError."""
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + DAY_S
        agreed = agreed_time(store, now)
        if agreed is None:
            return
        limit = utc_text(agreed - self.kept)
        with store.transaction():
            if self.sites and not self.after_id:
                store.run(_UNTOLD, self.sites.pop())
                count = 0
            else:
                self.after_id, sites = expire_portion(store, limit, self.after_id, china_day(agreed).isoformat())
                self.sites.update(sites)
                count = len(sites)
            if not self.after_id and not self.sites:
                expire_beside(store, limit)
                expire_openings(store.directory, agreed)
        if self.after_id or self.sites:
            self.look_at_s = now_s + AGAIN_S
        if count:
            tell({"event": "expired", "before": limit, "reports": count})


def agreed_time(store: Store, now: datetime) -> datetime | None:
    """Return the earlier of the hub's clock and the newest time that a site wrote; None where none did."""
    ((newest,),) = store.all(
        "SELECT coalesce(max(made_at), '') FROM report WHERE id > (SELECT max(id) FROM report_row) - ?", _NEWEST
    )
    return min(now, datetime.fromisoformat(newest)) if newest else None


def expire_portion(store: Store, limit: str, after_id: int, today: str) -> tuple[int, list[str]]:
    """Delete what is over of the next reports by id; return the last id, 0 behind the end, and each deleted one's site.

    What a person, a case or a dispute holds stays, with all that was extracted of it; `today` is a day (2026-11-24).

    Reports have ids in the order in which they came, but for a few that had waited for trust.
    """
    rows = store.all(_OVER, after_id, AT_ONCE)
    spans = held(
        store, {site for _, site, arrived_at, _, spare in rows if arrived_at < limit and spare}, today, by_fails=False
    )
    over = [
        (number, site)
        for number, site, arrived_at, made_at, spare in rows
        if arrived_at < limit and spare and not is_held(spans[site], made_at or arrived_at, arrived_at)
    ]
    for number, _ in over:
        make_independent(store, number)
        for statement in _WITH_REPORT:
            store.run(statement, number)
    is_end = len(rows) < AT_ONCE or all(arrived_at >= limit for _, _, arrived_at, _, _ in rows)
    return (0 if is_end else rows[-1][0]), [site for _, site in over]


def expire_beside(store: Store, limit: str) -> None:
    """Delete what else is over: figures of days, refusals, unverified messages, orders, and who accepted a loss."""
    for statement in _BESIDE:
        store.run(statement, limit)
