"""Lists facts that answering devices do not provide: one finding for the site, named as cause by other checks.

A device that does not answer has its own finding (`online.py`).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.claim import Held, own
from agent.judge.freed import Rule, freed
from agent.judge.verdict import verdict
from agent.judge.wording.fact_words import fact_word
from agent.model.finding import Finding, Json, Message, Source, listed
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.table import PROFILES, AskedProfile
from drivers.details import Accounts, Audio, Encoders, OldestLog, Uptime
from drivers.footage import Protocols
from drivers.model import Clock, Fact, Identity, Overlays, Reason

UNREAD_ID: Final = "facts-unread"
FOLDED: Final = f"{UNREAD_ID} site"
"""The key of the one finding that tells which facts are missing."""

EVIDENCE_MAX: Final = 16


def listed_overlays(facts: Facts, subject: str) -> Overlays | None:
    """Return the overlays that a camera lists; None where it lists nothing, which proves nothing."""
    overlays = facts.one(subject, Overlays)
    return overlays if overlays and (overlays.texts or overlays.time_shown is not None) else None


def time_source(facts: Facts, subject: str) -> bool | None:
    """Tell whether a device takes its time from NTP; None where it does not report it."""
    clock = facts.one(subject, Clock)
    return clock.ntp if clock else None


FactReader = Callable[[Facts, str], object]

ASKED: Final[tuple[tuple[Fact, FactReader, str, AskedProfile], ...]] = (
    ("identity", lambda facts, subject: facts.one(subject, Identity), "device", "full"),
    ("encoders", lambda facts, subject: facts.one(subject, Encoders), "camera", "full"),
    ("audio", lambda facts, subject: facts.one(subject, Audio), "camera", "technical"),
    ("overlays", listed_overlays, "camera", "technical"),
    ("protocols", lambda facts, subject: facts.one(subject, Protocols), "device", "full"),
    ("clock", time_source, "device", "technical"),
    ("accounts", lambda facts, subject: facts.one(subject, Accounts), "device", "full"),
    ("uptime", lambda facts, subject: facts.one(subject, Uptime), "device", "full"),
    ("oldest-log", lambda facts, subject: facts.one(subject, OldestLog), "device", "full"),
)
"""What the checks of this folder want that not every device tells, of what, and from which profile on it is missed."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Name every fact that an answering device does not report."""
    open_: dict[tuple[str, str], list[str]] = {}
    for fact, reason, subject in _missing(site, facts):
        open_.setdefault((fact, reason), []).append(subject)
    if not open_:
        asked = [Held(fact, own("site", "answers")) for fact in sorted(asked_facts(site))]
        return (verdict(check, "site", asked, {}, Message("devices tell all that is asked of them")),)
    rows: list[Json] = [
        {"fact": fact, "reason": reason, "count": len(subjects), "subjects": subjects[:EVIDENCE_MAX]}
        for (fact, reason), subjects in open_.items()
    ]
    told = listed(
        Message("{fact} ({count}x {reason})", {"fact": fact_word(fact), "count": len(subjects), "reason": reason})
        for (fact, reason), subjects in open_.items()
    )
    reasons = {reason for _, reason in open_}
    message = Message(
        "what devices do not tell cannot be judged: {facts}; look at the rights of the login, or take a newer firmware",
        {"facts": told},
    )
    return (
        check.finding("site", "unknown", reasons.pop() if len(reasons) == 1 else "several", {"facts": rows}, message),
    )


def fact_missing(check: Check, site: Site, facts: Facts, subject: str, fact: Fact) -> Finding:
    """Return the finding of a subject (`device:ID`, `camera:ID`) with a missing fact; never a pass."""
    if fact not in asked_facts(site):
        message = Message("the profile {profile} does not ask for it", {"profile": site.rules.profile})
        return freed(check, subject, Rule(f"profile {site.rules.profile}"), "profile", message, {"fact": fact})
    reason = missing_reason(site, facts, subject, fact)
    message = Message(
        "it does not tell {fact} ({reason}), so this cannot be judged", {"fact": fact_word(fact), "reason": reason}
    )
    return check.finding(
        subject, "unknown", reason, {"fact": fact}, message, silence_key(site, facts, subject) or FOLDED
    )


def asked_facts(site: Site) -> frozenset[Fact]:
    """Return the facts whose absence counts in the site's profile."""
    counted = PROFILES[: PROFILES.index(site.rules.profile) + 1]
    return frozenset(fact for fact, _, _, asked in ASKED if asked in counted)


def missing_reason(site: Site, facts: Facts, subject: str, fact: Fact) -> Reason:
    """Return why a fact is missing; incomplete answers count as unsupported."""
    told_less = {"overlays": facts.one(subject, Overlays), "clock": facts.one(subject, Clock)}
    if told_less.get(fact) is not None:
        return "unsupported"
    reason = facts.why_not(subject, fact).reason
    return "unsupported" if reason == "not-looked-at" and not silence_key(site, facts, subject) else reason


def silence_key(site: Site, facts: Facts, subject: str) -> str:
    """Return the key of the finding that the subject does not answer, empty where it does."""
    if subject.startswith("camera:"):
        return online.cause_of_silence(facts, subject)
    device = next(one for one in site.devices if f"device:{one.id}" == subject)
    behind = [f"camera:{one.camera.id}" for one in site.cameras if one.camera.device == device.id]
    if any(not online.cause_of_silence(facts, camera) for camera in behind) or online.answers(facts, subject):
        return ""
    return online.key_of_device(site, device)


def _missing(site: Site, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield fact, reason and subject of each missing fact of an answering subject."""
    subjects = {
        "camera": [f"camera:{one.camera.id}" for one in site.cameras],
        "device": [f"device:{one.id}" for one in site.devices],
    }
    asked = asked_facts(site)
    for fact, told, scope, _ in ASKED:
        if fact in asked:
            for subject in subjects[scope]:
                if told(facts, subject) is None and not silence_key(site, facts, subject):
                    yield fact, missing_reason(site, facts, subject, fact), subject


CHECK = Check(
    UNREAD_ID,
    run,
    "info",
    Source("camwarden", "what is not known does not pass"),
    "Devices tell what is asked of them.",
)
