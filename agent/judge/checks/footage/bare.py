"""Checks that no footage remains of a time in which a private zone was seen bare.

A mask that was off for hours is on again, and what was recorded meanwhile stays playable until it is recorded over or
deleted. While a zone is bare live, that is the finding of `privacy-mask-effective`, and the cause of this one.
"""

from datetime import datetime, timedelta
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.footage.shared import RETENTION_ID, not_read
from agent.judge.checks.pictures.masks import EFFECTIVE_ID
from agent.judge.claim import Broken, Held, Open, Outcome, grounds, own
from agent.judge.verdict import verdict
from agent.model.finding import Finding, Json, Message, Source, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.bare import BareStretch, bare_zones
from agent.site.config.site import CameraConfig, Site
from drivers.model import RecordedBeside, Recordings, Span
from drivers.picture import FootageOpened
from drivers.spans import clipped

CHECK_ID: Final = "bare-footage-kept"
MEMORY: Final = "bare"
EDGE: Final = timedelta(minutes=1)
"""How much of each end of a stretch may be there still: clocks differ by seconds. House rule."""

SOURCE: Final = Source("camwarden", "what a mask had to hide is not kept either")


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every recorded camera that has private zones."""
    return tuple(_camera(check, facts, camera, now) for camera in site.cameras if camera.recorded and camera.zones)


def _camera(check: Check, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    recordings = facts.one(subject, Recordings)
    if recordings is None:
        return not_read(check, facts, subject)
    if not recordings.spans:
        message = Message("there is no footage to judge")
        return check.finding(subject, "unknown", "no-recordings", {}, message, f"{RETENTION_ID} {subject}")
    known = facts.footage.get(camera.camera.id)
    live = bare_zones(facts.by_subject.get(subject, ()))
    stretches = facts.remembered.bare.get(camera.camera.id, ())
    outcomes: list[Outcome] = [Held("bare stretches", own(subject, MEMORY, now))]
    shown: list[Json] = []
    beside = facts.one(subject, RecordedBeside)
    for number, one in enumerate(sorted(stretches, key=lambda one: one.from_at)):
        start_at, until_at = (known.there(at) if known else at for at in (one.from_at, one.until_at))
        if beside is not None and _is_held(beside.recordings, one.from_at, one.until_at):
            outcomes.append(_beside(f"beside {number}", one))
        still = one.zone in live and one is _newest(stretches, one.zone)
        if not still and not _is_held(recordings, start_at, until_at):
            outcomes.append(Held(f"gone {number}", grounds(facts.observed(subject, Recordings))))
            continue
        outcomes.append(_kept(f"stretch {number}", facts, subject, one, still=still))
        shown.append({"zone": one.zone, "from": utc_text(start_at), "to": utc_text(until_at), "opened": one.opened})
    evidence: dict[str, Json] = {"stretches": shown}
    message = Message("no footage is kept of a time in which a private zone was seen bare")
    return verdict(check, subject, outcomes, evidence, message)


def _kept(key: str, facts: Facts, subject: str, one: BareStretch, *, still: bool) -> Outcome:
    """Return what is known of the footage of one stretch that the recorder lists."""
    values = {"zone": one.zone, "start": utc_text(one.from_at), "end": utc_text(one.until_at)}
    if still:
        message = Message("zone {zone} is bare since {start}, and so is what is recorded of it", values)
        return Open(key, "still-bare", message, caused_by=f"{EFFECTIVE_ID} {subject}")
    if one.opened == "bare":
        message = Message(
            "zone {zone} was bare from {start} to {end}, and the footage of that time can be played",
            values,
            next_step="restrict who may play that footage until it is recorded over",
        )
        return Broken(key, "bare-footage", message, {"opened_at": utc_text(one.opened_at) if one.opened_at else None})
    if one.opened == "hidden":
        seen = (o for o in facts.observed(subject, FootageOpened) if getattr(o.value, "name", "") == "bare")
        return Held(key, grounds(seen) or own(subject, MEMORY, one.opened_at))
    message = Message(
        "zone {zone} was bare from {start} to {end}, and the footage of that time was not opened yet",
        values,
        next_step="look at that footage at the recorder",
    )
    return Open(key, "not-opened-yet", message, doubted=True)


def _beside(key: str, one: BareStretch) -> Open:
    """Return that the device lists footage of a stretch besides the store, which nobody opens there."""
    message = Message(
        "zone {zone} was bare from {start} to {end}, and besides the store the device has footage of that time",
        {"zone": one.zone, "start": utc_text(one.from_at), "end": utc_text(one.until_at)},
        next_step="look at that footage in the device",
    )
    return Open(key, "bare-footage-beside", message, doubted=True)


def _newest(stretches: tuple[BareStretch, ...], zone: str) -> BareStretch | None:
    return max((one for one in stretches if one.zone == zone), key=lambda one: one.until_at, default=None)


def _is_held(recordings: Recordings, start_at: datetime, until_at: datetime) -> bool:
    """Tell whether the recorder lists footage of a stretch; one look is a moment, and has none of its own length."""
    start_at, until_at = (start_at + EDGE, until_at - EDGE) if until_at - start_at > 2 * EDGE else (start_at, until_at)
    if start_at >= until_at:
        return any(one.start_at <= start_at < one.end_at for one in recordings.spans)
    return bool(clipped(recordings.spans, Span(start_at, until_at)))


CHECK = Check(CHECK_ID, run, "major", SOURCE, "No footage is kept of private areas that a mask should have hidden.")
