"""A map is stored whole, read by whoever opens the store next, and gone when it is cleared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from portside import Opens

from agent.hub.domain.rows.city_map import NO_MAP, CityMap, MapFile, MapWord, Outline
from agent.hub.ports.store import Store

WORD = MapWord(by="Li", why="surveyed", at="2026-11-27T06:30:00.000Z", frame="gcj02", digest="d" * 64)
RING = ((113.0, 40.0), (113.4, 40.0), (113.4, 40.2), (113.0, 40.0))
SITES = MapFile(sites={"S1": (113.3, 40.08), "S2": (113.35, 40.1)})
DISTRICTS = MapFile(outlines=(Outline("平城区", (RING, RING)), Outline("", (RING,))))


def test_there_is_no_map_before_one_is_loaded(store: Store) -> None:
    assert store.city_map.read() == NO_MAP == CityMap()


def test_what_was_stored_is_read_by_whoever_opens_it_next(opens: Opens) -> None:
    city = NO_MAP.with_file(SITES, WORD).with_file(DISTRICTS, replace(WORD, by="Wang"))
    opens().city_map.keep(city)
    for read_only in (True, False):
        assert opens(read_only).city_map.read() == city
    assert city.sites_word == WORD and city.outlines_word is not None and city.outlines_word.by == "Wang"


def test_a_file_takes_the_place_of_its_own_kind_alone(store: Store) -> None:
    city = NO_MAP.with_file(SITES, WORD).with_file(DISTRICTS, WORD)
    other = replace(WORD, why="surveyed anew")
    store.city_map.keep(city.with_file(MapFile(sites={"S9": (113.1, 40.0)}), other))
    found = store.city_map.read()
    assert found.sites == {"S9": (113.1, 40.0)} and found.sites_word == other, "no place of before is left"
    assert (found.outlines, found.outlines_word) == (DISTRICTS.outlines, WORD)


def test_a_change_is_seen_by_a_store_that_is_open(opens: Opens) -> None:
    reader, writer = opens(), opens()
    for lon in (113.1, 113.2):
        city = NO_MAP.with_file(MapFile(sites={"S1": (lon, 40.0)}), WORD)
        writer.city_map.keep(city)
        assert reader.city_map.read() == city
    writer.city_map.keep(NO_MAP)
    assert reader.city_map.read() == NO_MAP
    writer.city_map.keep(NO_MAP)


@pytest.mark.parametrize("count", [20_000])
def test_a_city_of_many_sites_is_stored(store: Store, count: int) -> None:
    sites = {f"S{number}": (113 + number / 1e5, 40.0) for number in range(count)}
    store.city_map.keep(NO_MAP.with_file(MapFile(sites=sites), WORD))
    assert store.city_map.read().sites == sites
