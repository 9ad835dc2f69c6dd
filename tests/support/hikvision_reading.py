"""Picks what is said of footage out of a run of the Hikvision driver."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from hikvision_device import CAMERAS
from onvif_reading import fact

from drivers.footage import Wanted
from drivers.model import Observations, Recordings, Span

SEARCH = "ContentMgmt/search"
TRACKS = "ContentMgmt/record/tracks"
DAYS = f"{TRACKS}/101/dailyDistribution"
ONE = CAMERAS[:1]
NOW_AT = datetime(2026, 11, 24, 8, 0, 3, tzinfo=UTC)
NOW_SAID = "2026-11-24T08:00:03"


def wanted(**what: object) -> MappingProxyType[str, Wanted]:
    return MappingProxyType({camera.id: Wanted(**what) for camera in CAMERAS})  # type: ignore[arg-type]


def recordings(seen: Observations, camera: str = "one") -> Recordings:
    told = fact(seen, f"camera:{camera}", Recordings)
    assert isinstance(told, Recordings), told
    return told


def shown(spans: tuple[Span, ...]) -> list[tuple[str, str]]:
    """Spans in UTC, to the second."""
    return [(f"{one.start_at:%Y-%m-%dT%H:%M:%S}", f"{one.end_at:%Y-%m-%dT%H:%M:%S}") for one in spans]
