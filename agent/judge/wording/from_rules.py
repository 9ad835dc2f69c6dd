"""Builds a row of the table of checks from the shipped packs: severity, source and duty are those of the rules."""

from collections.abc import Callable
from datetime import datetime
from typing import get_args

from agent.judge.check import Check, Looks
from agent.model.finding import Finding, Severity, Source, joined
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped

_DATONG = "Datong Measures on public-safety video systems (Order 61)"
_ORDER_799 = "State Council Order 799"

PRIVACY = Source(f"{_DATONG}; {_ORDER_799}", "article 5(2); article 13")
MASK_CHANGE = Source(f"{_DATONG}; {_ORDER_799}", "article 5(2); article 23(2)")
ORDER_799_OPERATION = Source(_ORDER_799, "article 15")
ORDER_799_RETENTION = Source(_ORDER_799, "article 17")
ORDER_799_INTEGRITY = Source(_ORDER_799, "article 15; article 23(5)")
ORDER_799_CAMERAS = Source(_ORDER_799, "article 23(2)")
STREAM_PROTECTION = Source(f"{_DATONG}; {_ORDER_799}", "article 5(2); article 15")
CLOCK = Source("GB/T 28181-2016; DB31/T 329.21-2019", "clause 9.10.1 (1 s); clause 4.2.5 (30 s)")
INSTALLATION = Source(f"{_DATONG}; {_ORDER_799}", "article 10; articles 7, 9")


SEVEREST_FIRST: tuple[Severity, ...] = get_args(Severity)


def ruled(
    check_id: str, run: Callable[[Check, Site, Facts, datetime], tuple[Finding, ...]], looks: Looks | None = None
) -> Check:
    """Return the check of all obligations that name it, as severe as the severest of them.

    Raises LookupError where no shipped pack names the check, which is a mistake of ours.
    """
    found = [one for _, one in obligations(shipped(), check_id)]
    if not found:
        raise LookupError(f"no pack names the check {check_id}")
    severity = min((one.severity for one in found), key=SEVEREST_FIRST.index)
    return Check(check_id, run, severity, joined(one.source for one in found), found[0].duty, looks or Looks())
