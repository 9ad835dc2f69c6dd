"""Finds pictures that show one moment: of two cameras, or of a camera and of its footage. Pure.

Pictures are compared by their imprints (`masking/view/likeness.py`), within one look and on the same path: a recorder
that sends channel 1 for channel 2, or what is live for what was recorded, sends one picture twice. Noise that is equal
once may be no noise at all, as in a test picture; so two moments that differ from one another have to be equal, in two
looks and on one path. Scenes that are merely alike accuse nobody, and are no proof of two cameras either.

Grain is remembered only of what was equal. Cards, dark and even pictures have none: nothing is said of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.turns import REMEMBERED
from drivers.model import Observations
from drivers.picture import FootageOpened, PathName, PictureSeen
from masking.view.likeness import Imprint, Likeness, is_another_moment, likeness, read

ENOUGH: Final = 2
"""Different moments that have to be equal."""

MISSED_MAX: Final = 3
"""Looks in a row that showed different moments, after which those before count no longer."""

_KEPT: Final = timedelta(days=30)
_MAX: Final = 64
_MOST_FIRST: Final[tuple[Likeness, ...]] = ("equal", "alike", "other")

Pair = tuple[str, str]
"""Two camera ids in the order of the site; or one and the empty one: its footage and its live picture."""


@dataclass(frozen=True, slots=True)
class EqualMoment:
    """Two pictures of one look showed one moment, on this live path and with this grain.

    `missed`: looks since then that showed different ones.
    """

    pair: Pair
    path: PathName
    at: datetime
    grain: int = field(repr=False)
    missed: int = 0


Moments = tuple[EqualMoment, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """How alike the pictures of a pair are, on the path where they are most so; `equal`: grain of each equal path."""

    alike: Likeness
    equal: tuple[tuple[PathName, int], ...] = ()


def update_moments(observations: Observations, before: Moments, now: datetime) -> Moments:
    """Return the equal moments after a look."""
    found = compared(observations)
    kept = [_after(one, found.get(one.pair)) for one in before if now - _KEPT <= one.at <= now]
    kept = [one for one in kept if one.missed < MISSED_MAX]
    for pair, how in found.items():
        for path, grain in how.equal:
            known = [one.grain for one in kept if (one.pair, one.path) == (pair, path)]
            if len(known) < ENOUGH and all(is_another_moment(grain, one) for one in known):
                kept.append(EqualMoment(pair, path, now, grain))
    return tuple(kept[-_MAX:])


def _after(one: EqualMoment, shown: Compared | None) -> EqualMoment:
    """Return a moment after a look that compared its pair, or did not."""
    alike = shown.alike if shown else "unknown"
    if alike == "equal":
        return replace(one, missed=0)
    missed = alike == "other" or (alike == "alike" and not one.pair[1])
    return replace(one, missed=one.missed + 1) if missed else one


def is_same(moments: Moments, pair: Pair) -> bool:
    """Tell whether enough different moments of a pair were equal on one path: another path may be another encoder."""
    paths = [one.path for one in moments if one.pair == pair]
    return any(paths.count(path) >= ENOUGH for path in paths)


def suspected(moments: Moments) -> dict[str, datetime]:
    """Return the cameras whose footage showed what was live, and since when its newest such moment is known."""
    return {one.pair[0]: one.at for one in sorted(moments, key=lambda one: one.at) if not one.pair[1]}


def compared(observations: Observations) -> dict[Pair, Compared]:
    """Return how alike pictures of this look are, by pair."""
    live, footage = _imprints(observations)
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


def _imprints(observations: Observations) -> tuple[dict[str, dict[PathName, Imprint]], dict[str, list[Imprint]]]:
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
        if isinstance(value, FootageOpened) or value.path == "playback":
            footage.setdefault(camera, []).append(imprint)
        else:
            live.setdefault(camera, {})[value.path] = imprint
    return live, footage


def to_data(moments: Moments) -> list[Json]:
    """Return the moments as plain data."""
    return [
        {
            "pair": list(one.pair),
            "path": one.path,
            "at": one.at.isoformat(),
            "grain": f"{one.grain:x}",
            "missed": one.missed,
        }
        for one in moments
    ]


def from_data(data: Any) -> Moments:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError."""
    return tuple(_from(one) for one in data)


def _from(data: Mapping[str, Any]) -> EqualMoment:
    first, second = data["pair"]
    at, grain = datetime.fromisoformat(data["at"]), int(data["grain"], 16)
    return EqualMoment((str(first), str(second)), data["path"], at, grain, int(data["missed"]))
