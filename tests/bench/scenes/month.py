"""Plays a month of looks at well masked zones, and counts false alarms after they have settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from scenes.cases import CASES, asked
from scenes.courses import Course, course, film
from scenes.lights import Light
from scenes.looking import judge_each
from scenes.places import Place
from scenes.verdicts import zone_of

DAYS = 30
LOOKS_A_DAY = 8
SETTLED_AFTER = 6
"""Looks after which a verdict counts."""

GOOD = tuple(case for case in CASES if case.is_good)
_FIRST_NUMBER = 100_000
"""Courses of months are others than those of the figures."""

_DAY: tuple[tuple[Light, int], ...] = (("day", 12), ("dusk", 4))
_NIGHT_LOOKS = 8
"""Pictures of each light that a month draws its looks from."""


@dataclass(frozen=True)
class ZoneMonth:
    """What came of a zone's month: how often it turned to FAIL after it had settled, and for how many looks."""

    place: str
    case: str
    alarms: int
    failed_looks: int


def months(places: list[Place], courses_each: int, days: int = DAYS) -> Iterator[ZoneMonth]:
    """Yield the months of the zones of so many courses of each place; fewer `days` show only that it works."""
    for place in places:
        for number in range(courses_each):
            yield from _months(_filmed(place, _FIRST_NUMBER + number), days)


def _filmed(place: Place, number: int) -> Course:
    """A camera whose nights are dark or infrared, at a usual size."""
    one = course(place, number, GOOD)
    dark: Light = "infrared" if one.seed % 2 else "night"
    day = tuple(light for light, count in (*_DAY, (dark, _NIGHT_LOOKS)) for _ in range(count))
    return replace(one, lights=day, size_px=(640, 360))


def _months(one: Course, days: int) -> Iterator[ZoneMonth]:
    shot = film(one)
    of_light = {light: [at for at, each in enumerate(one.lights) if each == light] for light in set(one.lights)}
    dark = one.lights[-1]
    rng = np.random.default_rng(one.seed)
    hours = [24 / LOOKS_A_DAY * look for look in range(LOOKS_A_DAY)] * days
    lights = ["day" if 8 <= h < 17 else "dusk" if 6 <= h < 20 else dark for h in hours]
    order = [of_light[light][int(rng.integers(0, len(of_light[light])))] for light in lights]
    pictures = [shot.pictures[at] for at in order]
    for spot, box in zip(one.spots, shot.boxes, strict=True):
        zone = zone_of(spot, box, asked(spot.case)[0])
        failed = [verdict.verdict == "FAIL" for verdict in judge_each(pictures, zone, LOOKS_A_DAY)][SETTLED_AFTER:]
        alarms = sum(now and not before for before, now in zip([False, *failed], failed, strict=False))
        yield ZoneMonth(one.place.name, spot.case.name, alarms, sum(failed))
