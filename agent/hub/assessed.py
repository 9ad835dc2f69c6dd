"""What a verified report says of a site's day in figures of municipal assessment, and how the hub keeps it.

A health report has the figures of the whole site (`rates`), which count for its division. A config report has the
findings of each camera: a camera-day is good where every check of a figure passes or warns; it counts for the camera's
maintainer and for the model of the device that it hangs on. Of each day and epoch the report with the highest number
counts.

Adding up is for `agent/hub/assessment.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from agent.hub.store import Store
from agent.hub.verify import Claim
from agent.repaired import read_repairs, repairs_json

By = Literal["division", "maintainer", "model"]
REPAIRS: Final = "repairs"
"""Under this name, beside `By`, the hub keeps which faults were repaired: by division, class and day."""

Figure = tuple[float, float, float, float]
"""How much was good; was due, unknown included; was due and is unknown; was excluded by plan, and so not due."""
Figures = Mapping[str, Figure]

METRICS: Final = ("online", "good", "linked", "recorded", "clock", "overlay", "file")

_MEMBER: Final = {"recorded": "recorded_s"}
"""Where a figure stands in `rates` under another name: `recorded` there counts looks, the figure is of seconds."""

_JUDGED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "online": ("camera-online",),
    "good": (
        "camera-online", "camera-occluded", "camera-moved", "video-quality", "recording-completeness", "clock-offset",
    ),
    "recorded": ("recording-completeness",),
    "clock": ("clock-offset",),
    "overlay": ("osd-compliant",),
    "file": ("camera-file-complete",),
}  # fmt: skip
"""The checks of one camera, or of its device, that judge a figure. Whether it is linked has no finding of its own."""

GROUPS_MOST: Final = 256
"""Maintainers, or models, of one site that are told apart; the rest count as unknown."""

NAME_MAX_CHARS: Final = 100
FIGURE_MAX: Final = 1e12
CHINA: Final = ZoneInfo("Asia/Shanghai")
"""A config report counts for the day in China on which it was made."""


def keep(store: Store, claim: Claim) -> None:
    """Keep what a verified report says of a day. What it says wrongly is left out. Within a transaction.

    Args:
        store: The hub's.
        claim: A verified report of stream `health` or `config` that came first under its number.
    """
    body = claim.data.get("body")
    if not isinstance(body, dict):
        return
    for by, day, groups in _rows(claim, body):
        told = json.dumps(groups, separators=(",", ":"))  # ASCII: a lone surrogate is no text for SQLite
        store.run(
            "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET seq = excluded.seq, told = excluded.told WHERE excluded.seq > seq",
            *(by, day.isoformat(), claim.address.site, claim.epoch, claim.seq, told),
        )


def _rows(claim: Claim, body: Mapping[str, Any]) -> Iterator[tuple[str, date, Mapping[str, Any]]]:
    if claim.stream == "health":
        yield from read_health(claim.data, body)
        yield from read_health_repairs(body)
    else:
        yield from read_config(claim.data, body)


def read_health_repairs(body: Mapping[str, Any]) -> Iterator[tuple[str, date, Mapping[str, Any]]]:
    """Yield what was repaired on a site's day, under its division, where anything was."""
    told = _dict(body.get("rates"))
    day, repairs = _day(told.get("day")), read_repairs(told.get("repairs"))
    if day is not None and repairs:
        yield REPAIRS, day, {_name(body.get("division")): repairs_json(repairs)}


def read_health(_: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[tuple[By, date, Mapping[str, Figures]]]:
    """Yield the figures of a site's day, under its division."""
    told = body.get("rates")
    day = _day(told.get("day")) if isinstance(told, dict) else None
    if day is None or not isinstance(told, dict):
        return
    read = {name: _figure(told.get(_MEMBER.get(name, name))) for name in METRICS}
    figures = {name: figure for name, figure in read.items() if figure is not None}
    if figures:
        yield "division", day, {_name(body.get("division")): figures}


def read_config(data: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[tuple[By, date, Mapping[str, Figures]]]:
    """Yield the camera-days of a site by maintainer and by model: of each, whose check passes."""
    day = _day_of(data.get("ts"))
    if day is None:
        return
    models = {_text(d.get("id")): _name(_dict(d.get("identity")).get("model")) for d in _dicts(body.get("devices"))}
    cameras = _dicts(body.get("cameras"))
    found = {(_text(f.get("check")), _text(f.get("subject"))): _status(f) for f in _dicts(body.get("findings"))}
    names: dict[By, list[str]] = {
        "maintainer": [_name(camera.get("maintainer")) for camera in cameras],
        "model": [models.get(_text(camera.get("device")), "") for camera in cameras],
    }
    for by, of_camera in names.items():
        groups: dict[str, dict[str, Figure]] = {}
        for camera, name in zip(cameras, of_camera, strict=True):
            figures = groups.setdefault(name if name in groups or len(groups) < GROUPS_MOST else "", {})
            subjects = f"camera:{_text(camera.get('id'))}", f"device:{_text(camera.get('device'))}"
            for metric, checks in _JUDGED_BY.items():
                told = [next((found[check, s] for s in subjects if (check, s) in found), "") for check in checks]
                if any(told):
                    figures[metric] = added(figures.get(metric), _one(told))
        yield by, day, groups


def added(figure: Figure | None, more: Figure) -> Figure:
    """Return the sum of two figures."""
    if figure is None:
        return more
    return figure[0] + more[0], figure[1] + more[1], figure[2] + more[2], figure[3] + more[3]


def _status(finding: Mapping[str, Any]) -> str:
    return _text(finding.get("status")) or "unknown"


def _one(told: Sequence[str]) -> Figure:
    """Return one camera-day. A check that said nothing, where another one of the figure did, is unknown."""
    due = [status for status in told if status != "not_applicable"]
    if not due:
        return 0, 0, 0, 0
    if "fail" in due:
        return 0, 1, 0, 0
    known = all(status in ("pass", "warn") for status in due)
    return int(known), 1, int(not known), 0


def _figure(value: object) -> Figure | None:
    """Return a figure as it stands in a report, None where it cannot be one."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    if any(isinstance(one, bool) or not isinstance(one, int | float) or not 0 <= one <= FIGURE_MAX for one in value):
        return None
    good, due, unknown, excluded = value
    return (good, due, unknown, excluded) if good + unknown <= due else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _day_of(value: object) -> date | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(CHINA).date() if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _name(value: object) -> str:
    return value[:NAME_MAX_CHARS].strip() if isinstance(value, str) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
