"""Builds the lines on what was late or out of order, each with its days, for papers apart from all that is open. Pure.

Decides that such a line asks nobody for an act at the site: it is over, and an authority's note ends it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from agent.judge.wording.past_breach import BREACH
from agent.model.finding import PAST_BREACH, Finding
from agent.onsite.handover.report import PastPart


def is_past(finding: Finding) -> bool:
    """Tell whether a finding warns of what is over, and is no open warning."""
    return finding.reason == PAST_BREACH and not finding.caused_by


def past_parts(
    findings: Iterable[Finding], say: Callable[[Finding], str], rule: Callable[[Finding], str]
) -> tuple[PastPart, ...]:
    """Return what was late or out of order, in the order of the findings.

    `say` renders the sentence of a finding, `rule` the rules behind it. What an operator would have to type for the
    note is left out of the sentence: it stands in `camwarden findings`.
    """
    return tuple(_part(one, say, rule) for one in findings if is_past(one))


def _part(one: Finding, say: Callable[[Finding], str], rule: Callable[[Finding], str]) -> PastPart:
    told = one.evidence.get(BREACH)
    days: Mapping[str, object] = told if isinstance(told, Mapping) else {}
    return PastPart(
        text=say(replace(one, message=replace(one.message, next_step=""))),
        happened=str(days.get("happened") or ""),
        was_due=str(days.get("was_due") or ""),
        rule=rule(one),
    )
