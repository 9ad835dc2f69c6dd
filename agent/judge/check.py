"""Defines a row of the table of checks, and how long a new status must last to count. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.model.finding import Finding, Json, Message, Severity, Source, Unproven
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day
from agent.site.duties.limits import Limit, limit, limit_of_rules


@dataclass(frozen=True, slots=True)
class Looks:
    """How many looks in a row must show a new status before it counts; other statuses count at once.

    `recover`: how many must show pass or not applicable before it counts as repaired.
    """

    fail: int = 1
    warn: int = 1
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
        source: Source | None = None,
    ) -> Finding:
        """Return a finding of this check, with its severity, and its source or the rules that are broken."""
        rule = source or self.source
        return Finding(self.id, subject, status, self.severity, message, rule, reason, evidence, caused_by)

    def limit(self, site: Site, name: str, now: datetime, camera: CameraConfig | None = None) -> Limit:
        """Return a figure of `[policy]` as it holds here for what this check judges."""
        return limit(site, self.id, self.source, name, local_day(site, now), camera)

    def limit_of_rules(self, site: Site, name: str, now: datetime) -> Limit | None:
        """Return a figure that only the rules of this check set, None where none of them does."""
        return limit_of_rules(site, self.id, self.source, name, local_day(site, now))
