"""Removes the names of secret cameras from a look's result, before any table, file or paper is made from it. Pure."""

from dataclasses import replace
from typing import Any, cast

from agent.onsite.one_look.result import CheckResult
from agent.report.secret_names import hidden, secret_names, without_named, without_said
from agent.site.declarations.secret import nameless
from agent.site.declarations.standing import local_day
from agent.text.within import replaced


def without_secrets(checked: CheckResult) -> CheckResult:
    """Return the result in which secret cameras are told by their ids alone."""
    site, seen, today = checked.site, checked.seen, local_day(checked.site, checked.at)
    secret = secret_names(site, seen.facts, today)
    if not secret:
        return checked
    findings = tuple(without_said(one, secret) for one in seen.findings)
    return replace(
        checked,
        site=nameless(site, today),
        seen=replace(seen, facts=without_named(seen.facts, secret), findings=findings),
        contested=cast(Any, replaced(checked.contested, hidden(secret))),
    )
