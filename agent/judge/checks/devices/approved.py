"""Checks that services, firmware and known flaws of devices are within the approved ones.

Services are those that the device lists; nothing is scanned, no login is tried. A missing declaration is one finding
for the site (`agent/judge/checks/papers/declared.py`), where the site's profile demands it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.unread import fact_missing
from agent.judge.checks.devices.whole_list import whole_list
from agent.judge.claim import Broken, Held, Open, Outcome, declared, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.declared_words import DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Message, listed
from agent.observe.facts.facts import Facts, V
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing
from agent.site.declarations.table import NONE
from drivers.footage import Protocols
from drivers.model import Fact, Identity

Grounds = tuple[Ground, ...]

INSECURE: Final = frozenset({"telnet", "ftp", "tftp", "rlogin", "rsh", "snmpv1", "snmpv2", "snmpv2c", "upnp"})
"""Services over which logins or settings travel readable, or that open doors by themselves, `_normalized`."""

HARMLESS: Final = frozenset({
    "http", "https", "rtsp", "rtsps", "rtspoverhttps", "rtspoverhttp", "websocket", "websockets", "onvif", "ssh",
    "sftp", "ntp", "snmpv3", "srtp", "rtmps", "ipv6", "devmanage", "enhancedsdk", "sdkovertls", "sdkservice",
})  # fmt: skip
"""Services that are known and not insecure in themselves, `_normalized`; `DEV_MANAGE` is Hikvision's SDK port. A person
makes any other name known by approving it."""

SERVICES: Final = "approved-services"
FIRMWARE: Final = "approved-firmware"
ADVISORIES: Final = "flawed-firmware"


_NO_SERVICES: Final = Message(
    "it does not list the service over which it answers: what it offers is not known",
    next_step="give the login the right to see the services, or look in the device",
)


def run_insecure(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device by the services it lists as enabled."""
    approved = standing(site, SERVICES, local_day(site, now)).value
    names = frozenset(map(_normalized, approved)) if isinstance(approved, tuple) else frozenset[str]()
    return _each_device(check, site, facts, Protocols, "protocols", partial(_insecure, check, names))


def _insecure(
    check: Check, approved: frozenset[str], subject: str, protocols: Protocols, told: Grounds, complete: Outcome
) -> Finding:
    running = _running(protocols)
    strange = [name for name in running if _normalized(name) not in INSECURE | HARMLESS | approved]
    open_ = [name for name in running if _normalized(name) in INSECURE]
    evidence: dict[str, Json] = {"services": list(running), "insecure": list(open_)}
    wrong = Message("{services} is switched on: switch it off in the device", {"services": listed(open_)})
    message = Message("no service that it lists is insecure ({services})", {"services": listed(running)})
    unknown = Message(
        "it offers {services}, a name that nobody knows: whether that is secure is not known",
        {"services": listed(strange)},
        next_step="switch it off, or add it to approved-services",
    )
    outcomes = [
        _listed_services(running, told),
        *each_name([name for name in running if name not in strange], open_, "insecure", wrong, told),
        *(Open(f"name {name}", "service-unknown", unknown, doubted=True) for name in strange),
        complete,
    ]
    return verdict(check, subject, outcomes, evidence, message)


def run_exposure(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device by the list of approved services."""
    return by_declared_list(check, site, facts, now, SERVICES, Protocols, "protocols", _exposed)


def _exposed(
    check: Check, approved: frozenset[str], subject: str, protocols: Protocols, told: Grounds, complete: Outcome
) -> Finding:
    running = _running(protocols)
    allowed = {_normalized(one) for one in approved}
    more = [name for name in running if _normalized(name) not in allowed]
    evidence: dict[str, Json] = {"services": list(running), "not_approved": list(more)}
    wrong = Message(
        "it offers {services}, which nobody approved: switch it off, or add it to approved-services",
        {"services": listed(more)},
    )
    rests_on = (*told, *declared("site", SERVICES))
    outcomes = [_listed_services(running, told), *each_name(running, more, "not-approved", wrong, rests_on), complete]
    return verdict(check, subject, outcomes, evidence, Message("it offers no more than what was approved"))


def run_firmware(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device whose model is in the list of approved firmware."""
    return by_declared_list(check, site, facts, now, FIRMWARE, Identity, "identity", _firmware)


def _firmware(
    check: Check, approved: frozenset[str], subject: str, identity: Identity, told: Grounds, _: Outcome
) -> Finding:
    versions = _versions(approved, identity.model)
    evidence: dict[str, Json] = {"model": identity.model, "firmware": identity.firmware, "approved": list(versions)}
    values = {"model": identity.model, "firmware": identity.firmware}
    reason = "not-approved" if versions else "model-not-listed"
    wrong = Message(
        "{model} runs the firmware {firmware}, which nobody approved: find out who changed it, or add it to "
        "approved-firmware",
        values,
    )
    outcome: Outcome = Broken("firmware", reason, wrong, mild=not versions)
    if any(_is_version(identity.firmware, version) for version in versions):
        outcome = Held("firmware", (*told, *declared("site", FIRMWARE)))
    return verdict(check, subject, [outcome], evidence, Message("it runs an approved firmware ({firmware})", values))


def run_advisories(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device by the list of firmware with known flaws."""
    return by_declared_list(check, site, facts, now, ADVISORIES, Identity, "identity", _flawed)


def _flawed(
    check: Check, flawed: frozenset[str], subject: str, identity: Identity, told: Grounds, _: Outcome
) -> Finding:
    versions = _versions(flawed, identity.model)
    evidence: dict[str, Json] = {"model": identity.model, "firmware": identity.firmware}
    if any(_is_version(identity.firmware, version) for version in versions):
        message = Message(
            "{model} runs the firmware {firmware}, which has a known flaw: install the maker's newer one",
            {"model": identity.model, "firmware": identity.firmware},
        )
        return check.finding(subject, "fail", "flawed", evidence, message)
    held = Held("firmware", (*told, *declared("site", ADVISORIES)))
    return verdict(check, subject, [held], evidence, Message("no flaw of its firmware is listed"))


def _each_device(
    check: Check,
    site: Site,
    facts: Facts,
    kind: type[V],
    fact: Fact,
    judge: Callable[[str, V, Grounds, Outcome], Finding],
) -> tuple[Finding, ...]:
    """Judge every device that reports a fact; of the others it is missing."""
    found = ((subject, facts.one(subject, kind)) for subject in (f"device:{one.id}" for one in site.devices))
    return tuple(
        fact_missing(check, site, facts, subject, fact)
        if value is None
        else judge(subject, value, grounds(facts.observed(subject, kind)), whole_list(facts, subject, kind))
        for subject, value in found
    )


def by_declared_list(
    check: Check,
    site: Site,
    facts: Facts,
    now: datetime,
    duty: str,
    kind: type[V],
    fact: Fact,
    judge: Callable[[Check, frozenset[str], str, V, Grounds, Outcome], Finding],
    *beside: str,
) -> tuple[Finding, ...]:
    """Judge every device by a declared list; without one, one finding for the site. `beside` is declared with it."""
    found = declared_duties(check, site, now, duty, *beside)
    if isinstance(found, Finding):
        return (found,)
    listed = _listed(found, duty)
    if listed is None:
        open_ = found.open()
        return (open_,) if open_ else ()
    return _each_device(check, site, facts, kind, fact, partial(judge, check, listed))


def _listed(found: DeclaredDuties, duty: str) -> frozenset[str] | None:
    value = found.value(duty)
    if value == NONE:
        return frozenset()
    return frozenset(value) if isinstance(value, tuple) else None


def _listed_services(running: tuple[str, ...], told: Grounds) -> Outcome:
    """Doubt a list without HTTP and HTTPS: it was read over one of them."""
    if any(_normalized(name).startswith("http") for name in running):
        return Held("listed", told)
    return Open("listed", "services-not-told", _NO_SERVICES, doubted=True)


def each_name(
    names: Iterable[str], wrong: Sequence[str], reason: str, message: Message, rests_on: Grounds
) -> Iterator[Outcome]:
    """Yield one obligation for each listed name, broken for each of the wrong ones."""
    for name in dict.fromkeys(names):
        yield Broken(f"name {name}", reason, message) if name in wrong else Held(f"name {name}", rests_on)


def _running(protocols: Protocols) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in protocols.protocols if one.enabled))


def _normalized(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _versions(listed: frozenset[str], model: str) -> tuple[str, ...]:
    """Return the versions that a list of `MODEL: VERSION` names for a model."""
    rows = (row.partition(":") for row in listed)
    return tuple(sorted(version.strip() for name, _, version in rows if name.strip() == model))


def _is_version(firmware: str, version: str) -> bool:
    """Tell whether a firmware is a listed version, which may omit the build."""
    return firmware == version or firmware.startswith(f"{version} ")


INSECURE_SERVICE = ruled("insecure-service", run_insecure)
EXPOSURE = ruled("network-exposure", run_exposure)
FIRMWARE_DRIFT = ruled("firmware-drift", run_firmware)
ADVISORY = ruled("product-advisory-open", run_advisories)
