"""Compares a device's report on one camera with what is true of it: one row for each fact. Pure.

A fact that was not told is nothing to hold against it; one that is not known to be true or false is unknown: what a
device cannot express, what is of another box, what is too young. Each row allows for the ways in which honest devices
write: units, roundings, zones, codes. The tolerances are house figures: a false accusation costs the trust in others.

Source: GB/T 28181-2022, A.2.1.9 and A.2.4.7 (fields), annexes G and O (codes).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from agent.judge.checks.platform.reading import (
    Size,
    codec_of,
    codecs_told,
    level_told,
    plain_name,
    same_name,
    same_unit,
    sizes_told,
)
from agent.model.finding import Message
from agent.observe.facts.platform_told import CameraTold

Fact = Literal[
    "save-days", "install-time", "unit", "name", "position", "resolution", "encoding", "level", "masks", "time-shown",
    "texts", "plan",
]  # fmt: skip
State = Literal["same", "differs", "unknown", "not-told"]

ROUNDING_DAYS: Final = 1.0
"""A recorder writes over its footage in pieces, and the day that is being written counts or does not."""
HOURS_FROM: Final = 366
"""More days than this, in whole days, are hours: no rule asks for footage of more than a year."""
ZONE: Final = timedelta(days=1)
"""Times have no zone, or one that is not the site's."""
BEFORE_USE: Final = timedelta(days=92)
"""How long before its use a camera may have been installed, where its own day of use is declared."""
SITE_BEFORE_USE: Final = timedelta(days=366)
"""The same for the day of the whole site."""
PLAN_APART_S: Final = 180
"""So far a day of a plan may differ: 23:59, 23:59:59 and 24:00 all end a day."""
CODED_MAX_PX: Final = 1920 * 1088
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTrue:
    """What is true of one camera, as far as it is known; local times, without a zone.

    `tested_at`: when the device told. `kept_days`: how far its footage goes back without a hole; `could_keep_days`: how
    far it can at most, by its age. `oldest_at`: of footage that was ever known. `in_use_own`: the day is the camera's
    own. `masks_seen`: what pictures show of its private zones; `masks_listed`: how many masks its device lists.
    `time_drawn`, `texts`: in the picture; a text may be a placeholder such as `<ChannelName>`. `plan_days_s`: seconds
    of recording by plan from Monday on. `records`: footage that was recorded by plan comes, or none comes at all.
    """

    tested_at: datetime
    kept_days: float | None = None
    could_keep_days: float | None = None
    oldest_at: datetime | None = None
    in_use: date | None = None
    in_use_own: bool = False
    units: tuple[str, ...] = ()
    filed_name: str = ""
    position: str = ""
    sizes: tuple[Size, ...] = ()
    codecs: tuple[str, ...] = ()
    level: str = ""
    masks_seen: Literal["hidden", "bare", ""] = ""
    masks_listed: int | None = None
    time_drawn: bool | None = None
    texts: tuple[str, ...] | None = None
    plan_days_s: tuple[int, ...] = ()
    records: bool | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one fact, and both sides of it in words."""

    state: State
    told: Message | str = ""
    true: Message | str = ""


NOT_TOLD: Final = Compared("not-told")
ON, OFF = Message("on"), Message("off")


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: what it is called, and how it is compared."""

    words: Message
    compare: Callable[[CameraTold, CameraTrue], Compared]


def compare(told: CameraTold, true: CameraTrue) -> dict[Fact, Compared]:
    """Return what came of each fact of a camera."""
    return {fact: row.compare(told, true) for fact, row in ROWS.items()}


def _compared(same: bool | None, told: Message | str, true: Message | str = "") -> Compared:
    return Compared("unknown" if same is None else "same" if same else "differs", told, true)


def _days(count: float) -> Message:
    return Message("{days} days", {"days": f"{count:.0f}"})


def _save_days(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare for how long footage is kept: too little is a difference, and only where the camera is old enough."""
    days = told.save_days
    if not days:
        return NOT_TOLD
    if days > HOURS_FROM and days % 24 == 0:
        days //= 24
    if true.kept_days is None:
        return _compared(None, _days(days))
    is_kept = true.kept_days + ROUNDING_DAYS >= days
    is_old = true.could_keep_days is not None and true.could_keep_days >= days
    return _compared(True if is_kept else False if is_old else None, _days(days), _days(true.kept_days))


def _install_time(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare since when the camera is there: not after its first footage, nor far from its day of use."""
    at = told.install_time
    if at is None:
        return NOT_TOLD
    day = at.date().isoformat()
    if at > true.tested_at + ZONE:
        return _compared(False, day, Message("a day to come"))
    if true.oldest_at is not None and at > true.oldest_at + ZONE:
        return _compared(False, day, Message("footage of {day}", {"day": true.oldest_at.date().isoformat()}))
    if true.in_use is None:
        return _compared(None, day)
    used = datetime(true.in_use.year, true.in_use.month, true.in_use.day)  # noqa: DTZ001 - local, as what is told
    since = Message("in use since {day}", {"day": true.in_use.isoformat()})
    early = BEFORE_USE if true.in_use_own else SITE_BEFORE_USE
    if used - early - ZONE <= at < used + 2 * ZONE:
        return _compared(True, day, since)
    return _compared(False if true.in_use_own else None, day, since)


def _unit(told: CameraTold, true: CameraTrue) -> Compared:
    if not plain_name(told.unit):
        return NOT_TOLD
    if not true.units or plain_name(told.unit).isdecimal():
        return _compared(None, told.unit)
    return _compared(any(same_unit(told.unit, one) for one in true.units), told.unit, true.units[0])


def _name(told: CameraTold, true: CameraTrue) -> Compared:
    if not told.name:
        return NOT_TOLD
    same = same_name(told.name, true.filed_name) if true.filed_name else None
    return _compared(same, told.name, true.filed_name)


def _position(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare the kind of place: seven digits, of which the last pairs may be left at 00. Source: annex O."""
    if not told.positions:
        return NOT_TOLD
    text = "/".join(told.positions)
    if not true.position:
        return _compared(None, text)
    wanted = _digits(true.position)
    codes = [_digits(one) for one in told.positions]
    same = any(one.startswith(wanted) or wanted.startswith(one) for one in codes if len(one) >= 3)
    return _compared(same, text, true.position)


def _digits(code: str) -> str:
    """Return a code of annex O without the pairs that say nothing."""
    while len(code) > 3 and code.endswith("00"):
        code = code[:-2]
    return code


def _resolution(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare the sizes that a camera has with those of its pictures; larger ones than the codes know are unknown."""
    if not told.resolution:
        return NOT_TOLD
    said = sizes_told(told.resolution)
    if not true.sizes:
        return _compared(None, told.resolution)
    true_text = " ".join(f"{width}x{height}" for width, height in true.sizes)
    if any(said.has(one) for one in true.sizes):
        return _compared(True, told.resolution, true_text)
    beyond = said.coded and said.largest and all(width * height > CODED_MAX_PX for width, height in true.sizes)
    return _compared(None if said.odd or beyond else False, told.resolution, true_text)


def _encoding(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare the codecs; one that is told as SVAC shows on the platform's own path alone, where it is named."""
    if not told.encoding:
        return NOT_TOLD
    said, seen = codecs_told(told.encoding), {codec_of(one) for one in (*true.codecs, told.codec) if one} - {None}
    if not seen:
        return _compared(None, told.encoding)
    true_text = " ".join(sorted(one for one in seen if one))
    if seen & set(said):
        return _compared(True, told.encoding, true_text)
    unsure = None in said or ("SVAC" in said and not told.codec)
    return _compared(None if unsure else False, told.encoding, true_text)


def _level(told: CameraTold, true: CameraTrue) -> Compared:
    if not told.level:
        return NOT_TOLD
    said = level_told(told.level)
    return _compared(None if said is None or not true.level else said == true.level, told.level, true.level)


def _masks(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare whether there are masks: what pictures show decides, and a device's own list where none is seen.

    The standard has room for four rectangles: a device with masks of another kind tells that they are on, and none.
    """
    if told.masks_on is None:
        return NOT_TOLD
    if told.masks_on and (true.masks_seen or not told.mask_regions):
        hidden = true.masks_seen == "hidden"
        return _compared(hidden if told.mask_regions else hidden or None, ON, ON if hidden else Message("bare"))
    if told.masks_on:
        return _compared(False if true.masks_listed == 0 else None, ON, OFF)
    if true.masks_listed == 0:
        return _compared(True, OFF, OFF)
    return _compared(False if true.masks_listed and true.masks_seen == "hidden" else None, OFF, ON)


def _time_shown(told: CameraTold, true: CameraTrue) -> Compared:
    if told.time_shown is None:
        return NOT_TOLD
    same = None if true.time_drawn is None else told.time_shown == true.time_drawn
    return _compared(same, ON if told.time_shown else OFF, ON if true.time_drawn else OFF)


def _texts(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare the drawn texts: each that is told has to be drawn; what a placeholder draws is not known."""
    wanted = [one for one in told.texts if plain_name(one)]
    if not wanted:
        return NOT_TOLD
    text = " ".join(wanted)
    if true.texts is None:
        return _compared(None, text)
    drawn = [one for one in true.texts if "<" not in one]
    together = plain_name("".join(drawn))
    missing = [
        one for one in wanted
        if plain_name(one) not in together and not any(same_name(one, each) for each in drawn)
    ]  # fmt: skip
    unsure = any("<" in one for one in true.texts)
    same = True if not missing else None if unsure else False
    return _compared(same, text, " ".join(true.texts) or OFF)


def _plan(told: CameraTold, true: CameraTrue) -> Compared:
    """Compare the plan of recording; a week may begin on Sunday or Monday."""
    if told.plan_on is None:
        return NOT_TOLD
    if not told.plan_on:
        by_plan = sum(true.plan_days_s) > 0 if true.plan_days_s else true.records
        return _compared(None if by_plan is None else not by_plan, OFF, ON if by_plan else OFF)
    days = told.plan_days_s
    said = _hours(days) if days else ON
    if true.records is False and days and min(days) >= DAY_S - PLAN_APART_S:
        return _compared(False, said, OFF)
    if not days or not true.plan_days_s:
        return _compared(None, said)
    weeks = (days, (*days[1:], days[0]))
    same = any(all(abs(a - b) <= PLAN_APART_S for a, b in zip(week, true.plan_days_s, strict=True)) for week in weeks)
    return _compared(same, said, _hours(true.plan_days_s))


def _hours(days_s: tuple[int, ...]) -> Message:
    return Message("{hours} h a week", {"hours": f"{sum(days_s) / 3600:.1f}"})


ROWS: Final[Mapping[Fact, Row]] = {
    "save-days": Row(Message("days of footage"), _save_days),
    "install-time": Row(Message("day of installation"), _install_time),
    "unit": Row(Message("managing unit"), _unit),
    "name": Row(Message("name"), _name),
    "position": Row(Message("kind of place"), _position),
    "resolution": Row(Message("resolution"), _resolution),
    "encoding": Row(Message("video codec"), _encoding),
    "level": Row(Message("level of GB 35114"), _level),
    "masks": Row(Message("privacy masks"), _masks),
    "time-shown": Row(Message("time in the picture"), _time_shown),
    "texts": Row(Message("texts in the picture"), _texts),
    "plan": Row(Message("plan of recording"), _plan),
}
"""Every fact that is compared: a new one is one row here, and one field on both sides."""
