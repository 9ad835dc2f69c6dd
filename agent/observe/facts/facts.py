"""Indexes the observations of one cycle by subject for checks. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from agent.observe.approvals.approvals import Approval
from agent.observe.approvals.attested import Attestation
from agent.observe.facts.delivery import NO_DELIVERY, Delivery, OwnReports
from agent.observe.facts.factory_logins import LoginTry
from agent.observe.facts.filed_system import Filing
from agent.observe.facts.link_tests import LinkTest
from agent.observe.facts.platform_told import DeviceTold
from agent.observe.facts.sightings import KnownBox, Sighting
from agent.observe.footage.days import Footage
from agent.observe.remembered.value import EMPTY, Remembered
from drivers.model import Fact, Observation, Observations, Unavailable, Value
from drivers.picture import PathName

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What answered on the network besides the configured devices, and what is remembered of it.

    `failed` names what could not be asked or heard. `strangers` are undeclared devices seen often enough; `newcomers`
    answered this look and were not. `ignored` counts those that need no declaration. `doubled` maps a device id to why
    more than one box, or one box twice, is behind it; `remembered` maps a device id to the box that belonged to it
    before this look.
    """

    failed: tuple[str, ...] = ()
    strangers: tuple[Sighting, ...] = ()
    newcomers: tuple[Sighting, ...] = ()
    ignored: int = 0
    doubled: Mapping[str, str] = field(default_factory=dict)
    remembered: Mapping[str, KnownBox] = field(default_factory=dict)


NO_NETWORK_FACTS = NetworkFacts()


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one cycle: `by_subject` maps `device:ID` or `camera:ID` to its observations.

    `own_clock_trusted`: our clock may be compared with a device's. `remembered`: the memory, this look included.
    `begun`: cameras whose footage is that of a replaced box and is not judged. `approvals`: by camera id. `delivery`:
    of the site's own reports. `filed`: the last filing with the police, or None. `own_reports`: the site's newest
    reports, None where this process reports nothing. `own_log_from`: time of the oldest entry of our own history, or
    None. `factory`: the last try of a factory login, by device id; None where the tries cannot be read.
    `attested`: what people declared of zones that pictures cannot prove, by camera id and zone. `link_tests`: the last
    self-test of each device's interface for the police platform, by device id; `platform_told`: what it told there.
    """

    by_subject: Mapping[str, tuple[Observation, ...]]
    _: KW_ONLY
    around: NetworkFacts = NO_NETWORK_FACTS
    own_clock_trusted: bool = True
    remembered: Remembered = EMPTY
    begun: frozenset[str] = frozenset()
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    delivery: Delivery = NO_DELIVERY
    filed: Filing | None = None
    own_reports: OwnReports | None = None
    own_log_from: datetime | None = None
    factory: Mapping[str, LoginTry] | None = field(default_factory=dict)
    attested: Mapping[str, Mapping[str, Attestation]] = field(default_factory=dict)
    link_tests: Mapping[str, LinkTest] = field(default_factory=dict)
    platform_told: Mapping[str, DeviceTold] = field(default_factory=dict)

    @property
    def footage(self) -> Footage:
        """The remembered footage by camera id, without cameras whose footage begins anew."""
        known = self.remembered.footage  # asked for by each check and camera: copied only where it must be
        return {name: one for name, one in known.items() if name not in self.begun} if self.begun else known

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Addresses of undeclared devices that answer discovery, new ones included."""
        return tuple(sorted(s.address for s in self.around.strangers + self.around.newcomers))

    def all(self, subject: str, kind: type[V]) -> tuple[V, ...]:
        """Return every observed value of this kind of the subject."""
        return tuple(o.value for o in self.by_subject.get(subject, ()) if isinstance(o.value, kind))

    def observed(self, subject: str, *kinds: type[object]) -> Observations:
        """Return the observations of these kinds of the subject: what a verdict rests on."""
        return tuple(o for o in self.by_subject.get(subject, ()) if isinstance(o.value, kinds))

    def one(self, subject: str, kind: type[V]) -> V | None:
        """Return the first value of this kind, or None."""
        return next(iter(self.all(subject, kind)), None)

    def why_not(self, subject: str, fact: Fact, path: PathName | None = None) -> Unavailable:
        """Return the reason why a fact is missing; `not-looked-at` where nobody tried."""
        for value in self.all(subject, Unavailable):
            if value.fact == fact and value.path == path:
                return value
        return Unavailable(fact, "not-looked-at", path=path)


def with_observations(facts: Facts, observations: Iterable[Observation]) -> Facts:
    """Return the facts with further observations, after the known ones of each subject."""
    more = gather(observations).by_subject
    both = {subject: facts.by_subject.get(subject, ()) + added for subject, added in more.items()}
    return replace(facts, by_subject={**facts.by_subject, **both})


def gather(
    observations: Iterable[Observation],
    around: NetworkFacts = NO_NETWORK_FACTS,
    own_clock_trusted: bool = True,
    remembered: Remembered = EMPTY,
    approvals: Mapping[str, Approval] = MappingProxyType({}),
) -> Facts:
    """Index observations by their subject, in their order."""
    by_subject: dict[str, list[Observation]] = {}
    for observation in observations:
        by_subject.setdefault(observation.subject, []).append(observation)
    indexed = {key: tuple(values) for key, values in by_subject.items()}
    return Facts(
        indexed, around=around, own_clock_trusted=own_clock_trusted, remembered=remembered, approvals=approvals
    )
