"""Counts the municipal assessment figures of each look, summed for each local day. Pure.

Each figure is `good` out of `due`. What could not be judged is due, not good, and counted in `unknown`; planned work is
not due, and counted in `excluded`. Formulas: `agent/hub/README.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from agent.contract.repair_counts import summed, summed_by_subject
from agent.judge.memory.drills import is_set_aside
from agent.judge.memory.episodes import Episode, by_class, repairs, repairs_by_subject
from agent.judge.memory.notes import ActiveNotes
from agent.model.finding import Finding, Status, is_waiting
from agent.observe.facts.assessed_days import BESIDE, DAYS_KEPT, METHOD, PLANNED_MAX, Count, DayAssessed, Figure
from agent.observe.facts.facts import Facts
from agent.observe.inventory.camera_file import FIELDS, empty
from agent.report.recorded_seconds import recorded_on
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day, standing

_OF_PICTURE: Final = ("camera-online", "camera-occluded", "camera-moved", "video-quality", "recording-completeness")


def add_look(
    site: Site,
    facts: Facts,
    findings: Iterable[Finding],
    noted: ActiveNotes,
    days: tuple[DayAssessed, ...],
    now: datetime,
    closed: Iterable[Episode] = (),
) -> tuple[DayAssessed, ...]:
    """Add one look to its day; return the last `DAYS_KEPT` days, oldest first.

    `noted`: planned work now and before. `days`: those of earlier looks; days after this one come from a wrong clock
    and are dropped. `closed`: the episodes that this look closed. The recorded seconds of the last whole day are
    counted anew, because recorders list its segments only when it is over.
    """
    today = local_day(site, now)
    earlier = tuple(one for one in days if one.day < today)
    since = method_from(today, days)
    beside = since is not None and today - since < BESIDE
    before = next((one for one in days if one.day == today), DayAssessed(today))
    by_key = {one.key: one for one in findings}
    counts = dict(before.counts)
    for figure, count in _figures(site, facts, by_key, noted.planned, now):
        counts[figure] = counts.get(figure, Count()).plus(count)
    old = dict(before.before)
    for name, count in _by_method_1(site, by_key, noted.planned) if beside else ():
        old[name] = old.get(name, Count()).plus(count)
    names = tuple(sorted({*before.planned, *noted.planned}))[:PLANNED_MAX]
    closed = tuple(closed)
    mended = summed((before.repairs, repairs(closed, by_class)))
    of = summed_by_subject((before.repaired, repairs_by_subject(closed)))
    if earlier:
        footage = recorded_on(site, facts, noted.plans, earlier[-1].day)
        last = replace(earlier[-1], footage=footage)
        if last.before:
            planned = recorded_on(site, facts, noted.plans, last.day, by_plan=True)
            last = replace(last, before={**last.before, "recorded_s": planned})
        earlier = (*earlier[:-1], last)
    counted = DayAssessed(today, before.looks + 1, counts, names, mended, repaired=of, method_from=since, before=old)
    return (*earlier, counted)[-DAYS_KEPT:]


def method_from(today: date, days: Iterable[DayAssessed]) -> date | None:
    """Return the first day that was counted by this version's method; None where no other was in force before."""
    until = [one for one in days if one.day <= today]
    if not until:
        return None
    return today if until[-1].method < METHOD else until[-1].method_from


def _by_method_1(site: Site, by_key: Mapping[str, Finding], planned: frozenset[str]) -> Iterator[tuple[str, Count]]:
    """Yield the changed figures of one look as release 0.1 counted them."""
    found = {key: _as_method_1(one) for key, one in by_key.items()}
    for camera in site.cameras:
        subject = f"camera:{camera.camera.id}"
        out = subject in planned or f"device:{camera.camera.device}" in planned
        yield "online", _count(_status(found, "camera-online", subject), out)
        yield "good", _count(_condition(found, camera), out)


def _as_method_1(finding: Finding) -> Finding:
    """Return a finding with the status that it had before: what is not told was not due, and a lost signal unknown."""
    if is_waiting(finding):
        return replace(finding, status="not_applicable")
    if finding.check != "camera-online":
        return finding
    statuses: dict[str, Status] = {"signal-lost": "unknown", "snapshot-frozen": "pass"}
    return replace(finding, status=statuses.get(finding.reason, finding.status))


def _figures(
    site: Site, facts: Facts, by_key: Mapping[str, Finding], planned: frozenset[str], now: datetime
) -> Iterator[tuple[Figure, Count]]:
    today = local_day(site, now)
    for camera in site.cameras:
        name = camera.camera.id
        subject = f"camera:{name}"
        out = subject in planned or f"device:{camera.camera.device}" in planned
        yield "online", _count(_status(by_key, "camera-online", subject), out)
        yield "good", _count(_condition(by_key, camera), out)
        if standing(site, "linked", today, name).value is True:
            yield "linked", _count(_linked(by_key, name), out)
        if camera.recorded:
            yield "recorded", _count(_status(by_key, "recording-completeness", subject), out)
        yield "clock", _count(_status(by_key, "clock-offset", f"device:{camera.camera.device}"), out)
        yield "overlay", _count(_status(by_key, "osd-compliant", subject), out)
        gone, unread = empty(site, facts, camera, now)
        yield "file", Count(len(FIELDS) - len(gone) - len(unread), len(FIELDS), len(unread))


def _count(status: Status, out: bool) -> Count:
    """Return the count of one look at one camera: a warning is good, not applicable is not due."""
    if out:
        return Count(excluded=1)
    if status == "not_applicable":
        return Count()
    return Count(int(status in ("pass", "warn")), 1, int(status == "unknown"))


def _status(by_key: Mapping[str, Finding], check: str, subject: str) -> Status:
    found = by_key.get(f"{check} {subject}")
    return found.status if found else "unknown"


def _condition(by_key: Mapping[str, Finding], camera: CameraConfig) -> Status:
    """Return whether one camera is in good condition: online, picture right, recording, clock right.

    A dark picture is not good, though the camera is online. A view not compared is no fault. What a drill provoked is
    not due; with what it explains it is left out, and a fault beside it counts.
    """
    subject = f"camera:{camera.camera.id}"
    online = by_key.get(f"camera-online {subject}")
    keys = [*(f"{check} {subject}" for check in _OF_PICTURE), f"clock-offset device:{camera.camera.device}"]
    drilled = {key for key in keys if key in by_key and is_set_aside(by_key[key])}
    keys = [key for key in keys if key not in by_key or by_key[key].caused_by not in drilled]
    found = [by_key[key].status if key in by_key else "unknown" for key in keys]
    if "fail" in found or (online is not None and online.reason == "dark"):
        return "fail"
    if drilled:
        return "not_applicable"
    return "unknown" if "unknown" in found else "pass"


def _linked(by_key: Mapping[str, Finding], camera: str) -> Status:
    found = by_key.get("platform-catalog-complete site")
    if found is None or found.status != "fail":
        return found.status if found else "unknown"
    missing = found.evidence.get("missing")
    return "fail" if isinstance(missing, list) and camera in missing else "unknown"
