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
"""What is learned of `QualitySeen`, in the order of a row; the ink of OVERLAYS_MAX overlays follows."""

LATER_METRICS: Final = (
    "floor",
    "tint_red_low",
    "tint_red_high",
    "tint_blue_low",
    "tint_blue_high",
    "kept_contrast",
    "stripes_over",
    "noise_change",
)
"""What is learned since release 0.2, at the end of a row: rows of earlier memories end before, and are filled up."""

_LATER: Final = len(METRICS) + OVERLAYS_MAX
"""The first of the later metrics, which every picture has: where it is missing, a row is of an earlier release."""

COLUMNS: Final = _LATER + len(LATER_METRICS)

_NAMES: Final = (*METRICS, *(f"ink_{index}" for index in range(OVERLAYS_MAX)), *LATER_METRICS)

TINTS: Final = LATER_METRICS[1:5]
"""The colours of the light: red and blue, low and high."""

RELATIVE: Final = "relative_contrast"
"""Contrast in proportion to luma: another exposure leaves it as it is."""

VEIL: Final = "veil"
"""The floor in proportion to luma: light that lies over the whole picture raises it, a longer exposure does not."""

LUMA_LEAST: Final = 10.0
"""Added to luma before anything is divided by it, in levels: in the dark all is next to nothing."""


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

    @property
    def whole(self) -> bool:
        """Whether enough rows have what is learned today: an earlier release's memory has shorter ones."""
        return sum(len(row) == COLUMNS and row[_LATER] is not None for row in self.rows) >= ROWS_MIN


@dataclass(frozen=True, slots=True)
class QualityMemory:
    """What is remembered of one camera; begins empty. `last_light`: of the picture before."""

    modes: tuple[ModeMemory, ...] = ()
    last_light: LightMode | None = None

    def darkest(self) -> float | None:
        """The lowest usual luma of all lights that are learned; None while there is none."""
        found = ([row[0] for row in mode.rows if row[0] is not None] for mode in self.modes if mode.learned)
        return min((statistics.median(lumas) for lumas in found if lumas), default=None)


def learn(memory: QualityMemory, seen: QualitySeen, at: datetime) -> QualityMemory:
    """Take one picture's numbers in; a light that is learned wholly takes no more."""
    kept = tuple(mode for mode in memory.modes if mode.light != seen.light)
    mode = next((mode for mode in memory.modes if mode.light == seen.light), None) or ModeMemory(seen.light, at, at)
    if not (mode.learned and mode.whole):
        row = _row(seen)
        # What an earlier release has learned stays as it is: only what it did not know is learned beside it, and luma,
        # to which that is in proportion.
        row = (row[0], *(None,) * (_LATER - 1), *row[_LATER:]) if mode.learned else row
        mode = _with_row(mode, row, at)
    return QualityMemory((*kept, mode), seen.light)


def usual_in(memory: QualityMemory, light: LightMode) -> Mapping[str, Usual] | None:
    """What is usual in a light, by metric (`ink_0` and so on for overlays); None while it is being learned.

    Of METRICS that were never measured zero is usual; of LATER_METRICS, and of overlays, nothing is.
    """
    mode = next((mode for mode in memory.modes if mode.light == light), None)
    if mode is None or not mode.learned:
        return None
    usual = dict.fromkeys(METRICS, Usual(0.0, 0.0))
    for index, name in enumerate(_NAMES):
        known = [value for row in mode.rows if index < len(row) and (value := row[index]) is not None]
        if known and (len(known) >= ROWS_MIN // 2 or name not in LATER_METRICS):
            usual[name] = _usual(known)
    for name, index in ((RELATIVE, METRICS.index("contrast")), (VEIL, _LATER)):
        shares = [_share(row[index], row[0]) for row in mode.rows if index < len(row)]
        known = [value for value in shares if value is not None]
        if len(known) >= ROWS_MIN // 2:
            usual[name] = _usual(known)
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
    values += (*seen.ink, *(None,) * OVERLAYS_MAX)[:OVERLAYS_MAX]
    values += (getattr(seen, name) for name in LATER_METRICS)
    return tuple(None if value is None else round(value, 4) for value in values)


def _share(value: float | None, luma: float | None) -> float | None:
    return None if value is None or luma is None else value / (luma + LUMA_LEAST)


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
