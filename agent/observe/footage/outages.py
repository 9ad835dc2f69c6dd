"""Records outages of cameras, recorders and disks, so that gaps in footage get their cause later. Pure.

An outage ends with the last of successive looks that found it. Between looks far apart nothing is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from agent.model.finding import Json
from agent.observe.footage.days import recorder_of
from agent.site.config.site import Site
from drivers.footage import Channels, Disks, DiskState
from drivers.model import DEVICE_FACTS, Fact, Identity, Observations, Reason, Services, Unavailable, Value
from drivers.picture import Streams

OutageKind = Literal["silent", "offline", "disk"]
"""`silent`: no answer; `offline`: reported by its recorder, or an empty channel; `disk`: a disk not well."""

KEPT = timedelta(days=90)
PER_SUBJECT_MAX = 32
OUTAGES_MAX = 1024
SAME_WITHIN_PERIODS = 3
"""How many periods two looks may be apart within one outage: a missed cycle changes nothing."""

_SILENT: frozenset[Reason] = frozenset({"unreachable", "deadline"})
_NOT_WELL: frozenset[DiskState] = frozenset({"failed", "failing", "unformatted", "mismatched", "formatting"})


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which each look found the subject (`device:ID`, `camera:ID`) not well. Our clock.

    The disks of this host are those of `site`. `open`: nothing seen since contradicts it.
    """

    subject: str
    kind: OutageKind
    start_at: datetime
    end_at: datetime
    open: bool = True


def update_outages(
    site: Site, observations: Observations, outages: Iterable[Outage], now: datetime
) -> tuple[Outage, ...]:
    """Merge this cycle's observations with earlier outages, oldest first.

    A subject of which nothing certain was seen, as where a login is refused, has its outage unchanged. The oldest are
    dropped after `KEPT`, or the longest floor of the site where that is longer, and where there are too many.
    """
    bad, good = _conditions(site, observations)
    floors = [camera.retention_days or site.policy.retention_floor_days for camera in site.cameras]
    kept_from = now - max(KEPT, timedelta(days=max(floors, default=0)))
    same_within = SAME_WITHIN_PERIODS * timedelta(seconds=site.period_s)
    after: list[Outage] = []
    ongoing = set()
    for one in outages:
        key = one.subject, one.kind
        if one.end_at < kept_from or one.start_at > now:
            continue
        if one.open and key in bad and now - one.end_at <= same_within:
            ongoing.add(key)
            after.append(replace(one, end_at=max(one.end_at, now)))
        else:
            after.append(replace(one, open=one.open and key not in good and key not in bad))
    after += [Outage(subject, kind, now, now) for subject, kind in sorted(bad - ongoing)]
    return _capped(after)


_Key = tuple[str, OutageKind]


def _conditions(site: Site, observations: Observations) -> tuple[set[_Key], set[_Key]]:
    by_subject: dict[str, list[Value]] = {}
    for observation in observations:
        by_subject.setdefault(observation.subject, []).append(observation.value)
    bad: set[_Key] = set()
    good: set[_Key] = set()
    boxes = [f"device:{device.id}" for device in site.devices] + [f"device:{store.id}" for store in site.stores]
    for subject in (*boxes, "site"):
        values = by_subject.get(subject, [])
        if any(isinstance(value, Identity | Services | Disks) for value in values):
            good.add((subject, "silent"))
        elif subject != "site" and _is_silent(values, DEVICE_FACTS):
            bad.add((subject, "silent"))
        for value in values:
            if isinstance(value, Disks):
                well = not any(disk.state in _NOT_WELL for disk in value.disks)
                (good if well else bad).add((subject, "disk"))
    for camera in site.cameras:
        subject, device = f"camera:{camera.camera.id}", f"device:{camera.camera.device}"
        values = by_subject.get(subject, [])
        offline = _is_offline(by_subject.get(device, ()), values, camera.camera.channel)
        if offline is not None:
            (bad if offline else good).add((subject, "offline"))
        if any(isinstance(value, Streams) for value in values):
            good.add((subject, "silent"))
        elif _is_silent(values, ("streams",)) and ((device, "silent") not in bad or recorder_of(camera) != device):
            # Where a recorder is silent, that says nothing of the cameras behind it.
            bad.add((subject, "silent"))
    return bad, good


def _is_silent(values: Iterable[Value], facts: Sequence[Fact]) -> bool:
    return any(isinstance(v, Unavailable) and v.fact in facts and v.reason in _SILENT for v in values)


def _is_offline(box: Iterable[Value], values: Iterable[Value], channel: int) -> bool | None:
    """Tell whether a recorder reports no camera on a channel; None where it reports nothing."""
    for value in values:
        if isinstance(value, Streams) and not value.streams:
            return True
    for value in box:
        if isinstance(value, Channels):
            states = [one.state for one in value.channels if one.number == channel]
            if states and states[0] != "unknown":
                return states[0] != "online"
    return None


def _capped(outages: list[Outage]) -> tuple[Outage, ...]:
    """Return the newest of each subject, and of all, within the limits."""
    outages.sort(key=lambda one: (one.end_at, one.start_at), reverse=True)
    counts: dict[str, int] = {}
    kept: list[Outage] = []
    for one in outages:
        counts[one.subject] = counts.get(one.subject, 0) + 1
        if counts[one.subject] <= PER_SUBJECT_MAX and len(kept) < OUTAGES_MAX:
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.start_at, one.subject, one.kind)))


def to_data(outage: Outage) -> list[Json]:
    """Return an outage as plain data for the stored memory."""
    return [outage.subject, outage.kind, int(outage.start_at.timestamp()), int(outage.end_at.timestamp()), outage.open]


def from_data(data: Sequence[Any]) -> Outage:
    """Return the outage that `to_data` wrote, to the second. Raises ValueError or TypeError for anything else."""
    subject, kind, start, end, is_open = data
    moments = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    return Outage(str(subject), kind, *moments, bool(is_open))
