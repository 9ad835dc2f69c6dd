"""Derives what must be seen before a zone counts as hidden: each zone in a picture of each path that leaves the camera.

Paths are those that the device lists, those of which it gave no address, playback wherever footage is recorded, that to
the police platform once a self-test showed it, and any other that showed a picture. A stream at which nobody looks is
an open obligation of each zone.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.judge.checks.devices import online
from agent.judge.checks.footage.opened import may_be_none
from agent.judge.checks.footage.shared import RETENTION_ID
from agent.judge.checks.pictures.glass import LIKE_GLASS, may_be_glass
from agent.judge.checks.pictures.platform_path import on_platform, still_open
from agent.judge.checks.pictures.worth import would_tell
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.wording.framing_words import framed_path, framed_paths
from agent.judge.wording.picture_words import path_word, zone_reason
from agent.model.finding import Json, Message, listed
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.model import Observation, RecordedBeside, Recordings, Unavailable
from drivers.picture import PLATFORM, RECORDED, FootageOpened, PathName, PictureSeen, Streams, ZoneVerdict

NOT_LOOKED_AT: Final = "path-not-looked-at"

Seen = dict[PathName, tuple[Observation, PictureSeen]]
Verdicts = dict[tuple[str, str], tuple[Observation, ZoneVerdict]]
"""By path and zone."""


def hidden(facts: Facts, camera: CameraConfig, now: datetime, switched_off: str = "") -> dict[tuple[str, str], Outcome]:
    """Return the obligations of each zone on each path, by zone and path.

    The order is that in which a reader wants to hear of them: bare zones, paths without a picture, dark pictures, zones
    that cannot be judged, what the device offers and nobody fetches.

    Args:
        facts: The facts of this look.
        camera: A camera with zones.
        now: The time of the look: how long ago a self-test was.
        switched_off: The key of the finding that explains a bare zone, or empty.
    """
    subject = f"camera:{camera.camera.id}"
    seen = {o.value.path: (o, o.value) for o in facts.observed(subject, PictureSeen)
            if isinstance(o.value, PictureSeen)}  # fmt: skip
    verdicts: Verdicts = {}
    for one in facts.observed(subject, ZoneVerdict):
        if isinstance(one.value, ZoneVerdict):
            key = (one.value.path, one.value.zone)
            if key not in verdicts or verdicts[key][1].verdict != "FAIL":
                verdicts[key] = (one, one.value)
    platform = on_platform(facts, camera, now)
    if platform is not None and not platform.void:
        seen[PLATFORM], judged = platform.observations
        verdicts |= {(PLATFORM, verdict.zone): (one, verdict) for one, verdict in judged}
    mixed_up = f"{RETENTION_ID} {subject}" if _shows_another(facts, camera, "playback") else ""
    found: dict[tuple[str, str], Outcome] = dict(_bare(facts, camera.camera.id, verdicts, switched_off, mixed_up))
    for only, unproven in _open(facts, camera, seen, verdicts):
        for name in (only,) if only else tuple(zone.name for zone in camera.zones):
            found.setdefault((name, unproven.key), replace(unproven, key=_key(name, unproven.key)))
    for name, unproven in still_open(platform, camera) if platform is not None and platform.void else ():
        found[name, PLATFORM] = replace(unproven, key=_key(name, PLATFORM))
    for path, (picture, _) in seen.items():
        for name in (zone.name for zone in camera.zones):
            if (name, path) not in found:
                proof = grounds((picture, verdicts[path, name][0]))
                found[name, path] = Held(_key(name, path), proof)
    return found


def _key(zone: str, path: str) -> str:
    """Return the key of a zone on a path; a self-test may be older than a look (`agent/judge/obligations.py`)."""
    return f"tested {zone} {path}" if path == PLATFORM else f"hidden {zone} {path}"


def _shows_another(facts: Facts, camera: CameraConfig, path: PathName) -> bool:
    """Tell whether what was played back is proven to be another camera's, which then is the cause (`opened.py`).

    Any moment of playback counts: which of them show whose view they are depends on what stood before the camera.
    """
    subject = f"camera:{camera.camera.id}"
    shown = {one.shows for one in facts.all(subject, PictureSeen) if one.path == path}
    if path == "playback":
        shown |= {one.shows for one in facts.all(subject, FootageOpened)}
    return not shown <= {"", camera.camera.id}


def _bare(
    facts: Facts, name: str, verdicts: Verdicts, switched_off: str, mixed_up: str
) -> Iterator[tuple[tuple[str, str], Outcome]]:
    failed = [one for _, one in verdicts.values() if one.verdict == "FAIL"]
    for one in failed:
        paths = [other.path for other in failed if other.zone == one.zone]
        message = Message(
            "zone {zone} is not hidden on {paths} ({reason}): correct the mask and look again",
            {
                "zone": one.zone,
                "paths": framed_paths(facts.remembered.framings, name, paths),
                "reason": zone_reason(one.reason),
            },
        )
        cause = switched_off or (mixed_up if paths == ["playback"] else "")
        broken = Broken(_key(one.zone, one.path), one.reason, message, caused_by=cause)
        yield (one.zone, one.path), broken


def _open(facts: Facts, camera: CameraConfig, seen: Seen, verdicts: Verdicts) -> Iterator[tuple[str, Open]]:
    """Yield what nobody proved, by zone (empty: all zones); the key is the path alone."""
    subject = f"camera:{camera.camera.id}"
    yield from (("", one) for one in _not_its_footage(facts, camera, seen))
    silent = online.cause_of_silence(facts, subject)
    streams = facts.one(subject, Streams)
    if streams is None or not streams.streams:
        yield "", _not_looked_at("streams", facts.why_not(subject, "streams"), silent)
    for due, why in _due_paths(facts, camera):
        if due not in seen:
            yield "", _not_looked_at(due, why, silent)
    for path, (_, picture) in seen.items():
        if online.is_dark(picture):
            message = Message("path {path} is dark: no mask can be judged in it", {"path": path_word(path)})
            yield "", Open(path, "dark", message, caused_by=online.finding_key(subject))
    if set(seen) - {PLATFORM} == {"snapshot"}:
        message = Message("only a snapshot was seen: whether the video hides what is private is not known")
        yield "", Open("video", "snapshot-only", message)
    attested = facts.attested.get(camera.camera.id, {})
    for path in seen:
        for zone in camera.zones:
            _, verdict = verdicts.get((path, zone.name), (None, None))
            if verdict is None or verdict.verdict != "PASS":
                reason = verdict.reason if verdict else "not-judged"
                where = framed_path(facts.remembered.framings, camera.camera.id, path)
                values = {"zone": zone.name, "path": where, "reason": zone_reason(reason)}
                # A person's look is a word on what was seen and not provable; of a path not seen it says nothing.
                word = attested.get(zone.name) if verdict is not None else None
                message = Message("zone {zone} on path {path}: cannot be told ({reason})", values)
                yield zone.name, Open(path, reason, message, attested=word)
            elif not would_tell(facts, subject, path, zone.name):
                reason = "not-calibrated"
                values = {"zone": zone.name, "path": path_word(path), "reason": zone_reason(reason)}
                message = Message("zone {zone} on path {path}: cannot be told ({reason})", values)
                yield zone.name, Open(path, reason, message, attested=attested.get(zone.name))
    yield from _glass(facts, camera, verdicts)
    yield from (("", one) for one in _missing_streams(facts, subject))


def _not_its_footage(facts: Facts, camera: CameraConfig, seen: Seen) -> Iterator[Open]:
    """Yield each path of footage on which what is live, of another moment, or what another camera sees, may have come.

    No mask in that counts. The check of retention says what it is, and is the cause.
    """
    name = camera.camera.id
    for path in RECORDED:
        if path in seen and (_shows_another(facts, camera, path) or may_be_none(facts, name)):
            message = Message(
                "what came on path {path} may not be this camera's footage: what that hides is not known",
                {"path": path_word(path)},
            )
            yield Open(path, "not-its-footage", message, caused_by=f"{RETENTION_ID} camera:{name}")


def _glass(facts: Facts, camera: CameraConfig, verdicts: Verdicts) -> Iterator[tuple[str, Open]]:
    """Yield a doubt for every zone that is blurred, as a pane of glass would be, and that nobody approved so."""
    word = facts.attested.get(camera.camera.id, {})
    for (path, zone), (_, verdict) in verdicts.items():
        if verdict.verdict == "PASS" and may_be_glass(facts, camera, verdict):
            message = Message(
                "zone {zone} on path {path}: cannot be told ({reason})",
                {"zone": zone, "path": path_word(path), "reason": zone_reason(LIKE_GLASS)},
                next_step="look at it and approve it with camwarden masks adopt",
            )
            yield zone, Open(path, LIKE_GLASS, message, doubted=True, attested=word.get(zone))


def _due_paths(facts: Facts, camera: CameraConfig) -> Iterator[tuple[PathName, Unavailable]]:
    """Yield every path on which this camera's picture leaves, with the reason that holds if it is missing."""
    subject = f"camera:{camera.camera.id}"
    streams = facts.one(subject, Streams)
    for stream in streams.streams if streams else ():
        yield stream.path, facts.why_not(subject, "picture", stream.path)
    if camera.recorded:
        recordings = facts.one(subject, Recordings)
        why = facts.why_not(subject, "picture", "playback")
        yield "playback", why if recordings else facts.why_not(subject, "recordings")
    if facts.one(subject, RecordedBeside) is not None:
        yield "playback-beside", facts.why_not(subject, "picture", "playback-beside")


def _missing_streams(facts: Facts, subject: str) -> Iterator[Open]:
    """Yield a doubt for every listed stream without a picture.

    One without an address is included; a device need not offer snapshots.
    """
    streams = facts.one(subject, Streams)
    for why in online.without_address(facts, subject):
        message = Message(
            "path {path} was not looked at ({reason})", {"path": path_word(why.path), "reason": why.reason}
        )
        yield Open(str(why.path), NOT_LOOKED_AT, message, doubted=True)
    if streams and streams.further:
        message = Message(
            "the device lists more streams ({names}), at which nobody looks: what they show is not known",
            {"names": listed(streams.further)},
            next_step="switch off in the device what nobody needs",
        )
        yield Open("further", NOT_LOOKED_AT, message, doubted=True)


def _not_looked_at(path: str, why: Unavailable, caused_by: str) -> Open:
    values = {"path": path_word(path), "reason": why.reason}
    message = Message("path {path} was not looked at ({reason})", values)
    if why.reason == "damaged":
        message = Message("the picture on path {path} arrived damaged: nothing is judged before another look", values)
    told: dict[str, Json] = {"missing": path, "why": why.reason}
    return Open(path, NOT_LOOKED_AT, message, told, caused_by)
