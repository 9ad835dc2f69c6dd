"""Defines the figures of municipal assessment, and by what they are added up."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

By = Literal["division", "maintainer", "model"]
METRICS: Final = ("online", "good", "linked", "recorded", "clock", "overlay", "file")

REPAIRS: Final[Mapping[By, str]] = {by: f"repairs-{by}" if by != "division" else "repairs" for by in get_args(By)}

PLANNED: Final = "planned"

ACKNOWLEDGED: Final = "acknowledged"
"""Under these names, beside `By`, the hub keeps which faults were repaired, which work was planned then, and of which
open findings somebody knew on the day."""

FAILING: Final = "failing"
"""Under this name it keeps which findings made which camera-day bad, for the figures that a decision corrects."""

FOOTAGE_LEFT: Final = "footage-left"
"""Under this name it keeps how many of the days of footage that are due were there, and for how many cameras."""

Figure = tuple[float, float, float, float]
"""How much was good; was due, unknown included; was due and is unknown; was excluded by plan, and so not due."""

Figures = Mapping[str, Figure]

JUDGED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "online": ("camera-online",),
    "good": (
        "camera-online", "camera-occluded", "camera-moved", "video-quality", "recording-completeness", "clock-offset",
    ),
    "clock": ("clock-offset",),
    "overlay": ("osd-compliant",),
    "file": ("camera-file-complete",),
}  # fmt: skip
"""The checks of one camera, or of its device, that judge a figure. Whether it is linked has no finding of its own."""

CHINA: Final = ZoneInfo("Asia/Shanghai")
"""A config report counts for the day in China on which it was made."""


def china_day(at: datetime) -> date:
    """Return the day in China at a time."""
    return at.astimezone(CHINA).date()


def added(figure: Figure | None, more: Figure) -> Figure:
    """Return the sum of two figures."""
    if figure is None:
        return more
    return figure[0] + more[0], figure[1] + more[1], figure[2] + more[2], figure[3] + more[3]
