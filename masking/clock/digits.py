"""Defines the six cells of a clock (hours, minutes, seconds) and what digit each shows at a moment. No numpy."""

from typing import Final, Literal

Hours = Literal["24", "12", "undecided"]
CELLS: Final = 6
TENS: Final = (0, 2, 4)
DAY_S: Final = 86_400
HALF_DAY_S: Final = 43_200
MOST: Final = (2, 9, 5, 9, 5, 9)
"""The largest digit of each cell."""


def digits_of(second: int, twelve: bool) -> tuple[int, int, int, int, int, int]:
    """Return the digits of a clock at a second of the day; `twelve`: a clock of twelve hours, 12 and not 0 at noon."""
    second %= DAY_S
    hour = second // 3600
    if twelve:
        hour = (hour - 1) % 12 + 1
    minute, rest = second // 60 % 60, second % 60
    return hour // 10, hour % 10, minute // 10, minute % 10, rest // 10, rest % 10


def second_of(digits: tuple[int, ...], hours: Hours) -> int | None:
    """Return the second of the day that six digits show, None for no time.

    It holds modulo 12 hours unless `is_whole_day` says otherwise.
    """
    hour, minute, second = (10 * digits[at] + digits[at + 1] for at in TENS)
    if minute > 59 or second > 59 or hour > 23 or (hours == "12" and not 1 <= hour <= 12):
        return None
    return (hour % 12 if hours == "12" else hour) * 3600 + minute * 60 + second


def is_whole_day(second: int, hours: Hours) -> bool:
    """Tell whether a reading tells which half of the day it is: an hour of 13 or more stands on no clock of twelve."""
    return hours == "24" or (hours == "undecided" and second >= HALF_DAY_S + 3600)
