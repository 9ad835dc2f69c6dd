"""Calculates what overturned and planned findings take out of the figures that rank; what was reported stays. Pure.

A finding that the hub has overturned proves nothing good: its camera-days and looks are no longer due, as those of
planned work are. Only fails are corrected, and a day only as far as nothing else made it bad.

By maintainer and model a camera-day goes where every finding that failed it is overturned. By division a site's looks
of the day are shared out evenly over its cameras and hours, and never more goes than was bad.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from agent.hub.domain.figures import JUDGED_BY, By, Figure
from agent.hub.domain.rows.disputes import DisputeRow
from drivers.model import Span

BY_LOOKS: Final = ("online", "good", "clock", "overlay")
"""Figures of a site of which each camera has one count in each look."""

Moved = Mapping[str, Mapping[str, float]]
"""By group and figure: how much is no longer due."""


def overturned_on(rows: Iterable[DisputeRow], day: Span) -> dict[str, float]:
    """Return the keys of the overturned fails of a site that lasted into a day, and which share of it they took.

    An episode of which no end is known lasts until it was decided on.
    """
    found: dict[str, float] = {}
    for one in rows:
        if one.decision is None or one.decision.outcome != "overturned" or one.said.status != "fail":
            continue
        begin, end = max(one.said.detected_at, day.start_at), min(_end(one, one.decision.at), day.end_at)
        share = (end - begin) / (day.end_at - day.start_at)
        if share > 0:
            key = f"{one.said.check} {one.said.subject}"
            found[key] = max(found.get(key, 0.0), share)
    return found


def by_camera_days(by: By, failing: Iterable[Sequence[str]], keys: Collection[str]) -> Moved:
    """Return the camera-days of a site's day that are no longer due, by maintainer or model.

    Args:
        by: One of these two.
        failing: Figure, maintainer, model, and keys of the fails of each camera-day that is not good.
        keys: Those that are overturned.
    """
    moved: dict[str, dict[str, float]] = {}
    for metric, maintainer, model, *fails in failing:
        if fails and set(fails) <= set(keys):
            of = moved.setdefault(maintainer if by == "maintainer" else model, {})
            of[metric] = of.get(metric, 0) + 1
    return moved


def by_looks(
    figures: Mapping[str, Figure], failing: Sequence[Sequence[str]], shares: Mapping[str, float], cameras: int
) -> dict[str, float]:
    """Return how many looks of a site's day are no longer due, by figure.

    Args:
        figures: Of the day, as the site reported them.
        failing: As `by_camera_days` has it, of the last report of the day: what has ended by then is missing.
        shares: The overturned keys, and which share of the day each took.
        cameras: How many the site has.
    """
    moved: dict[str, float] = {}
    for metric in BY_LOOKS:
        good, due, unknown, excluded = figures.get(metric, (0, 0, 0, 0))
        rows = [fails for name, _, _, *fails in failing if name == metric]
        out = 0.0
        for key, share in shares.items():
            check, _, subject = key.partition(" ")
            if check not in JUDGED_BY[metric] or not cameras:
                continue
            with_it = [fails for fails in rows if key in fails]
            alone = sum(set(fails) <= set(shares) for fails in with_it)
            count = alone if with_it or subject.startswith("device:") else 1
            out += count * share * (due + excluded) / cameras
        if (whole := min(round(out), due - good - unknown)) > 0:
            moved[metric] = whole
    return moved


def corrected(figures: Mapping[str, Figure], moved: Mapping[str, float]) -> dict[str, Figure]:
    """Return the figures that a decision changes, as they are after it."""
    found: dict[str, Figure] = {}
    for metric, out in moved.items():
        good, due, unknown, excluded = figures.get(metric, (0, 0, 0, 0))
        out = min(out, due - good - unknown)
        if out > 0:
            found[metric] = good, due - out, unknown, excluded + out
    return found


def camera_count(groups: Mapping[str, Any]) -> int:
    """Return how many cameras a site's day has, from its figures by maintainer or model."""
    counts: list[float] = [
        figures["online"][1] + figures["online"][3] for figures in groups.values() if "online" in figures
    ]
    return round(sum(counts))


def _end(one: DisputeRow, decided_at: datetime) -> datetime:
    return one.ended_at if one.ended_at is not None else decided_at
