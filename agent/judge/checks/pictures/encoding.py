"""Checks sound and video encoding of a camera's profiles against its declared design."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.unread import fact_missing
from agent.judge.wording.from_rules import ruled
from agent.judge.wording.held import Doubt, passed
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing
from drivers.details import Audio, Encoder, Encoders

DESIGN: Final = "stream-design"
"""The declaration of how a camera's main stream was designed."""

_DESIGN: Final = re.compile(r"(?P<codec>[A-Za-z0-9.]+) (?P<width>\d+)x(?P<height>\d+)(?: (?P<rate>\d+(?:\.\d+)?))?")


def run_audio(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera: sound is off unless declared to be allowed."""
    return tuple(_audio(check, site, facts, one.camera.id, now) for one in site.cameras)


def _audio(check: Check, site: Site, facts: Facts, camera: str, now: datetime) -> Finding:
    subject = f"camera:{camera}"
    audio = facts.one(subject, Audio)
    if audio is None:
        return fact_missing(check, site, facts, subject, "audio")
    profiles = [one.profile for one in audio.encoders]
    allowed = standing(site, "audio-allowed", local_day(site, now), camera).value is True
    if not profiles and audio.untold and allowed:
        message = Message("it does not say whether it takes sound; that it may is declared")
        return check.finding(subject, "pass", "", {"untold": list(audio.untold)}, message)
    if not profiles:
        untold: dict[str, Json] = {"untold": list(audio.untold)} if audio.untold else {}
        return passed(check, subject, untold, Message("no stream carries sound"), _untold(audio))
    evidence: dict[str, Json] = {"profiles": profiles, "encodings": [one.encoding for one in audio.encoders]}
    if allowed:
        return check.finding(subject, "pass", "", evidence, Message("it takes sound, and that is declared"))
    message = Message(
        "it takes sound ({profiles}), and nobody allowed that: switch the sound off, or camwarden declare --set "
        "audio-allowed=true --cameras {camera}",
        {"profiles": ", ".join(profiles), "camera": camera},
    )
    return check.finding(subject, "fail", "audio-on", evidence, message)


def _untold(audio: Audio) -> tuple[Doubt, ...]:
    if not audio.untold:
        return ()
    message = Message(
        "the device says nothing of sound in {profiles}: look in its settings whether the microphone is off",
        {"profiles": ", ".join(audio.untold)},
    )
    return (Doubt("sound-not-told", message),)


def run_design(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the main stream of every camera for which a design is declared."""
    return tuple(_design(check, site, facts, one.camera.id, now) for one in site.cameras)


def _design(check: Check, site: Site, facts: Facts, camera: str, now: datetime) -> Finding:
    subject = f"camera:{camera}"
    word = standing(site, DESIGN, local_day(site, now), camera).value
    designed = _DESIGN.fullmatch(word) if isinstance(word, str) else None
    if designed is None:
        message = Message("no figures of its design are declared")
        return check.finding(subject, "not_applicable", "no-design", {}, message)
    encoders = facts.one(subject, Encoders)
    if encoders is None or not encoders.encoders:
        return fact_missing(check, site, facts, subject, "encoders")
    main = max(encoders.encoders, key=lambda one: one.width_px * one.height_px)
    evidence: dict[str, Json] = {"design": designed[0], "read": _encoder_text(main)}
    silent = [name for name, value in _figures(main) if not value]
    if silent:
        message = Message("it does not tell {figures} of its main stream", {"figures": ", ".join(silent)})
        return check.finding(subject, "unknown", "unsupported", evidence, message)
    rate = float(designed["rate"] or 0)
    as_designed = (
        _codec(main.encoding) == _codec(designed["codec"])
        and main.width_px >= int(designed["width"])
        and main.height_px >= int(designed["height"])
        and main.frame_rate >= rate
    )
    if as_designed:
        message = Message("its main stream is as designed ({read})", {"read": _encoder_text(main)})
        return check.finding(subject, "pass", "", evidence, message)
    message = Message(
        "its main stream is {read}, its design says {design}: set it as designed, or correct the declaration",
        {"read": _encoder_text(main), "design": designed[0]},
    )
    return check.finding(subject, "fail", "below-design", evidence, message)


def _figures(one: Encoder) -> tuple[tuple[str, object], ...]:
    return ("encoding", one.encoding), ("width", one.width_px), ("height", one.height_px), ("rate", one.frame_rate)


def _encoder_text(one: Encoder) -> str:
    return f"{one.encoding} {one.width_px}x{one.height_px} {one.frame_rate:g}"


def _codec(name: str) -> str:
    """Return one spelling for each codec: H.265, H265 and HEVC are the same."""
    plain = re.sub(r"[^A-Z0-9]", "", name.upper())
    return {"HEVC": "H265", "AVC": "H264", "H264BASELINE": "H264"}.get(plain, plain.removesuffix("PLUS"))


AUDIO = ruled("audio-undeclared", run_audio)
STREAM = ruled("stream-profile-conforms", run_design)
