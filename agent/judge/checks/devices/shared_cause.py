"""Checks for devices or cameras that vanished together: one finding, which theirs name as cause."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agent.judge.check import Check, Looks
from agent.judge.checks.devices import online
from agent.model.finding import Finding, Json, Message, Source, Status
from agent.observe.facts.facts import Facts
from agent.observe.inventory import common_causes
from agent.site.config.site import Site

EVIDENCE_MAX: Final = 16

POWER: Final = Message(
    "all {count} devices vanished and the gateway has just booted: look at the power supply of the site"
)
NETWORK: Final = Message(
    "{count} devices or cameras vanished together ({where}): look at their switch, cable and power"
)


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the site: one finding, however many vanished."""
    found = common_causes.vanished_groups(site, facts)
    if not found:
        status: Status = (
            "pass" if any(online.answers(facts, f"device:{one.id}") for one in site.devices) else "not_applicable"
        )
        return (check.finding("site", status, "", {}, Message("nothing vanished together")),)
    members = [key.partition(" ")[2] for group in found for key in group.members]
    evidence: dict[str, Json] = {
        "groups": [{"where": group.where, "count": len(group.members), "why": group.why} for group in found],
        "members": members[:EVIDENCE_MAX],
        "why": found[0].why,
    }
    values: dict[str, str | int | float] = {"count": len(members), "where": ", ".join(group.where for group in found)}
    power = found[0].fault_class == "power"
    message = Message((POWER if power else NETWORK).template, values)
    return (check.finding("site", "fail", "power" if power else "network-group", evidence, message),)


CHECK = Check(
    common_causes.SHARED_ID,
    run,
    "critical",
    Source("camwarden", "one cause is one finding"),
    "What fails together is told once.",
    Looks(fail=2, recover=2),
)
