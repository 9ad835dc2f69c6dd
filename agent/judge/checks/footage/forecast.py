"""Forecasts whether retention will hold, from the size of days and the capacity of disks.

The cameras of a recorder or store share its disks, so these are judged. An unknown camera is left out: a shortage
without it is one with it, but a pass is not certain.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.checks.footage import retention, storage
from agent.judge.checks.footage.shared import days_of_footage
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ORDER_799_RETENTION
from agent.model.finding import Finding, Json, Message, joined
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage, floor_of, recorder_of, source_of, zone_of
from agent.observe.footage.forecast import Cause, Outlook, Producer, Ring, outlook
from agent.observe.footage.sizes import DaySizes, days_off, is_overwriting, larger_before, sizes_of, space_of
from agent.site.config.site import CameraConfig, Site
from agent.site.duties.figures import FLOOR
from agent.site.duties.limits import broken
from drivers.footage import Disks
from drivers.spans import day_of

FORECAST_ID = "retention-forecast"

SHORT: dict[Cause, Message] = {
    "rate-up": Message(
        "from {day} on footage goes back less than {floor} days, as {camera} takes more space since {since}: bitrates "
        "at {percent} %, disks of {terabytes} TB, or at most {count} such cameras would hold it"
    ),
    "capacity-down": Message(
        "from {day} on footage goes back less than {floor} days, as the disks are smaller since {since}: disks of "
        "{terabytes} TB, bitrates at {percent} %, or at most {count} such cameras would hold it"
    ),
    "cameras-added": Message(
        "from {day} on footage goes back less than {floor} days, as cameras were added since {since}: at most {count} "
        "such cameras, bitrates at {percent} %, or disks of {terabytes} TB would hold it"
    ),
    "too-small": Message(
        "from {day} on footage goes back less than {floor} days, as the disks are too small: disks of {terabytes} TB, "
        "bitrates at {percent} %, or at most {count} such cameras would hold it"
    ),
}
SHORT_FOR_ONE = Message(
    "from {day} on footage goes back less than {floor} days: bitrates at {percent} % or disks of {terabytes} TB would "
    "hold it"
)
"""Where the disks hold not one camera at its rate of now."""

ESTIMATE_MIN_RATIO = 0.5
"""Encoders of variable bitrate seldom take less of the set one; lower use means unreported usage. House rule."""

STALE = timedelta(days=1)
"""How long ago footage may have been read for the last time. House rule."""


@dataclass(frozen=True, slots=True)
class _SharedDisks:
    """The cameras that share disks: what each takes, and those for which that is unknown. Days are ours."""

    producers: tuple[Producer, ...]
    untold: tuple[str, ...]
    known: tuple[CameraFootage, ...]
    assumed_before: date | None
    today: date

    @property
    def estimated(self) -> bool:
        return any(producer.estimated for producer in self.producers)


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the disks of every recorder and store with footage."""
    judged_before: dict[tuple[str, ...], Finding] = {}
    findings: list[Finding] = []
    for recorder in dict.fromkeys(recorder_of(camera) for camera in site.cameras if camera.recorded):
        sharing = _sharing(site, facts, recorder)
        finding = _ring(check, site, facts, recorder, sharing, now)
        # Stores on one file system share it; what is wrong with it is told once.
        first = judged_before.setdefault(sharing, finding)
        findings.append(finding if first is finding else replace(finding, caused_by=finding.caused_by or first.key))
    return tuple(findings)


def _sharing(site: Site, facts: Facts, recorder: str) -> tuple[str, ...]:
    """Return the recorders that write to the same disks: stores of one file system, else only this one."""
    stores = [f"device:{store.id}" for store in site.stores]
    disks = facts.one(recorder, Disks)
    if recorder not in stores or disks is None:
        return (recorder,)
    place = [(disk.name, disk.capacity_bytes) for disk in disks.disks]
    others = {store: facts.one(store, Disks) for store in stores}
    return tuple(s for s, d in others.items() if d and [(disk.name, disk.capacity_bytes) for disk in d.disks] == place)


def _ring(check: Check, site: Site, facts: Facts, recorder: str, sharing: tuple[str, ...], now: datetime) -> Finding:
    disks = facts.one(recorder, Disks)
    if disks is None:
        return _no_disks(check, site, facts, recorder)
    space = space_of(disks)
    if space is None:
        return _capacity_unknown(check, recorder)
    if not space[0]:
        message = Message("no disk of it is in order, so nothing can be said of the days to come")
        return check.finding(recorder, "unknown", "no-disk", {}, message, f"{storage.STORAGE.id} {recorder}")
    if disks.quota:
        message = Message("its space is dealt out to channels in quotas: how long each of them lasts is not told")
        return check.finding(recorder, "unknown", "quota", {}, message)
    cameras = [c for c in site.cameras if c.recorded and recorder_of(c) in sharing]
    shared = _shared(site, facts, cameras, now)
    shared = replace(shared, producers=_scaled_to_used(shared.producers, space))
    count = {"count": len(shared.untold)}
    if not shared.producers and not shared.untold:
        message = Message("nothing is recorded on it yet")
        return waiting(check, recorder, "look", "nothing-recorded", message)
    if not shared.producers:
        message = Message("neither sizes of files nor bitrates of its {count} cameras are known", count)
        evidence: dict[str, Json] = {"cameras_untold": shared.untold}
        return check.finding(recorder, "unknown", "rate-not-told", evidence, message)
    seen = outlook(_ring_of(recorder, space, shared, now), shared.producers, shared.today, site.policy.forecast_days)
    if seen is None:
        message = Message("fewer than three whole days are recorded: what a day takes is not known yet")
        return check.finding(recorder, "unknown", "too-young", {}, message)
    floors = [check.limit(site, FLOOR, now, camera) for camera in cameras]
    check = replace(check, source=joined(one.source for one in floors))
    room: Outcome = Held("room", grounds(facts.observed(recorder, Disks)))
    if seen.short_on is not None and seen.cause is not None:
        named = SHORT[seen.cause] if seen.cameras else SHORT_FOR_ONE
        cause = _cause(site, facts, recorder, seen, cameras, now)
        held = next((one for one in floors if one.value == seen.floor_days), floors[0])
        rules = broken(held.source, (held, lambda days: seen.keeps_days < days))
        text = Message(named.template, _values(seen))
        room = Broken("room", seen.cause, text, caused_by=cause, mild=True, source=rules)
    message = Message(
        "within {ahead} days no footage of less than {floor} days has to go: the disks hold about {days} days",
        {"floor": seen.floor_days, "ahead": site.policy.forecast_days, "days": int(seen.keeps_days)},
    )
    return verdict(check, recorder, (room, *_rates(shared, cameras)), _evidence(seen, shared), message)


def _rates(shared: _SharedDisks, cameras: Iterable[CameraConfig]) -> Iterator[Outcome]:
    """Yield for each camera that shares the disks whether what it takes is known."""
    message = Message(
        "what {count} of its cameras take is not known, so whether the disks will do is not",
        {"count": len(shared.untold)},
    )
    read = {one.camera_id: one for one in shared.known}
    for name in (camera.camera.id for camera in cameras):
        if name in shared.untold:
            yield Open(f"rate {name}", "rate-not-told", message)
        elif name in read:
            yield Held(f"rate {name}", days_of_footage(read[name]))


def _no_disks(check: Check, site: Site, facts: Facts, recorder: str) -> Finding:
    why = facts.why_not(recorder, "disks")
    if why.reason in ("unsupported", "not-looked-at"):
        return _capacity_unknown(check, recorder)
    device = next((one for one in site.devices if f"device:{one.id}" == recorder), None)
    message = Message("how large its disks are could not be read ({reason})", {"reason": why.reason})
    evidence: dict[str, Json] = {"detail": why.detail} if why.detail else {}
    cause = online.key_of_device(site, device) if device else f"{storage.STORAGE.id} {recorder}"
    return check.finding(recorder, "unknown", why.reason, evidence, message, cause)


def _capacity_unknown(check: Check, recorder: str) -> Finding:
    message = Message("it does not tell how large its disks are")
    return waiting(check, recorder, "device", "disks-not-told", message)


def _shared(site: Site, facts: Facts, cameras: Iterable[CameraConfig], now: datetime) -> _SharedDisks:
    producers: list[Producer] = []
    untold: list[str] = []
    read: list[CameraFootage] = []
    sizes: list[DaySizes] = []
    today = date.min
    for camera in cameras:
        name = camera.camera.id
        known = facts.footage.get(name)
        if known is None or known.source != source_of(site, camera) or now - known.read_at > STALE:
            untold.append(name)
            continue
        if known.oldest_at is None:
            continue
        zone = zone_of(site, camera)
        today = max(today, day_of(known.there(now), zone) - days_off(known))
        read.append(known)
        days = sizes_of(known, zone)
        if days is None:
            untold.append(name)
            continue
        sizes.append(days)
        producers.append(Producer(name, floor_of(site, camera).days, days.day_bytes, days.estimated))
    assumed = max((days.assumed_before for days in sizes if days.assumed_before), default=None)
    return _SharedDisks(tuple(producers), tuple(untold), tuple(read), assumed, today)


def _scaled_to_used(producers: tuple[Producer, ...], space: tuple[int, int | None]) -> tuple[Producer, ...]:
    capacity, free = space
    held = sum(sum(producer.day_bytes.values()) for producer in producers)
    if free is None or held <= capacity - free or not all(producer.estimated for producer in producers):
        return producers
    ratio = max(ESTIMATE_MIN_RATIO, (capacity - free) / held)
    return tuple(
        replace(producer, day_bytes={day: round(ratio * size) for day, size in producer.day_bytes.items()})
        for producer in producers
    )


def _ring_of(recorder: str, space: tuple[int, int | None], shared: _SharedDisks, now: datetime) -> Ring:
    capacity, free = space
    held = sum(sum(producer.day_bytes.values()) for producer in shared.producers)
    if free is None and not all(is_overwriting(known, now) for known in shared.known):
        # It still fills up: what is not taken is free.
        free = max(0, capacity - held)
    before = larger_before(max((known.capacities for known in shared.known), key=len))
    return Ring(recorder, capacity, free, before.value if before else 0, before.day if before else None)


def _cause(
    site: Site, facts: Facts, recorder: str, seen: Outlook, cameras: Iterable[CameraConfig], now: datetime
) -> str:
    """Return the key of the finding that covers this already: footage too short today, or a failed disk.

    Footage that is too short but grows is expected to reach the floor: that it will not is news.
    """
    own = {f"camera:{camera.camera.id}" for camera in cameras}
    for finding in retention.CHECK.run(retention.CHECK, site, facts, now):
        if finding.subject in own and finding.reason == "too-short" and not finding.evidence.get("recovering"):
            return finding.key
    return f"{storage.STORAGE.id} {recorder}" if seen.cause == "capacity-down" else ""


def _values(seen: Outlook) -> dict[str, str | int | float]:
    return {
        "day": str(seen.short_on),
        "floor": seen.floor_days,
        "camera": seen.cause_camera,
        "since": str(seen.cause_since or ""),
        "percent": math.floor(100 * seen.rate_ratio),
        "terabytes": math.ceil(seen.capacity_bytes / 1e10) / 100,
        "count": seen.cameras,
    }


def _evidence(seen: Outlook, shared: _SharedDisks) -> dict[str, Json]:
    evidence: dict[str, Json] = {
        "floor_days": seen.floor_days,
        "keeps_days": round(seen.keeps_days, 1),
        "keeps_low_days": round(seen.keeps_low_days, 1),
        "keeps_high_days": round(seen.keeps_high_days, 1),
        "estimated": shared.estimated,
    }
    if shared.assumed_before:
        evidence["assumed_before"] = shared.assumed_before.isoformat()
    if shared.untold:
        evidence["cameras_untold"] = shared.untold
    if seen.short_on is not None:
        evidence |= {
            "short_on": _day(seen.short_on),
            "short_earliest": _day(seen.short_earliest),
            "short_latest": _day(seen.short_latest),
            "cause": seen.cause,
            "camera": seen.cause_camera or None,
            "since": _day(seen.cause_since),
            "capacity_needed_bytes": seen.capacity_bytes,
            "rate_ratio": round(seen.rate_ratio, 3),
            "cameras_max": seen.cameras,
        }
    short = dict(seen.short_by_floor)
    evidence["cameras"] = [
        {
            "id": producer.camera_id,
            "floor_days": producer.floor_days,
            "day_bytes": seen.usual_bytes.get(producer.camera_id, 0),
            "short_on": _day(short.get(producer.floor_days)),
        }
        for producer in shared.producers
    ]
    return evidence


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


CHECK = Check(FORECAST_ID, run, "major", ORDER_799_RETENTION, "Footage will still be kept for at least 30 days.")
