"""Defines drills: a person provokes a fault of one camera, by name and for minutes, and it counts as a drill. Pure.

A drill is a positive control: the fault is found, and its recovery. While it lasts, what it provokes is not due, freed
by that person's word; it makes no event, episode or figure. Everything else is judged as ever: other cameras, other
checks, other reasons of these checks, and what was not well before. What stays after its end is a finding.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.freed import Declaration, freed_of
from agent.judge.memory.exercises import EXERCISES, FREED_BY, Outcome
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.inventory.owners import NOBODY, Owner

MOST: Final = timedelta(minutes=30)
"""How long a drill may last, whatever its note says."""
REST: Final = timedelta(minutes=30)
"""How long a camera is judged as ever before the same drill begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill of `by` on `subject` (`camera:ID`) from `start_at` until before `until`. Times are aware UTC.

    `ended_at`: when it was over, None while it lasts, and where nobody ended it. `found`: its check and reason.
    """

    exercise: str
    subject: str
    start_at: datetime
    until: datetime
    by: str
    at: datetime
    found_at: datetime | None = None
    found: str = ""
    recovered_at: datetime | None = None
    ended_at: datetime | None = None
    owner: Owner = NOBODY

    @property
    def end(self) -> datetime:
        """When it is over at the latest."""
        return min(self.ended_at or self.until, self.until, self.start_at + MOST)

    def lasts(self, from_at: datetime, to_at: datetime) -> bool:
        """Return whether it was in force at any time of a look."""
        return self.start_at <= to_at and from_at < self.end

    def outcome(self, now: datetime) -> Outcome:
        """Return what came of it."""
        if self.recovered_at is not None:
            return "recovered"
        if self.ended_at is None and now < self.end:
            return "under-way"
        if self.found_at is not None:
            return "not-recovered"
        return "not-found" if self.ended_at is not None and self.ended_at >= self.until else "broken-off"


def is_provoked(exercise: str, finding: Finding) -> bool:
    """Return whether a finding is one that the exercise provokes."""
    reasons = EXERCISES[exercise].provokes.get(finding.check)
    if reasons is None or finding.status not in ("fail", "warn"):
        return False
    return finding.reason in reasons if reasons else finding.status == "fail"


def provoked(exercise: str, subject: str, findings: Iterable[Finding]) -> Finding | None:
    """Return the finding that shows a provoked fault, the cause of others first; None where nothing is found."""
    found = [one for one in findings if one.subject == subject and is_provoked(exercise, one)]
    return min(found, key=lambda one: bool(one.caused_by), default=None)


def not_well(exercise: str, subject: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings for which a drill cannot begin, or has not recovered: proofs that do not pass, and faults."""
    ours = [one for one in findings if one.subject == subject]
    proof = [one for one in ours if one.check in EXERCISES[exercise].proof]
    return tuple(one for one in proof if one.status != "pass") + tuple(
        one for one in ours if one not in proof and is_provoked(exercise, one)
    )


def is_judged(exercise: str, subject: str, findings: Iterable[Finding]) -> bool:
    """Return whether a look judged everything that proves the exercise."""
    checks = {one.check for one in findings if one.subject == subject}
    return checks >= set(EXERCISES[exercise].proof)


def set_aside(
    findings: Iterable[Finding], drills: Iterable[Drill], open_keys: frozenset[str], from_at: datetime, to_at: datetime
) -> tuple[Finding, ...]:
    """Return the findings of a look with what drills in force provoked as not due, freed by the drill.

    Args:
        findings: Those of the look.
        drills: All known ones.
        open_keys: Keys of open episodes: what was not well before is no drill.
        from_at: When the look began.
        to_at: When it ended.
    """
    there = [one for one in drills if one.lasts(from_at, to_at)]
    return tuple(_aside(one, there) if one.key not in open_keys else one for one in findings)


def is_set_aside(finding: Finding) -> bool:
    """Return whether a drill provoked a finding."""
    freed_by = finding.evidence.get("freed_by")
    return isinstance(freed_by, dict) and freed_by.get("declaration") == FREED_BY


def drill_json(drill: Drill, now: datetime) -> dict[str, Json]:
    """Return a drill as reports and `--json` have it; what has not happened is null."""
    return {
        "exercise": drill.exercise,
        "subject": drill.subject,
        "by": drill.by,
        "from": utc_text(drill.start_at),
        "until": utc_text(drill.end),
        "outcome": drill.outcome(now),
        "found": drill.found or None,
        "found_at": utc_text(drill.found_at) if drill.found_at else None,
        "recovered_at": utc_text(drill.recovered_at) if drill.recovered_at else None,
    }


def _aside(finding: Finding, drills: list[Drill]) -> Finding:
    for one in drills:
        if one.subject == finding.subject and is_provoked(one.exercise, finding):
            message = Message("a drill of {by}: {found}", {"by": one.by, "found": finding.message})
            told: dict[str, Json] = {"found": finding.status, "found_reason": finding.reason}
            drilled = replace(finding, reason=FREED_BY, message=message, evidence=told)
            return freed_of(drilled, Declaration(FREED_BY, one.by, utc_text(one.start_at)))
    return finding
