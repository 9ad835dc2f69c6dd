"""Lists the articles that a site's profile leaves out, so that no reader takes a quiet report for a whole one. Pure."""

from collections.abc import Iterable

from agent.model.finding import Finding, Message, Source
from agent.onsite.handover.report_words import rule_text
from agent.site.config.site import Site

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
    rules = "; ".join(dict.fromkeys(rule_text(one, lang) for one in left_out(findings)))
    if not rules:
        return None
    return Message("the profile {profile} leaves out {rules}", {"profile": site.rules.profile, "rules": rules})
