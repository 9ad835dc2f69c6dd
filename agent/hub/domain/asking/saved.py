"""Defines saved questions, when their exports are due, and what they hold of people. Pure.

A question is saved as its parameters, so that days that follow from today follow from the day on which it is asked. It
says nothing of what may be seen: that is decided anew for whoever asks. A person whom a site has named stands in it by
the id, as in reports: the name can be erased.

Source: GB/T 7408.1 (Monday is the first day of the week).
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args

from agent.contract.authors import is_author
from agent.hub.domain.figures import CHINA
from agent.hub.domain.people.person import person_name
from agent.hub.domain.rows.people import Author
from agent.hub.domain.scope import Scope
from agent.model.errors import UsageError

Format = Literal["csv", "xlsx"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY: Final = ("day", *WEEKDAYS, *map(str, range(1, 32)))
"""On which days an export is due: each, a day of the week, or of the month: its last one where it is shorter."""

SAVED_MOST: Final = 200
OF_ONE_MOST: Final = 20
"""Questions of one person; those of the command count in `SAVED_MOST` alone."""

KEPT_MOST: Final = 1000

_AT: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_OF_PEOPLE: Final = ("operator", "maintainer")
"""Conditions whose values are names of people or companies."""
_OF_SOMEBODY: Final = (*_OF_PEOPLE, "site")
_MONTH_DAYS: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When and where a question is exported; each time of day is one in China.

    Args:
        every: Of `EVERY`.
        at: Time of day, such as 06:30.
        folder: On the hub's machine, absolute.
        formats: What is written each time.
        keep: So many of the newest exports stay, in each format.
        scope: What is counted, as it was fixed with the schedule.
        lang: Of the sentences in it.
        begun_at: Nothing was due before; RFC 3339 in UTC.
    """

    every: str
    at: str
    folder: str
    formats: tuple[Format, ...]
    keep: int
    scope: Scope
    lang: str
    begun_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A question by its name; `named`: its parameters. `saved_by`: a person of the page, or the command."""

    name: str
    named: Mapping[str, str]
    saved_by: str
    saved_at: str
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Saver:
    """Who saves a question, and when; the command saves for everybody."""

    name: str
    at: str
    is_command: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """How the exports of a question went. Times RFC 3339 in UTC, empty: not happened.

    `due_at`: for which time the last one was made, at `made_at`; `missed` ones before it were made up by that one.
    `failing_since`: no try succeeded since, or old ones could not be deleted; `why` says it in words, of the last try.
    """

    due_at: str = ""
    made_at: str = ""
    missed: int = 0
    failing_since: str = ""
    why: str = ""


def read_at(text: str) -> str:
    """Return a time of day as it is stored. Raises UsageError."""
    if not _AT.fullmatch(text):
        raise UsageError("{text!r} is no time of day; write it as 06:30", text=text[:40])
    return text


def newest_due(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the last time up to now at which an export was due; None: none was since the schedule began."""
    today = now.astimezone(CHINA).date()
    for ago in range(_MONTH_DAYS + 1):
        day = today - timedelta(days=ago)
        due = _moment(schedule, day)
        if _falls_on(schedule.every, day) and due <= now:
            return due if due > datetime.fromisoformat(schedule.begun_at) else None
    return None


@dataclass(frozen=True, slots=True)
class Due:
    """An export that is to be made: of a question by its schedule, for a time; `missed` before it are made up by it."""

    saved: Saved
    schedule: Schedule
    at: datetime
    missed: int


def due_export(saved: Saved, went: Exported, now: datetime) -> Due | None:
    """Return the export of a question that is to be made now, the newest one; None: none is."""
    at = newest_due(saved.schedule, now) if saved.schedule else None
    if saved.schedule is None or at is None or is_made(at, went, now):
        return None
    before = max(went.due_at, saved.schedule.begun_at)
    return Due(saved, saved.schedule, at, missed(saved.schedule, datetime.fromisoformat(before), at))


def is_made(due: datetime, exported: Exported, now: datetime) -> bool:
    """Return whether the export that was due is there; one of a time to come was made by a clock that went ahead."""
    return bool(exported.due_at) and due <= datetime.fromisoformat(exported.due_at) <= now


def missed(schedule: Schedule, after: datetime, until: datetime) -> int:
    """Return how many exports were due behind a time and before another one."""
    first, last = (at.astimezone(CHINA).date() for at in (after, until))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return sum(_falls_on(schedule.every, day) and after < _moment(schedule, day) < until for day in days)


def new_saved(
    known: Iterable[Saved], authors: Iterable[Author], name: str, named: Mapping[str, str], by: Saver
) -> Saved:
    """Return a question as it is to be stored. Raises UsageError where its name is taken, or there are too many."""
    name, saved = person_name(name), {one.name: one for one in known}
    if name in saved:
        raise UsageError("a question is saved as {name} already: choose another name, or remove that one", name=name)
    own = sum(one.saved_by == by.name for one in saved.values())
    if len(saved) >= SAVED_MOST or (not by.is_command and own >= OF_ONE_MOST):
        count = len(saved) if len(saved) >= SAVED_MOST else own
        raise UsageError("{count} questions are saved, as many as are kept: remove one", count=count)
    return Saved(name=name, named=with_ids(named, authors), saved_by=by.name, saved_at=by.at)


def is_shown(saved: Saved, by: str, scope: Scope) -> bool:
    """Return whether a person may know a question: what it names beyond anybody's sight, others must not."""
    return scope.everything or saved.saved_by == by or not any(name in saved.named for name in _OF_SOMEBODY)


def with_ids(named: Mapping[str, str], authors: Iterable[Author]) -> dict[str, str]:
    """Return parameters with the id of each person whose name is a value: no name is stored beside those of sites."""
    ids = {one.name: one.id for one in authors if one.name}
    return {name: ids.get(value, value) if name in _OF_PEOPLE else value for name, value in named.items()}


def with_names(named: Mapping[str, str], authors: Iterable[Author]) -> dict[str, str]:
    """Return parameters with the name behind each id. Raises UsageError where there is none any more."""
    known = {one.id: one.name for one in authors if one.name}
    for name in _OF_PEOPLE:
        if is_author(named.get(name, "")) and named[name] not in known:
            raise UsageError("{author}: nobody's name any more; remove this question", author=named[name])
    return {name: known.get(value, value) if name in _OF_PEOPLE else value for name, value in named.items()}


def without_name(saved: Saved, author: Author) -> Saved:
    """Return a question without the name of a person that is to be erased. Raises UsageError where it cannot be so."""
    kept = with_ids(saved.named, [author])
    if author.name and any(author.name in text for text in (saved.name, *kept.values())):
        raise UsageError(
            "the saved question {name} has the name that is to be erased: remove it first", name=saved.name
        )
    return replace(saved, named=kept)


def _falls_on(every: str, day: date) -> bool:
    if every in WEEKDAYS:
        return WEEKDAYS[day.weekday()] == every
    return every == "day" or day.day == min(int(every), monthrange(day.year, day.month)[1])


def _moment(schedule: Schedule, day: date) -> datetime:
    return datetime.combine(day, time.fromisoformat(schedule.at), CHINA)
