"""Learns what is usual for one camera, in each light: over seven days, then fixed. Pure Python, plain numbers.

An evenly spread sample of all pictures' numbers is stored, at most ROWS_MAX for each light: when it is full, every
second row is dropped and only every second picture is taken from then on. Medians and median absolute deviations
tolerate single bad pictures, and a camera that was bad for less than half of the week. Learning never resumes by
itself: a lens that fogs up over a month must not become usual. A person restarts it after an approved change.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from masking.view.model import LIGHT_MODES, LightMode, QualitySeen

LEARNING: Final = timedelta(days=7)
"""How long a light is learned, from its first picture."""

ROWS_MAX: Final = 64
ROWS_MIN: Final = 24
"""Rows of the sample: as many at most, and so many before anything is usual. ROWS_MAX is even."""

OVERLAYS_MAX: Final = 4
"""Overlays beyond this are not learned."""

METRICS: Final = (
    "luma",
    "contrast",
    "bright_ratio",
    "sharpness",
    "noise",
    "stripes",
    "cast_a",
    "cast_b",
    "covered_ratio",
    "change",
)
"""What is learned of `QualitySeen`, in the order of a row; the overlays' ink follows."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Median, and the spread around it as a standard deviation (1.4826 times the median absolute deviation)."""

    median: float
    deviation: float


@dataclass(frozen=True, slots=True)
class ModeMemory:
    """The sample of one light. `since`: its first picture. Every `stride`-th picture is stored; `passed` were not."""

    light: LightMode
    since: datetime
    until: datetime
    stride: int = 1
    passed: int = 0
    rows: tuple[tuple[float | None, ...], ...] = ()

    @property
    def learned(self) -> bool:
        """Whether there is enough to judge by."""
        return self.until - self.since >= LEARNING and len(self.rows) >= ROWS_MIN


@dataclass(frozen=True, slots=True)
class QualityMemory:
    """What is remembered of one camera; begins empty. `last_light`: of the picture before."""

    modes: tuple[ModeMemory, ...] = ()
    last_light: LightMode | None = None

    def darkest(self) -> float | None:
        """The lowest usual luma of all lights that are learned; None while there is none."""
        found = (usual_in(self, mode.light) for mode in self.modes)
        return min((usual["luma"].median for usual in found if usual is not None), default=None)


def learn(memory: QualityMemory, seen: QualitySeen, at: datetime) -> QualityMemory:
    """Take one picture's numbers in; a light that is learned takes no more."""
    kept = tuple(mode for mode in memory.modes if mode.light != seen.light)
    mode = next((mode for mode in memory.modes if mode.light == seen.light), None) or ModeMemory(seen.light, at, at)
    if not mode.learned:
        mode = _with_row(mode, _row(seen), at)
    return QualityMemory((*kept, mode), seen.light)


def usual_in(memory: QualityMemory, light: LightMode) -> Mapping[str, Usual] | None:
    """What is usual in a light, by metric (`ink_0` and so on for overlays); None while it is being learned."""
    mode = next((mode for mode in memory.modes if mode.light == light), None)
    if mode is None or not mode.learned:
        return None
    usual = {}
    for index, name in enumerate(_names(mode)):
        values = [row[index] for row in mode.rows if index < len(row)]
        known = [value for value in values if value is not None]
        usual[name] = _usual(known) if known else Usual(0.0, 0.0)
    return usual


def to_json(memory: QualityMemory) -> dict[str, Any]:
    """The memory as plain JSON values."""
    return {
        "last_light": memory.last_light,
        "modes": [
            {
                "light": mode.light,
                "since": mode.since.isoformat(),
                "until": mode.until.isoformat(),
                "stride": mode.stride,
                "passed": mode.passed,
                "rows": [list(row) for row in mode.rows],
            }
            for mode in memory.modes
        ],
    }


def from_json(plain: Mapping[str, Any]) -> QualityMemory:
    """Parse a memory. Raises ValueError for anything that `to_json` does not write."""
    try:
        modes = tuple(
            ModeMemory(
                _light(mode["light"]),
                _time(mode["since"]),
                _time(mode["until"]),
                max(int(mode["stride"]), 1),
                int(mode["passed"]),
                tuple(
                    tuple(None if value is None else round(float(value), 4) for value in row)
                    for row in mode["rows"][:ROWS_MAX]
                ),
            )
            for mode in plain["modes"]
        )
        last = plain["last_light"]
        return QualityMemory(modes, None if last is None else _light(last))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a memory of picture quality: {error}") from None


def _with_row(mode: ModeMemory, row: tuple[float | None, ...], at: datetime) -> ModeMemory:
    until = max(mode.until, at)
    if mode.passed + 1 < mode.stride:
        return replace(mode, passed=mode.passed + 1, until=until)
    rows = (*mode.rows, row)
    if len(rows) > ROWS_MAX:
        return replace(mode, rows=rows[::2], stride=2 * mode.stride, passed=0, until=until)
    return replace(mode, rows=rows, passed=0, until=until)


def _row(seen: QualitySeen) -> tuple[float | None, ...]:
    values: list[float | None] = [getattr(seen, name) for name in METRICS]
    return tuple(None if value is None else round(value, 4) for value in [*values, *seen.ink[:OVERLAYS_MAX]])


def _names(mode: ModeMemory) -> list[str]:
    longest = max((len(row) for row in mode.rows), default=len(METRICS))
    return [*METRICS, *(f"ink_{index}" for index in range(longest - len(METRICS)))]


def _usual(values: list[float]) -> Usual:
    middle = statistics.median(values)
    return Usual(middle, 1.4826 * statistics.median(abs(value - middle) for value in values))


def _light(value: Any) -> LightMode:
    if value not in LIGHT_MODES:
        raise ValueError(f"no light mode: {value!r}")
    return value  # type: ignore[no-any-return]


def _time(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
