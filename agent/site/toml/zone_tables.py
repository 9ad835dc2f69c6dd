"""Writes the private zones of cameras into the text of a site.toml, and leaves every other line as it is. Pure.

Tables are replaced, added and removed whole lines at a time; a comment stays with the table below it. An unchanged zone
keeps its lines. The result is parsed and compared with what was wanted: a file in another form (zones as inline tables,
dotted keys) is refused, and nothing is guessed. Why not tomlkit: see `edit.py`.
"""

import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import tomli

from agent.site.config.site import CameraConfig, NoPrivateArea, PrivateZone
from agent.site.toml.edit import CannotMerge
from agent.site.toml.lines import KeyPath, locate
from agent.text.harmless import toml_string

ZONES: Final = "private_zone"
NONE: Final = "no_private_area"
_HEADER: Final = re.compile(r"\s*\[")


def with_zones(text: str, cameras: Iterable[CameraConfig]) -> str:
    """Return a site.toml in which these cameras have their zones, presets' zones and `no_private_area`.

    Args:
        text: Accepted by the loader; line ends are kept as they are.
        cameras: Cameras of this site; only these three values are written.

    Raises:
        CannotMerge: The file's form does not allow it; the message names the camera.
    """
    for camera in cameras:
        text = _one(text, camera)
    return text


def _one(text: str, camera: CameraConfig) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    plain = "\n".join(lines)
    wanted: dict[str, Any] = copy.deepcopy(tomli.loads(plain))
    number = next((i for i, row in enumerate(wanted.get("camera", ())) if row.get("id") == camera.camera.id), None)
    if number is None:
        raise CannotMerge("site.toml has no camera {camera} any more", camera=camera.camera.id)
    row, path = wanted["camera"][number], ("camera", number)
    edits: list[tuple[int, int, list[str]]] = []
    places = locate(plain)
    ends = _ends(lines, places, wanted)
    last = _last_line(path, places, ends)
    edits += _zones(row, path, camera.zones, "camera", lines, places, ends, last)
    for index, preset in enumerate(row.get("preset", ())):
        here = next((one.zones for one in camera.presets if one.name == preset.get("name")), None)
        if here is not None:
            inner: KeyPath = (*path, "preset", index)
            place = _last_line(inner, places, ends)
            edits += _zones(preset, inner, here, "camera.preset", lines, places, ends, place)
    edits += _none(row, path, camera.no_private_area, lines, places, ends)
    for first, after, new in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        lines[first:after] = new
    found = "\n".join(lines)
    try:
        same = tomli.loads(found) == wanted
    except tomli.TOMLDecodeError:
        same = False
    if not same:
        raise CannotMerge(
            "site.toml is written in a way that cannot be changed by itself: write the zones of camera {camera} by "
            "hand, each under [[camera.private_zone]]",
            camera=camera.camera.id,
        )
    return found.replace("\n", end)


def _zones(
    row: dict[str, Any],
    path: KeyPath,
    zones: tuple[PrivateZone, ...],
    above: str,
    lines: list[str],
    places: Mapping[KeyPath, int],
    ends: Mapping[int, int],
    last: int,
) -> list[tuple[int, int, list[str]]]:
    """Return the edits that give a table its zones: (first line, line after, new lines), counted from 0."""
    before: list[dict[str, Any]] = row.get(ZONES, [])
    tables = [_table(zone) for zone in zones]
    if before == tables:
        return []
    header = f"[[{above}.{ZONES}]]"
    edits: list[tuple[int, int, list[str]]] = []
    kept: list[str] = []
    for index, old in enumerate(before):
        start = places[(*path, ZONES, index)] - 1
        after = ends.get(start, start + 1)
        new = next((one for one in tables if one["name"] == old.get("name")), None)
        if new is None:
            first = _with_comment(lines, start)
            edits.append((first, after + _blank(lines, after), []))
            continue
        kept.append(new["name"])
        if {**old, "effect": old.get("effect", "any")} != {**new, "effect": new.get("effect", "any")}:
            edits.append((start, after, [header, *_rows(new)]))
        else:
            tables[tables.index(new)] = old
    added = [one for one in tables if one["name"] not in kept]
    rows = [line for one in added for line in ("", header, *_rows(one))]
    if rows:
        edits.append((last, last, rows))
    order = [*(name for name in (old.get("name") for old in before) if name in kept), *(one["name"] for one in added)]
    by_name = {one["name"]: one for one in tables}
    if order:
        row[ZONES] = [by_name[name] for name in order]
    else:
        row.pop(ZONES, None)
    return edits


def _none(
    row: dict[str, Any],
    path: KeyPath,
    declared: NoPrivateArea | None,
    lines: list[str],
    places: Mapping[KeyPath, int],
    ends: Mapping[int, int],
) -> list[tuple[int, int, list[str]]]:
    there = row.get(NONE)
    if (there is None) == (declared is None):
        return []
    if declared is None:
        start = places[(*path, NONE)] - 1
        after = ends.get(start, start + 1)
        del row[NONE]
        return [(_with_comment(lines, start), after + _blank(lines, after), [])]
    row[NONE] = {"by": declared.by, "at": declared.at}
    last = ends[places[path] - 1]
    rows = ["", f"[camera.{NONE}]", f"by = {toml_string(declared.by)}", f"at = {toml_string(declared.at)}"]
    return [(last, last, rows)]


def _table(zone: PrivateZone) -> dict[str, Any]:
    table: dict[str, Any] = {"name": zone.name, "polygon": [list(point) for point in zone.polygon]}
    table |= {"effect": zone.effect} if zone.effect != "any" else {}
    return table | ({"color": zone.color} if zone.color else {})


def _rows(table: Mapping[str, Any]) -> list[str]:
    return [
        f"{key} = {toml_string(value) if isinstance(value, str) else json.dumps(value)}" for key, value in table.items()
    ]


def _ends(lines: list[str], places: Mapping[KeyPath, int], data: dict[str, Any]) -> dict[int, int]:
    """Return for the line of each table header the line after its last key; comments before the next stay with it."""
    headers = sorted({line - 1 for path, line in places.items() if _is_header(lines[line - 1], path, data)})
    ends: dict[int, int] = {}
    for start, following in zip(headers, [*headers[1:], len(lines)], strict=False):
        after = following
        while after > start + 1 and (not lines[after - 1].strip() or lines[after - 1].lstrip().startswith("#")):
            after -= 1
        ends[start] = after
    return ends


def _is_header(line: str, path: KeyPath, data: Any) -> bool:
    for part in path:
        data = data[part]
    return isinstance(data, dict) and _HEADER.match(line) is not None


def _last_line(path: KeyPath, places: Mapping[KeyPath, int], ends: Mapping[int, int]) -> int:
    """Return the line after the last table below a path."""
    starts = [line - 1 for place, line in places.items() if place[: len(path)] == path and line - 1 in ends]
    return max((ends[start] for start in starts), default=0)


def _with_comment(lines: list[str], start: int) -> int:
    """Return the first line of the comment that stands directly above a table."""
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


def _blank(lines: list[str], after: int) -> int:
    """Return 1 where an empty line follows, which a removed table takes along."""
    return int(after < len(lines) and not lines[after].strip())
