"""Checks duties that a declaration or paper alone fulfils: declared where a rule demands it, and in force.

Article, severity and wording come from the rule packs; the declarations from the table of declarables, with more papers
of the same file in `WITH`.
"""

from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.wording.declared_words import all_none, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.table import DECLARABLES
from agent.site.declarations.words import duties_listed

WITH: Final = {
    "archive-complete": ("paper-design", "paper-test-report", "paper-acceptance"),
}
"""Papers of other duties that a check rests on as well."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge one duty for the whole site."""
    own = tuple(row.id for row in DECLARABLES if row.check == check.id)
    found = declared_duties(check, site, now, *own, *WITH.get(check.id, ()))
    if isinstance(found, Finding):
        return (found,)
    declared = Message("declared ({duties})", {"duties": duties_listed(one.duty.id for one in found.due)})
    return (found.open() or all_none(found) or found.counts(declared),)


SCOPE = ruled("scope-declared", run)
SECRECY = ruled("secrecy-scope-declared", run)
ORGAN = ruled("supervising-organ-declared", run)
NATIONAL_CLASS = ruled("national-class-declared", run)
PLACE = ruled("place-category-declared", run)
SIGNAGE = ruled("signage-declared", run)
NEIGHBOUR = ruled("secret-neighbour-consent", run)
CERTIFICATES = ruled("device-cert-declared", run)
OUTSOURCING = ruled("outsourcing-agreement", run)
FILING_PAPERS = ruled("filing-documents-complete", run)
ARCHIVE = ruled("archive-complete", run)
