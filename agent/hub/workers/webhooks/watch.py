"""Observes which sites are silent and which repairs are late, and stores what has begun and ended, for endpoints.

The running hub does this while it is connected, since a hub that hears nobody would call everybody silent; after a
time away it waits until sites have had time to come back. What was so before the first endpoint was named is not told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import china_day
from agent.hub.domain.rows.webhooks import Happening, LateRepair
from agent.hub.domain.scope import SitePlace
from agent.hub.domain.webhooks import event_id
from agent.hub.ports.store import Store
from agent.hub.views.silent import Silent, silent_sites
from agent.hub.workers.intake import Event
from agent.verify.bindings import Trust

LOOK_S: Final = 60.0
AWAY_S: Final = 30.0
"""A hub that did not look for so long was away."""
SETTLE_S: Final = 300.0

TOLD: Final = frozenset({"revoked", "offline", "wedged", "late"})
"""Kinds of silence that are told: of sites that were heard before. Anybody can invent the names of others."""

_SILENT: Final = "silent "


@dataclass(slots=True)
class StateWatch:
    """When a running hub looks next; `trust`: whom it believes now. Times are monotonic seconds."""

    trust: Callable[[], Trust]
    look_at_s: float = 0.0
    called_at_s: float = float("-inf")

    def look(self, store: Store, now: datetime, now_s: float, tell: Callable[[Event], None]) -> None:
        """Look where it is time to. Raises StoreFailed."""
        if now_s - self.called_at_s > AWAY_S:
            self.look_at_s = now_s + SETTLE_S
        self.called_at_s = now_s
        if now_s < self.look_at_s:
            return
        self.look_at_s = now_s + LOOK_S
        hooks = store.webhooks.listed()
        if any(not hook.disabled_at and not store.webhooks.progress(hook.name).stopped_at for hook in hooks):
            note_states(store, self.trust(), now)
        elif hooks:
            store.webhooks.forget_states()


def note_states(store: Store, trust: Trust, now: datetime) -> None:
    """Store what has begun to be so, or ended, since the last look; the first look tells of nothing."""
    silent = silent_sites(store.sites.rows(), (), trust, now)
    late = store.webhooks.late_repairs(china_day(now).isoformat())
    found: dict[str, Silent | LateRepair] = {f"{_SILENT}{one.site}": one for one in silent if one.kind in TOLD}
    found |= {" ".join(("late", *_parts(one))): one for one in late}
    with store.transaction():
        known = store.webhooks.states()
        begun = {name: one for name, one in found.items() if known is None or name not in known}
        over = [name for name in known or {} if name not in found]
        if known is not None:
            for one in begun.values():
                store.webhooks.note(_began(store, one, now))
            for name in over:
                if name.startswith(_SILENT):
                    store.webhooks.note(_back(store, name.removeprefix(_SILENT), known[name], now))
        if begun or over or known is None:
            store.webhooks.keep_states({name: _since(one) for name, one in begun.items()}, over)


def _began(store: Store, one: Silent | LateRepair, now: datetime) -> Happening:
    if isinstance(one, Silent):
        place = store.seen.place(one.site)
        told = {"site": one.site, "division": _division(place), "kind": one.kind, "why": one.why, "since": _since(one)}
        id = event_id("site.silent", one.site, _since(one))
        return Happening(id=id, kind="site.silent", at=utc_text(now), place=place, told=told)
    told = {
        "site": one.site, "division": _division(one.place), "check": one.check, "subject": one.subject,
        "assigned_to": one.assignee, "due_on": one.due_on,
    }  # fmt: skip
    id = event_id("repair.late", *_parts(one))
    return Happening(id=id, kind="repair.late", at=utc_text(now), place=one.place, told=told)


def _back(store: Store, site: str, since: str, now: datetime) -> Happening:
    place = store.seen.place(site)
    told = {"site": site, "division": _division(place), "since": since}
    id = event_id("site.back", site, since)
    return Happening(id=id, kind="site.back", at=utc_text(now), place=place, told=told)


def _division(place: SitePlace) -> str:
    """Return the division that counts for a site; empty: nobody has told one."""
    return next(iter(place.divisions), "")


def _since(one: Silent | LateRepair) -> str:
    return utc_text(one.since) if isinstance(one, Silent) else one.due_on


def _parts(one: LateRepair) -> tuple[str, ...]:
    """Return what makes a late repair another one: a new day, or another name."""
    return one.site, one.check, one.subject, one.assignee, one.due_on
