"""Lists the articles that a site's profile leaves out, so that no reader takes a quiet report for a whole one. Pure."""

import re
from collections.abc import Iterable

from agent.model.finding import Finding, Message, Source
from agent.onsite.handover.report_words import rule_parts
from agent.site.config.site import Site
from agent.text.translate import together

BY_PROFILE = "profile"
"""The reason of what the profile frees."""


def left_out(findings: Iterable[Finding]) -> tuple[Source, ...]:
    """Return the sources of the checks that the profile frees, each once, but for those that another check judges."""
    found = tuple(findings)
    judged = {one.source for one in found if one.status != "not_applicable"}
    freed = (one.source for one in found if one.status == "not_applicable" and one.reason == BY_PROFILE)
    return tuple(dict.fromkeys(source for source in freed if source not in judged))


def left_out_text(site: Site, findings: Iterable[Finding], lang: str) -> Message | None:
    """Return one sentence with the articles as a reader of `lang` looks them up, None where nothing is left out."""
    articles: dict[str, list[str]] = {}
    for source in left_out(findings):
        for document, article in rule_parts(source, lang):
            listed = articles.setdefault(document, [])
            listed += [article] if article not in (*listed, "") else []
    if not articles:
        return None
    rules = together(
        (f"{document} {_together(listed, lang)}".strip() for document, listed in articles.items()), lang, "; "
    )
    return Message("the profile {profile} leaves out {rules}", {"profile": site.rules.profile, "rules": rules})


def _together(articles: list[str], lang: str) -> str:
    """Return articles of one document after one another, the word `article` once."""
    plain = [one.removeprefix("article ") for one in articles]
    if len(articles) > 1 and all(one.startswith("article ") for one in articles):
        ordered = sorted(plain, key=_number)
        return f"articles {together(ordered, lang)}"
    return together(articles, lang)


def _number(article: str) -> tuple[int, str]:
    digits = re.match(r"[0-9]+", article)
    return int(digits[0]) if digits else 0, article
