"""A file of positions is taken whole or refused with one line, whoever made it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from agent.hub.domain.map import map_file
from agent.hub.domain.map.gcj02 import LEFT_M, from_wgs84, to_wgs84
from agent.hub.domain.map.map_file import FILE_MAX_BYTES, KEPT_POINTS_MOST, read_map_file
from agent.hub.domain.rows.city_map import Frame, MapFile
from agent.model.errors import UsageError

M_A_DEGREE = 111_000
RING = [[113.0, 40.0], [113.4, 40.0], [113.4, 40.2], [113.0, 40.0]]


def point(site: object, coordinates: object) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": coordinates}
    return {"type": "Feature", "properties": {"site": site}, "geometry": geometry}


def polygon(coordinates: object, kind: str = "Polygon", name: object = "Pingcheng") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": kind, "coordinates": coordinates}}


def geojson(*features: object, **more: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def read(data: bytes, frame: Frame = "wgs84") -> MapFile:
    return read_map_file(data, frame)


def refusal(data: bytes) -> str:
    with pytest.raises(UsageError) as refused:
        read(data)
    line = str(refused.value)
    assert "\n" not in line and len(line) < 200, "one clear line"
    return line


def test_sites_and_districts_of_one_file_are_taken() -> None:
    one = read(geojson(point("S1", [113.3, 40.08, 1050]), polygon([RING]), polygon([[RING], [RING]], "MultiPolygon")))
    assert one.sites == {"S1": (113.3, 40.08)}, "a height is left out"
    assert [(outline.name, len(outline.rings)) for outline in one.outlines] == [("Pingcheng", 1), ("Pingcheng", 2)]


@pytest.mark.parametrize("begin", ["", "\ufeff"], ids=["plain", "as spreadsheets save it"])
def test_a_table_is_taken_whatever_the_order_of_its_columns(begin: str) -> None:
    text = f"{begin}lat, SITE,lon\r\n40.08,S1,113.3\r\n\r\n40.1,S2,113.4\r\n"
    assert read(text.encode()).sites == {"S1": (113.3, 40.08), "S2": (113.4, 40.1)}


def test_a_name_that_fits_no_line_is_none() -> None:
    for name in ("a\nb", "x" * 101, 7, None, "\u202e"):
        assert read(geojson(polygon([RING], name=name))).outlines[0].name == ""


@pytest.mark.parametrize(
    ("position", "said"),
    [
        ([40.08, 113.3], "exchanged"),
        ([43.8, 87.6], "exchanged"),  # Urumqi: both numbers could be a latitude
        ([0, 0], "not in China"),
        ([113.3, -40.08], "not in China"),
        ([1e308, 40], "not in China"),
        ([10**400, 40], "not in China"),
        ([113.3], "two numbers"),
        ([113.3, 40.08, 1, 1], "two numbers"),
        (["113.3", "40.08"], "two numbers"),
        ([True, 40.08], "two numbers"),
        ([[113.3, 40.08]], "two numbers"),
        (None, "two numbers"),
        ({}, "two numbers"),
        ("113.3,40.08", "two numbers"),
    ],
    ids=str,
)
def test_a_position_that_is_none_is_refused_where_it_is(position: object, said: str) -> None:
    for feature in (point("S1", position), polygon([[*RING[:3], position, RING[0]]])):
        line = refusal(geojson(point("S0", [113.3, 40.08]), feature))
        assert said in line and line.startswith("feature 2: ")
        assert "113.3" not in line, "where a site is does not reach an error line"


@pytest.mark.parametrize("site", ["", "S 1", "S-1", "S" * 24, None, 7, ["S1"], "大同", "S1\n"])
def test_a_point_needs_the_id_of_a_site(site: object) -> None:
    assert "feature 1: `site`" in refusal(geojson(point(site, [113.3, 40.08])))


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "LineString", "coordinates": RING}, {"type": "GeometryCollection", "geometries": []}, None, [], 7, {},
        {"type": ["Point"], "coordinates": [113.3, 40.08]},
    ],
    ids=str,
)  # fmt: skip
def test_another_geometry_is_refused(geometry: object) -> None:
    assert "Polygon" in refusal(geojson({"type": "Feature", "properties": None, "geometry": geometry}))
    assert "Polygon" in refusal(geojson(geometry))


@pytest.mark.parametrize(
    ("coordinates", "kind", "said"),
    [
        ([RING[:3]], "Polygon", "four positions"),
        ([[*RING[:3], [113.1, 40.1]]], "Polygon", "not closed"),
        ([], "Polygon", "list of rings"),
        (RING, "Polygon", "feature 1"),
        ([[[[]]]], "Polygon", "four positions"),
        ([], "MultiPolygon", "list of rings"),
        ([7], "MultiPolygon", "list of rings"),
        ({"0": 1}, "MultiPolygon", "list of rings"),
        ("ring", "Polygon", "list of rings"),
    ],
    ids=str,
)
def test_a_polygon_that_is_none_is_refused(coordinates: object, kind: str, said: str) -> None:
    assert said in refusal(geojson(polygon(coordinates, kind)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "columns"),
        (b"\xff\xfe", "UTF-8"),
        ("站点,经度,纬度\nS1,113.3,40.08".encode("gb18030"), "UTF-8"),
        (b"site,lon\nS1,113.3\n", "columns"),
        (b"site,lon,lat,lat\nS1,113.3,40.08,1\n", "columns"),
        (b"site,lon,lat\nS1,113.3\n", "line 2: it has 2 cells"),
        (b"site,lon,lat\nS1,east,40.08\n", "line 2: a position"),
        (b"site,lon,lat\nS1,nan,40.08\n", "not in China"),
        (b"site,lon,lat\nS1,inf,40.08\n", "not in China"),
        (b"site,lon,lat\nS1,113.3,40.08\nS1,113.4,40.08\n", "line 3: site S1 is there twice"),
        (b"site,lon,lat\nS1,40.08,113.3\n", "exchanged"),
        (b"site,lon,lat\n" + b"x" * 200_000, "no line of a table"),
        (b"site,lon,lat\n", "neither a site nor a district"),
        (b"{", "no JSON"),
        (b'{"type":"FeatureCollection","features":[],"features":[]}', "a name twice"),
        (b"[" * 200_000, "too deep"),
        (b'{"a":' * 200_000, "too deep"),
        (b"[]", "FeatureCollection"),
        (b'{"type":"Feature"}', "FeatureCollection"),
        (b'{"type":"FeatureCollection","features":{"0":1}}', "FeatureCollection"),
        (geojson(), "neither a site nor a district"),
        (geojson(point("S1", [113.3, math.nan])), "NaN"),
        (geojson(point("S1", [math.inf, 40.08])), "NaN"),
        (b'{"type":"FeatureCollection","features":[' + b"9" * 5000 + b"]}", "no JSON"),
        (geojson(point("S1", [113.3, 40.08]), point("S1", [113.3, 40.08])), "feature 2: site S1 is there twice"),
        (b" " * (FILE_MAX_BYTES + 1), "larger than 16 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_map_is_refused_with_one_line(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_a_million_points_are_refused_and_not_stored() -> None:
    rows = b"".join(b"S%d,113,40\n" % number for number in range(1_000_000))
    assert "more than 50000 sites" in refusal(b"site,lon,lat\n" + rows)
    ring = [[113.0 + number / 1e6, 40.0] for number in range(250_000)]
    assert "more than 200000 points" in refusal(geojson(polygon([[*ring, ring[0]]])))


def test_another_frame_is_refused_unless_it_is_the_same() -> None:
    def named(name: object) -> bytes:
        return geojson(point("S1", [113.3, 40.08]), crs={"type": "name", "properties": {"name": name}})

    for name in ("EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4490"):
        assert read(named(name)).sites
    for crs in ("EPSG:3857", "urn:ogc:def:crs:EPSG::2379", None, 7, ["EPSG:4326"]):
        assert "frame of its own" in refusal(named(crs))
    assert "frame of its own" in refusal(geojson(point("S1", [113.3, 40.08]), crs="EPSG:3857"))


def test_districts_of_many_points_are_thinned_and_still_share_their_borders() -> None:
    """Every district is cut to the same grid, so two that touch still do."""
    border = [[113.0 + 0.4 * math.sin(n / 3000), 39.0 + n / 20_000] for n in range(20_000)]
    west, east = [[112.0, 39.0], *border, [112.0, 40.0]], [[114.5, 39.0], *border, [114.5, 40.0]]
    one = read(geojson(polygon([[*west, west[0]]]), polygon([[*east, east[0]]])))
    assert sum(len(ring) for outline in one.outlines for ring in outline.rings) <= KEPT_POINTS_MOST
    left, right = (set(outline.rings[0]) for outline in one.outlines)
    assert len(left & right) > 1000 and len(left ^ right) < 10


CITIES = {
    "Shenzhen": ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    "Beijing": ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    "Shanghai": ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
}
"""WGS-84 and GCJ-02, from the tests of `eviltransform`."""


@pytest.mark.parametrize("city", CITIES)
def test_positions_of_chinese_map_services_are_converted_as_others_convert_them(city: str) -> None:
    wgs84, gcj02 = CITIES[city]
    assert from_wgs84(wgs84) == pytest.approx(gcj02, abs=1e-9)
    back = to_wgs84(gcj02)
    assert math.dist(back, wgs84) * M_A_DEGREE < LEFT_M
    moved_m = math.dist(gcj02, wgs84) * M_A_DEGREE
    assert 300 < moved_m < 800
    for data in (geojson(point("S1", list(gcj02))), f"site,lon,lat\nS1,{gcj02[0]},{gcj02[1]}\n".encode()):
        assert math.dist(read(data, "gcj02").sites["S1"], wgs84) * M_A_DEGREE < LEFT_M
        assert read(data, "wgs84").sites["S1"] == gcj02, "nothing is converted unasked"


def test_the_conversion_leaves_less_than_it_promises_anywhere() -> None:
    (west, east), (south, north) = map_file.CHINA
    for lon in range(int(west), int(east) + 1, 3):
        for lat in range(int(south), int(north) + 1, 3):
            wgs84 = (lon + 0.37, lat + 0.61)
            assert math.dist(to_wgs84(from_wgs84(wgs84)), wgs84) * M_A_DEGREE < LEFT_M
