"""Sums how much of the footage that a site has to retain is there, and will be, by its configuration report. Pure.

Of each camera the report has the days that are due (`floor_days`), how old its footage is as the recorder lists it
(`oldest_at`), of when a picture was opened (`opened_at` of `retention-days`), and the day on which the disks force
footage out that is still due (`short_on`). Days are good as far back as a picture was opened. What is only listed is
unknown, and so is what lacks where the check does not fail: a young recorder has nothing older. A camera whose days are
not told, or that has no finding, is unknown as a whole.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from agent.hub.domain.figures import Figure, added
from agent.verify.members import day_of, dict_of, dicts_of, text_of, time_of

CLASSES: Final = ("enough", "soon", "unknown", "short")
"""Cameras by what is left: the check passes; it will not from a day on that is foreseen; it is not known; it fails."""

FLOOR_DAYS_MOST: Final = 36_600
CAMERAS_MOST: Final = 1024
_CHECK: Final = "retention-days"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FootageLeft:
    """Days of footage of all cameras together (good, due, unknown, excluded), and cameras by class."""

    days: Figure = (0, 0, 0, 0)
    cameras: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))


def read_footage_left(body: Mapping[str, Any], findings: Iterable[Mapping[str, Any]], made_at: datetime) -> FootageLeft:
    """Return what the body of a configuration report, and its findings, say of all its cameras."""
    found = {text_of(one.get("subject")): one for one in findings if one.get("check") == _CHECK}
    each = (
        _of_camera(dict_of(camera.get("retention")), found.get(f"camera:{text_of(camera.get('id'))}", {}), made_at)
        for camera in dicts_of(body.get("cameras"))[:CAMERAS_MOST]
    )
    return summed(each) or FootageLeft()


def summed(several: Iterable[FootageLeft]) -> FootageLeft | None:
    """Return the sum; None of nothing."""
    days: Figure | None = None
    cameras: Counter[str] = Counter()
    for one in several:
        days = added(days, one.days)
        cameras.update(one.cameras)
    return FootageLeft(days, {name: cameras[name] for name in CLASSES}) if days is not None else None


def _of_camera(retention: Mapping[str, Any], finding: Mapping[str, Any], made_at: datetime) -> FootageLeft:
    timeline, status = dict_of(retention.get("timeline")), text_of(finding.get("status"))
    floor = timeline.get("floor_days")
    if status == "not_applicable":
        return FootageLeft()
    if not isinstance(floor, int) or isinstance(floor, bool) or not 0 < floor <= FLOOR_DAYS_MOST:
        return FootageLeft((0, 0, 0, 0), _one("short" if status == "fail" else "unknown"))
    opened = _age(dict_of(finding.get("evidence")).get("opened_at"), made_at)
    listed = _age(retention.get("oldest_at"), made_at)
    good = min(floor, opened)
    lacking = floor - min(floor, max(opened, listed)) if status == "fail" else 0
    days = round(good, 2), float(floor), round(floor - good - lacking, 2), 0
    if status in ("pass", "warn"):
        return FootageLeft(days, _one("soon" if day_of(timeline.get("short_on")) else "enough"))
    return FootageLeft(days, _one("short" if status == "fail" else "unknown"))


def _one(name: str) -> dict[str, int]:
    return {**dict.fromkeys(CLASSES, 0), name: 1}


def _age(value: object, made_at: datetime) -> float:
    """Return how many days before a report a time is; 0 for one that is none, or to come."""
    at = time_of(value)
    return max(0.0, (made_at - at) / _DAY) if at is not None else 0.0


def footage_left_json(left: FootageLeft) -> dict[str, Any]:
    """Return what `footage_left_from` parses."""
    return {"days": list(left.days), "cameras": dict(left.cameras)}


def footage_left_from(told: Mapping[str, Any]) -> FootageLeft:
    """Parse what `footage_left_json` wrote."""
    good, due, unknown, excluded = told["days"]
    return FootageLeft((good, due, unknown, excluded), told["cameras"])
