"""Marks findings not due (or unknown) where no rule binds the site: once, for every check. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.judge.freed import Rule, freed_of
from agent.judge.wording.declared_words import FOLDED
from agent.model.finding import Finding, Message, Source
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.duties.applies import Due, due

ALWAYS_REPORTED: Final = frozenset(
    {"camera-online", "gateway-health", "hub-delivery", "hub-certificate", "report-signed"}
)
"""Preconditions of every judgement: reported at every site, but as a rule's only where one binds."""

OWN_SOURCE: Final = Source("camwarden", "what cannot be seen or told cannot be judged")


def mark_not_due(site: Site, findings: tuple[Finding, ...], now: datetime) -> tuple[Finding, ...]:
    """Return the findings as they bind the site.

    Where no rule demands a check it is not applicable, with the reason. Where that rests on a missing declaration a
    fail or warning is unknown, and the missing declaration is the cause.

    Source: State Council Order 799, articles 9(2) and 33.
    """
    today = local_day(site, now)
    known = {check: due(site, check, today) for check in {one.check for one in findings}}
    return tuple(_mark(one, known[one.check]) for one in findings)


def _mark(finding: Finding, how: Due) -> Finding:
    if how.is_due:
        return finding
    if finding.check in ALWAYS_REPORTED:
        return replace(finding, source=OWN_SOURCE)
    if how.is_due is False:
        if finding.status == "not_applicable":
            return finding
        message = Message("no rule asks for it here ({why})", {"why": how.why})
        told = {"why": str(how.why), "rules": list(how.rules)}
        exempt = replace(finding, reason="exempt", evidence=told, message=message)
        return freed_of(exempt, Rule(", ".join(how.rules) or str(how.why)))
    if finding.status not in ("fail", "warn"):
        return finding
    message = Message(
        "whether a rule asks for it here is not known ({why})", {"why": how.why}, next_step="camwarden declare"
    )
    found = {**finding.evidence, "found": finding.status, "found_reason": finding.reason, "rules": list(how.rules)}
    cause = finding.caused_by or FOLDED
    return replace(finding, status="unknown", reason="not-declared", evidence=found, message=message, caused_by=cause)
