"""Small sites and observations for tests of the pure parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from agent.model.finding import Finding, is_waiting
from agent.site.config.site import CameraConfig, PrivateZone, Site
from agent.site.declarations.standing import Declaration
from drivers.details import Audio, Host
from drivers.model import (
    Camera,
    Clock,
    Device,
    Identity,
    Mask,
    Masks,
    Observation,
    Observations,
    Overlays,
    Recordings,
    Span,
    Value,
)
from drivers.picture import Access, FootageOpened, PathName, PictureSeen, Stream, Streams, ZoneVerdict
from drivers.rtsp.openings import NEWEST_LEAD
from masking.view.model import Movement, QualitySeen, ViewSeen

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SQUARE = ((0.2, 0.2), (0.5, 0.2), (0.5, 0.5), (0.2, 0.5))
ZONE = PrivateZone("window", SQUARE, "color")
PATHS: tuple[PathName, ...] = ("snapshot", "main", "sub")
QUALITY = QualitySeen("day", 110.0, 40.0, 0.02, 0.0, -0.4, 0.5, 0.2, 1.0, 2.0, 0.1)
"""What is measured in a picture in order."""
STILL = ViewSeen("still", "tiles", "day", "day", 0.9, 4, 16 / 9, Movement(0.05, 0.02, 0.01, 0.02, 0.1))
"""What is said of a view that is as it was approved."""


DECLARED = tuple(
    Declaration(duty, value, "Li Na", date(2026, 1, 31))
    for duty, value in {"national-class": "7-2", "key-target": False, "zone-type": "hall", "linked": False}.items()
)
"""All that the profile `technical` asks for."""


def site(*cameras: CameraConfig, **changes: object) -> Site:
    """Return a site of the given cameras, each on a device of its own name unless it names another."""
    names = sorted({c.camera.device for c in cameras})
    devices = tuple(Device(name, "192.0.2.1", 80, "onvif") for name in names)
    plain = Site("dt0001", "140200", "140200", "School", devices=devices, cameras=cameras, declarations=DECLARED)
    return replace(plain, **changes)


def camera(name: str = "gate", device: str = "box", **changes: object) -> CameraConfig:
    """Return a recorded camera with one private zone."""
    return replace(CameraConfig(Camera(name, device), zones=(ZONE,), recorded=True), **changes)


def observed(subject: str, *values: Value) -> tuple[Observation, ...]:
    """Return one observation per value."""
    return tuple(Observation(subject, value, NOW, "test") for value in values)


def observed_at(observations: Observations, now: datetime) -> Observations:
    """Return the same observations as made at another time."""
    return tuple(replace(one, taken_at=now) for one in observations)


def picture(path: PathName, at: datetime = NOW, mean_luma: float = 110.0, contrast: float = 40.0) -> PictureSeen:
    """Return a decoded picture of a path."""
    return PictureSeen(path, at, "00" * 32, 640, 360, mean_luma, contrast, dated=path == "playback")


def opened(now: datetime = NOW) -> tuple[FootageOpened, FootageOpened]:
    """Return the further moments of footage that are opened in the turn of playback."""
    floor_at, newest_at = now - 30 * DAY, now - NEWEST_LEAD
    floor = FootageOpened("floor", floor_at, floor_at, dated=True)
    return floor, FootageOpened("newest", newest_at, newest_at, dated=True)


def healthy(name: str = "gate", device: str = "box", kept: timedelta = 35 * DAY) -> tuple[Observation, ...]:
    """Return everything that a camera in order shows: all its checks pass on these."""
    return healthy_device(device) + healthy_camera(name, kept)


def healthy_device(device: str = "box") -> tuple[Observation, ...]:
    """Return the facts of a device in order."""
    serial = "42" if device == "box" else f"42-{device}"
    return gateway() + observed(f"device:{device}", Identity("ACME", "N8", "1.0", serial), Clock(0.2, 0.05, ntp=True))


def gateway() -> tuple[Observation, ...]:
    """Return what a gateway in order says of itself."""
    return observed("site", Host(0.1, 0.4, 50_000_000_000, 100_000_000_000, 60))


def healthy_camera(name: str = "gate", kept: timedelta = 35 * DAY) -> tuple[Observation, ...]:
    """Return the facts of a camera in order."""
    oldest = NOW - kept
    return observed(
        f"camera:{name}",
        Streams(tuple(Stream(path, f"rtsp://192.0.2.1/{path}") for path in PATHS)),
        Masks((Mask("m1", SQUARE, "Color", True),)),
        Recordings((Span(oldest, NOW),), "rtsp://192.0.2.1/replay", listed=(Span(oldest, NOW),)),
        Audio(()),
        Overlays((f"School {name}", "<DateAndTime>")),
        Access(("http snapshot", "rtsp main", "rtsp sub"), ()),
        *(picture(path) for path in PATHS),
        picture("playback", oldest + timedelta(seconds=1)),
        *opened(),
        *(ZoneVerdict(path, ZONE.name, "PASS", "solid") for path in (*PATHS, "playback")),
        QUALITY,
        STILL,
    )


def but_unread(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings without what nobody reads in pictures yet, and what these sites do not tell."""
    return tuple(one for one in findings if one.reason != "not-read-yet" and not is_waiting(one))


def without(observations: Iterable[Observation], *kinds: type) -> tuple[Observation, ...]:
    """Return the observations that are of none of these kinds."""
    return tuple(o for o in observations if not isinstance(o.value, kinds))


def without_path(observations: Iterable[Observation], path: PathName) -> tuple[Observation, ...]:
    """Return the observations without the picture and the verdict of one path."""
    return tuple(
        o for o in observations if not (isinstance(o.value, PictureSeen | ZoneVerdict) and o.value.path == path)
    )
