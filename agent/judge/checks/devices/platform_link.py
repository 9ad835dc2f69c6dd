"""Checks the link to the police platform (GB/T 28181), where it is declared.

Judged on self-tests, in which a picture came through the interface (seen), else on what recorders report of their own
link (told). Codes, times and pictures are judged in `platform_settings.py`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.checks.papers.upkeep import NOT_READ
from agent.judge.claim import Held, grounds
from agent.judge.verdict import waiting
from agent.judge.wording.declared_words import EVIDENCE_MAX, DeclaredDuties, declared_duties, name_list, rules_in_effect
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Message, utc_text
from agent.observe.facts.factory_logins import box_of
from agent.observe.facts.facts import Facts
from agent.observe.facts.link_tests import COUNTS_FOR, LinkTest
from agent.site.config.site import CameraConfig, Site
from drivers.footage import PlatformLink, PlatformServer

LINKED: Final = "linked"
INTERFACE_ID: Final = "platform-interface-configured"
REGISTERED_ID: Final = "platform-registered"
KEEPALIVE_ID: Final = "platform-keepalive"
NOT_TOLD: Final = "interface-not-told"
TEST_FAILED: Final = "test-failed"
TEST_OVER: Final = "test-too-old"
_REPEAT: Final = Message(
    "the self-test of {devices} is older than {days} days, and counts no more",
    next_step="repeat: camwarden link test, with --picture",
)
_BOX_UNKNOWN: Final = Message(
    "the self-test of {devices} proves nothing: its box was not known then or is not known now, and may be another one",
    next_step="repeat it once the service has looked at the device: camwarden link test, with --picture",
)
NO_PICTURE: Final = Message(
    "in its self-test the interface registered, and no picture came: it works for no platform",
    next_step="look at channels and codes in the device, and repeat the self-test",
)
ASKED_BY: Final = "filing"


@dataclass(frozen=True, slots=True)
class Link:
    """The declarations, the cameras declared linked, by device, and the platforms configured in each device.

    A device that does not report them is not in `servers`. `beside`: which other servers are on in each, by their kind.
    """

    words: DeclaredDuties
    cameras: Mapping[str, tuple[CameraConfig, ...]]
    servers: Mapping[str, tuple[PlatformServer, ...]]
    beside: Mapping[str, tuple[str, ...]]

    def of(self, device: str) -> tuple[PlatformServer, ...]:
        """Return the platforms at which a device is configured to register."""
        return self.servers.get(device, ())


def run_interface(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether every device with a linked camera has a platform configured; without one, the interface itself."""
    found = declared_duties(check, site, now, LINKED)
    if not isinstance(found, Finding) and not _linked(site, found):
        return (found.open() or _unlinked(check, site, facts, found, now),)
    link = link_of(check, site, facts, now)
    if isinstance(link, Finding):
        return (link,)
    tested = counted_tests(facts, now, link.cameras)
    if broken := _no_picture(tested):
        return (link.words.finding("fail", TEST_FAILED, NO_PICTURE, _tested_evidence(link, tested, broken)),)
    bare = [device for device, servers in link.servers.items() if not servers]
    unread = [device for device in link.cameras if device not in link.servers and not has_played(tested, device)]
    if bare:
        message = Message(
            "no platform is set up in {devices}, whose cameras are declared linked",
            {"devices": name_list(bare)},
            next_step="set up GB/T 28181 there, or correct what is declared",
        )
        return (link.words.finding("fail", "not-configured", message, _named_evidence(link, bare)),)
    if over := _over(facts, now, unread):
        return (link.words.finding("unknown", TEST_OVER, _repeat(over), _tested_evidence(link, over, [*over])),)
    if unread:
        why = facts.why_not(f"device:{unread[0]}", "platform-link").reason
        message = Message("for which platform {devices} is set up could not be read", {"devices": name_list(unread)})
        cause = next(online.key_of_device(site, d) for d in site.devices if d.id == unread[0])
        reason = NOT_READ if why in ("not-looked-at", "unsupported") else why
        return (link.words.finding("unknown", reason, message, _named_evidence(link, unread), cause),)
    message = Message("every device with a linked camera is set up for a platform")
    held = (_held_of(facts, device, tested) for device in link.cameras)
    return (link.words.open() or link.words.counts(message, _tested_evidence(link, tested, []), *held),)


def run_registered(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether those devices report that they are registered."""
    link = link_of(check, site, facts, now)
    if isinstance(link, Finding):
        return (link,)
    states = {device: {server.registered for server in link.of(device)} for device in link.cameras}
    away = [device for device, of_it in states.items() if False in of_it and True not in of_it]
    partly = [device for device, of_it in states.items() if False in of_it and True in of_it]
    untold = [device for device, of_it in states.items() if not of_it or of_it == {None}]
    if away:
        message = Message(
            "{devices} is not registered at its platform",
            {"devices": name_list(away)},
            next_step="look at address, ids and password there, and at the network",
        )
        return (link.words.finding("fail", "not-registered", message, _named_evidence(link, away)),)
    if untold:
        message = Message("whether {devices} is registered could not be read", {"devices": name_list(untold)})
        interface = f"{INTERFACE_ID} site"
        return (link.words.finding("unknown", NOT_READ, message, _named_evidence(link, untold), interface),)
    if partly:
        message = Message(
            "{devices} is registered at one of its platforms and not at another",
            {"devices": name_list(partly)},
            next_step="see which is that of the police",
        )
        return (link.words.finding("warn", "partly-registered", message, _named_evidence(link, partly)),)
    message = Message("every device with a linked camera says that it is registered")
    return (link.words.open() or link.words.counts(message, _named_evidence(link, []), *_read(link, facts)),)


def _read(link: Link, facts: Facts) -> Iterator[Held]:
    """Yield that each device with a linked camera told of its platform."""
    for device in link.cameras:
        yield _held(facts, device)


def _unlinked(check: Check, site: Site, facts: Facts, found: DeclaredDuties, now: datetime) -> Finding:
    """Judge the interface of a system that is not linked: it must have one all the same.

    It passes as seen by a self-test in which a picture came, and as told where the device says that it is registered.
    That a device lists a place for a platform shows none that works; and one device of several is not the system. Asked
    by whoever files: the smallest profile measures links.
    """
    asked = rules_in_effect(check, site, found.today, ASKED_BY)
    if isinstance(asked, Finding):
        return asked
    devices = list(dict.fromkeys(camera.camera.device for camera in site.cameras))
    servers = dict(_servers(facts, devices, unused=True))
    absent = [device for device in devices if device in servers and not servers[device]]
    tested = {one: test for one, test in counted_tests(facts, now, devices).items() if one not in absent}
    registered = [one for one in devices if any(s.enabled and s.registered for s in servers.get(one, ()))]
    evidence: dict[str, Json] = {
        "devices": len(devices),
        "registered": registered[:EVIDENCE_MAX],
        "absent": absent[:EVIDENCE_MAX],
        **_days(tested),
    }
    if broken := _no_picture(tested):
        return found.finding("fail", TEST_FAILED, NO_PICTURE, {**evidence, "named": [*broken[:EVIDENCE_MAX]]})
    working = [one for one in devices if has_played(tested, one) or one in registered]
    if devices and working == devices:
        message = Message("each device says that it is registered at a platform, though no camera is declared linked")
        if all(has_played(tested, one) for one in devices):
            message = Message("the interface of each device was tested: it registered, and its picture came")
        return found.counts(message, evidence, *(_held_of(facts, device, tested) for device in devices))
    if devices and absent == devices:
        message = Message(
            "no device has an interface for the police platform (GB/T 28181), which is due where nothing is linked too",
            next_step="fit a recorder or gateway that has one",
        )
        return found.finding("fail", "no-interface", message, evidence)
    rest = [device for device in devices if device not in working]
    if over := _over(facts, now, (device for device in rest if device not in absent)):
        return waiting(check, "site", "person", TEST_OVER, _repeat(over), found.evidence({**evidence, **_days(over)}))
    cause = next((online.key_of_device(site, d) for d in site.devices if d.id in rest and _is_silent(facts, d.id)), "")
    message = Message(
        "whether {devices} has an interface that works for the police platform is neither told nor tested",
        {"devices": name_list(rest)},
        next_step="set up GB/T 28181 there, or declare the cameras linked once the platform takes them",
    )
    if exchanged := _perhaps_exchanged(facts, rest):
        message = Message(_BOX_UNKNOWN.template, {"devices": name_list(exchanged)}, _BOX_UNKNOWN.next_step)
    return waiting(check, "site", "device", NOT_TOLD, message, found.evidence(evidence), cause)


def counted_tests(facts: Facts, now: datetime, devices: Iterable[str]) -> dict[str, LinkTest]:
    """Return the last self-test of each device, where it counts: of this box, in its time, by a trusted clock."""
    return {device: test for device, test, box in _tests(facts, devices) if test.counts(box, now)}


def _over(facts: Facts, now: datetime, devices: Iterable[str]) -> dict[str, LinkTest]:
    """Return the last self-test of each device in which a picture came, where it would count and is too old."""
    return {
        device: test
        for device, test, box in _tests(facts, devices)
        if test.outcome == "played" and test.is_over(box, now)
    }


def _perhaps_exchanged(facts: Facts, devices: Iterable[str]) -> list[str]:
    """Return the devices of which a picture came in a self-test that names no box, or whose box is not known now."""
    return [
        device
        for device, test, box in _tests(facts, devices)
        if test.outcome == "played" and test.is_of(box) and not test.is_same(box)
    ]


def _tests(facts: Facts, devices: Iterable[str]) -> Iterator[tuple[str, LinkTest, Collection[str]]]:
    """Yield each device with its last self-test, and the box that answers there now; none by a clock that is wrong."""
    for device in devices if facts.own_clock_trusted else ():
        test, known = facts.link_tests.get(device), facts.around.remembered.get(device)
        if test is not None:
            yield device, test, box_of(known.answering if known else None)


def _repeat(over: Iterable[str]) -> Message:
    values = {"devices": name_list([*over]), "days": COUNTS_FOR.days}
    return Message(_REPEAT.template, values, _REPEAT.next_step)


def has_played(tested: Mapping[str, LinkTest], device: str) -> bool:
    """Return whether a picture of a device was decoded in its self-test."""
    return device in tested and tested[device].outcome == "played"


def _no_picture(tested: Mapping[str, LinkTest]) -> list[str]:
    """Return the devices that registered in their self-test, and gave no picture: their interface does not work."""
    return [device for device, test in tested.items() if test.outcome == "no-picture"]


def _days(tested: Mapping[str, LinkTest]) -> dict[str, Json]:
    """Return what was tested, and since when the oldest of it counts."""
    ends = [one.at for one in tested.values()]
    outcomes: Json = {device: test.outcome for device, test in [*tested.items()][:EVIDENCE_MAX]}
    return {"tested": outcomes, "tested_at": utc_text(min(ends))} if ends else {}


def _tested_evidence(link: Link, tested: Mapping[str, LinkTest], devices: list[str]) -> dict[str, Json]:
    return {**_named_evidence(link, devices), **_days(tested)}


def _held_of(facts: Facts, device: str, tested: Mapping[str, LinkTest]) -> Held:
    """Return that a device's interface works: as we saw it, else as the device tells."""
    if has_played(tested, device):
        ground = Ground("LinkTest", f"device:{device}", "seen", tested[device].at)
        return Held(f"tested {device}", (ground,))
    return _held(facts, device)


def _held(facts: Facts, device: str) -> Held:
    return Held(f"link {device}", grounds(facts.observed(f"device:{device}", PlatformLink)))


def _is_silent(facts: Facts, device: str) -> bool:
    return facts.why_not(f"device:{device}", "platform-link").reason in online.SILENT


def _linked(site: Site, found: DeclaredDuties) -> list[CameraConfig]:
    return [camera for camera in site.cameras if found.value(LINKED, camera.camera.id) is True]


def link_of(check: Check, site: Site, facts: Facts, now: datetime) -> Link | Finding:
    """Return what is declared linked and what its devices tell of their platforms, or why nothing is asked."""
    found = declared_duties(check, site, now, LINKED)
    if isinstance(found, Finding):
        return found
    cameras = _linked(site, found)
    if not cameras:
        message = Message("declared: no camera is linked to the police platform")
        return found.open() or found.freed(found.word(LINKED), "not-linked", message)
    by_device: dict[str, tuple[CameraConfig, ...]] = {}
    for camera in cameras:
        by_device[camera.camera.device] = (*by_device.get(camera.camera.device, ()), camera)
    return Link(found, by_device, dict(_servers(facts, by_device)), dict(_beside(facts, by_device)))


def _beside(facts: Facts, devices: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield which servers beside the platforms are on in a device: the maker's cloud, its own protocol, GA/T 1400."""
    for device in devices:
        said = facts.one(f"device:{device}", PlatformLink)
        on = tuple(one.name for one in said.neighbours if one.enabled) if said is not None else ()
        if on:
            yield device, on


def _servers(
    facts: Facts, devices: Iterable[str], *, unused: bool = False
) -> Iterator[tuple[str, tuple[PlatformServer, ...]]]:
    for device in devices:
        said = facts.one(f"device:{device}", PlatformLink)
        if said is not None:
            yield device, tuple(one for one in said.servers if (one.enabled or unused) and one.kind == "GB28181")


def _named_evidence(link: Link, devices: list[str]) -> dict[str, Json]:
    named: dict[str, Json] = {
        "devices": len(link.cameras),
        "named_count": len(devices),
        "named": devices[:EVIDENCE_MAX],
    }
    beside: Json = {device: list(names) for device, names in [*link.beside.items()][:EVIDENCE_MAX]}
    return {**named, "beside": beside} if link.beside else named


INTERFACE = ruled(INTERFACE_ID, run_interface)
REGISTERED = ruled(REGISTERED_ID, run_registered)
