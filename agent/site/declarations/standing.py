"""Resolves which declaration is in force for which camera, and for how long. Pure.

A camera takes its own declaration, else that of a group it is in, else the site's; at each level the newest counts, so
that a renewal is one more row and the old ones stay as history. The rows that may be declared are in `table.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from agent.model.finding import Listed, Message
from agent.site.declarations.details import lacking
from agent.site.declarations.table import BY_ID, DECLARABLES, Condition, Declarable, counts_in
from agent.site.declarations.words import duty_word
from drivers.spans import day_of

if TYPE_CHECKING:
    from agent.site.config.site import Site

Value = str | bool | int | float | date | tuple[str, ...]

State = Literal["declared", "incomplete", "expiring", "expired-grace", "expired", "missing", "not_applicable"]
"""`incomplete` is only told in lines for people: it counts, and lacks a detail that is asked for."""

COUNTING: Final[frozenset[State]] = frozenset({"declared", "incomplete", "expiring", "expired-grace"})
"""States in which the declaration still counts."""

EXPIRING_DAYS: Final = 60
EXPIRING_SOON_DAYS: Final = 14
GRACE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Declaration:
    """One row: a person's declaration on one duty.

    `at` is its day, `until` its last day, None: no end. `cameras` or `group`: its subjects; neither: the whole site.
    `sha256` (hex) and `document_at` identify its document, which is stored elsewhere. `details`: each `NAME: TEXT`.
    """

    duty: str
    value: Value
    by: str
    at: date
    until: date | None = None
    cameras: tuple[str, ...] = ()
    group: str = ""
    sha256: str = ""
    document_at: date | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Cameras with a common declaration."""

    name: str
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one duty for one camera, or for the site where `camera` is empty.

    `declaration` is the row that counts, has expired, or waits. `days_left` counts to its last day, negative after it.
    `reason`: why it is not applicable, or which other duty must be declared before this one.
    """

    duty: Declarable
    camera: str
    state: State
    declaration: Declaration | None = None
    days_left: int | None = None
    reason: Message | Listed | None = None

    @property
    def value(self) -> Value | None:
        """The declared value, None where no declaration counts (any more)."""
        return self.declaration.value if self.declaration and self.state in COUNTING else None

    @property
    def details(self) -> tuple[str, ...]:
        """The details of the declaration that counts."""
        return self.declaration.details if self.declaration and self.state in COUNTING else ()

    @property
    def lacks(self) -> tuple[str, ...]:
        """The details that are asked for and missing, of a declaration that counts."""
        counts = self.declaration is not None and self.state in COUNTING
        return lacking(self.duty, self.value, self.details) if counts else ()


@dataclass(frozen=True, slots=True)
class Line:
    """One duty for people: its worst state, the cameras in it (none: the site), the `declaration` that ends first."""

    duty: Declarable
    state: State
    cameras: tuple[str, ...]
    days_left: int | None
    declaration: Declaration | None = None


def local_day(site: Site, now: datetime) -> date:
    """Return the site's local day of a moment."""
    return day_of(now, ZoneInfo(site.time_zone))


def standing(site: Site, duty: str, today: date, camera: str = "") -> Standing:
    """Return the state of a duty (an id of `DECLARABLES`) on a local day; `camera` is empty for a duty of the site."""
    row = BY_ID[duty]
    reason, is_due = _is_due(site, row.when, today, camera)
    if is_due is False:
        return Standing(row, camera, "not_applicable", reason=reason)
    word = _word(site, duty, today, camera)
    if is_due is None:  # whether it is due at all waits for another declaration: what was said does not count yet
        return Standing(row, camera, "missing", word, reason=reason)
    if word is None:
        return Standing(row, camera, "missing")
    days_left = (word.until - today).days if word.until else None
    return Standing(row, camera, "declared" if days_left is None else _state(days_left), word, days_left)


def standings(site: Site, today: date) -> Iterator[Standing]:
    """Yield the state of every duty of the profile, and of optional ones whose declaration is about to end."""
    for row in DECLARABLES:
        is_asked = counts_in(row, site.rules.profile)
        for camera in [c.camera.id for c in site.cameras] if row.scope == "camera" else [""]:
            if is_asked or row.asked == "never":
                one = standing(site, row.id, today, camera)
                if is_asked or one.state in ("expiring", "expired-grace"):
                    yield one


def ends_first(found: Iterable[Standing]) -> Standing:
    """Return the standing with the fewest days left; of several without an end the first."""
    return min(found, key=lambda one: math.inf if one.days_left is None else one.days_left)


def lines(found: Iterable[Standing], *states: State) -> tuple[Line, ...]:
    """Return the duties in one of these states, one line for each, in the order of the table.

    A duty that waits for another one, which is missing itself, has no line: one cause is one line. A duty whose
    cameras are in several of the states is in the first of them that is named.
    """
    by_duty: dict[str, list[Standing]] = {}
    for one in found:
        told = replace(one, state="incomplete") if "incomplete" in states and one.lacks else one
        if told.state in states and not told.reason:
            by_duty.setdefault(one.duty.id, []).append(told)
    return tuple(_line(group, states) for group in by_duty.values())


def holds(site: Site, conditions: tuple[Condition, ...], today: date, camera: str = "") -> bool | None:
    """Return whether all conditions hold; None where that depends on a missing declaration."""
    return waits_or_fails(site, conditions, today, camera)[0]


def waits_or_fails(
    site: Site, conditions: tuple[Condition, ...], today: date, camera: str = ""
) -> tuple[bool | None, Message | None]:
    """Return the same, and the condition that fails, or the duty that must be declared first."""
    why, is_due = _is_due(site, conditions, today, camera)
    return is_due, why


def _line(group: list[Standing], states: tuple[State, ...]) -> Line:
    worst = min(group, key=lambda one: states.index(one.state)).state
    same = [one for one in group if one.state == worst]
    first = ends_first(same)
    cameras = tuple(one.camera for one in same if one.camera)
    return Line(first.duty, worst, cameras, first.days_left, first.declaration)


def _is_due(
    site: Site, conditions: tuple[Condition, ...], today: date, camera: str
) -> tuple[Message | None, bool | None]:
    open_duty = ""
    for condition in conditions:
        about = camera if BY_ID[condition.duty].scope == "camera" else ""
        word = _word(site, condition.duty, today, about)
        if word is None:
            open_duty = open_duty or condition.duty
        elif word.value not in condition.values:
            return Message("{duty} is {value}", {"duty": duty_word(condition.duty), "value": word.value}), False
    return (Message("waits for {duty}", {"duty": duty_word(open_duty)}), None) if open_duty else (None, True)


def _word(site: Site, duty: str, today: date, camera: str) -> Declaration | None:
    """Return the row that counts: of the nearest level that has one, the newest, of equal ones the last."""
    rows = [row for row in site.declarations if row.duty == duty and row.at <= today]
    if not rows:
        return None
    groups = {group.name for group in site.groups if camera in group.cameras}
    own = [row for row in rows if camera and camera in row.cameras]
    of_group = [row for row in rows if row.group in groups]
    of_site = [row for row in rows if not row.cameras and not row.group]
    level = own or of_group or of_site
    return max(reversed(level), key=lambda row: row.at, default=None)


def _state(days_left: int) -> State:
    if days_left > EXPIRING_DAYS:
        return "declared"
    if days_left >= 0:
        return "expiring"
    return "expired-grace" if days_left >= -GRACE_DAYS else "expired"
