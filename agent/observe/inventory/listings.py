"""Remembers what each device listed by name, so that a list that is cut is not taken for the whole one. Pure.

A limit that is reached silently, or a page that never came, leaves a list that is well-formed and too short: what it no
longer names may still be there. One look proves neither.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.facts.sightings import digest
from agent.site.config.site import Site
from drivers.details import Accounts
from drivers.footage import Channels, Disks, Protocols
from drivers.model import Observation, Value

TIMES_TO_COUNT: Final = 3
"""How many looks in a row must list less until that is what there is. House rule: a status must last as long."""
DISK_GONE: Final = timedelta(days=1)
"""How long a disk must be gone besides: nobody takes one out of a recorder between two looks without being asked."""
NAMES_MAX: Final = 256

NAMED: Final[Mapping[str, Callable[[Any], Iterable[str]]]] = {
    Accounts.__name__: lambda one: (account.name for account in one.accounts),
    Channels.__name__: lambda one: (str(channel.number) for channel in one.channels),
    Disks.__name__: lambda one: (disk.name for disk in one.disks),
    Protocols.__name__: lambda one: (protocol.name for protocol in one.protocols),
}
"""The lists that are remembered, by the name of their kind: accounts of people by digest, as all the others."""


@dataclass(frozen=True, slots=True)
class KnownList:
    """What a device lists: digests of the names, and since when and in how many looks in a row some were `missing`.

    `box`: that of its provenance. A list of another box begins anew.
    """

    box: str
    names: frozenset[str]
    missing: frozenset[str] = frozenset()
    since: datetime | None = None
    looks: int = 0


Listings = Mapping[str, Mapping[str, KnownList]]
"""By subject, then by kind."""


def names_of(value: Value) -> frozenset[str] | None:
    """Return the digests of what a list names; None for what is no such list."""
    named = NAMED.get(type(value).__name__)
    return None if named is None else frozenset(digest(f"name {name}") for name in [*named(value)][:NAMES_MAX])


def update_listings(
    site: Site, told: Iterable[Observation], before: Listings, now: datetime
) -> dict[str, dict[str, KnownList]]:
    """Return the lists of each configured device after a look; one that was not read stays as it was."""
    subjects = {f"device:{one.id}" for one in site.devices}
    after = {subject: dict(kinds) for subject, kinds in before.items() if subject in subjects}
    for one in told:
        names = names_of(one.value) if one.subject in subjects else None
        if names is not None:
            kind = type(one.value).__name__
            kinds = after.setdefault(one.subject, {})
            kinds[kind] = _after(kind, kinds.get(kind), one.provenance.box, names, now)
    return after


def _after(kind: str, known: KnownList | None, box: str, names: frozenset[str], now: datetime) -> KnownList:
    if known is None or (known.box and box and known.box != box):
        return KnownList(box, names)
    missing = known.names - names
    if not missing:
        return KnownList(box or known.box, names)
    since = known.since if known.since is not None and known.since <= now and known.missing else now
    looks = known.looks + 1
    wait = DISK_GONE if kind == Disks.__name__ else timedelta()
    if looks >= TIMES_TO_COUNT and now - since >= wait:
        return KnownList(box or known.box, names)
    return KnownList(box or known.box, known.names | names, missing, since, looks)


def to_data(listings: Listings) -> dict[str, Json]:
    """Return the lists as plain data for the stored memory."""
    return {
        subject: {
            kind: [
                one.box, sorted(one.names), sorted(one.missing), one.since.isoformat() if one.since else None, one.looks
            ]
            for kind, one in kinds.items()
        }
        for subject, kinds in listings.items()
    }  # fmt: skip


def from_data(data: Mapping[str, Any]) -> dict[str, dict[str, KnownList]]:
    """Return what `to_data` wrote. Raises ValueError, TypeError or AttributeError for anything else."""
    return {
        str(subject): {
            str(kind): KnownList(
                str(box), frozenset(map(str, names)), frozenset(map(str, missing)),
                datetime.fromisoformat(since) if since is not None else None, int(looks),
            )
            for kind, (box, names, missing, since, looks) in kinds.items()
        }
        for subject, kinds in data.items()
    }  # fmt: skip
