"""Defines the options of `camwarden hub capacity`."""

import argparse
from math import isfinite
from typing import Any, Final

from agent.hub.domain.capacity.coefficients import CAMERAS, EVENTS
from agent.hub.domain.kept import KEPT_DAYS, KEPT_DAYS_MAX, KEPT_DAYS_MIN

_SITES_MOST: Final = 1_000_000
_CAMERAS_MOST: Final = 1_000
_PERIOD_LEAST_S: Final = 60
_DAY_S: Final = 86_400
_A_DAY_MOST: Final = 10_000
_HOURS_MOST: Final = 720
_PRICE_MOST: Final = 1e9


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe the action. It reads no hub, so `data` is no option of it."""
    parser = actions.add_parser("capacity", help="calculate what machines a hub of so many sites needs")
    put = parser.add_argument
    put("--sites", type=sites, required=True, metavar="N", help="so many sites report, 1 to 1000000")
    put("--cameras", type=cameras, default=CAMERAS, metavar="N", help="cameras of a site (default 15)")
    put("--period", type=period, default=900, metavar="SECONDS", help="between two health reports (default 900)")
    put("--events", type=a_day, default=EVENTS, metavar="N", help="events of a site in a day (default 9)")
    put("--configs", type=a_day, default=1, metavar="N", help="configuration reports of a site in a day (default 1)")
    put("--keep-days", type=days, default=KEPT_DAYS, metavar="N", help="as of `hub run` (default 1096: three years)")
    within = "so soon all that sites stored in a day without a hub is taken (default 4)"
    put("--within", type=hours, default=4.0, metavar="HOURS", help=within)
    put("--cities", type=sites, default=0, metavar="N", help="so many hubs of cities below, which forward to this one")
    put("--price-core", type=price, metavar="P", help="of a core; any currency and time, the same in all prices")
    put("--price-gb", type=price, metavar="P", help="of a GB of memory")
    put("--price-tb", type=price, metavar="P", help="of a TB of disk")
    put("--price-mbit", type=price, metavar="P", help="of a Mbit/s")


def sites(text: str) -> int:
    """Parse a number of sites or hubs; argparse names these functions in its message."""
    return _within(text, 1, _SITES_MOST)


def cameras(text: str) -> int:
    """Parse how many cameras a site has."""
    return _within(text, 1, _CAMERAS_MOST)


def period(text: str) -> int:
    """Parse the seconds between two health reports."""
    return _within(text, _PERIOD_LEAST_S, _DAY_S)


def a_day(text: str) -> int:
    """Parse how many reports of a kind a site makes in a day."""
    return _within(text, 0, _A_DAY_MOST)


def days(text: str) -> int:
    """Parse how many days reports are stored."""
    return _within(text, KEPT_DAYS_MIN, KEPT_DAYS_MAX)


def hours(text: str) -> float:
    """Parse a time in hours, above 0."""
    return _number(text, 0.01, _HOURS_MOST)


def price(text: str) -> float:
    """Parse a price: any number that is not negative."""
    return _number(text, 0, _PRICE_MOST)


def _within(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:9]) <= most:
        raise ValueError
    return int(text)


def _number(text: str, least: float, most: float) -> float:
    number = float(text)
    if not isfinite(number) or not least <= number <= most:
        raise ValueError
    return number
