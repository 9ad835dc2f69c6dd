"""Names offered for zones: in both languages, the likeliest first, none twice, all of them good in site.toml."""

from __future__ import annotations

import re

import pytest
import tomli

from agent.onsite.cards.zone_names import EVERYWHERE, NAMES, suggested_names
from agent.site.declarations.kinds_of_place import FORBIDDEN_ZONES, OPEN_ZONES
from agent.text.harmless import printable, toml_string


def test_each_open_kind_of_place_has_its_own_and_forbidden_ones_have_none() -> None:
    """In a forbidden place no mask helps: the camera has to go."""
    assert set(NAMES) == {choice.value for choice in OPEN_ZONES} - {"other"}
    assert not set(NAMES) & {choice.value for choice in FORBIDDEN_ZONES}
    assert {name for names in NAMES.values() for name in map(str, names)} <= set(map(str, EVERYWHERE))


@pytest.mark.parametrize("place", ["", "other", "toilet", "no such place", *NAMES])
def test_all_names_are_offered_once_and_those_of_the_place_first(place: str) -> None:
    english, chinese = suggested_names("en", place), suggested_names("zh_CN", place)
    assert len(set(english)) == len(english) == len(EVERYWHERE)
    assert len(set(chinese)) == len(chinese) == len(EVERYWHERE)
    first = NAMES.get(place, EVERYWHERE)
    assert english[: len(first)] == tuple(map(str, first))
    assert all(re.fullmatch(r"[\u4e00-\u9fff]+", name) for name in chinese)
    for name in (*english, *chinese):
        assert printable(name) == name and tomli.loads(f"name = {toml_string(name)}")["name"] == name


def test_names_that_the_camera_has_are_not_offered_again() -> None:
    assert "computer screen" in suggested_names("en", "counter")
    assert "computer screen" not in suggested_names("en", "counter", ["computer screen"])
    assert len(suggested_names("zh_CN", "", suggested_names("zh_CN"))) == 0
