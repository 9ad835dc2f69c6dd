"""Builds a row of the table of checks from the shipped packs: severity, source and duty are those of the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import get_args

from agent.judge.check import Check, Looks
from agent.model.finding import Finding, Severity, Source
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped

SEVEREST_FIRST: tuple[Severity, ...] = get_args(Severity)


def ruled(
    check_id: str, run: Callable[[Check, Site, Facts, datetime], tuple[Finding, ...]], looks: Looks | None = None
) -> Check:
    """Return the check of all obligations that name it, as severe as the severest of them.

    Raises:
        LookupError: No shipped pack names the check, which is a mistake of ours.
    """
    found = [one for _, one in obligations(shipped(), check_id)]
    if not found:
        raise LookupError(f"no pack names the check {check_id}")
    places = dict.fromkeys((one.source.document, one.source.article) for one in found)
    documents = dict.fromkeys(document for document, _ in places)
    named = documents if len(documents) == 1 else [document for document, _ in places]
    source = Source("; ".join(named), "; ".join(article for _, article in places))
    severity = min((one.severity for one in found), key=SEVEREST_FIRST.index)
    return Check(check_id, run, severity, source, found[0].duty, looks or Looks())
