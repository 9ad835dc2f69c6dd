"""Parses the recording plan of a channel: the switch RecordMode and the week in the table Record. Pure."""

import re

from drivers.dahua import cgi
from drivers.dahua.cgi import Fields
from drivers.dahua.picture import row_of
from drivers.errors import DriverError, Malformed
from drivers.footage import RecordingMode, Schedule, SchedulePeriod

DAY_S = 86_400
_SECTION = re.compile(r"(\d{1,5}) (\d{1,2}):(\d{2}):(\d{2})-(\d{1,2}):(\d{2}):(\d{2})", re.ASCII)

_AUTOMATIC, _MANUAL, _STOP = "0", "1", "2"
_REGULAR, _MOTION = 1, 2
"""Bits of a section's mask. All others (alarm, card, intelligent, ...) start a recording by an event."""

ALL_WEEK = tuple(SchedulePeriod(weekday, 0, DAY_S, "continuous") for weekday in range(7))


def schedule(modes: Fields | DriverError, week: Fields | DriverError, channel: int) -> Schedule:
    """Join the two tables; one that could not be read is its error. Raises DriverError where they give no schedule.

    Manual recording is continuous whatever the week lists, stop is none. `Record[n].Enable` means nothing: it is false
    on recording channels.
    """
    mode = ""
    if not isinstance(modes, DriverError):
        mode = row_of(modes, "RecordMode", channel).get("Mode", "").strip()
    if mode == _MANUAL:
        return Schedule(ALL_WEEK, enabled=True)
    if isinstance(week, DriverError):
        if mode == _STOP:
            return Schedule((), enabled=False)
        raise week
    periods = week_of(row_of(week, "Record", channel))
    return Schedule(periods, {_AUTOMATIC: True, _STOP: False}.get(mode))


def week_of(row: Fields) -> tuple[SchedulePeriod, ...]:
    """Parse `TimeSection[day][n]=mask hh:mm:ss-hh:mm:ss`; day 0 is Sunday, 7 that of holidays, which is skipped.

    Sections with mask 0 are unused; a day's last second means its end.

    Raises:
        Malformed: A day is missing, or a section cannot be read.
    """
    days = cgi.rows(row, "TimeSection", "Record")
    if len(days) < 7:
        raise Malformed("Record: the week of a channel is not complete")
    periods = []
    for day, sections in enumerate(days[:7]):
        for section in cgi.rows(sections, "", "Record"):
            period = _period((day + 6) % 7, section.get("", ""))
            if period is not None:
                periods.append(period)
    return tuple(sorted(periods, key=lambda one: (one.weekday, one.start_s, one.end_s)))


def _period(weekday: int, text: str) -> SchedulePeriod | None:
    found = _SECTION.fullmatch(text.strip())
    if found is None:
        raise Malformed("Record: a section of the week cannot be read")
    mask, *times = (int(part) for part in found.groups())
    start_s, end_s = times[0] * 3600 + times[1] * 60 + times[2], times[3] * 3600 + times[4] * 60 + times[5]
    end_s = DAY_S if end_s == DAY_S - 1 else end_s
    if not 0 <= start_s <= DAY_S or not 0 <= end_s <= DAY_S:
        raise Malformed("Record: a section of the week lies outside of its day")
    if mask == 0 or end_s <= start_s:
        return None
    mode: RecordingMode = "continuous" if mask & _REGULAR else "motion" if mask == _MOTION else "event"
    return SchedulePeriod(weekday, start_s, end_s, mode)
