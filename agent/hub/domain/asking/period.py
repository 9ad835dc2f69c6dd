"""Parses periods in words, as `last month` or `上个月`, into the days that they are on the day of asking. Pure.

Days and weeks are those of China, as everywhere in questions. `last 7 days` are the seven before today, which is not
over; what has begun, as `this month`, ends today.

Source: GB/T 7408.1 (Monday is the first day of the week).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

Period = tuple[date, date]

LAST_DAYS_MOST: Final = 366
WORDS_SHOWN: Final = ("today", "yesterday", "this week", "last week", "this month", "last month", "this year",
                      "last year", "last 7 days")  # fmt: skip
"""What an error names."""

_DAY: Final = timedelta(days=1)
_LAST_DAYS: Final = re.compile(r"(?:last ([1-9][0-9]{0,2}) days|(?:最近|过去|近) ?([1-9][0-9]{0,2}) ?[天日])")


def _weeks_ago(today: date, number: int) -> Period:
    monday = today - timedelta(days=today.weekday() + 7 * number)
    return monday, monday + timedelta(days=6)


def _last_month(today: date) -> Period:
    last = today.replace(day=1) - _DAY
    return last.replace(day=1), last


_PERIODS: Final[Mapping[tuple[str, ...], Callable[[date], Period]]] = {
    ("today", "今天", "今日"): lambda today: (today, today),
    ("yesterday", "昨天", "昨日"): lambda today: (today - _DAY, today - _DAY),
    ("this week", "本周", "这周", "这个星期"): lambda today: (_weeks_ago(today, 0)[0], today),
    ("last week", "上周", "上个星期"): lambda today: _weeks_ago(today, 1),
    ("this month", "本月", "这个月"): lambda today: (today.replace(day=1), today),
    ("last month", "上月", "上个月"): _last_month,
    ("this year", "今年"): lambda today: (date(today.year, 1, 1), today),
    ("last year", "去年"): lambda today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
}
_BY_WORD: Final = {word: days for words, days in _PERIODS.items() for word in words}


def read_period(text: str, today: date) -> Period | None:
    """Return first and last day of a period in words; None: it is none. Hyphens may stand for blanks."""
    words = " ".join(text.casefold().replace("-", " ").split())
    if words in _BY_WORD:
        return _BY_WORD[words](today)
    if match := _LAST_DAYS.fullmatch(words):
        number = int(match[1] or match[2])
        return (today - timedelta(days=number), today - _DAY) if number <= LAST_DAYS_MOST else None
    return None
