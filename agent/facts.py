"""The observations of one cycle, indexed by subject so that checks can ask for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from drivers.model import Fact, Observation, PathName, Unavailable, Value

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen in one cycle: `by_subject` maps `device:ID` or `camera:ID` to its observations.

    `undeclared` names the addresses of devices that answered discovery and stand in no configuration.
    `own_clock_trusted` says whether our clock may be held against a device's.
    """

    by_subject: Mapping[str, tuple[Observation, ...]]
    undeclared: tuple[str, ...] = ()
    own_clock_trusted: bool = True

    def all(self, subject: str, kind: type[V]) -> tuple[V, ...]:
        """Return every value of this kind that was observed of the subject."""
        return tuple(o.value for o in self.by_subject.get(subject, ()) if isinstance(o.value, kind))

    def one(self, subject: str, kind: type[V]) -> V | None:
        """Return the first value of this kind, or None where there is none."""
        return next(iter(self.all(subject, kind)), None)

    def why_not(self, subject: str, fact: Fact, path: PathName | None = None) -> Unavailable:
        """Return the reason why a fact is missing; `not-looked-at` where nobody tried."""
        for value in self.all(subject, Unavailable):
            if value.fact == fact and value.path == path:
                return value
        return Unavailable(fact, "not-looked-at", path=path)


def gather(
    observations: Iterable[Observation], undeclared: tuple[str, ...] = (), own_clock_trusted: bool = True
) -> Facts:
    """Index observations by their subject, in the order in which they were made."""
    by_subject: dict[str, list[Observation]] = {}
    for observation in observations:
        by_subject.setdefault(observation.subject, []).append(observation)
    return Facts({key: tuple(values) for key, values in by_subject.items()}, undeclared, own_clock_trusted)
