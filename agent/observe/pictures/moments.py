"""Finds pictures that show one moment: of two cameras, or of a camera and of its footage. Pure.

Pictures are compared by their imprints (`masking/view/likeness.py`), within one look and on the same path: a recorder
that sends channel 1 for channel 2, or what is live for what was recorded, sends one picture twice. Noise that is equal
once may be no noise at all, as in a test picture; so two moments that differ from one another have to be equal, in two
looks and on one path. Scenes that are merely alike accuse nobody, and are no proof of two cameras either.

Grain is remembered only of what was equal. Cards, dark and even pictures have none: nothing is said of them.

However many cameras show one picture, that is one moment: a recorder may send it for each of its channels, where pairs
would be thousands. What is remembered is bounded for each camera: one pushes out nothing of another.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.turns import REMEMBERED
from drivers.model import Observation, Observations
from drivers.picture import RECORDED, FootageOpened, PathName, PictureSeen
from masking.view.likeness import Imprint, Likeness, is_another_moment, likeness, read

ENOUGH: Final = 2
"""Different moments that have to be equal."""

MISSED_MAX: Final = 3
"""Looks in a row that showed different moments, after which those before count no longer."""

EACH_MAX: Final = 4
"""Moments that are kept of a camera on a path, the newest; and as many of its footage."""

_KEPT: Final = timedelta(days=30)
_MOST_FIRST: Final[tuple[Likeness, ...]] = ("equal", "alike", "other")

Pair = tuple[str, str]
"""Two camera ids in order; or one and the empty one: its footage and its live picture."""


@dataclass(frozen=True, slots=True)
class EqualMoment:
    """Pictures of one look showed one moment, on this live path and with this grain.

    `cameras`: whose, by camera id, an empty one for footage; each with the looks since then in which it showed another
    moment than all of the others.
    """

    cameras: Mapping[str, int]
    path: PathName
    at: datetime
    grain: int = field(repr=False)


Moments = tuple[EqualMoment, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """How alike the pictures of a pair are, on the path where they are most so; `equal`: grain of each equal path."""

    alike: Likeness
    equal: tuple[tuple[PathName, int], ...] = ()


def update_moments(observations: Observations, before: Moments, now: datetime) -> Moments:
    """Return the equal moments after a look."""
    found = compared(observations)
    kept = [_after(one, found) for one in before if now - _KEPT <= one.at <= now]
    kept = [one for one in kept if len(one.cameras) > 1]
    for path, cameras, grain in _equal(found):
        known = _different(kept, path, cameras)
        if len(known) < ENOUGH and all(is_another_moment(grain, one) for one in known):
            kept.append(EqualMoment(dict.fromkeys(sorted(cameras), 0), path, now, grain))
    return _bounded(kept)


def _equal(found: Mapping[Pair, "Compared"]) -> Iterator[tuple[PathName, frozenset[str], int]]:
    """Yield who showed one moment in this look, and its grain: cameras, each equal to one of the others, or footage."""
    groups: dict[PathName, list[set[str]]] = {}
    grains: dict[tuple[PathName, str], int] = {}
    for (one, other), how in found.items():
        for path, grain in how.equal:
            if other:
                grains.setdefault((path, one), grain)
                groups[path] = joined(groups.get(path, []), {one, other})
            else:
                yield path, frozenset((one, other)), grain
    for path, sets in groups.items():
        for cameras in sets:
            yield path, frozenset(cameras), grains[path, min(cameras)]


def joined(groups: list[set[str]], pair: set[str]) -> list[set[str]]:
    """Return groups of cameras with two more that belong together: what either is in becomes one."""
    met = [one for one in groups if not one.isdisjoint(pair)]
    if any(pair <= one for one in met):
        return groups
    return [*(one for one in groups if one.isdisjoint(pair)), pair.union(*met)]


def _after(one: EqualMoment, found: Mapping[Pair, "Compared"]) -> EqualMoment:
    """Return a moment after a look that compared its cameras, or did not; without those that it is no longer of."""
    missed = {name: _missed(one, name, found) for name in one.cameras}
    return replace(one, cameras={name: count for name, count in missed.items() if count < MISSED_MAX})


def _missed(one: EqualMoment, name: str, found: Mapping[Pair, "Compared"]) -> int:
    shown = {how.alike for other in one.cameras if other != name and (how := found.get(_pair(name, other)))}
    if "equal" in shown:
        return 0
    # Footage that is merely alike has noise of its own; of two cameras, that says nothing.
    return one.cameras[name] + (shown == {"other"} or bool(shown and "" in one.cameras))


def _pair(one: str, other: str) -> Pair:
    first, second = sorted((one, other))
    return (first, second) if first else (second, "")


def _bounded(kept: list[EqualMoment]) -> Moments:
    """Return the moments without those of whose cameras each has enough newer ones."""
    newer: Counter[tuple[PathName, bool, str]] = Counter()
    found = []
    for one in reversed(kept):
        places = [(one.path, "" in one.cameras, name) for name in one.cameras if name]
        if any(newer[place] < EACH_MAX for place in places):
            newer.update(places)
            found.append(one)
    return tuple(reversed(found))


def without(moments: Moments, cameras: Collection[str]) -> Moments:
    """Return the moments as if some cameras had shown nothing."""
    left = [replace(one, cameras={n: count for n, count in one.cameras.items() if n not in cameras}) for one in moments]
    return tuple(one for one in left if len(one.cameras) > 1)


def is_same(moments: Moments, pair: Pair) -> bool:
    """Tell whether enough different moments of a pair were equal on one path: another path may be another encoder."""
    own = [one for one in moments if one.cameras.keys() >= set(pair)]
    return any(len(_different(own, path, pair)) >= ENOUGH for path in {one.path for one in own})


def same_pairs(moments: Moments) -> frozenset[Pair]:
    """Return all pairs of cameras that `is_same`."""
    grains: dict[tuple[PathName, Pair], list[EqualMoment]] = {}
    for one in moments:
        for pair in combinations(sorted(name for name in one.cameras if name), 2):
            grains.setdefault((one.path, pair), []).append(one)
    return frozenset(pair for (path, pair), own in grains.items() if len(_different(own, path, pair)) >= ENOUGH)


def _different(moments: Collection[EqualMoment], path: PathName, cameras: Collection[str]) -> list[int]:
    """Return the grain of each different moment at which cameras were equal on a path."""
    found: list[int] = []
    for one in moments:
        is_theirs = one.path == path and one.cameras.keys() >= set(cameras)
        if is_theirs and all(is_another_moment(one.grain, other) for other in found):
            found.append(one.grain)
    return found


def suspected(moments: Moments) -> dict[str, datetime]:
    """Return the cameras whose footage showed what was live, and since when its newest such moment is known."""
    footage = sorted((one for one in moments if "" in one.cameras), key=lambda one: one.at)
    return {name: one.at for one in footage for name in one.cameras if name}


def compared(observations: Observations) -> dict[Pair, Compared]:
    """Return how alike pictures of this look are, by pair."""
    live, footage = imprints(observations)
    found: dict[Pair, Compared] = {}
    for one, other in combinations(sorted(live), 2):
        shared = [(path, live[one][path], live[other][path]) for path in live[one] if path in live[other]]
        _note(found, (one, other), shared)
    for one, recorded in footage.items():
        played = [(path, before, now) for path, now in live.get(one, {}).items() for before in recorded]
        _note(found, (one, ""), played)
    return found


def _note(found: dict[Pair, Compared], pair: Pair, both: list[tuple[PathName, Imprint, Imprint]]) -> None:
    likes = [(path, likeness(first, second), second.grain) for path, first, second in both]
    most = next((one for one in _MOST_FIRST if any(alike == one for _, alike, _ in likes)), None)
    if most is not None:
        equal = {path: grain for path, alike, grain in likes if alike == "equal"}
        found[pair] = Compared(most, tuple(equal.items()))


def imprints(
    observations: Iterable[Observation],
) -> tuple[dict[str, dict[PathName, Imprint]], dict[str, list[Imprint]]]:
    """Return the imprints of this look by camera: of live pictures by path, and of footage."""
    live: dict[str, dict[PathName, Imprint]] = {}
    footage: dict[str, list[Imprint]] = {}
    for one in observations:
        value = one.value
        if one.method == REMEMBERED or not isinstance(value, PictureSeen | FootageOpened):
            continue
        imprint, camera = read(bytes.fromhex(value.imprint)), one.subject.removeprefix("camera:")
        if imprint is None:
            continue
        if isinstance(value, FootageOpened) or value.path in RECORDED:
            footage.setdefault(camera, []).append(imprint)
        else:
            live.setdefault(camera, {})[value.path] = imprint
    return live, footage


def to_data(moments: Moments) -> list[Json]:
    """Return the moments as plain data."""
    return [
        {"cameras": dict(one.cameras), "path": one.path, "at": one.at.isoformat(), "grain": f"{one.grain:x}"}
        for one in moments
    ]


def from_data(data: Any) -> Moments:
    """Return what `to_data` wrote, or release 0.1. Raises ValueError, KeyError or TypeError."""
    return tuple(_from(one) for one in data)


def _from(data: Mapping[str, Any]) -> EqualMoment:
    if "pair" in data:
        first, second = data["pair"]
        data = {**data, "cameras": {first: data["missed"], second: data["missed"]}}
    cameras = {str(name): int(missed) for name, missed in dict(data["cameras"]).items()}
    if len(cameras) < 2:
        raise ValueError("a moment is of two cameras, or of one and its footage")
    return EqualMoment(cameras, data["path"], datetime.fromisoformat(data["at"]), int(data["grain"], 16))
