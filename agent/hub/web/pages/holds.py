"""Lists what is held against deletion, as `hub holds` does."""

from dataclasses import dataclass
from datetime import datetime

from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.keeping import Hold
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shown


@dataclass(frozen=True, slots=True)
class HoldsPage:
    """What people, cases and disputes hold; and at how many sites open fails hold by themselves."""

    rows: tuple[Hold, ...]
    by_fails: int


def read_holds(store: Store, scope: Scope, now: datetime, site: str = "") -> HoldsPage:
    """Return what is held of sites that may be seen; of one site what its open fails hold, too."""
    seen = store.seen.divisions(scope)
    found = store.holds.listed(now.astimezone(CHINA).date().isoformat(), site or None)
    found = [one for one in found if scope.everything or one.site in seen]
    by_fails = sum(one.kind == "fail" for one in found)
    return HoldsPage(tuple(one for one in found if site or one.kind != "fail"), by_fails)


def answer(asked: Asked) -> Reply:
    """Return the page of what is held."""
    found = read_holds(asked.store, asked.scope, asked.now, asked.query.get("site", "").strip())
    return shown(asked, "holds.html.j2", p=found)
