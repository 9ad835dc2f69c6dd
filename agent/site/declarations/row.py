"""Defines a row of the table of declarables: subject, question, check, and the profiles that require it."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["flag", "choice", "date", "text", "number", "list", "paper"]
DetailKind = Literal["text", "choice", "date"]
Scope = Literal["site", "camera"]
Profile = Literal["technical", "filing", "full"]
AskedProfile = Literal["technical", "filing", "full", "never"]

PROFILES: Final[tuple[Profile, ...]] = ("technical", "filing", "full")
"""Each includes the ones before it."""

NONE: Final = "none"
"""Declared where there is no such thing, for rows that allow it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something is due only where another duty is declared with one of these values."""

    duty: str
    values: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One valid answer, and its meaning in English."""

    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One fact of a declaration beside its value: who tested, with which outcome, until when a certificate holds.

    A declaration that lacks one that `is_asked` is incomplete, as one item however many it lacks; an optional one may
    be added. `check` rests on it, empty: that of its row. `like` is a regular expression for its
    text.
    """

    id: str
    kind: DetailKind
    question: str
    check: str = ""
    is_asked: bool = True
    like: str = ""
    choices: tuple[Choice, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Declarable:
    """One row.

    `scope` = `camera` may be declared for the whole site and for groups too. `asked` is the smallest profile that
    counts it as open while it is missing; `never`: it is optional and means "no" otherwise. `check` is the check
    that rests on it and `obligation` the rule behind it, `pack/obligation`. A `paper` is declared by its number or
    title, date and SHA-256, never by its content. `none_means`: meaning of the answer `none`; empty: it is no answer.
    `like` is a regular expression for texts, and for each element of a list; `example` a valid answer. `details` are
    declared with the value, `camwarden declare --set DUTY.DETAIL=TEXT`.
    """

    id: str
    scope: Scope
    kind: Kind
    asked: AskedProfile
    check: str
    obligation: str
    question: str
    choices: tuple[Choice, ...] = ()
    when: tuple[Condition, ...] = ()
    none_means: str = ""
    like: str = ""
    example: str = ""
    details: tuple[Detail, ...] = ()


def counts_in(row: Declarable, profile: Profile) -> bool:
    """Return whether a profile counts a row as open while it is not declared."""
    return row.asked in PROFILES[: PROFILES.index(profile) + 1]
