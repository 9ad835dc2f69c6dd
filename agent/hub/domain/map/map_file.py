"""Parses files of positions and districts: GeoJSON, or CSV with the columns site, lon, lat. Pure.

Whoever made the file is not trusted: it is bounded in bytes, sites and points, walked to known depths alone, and its
first mistake ends it with one line. Positions have to be in China: one at 0, 0 or with longitude and latitude exchanged
is a mistake there, and a hub is one city's.

Source: RFC 7946 sections 3.1 (geometries), 3.3 (FeatureCollection), 4 (WGS-84 alone); RFC 4180 (CSV).
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn

from agent.contract.payload_bounds import unique_names
from agent.contract.topics import SITE_ID
from agent.hub.domain.map.gcj02 import to_wgs84
from agent.hub.domain.people_text import NAME_MAX_CHARS
from agent.hub.domain.rows.city_map import OUTLINE_POINTS_MOST, SITES_MOST, Frame, MapFile, Outline, Point
from agent.model.errors import NotVerified, UsageError
from agent.model.finding import Message

FILE_MAX_BYTES: Final = 16 * 1024 * 1024

KEPT_POINTS_MOST: Final = 12_000
"""Points of districts that are kept of a file: more than a drawing shows."""

_GRID_DEG: Final = 1e-5
"""About a metre. Districts that share a border still share it on a grid."""

CHINA: Final = ((73.0, 136.0), (3.0, 54.0))
"""Longitudes and latitudes between which positions have to be: a frame around China, no border."""

COLUMNS: Final = ("site", "lon", "lat")
_RING_LEAST: Final = 4
_WGS84: Final = (
    "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490",
    "EPSG:4490",
)  # fmt: skip
"""Names of WGS-84 in older files, and of CGCS2000, China's own frame, which lies within centimetres of it."""

_Convert = Callable[[Point], Point]


def read_map_file(data: bytes, frame: Frame) -> MapFile:
    """Return what a file has, in WGS-84.

    Raises:
        UsageError: It is no such file, or breaks a bound; the line says where.
    """
    if len(data) > FILE_MAX_BYTES:
        raise UsageError("it is larger than {most} MiB: thin out the districts", most=FILE_MAX_BYTES // 1024**2)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("it is not in UTF-8: save it as UTF-8") from None
    convert: _Convert = to_wgs84 if frame == "gcj02" else lambda point: point
    read = _geojson(text, convert) if text.lstrip().startswith(("{", "[")) else _csv(text, convert)
    if not read.sites and not read.outlines:
        raise UsageError("neither a site nor a district is in it")
    return read


def _csv(text: str, convert: _Convert) -> MapFile:
    rows = csv.reader(io.StringIO(text, newline=""))
    head = [name.strip().lower() for name in next(rows, [])]
    if sorted(head) != sorted(COLUMNS):
        raise UsageError(
            "it is neither GeoJSON nor a table with the columns {columns}: name one that is", columns=",".join(COLUMNS)
        )
    sites: dict[str, Point] = {}
    try:
        for cells in rows:
            where = Message("line {number}", {"number": rows.line_num})
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(head):
                raise UsageError("{where}: it has {count} cells instead of 3", where=where, count=len(cells))
            row = dict(zip(head, map(str.strip, cells), strict=True))
            position = [_number(row[name]) for name in ("lon", "lat")]
            _add_site(sites, row["site"], convert(_position(position, where)), where)
    except csv.Error:
        raise UsageError("line {number}: it is no line of a table", number=rows.line_num) from None
    return MapFile(sites=sites)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _geojson(text: str, convert: _Convert) -> MapFile:
    try:
        told = json.loads(text, parse_constant=_no_constant, object_pairs_hook=unique_names)
    except RecursionError:
        raise UsageError("it is nested too deep for GeoJSON") from None
    except (ValueError, NotVerified):
        raise UsageError("it is no JSON: broken off, a name twice in one object, or NaN for a number") from None
    kind = told.get("type") if isinstance(told, dict) else None
    features = told.get("features") if isinstance(told, dict) else None
    if kind != "FeatureCollection" or not isinstance(features, list):
        raise UsageError("a FeatureCollection is expected, as RFC 7946 has it")
    _refuse_frame(told)
    sites: dict[str, Point] = {}
    outlines: list[Outline] = []
    left = OUTLINE_POINTS_MOST
    for number, feature in enumerate(features, 1):
        where = Message("feature {number}", {"number": number})
        geometry, properties = _member(feature, "geometry"), _member(feature, "properties")
        if geometry.get("type") == "Point":
            point = convert(_position(geometry.get("coordinates"), where))
            _add_site(sites, properties.get("site"), point, where)
            continue
        rings = []
        for ring in _rings(geometry, where):
            left -= len(ring)
            if left < 0:
                raise UsageError(
                    "{where}: the districts have more than {most} points: thin them out",
                    where=where, most=OUTLINE_POINTS_MOST,
                )  # fmt: skip
            rings.append(tuple(convert(_position(one, where)) for one in ring))
            if rings[-1][0] != rings[-1][-1]:
                raise UsageError("{where}: a ring of a polygon is not closed", where=where)
        outlines.append(Outline(_name(properties.get("name")), tuple(rings)))
    return MapFile(sites=sites, outlines=_thinned(outlines))


def _thinned(outlines: list[Outline]) -> tuple[Outline, ...]:
    """Return districts on the finest grid on which they have few points enough; a ring that it swallows is gone."""
    grid = _GRID_DEG
    while True:
        made = [
            Outline(one.name, tuple(filter(None, (_on_grid(ring, grid) for ring in one.rings)))) for one in outlines
        ]
        if sum(len(ring) for one in made for ring in one.rings) <= KEPT_POINTS_MOST:
            return tuple(one for one in made if one.rings)
        grid *= 2


def _on_grid(ring: tuple[Point, ...], grid: float) -> tuple[Point, ...]:
    kept: list[Point] = []
    for lon, lat in ring:
        point = round(round(lon / grid) * grid, 5), round(round(lat / grid) * grid, 5)
        if not kept or point != kept[-1]:
            kept.append(point)
    return tuple(kept) if len(kept) >= _RING_LEAST else ()


def _refuse_frame(told: Mapping[str, Any]) -> None:
    named = _member(_member(told, "crs"), "properties").get("name")
    if told.get("crs") is not None and named not in _WGS84:
        raise UsageError("it names a frame of its own (`crs`): GeoJSON is in WGS-84 alone, so convert it first")


def _rings(geometry: Mapping[str, Any], where: Message) -> Iterator[list[Any]]:
    """Yield the rings of a polygon, or of several, one list of positions each. Raises UsageError."""
    kind, found = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise UsageError("{where}: a Point, Polygon or MultiPolygon is expected", where=where)
    for polygon in [found] if kind == "Polygon" else found if isinstance(found, list) and found else [None]:
        if not isinstance(polygon, list) or not polygon:
            raise UsageError("{where}: a polygon is a list of rings", where=where)
        for ring in polygon:
            if not isinstance(ring, list) or len(ring) < _RING_LEAST:
                raise UsageError("{where}: a ring has four positions or more", where=where)
            yield ring


def _position(value: object, where: Message) -> Point:
    """Return a position in China; its height is left out. Raises UsageError."""
    if not isinstance(value, list) or not 2 <= len(value) <= 3 or not all(map(_is_number, value)):
        raise UsageError("{where}: a position is two numbers, longitude and then latitude", where=where)
    lon, lat = value[:2]
    if _is_in_china(lon, lat):
        return float(lon), float(lat)
    if _is_in_china(lat, lon):
        raise UsageError(
            "{where}: longitude and latitude are exchanged: longitude comes first (Datong is at 113, 40)", where=where
        )
    raise UsageError("{where}: the position is not in China (longitude 73 to 136, latitude 3 to 54)", where=where)


def _is_in_china(lon: float, lat: float) -> bool:
    """Return whether it is so; NaN is nowhere."""
    return CHINA[0][0] <= lon <= CHINA[0][1] and CHINA[1][0] <= lat <= CHINA[1][1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _add_site(sites: dict[str, Point], site: object, point: Point, where: Message) -> None:
    if not isinstance(site, str) or not SITE_ID.fullmatch(site):
        raise UsageError("{where}: `site` has to be a site's id, 1 to 23 letters and digits", where=where)
    if site in sites:
        raise UsageError("{where}: site {site} is there twice", where=where, site=site)
    if len(sites) == SITES_MOST:
        raise UsageError("{where}: these are more than {most} sites", where=where, most=SITES_MOST)
    sites[site] = point


def _name(value: object) -> str:
    """Return a district's name; an empty text for what could not be shown on one line."""
    is_one = isinstance(value, str) and len(value) <= NAME_MAX_CHARS and value.isprintable()
    return str(value).strip() if is_one else ""


def _member(value: object, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _no_constant(_: str) -> NoReturn:
    raise ValueError
