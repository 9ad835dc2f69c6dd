"""Checks each camera's picture against its usual quality, and for a covered lens.

The usual quality is learned for seven days. An indicator counts when it was bad in several pictures in a row
(`agent/observe/pictures/view_memory.py`). One finding per camera names the worst indicator, with all numbers in the
evidence. No standard gives limits for these; conformity with one is not claimed.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.claim import Broken, Held, Outcome, grounds
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ORDER_799_CAMERAS, ORDER_799_OPERATION
from agent.judge.wording.picture_words import path_word
from agent.model.finding import Finding, Ground, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.pictures.studies import studied_path
from agent.observe.pictures.view_memory import CameraQuality, IndicatorMark, SnapshotMark
from agent.site.config.site import CameraConfig, Mute, Site
from drivers.picture import RECORDED, PictureSeen, Streams
from masking.quality.indicators import INDICATORS
from masking.quality.learning import LEARNING
from masking.view.model import QualitySeen

QUALITY_ID = "video-quality"
OCCLUDED_ID = "camera-occluded"
COVERED = "covered"

MESSAGES = MappingProxyType(
    {
        "signal-lost": Message(
            "what comes is no picture of it but a card, or one that stands with its clock: check its power, its cable "
            "and its recorder"
        ),
        "black": Message("its picture is black: check the lens, the light and the night mode"),
        "frozen": Message("its picture is frozen: restart it"),
        "over-bright": Message("its picture is over-bright: check its exposure and what shines into it"),
        "low-contrast": Message("its picture has low contrast: clean the lens, check its exposure and for fog"),
        "blurred": Message("its picture is blurred: clean and focus the lens"),
        "colour-cast": Message("its picture has a colour cast: check its white balance and infrared filter"),
        "noise": Message("its picture is noisy: check its light, gain and power supply"),
        "stripes": Message("its picture has stripes: check its cable, power supply and exposure time"),
        "shaking": Message("its picture shakes: fasten the camera"),
        "overlay-missing": Message("the text that should stand in its picture is missing: switch its overlay on"),
    }
)
"""The message of each indicator of quality; `masking/quality/indicators.py` has their order."""

SNAPSHOT: Final = "snapshot"


def run_quality(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the picture quality of every camera."""
    return tuple(_quality(check, site, facts, camera, now) for camera in site.cameras)


def _quality(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    seen = facts.one(subject, QualitySeen)
    if seen is None:
        return no_picture(check, facts, subject)
    known = facts.remembered.quality.get(camera.camera.id, CameraQuality())
    if not known.learned:
        return _learning(check, subject, known)
    bad = [mark for name in _ORDER if (mark := known.mark(name)) is not None and mark.is_bad]
    told = [mark for mark in bad if muted(site, camera, mark.indicator, now) is None]
    evidence: dict[str, Json] = {"light": seen.light}
    if told:
        evidence["bad"] = [_row(mark) for mark in told]
    if quiet := [mark.indicator for mark in bad if mark not in told]:
        evidence["muted"] = quiet
    measured = grounds(facts.observed(subject, QualitySeen))
    outcomes: list[Outcome] = []
    for name in _ORDER:
        if any(mark.indicator == name for mark in told):
            # A dark picture is told by camera-online; where that does not find it dark, this stands for itself.
            cause = online.finding_key(subject) if name in ("black", "signal-lost") else ""
            outcomes.append(Broken(name, name, MESSAGES[name], caused_by=cause, mild=True))
        else:
            marked = (Ground("quality", subject, "seen", mark.at),) if (mark := known.mark(name)) is not None else ()
            outcomes.append(Held(name, (*measured, *marked)))
    if known.snapshot is not None and muted(site, camera, "frozen", now) is None:
        outcomes.append(_snapshot(facts, subject, known.snapshot))
    return verdict(check, subject, outcomes, evidence, Message("its picture is as good as it usually is"))


def _snapshot(facts: Facts, subject: str, mark: SnapshotMark) -> Outcome:
    """Return whether snapshots are made anew: decoders that hang, and caches, answer with one picture for ever."""
    if not mark.is_frozen:
        newest = Ground("quality", subject, "seen", mark.at, "snapshot")
        return Held(SNAPSHOT, (*grounds(facts.observed(subject, QualitySeen)), newest))
    message = Message(
        "its device has answered with the same snapshot, byte for byte, since {since}: look whether its stream moves, "
        "and restart it",
        {"since": utc_text(mark.since)},
    )
    return Broken(SNAPSHOT, "snapshot-frozen", message, {"frozen_since": utc_text(mark.since)}, mild=True)


def run_occluded(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether something covers the view of each camera with an approved view."""
    return tuple(_occluded(check, site, facts, camera, now) for camera in site.cameras)


def _occluded(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    if camera.camera.id not in facts.remembered.views and camera.presets:
        message = Message("it turns between presets: at which of them it was seen is told by another finding")
        return freed(check, subject, Declaration("preset"), "presets", message, {})
    if camera.camera.id not in facts.remembered.views:
        message = Message("nobody approved its view: there is nothing to compare it with")
        return waiting(check, subject, "person", "no-baseline", message, caused_by="camera-moved site")
    if (mute := muted(site, camera, COVERED, now)) is not None:
        return muted_finding(check, subject, mute)
    if facts.one(subject, QualitySeen) is None:
        return no_picture(check, facts, subject)
    known = facts.remembered.quality.get(camera.camera.id, CameraQuality())
    mark = known.mark(COVERED)
    if mark is None and not known.learned:
        return _learning(check, subject, known)
    if mark is None:
        message = Message("in this light it cannot be told whether something covers its view")
        return check.finding(subject, "unknown", "not-measured", {}, message)
    message = Message(
        "{percent} % of what its approved view shows is covered: look at what is before the lens",
        {"percent": round(100 * (mark.value or 0))},
    )
    measured = (*grounds(facts.observed(subject, QualitySeen)), Ground("quality", subject, "seen", mark.at))
    bad: dict[str, Json] = {"bad": [_row(mark)]}
    outcome = Broken(COVERED, COVERED, message, bad) if mark.is_bad else Held(COVERED, measured)
    return verdict(check, subject, (outcome,), {}, Message("nothing covers its view"))


def why_unseen(site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> str:
    """Return the key of the finding that explains an unseen view: covered, or dark; or empty."""
    subject = f"camera:{camera.camera.id}"
    if any(online.is_dark(seen) for seen in facts.all(subject, PictureSeen) if seen.path not in RECORDED):
        return online.finding_key(subject)
    known = facts.remembered.quality.get(camera.camera.id)
    mark = known.mark(COVERED) if known is not None else None
    told = mark is not None and mark.is_bad and muted(site, camera, COVERED, now) is None
    return f"{OCCLUDED_ID} {subject}" if told else ""


def muted(site: Site, camera: CameraConfig, indicator: str, now: datetime) -> Mute | None:
    """Return the mute of an indicator that is in force on the site's present day, or None."""
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    return next((mute for mute in camera.mutes if mute.indicator == indicator and today <= mute.until), None)


def muted_finding(check: Check, subject: str, mute: Mute) -> Finding:
    """Return the finding of a muted indicator."""
    day = mute.until.isoformat()
    message = Message("{by} muted it until {day}", {"by": mute.by, "day": day})
    return freed(check, subject, Declaration("mute", mute.by), "muted", message, {"by": mute.by, "until": day})


def no_picture(check: Check, facts: Facts, subject: str) -> Finding:
    """Return the finding of a camera without a picture in this cycle to judge view and quality."""
    streams = facts.one(subject, Streams)
    path = studied_path(streams)
    if streams is None or path is None:
        reason = facts.why_not(subject, "streams").reason
    elif any(seen.path == path for seen in facts.all(subject, PictureSeen)):
        message = Message("the picture on path {path} has a shape that cannot be measured", {"path": path_word(path)})
        return check.finding(subject, "unknown", "not-measured", {"path": path}, message)
    else:
        reason = facts.why_not(subject, "picture", path).reason
    message = Message("there was no picture to judge ({reason})", {"reason": reason})
    return check.finding(subject, "unknown", reason, {"path": path}, message, online.cause_of_silence(facts, subject))


def _learning(check: Check, subject: str, known: CameraQuality) -> Finding:
    since = min((mode.since for mode in known.memory.modes), default=None)
    evidence: dict[str, Json] = {"until": utc_text(since + LEARNING)} if since is not None else {}
    message = Message("what is usual for its picture is being learned, for seven days")
    return waiting(check, subject, "look", "learning", message, evidence)


def _row(mark: IndicatorMark) -> Json:
    return {"indicator": mark.indicator, "value": mark.value, "usual": mark.usual, "limit": mark.limit}


_ORDER = tuple(indicator.name for indicator in INDICATORS if indicator.name in MESSAGES)

QUALITY = Check(
    QUALITY_ID,
    run_quality,
    "minor",
    ORDER_799_OPERATION,
    "Cameras deliver a picture in which things can be recognised.",
)
OCCLUDED = Check(OCCLUDED_ID, run_occluded, "major", ORDER_799_CAMERAS, "Nobody covers, sprays or blocks a camera.")
