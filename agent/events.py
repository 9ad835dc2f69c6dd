"""Which changes are worth telling? Compares this cycle's findings with what was told before. Pure.

A healthy site makes no events. A change into `unknown`, and a camera that goes silent, must be seen twice in a row
first: a single lost answer is weather. A change into `fail` of anything else is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agent.checks import online
from agent.model import Finding, Message, Source, Status
from agent.state import Known, Memory

CONFIRMATIONS = 2

SPOOL_MESSAGES = {
    "spool-corrupt": Message("the agent's spool was damaged and set aside: keep the file, and look at the disk"),
    "spool-restored": Message("the agent's spool is an older copy: find out who restored or cloned this gateway"),
    "disk-full": Message("the agent's disk was full: make room on it; the oldest reports may have been given up"),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """A finding whose status changed; `before` is None where the finding was not known."""

    finding: Finding
    before: Status | None


def transitions(findings: tuple[Finding, ...], memory: Memory, now: datetime) -> tuple[tuple[Transition, ...], Memory]:
    """Return what to tell, and the memory that knows it was told.

    Findings that name a cause are not told: their cause is. What was not known before is told when it fails.
    """
    told: list[Transition] = []
    known: dict[str, Known] = {}
    for finding in findings:
        if finding.caused_by:
            before = memory.known.get(finding.key)
            if before:
                known[finding.key] = before
            continue
        before = memory.known.get(finding.key)
        if before is None:
            known[finding.key] = Known(finding.status, now)
            if finding.status == "fail":
                told.append(Transition(finding, None))
        elif finding.status == before.status:
            known[finding.key] = replace(before, candidate=None, seen_times=0)
        else:
            times = before.seen_times + 1 if before.candidate == finding.status else 1
            if times >= _needed(finding):
                known[finding.key] = Known(finding.status, now)
                told.append(Transition(finding, before.status))
            else:
                known[finding.key] = replace(before, candidate=finding.status, seen_times=times)
    return tuple(told), replace(memory, known=known)


def incident_told(kind: str, detail: str) -> Transition:
    """Return what the spool went through as something to tell: reports of an earlier epoch may be missing.

    Args:
        kind: `spool-corrupt` or `spool-restored`.
        detail: What was set aside, or which report showed it.
    """
    return Transition(
        Finding(
            "agent-spool", "site", "fail", "major", SPOOL_MESSAGES.get(kind, Message("the spool began a new epoch")),
            Source("camwarden", "promise 5: nothing committed is lost"), kind, {"detail": detail},
        ),
        None,
    )  # fmt: skip


def _needed(finding: Finding) -> int:
    """Return how often in a row a new status must be seen before it is told."""
    silent = finding.check == online.CHECK_ID and finding.status == "fail"
    return CONFIRMATIONS if silent or finding.status == "unknown" else 1
