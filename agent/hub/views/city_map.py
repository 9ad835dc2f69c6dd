"""Derives the state of each site on the map from its open findings and its silence. Pure.

The worst that is known of a site is its state. A site of which no configuration report counts is unknown, never clear;
and what a silent site had last is no reason to show it as well.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal, NamedTuple

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.city_map import CityMap, MapWord
from agent.hub.views.silent import Silent
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-map/1"

State = Literal["fail", "silent", "unknown", "warn", "clear"]

STATES: Final[tuple[State, ...]] = ("fail", "silent", "unknown", "warn", "clear")
"""The worst first. `clear`: it is heard of, was judged, and nothing is open there that may be seen."""


class PlacedSite(NamedTuple):
    """A site on the map. Counts are of open findings; `silent`: the kind of its silence, empty: it is heard of.

    A tuple: a city has ten thousand of them on each page.
    """

    site: str
    lon: float
    lat: float
    division: str
    state: State
    fail: int
    warn: int
    unknown: int
    silent: str


_RANK: Final = {state: number for number, state in enumerate(STATES)}
_NONE: Final[Mapping[str, int]] = dict.fromkeys(OPEN, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """The sites that have a position and may be seen, the worst first, and how many there are in each state.

    `without_position`: sites that may be seen and that nobody has placed. `never_heard`: placed ones that this hub does
    not know, for whoever sees everything.
    """

    sites: tuple[PlacedSite, ...]
    totals: Mapping[State, int]
    without_position: int
    never_heard: tuple[str, ...]


def view_map(
    city: CityMap,
    seen: Mapping[str, tuple[str, int]],
    opened: Mapping[str, Mapping[str, int]],
    silent: Iterable[Silent],
    is_everything: bool,
) -> MapView:
    """Return the sites on the map.

    Args:
        city: The map.
        seen: Division and cameras of each site that may be seen.
        opened: What is open by site and status; a site that is not in it was never judged.
        silent: The silent sites, others too.
        is_everything: Whether all sites may be seen, so that what is not among them is unknown here.
    """
    quiet = {one.site: one.kind for one in silent}
    ranked = []
    for site, (lon, lat) in city.sites.items():
        if site in seen:
            counts, kind = opened.get(site), quiet.get(site, "")
            told, state = counts or _NONE, _state(counts, kind)
            fails = told["fail"]
            placed = PlacedSite(site, lon, lat, seen[site][0], state, fails, told["warn"], told["unknown"], kind)
            ranked.append((_RANK[state], -fails, site, placed))
    ranked.sort()
    sites = tuple(placed for _, _, _, placed in ranked)
    number = Counter(one.state for one in sites)
    return MapView(
        sites=sites,
        totals={state: number[state] for state in STATES},
        without_position=len(seen) - len(sites),
        never_heard=tuple(sorted(city.sites.keys() - seen.keys())) if is_everything else (),
    )


def _state(counts: Mapping[str, int] | None, silent: str) -> State:
    if counts is not None and counts["fail"]:
        return "fail"
    if silent:
        return "silent"
    if counts is None or counts["unknown"]:
        return "unknown"
    return "warn" if counts["warn"] else "clear"


def map_json(city: CityMap, view: MapView) -> dict[str, Json]:
    """Return the map as `hub map show --json` prints it."""
    return {
        "schema": SCHEMA,
        "sites": [_site(one) for one in view.sites],
        "totals": {str(state): count for state, count in view.totals.items()},
        "without_position": view.without_position,
        "never_heard": list(view.never_heard),
        "sites_loaded": _word(city.sites_word),
        "outlines": [{"name": one.name, "points": sum(map(len, one.rings))} for one in city.outlines],
        "outlines_loaded": _word(city.outlines_word),
    }


def _site(one: PlacedSite) -> dict[str, Json]:
    return {
        "site": one.site, "lon": one.lon, "lat": one.lat, "division": one.division, "state": one.state,
        "fail": one.fail, "warn": one.warn, "unknown": one.unknown, "silent": one.silent,
    }  # fmt: skip


def _word(word: MapWord | None) -> Json:
    return asdict(word) if word is not None else None
