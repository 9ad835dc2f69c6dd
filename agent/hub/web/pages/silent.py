"""Lists the silent sites with the next step of each, as `hub silent` does."""

from dataclasses import dataclass
from datetime import datetime

from agent.hub.domain.scope import Scope, is_below
from agent.hub.stores.reading.city_now import division_of_sites
from agent.hub.stores.store import Store
from agent.hub.views.silent import KINDS, Kind, Silent
from agent.hub.views.silent_words import next_step
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.city import seen_silent
from agent.hub.web.pages.shown import ROWS_MOST, shown
from agent.model.finding import Message
from agent.text.translate import translate


@dataclass(frozen=True, slots=True)
class SilentRow:
    """A silent site, where it lies, and what to do."""

    one: Silent
    division: str
    step: Message


@dataclass(frozen=True, slots=True)
class SilentPage:
    """The silent sites by kind, of the wanted kind and division. `counts`: of every kind. `at`: by whose clock."""

    rows: tuple[SilentRow, ...]
    counts: dict[Kind, int]
    at: datetime


def read_silent(store: Store, scope: Scope, now: datetime, kind: str = "", division: str = "") -> SilentPage:
    """Return the silent sites that may be seen."""
    places = division_of_sites(store, scope)
    found = seen_silent(store, scope, places, now)
    counts: dict[Kind, int] = {}
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    rows = (SilentRow(one, places.get(one.site, ("", 0))[0], next_step(one.kind, one.why)) for one in found)
    wanted = (row for row in rows if kind in ("", row.one.kind) and (not division or is_below(row.division, division)))
    return SilentPage(tuple(wanted), counts, now)


def answer(asked: Asked) -> Reply:
    """Return the page of silent sites."""
    kind, division = asked.query.get("kind", ""), asked.query.get("division", "").strip()
    return shown(
        asked,
        "silent.html.j2",
        p=read_silent(asked.store, asked.scope, asked.now, kind, division),
        kinds=[(one, translate(one, asked.lang)) for one in KINDS],
        shown_most=ROWS_MOST,
    )
