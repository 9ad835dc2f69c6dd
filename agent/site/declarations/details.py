"""Parses the details of a declaration, each written as `NAME: TEXT`, and selects those that are missing. Pure."""

import re
from datetime import date

from agent.model.finding import Message, listed
from agent.site.declarations.row import NONE, Declarable


def split_detail(text: str) -> tuple[str, str]:
    """Return name and text of a detail."""
    name, _, value = text.partition(":")
    return name.strip(), value.strip()


def detail(details: tuple[str, ...], name: str) -> str:
    """Return the text of a detail, empty where it is not there."""
    return dict(map(split_detail, details)).get(name, "")


def detail_day(details: tuple[str, ...], name: str) -> date | None:
    """Return the day of a detail, None where it is not there; `wrong_detail` has refused any other text."""
    return _day(detail(details, name))


def lacking(row: Declarable, value: object, details: tuple[str, ...], check: str = "") -> tuple[str, ...]:
    """Return the names of the details that are asked for and missing; of one check, or of all.

    What is declared to be none has no details.
    """
    if value == NONE:
        return ()
    given = {name for name, text in map(split_detail, details) if text}
    asked = (one for one in row.details if one.is_asked and check in ("", one.check or row.check))
    return tuple(one.id for one in asked if one.id not in given)


def wrong_detail(row: Declarable, text: str) -> Message | None:
    """Return what is wrong with a detail of a row, None where it may stand."""
    name, value = split_detail(text)
    asked = next((one for one in row.details if one.id == name), None)
    if asked is None:
        known = listed([one.id for one in row.details] or ["-"])
        return Message("{duty} has no detail {name}; it has: {known}", {"duty": row.id, "name": name, "known": known})
    if not value:
        return Message("the detail {name} has no text", {"name": name})
    if asked.kind == "date" and _day(value) is None:
        return Message("the detail {name} is a day such as 2026-01-31", {"name": name})
    if asked.like and re.fullmatch(asked.like, value) is None:
        return Message("the detail {name} is written as {example}", {"name": name, "example": asked.example})
    words = [choice.value for choice in asked.choices]
    if words and value not in words:
        return Message("the detail {name} is one of {words}", {"name": name, "words": listed(words)})
    return None


def with_detail(details: tuple[str, ...], name: str, text: str) -> tuple[str, ...]:
    """Return the details with one of them added or replaced."""
    return (*(one for one in details if split_detail(one)[0] != name), f"{name}: {text}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
