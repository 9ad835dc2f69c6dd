"""Reads one field out of an element of a body of GB/T 28181: a text, a number, a time, a word for yes. Pure.

A word that means nothing here is None, never a guess; a habit of a maker that was read all the same is a word in
`quirks`.

Source: GB/T 28181-2022, annex A.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from lxml import etree

from drivers.errors import Malformed
from drivers.http.xml_answer import elements, name_of
from drivers.text import sanitize

MAX_ITEMS: Final = 10_000
"""Source: GB/T 28181-2022, annex M."""
_TIME: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?"
)
_PLAIN_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_YES: Final = frozenset({"ON", "ONLINE", "OK", "TRUE", "1"})
_NO: Final = frozenset({"OFF", "OFFLINE", "FALSE", "0", "ERROR", "DEFAULT", "FAULT"})
_DAYS: Final = re.compile(r"(\d{1,6}) ?(天|日|d|days?|小时|时|h|hours?)?", re.IGNORECASE)
_HOURS: Final = ("小", "时", "h")


def text_of(element: etree._Element, name: str, most_chars: int = 256) -> str:
    """Return a field as clean text, empty where it is missing: a child element, else an attribute, in any case."""
    wanted = name.lower()
    for child in elements(element):
        if name_of(child).lower() == wanted:
            return sanitize(child.text, most_chars)
    return next((sanitize(v, most_chars) for k, v in element.attrib.items() if str(k).lower() == wanted), "")


def number_of(element: etree._Element, name: str) -> int | None:
    """Return a field as a whole number from 0 on, None where it is none."""
    text = text_of(element, name, 16)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None


def days_of(text: str) -> int | None:
    """Return a number of days, as some devices write their unit beside it, or hours; None where it is none."""
    found = _DAYS.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    number, unit = int(found[1]), (found[2] or "").lower()
    return number // 24 if unit.startswith(_HOURS) else number


def time_of(element: etree._Element, name: str, quirks: set[str]) -> datetime | None:
    """Return a field as a time of the device's own clock, without a zone; None where it is no time."""
    text = text_of(element, name, 40)
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    if _PLAIN_TIME.fullmatch(text) is None:
        quirks.add("odd-times")
    try:
        return datetime(*(int(one) for one in found.groups()[:6]))  # type: ignore[arg-type] # noqa: DTZ001 - the device's
    except ValueError:
        return None


def yes_no_of(element: etree._Element, name: str, quirks: set[str]) -> bool | None:
    """Return a word for yes or no; makers have several (`ONLINE` for `ON`), which is noted."""
    word = text_of(element, name, 16).upper()
    if word in ("ONLINE", "OFFLINE", "OK", "TRUE", "FALSE", "1", "0"):
        quirks.add("other-status-words")
    return True if word in _YES else False if word in _NO else None


def named_in(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the child elements of a name, in any case."""
    return (one for one in elements(element) if name_of(one).lower() == name.lower())


def items_in(root: etree._Element, list_name: str, quirks: set[str]) -> list[etree._Element]:
    """Return the items of a list; a list that is not there has none, which some devices write for zero."""
    holder = next(named_in(root, list_name), None)
    if holder is None:
        if number_of(root, "SumNum") == 0:
            quirks.add("no-list")
        return []
    items = list(named_in(holder, "Item"))
    if len(items) > MAX_ITEMS:
        raise Malformed("the list has too many items")
    return items
