"""Builds the duties of a hand-over report: what is due and was found, and what is not due and why. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from agent.judge.check import Check
from agent.judge.checks.table import CHECKS
from agent.model.finding import Basis, Finding
from agent.onsite.handover.report import ORDER, DutyPart
from agent.onsite.handover.report_words import rule_text
from agent.report.check_titles import TITLES
from agent.report.levels import basis_text, counted, counts_text
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped
from agent.text.translate import render, translate


def duties(findings: tuple[Finding, ...], known: Mapping[str, Basis], lang: str) -> tuple[DutyPart, ...]:
    """Return each check of which anything is due, in the order of the table of checks."""
    return tuple(_due(check, own, known, lang) for check, own in _by_check(findings) if not _is_idle(own))


def not_due(findings: tuple[Finding, ...], lang: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the titles of checks of which nothing is due, by the reason."""
    reasons: dict[str, list[str]] = {}
    for check, own in _by_check(findings):
        if _is_idle(own):
            reasons.setdefault(render(own[0].message, lang), []).append(translate(TITLES.get(check.id, check.id), lang))
    return tuple((why, tuple(titles)) for why, titles in reasons.items())


def duty_text(check: Check, lang: str) -> str:
    """Return a check's duty: from a pack in both languages, from the catalogue where no pack has it."""
    said = (one.says(lang) for _, one in obligations(shipped(), check.id) if one.duty == check.duty)
    return next(said, translate(check.duty, lang))


def _by_check(findings: tuple[Finding, ...]) -> Iterable[tuple[Check, list[Finding]]]:
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.check, []).append(one)
    return ((check, found[check.id]) for check in CHECKS if check.id in found)


def _is_idle(own: list[Finding]) -> bool:
    return all(one.status == "not_applicable" for one in own)


def _due(check: Check, own: list[Finding], known: Mapping[str, Basis], lang: str) -> DutyPart:
    totals = Counter(one.status for one in own)
    passed = [known[one.key] for one in own if one.status == "pass"]
    return DutyPart(
        title=translate(TITLES.get(check.id, check.id), lang),
        duty=duty_text(check, lang),
        rule=rule_text(check.source, lang),
        status=next(status for status in ORDER if totals[status]),
        totals=tuple((status, totals[status]) for status in ORDER if totals[status]),
        basis=_basis_of_passes(passed, lang),
    )


def _basis_of_passes(passed: list[Basis], lang: str) -> str:
    """Return what the passes of one duty rest on: one level with its greatest age, several with their numbers."""
    totals = counted(one.level for one in passed)
    if len(totals) != 1:
        return counts_text(totals, lang)
    ages = [one.oldest_age_s for one in passed if one.oldest_age_s is not None]
    return basis_text(Basis(next(iter(totals)), max(ages, default=None)), lang)
