"""Defines the timeline (days x cameras): recorded, missing by cause, or unknown, for each local day. Pure values.

`timeline_days.py` builds it from memory; `agent/commands/check/timeline_table.py` renders it in the terminal,
`agent/onsite/handover/timeline_svg.py` on paper. Nothing is drawn as recorded that no recorder claimed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from agent.model.finding import Json, utc_text
from agent.observe.footage.days import Level

GapClass = Literal["camera-off", "recorder-off", "disk", "unknown", "not-planned", "not-kept"]
"""Why time is missing.

`unknown`: missing for an unknown reason. `not-planned`: outside the recorder's plan, or left to motion. `not-kept`:
older than the oldest footage.
"""
GAP_CLASSES: tuple[GapClass, ...] = get_args(GapClass)
LOSSES: tuple[GapClass, ...] = ("camera-off", "recorder-off", "disk", "unknown")
"""What should be there and is not, whatever its age."""

GAP_WORDS: Mapping[GapClass, str] = {
    "camera-off": "camera off",
    "recorder-off": "recorder off",
    "disk": "disk",
    "unknown": "missing, cause not known",
    "not-planned": "outside of the plan, or left to motion",
    "not-kept": "no footage that old",
}
"""The words for a reader, in English; `agent.text.translate.translate` has the rest."""

CellKind = Literal["whole", "claimed", "gap", "unknown", "not-due"]

SMALL_RATIO = 0.01
"""A day that misses less than this is drawn apart from one that misses more. House rule: 99 % is whole enough."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One local day of one camera.

    `recorded_ratio` is the recorded share (0..1) of the day, of today up to now; None: unknown. `gap` is the main cause
    of missing time, None where none is known, `missing_ratio` the share known to be missing; both may be known where
    the first is not. `level` `day`: the recorder reports the day as a whole and may hide holes. `due` is False before
    the camera was in use.
    """

    recorded_ratio: float | None = None
    gap: GapClass | None = None
    missing_ratio: float = 0.0
    level: Level | None = None
    due: bool = True

    @property
    def kind(self) -> CellKind:
        """What is drawn: a gap first, and nothing as recorded that is not known to be."""
        if not self.due:
            return "not-due"
        if self.gap is not None:
            return "gap"
        if self.recorded_ratio is None:
            return "unknown"
        return "whole" if self.level == "segments" else "claimed"


NOT_KNOWN = Cell()
NOT_DUE = Cell(due=False)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One recorded camera: one cell per day, oldest first.

    `oldest_at`: start of its footage; `proven_at`: the oldest moment that was opened and decoded; `short_on`: the day
    on which it is forecast to fall below its floor. None where there is none, or it is unknown.
    """

    camera_id: str
    name: str
    floor_days: int
    cells: tuple[Cell, ...]
    oldest_at: datetime | None = None
    proven_at: datetime | None = None
    short_on: date | None = None

    @property
    def first_due(self) -> int:
        """The index of the first due day, only part of which is due; the floor line is drawn before it."""
        return max(0, len(self.cells) - 1 - self.floor_days)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of the window, oldest first, today last, and a row for each recorded camera."""

    days: tuple[date, ...]
    rows: tuple[TimelineRow, ...]


def worst_cell(cells: Iterable[Cell]) -> Cell:
    """Return one cell for several days: a gap before unknown, unknown before recorded.

    Of several causes a loss precedes not planned or not retained; of several losses the largest. Days before the camera
    was in use count only where there is no other.
    """
    several = tuple(cell for cell in cells if cell.due)
    if not several:
        return NOT_DUE
    known = [cell.recorded_ratio for cell in several if cell.recorded_ratio is not None]
    gaps = [cell for cell in several if cell.gap is not None]
    if gaps:
        lost = [cell for cell in gaps if cell.gap in LOSSES]
        chosen = max(lost or gaps, key=lambda cell: (bool(lost) or cell.gap == "not-planned", cell.missing_ratio))
        return Cell(min(known, default=None), chosen.gap, chosen.missing_ratio, chosen.level)
    if len(known) < len(several):
        return NOT_KNOWN
    return Cell(min(known), level="segments" if all(cell.level == "segments" for cell in several) else "day")


def group_spans(count: int, first_due: int, size: int) -> tuple[tuple[int, int], ...]:
    """Return how `count` days are drawn as groups of `size`: index of each group's first day, and after its last.

    No group crosses the floor line; those at the ends of the window may have fewer days.
    """
    starts = [*range(first_due - -(-first_due // size) * size, first_due, size), *range(first_due, count, size)]
    return tuple((max(0, start), min(start + size, first_due if start < first_due else count)) for start in starts)


CELL_NAMES = ("recorded_ratio", "missing_ratio", "gap", "level", "due")
"""The fields of a cell in `timeline_json`."""


def timeline_json(shown: Timeline) -> dict[str, Json]:
    """Return a timeline as `check --timeline --json` prints it: lists with one value per day, oldest first."""
    return {
        "from_day": shown.days[0].isoformat() if shown.days else None,
        "until_day": shown.days[-1].isoformat() if shown.days else None,
        "cameras": [
            {
                "id": row.camera_id,
                "floor_days": row.floor_days,
                "oldest_at": utc_text(row.oldest_at) if row.oldest_at else None,
                "proven_at": utc_text(row.proven_at) if row.proven_at else None,
                "short_on": row.short_on.isoformat() if row.short_on else None,
                **{name: [getattr(cell, name) for cell in row.cells] for name in CELL_NAMES},
            }
            for row in shown.rows
        ],
    }
