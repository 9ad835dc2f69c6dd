"""Checks that pictures and services require a login: without one they are open to anybody on the network."""

from collections.abc import Iterator
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import STREAM_PROTECTION
from agent.judge.wording.picture_words import path_word
from agent.model.finding import Finding, Json, Listed, Message, listed
from agent.observe.facts.facts import Facts
from agent.observe.pictures.turns import REMEMBERED
from agent.site.config.site import CameraConfig, Site
from drivers.model import Observation
from drivers.picture import Access, PictureSeen, Streams


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera on the paths that were first requested anonymously."""
    return tuple(_camera(check, facts, camera) for camera in site.cameras)


def _camera(check: Check, facts: Facts, camera: CameraConfig) -> Finding:
    subject = f"camera:{camera.camera.id}"
    access = facts.one(subject, Access)
    streams = facts.one(subject, Streams)
    if access is None or not access.asked or streams is None:
        why = facts.why_not(subject, "access" if streams else "streams")
        message = Message("whether its streams ask for a login could not be tried ({reason})", {"reason": why.reason})
        return check.finding(subject, "unknown", why.reason, {}, message, online.cause_of_silence(facts, subject))
    evidence: dict[str, Json] = {"asked": list(access.asked), "anonymous": list(access.anonymous)}
    outcomes = _outcomes(facts, subject, access, streams)
    return verdict(check, subject, outcomes, evidence, Message("every path asks for a login"))


def _outcomes(facts: Facts, subject: str, access: Access, streams: Streams) -> Iterator[Outcome]:
    """Yield what each listed path answered without a login; what was asked besides them counts together."""
    if access.anonymous:
        paths = {"paths": listed(map(_word, access.anonymous))}
        message = Message("{paths} answer without a login: switch authentication on", paths)
        yield Broken("asked", "anonymous", message)
    else:
        yield Held("asked", grounds(facts.observed(subject, Access)))
    asked = {name.rpartition(" ")[2] for name in access.asked}
    for path in dict.fromkeys(one.path for one in streams.streams):
        if path in asked:
            # A path without a turn was asked when its picture came.
            earlier = [one for one in facts.observed(subject, PictureSeen) if _is_earlier(one, path)]
            yield Held(f"path {path}", grounds(earlier or facts.observed(subject, Access)))
        else:
            message = Message("path {path} could not be tried without a login", {"path": path_word(path)})
            cause = online.cause_of_silence(facts, subject)
            yield Open(f"path {path}", "path-not-looked-at", message, caused_by=cause)
    for why in online.without_address(facts, subject):
        # An encoder that is overloaded keeps its profile and refuses its address: ter:IncompleteConfiguration.
        message = Message("path {path} could not be tried without a login", {"path": path_word(why.path)})
        yield Open(f"path {why.path}", "path-not-looked-at", message, doubted=True)


def _word(asked: str) -> Listed:
    """Return what was asked, a protocol and a path, as a value of a message."""
    protocol, _, path = asked.rpartition(" ")
    return Listed((protocol, path_word(path)) if protocol else (path_word(path),), " ")


def _is_earlier(one: Observation, path: str) -> bool:
    return isinstance(one.value, PictureSeen) and one.value.path == path and one.method == REMEMBERED


CHECK = Check("stream-auth-required", run, "critical", STREAM_PROTECTION, "Nobody sees a camera without a login.")
