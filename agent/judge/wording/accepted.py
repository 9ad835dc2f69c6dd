"""Marks unknown findings that a person accepted by name until a day: they stay unknown, and are no open item. Pure.

What was accepted of one box does not hold for the box that replaces it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from agent.judge.wording.held import is_held, place_of
from agent.model.finding import ACCEPTED, Finding, Message
from agent.observe.facts.facts import Facts
from agent.observe.facts.serials import serial_of
from agent.observe.facts.sightings import BoxMark, digest, mark_of
from agent.site.config.site import Site
from agent.site.declarations.accepted import ACCEPTABLE, Accepted, in_force
from agent.site.declarations.standing import local_day
from drivers.details import Interfaces
from drivers.model import Identity


def mark_accepted(site: Site, facts: Facts, findings: Iterable[Finding], now: datetime) -> tuple[Finding, ...]:
    """Return the findings, with the person's word at each that is accepted on the site's local day."""
    return tuple(_marked(site, facts, one, now) for one in findings)


def _marked(site: Site, facts: Facts, finding: Finding, now: datetime) -> Finding:
    if not site.accepted or finding.caused_by or finding.reason not in ACCEPTABLE or not is_held(finding):
        return finding
    place = place_of(site, finding)
    device = place.removeprefix("device:") if place != "site" else ""
    word = in_force(site.accepted, finding.reason, device, local_day(site, now))
    if word is None or (device and not _is_same_box(facts, place, word)):
        return finding
    message = Message(
        "{what}; {by} accepted it until {until} ({why})",
        {"what": finding.message, "by": word.by, "until": word.until.isoformat(), "why": word.why},
    )
    told = {"by": word.by, "why": word.why, "at": word.at.isoformat(), "until": word.until.isoformat()}
    return replace(finding, evidence={**finding.evidence, ACCEPTED: told}, message=message)


def _is_same_box(facts: Facts, place: str, word: Accepted) -> bool:
    """Tell whether the box that answers, or that answered last, is the one that was meant."""
    known = facts.remembered.identities.get(place.removeprefix("device:"))
    identity = facts.one(place, Identity)
    mark: BoxMark | None = known.answering if known is not None else None
    if identity is not None:
        mark = mark_of(identity, facts.one(place, Interfaces))
    meant = {digest(serial_of(word.box)), digest(word.box.lower().replace("-", ":"))}
    return mark is not None and not meant.isdisjoint({mark.serial, *mark.macs} - {""})
