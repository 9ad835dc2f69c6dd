"""Parses what a person has drawn, as the page sends it, into a camera of site.toml. Pure.

Hostile input ends in one sentence. What is a valid zone is decided here as in site.toml (`agent/site/config/zones.py`),
whose loader has the last word before anything is saved.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, get_args

from agent.model.finding import listed
from agent.onsite.ui.refusals import NotGranted
from agent.site.config.site import CameraConfig, NoPrivateArea, PrivateZone
from agent.text.harmless import printable
from masking.geometry import MAX_POINTS, GeometryError, validate
from masking.model import Effect, Point, Polygon

ZONES_MAX: Final = 64
NAME_MAX_CHARS: Final = 64
ROUNDED: Final = 4
"""Digits of a corner: a ten-thousandth of the picture is less than half a pixel of 4K."""

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def drafted(camera: CameraConfig, body: Mapping[str, Any], by: str, today: date) -> CameraConfig:
    """Return the camera with what was drawn: `zones`, and `no_private_area` where nothing private is in view.

    Raises:
        NotGranted: A zone is none, a name is there twice, or both are declared.
    """
    zones = zones_of(body)
    free = body.get("no_private_area", False)
    if not isinstance(free, bool):
        raise NotGranted("{key} must be true or false", key="no_private_area")
    if free and (zones or camera.presets):
        raise NotGranted("a camera has private zones, or nothing private in view: remove the zones, or take that back")
    known = {preset.name for preset in camera.presets}
    strange = next((preset for preset, _ in zones if preset and preset not in known), None)
    if strange is not None:
        raise NotGranted("site.toml declares no preset {preset} of this camera", preset=printable(strange))
    before = camera.no_private_area
    return replace(
        camera,
        zones=tuple(zone for preset, zone in zones if not preset),
        presets=tuple(
            replace(preset, zones=tuple(zone for name, zone in zones if name == preset.name))
            for preset in camera.presets
        ),
        no_private_area=(before or NoPrivateArea(by, today.isoformat())) if free else None,
    )


def zones_of(body: Mapping[str, Any]) -> tuple[tuple[str, PrivateZone], ...]:
    """Parse `zones`: the preset of each, empty for none, and the zone. Raises NotGranted."""
    rows = body.get("zones", [])
    if not isinstance(rows, list) or len(rows) > ZONES_MAX:
        raise NotGranted("zones must be a list of at most {most}", most=ZONES_MAX)
    found = tuple(zone_of(row) for row in rows)
    names = [(preset, zone.name) for preset, zone in found]
    twice = next((name for preset, name in names if names.count((preset, name)) > 1), None)
    if twice is not None:
        raise NotGranted("two zones have the name {name}: give each its own", name=twice)
    return found


def zone_of(row: object) -> tuple[str, PrivateZone]:
    """Parse one zone and the name of its preset. Raises NotGranted."""
    if not isinstance(row, dict):
        raise NotGranted("a zone must have a name and a polygon")
    name, preset = row.get("name"), row.get("preset", "")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_MAX_CHARS or not name.isprintable():
        raise NotGranted("each zone needs a name of 1 to {most} characters", most=NAME_MAX_CHARS)
    if not isinstance(preset, str):
        raise NotGranted("zone {name}: its preset must be a name", name=name)
    effect, color = row.get("effect", "any"), row.get("color") or ""
    if effect not in get_args(Effect):
        raise NotGranted("zone {name}: its effect must be one of {known}", name=name, known=listed(get_args(Effect)))
    if not isinstance(color, str) or (color and not _COLOR.fullmatch(color)):
        raise NotGranted("zone {name}: its colour must be written as #rrggbb", name=name)
    if color and effect in ("pixelated", "blurred"):
        raise NotGranted("zone {name}: a colour has no use with {effect}", name=name, effect=effect)
    return preset, PrivateZone(name.strip(), _polygon(name, row.get("polygon")), effect, color.lower())


def _polygon(name: str, value: object) -> Polygon:
    if not isinstance(value, list) or len(value) > MAX_POINTS:
        raise NotGranted("zone {name}: its polygon must be a list of corners", name=name)
    points: list[Point] = []
    for corner in value:
        if not isinstance(corner, list) or len(corner) != 2 or not all(map(_is_share, corner)):
            raise NotGranted("zone {name}: a corner must be [x, y], both from 0 to 1", name=name)
        points.append((round(float(corner[0]), ROUNDED), round(float(corner[1]), ROUNDED)))
    try:
        validate(tuple(points))
    except GeometryError as error:
        raise NotGranted("zone {name}: {error}", name=name, error=str(error)) from None
    return tuple(points)


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
