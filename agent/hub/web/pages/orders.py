"""Lists what was asked of sites and what became of it, as `hub orders` does, and the policies in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.policy_words import policy_lines
from agent.hub.views.status import write_orders
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import ROWS_MOST, SHOWN_MOST, place_in, shown
from agent.text.translate import render, translate

STATES: Final = ("waiting", "sent", "answer-expected", "answered", "refused", "answer-refused", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPage:
    """The orders of the wanted site and state, the newest first, at most so many; `total`: of all of them.

    `orders` and `policies`: rows as `hub orders --json` has them. `next`: from which one on the next page begins.
    """

    orders: tuple[dict[str, Any], ...]
    total: int
    next: int | None
    policies: tuple[dict[str, Any], ...]


def read_orders(
    store: Store, scope: Scope, now: datetime, site: str = "", state: str = "", start: int = 0
) -> OrdersPage:
    """Return a page of orders to sites that may be seen, `start` newer ones left out."""
    told: Any = write_orders(store, site or None, now, scope)
    orders = [one for one in reversed(told["orders"]) if state in ("", one["state"])]
    end = start + SHOWN_MOST
    return OrdersPage(
        orders=tuple(orders[start:end]),
        total=len(orders),
        next=end if end < len(orders) else None,
        policies=tuple(told["policies"]),
    )


def answer(asked: Asked) -> Reply:
    """Return the page of orders."""
    state = asked.query.get("state", "")
    found = read_orders(
        asked.store,
        asked.scope,
        asked.now,
        asked.query.get("site", "").strip(),
        state if state in STATES else "",
        place_in(asked),
    )
    return shown(
        asked,
        "orders.html.j2",
        p=found,
        states=[(one, translate(one, asked.lang)) for one in STATES],
        policies=[
            (one["site"], [render(line, asked.lang) for line in policy_lines(one)])
            for one in found.policies[:ROWS_MOST]
        ],
    )
