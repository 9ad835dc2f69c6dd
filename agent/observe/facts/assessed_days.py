"""Counts days of municipal assessment, stored and reported as good out of due. Pure.

`agent/report/assessment.py` decides how a look is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal

from agent.contract.repair_counts import (
    BySubject,
    Repairs,
    by_subject_json,
    read_by_subject,
    read_repairs,
    repairs_json,
)
from agent.model.finding import Json

Figure = Literal["online", "good", "linked", "recorded", "clock", "overlay", "file"]

FIGURES: Final[tuple[Figure, ...]] = ("online", "good", "linked", "recorded", "clock", "overlay", "file")
"""Online, in good condition, linked, recording complete, clock right, overlay right, camera file filled in.

`counts` has looks, of camera files fields. Recording is counted twice: in looks that found it complete, as in all
reports, and in seconds (`DayAssessed.footage`), which is the figure of assessment.
"""

METHOD: Final = 2
"""The version of the formulas (`agent/hub/README.md`).

By version 1 the recorder's own plan decided which seconds were due for recording; what a device does not tell was not
due; an input without signal was unknown, and a camera that always shows the same snapshot online.
"""

CHANGED: Final = ("online", "good", "recorded_s")
"""The figures that the method before counted otherwise."""

BESIDE: Final = timedelta(days=90)
"""How long figures of the method before stand beside those of a new one, from its first day at a site."""

DAYS_KEPT: Final = 31
PLANNED_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was good, was due, was due and unknown, and was excluded by plan."""

    good: int = 0
    due: int = 0
    unknown: int = 0
    excluded: int = 0

    def plus(self, other: Count) -> Count:
        """Return both together."""
        return Count(
            self.good + other.good, self.due + other.due, self.unknown + other.unknown, self.excluded + other.excluded
        )

    @property
    def ratio(self) -> float | None:
        """The share that was good, 0..1; None where nothing was due."""
        return self.good / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class DayAssessed:
    """One local day: number of looks, each figure, and the subjects of planned work.

    `repairs`: faults whose repair was verified on it, by class; `repaired`: the same by subject, so that a hub can
    compare maintainers and models. `footage`: seconds due for recording, of all cameras; None: not counted yet.
    `method`: by which formulas they were counted, `method_from` its first day here, None where no other was in force;
    `before`: what changed, as the method before would have counted it.
    """

    day: date
    looks: int = 0
    counts: Mapping[Figure, Count] = field(default_factory=dict)
    planned: tuple[str, ...] = ()
    repairs: Mapping[str, Repairs] = field(default_factory=dict)
    footage: Count | None = None
    repaired: BySubject = field(default_factory=dict)
    method: int = METHOD
    method_from: date | None = None
    before: Mapping[str, Count] = field(default_factory=dict)

    @property
    def figures(self) -> dict[Figure, Count]:
        """Every figure; recording completeness in seconds, once they are counted."""
        told = {name: self.counts.get(name, Count()) for name in FIGURES}
        return told | {"recorded": self.footage or Count()}


def last_whole_day(days: Sequence[DayAssessed], today: date) -> DayAssessed | None:
    """Return the newest day before a local day, None where there is none."""
    return next((one for one in reversed(days) if one.day < today), None)


def rates_json(day: DayAssessed) -> dict[str, Json]:
    """Return a day for reports: each figure as [good, due, unknown, excluded]; repairs where there were any."""
    told: dict[str, Json] = {"day": day.day.isoformat(), "looks": day.looks}
    told |= {name: count_json(day.counts.get(name, Count())) for name in FIGURES}
    told |= {"recorded_s": count_json(day.footage)} if day.footage else {}
    told["method"] = day.method
    if day.before and day.method_from is not None:
        figures: dict[str, Json] = {name: count_json(one) for name, one in day.before.items()}
        told["before"] = {"method": day.method - 1, "until": (day.method_from + BESIDE).isoformat(), **figures}
    return told | ({"repairs": repairs_json(day.repairs)} if day.repairs else {})


def repaired_json(day: DayAssessed | None) -> dict[str, Json]:
    """Return `repaired` of a config report: the repairs of the last whole day, where there were any."""
    if day is None or not day.repaired:
        return {}
    return {"repaired": {"day": day.day.isoformat(), "by_subject": by_subject_json(day.repaired)}}


def count_json(count: Count) -> list[Json]:
    """Return a figure for reports."""
    return [count.good, count.due, count.unknown, count.excluded]


def to_data(day: DayAssessed) -> list[Any]:
    """Return a day as plain data for the stored memory."""
    counts = {name: count_json(one) for name, one in day.counts.items()}
    footage = count_json(day.footage) if day.footage else None
    return [day.day.isoformat(), day.looks, counts, list(day.planned), repairs_json(day.repairs), footage,
            by_subject_json(day.repaired), day.method, day.method_from.isoformat() if day.method_from else None,
            {name: count_json(one) for name, one in day.before.items()}]  # fmt: skip


def from_data(row: Sequence[Any]) -> DayAssessed:
    """Return the day that `to_data` wrote, also before repairs and seconds were counted.

    Raises ValueError, KeyError or TypeError for anything else.
    """
    day, looks, counts, planned, *rest = row
    read = {name: Count(*map(int, counts[name])) for name in FIGURES if name in counts}
    repairs, footage, repaired, method, begun, before = (*rest, *(None,) * 6)[:6]
    seconds = Count(*map(int, footage)) if footage else None
    names = tuple(map(str, planned))
    mended = read_repairs(repairs), seconds, read_by_subject(repaired)
    how = int(method or 1), date.fromisoformat(begun) if begun else None
    old = {name: Count(*map(int, before[name])) for name in CHANGED if name in (before or {})}
    return DayAssessed(date.fromisoformat(day), int(looks), read, names, *mended, *how, old)
