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
from agent.hub.domain.figures import china_day
from agent.hub.domain.retention import is_held, limit_of
from agent.hub.ports.keeping import Months
from agent.hub.ports.store import Store
from agent.hub.workers.intake import Event

DAY_S: Final = 86400.0
AGAIN_S: Final = 1.0
AT_ONCE: Final = 500


@dataclass(slots=True)
class Expiry:
    """When a running hub looks next for what is over; `kept` is how long it stores reports.

    Once a day it goes through the oldest reports, in portions a second apart, and then through the findings of the
    `sites` that lost some; where months go as a whole, through those that are over, one by one.
    """

    kept: timedelta
    look_at_s: float = 0.0
    after_id: int = 0
    after_month: str = ""
    sites: set[str] = field(default_factory=set)

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Delete a portion of what is over where it is time to; `now_s` is monotonic. Raises StoreFailed, OSError."""
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + DAY_S
        agreed = agreed_time(store, now)
        if agreed is None:
            return
        limit, today = utc_text(agreed - self.kept), china_day(agreed).isoformat()
        if (months := store.expiry.months) is not None:
            goes_on = self._look_at_month(store, months, limit, today, tell)
        else:
            goes_on = self._look_at_portion(store, limit, today, tell)
        if goes_on:
            self.look_at_s = now_s + AGAIN_S
            return
        with store.transaction():
            store.expiry.delete_beside(limit)
            expire_names(store, agreed)
            expire_openings(store.directory, agreed)

    def _look_at_portion(self, store: Store, limit: str, today: str, tell: Callable[[Event], None]) -> bool:
        with store.transaction():
            if self.sites and not self.after_id:
                store.expiry.delete_untold_findings(self.sites.pop())
                count = 0
            else:
                self.after_id, sites = expire_portion(store, limit, self.after_id, today)
                self.sites.update(sites)
                count = len(sites)
        if count:
            tell({"event": "expired", "before": limit, "reports": count})
        return bool(self.after_id or self.sites)

    def _look_at_month(
        self, store: Store, months: Months, limit: str, today: str, tell: Callable[[Event], None]
    ) -> bool:
        with store.transaction():
            month = months.next_before(limit, self.after_month)
            is_gone = bool(month) and months.drop(month, _held_in(store, months, month, today))
        self.after_month = month
        if is_gone:
            tell({"event": "expired", "before": limit, "month": month})
        return bool(month)


def _held_in(store: Store, months: Months, month: str, today: str) -> list[int]:
    """Return the reports of a month that a person, a case or a dispute holds."""
    sites = {one.site for one in store.holds.listed(today, by_fails=False)}
    spans = store.holds.held(sites, today, by_fails=False)
    return [
        one.id
        for site in sorted(sites)
        for one in months.of_site(month, site)
        if is_held(spans[site], one.made_at or one.arrived_at, one.arrived_at)
    ]


def expire_names(store: Store, now: datetime) -> int:
    """Delete the names of people that no body needs any more; return how many.

    A site tells a name as long as its reports have the id, so that the bodies with it are over by their age that long
    after it was told last. What holds bodies of that time holds the names of the site.
    """
    limit, today = limit_of("changes", now), china_day(now).isoformat()
    sites = {one.site for one in store.authors.listed() if one.name and one.told_at < limit}
    spans = store.holds.held(sites, today, by_fails=False)
    return store.authors.expire((site, limit) for site in sites if not any(one.from_at < limit for one in spans[site]))


def agreed_time(store: Store, now: datetime) -> datetime | None:
    """Return the earlier of the hub's clock and the newest time that a site wrote; None where none did."""
    newest = store.expiry.newest_made_at()
    return min(now, newest) if newest is not None else None


def expire_portion(store: Store, limit: str, after_id: int, today: str) -> tuple[int, list[str]]:
    """Delete what is over of the next reports by id; return the last id, 0 behind the end, and each deleted one's site.

    What a person, a case or a dispute holds stays, with all that was extracted of it; `today` is a day (2026-11-24).
    """
    rows = store.expiry.reports_after(after_id, AT_ONCE)
    old = [one for one in rows if one.arrived_at < limit and one.is_spare]
    spans = store.holds.held({one.site for one in old}, today, by_fails=False)
    over = [one for one in old if not is_held(spans[one.site], one.made_at or one.arrived_at, one.arrived_at)]
    for one in over:
        store.expiry.delete_report(one.id)
    is_end = len(rows) < AT_ONCE or all(one.arrived_at >= limit for one in rows)
    return (0 if is_end else rows[-1].id), [one.site for one in over]
