"""Checks that pictures and services require a login: without one they are open to anybody on the network."""

from __future__ import annotations

from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.wording.from_rules import STREAM_PROTECTION
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from drivers.model import Streams
from drivers.picture import Access


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
    if access.anonymous:
        message = Message(
            "{paths} answer without a login: switch authentication on", {"paths": ", ".join(access.anonymous)}
        )
        return check.finding(subject, "fail", "anonymous", evidence, message)
    asked = {name.rpartition(" ")[2] for name in access.asked}
    missed = [s.path for s in streams.streams if s.path not in asked]
    if missed:
        message = Message("path {path} could not be tried without a login", {"path": missed[0]})
        return check.finding(
            subject, "unknown", "path-not-looked-at", evidence, message, online.cause_of_silence(facts, subject)
        )
    return check.finding(subject, "pass", "", evidence, Message("every path asks for a login"))


CHECK = Check("stream-auth-required", run, "critical", STREAM_PROTECTION, "Nobody sees a camera without a login.")
