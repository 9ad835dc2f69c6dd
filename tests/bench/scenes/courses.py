"""Films courses: six looks at one place through one camera, with six zones, each masked well or badly; all by lot.

The order is that of a camera: the place in its light, people where they are by then, the sensor's noise, masks and
overlays drawn over it, the encoder. What is drawn by lot follows from the place's name and the course's number, so that
a course is the same everywhere; what was encoded is kept under build/scenes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from scenes import cases, codecs, lights, overlays, regions, rendered, surfaces
from scenes.cases import CASES, Case, Lot
from scenes.codecs import H264, H265_FAST, H265_SLOW, JPEG, Quality
from scenes.lights import LIGHTS, Camera, Light
from scenes.places import MOMENTS, Place
from scenes.regions import Corners, Frame
from scenes.surfaces import Surface

Picture = npt.NDArray[np.uint8]

CACHE = Path(__file__).resolve().parents[3] / "build" / "scenes"
LOOKS = 6
BARE_CELLS = 2
"""Of six: so many zones lie on a surface without texture."""

_FORMAT = 2
"""Counts up when what is drawn changes, so that no stale picture is used."""

_SIZES_PX = (
    ((640, 360), 0.57),
    ((704, 576), 0.10),
    ((352, 288), 0.08),
    ((640, 480), 0.08),
    ((1280, 720), 0.12),
    ((1920, 1080), 0.045),
    ((3840, 2160), 0.005),
)
_QUALITIES: tuple[tuple[tuple[Quality, ...], float], ...] = (
    (H264, 0.45),
    (H265_FAST, 0.10),
    (H265_SLOW, 0.03),
    (JPEG, 0.42),
)
_SLOWEST_PX = 704
"""Width up to which a picture is coded by a slow encoder, and by a fast one beyond."""

_GROUPS = {
    ("solid", True): 0.12,
    ("mosaic", True): 0.10,
    ("blur", True): 0.10,
    ("none", False): 0.10,
    ("solid", False): 0.20,
    ("mosaic", False): 0.19,
    ("blur", False): 0.19,
}
"""How often a zone has a case of this kind, good or faulty."""

_PASSED_BY = 0.3
"""Where things move by themselves, people are drawn into so many looks; elsewhere into each."""

_PLAIN_WEIGHT = 3.0
"""A good mask without fill, overlay or another size comes so many times as often as one with."""


PANES: tuple[Surface, ...] = ("frosted", "frosted", "tiles", "frosted", "bare")
"""Surfaces that may end exactly where a zone does, as one does that was drawn around a window."""

_BARE = next(case for case in CASES if case.name == "none")


@dataclass(frozen=True)
class Spot:
    """A zone: its corners in 0..1 of the picture, what it lies on and where that ends, and what is drawn there."""

    corners: Corners
    surface: Surface
    ground: Frame
    case: Case
    drawn: Lot

    @property
    def color(self) -> str:
        """The declared colour, `#rrggbb`, or empty."""
        return cases.color_of(self.case, self.drawn) if self.case.kind in ("solid", "none") else ""


@dataclass(frozen=True, kw_only=True)
class Course:
    """All that decides six pictures. `content`: the part of the picture that shows the place, the rest are bars."""

    place: Place
    number: int
    seed: int
    size_px: tuple[int, int]
    quality: Quality
    camera: Camera
    lights: tuple[Light, ...]
    mirrored: bool
    crop: Frame
    content: Frame
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Film:
    """A course's decoded pictures, and the mean of the lit scene over them without masks and noise (grey)."""

    course: Course
    pictures: tuple[Picture, ...]
    scene: Picture
    boxes: tuple[Corners, ...]
    """Of each spot: the box of its overlay as a device would tell it; empty for none."""


def course(place: Place, number: int, wanted: tuple[Case, ...] = CASES) -> Course:
    """Draw a course by lot; `wanted`: the cases that it may have."""
    seed = int.from_bytes(hashlib.sha256(f"{place.name} {number}".encode()).digest()[:8])
    rng = np.random.default_rng(seed)
    sizes, shares = zip(*_SIZES_PX, strict=True)
    size = sizes[int(rng.choice(len(sizes), p=np.array(shares) / sum(shares)))]
    family = _QUALITIES[int(rng.choice(len(_QUALITIES), p=[share for _, share in _QUALITIES]))][0]
    if family is H265_SLOW and size[0] > _SLOWEST_PX:
        family = H265_FAST
    content = _content(rng)
    left, top = (float(rng.uniform(0, 0.3)) if rng.uniform() < 0.5 else 0.0 for _ in range(2))
    kept = 1 - max(left, top)
    return Course(
        place=place,
        number=number,
        seed=seed,
        size_px=size,
        quality=family[int(rng.integers(0, len(family)))],
        camera=lights.camera(rng),
        lights=_lights(rng),
        mirrored=bool(rng.uniform() < 0.5),
        crop=(left, top, left + kept, top + kept),
        content=content,
        spots=_spots(rng, content, size, wanted),
    )


def _content(rng: np.random.Generator) -> Frame:
    """The picture without black bars: mostly all of it."""
    if rng.uniform() >= 0.08:
        return (0.0, 0.0, 1.0, 1.0)
    bar = float(rng.uniform(0.05, 0.13))
    return (0.0, bar, 1.0, 1 - bar) if rng.uniform() < 0.5 else (bar, 0.0, 1 - bar, 1.0)


def _lights(rng: np.random.Generator) -> tuple[Light, ...]:
    """Mostly one light, else several of a day in turn."""
    if rng.uniform() < 0.6:
        return (LIGHTS[int(rng.integers(0, len(LIGHTS)))],) * LOOKS
    return tuple(LIGHTS[int(number)] for number in np.sort(rng.integers(0, len(LIGHTS), LOOKS)))


def _spots(
    rng: np.random.Generator, content: Frame, size: tuple[int, int], wanted: tuple[Case, ...]
) -> tuple[Spot, ...]:
    found = regions.cells(content)
    grounds: list[Surface] = ["bare"] * BARE_CELLS + ["as-is"] * (len(found) - BARE_CELLS - 1)
    grounds.append("as-is" if rng.uniform() < 0.4 else ("tiles", "frosted", "dark")[int(rng.integers(0, 3))])
    spots = []
    for cell, turn in zip(found, rng.permutation(len(grounds)), strict=True):
        case = _case(rng, wanted)
        least = case.grow_px / 640 + 0.01
        inner = (cell[0] + least, cell[1] + least, cell[2] - least, cell[3] - least) if case.grow_px else cell
        corners = regions.zone(inner, rng, size[1] / size[0])
        ground = _ground(rng, cell, corners)
        spots.append(Spot(corners, grounds[turn], ground, case, cases.lot(rng)))
    return tuple(spots)


def _case(rng: np.random.Generator, wanted: tuple[Case, ...]) -> Case:
    groups = [key for key in _GROUPS if any((case.kind, case.is_good) == key for case in wanted)]
    weights = np.array([_GROUPS[key] for key in groups])
    group = groups[int(rng.choice(len(groups), p=weights / weights.sum()))]
    found = [case for case in wanted if (case.kind, case.is_good) == group]
    plain = np.array([_PLAIN_WEIGHT if _is_plain(case) else 1.0 for case in found])
    return found[int(rng.choice(len(found), p=plain / plain.sum()))]


def _is_plain(case: Case) -> bool:
    return case.fill == "plain" and not case.overlay and not case.grow_px


def _ground(rng: np.random.Generator, cell: Frame, corners: Corners) -> Frame:
    """How far a surface goes: the whole cell, or to each side of the zone a share of what is left there."""
    share = rng.uniform(0.1, 1, 4) if rng.uniform() < 0.6 else np.ones(4)
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    edges = (min(xs), min(ys), max(xs), max(ys))
    left, top, right, bottom = (e + (c - e) * float(s) for e, c, s in zip(edges, cell, share, strict=True))
    return left, top, right, bottom


def panes(one: Course) -> Course:
    """Leave a course's zones bare, and end a frosted pane, tiles or a bare surface exactly at the border of each."""
    spots = []
    for number, spot in enumerate(one.spots):
        xs, ys = [x for x, _ in spot.corners], [y for _, y in spot.corners]
        left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
        around = ((left, top), (right, top), (right, bottom), (left, bottom))
        surface = PANES[(one.number + number) % len(PANES)]
        spots.append(replace(spot, corners=around, ground=(left, top, right, bottom), surface=surface, case=_BARE))
    return replace(one, spots=tuple(spots))


def film(one: Course) -> Film:
    """Draw, encode and decode a course, or take it from what is kept."""
    stem = hashlib.sha256(f"{_FORMAT} {replace(one, place=_NOWHERE)} {one.place.name}".encode()).hexdigest()[:24]
    stream, scene = CACHE / f"{stem}.bin", CACHE / f"{stem}.jpg"
    if not (stream.is_file() and scene.is_file()):
        pictures, mean = drawn(one)
        CACHE.mkdir(parents=True, exist_ok=True)
        _keep(scene, cv2.imencode(".jpg", mean, [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes())
        _keep(stream, codecs.encode(pictures, one.quality))
    mean = np.asarray(cv2.imread(str(scene), cv2.IMREAD_GRAYSCALE), np.uint8)
    return Film(one, tuple(codecs.decoded(stream.read_bytes())), mean, boxes(one))


def boxes(one: Course) -> tuple[Corners, ...]:
    """The boxes of the overlays of a course's spots, as a device would tell them."""
    width, height = one.size_px
    blank = np.zeros((height, width, 3), np.uint8)
    return tuple(overlays.written(blank, s.corners, s.case.overlay, s.drawn.seed, 0) for s in one.spots)


def drawn(one: Course) -> tuple[list[Picture], Picture]:
    """Draw a course's pictures as they come to its encoder, and the mean of its scene."""
    first = _view(one, 0, None)
    mean = np.zeros(first.shape[:2], np.float32)
    pictures = []
    for look, light in enumerate(one.lights):
        rng = np.random.default_rng((one.seed, look))
        scene = lights.lighted(_passed(one, look, _view(one, look, first) if one.place.moves else first), light, rng)
        scene *= _within(one)
        mean += cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY) / len(one.lights)
        picture = lights.sensed(scene, light, one.camera, rng)
        if one.content != _ALL:
            picture[_within(one)[..., 0] == 0] = 16
        for spot in one.spots:
            cases.draw(picture, spot.corners, spot.case, spot.drawn)
        for spot in one.spots:
            overlays.written(picture, spot.corners, spot.case.overlay, spot.drawn.seed, look)
        pictures.append(picture)
    return pictures, np.clip(mean + 0.5, 0, 255).astype(np.uint8)


def _view(one: Course, look: int, first: Picture | None) -> Picture:
    """The place at one look, cut, mirrored and laid into the picture, with the surfaces of the spots."""
    picture = one.place.frame((one.number * 5 + look * 4) % MOMENTS)
    height, width = picture.shape[:2]
    left, top, right, bottom = _pixels(one.crop, width, height)
    picture = picture[top:bottom, left:right]
    if one.mirrored:
        picture = picture[:, ::-1]
    wide, high = one.size_px
    left, top, right, bottom = _pixels(one.content, wide, high)
    way = cv2.INTER_AREA if right - left <= picture.shape[1] else cv2.INTER_CUBIC
    out = np.zeros((high, wide, 3), np.uint8)
    out[top:bottom, left:right] = cv2.resize(picture, (right - left, bottom - top), interpolation=way)
    of = out if first is None else first
    for spot in one.spots:
        surfaces.laid(out, spot.surface, _pixels(spot.ground, wide, high), spot.drawn.seed, of)
    return out


def _passed(one: Course, look: int, view: Picture) -> Picture:
    """The view with people who pass by."""
    rng = np.random.default_rng((one.seed, look, 1))
    if rng.uniform() >= (_PASSED_BY if one.place.moves else 1):
        return view
    left, top, right, bottom = _pixels(one.content, *one.size_px)
    peopled = view.copy()
    rendered.people(peopled[top:bottom, left:right], rng)
    return peopled


def _pixels(frame: Frame, width: int, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = frame
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


_ALL: Frame = (0.0, 0.0, 1.0, 1.0)


@lru_cache(maxsize=2)
def _within(one: Course) -> npt.NDArray[np.float32]:
    """1 where the picture shows the place, 0 in bars."""
    wide, high = one.size_px
    out = np.zeros((high, wide, 1), np.float32)
    left, top, right, bottom = _pixels(one.content, wide, high)
    out[top:bottom, left:right] = 1
    return out


def _nowhere(_: int) -> Picture:
    return np.zeros((2, 2, 3), np.uint8)


_NOWHERE = Place("", "test", _nowhere, False, False)


def _keep(path: Path, data: bytes) -> None:
    beside = path.with_suffix(f"{path.suffix}.new")
    beside.write_bytes(data)
    beside.replace(path)


def courses(places: tuple[Place, ...], each: int) -> Iterator[Course]:
    """Draw so many courses of each place, place by place."""
    for place in places:
        for number in range(each):
            yield course(place, number)
