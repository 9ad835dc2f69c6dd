"""Checks that each firm held its qualification when it did its part: design, building, maintenance.

Which certificates the state prescribes is not judged: their class is declared. A certificate is never told genuine.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers.acceptance import ACCEPTANCE, DESIGN
from agent.judge.claim import Broken
from agent.judge.wording.declared_words import DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.judge.wording.past_breach import InOrder, in_order, with_notes
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.table import NONE
from agent.site.declarations.words import duties_listed, duty_word

DESIGNED: Final = "contractor-design"
BUILT: Final = "contractor-build"
MAINTAINS: Final = "contractor-maintenance"
ROLES: Final = (DESIGNED, BUILT, MAINTAINS)
UNTIL: Final = "certificate-until"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the three roles by class and end of their qualification."""
    found = declared_duties(check, site, now, *ROLES, DESIGN, ACCEPTANCE)
    if isinstance(found, Finding):
        return (found,)
    orders = _orders(found)
    declared = Message("declared ({duties})", {"duties": duties_listed(ROLES)})
    message = with_notes(found, declared, *orders)
    return (found.counts(message, {}, *_unqualified(found), *in_order(found, *orders)),)


def _unqualified(found: DeclaredDuties) -> Iterator[Broken]:
    for duty in ROLES:
        if found.detail(duty, "class") == NONE:
            message = Message(
                "a firm has no qualification ({duty})",
                {"duty": duty_word(duty)},
                next_step="have another firm do it, or declare not-prescribed where the state asks for none",
            )
            yield Broken(f"declared class {duty}", "no-qualification", message)
    ended = found.detail_day(MAINTAINS, UNTIL)
    if ended is not None and ended < found.today:
        message = Message(
            "the qualification of the firm that maintains the system ended on {day}",
            {"day": ended.isoformat()},
            next_step="ask for the new certificate, then camwarden declare, or have another firm maintain it",
        )
        yield Broken(f"declared end {MAINTAINS}", "qualification-ended", message)


def _orders(found: DeclaredDuties) -> tuple[InOrder, ...]:
    """Return that design and building fell within the time of the firm's certificate."""
    accepted = found.value(ACCEPTANCE)
    day = accepted if not isinstance(accepted, str | bool | int | float | tuple) else None
    return (
        InOrder(
            DESIGNED,
            found.document_day(DESIGN),
            found.detail_day(DESIGNED, UNTIL),
            Message("the system was designed {days} days after the certificate of its designer had ended"),
        ),
        InOrder(
            BUILT,
            day,
            found.detail_day(BUILT, UNTIL),
            Message("the system was accepted {days} days after the certificate of its builder had ended"),
        ),
    )


CONTRACTORS = ruled("contractor-qualification", run)
