"""Lists the silent sites with the next step of each, as `hub silent` does."""

from dataclasses import dataclass
from datetime import datetime

from agent.hub.domain.scope import Scope, is_below
from agent.hub.ports.store import Store
from agent.hub.views.silent import KINDS, Silent
from agent.hub.views.silent_words import next_step
from agent.hub.views.status import find_silent
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import SHOWN_MOST, place_in, shown
from agent.model.finding import Message
from agent.text.translate import translate
from agent.verify.bindings import Trust


@dataclass(frozen=True, slots=True)
class SilentRow:
    """A silent site, where it lies, and what to do."""

    one: Silent
    division: str
    step: Message


@dataclass(frozen=True, slots=True)
class SilentPage:
    """The silent sites by kind, of the wanted kind and division, at most so many; `total`: all of them.

    `next`: from which one on the next page begins. `at`: by whose clock.
    """

    rows: tuple[SilentRow, ...]
    total: int
    next: int | None
    at: datetime


def read_silent(
    store: Store, believed: Trust, scope: Scope, now: datetime, kind: str = "", division: str = "", start: int = 0
) -> SilentPage:
    """Return a page of the silent sites that may be seen, `start` of them left out."""
    places = store.seen.divisions(scope)
    found = find_silent(store, believed, now, scope)
    rows = (SilentRow(one, places.get(one.site, ("", 0))[0], next_step(one.kind, one.why)) for one in found)
    wanted = [row for row in rows if kind in ("", row.one.kind) and (not division or is_below(row.division, division))]
    end = start + SHOWN_MOST
    return SilentPage(tuple(wanted[start:end]), len(wanted), end if end < len(wanted) else None, now)


def answer(asked: Asked) -> Reply:
    """Return the page of silent sites."""
    kind, division = asked.query.get("kind", ""), asked.query.get("division", "").strip()
    believed = asked.place.keys.now(asked.place.directory)
    return shown(
        asked,
        "silent.html.j2",
        p=read_silent(asked.store, believed, asked.scope, asked.now, kind, division, place_in(asked)),
        kinds=[(one, translate(one, asked.lang)) for one in KINDS],
    )
