"""A camera keeps the source that it had, until its device has renamed all of them."""

from __future__ import annotations

from dataclasses import replace

from sites import NOW, camera, site

from agent.observe.inventory.known_sources import KnownSource, source_data, source_from, update_sources, with_sources
from drivers.details import VideoSource, VideoSources
from drivers.model import Observation

ONE, TWO, THREE = (
    replace(one, camera=replace(one.camera, channel=number))
    for number, one in enumerate((camera("one"), camera("two"), camera("three")), 1)
)
SITE = site(ONE, TWO, THREE)
DEVICE = ONE.camera.device
LEARNED = {"one": KnownSource("a", 3), "two": KnownSource("b", 3), "three": KnownSource("c", 3)}


def listing(*tokens: str) -> tuple[Observation, ...]:
    sources = (VideoSource(number, token, "", 0, 0, 1) for number, token in enumerate(tokens, 1))
    return (Observation(f"device:{DEVICE}", VideoSources(tuple(sources)), NOW, "onvif"),)


def test_sources_are_learned_by_their_number_and_kept_while_one_is_missing() -> None:
    assert update_sources(SITE, listing("a", "b", "c"), {}) == LEARNED
    assert update_sources(SITE, listing("a", "c"), LEARNED) == LEARNED
    assert update_sources(SITE, listing("c", "a", "b"), LEARNED) == LEARNED
    assert update_sources(SITE, (), LEARNED) == LEARNED


def test_nothing_is_learned_while_numbers_may_be_shifted() -> None:
    two = {name: LEARNED[name] for name in ("one", "two")}
    assert update_sources(SITE, listing("a", "c"), two) == two
    assert update_sources(SITE, listing("a", "b", "c"), two) == LEARNED
    assert update_sources(SITE, listing("a", "b"), {"three": KnownSource("b", 3)}).keys() == {"one", "three"}


def test_nothing_is_learned_of_a_device_that_lists_fewer_sources_than_are_configured() -> None:
    """The first look: a cable is pulled, and the camera behind it has moved up to its number."""
    assert update_sources(SITE, listing("a", "c"), {}) == {}
    (short,) = listing("a", "c")
    assert isinstance(short.value, VideoSources)
    whole = replace(short, value=replace(short.value, complete=True))
    assert update_sources(SITE, (whole,), {}).keys() == {"one", "two"}, "its numbers are those of the device"


def test_a_device_that_has_renamed_all_of_its_sources_is_learned_anew_and_one_that_lost_all_is_not() -> None:
    renamed = update_sources(SITE, listing("x", "y", "z"), LEARNED)
    assert [one.token for one in renamed.values()] == ["x", "y", "z"]
    assert update_sources(SITE, listing("x"), LEARNED) == LEARNED


def test_renamed_sources_are_told_apart_by_their_names_where_each_has_its_own() -> None:
    def told(*pairs: tuple[str, str]) -> tuple[Observation, ...]:
        sources = tuple(VideoSource(number, token, name, 0, 0, 1) for number, (token, name) in enumerate(pairs, 1))
        return (Observation(f"device:{DEVICE}", VideoSources(sources), NOW, "onvif"),)

    before = update_sources(SITE, told(("a", "gate"), ("b", "yard"), ("c", "hall")), {})
    moved = update_sources(SITE, told(("x", "hall"), ("y", "gate"), ("z", "yard")), before)
    assert {name: one.token for name, one in moved.items()} == {"one": "y", "two": "z", "three": "x"}
    for names in (("hall", "hall", "yard"), ("", "gate", "yard"), ("new", "gate", "yard")):
        doubtful = update_sources(SITE, told(*zip("xyz", names, strict=True)), before)
        assert [one.token for one in doubtful.values()] == ["x", "y", "z"], names
    assert source_from(source_data(before["one"])[:2]) == KnownSource("a", 3)


def test_drivers_get_the_source_but_of_a_device_that_has_only_one() -> None:
    known = {"one": KnownSource("a", 3), "two": KnownSource("b", 1)}
    assert [one.camera.source for one in with_sources(SITE, known).cameras] == ["a", "", ""]
    assert source_from(source_data(known["one"])) == known["one"]


def test_what_is_not_configured_any_more_is_forgotten() -> None:
    assert update_sources(site(ONE), listing("a", "b", "c"), LEARNED) == {"one": LEARNED["one"]}
