"""Renders the site agent's metrics in Prometheus' text form. Pure: values come in, text goes out.

`cycle_metrics` is rendered once at the end of a cycle, `live_metrics` (process and delivery) anew for each reader.
Labels are ids of the configuration and words of the program: no address, no serial number, no text of a device. The
first 256 cameras and devices have series of their own, `camwarden_subjects_without_series` counts the rest: a large
site does not flood its collector.

Source: Prometheus exposition formats, text format 0.0.4; Prometheus, metric and label naming.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final, get_args
from zoneinfo import ZoneInfo

from agent.contract.chain import Heads
from agent.contract.repair_counts import CLASSES, Repairs, summed
from agent.judge.checks.footage.shared import COMPLETENESS_ID
from agent.judge.checks.table import CHECKS
from agent.judge.memory.episodes import Episode, by_class
from agent.model.finding import Finding, Json, Status
from agent.model.matters import counts, roots
from agent.observe.facts.assessed_days import DayAssessed, last_whole_day
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.text.metrics import Kind, Labels, block
from agent.version import VERSION

SUBJECTS_MOST: Final = 256
"""Cameras, and devices, with series of their own."""

DAY_S: Final = 86_400
"""Prometheus wants base units; evidence and status count days."""

METRICS: Final[dict[str, tuple[Kind, str]]] = {
    "build_info": ("gauge", "Version of the agent; always 1."),
    "cycle_duration_seconds": ("gauge", "How long the last cycle took."),
    "cycle_finished_timestamp_seconds": ("gauge", "When the last cycle ended, Unix time."),
    "cycle_due_timestamp_seconds": ("gauge", "When the next cycle is due, Unix time."),
    "cycle_reports": ("gauge", "Reports that the last cycle committed; 0: nothing could be kept or signed."),
    "matters": ("gauge", "Matters by status, as every door counts them: a cause and all that follows from it are one."),
    "findings": (
        "gauge",
        "Findings by check, status and subject; those that another one explains are left to it.",
    ),
    "cameras": ("gauge", "Cameras by whether they are online: pass, fail or unknown."),
    "footage_oldest_age_seconds": ("gauge", "Age of a camera's oldest footage."),
    "footage_recorded_seconds": ("gauge", "What is there of footage_scheduled_seconds."),
    "footage_scheduled_seconds": ("gauge", "What was to be recorded on the listed days of a camera's due window."),
    "footage_gaps": ("gauge", "Holes of more than two seconds in a camera's due footage, adjoining ones as one."),
    "clock_offset_seconds": ("gauge", "A device's clock minus ours; above 0: it is ahead."),
    "subjects_without_series": ("gauge", "Cameras and devices without series of their own."),
    "assessment_good": ("gauge", "What was good of assessment_due, by figure; what could not be judged is not good."),
    "assessment_due": (
        "gauge",
        "What was due on the last whole local day: looks; `recorded`: seconds, `file`: fields.",
    ),
    "assessment_unknown": ("gauge", "What of assessment_due could not be judged."),
    "assessment_excluded": ("gauge", "What was not due because work was planned."),
    "assessment_day_timestamp_seconds": ("gauge", "When the local day of the figures of assessment began, Unix time."),
    "faults_flapping": ("gauge", "Open findings that come and go, by class of fault."),
    "faults_repaired": ("gauge", "Faults whose repair was verified within the last 31 days, by class."),
    "faults_repaired_duration_seconds": ("gauge", "Time from detected to repaired of faults_repaired, added up."),
    "faults_repaired_flapped": ("gauge", "How many of faults_repaired came and went before."),
    "reports_waiting": ("gauge", "Reports in the spool that are not confirmed, by state."),
    "reports_waiting_oldest_seconds": ("gauge", "Age of the oldest report that is not confirmed; 0: none waits."),
    "reports_dropped_total": ("counter", "Reports that this spool gave up for want of room; gap records name them."),
    "report_seq": ("gauge", "Number of the newest report of a stream."),
    "delivery_connected": ("gauge", "Whether the hub's broker is connected: 1 or 0."),
    "delivery_connects_total": ("counter", "Connections to the hub's broker since the start."),
    "delivery_failures_total": ("counter", "Failures of the publisher's own since the start."),
    "delivery_confirmed_timestamp_seconds": ("gauge", "When the hub last confirmed a report, Unix time."),
    "delivery_certificate_remaining_seconds": ("gauge", "What is left of the site's own certificate for the broker."),
    "worker_starts_total": ("counter", "Starts of the picture worker, the planned ones included."),
    "process_resident_memory_bytes": ("gauge", "Memory of the agent, without the picture worker."),
    "process_cpu_seconds_total": ("counter", "Processor time of the agent, without the picture worker."),
}
"""Every metric, without the prefix `camwarden_`. Not `process_...`: a textfile stands beside node_exporter's own."""

_COMPLETENESS: Final = {"recorded_seconds": "recorded_s", "scheduled_seconds": "scheduled_s", "gaps": "gap_count"}
"""What `recording-completeness` measures of a camera, and what it calls it."""

_WAITING: Final = ("pending", "sent", "parked")


@dataclass(frozen=True, slots=True)
class Cycle:
    """The last cycle: when it ended, how long it took, how many reports it committed, when the next one is due."""

    finished_at: datetime
    took_s: float
    reports: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """The process now: rows of the spool by state, since when the oldest waits, heads, delivery, load.

    `delivery` is None where this process delivers nothing. `resident_bytes` and `cpu_s` are those of this process.
    """

    queue: Mapping[str, Json]
    waiting_since: datetime | None
    heads: Heads
    delivery: DeliveryStatus | None
    worker_starts: int
    resident_bytes: int
    cpu_s: float


def cycle_metrics(
    site: Site,
    findings: Iterable[Finding],
    cycle: Cycle,
    days: Sequence[DayAssessed] = (),
    restless: Iterable[Episode] = (),
) -> str:
    """Render the last cycle.

    `days` are the remembered ones: the last whole one has the figures of assessment, all of them the repairs.
    `restless` are the open episodes that are flapping.
    """
    findings = tuple(findings)
    rooted = roots(findings)
    counted = Counter((f.check, f.status) for f in findings if rooted[f.key] is f)
    online = Counter(f.status for f in findings if f.check == "camera-online" and f.subject.startswith("camera:"))
    known = sum(online.values())
    cameras = {
        "pass": online["pass"] + online["warn"],
        "fail": online["fail"],
        "unknown": online["unknown"] + max(0, len(site.cameras) - known),
    }
    shown_cameras = {camera.camera.id for camera in site.cameras[:SUBJECTS_MOST]}
    shown_devices = {device.id for device in site.devices[:SUBJECTS_MOST]}
    beyond = {"camera": len(site.cameras) - len(shown_cameras), "device": len(site.devices) - len(shown_devices)}
    samples: dict[str, list[tuple[Labels, float]]] = {
        "build_info": [({"version": VERSION}, 1)],
        "cycle_duration_seconds": [({}, round(cycle.took_s, 3))],
        "cycle_finished_timestamp_seconds": [({}, cycle.finished_at.timestamp())],
        "cycle_due_timestamp_seconds": [({}, cycle.due_at.timestamp())],
        "cycle_reports": [({}, cycle.reports)],
        "matters": [({"status": status}, count) for status, count in counts(findings).items()],
        "findings": [
            ({"check": check.id, "status": status}, counted[check.id, status])
            for check in CHECKS
            for status in get_args(Status)
        ],
        "cameras": [({"online": status}, number) for status, number in cameras.items()],
        "footage_oldest_age_seconds": _evidence(
            findings, "retention-days", "camera", "kept_days", shown_cameras, DAY_S
        ),
        **{
            f"footage_{name}": _evidence(findings, COMPLETENESS_ID, "camera", value, shown_cameras)
            for name, value in _COMPLETENESS.items()
        },
        "clock_offset_seconds": _evidence(findings, "clock-offset", "device", "offset_s", shown_devices),
        "subjects_without_series": [({"kind": kind}, number) for kind, number in beyond.items()],
        **_assessment(site, last_whole_day(days, local_day(site, cycle.finished_at))),
        **_faults(days, restless),
    }
    return _text(samples)


def _assessment(site: Site, day: DayAssessed | None) -> dict[str, list[tuple[Labels, float]]]:
    counts = day.figures if day else {}
    begins_at = [datetime.combine(day.day, time(), ZoneInfo(site.time_zone)).timestamp()] if day else []
    return {
        "assessment_good": [({"figure": name}, one.good) for name, one in counts.items()],
        "assessment_due": [({"figure": name}, one.due) for name, one in counts.items()],
        "assessment_unknown": [({"figure": name}, one.unknown) for name, one in counts.items()],
        "assessment_excluded": [({"figure": name}, one.excluded) for name, one in counts.items()],
        "assessment_day_timestamp_seconds": [({}, at) for at in begins_at],
    }


def _faults(days: Iterable[DayAssessed], restless: Iterable[Episode]) -> dict[str, list[tuple[Labels, float]]]:
    flapping = Counter(map(by_class, restless))
    mended = summed(day.repairs for day in days)
    repaired = {name: mended.get(name, Repairs()) for name in CLASSES}
    return {
        "faults_flapping": [({"fault_class": name}, flapping[name]) for name in CLASSES],
        "faults_repaired": [({"fault_class": name}, one.repaired) for name, one in repaired.items()],
        "faults_repaired_duration_seconds": [({"fault_class": name}, one.took_s) for name, one in repaired.items()],
        "faults_repaired_flapped": [({"fault_class": name}, one.flapped) for name, one in repaired.items()],
    }


def live_metrics(live: Live, now: datetime) -> str:
    """Render the process and its delivery."""
    age_s = (now - live.waiting_since).total_seconds() if live.waiting_since else 0.0
    samples: dict[str, list[tuple[Labels, float]]] = {
        "reports_waiting": [({"state": state}, _number(live.queue.get(state))) for state in _WAITING],
        "reports_waiting_oldest_seconds": [({}, max(0.0, round(age_s, 3)))],
        "reports_dropped_total": [({}, _number(live.queue.get("dropped")))],
        "report_seq": [({"stream": stream}, head.seq) for stream, head in sorted(live.heads.items())],
        **_delivery(live.delivery),
        "worker_starts_total": [({}, live.worker_starts)],
        "process_resident_memory_bytes": [({}, live.resident_bytes)],
        "process_cpu_seconds_total": [({}, round(live.cpu_s, 2))],
    }
    return _text(samples)


def _delivery(status: DeliveryStatus | None) -> dict[str, list[tuple[Labels, float]]]:
    if status is None:
        return {}
    confirmed, days = status.watermark_at, status.certificate_days
    return {
        "delivery_connected": [({}, int(status.link == "connected"))],
        "delivery_connects_total": [({}, status.connects)],
        "delivery_failures_total": [({}, status.failures)],
        "delivery_confirmed_timestamp_seconds": [({}, confirmed.timestamp())] if confirmed else [],
        "delivery_certificate_remaining_seconds": [({}, days * DAY_S)] if days is not None else [],
    }


def _evidence(
    findings: Iterable[Finding], check: str, kind: str, value: str, shown: set[str], scale: float = 1
) -> list[tuple[Labels, float]]:
    """Return a measured value of each subject, where a finding of this check has it."""
    found: list[tuple[Labels, float]] = []
    for finding in findings:
        of, _, name = finding.subject.partition(":")
        measured = finding.evidence.get(value)
        if finding.check == check and of == kind and name in shown and isinstance(measured, int | float):
            found.append(({kind: name}, measured * scale))
    return found


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else 0


def _text(samples: Mapping[str, list[tuple[Labels, float]]]) -> str:
    return "".join(block(f"camwarden_{name}", *METRICS[name], told) for name, told in samples.items())
