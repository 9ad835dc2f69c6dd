"""Checks that a camera in public space was built by those who may: government, police, or whom they authorised.

Source: Datong Measures, article 10; State Council Order 799, article 7(1) and (3).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.claim import Broken
from agent.judge.wording.declared_words import EVIDENCE_MAX, DeclaredDuties, declared_duties, name_list
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.detail_table import OTHER_BUILDER
from agent.site.declarations.table import NONE

AUTHORITY_DUTY: Final = "install-authority"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera whose place is a public road, square or park by the authority that is declared for it."""
    found = declared_duties(check, site, now)
    if isinstance(found, Finding):
        return (found,)
    message = Message("declared ({duties})", {"duties": AUTHORITY_DUTY})
    return (found.counts(message, {}, *_barred(found)),)


def _barred(found: DeclaredDuties) -> Iterator[Broken]:
    by_nobody = [one.camera for one in found.due if one.value == NONE]
    by_others = [
        one.camera for one in found.due if found.detail(AUTHORITY_DUTY, "builder", one.camera) == OTHER_BUILDER
    ]
    barred = list(dict.fromkeys((*by_nobody, *by_others)))
    if barred:
        message = Message(
            "{cameras} hang in public space, and nobody authorised them: only government and police may build there",
            {"cameras": name_list(barred)},
            next_step="take them down, or get the authority, then camwarden declare",
        )
        yield Broken("declared authority", "no-authority", message, {"cameras": barred[:EVIDENCE_MAX]})


AUTHORITY = ruled("install-authority-declared", run)
