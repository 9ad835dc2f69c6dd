"""Parses a camera's private zones, presets and overlay boxes; a PTZ camera is locked or has presets. Pure."""

from agent.model.finding import Message, sentence
from agent.site.config.site import Box, NoPrivateArea, Preset, PrivateZone, PtzLock
from agent.site.toml.days import read_day
from agent.site.toml.table import Table, Unique
from drivers.model import Point, Polygon
from masking.geometry import GeometryError, validate
from masking.quality.learning import OVERLAYS_MAX

PRESETS_MAX = 32
"""Per camera: a picture is compared with each of them, which takes some milliseconds."""

_NO_POLYGON: Polygon = ()


def read_zones(camera: Table) -> tuple[PrivateZone, ...]:
    """Read every `private_zone` of a camera, or of one of its presets."""
    zones: list[PrivateZone] = []
    names = Unique("zone")
    for table in camera.tables("private_zone", "zone"):
        table.only("name", "polygon", "effect", "color")
        zone = PrivateZone(
            name=table.text("name", example='"window"'),
            polygon=_polygon(table),
            effect=table.choice("effect", "any", ("color", "pixelated", "blurred", "any")),
            color=table.text(
                "color", "", like="#[0-9A-Fa-f]{6}", rule="a colour as #rrggbb", example='"#000000"'
            ).lower(),
        )
        if zone.color and zone.effect in ("pixelated", "blurred"):
            table.note(
                "color",
                Message('color has no use with effect = "{effect}"', {"effect": zone.effect}),
                'remove it, or set effect = "color"',
            )
        names.check(table, "name", zone.name, f'name "{zone.name}"')
        zones.append(zone)
    return tuple(zones)


def _polygon(table: Table) -> Polygon:
    example = "[[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]]"
    if not table.required("polygon", example):
        return _NO_POLYGON
    value = table.data["polygon"]
    if not isinstance(value, list):
        shown = table.document.shown(value)
        table.note(
            "polygon",
            Message("polygon must be a list of points, not {shown}", {"shown": shown}),
            Message("write for example {example}", {"example": example}),
        )
        return _NO_POLYGON
    points: list[Point] = []
    for index, element in enumerate(value):
        point = _point(element)
        if point is None:
            table.document.note(
                (*table.path, "polygon", index),
                table.where,
                Message(
                    "point {number} of polygon is {shown}",
                    {"number": index + 1, "shown": table.document.shown(element)},
                ),
                "write [x, y], both from 0 to 1: shares of the picture's width and height, from its top left",
            )
        else:
            points.append(point)
    if len(points) < len(value):
        return _NO_POLYGON
    polygon = tuple(points)
    try:
        validate(polygon)
    except GeometryError as error:
        table.note("polygon", sentence(str(error)), "name its corners in order around the area, each once")
    return polygon


def _point(element: object) -> Point | None:
    if not isinstance(element, list) or len(element) != 2:
        return None
    x, y = element
    for number in (x, y):
        # NaN fails the comparison.
        if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= 1:
            return None
    return float(x), float(y)


def read_no_private_area(camera: Table) -> NoPrivateArea | None:
    """Read the declaration that nothing private is in view; it excludes zones, those of presets too."""
    table = camera.table("no_private_area", "optional")
    if table is None:
        return None
    table.only("by", "at")
    if camera.data.get("private_zone") or camera.data.get("preset"):
        camera.note(
            "no_private_area",
            Message(
                "it declares both {declared} and that there is no private area",
                {"declared": sentence(_declared(camera))},
            ),
            Message(
                "remove [camera.no_private_area] or the {declared}",
                {"declared": sentence(_declared(camera).removeprefix("private "))},
            ),
        )
    return NoPrivateArea(by=table.text("by", example='"Li Na"'), at=read_day(table, "at"))


def _declared(camera: Table) -> str:
    return "private zones" if camera.data.get("private_zone") else "presets"


def read_ptz_lock(camera: Table) -> PtzLock | None:
    """Read `[camera.ptz]`: the declaration that the camera is locked in one position."""
    table = camera.table("ptz", "optional")
    if table is None:
        return None
    table.only("locked", "by", "at")
    if table.required("locked", "true") and table.data["locked"] is not True:
        shown = table.document.shown(table.data["locked"])
        fix = "write locked = true, or remove the table and declare [[camera.preset]]"
        table.note("locked", Message("locked must be true, not {shown}", {"shown": shown}), fix)
    if camera.data.get("preset"):
        fix = "remove [camera.ptz] or the presets"
        camera.note("ptz", "it declares both that it is locked in one position and that it has presets", fix)
    return PtzLock(by=table.text("by", example='"Li Na"'), at=read_day(table, "at"))


def read_presets(camera: Table) -> tuple[Preset, ...]:
    """Read every `[[camera.preset]]` with its zones."""
    presets: list[Preset] = []
    names = Unique("preset")
    for table in camera.tables("preset", "preset"):
        table.only("name", "private_zone")
        name = table.text("name", example='"entrance"')
        names.check(table, "name", name, f'name "{name}"')
        presets.append(Preset(name, read_zones(table)))
    if len(presets) > PRESETS_MAX:
        what = Message(
            "it declares {count} presets, and every picture is compared with each: {most} at most",
            {"count": len(presets), "most": PRESETS_MAX},
        )
        camera.note("preset", what, "declare those at which something private is in view")
    return tuple(presets)


def read_overlay_boxes(camera: Table) -> tuple[Box, ...]:
    """Read where the camera itself should write into its picture."""
    key, example = "overlay_boxes", "[[0.02, 0.02, 0.40, 0.08]]"
    value = camera.data.get(key, [])
    if not isinstance(value, list) or len(value) > OVERLAYS_MAX:
        what = Message("{key} must be a list of at most {most} boxes", {"key": key, "most": OVERLAYS_MAX})
        camera.note(key, what, Message("write for example {key} = {example}", {"key": key, "example": example}))
        return ()
    boxes: list[Box] = []
    for index, element in enumerate(value):
        box = _box(element)
        if box is None:
            what = Message(
                "box {number} of {key} is {shown}",
                {"number": index + 1, "key": key, "shown": camera.document.shown(element)},
            )
            fix = (
                "write [left, top, right, bottom], all from 0 to 1 of the picture's width and height, from its top left"
            )
            camera.document.note((*camera.path, key, index), camera.where, what, fix)
        else:
            boxes.append(box)
    return tuple(boxes)


def _box(element: object) -> Box | None:
    if not isinstance(element, list) or len(element) != 4:
        return None
    start, end = _point(element[:2]), _point(element[2:])
    if start is None or end is None or start[0] >= end[0] or start[1] >= end[1]:
        return None
    return (*start, *end)
