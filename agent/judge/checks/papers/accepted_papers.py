"""Checks that the design was demonstrated, the system tested and accepted: the papers, their outcomes and their order.

A failed outcome can be said, and fails. A design that was demonstrated, or a system that was tested, only after its
acceptance is a breach of the past.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers.acceptance import ACCEPTANCE, not_accepted
from agent.judge.claim import Broken
from agent.judge.wording.declared_words import DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.judge.wording.past_breach import InOrder, in_order, with_notes
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.detail_table import FAILED
from agent.site.declarations.table import NONE
from agent.site.declarations.words import duties_listed

REVIEW: Final = "paper-design-review"
TEST: Final = "paper-test-report"
ACCEPTED: Final = "paper-acceptance"

FAILS: Final = {
    REVIEW: Message(
        "the design did not pass its demonstration",
        next_step="have it changed and demonstrated again before it is used",
    ),
    TEST: Message("the system did not pass its test", next_step="take it out of use, have it mended and tested again"),
    ACCEPTED: Message(
        "the system did not pass its acceptance", next_step="take it out of use until it has (Datong Measures, 14)"
    ),
}


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the three papers of article 14 by outcome and day."""
    found = declared_duties(check, site, now, REVIEW, TEST, ACCEPTED, ACCEPTANCE)
    if isinstance(found, Finding):
        return (found,)
    failed = tuple(_failed(found))
    accepted = found.value(ACCEPTANCE)
    if accepted == NONE and not failed:
        return (not_accepted(found),)
    orders = _orders(found, accepted if isinstance(accepted, date) else None)
    told: dict[str, Json] = {duty: str(found.document_day(duty) or "") or None for duty in FAILS}
    declared = Message("declared ({duties})", {"duties": duties_listed(FAILS)})
    message = with_notes(found, declared, *orders)
    return (found.counts(message, {"days": told}, *failed, *in_order(found, *orders)),)


def _failed(found: DeclaredDuties) -> Iterator[Broken]:
    for duty, message in FAILS.items():
        if found.detail(duty, "outcome") == FAILED:
            yield Broken(f"declared outcome {duty}", "failed", message)


def _orders(found: DeclaredDuties, accepted: date | None) -> tuple[InOrder, ...]:
    return (
        InOrder(
            REVIEW,
            found.document_day(REVIEW),
            accepted,
            Message("the design was demonstrated {days} days after the acceptance"),
        ),
        InOrder(
            TEST, found.document_day(TEST), accepted, Message("the system was tested {days} days after it was accepted")
        ),
    )


PAPERS = ruled("acceptance-documents", run)
