"""Checks sound in a camera's profiles and streams, and its video encoding against the declared design."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.unread import fact_missing
from agent.judge.claim import Broken, Held, Open, Outcome, declared, grounds
from agent.judge.freed import Rule, freed
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Message, listed
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing
from drivers.details import Audio, Encoder, Encoders
from drivers.picture import FURTHER_STREAMS, RECORDED, PathName, Streams, StreamSound

DESIGN: Final = "stream-design"
"""The declaration of how a camera's main stream was designed."""

_DESIGN: Final = re.compile(r"(?P<codec>[A-Za-z0-9.]+) (?P<width>\d+)x(?P<height>\d+)(?: (?P<rate>\d+(?:\.\d+)?))?")


def run_audio(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera: sound is off unless declared to be allowed."""
    return tuple(_audio(check, site, facts, one.camera.id, now) for one in site.cameras)


def _audio(check: Check, site: Site, facts: Facts, camera: str, now: datetime) -> Finding:
    """Judge what each profile says of sound, and what the description of each stream offers that was fetched."""
    subject = f"camera:{camera}"
    audio = facts.one(subject, Audio)
    streams = {one.path: one.encodings for one in facts.all(subject, StreamSound)}
    offering = {path: names for path, names in streams.items() if names}
    if audio is None and not offering:
        return fact_missing(check, site, facts, subject, "audio")
    listed, untold = (audio.encoders, audio.untold) if audio is not None else ((), ())
    carrying = [one.profile for one in listed]
    sound: dict[str, Json] = {"profiles": carrying, "encodings": [one.encoding for one in listed]} if carrying else {}
    if offering:
        sound["streams"] = {path: list(names) for path, names in offering.items()}
    elif untold and not carrying:
        sound["untold"] = list(untold)
    allowed = standing(site, "audio-allowed", local_day(site, now), camera).value is True
    told = grounds(facts.observed(subject, Audio, StreamSound))
    if allowed:
        held = Held("allowed", (*told, *declared(subject, "audio-allowed")))
        message = (
            Message("it takes sound, and that is declared")
            if carrying or offering
            else Message("it does not say whether it takes sound; that it may is declared")
            if untold
            else Message("no stream carries sound")
        )
        return verdict(check, subject, (held,), sound, message)
    outcomes = (
        _silent(camera, carrying, [path for path in offering if path not in RECORDED], told),
        *_kept_silent(streams, told),
        *_told(untold if not carrying else (), told),
        *_undescribed(facts, subject),
    )
    return verdict(check, subject, outcomes, sound, Message("no stream carries sound"))


def _silent(camera: str, carrying: Sequence[str], offering: Iterable[str], told: tuple[Ground, ...]) -> Outcome:
    if not (names := [*carrying, *offering]):
        return Held("silent", told)
    message = Message(
        "it takes sound ({profiles}), and nobody allowed that: switch the sound off, or camwarden declare --set "
        "audio-allowed=true --cameras {camera}",
        {"profiles": listed(names), "camera": camera},
    )
    return Broken("silent", "audio-on", message)


def _kept_silent(streams: Mapping[PathName, tuple[str, ...]], told: tuple[Ground, ...]) -> Iterator[Outcome]:
    """Yield whether what is recorded is silent too: a recording may have an encoder of its own, or be older."""
    kept = {path: names for path, names in streams.items() if path in RECORDED}
    if not kept:
        return
    if not (names := sorted({name for of_path in kept.values() for name in of_path})):
        yield Held("recorded", told)
        return
    message = Message(
        "what is recorded of it has sound ({encodings}), and nobody allowed that: switch the sound off in the "
        "recording settings; what was recorded before then keeps it",
        {"encodings": listed(names)},
    )
    yield Broken("recorded", "audio-recorded", message, mild=True)


def _told(untold: tuple[str, ...], told: tuple[Ground, ...]) -> Iterator[Outcome]:
    """Yield that the device says of every profile whether it has sound."""
    message = Message(
        "the device says nothing of sound in {profiles}: look in its settings whether the microphone is off",
        {"profiles": listed(untold)},
    )
    yield Open("told", "sound-not-told", message, doubted=True) if untold else Held("told", told)


def _undescribed(facts: Facts, subject: str) -> Iterator[Outcome]:
    """Yield the streams whose own description nobody asked for: it may offer sound that no profile lists."""
    streams = facts.one(subject, Streams)
    described = {one.path for one in facts.all(subject, StreamSound)}
    behind = [one for one in streams.streams if one.path in FURTHER_STREAMS] if streams else []
    names = [*(one.path for one in behind if one.path not in described), *(streams.further if streams else ())]
    if not names:
        return
    message = Message(
        "the device lists more streams ({names}), whose descriptions nobody reads: whether they carry sound is not "
        "known",
        {"names": listed(names)},
        next_step="switch off in the device what nobody needs",
    )
    yield Open("further", "sound-not-described", message, doubted=True)


def run_design(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the main stream of every camera for which a design is declared."""
    return tuple(_design(check, site, facts, one.camera.id, now) for one in site.cameras)


def _design(check: Check, site: Site, facts: Facts, camera: str, now: datetime) -> Finding:
    subject = f"camera:{camera}"
    word = standing(site, DESIGN, local_day(site, now), camera).value
    designed = _DESIGN.fullmatch(word) if isinstance(word, str) else None
    if designed is None:
        message = Message("no figures of its design are declared")
        return freed(check, subject, Rule(f"no profile asks for {DESIGN}"), "no-design", message, {})
    encoders = facts.one(subject, Encoders)
    if encoders is None or not encoders.encoders:
        return fact_missing(check, site, facts, subject, "encoders")
    main = max(encoders.encoders, key=lambda one: one.width_px * one.height_px)
    evidence: dict[str, Json] = {"design": designed[0], "read": _encoder_text(main)}
    silent = [name for name, value in _figures(main) if not value]
    outcome: Outcome = Held("as designed", (*grounds(facts.observed(subject, Encoders)), *declared(subject, DESIGN)))
    if silent:
        message = Message("it does not tell {figures} of its main stream", {"figures": listed(silent)})
        outcome = Open("as designed", "unsupported", message)
    elif not _as_designed(main, designed):
        message = Message(
            "its main stream is {read}, its design says {design}: set it as designed, or correct the declaration",
            {"read": _encoder_text(main), "design": designed[0]},
        )
        outcome = Broken("as designed", "below-design", message)
    message = Message("its main stream is as designed ({read})", {"read": _encoder_text(main)})
    return verdict(check, subject, (outcome,), evidence, message)


def _as_designed(main: Encoder, designed: re.Match[str]) -> bool:
    return (
        _codec(main.encoding) == _codec(designed["codec"])
        and main.width_px >= int(designed["width"])
        and main.height_px >= int(designed["height"])
        and main.frame_rate >= float(designed["rate"] or 0)
    )


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
