"""The file of the map is for the hub's user alone, and one that is no map is named as such."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.hub.domain.rows.city_map import NO_MAP, MapFile, MapWord
from agent.hub.stores.page import city_map
from agent.model.errors import ConfigurationError

WORD = MapWord(by="Li", why="surveyed", at="2026-11-27T06:30:00.000Z", frame="wgs84", digest="d" * 64)


def test_nobody_else_may_read_where_sites_are(tmp_path: Path) -> None:
    city_map.keep(tmp_path, NO_MAP.with_file(MapFile(sites={"S1": (113.3, 40.08)}), WORD))
    assert (tmp_path / city_map.NAME).stat().st_mode & 0o777 == 0o600
    city_map.keep(tmp_path, NO_MAP)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "{}", '{"schema":"other"}', "[" * 100_000,
        '{"schema":"camwarden-hub-map-file/1","sites":{"S1":[1]},"sites_word":null,"outlines":[],"outlines_word":null}',
        '{"schema":"camwarden-hub-map-file/1","sites":{},"sites_word":{"x":1},"outlines":[],"outlines_word":null}',
        '{"schema":"camwarden-hub-map-file/1","sites":[],"sites_word":null,"outlines":7,"outlines_word":null}',
    ],
    ids=range(10),
)  # fmt: skip
def test_a_file_that_is_no_map_is_named_and_its_content_is_not(tmp_path: Path, text: str) -> None:
    (tmp_path / city_map.NAME).write_text(text)
    with pytest.raises(ConfigurationError, match=r"map\.json: not a map that this hub wrote; load it again"):
        city_map.read(tmp_path)


def test_a_map_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    before = NO_MAP.with_file(MapFile(sites={"S1": (113.3, 40.08)}), WORD)
    city_map.keep(tmp_path, before)
    with pytest.raises(ConfigurationError):
        city_map.keep(tmp_path / "nowhere", before)
    assert city_map.read(tmp_path) == before
    assert json.loads((tmp_path / city_map.NAME).read_text())["schema"] == city_map.SCHEMA
