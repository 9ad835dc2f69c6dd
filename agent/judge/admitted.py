"""Selects the observations that may count as evidence: neither too old, nor of another box or video source. Pure.

One place for all checks, by the longest of their ages (`obligations.py` has each): what is not admitted becomes an
`Unavailable` with its reason, so that each check that needs it is unknown. Box, source and time are those of the
observation's `Provenance`; what has none is taken as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.obligations import LOOK, TURN
from agent.observe.facts.facts import Facts
from agent.observe.facts.sightings import box_digest, is_same, mark_of
from agent.observe.inventory.known_sources import is_short
from agent.observe.pictures.turns import REMEMBERED
from agent.site.config.site import Site
from drivers.details import (
    Accounts,
    Audio,
    Encoders,
    MaskOptions,
    Movable,
    OldestLog,
    RetentionLimits,
    Uptime,
    VideoSources,
)
from drivers.footage import Channels, Disks, PlatformLink, Protocols, RecordedDays, Schedule, StoreIndex
from drivers.model import (
    STORE_BOX,
    Clock,
    Fact,
    Identity,
    Masks,
    Observation,
    Overlays,
    Reason,
    Recordings,
    Services,
    Unavailable,
    Value,
)
from drivers.picture import RECORDED, Access, FootageOpened, PictureSeen, Streams, StreamSound, ZoneVerdict
from masking.view.model import ViewSeen

BEFORE_LOOK: Final = timedelta(minutes=1)
"""How long before a look began its own evidence may be dated, as our clock is set right: what is older is of the look
before, and does not count unless it says that it is remembered."""

FACT_OF: Final[Mapping[type[Value], Fact]] = {
    Access: "access", Accounts: "accounts", Audio: "audio", Channels: "channels", Clock: "clock", Disks: "disks",
    Encoders: "encoders", Identity: "identity", MaskOptions: "mask-options", Masks: "masks", Movable: "movable",
    OldestLog: "oldest-log", Overlays: "overlays", PictureSeen: "picture", PlatformLink: "platform-link",
    Protocols: "protocols", RecordedDays: "recorded-days", Recordings: "recordings",
    RetentionLimits: "retention-limits", Schedule: "schedule", Services: "services", StoreIndex: "store-index",
    Streams: "streams", Uptime: "uptime",
}  # fmt: skip
"""Under which name a value is missing that is not admitted; what is not here is left out without a word."""


def admitted(site: Site, facts: Facts, now: datetime) -> Facts:
    """Return the facts with only the observations that may count at `now`."""
    boxes = {subject: _box(facts, subject) for subject in facts.by_subject if subject.startswith("device:")}
    devices = {f"camera:{one.camera.id}": f"device:{one.camera.device}" for one in site.cameras}
    changed: dict[str, tuple[Observation, ...]] = {}
    unsure = _unsure(site, facts)
    for subject, observed in facts.by_subject.items():
        box = boxes.get(devices.get(subject, subject))
        source, profiles = _source(observed), _profiles(observed)
        after = tuple(_admitted(observed, box, source, profiles, now, unsure=subject in unsure))
        if len(after) < len(observed) or any(new is not old for new, old in zip(after, observed, strict=True)):
            changed[subject] = after
    return replace(facts, by_subject={**facts.by_subject, **changed}) if changed else facts


def _admitted(
    observed: tuple[Observation, ...],
    box: str | None,
    source: str,
    profiles: Mapping[str, str],
    now: datetime,
    *,
    unsure: bool,
) -> Iterator[Observation]:
    for one in observed:
        reason = _why_not(one, box, source, now) or _of_other_profile(one, profiles)
        if unsure and not isinstance(one.value, Unavailable) and not one.provenance.box.startswith(STORE_BOX):
            reason = "other-source"
        if reason is None:
            yield one
        elif (fact := FACT_OF.get(type(one.value))) is not None:
            path = one.value.path if isinstance(one.value, PictureSeen) else None
            yield replace(one, value=Unavailable(fact, reason, path=path))


def _why_not(one: Observation, box: str | None, source: str, now: datetime) -> Reason | None:
    """Return why an observation does not count; None where it does. What is missing says so itself, and stays."""
    if isinstance(one.value, Unavailable):
        return None
    where = one.provenance
    if box is not None and where.box and where.box != box and not where.box.startswith(STORE_BOX):
        return "other-box"
    if source and where.source and where.source != source and not where.box.startswith(STORE_BOX):
        return "other-source"
    recorded = isinstance(one.value, PictureSeen | ZoneVerdict | StreamSound) and one.value.path in RECORDED
    recorded = recorded or isinstance(one.value, FootageOpened)
    if recorded and one.method != REMEMBERED:
        return None  # its time is that of the recording
    longest = TURN if one.method == REMEMBERED else BEFORE_LOOK
    true_at = where.true_at if where.true_at and not recorded else one.taken_at
    ages = (now - one.taken_at, now - true_at)
    return None if all(-LOOK <= age <= longest for age in ages) else "too-old"


def _box(facts: Facts, subject: str) -> str | None:
    """Return the box that proved its identity in this look: what it calls itself, if memory knows it by that.

    None where none did. Empty where one identity contradicts the other: then nothing counts that names a box.
    """
    identity = facts.one(subject, Identity)
    if identity is None:
        return None
    known = facts.remembered.identities.get(subject.removeprefix("device:"))
    same = known is None or is_same(known.answering, mark_of(identity))
    return box_digest(identity) if same else ""


def _unsure(site: Site, facts: Facts) -> frozenset[str]:
    """Return the cameras of which nothing tells whether they are the source that stands at their number.

    Their device lists fewer sources than are configured, which of them is which was never learned, and no picture shows
    an approved view: a recorder that lists only its online sources shifts the numbers of the others.
    """
    found: set[str] = set()
    for device in site.devices:
        cameras = [one.camera for one in site.cameras if one.camera.device == device.id]
        listed = facts.one(f"device:{device.id}", VideoSources)
        known = any(one.source for one in cameras)
        if listed is not None and not known and is_short((one.channel for one in cameras), listed):
            subjects = (f"camera:{one.id}" for one in cameras)
            found |= {name for name in subjects if all(v.state != "still" for v in facts.all(name, ViewSeen))}
    return frozenset(found)


def _source(observed: tuple[Observation, ...]) -> str:
    """Return the video source whose streams a camera has, empty where none is known."""
    return next((one.provenance.source for one in observed if isinstance(one.value, Streams)), "")


def _profiles(observed: tuple[Observation, ...]) -> Mapping[str, str]:
    """Return by path the profile that the camera's streams are of, as far as the device names it."""
    listed = [stream for one in observed if isinstance(one.value, Streams) for stream in one.value.streams]
    return {stream.path: stream.profile for stream in listed if stream.profile}


def _of_other_profile(one: Observation, profiles: Mapping[str, str]) -> Reason | None:
    """Return that a picture, or a verdict on it, is of another profile than the path has now."""
    where = one.provenance
    listed = profiles.get(where.path or "", "")
    other = where.profile and listed and listed != where.profile
    return "other-source" if other and isinstance(one.value, PictureSeen | ZoneVerdict) else None
