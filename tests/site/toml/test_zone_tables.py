"""Zones that were drawn are written into a person's site.toml, and every other line stays as it is."""

from __future__ import annotations

import pytest
import tomli

from agent.site.config.site import CameraConfig, NoPrivateArea, Preset, PrivateZone
from agent.site.toml.edit import CannotMerge, marked
from agent.site.toml.zone_tables import with_zones
from drivers.model import Camera

SQUARE = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.5))
TEXT = """\
# The site of Li Na.
[site]
id = "S1"

[[camera]]  # at the gate
id = "gate"
device = "nvr"
# The window of the dormitory.
[[camera.private_zone]]
name = "window"
polygon = [
  [0.1, 0.1],  # top left
  [0.4, 0.1],
  [0.4, 0.5],
]

# The bed.
[[camera.private_zone]]
name = "bed"
polygon = [[0.5, 0.5], [0.6, 0.5], [0.6, 0.6]]
effect = "color"
color = "#000000"

# Behind the house.
[[camera]]
id = "yard"
device = "nvr"

[camera.no_private_area]
by = "Li Na"
at = 2026-01-31

[[camera]]
id = "dome"
device = "nvr"
[[camera.preset]]
name = "left"
[[camera.preset.private_zone]]
name = "window"
polygon = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]]
[[camera.preset]]
name = "right"

# The end.
"""
WINDOW = PrivateZone("window", SQUARE)
BED = PrivateZone("bed", ((0.5, 0.5), (0.6, 0.5), (0.6, 0.6)), "color", "#000000")
DOOR = PrivateZone('door "A"', ((0.7, 0.7), (0.8, 0.7), (0.8, 0.8)), "pixelated")
FREE = NoPrivateArea("Wang", "2026-11-29")


def camera(
    name: str, *zones: PrivateZone, free: NoPrivateArea | None = None, presets: tuple[Preset, ...] = ()
) -> CameraConfig:
    return CameraConfig(Camera(name, "nvr"), zones, free, presets=presets)


def test_what_is_drawn_as_it_stands_changes_nothing() -> None:
    dome = camera("dome", presets=(Preset("left", (WINDOW,)), Preset("right")))
    there = NoPrivateArea("Li Na", "2026-01-31")
    assert with_zones(TEXT, (camera("gate", WINDOW, BED), camera("yard", free=there), dome)) == TEXT


def test_a_new_zone_stands_behind_the_last_one_of_its_camera() -> None:
    found = with_zones(TEXT, (camera("gate", WINDOW, BED, DOOR),))
    added = (
        '\n\n[[camera.private_zone]]\nname = "door \\"A\\""\n'
        'polygon = [[0.7, 0.7], [0.8, 0.7], [0.8, 0.8]]\neffect = "pixelated"\n'
    )
    assert found == TEXT.replace('color = "#000000"\n', f'color = "#000000"{added}')


def test_a_changed_zone_keeps_its_place_and_the_comment_above_it() -> None:
    moved = PrivateZone("bed", ((0.5, 0.5), (0.7, 0.5), (0.7, 0.6)), "color", "#000000")
    found = with_zones(TEXT, (camera("gate", WINDOW, moved),))
    assert found == TEXT.replace("[0.6, 0.5], [0.6, 0.6]]", "[0.7, 0.5], [0.7, 0.6]]")
    assert "# The bed.\n[[camera.private_zone]]" in found


def test_a_removed_zone_takes_its_comment_along_and_no_other() -> None:
    found = with_zones(TEXT, (camera("gate", BED),))
    assert "dormitory" not in found
    assert "# The bed.\n" in found and "# Behind the house.\n[[camera]]" in found
    assert tomli.loads(found)["camera"][0]["private_zone"] == tomli.loads(TEXT)["camera"][0]["private_zone"][1:]


def test_all_zones_make_room_for_nothing_private_and_the_other_way_round() -> None:
    found = with_zones(TEXT, (camera("gate", free=FREE), camera("yard", DOOR)))
    gate, yard, _ = tomli.loads(found)["camera"]
    assert (gate["no_private_area"], "private_zone" in gate) == ({"by": "Wang", "at": "2026-11-29"}, False)
    assert ([one["name"] for one in yard["private_zone"]], "no_private_area" in yard) == (['door "A"'], False)
    assert found.startswith("# The site of Li Na.\n") and found.endswith("# The end.\n")


def test_zones_of_a_preset_stay_with_their_preset() -> None:
    dome = camera("dome", presets=(Preset("left", (WINDOW, DOOR)), Preset("right", (BED,))))
    found = tomli.loads(with_zones(TEXT, (dome,)))["camera"][2]["preset"]
    assert [[zone["name"] for zone in one["private_zone"]] for one in found] == [["window", 'door "A"'], ["bed"]]


def test_line_ends_and_the_line_with_the_digest_stay() -> None:
    text = marked(TEXT).replace("\n", "\r\n")
    found = with_zones(text, (camera("dome", DOOR, presets=(Preset("left", (WINDOW,)), Preset("right"))),))
    assert "\n" not in found.replace("\r\n", "")
    assert found.splitlines()[-1].startswith("# camwarden wrote this file")


@pytest.mark.parametrize(
    "text",
    [
        '[[camera]]\nid = "gate"\nno_private_area.by = "A"\nno_private_area.at = "2026-01-31"\n',
        'camera = [{id = "gate", device = "nvr"}]\n',
        '[[camera]]\nid = "yard"\n',
    ],
    ids=("dotted keys", "cameras inline", "another camera"),
)
def test_another_form_of_the_file_is_refused_and_nothing_guessed(text: str) -> None:
    with pytest.raises(CannotMerge, match="gate"):
        with_zones(text, (camera("gate", WINDOW, DOOR),))
