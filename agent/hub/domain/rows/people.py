"""Defines what is known of the people behind the ids that reports have. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """A person whom a site names by an id. `name` empty: erased, on `erased_at`.

    `told_at`: when the site last told the name. Times are RFC 3339 in UTC.
    """

    site: str
    id: str
    name: str
    told_at: str
    erased_at: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message with names: how many were new, and how many ids were told with another name before.

    `is_stale`: it is older than one that came before, and nothing of it was taken.
    """

    new: int = 0
    contradicted: int = 0
    is_stale: bool = False
