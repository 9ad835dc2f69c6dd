"""Reads overlay and recording plan out of a device's ConfigDownload. Pure.

Blocks are known by what is in them, as some makers name them otherwise.

Source: GB/T 28181-2022, A.2.1 (OSDConfig, VideoRecordPlan) and A.2.4.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from drivers.gb28181.fields import named_in, number_of, text_of, yes_no_of

TEXTS_MAX: Final = 8
WEEKDAYS: Final = range(1, 8)
SEGMENTS_MAX: Final = 8
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Osd:
    """Whether a device draws the time and texts into a picture, and which texts.

    The form of its time is not read: nothing else tells it, so that it could not be compared.
    """

    time_shown: bool | None = None
    texts_shown: bool | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Whether a device records by plan, and how many seconds of each day, from the day that it calls the first."""

    enabled: bool | None = None
    days_s: tuple[int, ...] = ()


def osd_of(blocks: Sequence[etree._Element]) -> Osd | None:
    """Return the overlay that one of the blocks tells, None where none does."""
    block = next((one for one in blocks if text_of(one, "TimeEnable") or text_of(one, "TextEnable")), None)
    if block is None:
        return None
    texts = [text_of(one, "Text", 64) for one in named_in(block, "Item")][:TEXTS_MAX]
    return Osd(
        yes_no_of(block, "TimeEnable", set()),
        yes_no_of(block, "TextEnable", set()),
        tuple(text for text in texts if text),
    )


def plan_of(blocks: Sequence[etree._Element]) -> Plan | None:
    """Return the plan of recording that one of the blocks tells, None where none does.

    A plan in which a day stands twice, or a time is none, has no days: it tells only whether it is in force.
    """
    block = next((one for one in blocks if text_of(one, "RecordEnable") and _days(one)), None)
    block = block if block is not None else next((one for one in blocks if text_of(one, "RecordEnable")), None)
    if block is None or text_of(block, "RecordTime"):
        return None
    days = {number_of(one, "WeekDayNum"): _seconds(one) for one in _days(block)}
    whole = len(days) == len(_days(block)) and all(day in WEEKDAYS for day in days) and None not in days.values()
    known = tuple(days.get(day) or 0 for day in WEEKDAYS) if days and whole else ()
    return Plan(yes_no_of(block, "RecordEnable", set()), known)


def _days(block: etree._Element) -> list[etree._Element]:
    return [one for one in named_in(block, "RecordSchedule") if number_of(one, "WeekDayNum") is not None][:8]


def _seconds(day: etree._Element) -> int | None:
    """Return how long a day's segments are together, counted once where they overlap; None where one is none."""
    segments = sorted(_segment(one) for one in list(named_in(day, "TimeSegment"))[:SEGMENTS_MAX])
    total, reached = 0, 0
    for start, stop in segments:
        if not 0 <= start <= stop <= DAY_S:
            return None
        total += max(0, stop - max(start, reached))
        reached = max(reached, stop)
    return total


def _segment(one: etree._Element) -> tuple[int, int]:
    return _time(one, "Start"), _time(one, "Stop")


def _time(one: etree._Element, edge: str) -> int:
    parts = [number_of(one, f"{edge}{part}") for part in ("Hour", "Min", "Sec")]
    return -1 if None in parts else sum((part or 0) * unit for part, unit in zip(parts, (3600, 60, 1), strict=True))
