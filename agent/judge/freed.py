"""Determines that a rule or a declaration frees a subject: the only place that writes not applicable. Pure.

What a device does not tell, what is not known yet and what nobody asked for by name is unknown: `waiting` of
`agent/judge/verdict.py`. What has no subject, as the presets of a camera that cannot turn, has no finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent.judge.check import Check
from agent.model.finding import Finding, Json, Message

FREED_BY: Final = "freed_by"
"""Names in the evidence of a finding the rule or the declaration that frees its subject."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that does not ask for a check here: its condition, its deadline, its absence, or the site's profile."""

    name: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration that frees a subject: its name in site.toml, and where it has them who made it and when."""

    name: str
    by: str = ""
    at: str = ""


def freed(
    check: Check, subject: str, by: Rule | Declaration, reason: str, message: Message, evidence: Mapping[str, Json]
) -> Finding:
    """Return that a check is not due for a subject, with what frees it in the evidence.

    Raises:
        ValueError: The rule or declaration has no name.
    """
    return freed_of(check.finding(subject, "unknown", reason, evidence, message), by)


def freed_of(finding: Finding, by: Rule | Declaration) -> Finding:
    """Return a finding as not due, with what frees its subject added to its evidence.

    Raises:
        ValueError: The rule or declaration has no name.
    """
    if not by.name:
        raise ValueError(f"{finding.key}: nothing frees it")
    told = {**finding.evidence, FREED_BY: _json(by)}
    return replace(finding, status="not_applicable", evidence=told, caused_by="", rests_on=())


def _json(by: Rule | Declaration) -> Json:
    if isinstance(by, Rule):
        return {"rule": by.name}
    return {"declaration": by.name} | ({"by": by.by} if by.by else {}) | ({"at": by.at} if by.at else {})
