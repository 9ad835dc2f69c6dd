"""Parses a question from its short text, or from the parameters of an address; each wrong word has one line. Pure.

    findings by model,firmware check=clock-offset status=fail division=140200 top 10
    sites by operator "maintainer=Anfang Ltd" from=2026-11-01

The first word is what is counted; behind it stand `by NAME,NAME`, `top N` and `NAME=VALUE` in any order. A period in
words, as `period=last-month`, stays words where a question is stored, and is days from the day of asking on.
"""

import shlex
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Final

from agent.hub.domain.asking.period import WORDS_SHOWN, read_period
from agent.hub.domain.asking.question import (
    BY_MOST,
    COUNTED,
    NAMES,
    NOT_TOLD,
    TOP_MOST,
    TOP_USUAL,
    Question,
    known_of,
)
from agent.hub.domain.open_statuses import OPEN
from agent.model.errors import UsageError
from agent.model.finding import listed
from agent.report.check_titles import TITLES
from agent.text.day import read_day_text
from agent.verify.members import NAME_MAX_CHARS

TEXT_MAX_CHARS: Final = 2000
VALUES_MOST: Final = 20
DAYS_USUAL: Final = 30
DAYS_MOST: Final = 366
_DIVISION_CHARS: Final = (2, 4, 6)

_WHERE: Final = tuple(name for name in NAMES if name != "day")
_LISTS: Final = ("division", "check", "status")
"""Of these a condition may name several, with commas between; names of people and boxes may have commas in them."""

_BARE: Final = ("by", "top")
"""Behind these words a value stands as a word of its own."""

PARAMETERS: Final = ("count", "by", *_WHERE, "period", "from", "to", "top")
"""What a question is made of, by name."""


def read_words(words: Sequence[str]) -> dict[str, str]:
    """Return by name what the words of a question say; a single one is a whole text, with quotation marks.

    Raises:
        UsageError: A word is none, or stands twice.
    """
    if sum(map(len, words)) > TEXT_MAX_CHARS:
        raise UsageError("this question is longer than {most} characters", most=TEXT_MAX_CHARS)
    try:
        left = shlex.split(words[0]) if len(words) == 1 else list(words)
    except ValueError:
        raise UsageError('a quotation mark has no second one; write "maintainer=Anfang Ltd"') from None
    if not left or left[0] not in COUNTED:
        raise UsageError(
            "{word!r}: a question begins with what is counted: {names}",
            word=left[0][:80] if left else "", names=listed(COUNTED),
        )  # fmt: skip
    named = {"count": left.pop(0)}
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if word in _BARE:
            name, value = word, left.pop(0) if left else ""
        elif not equals or name in ("count", *_BARE):
            raise UsageError("{word!r}: write NAME=VALUE, by NAME,NAME or top N", word=word[:80])
        if name in named:
            raise UsageError("{name} stands twice; write it once", name=name)
        named[_known(name, PARAMETERS[1:])] = value
    return named


def text_of(named: Mapping[str, str]) -> str:
    """Return the short text of parameters, from which `read_words` reads them again."""
    words = [named.get("count", "findings")]
    for name in PARAMETERS[1:]:
        if name in named:
            words += (name, named[name]) if name in _BARE else (f"{name}={named[name]}",)
    return " ".join(map(_quoted, words))


def conditions(asked: Question) -> str:
    """Return what a question asks of each thing that it counts, as its text has it; empty: nothing."""
    named = {name: ",".join(value or NOT_TOLD for value in values) for name, values in asked.where.items()}
    if asked.counted != "camera-days":  # days that are counted are no condition
        days = {"from": asked.first, "to": asked.last}
        named |= {name: day.isoformat() for name, day in days.items() if day}
    return text_of(named).partition(" ")[2]


def question(named: Mapping[str, str], today: date) -> Question:
    """Return the question that parameters make, without one what is open; `today`: the day in China.

    Raises:
        UsageError: A name or value is none, or the hub does not know that of what is counted.
    """
    for name in named:
        _known(name, PARAMETERS)
    counted = named.get("count", "findings")
    if counted not in COUNTED:
        raise UsageError(
            "{word!r} is nothing that is counted; there are {names}", word=counted[:80], names=listed(COUNTED)
        )
    first, last = _period(counted, named, today)
    asked = Question(
        counted=counted,
        by=_by(named["by"]) if "by" in named else (),
        where={name: _values(name, named[name]) for name in _WHERE if name in named},
        first=first,
        last=last,
        top=_top(named["top"]) if "top" in named else TOP_USUAL,
    )
    if asked.subject is None:
        raise UsageError(
            "{counted} can be asked by {names}; of more the hub keeps nothing",
            counted=counted, names=listed(known_of(counted)),
        )  # fmt: skip
    return asked


def _quoted(word: str) -> str:
    """Return a word as it is read again; `shlex.quote` would quote each that has a Chinese letter."""
    try:
        is_plain = shlex.split(word) == [word]
    except ValueError:
        is_plain = False
    return word if is_plain else shlex.quote(word)


def _known(name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise UsageError(
            "{name!r}: a question has no such name; there are {names}", name=name[:80], names=listed(names)
        )
    return name


def _by(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in NAMES:
            raise UsageError("by {name!r}: it is one of {names}", name=name[:80], names=listed(NAMES))
    if len(names) > BY_MOST or len({*names}) < len(names):
        raise UsageError("by {text!r}: name one or two, and none twice", text=text[:80])
    return names


def _top(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and 1 <= int(text) <= TOP_MOST):
        raise UsageError("top {text!r}: a number from 1 to {most}", text=text[:80], most=TOP_MOST)
    return int(text)


def _values(name: str, text: str) -> tuple[str, ...]:
    values = text.split(",") if name in _LISTS else [text]
    if len(values) > VALUES_MOST:
        raise UsageError("{name}: name at most {most}", name=name, most=VALUES_MOST)
    return tuple("" if value == NOT_TOLD else _value(name, value) for value in values)


def _value(name: str, value: str) -> str:
    if not value or len(value) > NAME_MAX_CHARS or not value.isprintable():
        raise UsageError(
            "{name}={value!r}: write 1 to {most} characters, or {none} where nobody has told any",
            name=name, value=value[:80], most=NAME_MAX_CHARS, none=NOT_TOLD,
        )  # fmt: skip
    if name == "status" and value not in OPEN:
        raise UsageError("status={value!r}: it is one of {names}", value=value[:80], names=listed(OPEN))
    if name == "division" and not (value.isascii() and value.isdecimal() and len(value) in _DIVISION_CHARS):
        raise UsageError("division={value!r}: a code of 2, 4 or 6 digits, such as 140200", value=value[:80])
    if name == "check" and value not in TITLES:
        raise UsageError(
            "check={value!r}: this release has no such check; near to it: {names}",
            value=value[:80], names=listed(get_close_matches(value, TITLES, cutoff=0.0)),
        )  # fmt: skip
    return value


def _period(counted: str, named: Mapping[str, str], today: date) -> tuple[date | None, date | None]:
    """Return the days of a period; what counts days has one of 30, up to yesterday, where none is named."""
    first, last = _named_days(named, today)
    if counted == "camera-days":
        last = last or max(today - timedelta(days=1), first or date.min)
        first = first or last - timedelta(days=DAYS_USUAL - 1)
        if last - first >= timedelta(days=DAYS_MOST):
            days = {"first": first.isoformat(), "last": last.isoformat()}
            raise UsageError("from {first} to {last}: at most {most} days", most=DAYS_MOST, **days)
    if first and last and last < first:
        raise UsageError("to={last} is before from={first}", last=last.isoformat(), first=first.isoformat())
    return first, last


def _named_days(named: Mapping[str, str], today: date) -> tuple[date | None, date | None]:
    if "period" not in named:
        first, last = (_day(name, named[name]) if name in named else None for name in ("from", "to"))
        return first, last
    if "from" in named or "to" in named:
        raise UsageError("period and from or to name days twice; write one of them")
    found = read_period(named["period"], today)
    if found is None:
        raise UsageError(
            "period={text!r}: it is one of {names}, or the same in Chinese",
            text=named["period"][:80], names=listed(WORDS_SHOWN),
        )  # fmt: skip
    return found


def _day(name: str, text: str) -> date:
    found = read_day_text(text)
    if found is None or not date(2000, 1, 1) <= found < date(2100, 1, 1):
        raise UsageError("{name}={text!r}: a day, such as 2026-11-24", name=name, text=text[:80])
    return found
