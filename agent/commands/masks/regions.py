"""Parses a regions file: which regions of picture files must be hidden, and how. TOML or JSON, the same names.

    [[region]]
    name = "window"
    polygon = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]]   # 0..1 of width and height, from the top left
    type = "color"                                   # or pixelated, blurred, any (which is what it is without)
    color = "#000000"                                # with color, if only that one will do
    overlay_boxes = [[0.1, 0.1, 0.4, 0.15]]          # where the camera writes: left, top, right, bottom
    [region.policy]
    least_block_ratio = 0.05                         # of a mosaic: share of the region's shorter side
    least_sigma_ratio = 0.02                         # of a blur: the same

`effect` may replace `type`, as in site.toml. All mistakes of a file are reported at once, one line each.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import tomli

from agent.model.errors import ConfigurationError, os_words
from agent.model.finding import Message, lines, listed
from agent.observe.pictures.studies import corners
from agent.text.harmless import printable
from masking.geometry import MAX_POINTS, GeometryError, validate
from masking.model import Effect, Polygon, Zone
from masking.quality.learning import OVERLAYS_MAX

MAX_BYTES: Final = 1024 * 1024
MAX_REGIONS: Final = 64
NAME_MAX_CHARS: Final = 200

EFFECTS: Final[dict[str, Effect]] = {"color": "color", "pixelated": "pixelated", "blurred": "blurred", "any": "any"}
KEYS: Final = ("name", "polygon", "type", "effect", "color", "overlay_boxes", "policy")
POLICY: Final = ("least_block_ratio", "least_sigma_ratio")

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


class _Wrong(ConfigurationError):
    """One mistake of one region: what, and what to do."""


def read_regions(path: Path) -> tuple[Zone, ...]:
    """Parse the regions of a file.

    Raises ConfigurationError where it cannot be read or is wrong; one line for each mistake.
    """
    rows = _rows(path)
    zones: list[Zone] = []
    mistakes: list[Message] = []
    for number, row in enumerate(rows, start=1):
        try:
            zone = _zone(row, number)
            if zone.name in (known.name for known in zones):
                raise _Wrong("the name {name!r} stands twice; give each region its own", name=printable(zone.name))
            zones.append(zone)
        except _Wrong as wrong:
            mistakes.append(
                Message("{path}: region {number}: {wrong}", {"path": path, "number": number, "wrong": wrong})
            )
    if mistakes:
        raise ConfigurationError(lines(mistakes))
    return tuple(zones)


def _rows(path: Path) -> list[Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            "{path}: the regions cannot be read: {why}; name a .toml or .json file with --regions",
            path=path,
            why=os_words(error),
        ) from None
    if len(text) > MAX_BYTES:
        raise ConfigurationError(
            "{path}: more than {bytes_most} bytes are no list of regions", path=path, bytes_most=MAX_BYTES
        )
    try:
        parse = json.loads if path.suffix.lower() == ".json" else tomli.loads
        document = parse(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        said = printable(str(error))[:200]
        raise ConfigurationError(
            "{path}: neither TOML nor JSON (a file of JSON ends in .json): {said}; write a [[region]] for each area",
            path=path,
            said=said,
        ) from None
    rows = document.get("region") if isinstance(document, dict) else None
    unknown = [key for key in document if key != "region"] if isinstance(document, dict) else []
    if not isinstance(rows, list) or not rows or unknown:
        raise ConfigurationError(
            "{path}: no [[region]] is in it, or something else besides: write one for each area", path=path
        )
    if len(rows) > MAX_REGIONS:
        raise ConfigurationError(
            "{path}: it has {count} regions; {most} are the most", path=path, count=len(rows), most=MAX_REGIONS
        )
    return rows


def _zone(row: Any, number: int) -> Zone:
    if not isinstance(row, dict):
        raise _Wrong("it is no table; write name, polygon, type")
    _known(row, KEYS)
    name = row.get("name", f"region {number}")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_MAX_CHARS:
        raise _Wrong("name must be a text of 1 to {most} characters", most=NAME_MAX_CHARS)
    if "type" in row and "effect" in row:
        raise _Wrong("type and effect are one thing; keep one of them")
    declared = row.get("type", row.get("effect", "any"))
    effect = EFFECTS.get(declared.lower()) if isinstance(declared, str) else None
    if effect is None:
        raise _Wrong("type must be one of {known}", known=listed(EFFECTS))
    color = row.get("color", "")
    if color and not (isinstance(color, str) and _COLOR.fullmatch(color)):
        raise _Wrong('color must be written as "#rrggbb"')
    if color and effect in ("pixelated", "blurred"):
        raise _Wrong("color has no use with {effect}; remove it", effect=effect)
    policy = row.get("policy", {})
    if not isinstance(policy, dict):
        raise _Wrong("policy must be a table with {known}", known=" or ".join(POLICY))
    _known(policy, POLICY)
    least_block, least_sigma = _ratios(policy)
    overlays = _overlays(row.get("overlay_boxes", []))
    return Zone(name, _polygon(row.get("polygon")), effect, color.lower(), least_block, least_sigma, overlays)


def _known(table: dict[str, Any], names: tuple[str, ...]) -> None:
    unknown = next((key for key in table if key not in names), None)
    if unknown is not None:
        raise _Wrong("{key} is unknown; known are {known}", key=printable(unknown)[:60], known=listed(names))


def _ratios(policy: dict[str, Any]) -> Iterator[float]:
    for name in POLICY:
        value = policy.get(name, 0.0)
        if not _is_ratio(value):
            raise _Wrong("{name} must be a number from 0 to 1", name=name)
        yield float(value)


def _overlays(value: object) -> tuple[Polygon, ...]:
    boxes: list[Any] = value if isinstance(value, list) and len(value) <= OVERLAYS_MAX else [None]
    if not all(isinstance(box, list) and len(box) == 4 and all(map(_is_ratio, box)) for box in boxes):
        raise _Wrong(
            "overlay_boxes must be a list of at most {most} boxes [left, top, right, bottom], each from 0 to 1",
            most=OVERLAYS_MAX,
        )
    return tuple(corners((float(left), float(top), float(right), float(bottom))) for left, top, right, bottom in boxes)


def _is_ratio(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1  # NaN fails too


def _polygon(value: object) -> Polygon:
    if not isinstance(value, list) or len(value) > MAX_POINTS:
        raise _Wrong("polygon is missing or no list; write [[x, y], [x, y], [x, y]], each from 0 to 1")
    points = []
    for point in value:
        if not isinstance(point, list) or len(point) != 2 or not all(_is_ratio(number) for number in point):
            raise _Wrong("polygon has a point that is not [x, y] with both from 0 to 1")
        points.append((float(point[0]), float(point[1])))
    try:
        validate(tuple(points))
    except GeometryError as error:
        raise _Wrong("{error}; name its corners in order around the area, each once", error=error) from None
    return tuple(points)
