"""Checks what a device's own settings show of its link: times, codes, and the picture of the last self-test.

All of it is the device's word, but for the self-test, which is ours. What the platform of the police answers, lists and
plays, only that platform shows: a pass says what it rests on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.platform_codes import (
    CODES,
    Flaw,
    Place,
    untold_codes,
    untold_times,
    wrong_codes,
    wrong_times,
)
from agent.judge.checks.devices.platform_link import (
    KEEPALIVE_ID,
    NO_PICTURE,
    REGISTERED_ID,
    TEST_FAILED,
    Link,
    counted_tests,
    has_played,
    link_of,
)
from agent.judge.checks.papers.upkeep import NOT_READ
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import waiting
from agent.judge.wording.declared_words import EVIDENCE_MAX, name_list
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day, standing
from drivers.footage import PlatformLink, PlatformServer

PLACE_KIND: Final = "place-kind"
NOT_TESTED: Final = "not-tested"
_IN_WORDS: Final[Mapping[str, Message]] = {CODES: Message("annex E")}
Flaws = Callable[[PlatformServer], Iterable[Flaw]]


def run_keepalive(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the heartbeats by their settings, and by the device's word that it is registered: it ends without them."""
    link = link_of(check, site, facts, now)
    if isinstance(link, Finding):
        return (link,)
    told = {device: link.of(device) for device in link.cameras}
    rows = [row for device in told for row in _flaws(device, told[device], wrong_times)]
    rows += [(device, 0, flaw) for device in told for flaw in _shared_ports(told[device])]
    outcomes: list[Outcome] = [*_broken(rows)]
    untold = [one for one, slots in told.items() if not slots or any(untold_times(slot) for slot in slots)]
    silent = [one for one, slots in told.items() if not any(slot.registered for slot in slots)]
    why = Message("the heartbeats of {devices} could not be read", {"devices": name_list(untold)})
    unheard = Message("whether the platform answers {devices} is not told", {"devices": name_list(silent)})
    outcomes += [_open(f"heartbeat {one}", why, REGISTERED_ID) for one in untold]
    outcomes += [_open(f"answered {one}", unheard, REGISTERED_ID) for one in silent]
    held = [f"heartbeat {one}" for one in told if one not in untold]
    held += [f"answered {one}" for one in told if one not in silent]
    heartbeats: Json = {one: [slot.heartbeat_s for slot in told[one]] for one in [*told][:EVIDENCE_MAX]}
    message = Message(
        "each device is registered by its own word, and its heartbeats and durations are set as the standard has them"
    )
    evidence = {"heartbeat_s": heartbeats, **_named(rows)}
    return (link.words.open() or link.words.counts(message, evidence, *outcomes, *_held(facts, held)),)


def run_catalog(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether every linked camera has a code in its recorder that a platform can list."""
    link = link_of(check, site, facts, now)
    if isinstance(link, Finding):
        return (link,)
    told = {device: link.of(device) for device in link.cameras}
    missing = {device: [*_without_code(link, device)] for device in told}
    names = [camera.camera.id for cameras in missing.values() for camera in cameras]
    lacking = Message(
        "{cameras} has no code in the recorder, or another one than is configured here",
        {"cameras": name_list(names)},
        next_step="correct the codes",
    )
    rows = [row for device in told for row in _codes(site, link, device, now)]
    untold = [one for one, slots in told.items() if not slots or any(untold_codes(slot) for slot in slots)]
    why = Message("the codes in {devices} could not be read", {"devices": name_list(untold)})
    outcomes: list[Outcome] = [
        Broken(f"listed {device}", "not-in-catalog", lacking) for device, cameras in missing.items() if cameras
    ]
    outcomes += [*_broken(rows), *(_open(f"codes {one}", why, KEEPALIVE_ID) for one in untold)]
    held = [f"codes {one}" for one in told if one not in untold]
    held += [f"listed {one}" for one, cameras in missing.items() if not cameras and one not in untold]
    message = Message("each linked camera has a code of its own in its device, under which a platform can list it")
    evidence: dict[str, Json] = {"missing": [*names[:EVIDENCE_MAX]], "missing_count": len(names), **_named(rows)}
    return (link.words.open() or link.words.counts(message, evidence, *outcomes, *_held(facts, held)),)


def run_playable(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the picture that a platform receives, by the last self-test: what the police see, only they see."""
    link = link_of(check, site, facts, now)
    if isinstance(link, Finding):
        return (link,)
    tested = counted_tests(facts, now, link.cameras)
    broken = [device for device, test in tested.items() if test.outcome == "no-picture"]
    untested = [device for device in link.cameras if not has_played(tested, device) and device not in broken]
    days: dict[str, Json] = {device: utc_text(test.at) for device, test in [*tested.items()][:EVIDENCE_MAX]}
    evidence: dict[str, Json] = {"named": [*(broken or untested)[:EVIDENCE_MAX]], "tested_at": days}
    outcomes: list[Outcome] = [Broken(f"tested {one}", TEST_FAILED, NO_PICTURE) for one in broken]
    if not broken and untested:
        message = Message(
            "whether a platform gets a picture of {devices} that plays was not tested, or too long ago",
            {"devices": name_list(untested)},
            next_step="camwarden link test DEVICE --picture",
        )
        cause, shown = f"{KEEPALIVE_ID} site", link.words.evidence(evidence)
        return (link.words.open() or waiting(check, "site", "person", NOT_TESTED, message, shown, cause),)
    for device in link.cameras:
        if has_played(tested, device):
            ground = Ground("LinkTest", f"device:{device}", "seen", tested[device].at)
            outcomes.append(Held(f"tested {device}", (ground,)))
    message = Message("a platform of our own got a picture of each device, and decoded it")
    return (link.words.open() or link.words.counts(message, evidence, *outcomes),)


Row = tuple[str, int, Flaw]


def _flaws(device: str, servers: Iterable[PlatformServer], of: Flaws) -> Iterator[Row]:
    for number, server in enumerate(servers, start=1):
        for flaw in of(server):
            yield device, server.slot or number, flaw


def _codes(site: Site, link: Link, device: str, now: datetime) -> Iterator[Row]:
    kind = standing(site, PLACE_KIND, local_day(site, now)).value
    channels = {one.camera.channel for one in site.cameras if one.camera.device == device}
    place = Place(division=site.division, kind=kind if isinstance(kind, str) else "", has_several=len(channels) > 1)
    return _flaws(device, link.of(device), lambda server: wrong_codes(server, place))


def _shared_ports(servers: Iterable[PlatformServer]) -> Iterator[Flaw]:
    """Yield each local port that two slots use at once: one of the two never registers, and nothing says so."""
    ports = [server.local_port for server in servers if server.local_port]
    for port in dict.fromkeys(one for one in ports if ports.count(one) > 1):
        what = Message("two slots share the local port {port}, so that one of them never registers", {"port": port})
        yield Flaw(reason="shared-port", what=what, clause="6.1.2")


def _broken(rows: Iterable[Row]) -> Iterator[Broken]:
    for number, (device, slot, flaw) in enumerate(rows, start=1):
        clause = _IN_WORDS.get(flaw.clause, flaw.clause)
        values: dict[str, object] = {"device": device, "slot": slot, "what": flaw.what, "clause": clause}
        text = "{device}, slot {slot}: {what} (GB/T 28181-2022, {clause})"
        message = Message(text if slot else "{device}: {what} (GB/T 28181-2022, {clause})", values,
                          next_step="correct it in the device, as the police have given it")  # fmt: skip
        yield Broken(f"flaw {device} {number}", flaw.reason, message, mild=flaw.mild)


def _open(key: str, message: Message, cause: str) -> Open:
    return Open(key, NOT_READ, message, caused_by=f"{cause} site")


def _held(facts: Facts, keys: Iterable[str]) -> Iterator[Held]:
    for key in keys:
        device = key.partition(" ")[2]
        yield Held(key, grounds(facts.observed(f"device:{device}", PlatformLink)))


def _named(rows: list[Row]) -> dict[str, Json]:
    flaws: list[Json] = [
        {"device": device, "slot": slot, "flaw": flaw.reason, "clause": flaw.clause} for device, slot, flaw in rows
    ]
    return {"flaws": flaws[:EVIDENCE_MAX], "flaw_count": len(flaws)} if flaws else {}


def _without_code(link: Link, device: str) -> Iterator[CameraConfig]:
    """Yield the linked cameras that a device lists without a code, or with another one, where it lists any."""
    codes = [server.codes for server in link.of(device) if server.codes]
    for camera in link.cameras[device] if codes else ():
        listed = {code for of_server in codes for channel, code in of_server if channel == camera.camera.channel}
        if not listed or (camera.camera.code and camera.camera.code not in listed):
            yield camera


KEEPALIVE = ruled(KEEPALIVE_ID, run_keepalive)
CATALOG = ruled("platform-catalog-complete", run_catalog)
PLAYABLE = ruled("platform-stream-playable", run_playable)
