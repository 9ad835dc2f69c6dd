"""Encodes the memory of footage as compact plain data, small for 64 cameras with 90 days each.

A day is `state,recorded_s,minute,digest,size_bytes,gap_count,gaps...` without trailing empty values. `state` is 0 for a
day known as a whole, 1 for one known by its segments, 2 for a sealed one; `minute` counts from 1970; `digest` is
base64url; `gaps` are starts and ends in turn. Days follow `first_day`, separated by `;`, an unknown one is empty. Pure.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from agent.model.finding import Json
from agent.observe.footage.days import CameraFootage, Change, DatedValue, MonthAsked, RecordedDay, chain_head
from drivers.footage import Schedule, SchedulePeriod

_TIMES = ("read_at", "first_seen_at", "oldest_moved_at", "oldest_at", "newest_at", "earliest_at", "read_again_at")
_SELDOM = ("clock_moved_at", "run_at", "run_moved_at", "plan_cut_at")
"""Times that most cameras do not have: written only where there is one."""


def to_data(footage: CameraFootage) -> dict[str, Json]:
    """Return the memory of one camera's footage as plain data for the stored memory."""
    rows = {row.day: _day_text(row) for row in footage.days}
    first = min(rows, default=None)
    length = (max(rows) - first).days + 1 if first else 0
    return {
        "id": footage.camera_id,
        "source": footage.source,
        "times": [_seconds(getattr(footage, name)) for name in _TIMES],
        "offset_s": footage.offset_s,
        "first_day": first.isoformat() if first else None,
        "days": ";".join(rows.get(first + timedelta(days=n), "") for n in range(length)) if first else "",
        "months": [[one.year, one.month, _seconds(one.asked_at)] for one in footage.months],
        "schedule": _schedule_data(footage.schedule),
        "anchor": footage.anchor,
        "sealed_gone": footage.sealed_gone,
        "changes": [_change_data(change) for change in footage.changes],
        "suspected": [_change_data(change) for change in footage.suspected],
        "bitrates": [[one.day.toordinal(), one.value] for one in footage.bitrates],
        "capacities": [[one.day.toordinal(), one.value] for one in footage.capacities],
        **{name: _seconds(at) for name in _SELDOM if (at := getattr(footage, name)) is not None},
    }


def from_data(data: Mapping[str, Any]) -> CameraFootage:
    """Return the memory that `to_data` wrote; older texts have no bitrates and capacities.

    Raises ValueError, KeyError or TypeError for anything else.
    """
    first = date.fromisoformat(data["first_day"]) if data["first_day"] else None
    texts = str(data["days"]).split(";")
    days = tuple(_day_from(first + timedelta(days=n), text) for n, text in enumerate(texts) if first and text)
    times = [_moment(at) if at is not None else None for at in data["times"]]
    read_at, first_seen_at, oldest_moved_at, oldest_at, newest_at, earliest_at, read_again_at = times
    if read_at is None or first_seen_at is None or oldest_moved_at is None:
        raise ValueError("the times of the looks are missing")
    anchor = str(data["anchor"])
    bitrates, capacities = (
        tuple(DatedValue(date.fromordinal(day), int(value)) for day, value in data.get(name, []))
        for name in ("bitrates", "capacities")
    )
    return CameraFootage(
        str(data["id"]),
        str(data["source"]),
        read_at,
        first_seen_at,
        oldest_moved_at,
        days,
        oldest_at,
        newest_at,
        earliest_at,
        float(data["offset_s"]),
        tuple(MonthAsked(int(year), int(month), _moment(at)) for year, month, at in data["months"]),
        _schedule_from(data["schedule"]),
        anchor,
        int(data["sealed_gone"]),
        chain_head(anchor, (day for day in days if day.sealed)),
        read_again_at,
        tuple(_change_from(change) for change in data["changes"]),
        tuple(_change_from(change) for change in data["suspected"]),
        bitrates,
        capacities,
        *(_moment(data[name]) if name in data else None for name in _SELDOM),
    )


def _day_text(row: RecordedDay) -> str:
    state = 2 if row.sealed else int(row.level == "segments")
    minute = str(round(row.read_at.timestamp()) // 60) if row.read_at else ""
    digest = urlsafe_b64encode(bytes.fromhex(row.digest)).decode() if row.digest else ""
    numbers = (row.size_bytes, row.gap_count, *(second for gap in row.gaps for second in gap))
    parts = [str(state), str(row.recorded_s), minute, digest, *map(str, numbers)]
    return ",".join(parts).removesuffix(",0,0").rstrip(",")


def _day_from(day: date, text: str) -> RecordedDay:
    state, recorded_s, minute, digest, size_bytes, gap_count, *gaps = (text + "," * (5 - text.count(","))).split(",")
    return RecordedDay(
        day,
        int(recorded_s),
        tuple((int(a), int(b)) for a, b in zip(gaps[::2], gaps[1::2], strict=True)),
        int(gap_count or 0),
        "day" if state == "0" else "segments",
        urlsafe_b64decode(digest).hex(),
        int(size_bytes or 0),
        _moment(int(minute) * 60) if minute else None,
        state == "2",
    )


def _change_data(change: Change) -> list[Json]:
    days = change.from_day.isoformat(), change.until_day.isoformat()
    return [change.kind, _seconds(change.found_at), *days, change.before, change.after, change.lost_s]


def _change_from(data: list[Any]) -> Change:
    kind, found_at, from_day, until_day, before, after, lost_s = data
    days = date.fromisoformat(from_day), date.fromisoformat(until_day)
    return Change(kind, _moment(found_at), *days, str(before), str(after), int(lost_s))


def _schedule_data(schedule: Schedule | None) -> Json:
    if schedule is None:
        return None
    periods = [[one.weekday, one.start_s, one.end_s, one.mode] for one in schedule.periods]
    expires = schedule.expires_after
    return [periods, schedule.enabled, expires.total_seconds() if expires is not None else None]


def _schedule_from(data: list[Any] | None) -> Schedule | None:
    if data is None:
        return None
    periods, enabled, expires = data
    return Schedule(
        tuple(SchedulePeriod(int(weekday), int(a), int(b), mode) for weekday, a, b, mode in periods),
        enabled,
        None if expires is None else timedelta(seconds=expires),
    )


def _seconds(at: datetime | None) -> float | None:
    if at is None:
        return None
    seconds = at.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
