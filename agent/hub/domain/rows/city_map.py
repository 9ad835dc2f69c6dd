"""Defines the map of a city: where its sites are, and the outlines of its districts. Pure.

A position is policy of the city, given by people at the hub and never by a report. Source: RFC 7946 section 4 (WGS-84,
longitude before latitude).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Frame = Literal["wgs84", "gcj02"]

Point = tuple[float, float]
"""Longitude and latitude in degrees of WGS-84."""

SITES_MOST: Final = 50_000
OUTLINE_POINTS_MOST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Outline:
    """A district: closed rings, of which one inside another is a hole. `name` may be empty."""

    name: str
    rings: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFile:
    """What one file has: positions by site, outlines, or both."""

    sites: Mapping[str, Point] = field(default_factory=dict)
    outlines: tuple[Outline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MapWord:
    """Who loaded a part of the map, when (RFC 3339 in UTC) and why; `frame` of the file, `digest` its SHA-256, hex."""

    by: str
    why: str
    at: str
    frame: Frame
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMap:
    """The map in force; of each part who loaded it, None: nobody has."""

    sites: Mapping[str, Point] = field(default_factory=dict)
    sites_word: MapWord | None = None
    outlines: tuple[Outline, ...] = ()
    outlines_word: MapWord | None = None

    def with_file(self, read: MapFile, word: MapWord) -> "CityMap":
        """Return the map with what a file has in the place of what was there; the other part stays."""
        return CityMap(
            sites=read.sites or self.sites, sites_word=word if read.sites else self.sites_word,
            outlines=read.outlines or self.outlines, outlines_word=word if read.outlines else self.outlines_word,
        )  # fmt: skip


NO_MAP: Final = CityMap()
