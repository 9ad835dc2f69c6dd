"""Checks that a device's configuration and clock survive a restart, as after a loss of power.

Judged where a device reports its uptime, from looks before and after the start (`agent/observe/facts/restarts.py`).
Later changes are judged elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.unread import fact_missing
from agent.judge.claim import Broken, Held, Open, Outcome, own
from agent.judge.verdict import verdict
from agent.judge.wording.declared_words import NAMED_MAX
from agent.judge.wording.fact_words import fact_word
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Listed, Message, first_of, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.facts.restarts import Restart, RunningDevice
from agent.site.config.site import Site
from drivers.details import Uptime

EVIDENCE_MAX: Final = 16
_FIRMWARE: Final = "firmware"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the last start of each device, for a month; no finding where there is none.

    Source: GB 50395-2007, clause 5.0.4(3).
    """
    found = [_device(check, site, facts, device.id) for device in site.devices]
    return tuple(one for one in found if one is not None and one.status != "not_applicable")


def _device(check: Check, site: Site, facts: Facts, device: str) -> Finding | None:
    """Return the finding of one device, None where it is known not to have restarted."""
    subject = f"device:{device}"
    known = facts.remembered.running.get(device)
    if known is not None and known.restart is not None:
        return _restarted(check, site, subject, known, known.restart)
    told = known is not None and facts.one(subject, Uptime) is not None
    return None if told else fact_missing(check, site, facts, subject, "uptime")


def _part(changed: str) -> Listed:
    """Return a part of the configuration, such as `masks camera:gate`, as a value of a message."""
    part, _, subject = changed.partition(" ")
    return Listed((fact_word(part), *((subject,) if subject else ())), " ")


def _restarted(check: Check, site: Site, subject: str, known: RunningDevice, restart: Restart) -> Finding:
    compared, changed = known.compared(), known.changed()
    evidence: dict[str, Json] = {"restarted_at": utc_text(restart.at), "compared": len(compared)}
    values = {"at": utc_text(restart.at)}
    outcomes: list[Outcome] = []
    if changed:
        evidence["changed"] = [
            {"part": part, "before": restart.before[part], "after": restart.after[part]}
            for part in changed[:EVIDENCE_MAX]
        ]
        outcomes.append(_changed(changed, values))
    if known.clock_lost():
        message = Message("it started anew at {at}, and its clock was lost: look at its battery", values)
        outcomes.append(Broken("clock", "clock-lost", message, caused_by=f"clock-offset {subject}"))
    untold = Message("it started anew at {at}; what it is configured to be was not seen before and after", values)
    if not compared:
        outcomes.append(Open("configuration", "not-compared", untold))
        return verdict(check, subject, outcomes, evidence, untold)
    # What was told before must be told again: a device whose masks are gone from its answers is not what it was.
    subjects = {f"device:{one.id}" for one in site.devices} | {f"camera:{one.camera.id}" for one in site.cameras}
    for part in restart.before:
        if part in compared and part not in changed:
            outcomes.append(Held(part, own(subject, "restart", restart.at)))
        elif part not in compared and part.partition(" ")[2] in subjects:
            outcomes.append(Open(part, "not-compared", untold, {"missing": [part]}, doubted=True))
    message = Message("it started anew at {at} and is what it was before", values)
    return verdict(check, subject, outcomes, evidence, message)


def _changed(changed: Sequence[str], values: Mapping[str, object]) -> Broken:
    """Return that a configuration is another one: an update may change it, a restart may not."""
    parts = {**values, "parts": first_of([_part(one) for one in changed], NAMED_MAX)}
    if any(part.startswith(_FIRMWARE) for part in changed):
        message = Message("it was updated and started anew at {at}; {parts} are not what they were", parts)
        return Broken("changed", "updated", message, mild=True)
    message = Message(
        "it started anew at {at}, and {parts} are not what they were: put them right, and look at its battery and "
        "its storage; where somebody changed them on purpose, acknowledge it: camwarden findings ack",
        parts,
    )
    return Broken("changed", "configuration-lost", message)


CHECK = ruled("config-survives-reboot", run)
