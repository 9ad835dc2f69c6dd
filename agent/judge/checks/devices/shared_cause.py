"""Checks for devices or cameras that vanished together: one finding, which theirs name as cause."""

from datetime import datetime
from typing import Final

from agent.judge.check import Check, Looks
from agent.judge.checks.devices import online
from agent.judge.claim import Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.model.finding import Finding, Json, Message, Source, listed
from agent.observe.facts.facts import Facts
from agent.observe.inventory import common_causes
from agent.site.config.site import Site
from drivers.model import Identity, Services

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
        return (_none_vanished(check, site, facts),) if site.devices else ()
    members = [key.partition(" ")[2] for group in found for key in group.members]
    evidence: dict[str, Json] = {
        "groups": [{"where": group.where, "count": len(group.members), "why": group.why} for group in found],
        "members": members[:EVIDENCE_MAX],
        "why": found[0].why,
    }
    values = {"count": len(members), "where": listed(group.where for group in found)}
    power = found[0].fault_class == "power"
    message = Message((POWER if power else NETWORK).template, values)
    return (check.finding("site", "fail", "power" if power else "network-group", evidence, message),)


def _none_vanished(check: Check, site: Site, facts: Facts) -> Finding:
    message = Message("nothing vanished together")
    answers = [one for device in site.devices for one in facts.observed(f"device:{device.id}", Identity, Services)]
    outcome: Outcome = Held("answers", grounds(answers)) if answers else _silence(site)
    return verdict(check, "site", [outcome], {}, message)


def _silence(site: Site) -> Open:
    """Return that no device answered: a single device that is silent has vanished alone, and has its own finding."""
    message = Message("whether anything vanished together is not known: no device has answered")
    return Open("answers", "not-looked-at", message, caused_by=online.key_of_device(site, site.devices[0]))


CHECK = Check(
    common_causes.SHARED_ID,
    run,
    "critical",
    Source("camwarden", "one cause is one finding"),
    "What fails together is told once.",
    Looks(fail=2, recover=2),
)
