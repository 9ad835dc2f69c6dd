"""Lists what owners dispute, until when to decide and who is waited for, as `hub disputes` does.

Whoever mends some cameras of a site sees the disputes of what it sees open there, and no others.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.disputes.listed import write_disputes
from agent.hub.views.disputes.words import DELIVERED, ON_ITS_WAY, OUTCOMES
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import SHOWN_MOST, place_in, shown
from agent.model.finding import Message
from agent.text.translate import render

STATES: Final = {
    "late": Message("decision is late"),
    "open": Message("waits for a decision"),
    "on-its-way": Message("decided, the site does not have it yet"),
    "settled": Message("decided, and the site has it"),
}
"""What is `late` is `open` too."""

WAITS_FOR: Final = {
    "late": Message("the hub"), "open": Message("the hub"), "on-its-way": Message("the site"), "settled": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputesPage:
    """The disputes of the wanted site and state, those due first before the decided ones, some of `total`.

    `rows`: state, and the row as `hub disputes --json` has it. `next`: from which one on the next page begins.
    `waiting`, `late`: of all that may be seen, not of the wanted ones.
    """

    rows: tuple[tuple[str, dict[str, Any]], ...]
    total: int
    next: int | None
    waiting: int
    late: int


def read_disputes(
    store: Store, scope: Scope, now: datetime, site: str = "", state: str = "", start: int = 0
) -> DisputesPage:
    """Return a page of the disputes that may be seen, `start` of them left out."""
    told: Any = write_disputes(store, None, now)
    may_see = dispute_filter(store, scope, store.seen.sites(scope))
    rows = [(_state(one), one) for one in told["disputes"] if may_see(one["site"], one["subject"])]
    wanted = [
        (of, one)
        for of, one in rows
        if site in ("", one["site"]) and (state in ("", of) or (state == "open" and of == "late"))
    ]
    end = start + SHOWN_MOST
    return DisputesPage(
        rows=tuple(wanted[start:end]), total=len(wanted), next=end if end < len(wanted) else None,
        waiting=sum(of in ("open", "late") for of, _ in rows), late=sum(of == "late" for of, _ in rows),
    )  # fmt: skip


def dispute_filter(store: Store, scope: Scope, sites: Collection[str]) -> Callable[[str, str], bool]:
    """Return what decides by site and subject whether a dispute may be seen; `sites`: those that may be."""
    if scope.everything or not scope.maintainers:
        return lambda site, subject: site in sites
    open_there = {(one.site, one.subject) for one in store.findings.page(Wanted(scope=scope))}
    return lambda site, subject: (site, subject) in open_there


def _state(one: dict[str, Any]) -> str:
    if one["decision"] is None:
        return "late" if one["overdue"] else "open"
    return "settled" if one["order"] and one["order"]["state"] == "answered" else "on-its-way"


def answer(asked: Asked) -> Reply:
    """Return the page of disputes."""
    lang, state = asked.lang, asked.query.get("state", "")
    found = read_disputes(
        asked.store,
        asked.scope,
        asked.now,
        asked.query.get("site", "").strip(),
        state if state in STATES else "",
        place_in(asked),
    )
    return shown(
        asked,
        "disputes.html.j2",
        p=found,
        states=[(one, render(said, lang)) for one, said in STATES.items()],
        names={one: render(said, lang) for one, said in STATES.items()},
        waits_for={one: render(said, lang) if said else "" for one, said in WAITS_FOR.items()},
        outcomes=OUTCOMES,
        delivered=lambda order: DELIVERED.get(order["state"] if order else "", ON_ITS_WAY),
    )
