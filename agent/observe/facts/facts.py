"""Indexes the observations of one cycle by subject so that checks can ask for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from agent.observe.approvals.approvals import Approval
from agent.observe.facts.assessed_days import DayAssessed
from agent.observe.facts.delivery import NOTHING_KNOWN, Delivery
from agent.observe.facts.factory_logins import Tried
from agent.observe.facts.filed_system import Filed
from agent.observe.facts.report_facts import OwnReports
from agent.observe.facts.restarts import Running
from agent.observe.facts.sightings import Remembered, Sighting
from agent.observe.footage.days import CameraFootage
from agent.observe.footage.outages import Outage
from agent.observe.pictures.preset_verdicts import Presets
from agent.observe.pictures.view_memory import Quality, Views
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
    remembered: Mapping[str, Remembered] = field(default_factory=dict)


NOTHING_AROUND = Around()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen in one cycle: `by_subject` maps `device:ID` or `camera:ID` to its observations.

    `own_clock_trusted` says whether our clock may be held against a device's. `footage` is what is known of each
    camera's footage by now, by camera id; `outages` when something was not well. `approvals` is what people
    approved, by camera id. `views` and `quality` are what the pictures up to now say of each camera; a camera whose
    view nobody approved is not in `views`. `presets`: what was seen within a day of each preset of one that turns.
    `delivery`: how the site's own reports reach its hub. `filed`: what was filed with the police last, None where
    nothing was. `assessed`: what earlier looks have counted, day by day. `own_reports`: what the site's newest reports
    are, None where this process reports nothing. `running`: what became of devices that started anew, by device id.
    `own_log_from`: when the oldest entry of our own history was written, None where there is none; `logs`: from when on
    the log of each subject was ever seen to reach. `factory`: the last try of a factory login, by device id;
    None where what was tried cannot be read.
    """

    by_subject: Mapping[str, tuple[Observation, ...]]
    around: Around = NOTHING_AROUND
    own_clock_trusted: bool = True
    footage: Mapping[str, CameraFootage] = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    views: Views = field(default_factory=dict)
    quality: Quality = field(default_factory=dict)
    presets: Presets = field(default_factory=dict)
    delivery: Delivery = NOTHING_KNOWN
    filed: Filed | None = None
    assessed: tuple[DayAssessed, ...] = ()
    own_reports: OwnReports | None = None
    running: Mapping[str, Running] = field(default_factory=dict)
    own_log_from: datetime | None = None
    logs: Mapping[str, datetime] = field(default_factory=dict)
    factory: Mapping[str, Tried] | None = field(default_factory=dict)

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
    footage: Mapping[str, CameraFootage] = MappingProxyType({}),
    outages: tuple[Outage, ...] = (),
    approvals: Mapping[str, Approval] = MappingProxyType({}),
    views: Views = MappingProxyType({}),
    quality: Quality = MappingProxyType({}),
    presets: Presets = MappingProxyType({}),
) -> Facts:
    """Index observations by their subject, in the order in which they were made."""
    by_subject: dict[str, list[Observation]] = {}
    for observation in observations:
        by_subject.setdefault(observation.subject, []).append(observation)
    indexed = {key: tuple(values) for key, values in by_subject.items()}
    return Facts(indexed, around, own_clock_trusted, footage, outages, approvals, views, quality, presets)
