"""Groups findings into matters: a cause, what follows from it, and whom it concerns. Pure.

Every door counts and lists matters, and reads them from here: terminal, reports, hub. So one look reads the same to
whoever compares. What is alike at many cameras is one matter with their number.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar, get_args

from agent.model.finding import Quiet, Severity, Status

WELL: Final = ("pass", "not_applicable")

WORST_FIRST: Final = (("fail", False), ("unknown", False), ("warn", False), ("unknown", True), ("pass", False))
"""Statuses, each with whether it is quiet. Not to know is worse than a mild breach, unless it only waits."""

_NOT_SHOWN: Final[Collection[Quiet]] = ("look", "accepted")


class Told(Protocol):
    """A finding, as the site judged it or as the hub has stored it. `quiet` empty: it counts."""

    @property
    def check(self) -> str:
        """Return the id of the check."""

    @property
    def subject(self) -> str:
        """Return what was judged: `site`, `device:ID` or `camera:ID`."""

    @property
    def status(self) -> str:
        """Return the status."""

    @property
    def severity(self) -> str:
        """Return how grave it is."""

    @property
    def reason(self) -> str:
        """Return the reason, in a word for scripts."""

    @property
    def caused_by(self) -> str:
        """Return the key of the finding with the same cause, if any."""

    @property
    def quiet(self) -> str:
        """Return why it changes no exit code, empty where it does."""


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter(Generic[T]):
    """One matter of a site: `found` has one finding for each subject, `following` what they explain.

    `id` names it from one look to the next. `quiet` is why it changes no exit code, empty where it does.
    """

    id: str
    status: str
    quiet: str
    found: tuple[T, ...]
    following: tuple[T, ...] = ()

    @property
    def is_shown(self) -> bool:
        """Tell whether it is listed as open: not well, and neither accepted nor over by itself at a later look."""
        return self.status not in WELL and self.quiet not in _NOT_SHOWN


def matter_id(one: Told) -> str:
    """Return the id of the matter that a finding makes where nothing explains it: equal for what is alike."""
    return " ".join(filter(None, (one.check, one.status, one.reason, one.quiet)))


def rank(status: str, quiet: str) -> int:
    """Return the place of a status in `WORST_FIRST`; what is not due has the last."""
    word = (status, bool(quiet))
    return WORST_FIRST.index(word) if word in WORST_FIRST else len(WORST_FIRST)


def roots(told: Iterable[T]) -> dict[str, T]:
    """Return for the key of each finding (`check subject`) the one that explains it: itself where none does.

    A cause that is missing or well explains nothing, nor does one that is milder than what it should explain, or one
    that is explained by the finding itself.
    """
    by_key = {key_of(one): one for one in told}
    return {key: _root(one, by_key) for key, one in by_key.items()}


def key_of(one: Told) -> str:
    """Return what `caused_by` of other findings calls a finding."""
    return f"{one.check} {one.subject}"


def _root(one: T, by_key: Mapping[str, T]) -> T:
    found, passed = one, {key_of(one)}
    while (cause := by_key.get(found.caused_by)) is not None and _explains(cause, found):
        if key_of(cause) in passed:
            return one
        passed.add(key_of(cause))
        found = cause
    return found


def _explains(cause: Told, one: Told) -> bool:
    if one.status in WELL or cause.status in WELL:
        return False
    return rank(cause.status, cause.quiet) <= rank(one.status, one.quiet)


def matters(told: Iterable[T]) -> list[Matter[T]]:
    """Return the matters of one site, the worst first; of equal ones those that explain others, then by severity."""
    rooted = roots(told := list(told))
    found: dict[str, list[T]] = {}
    following: dict[str, list[T]] = {}
    for one in told:
        root = rooted[key_of(one)]
        if key_of(root) == key_of(one):
            found.setdefault(matter_id(one), []).append(one)
        else:
            following.setdefault(matter_id(root), []).append(one)
    folded = [
        Matter(
            id=name,
            status=alike[0].status,
            quiet=alike[0].quiet,
            found=tuple(alike),
            following=tuple(following.get(name, ())),
        )
        for name, alike in found.items()
    ]
    return sorted(folded, key=_order)


def _order(one: Matter[T]) -> tuple[int, bool, int]:
    return rank(one.status, one.quiet), not one.following, min(_harm(each.severity) for each in one.found)


def _harm(severity: str) -> int:
    known: Sequence[str] = get_args(Severity)
    return known.index(severity) if severity in known else len(known)


def shown(told: Iterable[T]) -> list[Matter[T]]:
    """Return the matters that are listed as open, the worst first."""
    return [one for one in matters(told) if one.is_shown]


def counts(told: Iterable[Told]) -> dict[str, int]:
    """Return how many matters have each status, `unknown` also those that only wait."""
    counter = Counter(one.status for one in matters(told))
    return {status: counter[status] for status in get_args(Status)}


def finding_counts(told: Iterable[Told]) -> dict[str, int]:
    """Return how many single findings have each status, one for each subject: beside `counts`, never instead."""
    counter = Counter(one.status for one in told)
    return {status: counter[status] for status in get_args(Status)}
