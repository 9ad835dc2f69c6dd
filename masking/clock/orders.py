"""Defines the orders of the eight digits of a date. No numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Order = Literal["ymd", "mdy", "dmy"]
GROUPS: Final[dict[Order, tuple[int, ...]]] = {"ymd": (4, 2, 2), "mdy": (2, 2, 4), "dmy": (2, 2, 4)}
EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DatePlace:
    """Left edges of the eight digits in px of the enlarged strip, in the order in which they stand."""

    order: Order
    lefts: tuple[int, ...]


def day_of(known_s: float) -> date:
    """Return the day of a known time."""
    return EPOCH + timedelta(days=int(known_s // 86_400))


def digits_of_date(day: date, order: Order) -> tuple[int, ...]:
    """Return the eight digits of a day, as they stand."""
    text = {"ymd": f"{day:%Y%m%d}", "mdy": f"{day:%m%d%Y}", "dmy": f"{day:%d%m%Y}"}[order]
    return tuple(int(sign) for sign in text)


def date_of(digits: Sequence[int], order: Order) -> date | None:
    """Return the day that eight digits show, None for no day of this century."""
    text = "".join(map(str, digits))
    year, month, day = {
        "ymd": (text[:4], text[4:6], text[6:]),
        "mdy": (text[4:], text[:2], text[2:4]),
        "dmy": (text[4:], text[2:4], text[:2]),
    }[order]
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None
