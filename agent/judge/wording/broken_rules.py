"""Adds to what fails or warns the rules that it breaks, where only the site has their text or a confirmation. Pure.

A hub has the shipped packs, and so knows their words. Those of a house, and of a city's own pack, it learns from the
finding itself; and whether somebody held the rule against the official wording nobody else can know. Where nobody did,
a finding is a technical indication (`is_indication`): it says what was measured, and by which reading of the rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from agent.model.finding import Finding, Json, Listed, Message, Source
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.rules.pack import Obligation, cited, in_effect
from agent.site.rules.read import shipped

BROKEN_RULES: Final = "broken_rules"
"""Names in the evidence of a finding the rules that it breaks."""

RULES_MOST: Final = 8


def with_broken_rules(site: Site, findings: tuple[Finding, ...], now: datetime) -> tuple[Finding, ...]:
    """Return the findings; what fails or warns has the rules that it breaks in its evidence, where they are told."""
    today = local_day(site, now)

    @cache
    def told(check: str, source: Source) -> tuple[Json, ...]:
        rows = (row for pair in source.pairs() for row in _rows(site, check, Source(*pair), today))
        return tuple(rows)[:RULES_MOST]

    def add(one: Finding) -> Finding:
        rows = told(one.check, one.source) if one.status in ("fail", "warn") else ()
        return replace(one, evidence={**one.evidence, BROKEN_RULES: list(rows)}) if rows else one

    return tuple(add(one) for one in findings)


def is_indication(document: str, article: str, evidence: Mapping[str, Any]) -> bool:
    """Tell whether a finding is a technical indication alone: not every rule that it names was confirmed."""
    confirmed = {(row["document"], row["article"]) for row in broken_rules(evidence) if row.get("confirmed_by")}
    return not set(Source(document, article).pairs()) <= confirmed


def standing(finding: Finding) -> Message | None:
    """Return how far what fails or warns stands for a breach of its rules; None for any other finding."""
    if finding.status not in ("fail", "warn"):
        return None
    source = finding.source
    if is_indication(source.document, source.article, finding.evidence):
        return Message("technical indication")
    rows = broken_rules(finding.evidence)
    words = {f"{row['confirmed_by']}, {row['confirmed_on']}": None for row in rows if "confirmed_on" in row}
    return Message("rule confirmed by {who}", {"who": Listed(tuple(words), "; ")})


def places_zh(evidence: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return how the rules in the evidence of a finding are cited in Chinese, by document and article."""
    return {
        (row["document"], row["article"]): cited(row["document_zh"], row.get("article_zh", ""))
        for row in broken_rules(evidence)
        if "document_zh" in row
    }


def broken_rules(evidence: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return the rules in the evidence of a finding, whoever reported it; rows of another form are none."""
    rows = evidence.get(BROKEN_RULES)
    given = rows[:RULES_MOST] if isinstance(rows, list | tuple) else ()
    return [
        row for row in given
        if isinstance(row, Mapping) and all(isinstance(text, str) for text in row.values())
        and {"document", "article", "duty"} <= set(row)
    ]  # fmt: skip


def _rows(site: Site, check: str, source: Source, today: date) -> Iterator[Json]:
    """Yield the obligations of one article: those of the check, else those that set a figure for it."""
    ours = {pack.digest for pack in shipped()}
    there = [
        (pack, one) for pack in site.packs for one in pack.obligations
        if one.source == source and in_effect(one, today)
    ]  # fmt: skip
    of_check = [(pack, one) for pack, one in there if one.check == check] or there
    all_confirmed = all(one.is_confirmed(today) for _, one in of_check)
    for pack, one in of_check:
        if pack.digest not in ours:
            yield _row(f"{pack.id}/{one.id}", one, confirmed=all_confirmed)


def _row(name: str, one: Obligation, *, confirmed: bool) -> Json:
    row: dict[str, Json] = {
        "rule": name,
        "document": one.source.document,
        "article": one.source.article,
        "document_zh": one.document_zh,
        "article_zh": one.article("zh_CN"),
        "duty": one.duty,
        "duty_zh": one.duty_zh,
    }
    if confirmed and one.confirmed_on is not None:
        row |= {"confirmed_by": one.confirmed_by, "confirmed_on": one.confirmed_on.isoformat()}
    return row
