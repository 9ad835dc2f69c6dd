"""Draws the map of a city, and lists the sites of a part of it, as `hub map show` has them.

A map that cannot be read is shown as one: everything else of the city stands without it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.hub.domain.map.map_file import CHINA
from agent.hub.domain.rows.city_map import NO_MAP, CityMap
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.city_map import STATES, MapView, PlacedSite, State, view_map
from agent.hub.views.silent import Silent
from agent.hub.views.status import find_silent
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.maps import Box, Drawing, drawn, shape
from agent.hub.web.pages.shown import SHOWN_MOST, place_in, shown
from agent.model.errors import ConfigurationError, Forbidden, UsageError
from agent.model.finding import Message

WORDS: Final[Mapping[State, Message]] = {
    "fail": Message("something fails"),
    "silent": Message("silent"),
    "unknown": Message("something could not be judged"),
    "warn": Message("something warns"),
    "clear": Message("nothing open"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPage:
    """A part of the map; `sites`: those in it, from one on, at most so many of `total`, the worst first.

    `is_broken`: what is stored is no map. `next`: from which one on the next page begins. `is_part`: not the whole map.
    """

    city: CityMap
    view: MapView
    drawing: Drawing | None
    sites: tuple[PlacedSite, ...]
    total: int
    next: int | None
    is_part: bool
    is_broken: bool


def read_map(
    store: Store,
    scope: Scope,
    seen: Mapping[str, tuple[str, int]],
    silent: Iterable[Silent],
    box: Box | None = None,
    start: int = 0,
) -> MapPage:
    """Return a part of the map, or all of it, with the sites that may be seen: `seen`, and `silent` of them."""
    try:
        city, is_broken = store.city_map.read(), False
    except (ConfigurationError, Forbidden):
        city, is_broken = NO_MAP, True
    opened = store.seen.open_by_site(scope) if city.sites else {}
    view = view_map(city, seen, opened, silent, scope.everything)
    drawing = drawn(view.sites, city.outlines, box)
    inside = view.sites
    if box is not None:
        inside = tuple(one for one in view.sites if drawing is not None and drawing.box.has(one.lon, one.lat))
    end = start + SHOWN_MOST
    return MapPage(
        city=city, view=view, drawing=drawing, sites=inside[start:end], total=len(inside),
        next=end if end < len(inside) else None, is_part=box is not None, is_broken=is_broken,
    )  # fmt: skip


def read_box(text: str) -> Box | None:
    """Return the part of the map that an address asks for; None: all of it. Raises UsageError."""
    if not text:
        return None
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        west, south, east, north = 0.0, 0.0, 0.0, 0.0
    if not (_is_near(CHINA[0], west, east) and _is_near(CHINA[1], south, north)):
        raise UsageError("box {text!r}: west, south, east and north in degrees, such as 113.2,40.0,113.4,40.2",
                         text=text[:80])  # fmt: skip
    return Box(west, south, east, north)


def _is_near(frame: tuple[float, float], low: float, high: float) -> bool:
    """Return whether a stretch lies in a frame, or with its margin a degree outside; NaN lies nowhere."""
    return frame[0] - 1 <= low < high <= frame[1] + 1


def answer(asked: Asked) -> Reply:
    """Return the page of the map."""
    seen = asked.store.seen.divisions(asked.scope)
    believed = asked.place.keys.now(asked.place.directory)
    silent = find_silent(asked.store, believed, asked.now, asked.scope)
    found = read_map(asked.store, asked.scope, seen, silent, read_box(asked.query.get("box", "")), place_in(asked))
    return shown(asked, "map.html.j2", p=found, **map_words())


def map_words() -> dict[str, object]:
    """Return what the macro of the map needs beside it: states with their words and shapes."""
    return {"states": [(state, WORDS[state], shape(state, 7)) for state in STATES]}
