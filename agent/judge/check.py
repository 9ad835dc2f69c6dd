"""Defines a row of the table of checks, and how long a new status must last to count. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.model.finding import Finding, Json, Message, Severity, Source, Unproven
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site


@dataclass(frozen=True, slots=True)
class Looks:
    """How many looks in a row must show a new status before it counts; other statuses count at once.

    `recover`: how many must show pass or not applicable before it counts as repaired.
    """

    fail: int = 1
    unknown: int = 3
    recover: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table of checks.

    `run` is pure: configuration, facts of this cycle and time to findings. `duty`: the rule's demand in one sentence.
    `looks`: how long a new status must last to count. `at`: the time for which a run of it judges, by which evidence is
    too old; None in the table.
    """

    id: str
    run: Callable[[Check, Site, Facts, datetime], tuple[Finding, ...]]
    severity: Severity
    source: Source
    duty: str
    looks: Looks = Looks()
    at: datetime | None = None

    def finding(
        self,
        subject: str,
        status: Unproven,
        reason: str,
        evidence: Mapping[str, Json],
        message: Message,
        caused_by: str = "",
    ) -> Finding:
        """Return a finding of this check, with its severity and source."""
        return Finding(self.id, subject, status, self.severity, message, self.source, reason, evidence, caused_by)
