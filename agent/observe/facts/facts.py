"""Indexes the observations of one cycle by subject so that checks can ask for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from agent.observe.approvals.approvals import Approval
from agent.observe.facts.delivery import NOTHING_KNOWN, Delivery
from agent.observe.facts.factory_logins import Tried
from agent.observe.facts.filed_system import Filed
from agent.observe.facts.report_facts import OwnReports
from agent.observe.facts.sightings import KnownBox, Sighting
from agent.observe.footage.days import Footage
from agent.observe.remembered.value import EMPTY, Remembered
from drivers.model import Fact, Observation, Unavailable, Value
from drivers.picture import PathName

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Around:
    """What answered on the network besides the devices' own facts, and what is remembered of it.

    `failed` names what could not be asked or heard. `strangers` are devices that nobody declared and that were seen
    often enough; `newcomers` answered this look and were not. `ignored` counts those that need no declaration.
    `doubled` maps a device id to the reason why more than one box, or one box twice, stands behind it; `remembered`
    maps a device id to the box that belonged to it before this look.
    """

    failed: tuple[str, ...] = ()
    strangers: tuple[Sighting, ...] = ()
    newcomers: tuple[Sighting, ...] = ()
    ignored: int = 0
    doubled: Mapping[str, str] = field(default_factory=dict)
    remembered: Mapping[str, KnownBox] = field(default_factory=dict)


NOTHING_AROUND = Around()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen in one cycle: `by_subject` maps `device:ID` or `camera:ID` to its observations.

    `own_clock_trusted` says whether our clock may be held against a device's. `remembered` is what is known by now,
    this look included: the value that the memory keeps. `begun`: cameras whose footage is that of a box that is gone,
    of which nothing is judged. `approvals` is what people approved, by camera id. `delivery`: how the site's own
    reports reach its hub. `filed`: what was filed with the police last, None where nothing was. `own_reports`: what the
    site's newest reports are, None where this process reports nothing. `own_log_from`: when the oldest entry of our own
    history was written, None where there is none. `factory`: the last try of a factory login, by device id; None where
    what was tried cannot be read.
    """

    by_subject: Mapping[str, tuple[Observation, ...]]
    _: KW_ONLY
    around: Around = NOTHING_AROUND
    own_clock_trusted: bool = True
    remembered: Remembered = EMPTY
    begun: frozenset[str] = frozenset()
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    delivery: Delivery = NOTHING_KNOWN
    filed: Filed | None = None
    own_reports: OwnReports | None = None
    own_log_from: datetime | None = None
    factory: Mapping[str, Tried] | None = field(default_factory=dict)

    @property
    def footage(self) -> Footage:
        """What is known of each camera's footage, by camera id; not of one whose footage begins anew."""
        known = self.remembered.footage  # asked for by each check and camera: copied only where it must be
        return {name: one for name, one in known.items() if name not in self.begun} if self.begun else known

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Addresses of devices that answer discovery and that nobody declared, new ones included."""
        return tuple(sorted(s.address for s in self.around.strangers + self.around.newcomers))

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


def with_more(facts: Facts, observations: Iterable[Observation]) -> Facts:
    """Return the facts with what was observed besides, after what was known of each subject."""
    more = gather(observations).by_subject
    both = {subject: facts.by_subject.get(subject, ()) + added for subject, added in more.items()}
    return replace(facts, by_subject={**facts.by_subject, **both})


def gather(
    observations: Iterable[Observation],
    around: Around = NOTHING_AROUND,
    own_clock_trusted: bool = True,
    remembered: Remembered = EMPTY,
    approvals: Mapping[str, Approval] = MappingProxyType({}),
) -> Facts:
    """Index observations by their subject, in the order in which they were made."""
    by_subject: dict[str, list[Observation]] = {}
    for observation in observations:
        by_subject.setdefault(observation.subject, []).append(observation)
    indexed = {key: tuple(values) for key, values in by_subject.items()}
    return Facts(
        indexed, around=around, own_clock_trusted=own_clock_trusted, remembered=remembered, approvals=approvals
    )
