"""Parses the tracks that a device records on, and their schedules. Pure.

Source: RaCM, TrackList. `Track/Enable` reads false on tracks that record, and means nothing: the switch of the plan is
`enableSchedule` in the custom extension.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from lxml import etree

from drivers.errors import Malformed
from drivers.footage import RecordingMode, Schedule, SchedulePeriod
from drivers.hikvision.reply import child, rows, text_in, truth, whole
from drivers.http.xml_answer import children

DAY_S = 86_400
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MODES: dict[str, RecordingMode] = {"cmr": "continuous", "continuous": "continuous", "timing": "continuous",
                                    "motion": "motion", "vmd": "motion"}  # fmt: skip
_EVENT = re.compile(r"edr|alarm|event|vca|smart|command|pos", re.IGNORECASE)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?Z?", re.ASCII)
_DURATION = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?"
)


@dataclass(frozen=True, slots=True)
class Track:
    """One track: `id` is input * 100 + stream. `schedule` None: it has none; an error: it cannot be read."""

    id: int
    schedule: Schedule | Malformed | None


def tracks(root: etree._Element) -> tuple[Track, ...]:
    """Read a TrackList. A schedule that cannot be read costs no other track its own. Raises Malformed."""
    found = []
    for row in rows(root, "Track"):
        number = whole(text_in(row, "id"))
        if number is None or number <= 0:
            raise Malformed("a track has no number")
        schedule: Schedule | Malformed | None
        try:
            schedule = _schedule(row)
        except Malformed as error:
            schedule = Malformed(f"track {number}: {error}")
        found.append(Track(number, schedule))
    return tuple(found)


def mode_of(word: str) -> RecordingMode:
    """Return the trigger of recording, from the device's word in a schedule or beside a segment."""
    known = _MODES.get(word.lower())
    return known or ("event" if _EVENT.search(word) else "other")


def duration(text: str) -> timedelta | None:
    """Parse a length of time (year 365 days, month 30); None for none or zero. Raises Malformed. Source: ISO 8601."""
    if not text:
        return None
    match = _DURATION.fullmatch(text.upper())
    if match is None:
        raise Malformed("a length of time cannot be read")
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=years * 365 + months * 30 + days, hours=hours, minutes=minutes, seconds=seconds)
    return length or None


def _schedule(row: etree._Element) -> Schedule | None:
    plan = child(row, "TrackSchedule")
    if plan is None:
        return None
    default = text_in(row, "DefaultRecordingMode")
    periods: list[SchedulePeriod] = []
    for block in _blocks(plan):
        for action in children(block, "ScheduleAction"):
            periods += _periods(action, default)
    extensions = rows(child(row, "CustomExtensionList"), "CustomExtension")
    switches = [text_in(one, "enableSchedule") for one in extensions]
    expires = duration(text_in(row, "Duration")) if truth(text_in(row, "durationEnabled")) else None
    enabled = next((truth(word) for word in switches if word), None)
    return Schedule(tuple(sorted(periods, key=lambda one: (one.weekday, one.start_s))), enabled, expires)


def _blocks(plan: etree._Element) -> list[etree._Element]:
    listed = child(plan, "ScheduleBlockList")
    return rows(listed, "ScheduleBlock") if listed is not None else rows(plan, "ScheduleBlock")


def _periods(action: etree._Element, default: str) -> list[SchedulePeriod]:
    actions = child(action, "Actions")
    if truth(text_in(actions, "Record")) is False:
        return []
    mode = mode_of(text_in(actions, "ActionRecordingMode") or default)
    first, start_s = _point(child(action, "ScheduleActionStartTime"))
    last, end_s = _point(child(action, "ScheduleActionEndTime"))
    if first == last and end_s < start_s:
        raise Malformed("a stretch of the schedule ends before it begins")
    found = []
    days_on = (last - first) % 7
    for step in range(days_on + 1):
        begin = start_s if step == 0 else 0
        end = end_s if step == days_on else DAY_S
        if end > begin:
            found.append(SchedulePeriod((first + step) % 7, begin, end, mode))
    return found


def _point(element: etree._Element | None) -> tuple[int, int]:
    day, time = text_in(element, "DayOfWeek").lower(), _TIME.fullmatch(text_in(element, "TimeOfDay"))
    if day not in _DAYS or time is None:
        raise Malformed("a moment of the schedule cannot be read")
    second_of_day = int(time[1]) * 3600 + int(time[2]) * 60 + int(time[3] or 0)
    if second_of_day > DAY_S:
        raise Malformed("a moment of the schedule lies past its day")
    return _DAYS.index(day), second_of_day
