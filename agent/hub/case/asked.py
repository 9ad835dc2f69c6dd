"""Lists the rules that a case is about, those that findings name as broken, each with what it asks in both languages.

What a rule of a house or a city asks stands in the findings themselves; of a shipped rule it is what this hub has of
it. A rule that nobody knows here is named as it was reported, and nothing is said in its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agent.hub.domain.rows.reports import Finding, evidence_of
from agent.judge.checks.table import CHECKS
from agent.judge.wording.broken_rules import broken_rules
from agent.model.finding import Json, Source
from agent.site.duties.limits import SETTINGS
from agent.site.rules.pack import cited, obligations, place_in
from agent.site.rules.read import shipped
from agent.text.translate import translate

LANGUAGES: Final = ("en", "zh_CN")


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule as the reports name it, its place and duty by language; `by` is empty where nobody confirmed it."""

    document: str
    article: str
    place: tuple[str, str]
    duty: tuple[str, str]
    by: str = ""
    on: str = ""


def asked(check: str, told: Iterable[Finding]) -> tuple[Asked, ...]:
    """Return the rules of the findings that fail or warn; where none does, those of all."""
    findings = [one for one in told if one.check == check]
    breaches = [one for one in findings if one.status in ("fail", "warn")] or findings
    rules: dict[tuple[str, str], Asked] = {}
    for one in breaches:
        for place in Source(one.document, one.article).pairs():
            if any(place) and (place not in rules or not rules[place].by):
                rules[place] = _asked(check, *place, one)
    return tuple(rules[place] for place in sorted(rules))


def duty_json(check: str, rules: Iterable[Asked]) -> dict[str, Json]:
    """Return what the rules ask together, by language; where none of them says it, what the check asks."""
    told = [one.duty for one in rules if any(one.duty)]
    told = told or [_spoken(row.duty) for row in CHECKS if row.id == check]
    return {lang: " ".join(duty[number] for duty in told) for number, lang in enumerate(LANGUAGES)}


def asked_json(one: Asked) -> dict[str, Json]:
    """Return a rule for `rules.json`."""
    told: dict[str, Json] = {"document": one.document, "article": one.article}
    told |= {"place": dict(zip(LANGUAGES, one.place, strict=True)), "duty": dict(zip(LANGUAGES, one.duty, strict=True))}
    return told | ({"confirmed_by": one.by, "confirmed_on": one.on} if one.by else {})


def _asked(check: str, document: str, article: str, finding: Finding) -> Asked:
    told = broken_rules(evidence_of(finding.evidence))
    rows = [row for row in told if (row["document"], row["article"]) == (document, article)]
    if rows:
        duty, duty_zh = (" ".join(row.get(name, row["duty"]) for row in rows) for name in ("duty", "duty_zh"))
        title = rows[0].get("document_zh", document)
        place = (f"{document}, {article}", cited(title, rows[0].get("article_zh", "")))
        return Asked(document, article, place, (duty, duty_zh), rows[0].get("confirmed_by", ""),
                     rows[0].get("confirmed_on", ""))  # fmt: skip
    if document == SETTINGS:
        duty = "The site, or its hub for it, has set this for itself; no rule asks for it."
        place = (f"{document}, {article}", f"{translate(document, 'zh_CN')} {article}")
        return Asked(document, article, place, _spoken(duty))
    return _shipped_rule(check, document, article)


@lru_cache(maxsize=1024)
def _shipped_rule(check: str, document: str, article: str) -> Asked:
    """Return a rule as the shipped packs have it: each duty of each pack is looked at, and a case names few rules."""
    english, chinese = (place_in(document, article, shipped(), lang) for lang in LANGUAGES)
    return Asked(document, article, (english, chinese), _duty(check, document, article))


def _duty(check: str, document: str, article: str) -> tuple[str, str]:
    """Return what a shipped rule asks, in the name of its check first; else what the check itself asks."""
    there = [one for _, one in obligations(shipped()) if one.source == Source(document, article)]
    of_it = [one for one in there if one.check == check] or [one for one in there if one.parameters]
    if of_it:
        return " ".join(one.duty for one in of_it), "".join(one.duty_zh for one in of_it)
    row = next((one for one in CHECKS if one.id == check and (document, article) in one.source.pairs()), None)
    return _spoken(row.duty) if row is not None else ("", "")


def _spoken(text: str) -> tuple[str, str]:
    return text, translate(text, "zh_CN")
