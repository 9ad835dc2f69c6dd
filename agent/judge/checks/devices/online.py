"""Checks that each camera delivers a picture. Other unknown findings of a silent camera name this one as cause."""

from collections.abc import Iterator
from datetime import datetime

from agent.judge.check import Check, Looks
from agent.judge.checks.service import gateway
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ORDER_799_OPERATION
from agent.judge.wording.picture_words import paths_listed
from agent.judge.wording.unavailable import unavailable_message
from agent.model.finding import Finding, Json, Message, Unproven, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.inventory.device_identity import DRIFT_ID
from agent.observe.inventory.stocktake import without_signal
from agent.observe.pictures.turns import REMEMBERED
from agent.site.config.site import CameraConfig, Site
from drivers.footage import Channel, Channels
from drivers.model import Device, Identity, Observation, Reason, Services, Unavailable
from drivers.picture import BLANK_CONTRAST, RECORDED, STREAMS, PathName, PictureSeen, Streams
from masking.model import NOT_CONFINED
from masking.view.model import QualitySeen

CHECK_ID = "camera-online"

DARK_LUMA = 16.0
"""Mean luma, 0..255, under which a picture without contrast is called dark. House rule: video black is 16."""

DRAWN_RATIO = 0.75
"""Share of drawn areas from which a picture is a card. House rule, measured by `tests/bench/quality.py`."""

CARD_RATIO = 0.85
"""Share of one even colour from which a picture is called a card. House rule, measured by `tests/bench/moments.py`."""

_STREAMS: tuple[PathName, ...] = (*STREAMS, "recorder-live")

SILENT: frozenset[Reason] = frozenset({"unreachable", "deadline"})


def is_dark(seen: PictureSeen) -> bool:
    """Tell whether a picture is too dark to judge a mask in it."""
    return seen.mean_luma < DARK_LUMA and seen.contrast < BLANK_CONTRAST


def finding_key(subject: str) -> str:
    """Return the key by which other checks name this one as cause."""
    return f"{CHECK_ID} {subject}"


def key_of_device(site: Site, device: Device) -> str:
    """Return the key of the finding on an unreadable device; empty for one without cameras."""
    cameras = [c for c in site.cameras if c.camera.device == device.id]
    if not cameras:
        return ""
    return finding_key(f"device:{device.id}" if len(cameras) > 1 else f"camera:{cameras[0].camera.id}")


def cause_of_silence(facts: Facts, subject: str) -> str:
    """Return this check's key where the camera delivered no live picture, else empty."""
    return "" if _live_pictures(facts, subject) else finding_key(subject)


def without_address(facts: Facts, subject: str) -> Iterator[Unavailable]:
    """Yield each live path that the device lists and gives no address for; a device need not offer snapshots."""
    streams = facts.one(subject, Streams)
    known = {one.path for one in streams.streams} if streams else set()
    for why in facts.all(subject, Unavailable):
        if why.fact != "picture" or why.path is None or why.path in (*RECORDED, *known):
            continue
        if why.path != "snapshot" or why.reason != "unsupported":
            yield why


def answers(facts: Facts, subject: str) -> bool:
    """Tell whether a device (`device:ID`) reported its identity or services."""
    return facts.one(subject, Identity) is not None or facts.one(subject, Services) is not None


def is_empty(facts: Facts, subject: str) -> bool:
    """Tell whether the device reports no video source on this camera's channel. Unknown is not empty."""
    streams = facts.one(subject, Streams)
    return streams is not None and not streams.streams


def _live_pictures(facts: Facts, subject: str) -> tuple[PictureSeen, ...]:
    """Return the live pictures of this look."""
    return tuple(one.value for one in _live(facts, subject) if isinstance(one.value, PictureSeen))


def _live(facts: Facts, subject: str) -> tuple[Observation, ...]:
    """Return the live pictures of this look as observations, without remembered ones, which may be hours old."""
    return tuple(
        one
        for one in facts.observed(subject, PictureSeen)
        if isinstance(one.value, PictureSeen) and one.value.path not in RECORDED and one.method != REMEMBERED
    )


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera, and each device of several cameras: one that does not answer at all is one cause."""
    findings: list[Finding] = []
    for device in site.devices:
        cameras = tuple(c for c in site.cameras if c.camera.device == device.id)
        own = _device(check, site, device, facts) if len(cameras) > 1 else None
        if own is not None:
            findings.append(own)
        cause = own if own is not None and own.status != "pass" else None
        findings.extend(_camera(check, site, facts, camera, cause) for camera in cameras)
    return tuple(findings)


def _device(check: Check, site: Site, device: Device, facts: Facts) -> Finding:
    subject = f"device:{device.id}"
    if answers(facts, subject):
        answered = Held("answers", grounds(facts.observed(subject, Identity, Services)))
        return verdict(check, subject, [answered], {}, Message("it answers"))
    return _unavailable(check, site, device.id, subject, facts.why_not(subject, "identity"), caused_by="")


def _camera(check: Check, site: Site, facts: Facts, camera: CameraConfig, cause: Finding | None) -> Finding:
    subject = f"camera:{camera.camera.id}"
    live = _live_pictures(facts, subject)
    streams = facts.one(subject, Streams)
    if not live and streams is not None and streams.lost:
        message = Message(
            "its device does not list its video source any more: check its power, its cable, and its address in the "
            "recorder"
        )
        return check.finding(subject, "fail", "lost", {}, message, cause.key if cause else "")
    if not live and (dead := without_signal(facts, camera)) is not None:
        told: dict[str, Json] = {"channel": dead.number, "word": dead.word}
        message = Message("its input has no signal ({word}): check its power and its cable", {"word": dead.word})
        return check.finding(subject, "fail", "signal-lost", told, message, cause.key if cause else "")
    if not live and is_empty(facts, subject):
        message = Message("no camera is on its channel: find it, or correct the channel")
        named = f"{DRIFT_ID} device:{camera.camera.device}"  # which names all empty channels of a device at once
        return check.finding(subject, "unknown", "channel-empty", {}, message, named)
    if not live and (lost := _lost_behind(facts, camera)) is not None:
        behind: dict[str, Json] = {"channel": lost.number, "word": lost.word, "host": lost.host}
        message = Message(
            "its recorder has lost it ({word}): check its power, cable, address and login in the recorder",
            {"word": lost.word or lost.state},
        )
        return check.finding(subject, "fail", "channel-offline", behind, message, cause.key if cause else "")
    if not live:
        why = _why_no_picture(facts, subject)
        return _unavailable(check, site, camera.camera.device, subject, why, cause.key if cause else "")
    evidence: dict[str, Json] = {"paths": [s.path for s in live], "mean_luma": round(live[0].mean_luma, 1)}
    if all(is_dark(s) for s in live):
        message = Message(
            "delivers a picture, but it is dark on every path: check the lens, the light and the night mode"
        )
        dark = Broken("pictures", "dark", message, mild=True)
        return verdict(check, subject, [dark], evidence, message)
    if all(one.contrast < BLANK_CONTRAST for one in live):
        message = Message(
            "delivers a picture in which nothing is seen, on every path: look whether it is the camera's, and at its "
            "lens"
        )
        blank = Broken("pictures", "blank", message, mild=True)
        return verdict(check, subject, [blank], evidence, message)
    message = Message("delivers pictures on {paths}", {"paths": paths_listed(s.path for s in live)})
    outcomes = [*_card(facts, subject), _not_lost(facts, camera), _moving(facts, camera.camera.id, streams)]
    return verdict(check, subject, [Held("pictures", grounds(_live(facts, subject))), *outcomes], evidence, message)


def _card(facts: Facts, subject: str) -> Iterator[Outcome]:
    """Yield that a picture is a card, as a recorder draws for a camera that it has lost, whether it moves or not.

    Without a picture of this look that was measured, nothing is said.
    """
    for one in facts.observed(subject, QualitySeen):
        if not isinstance(one.value, QualitySeen):
            continue
        even, drawn = one.value.even_ratio, one.value.drawn_ratio
        if even < CARD_RATIO and drawn >= DRAWN_RATIO:
            message = Message(
                "what comes is no scene: {share} % of it are drawn, as in a card that says NO VIDEO or in colour bars; "
                "look at it, and check the camera's power and its cable",
                {"share": round(100 * drawn)},
            )
            yield Open("scene", "signal-lost", message, {"drawn_ratio": round(drawn, 2)})
            return
        if even >= CARD_RATIO:
            message = Message(
                "what comes is no scene: {share} % of it are of one even colour, as in a card that says NO VIDEO; look "
                "at it, and check the camera's power and its cable",
                {"share": round(100 * even)},
            )
            yield Open("scene", "signal-lost", message, {"even_ratio": round(even, 2)})
            return


def _not_lost(facts: Facts, camera: CameraConfig) -> Outcome:
    """Return whether the recorder has the camera: one that has lost it may send a card, or a picture that it kept.

    An analogue input without a signal has no picture: what is sent for it is the recorder's own card. A channel on the
    network may have come back between the recorder's list and its picture.
    """
    if (dead := without_signal(facts, camera)) is not None:
        card = Message(
            "its input has no signal ({word}), and what its recorder sends for it is no picture of it: check its power "
            "and its cable",
            {"word": dead.word},
        )
        return Broken("connected", "signal-lost", card, {"channel": dead.number, "word": dead.word})
    lost = _lost_behind(facts, camera)
    if lost is None:
        return Held("connected", grounds(_live(facts, f"camera:{camera.camera.id}")))
    told: dict[str, Json] = {"channel": lost.number, "word": lost.word, "host": lost.host}
    message = Message(
        "its recorder says that it has lost it ({word}), and sends a picture all the same: look whether it is a live "
        "one",
        {"word": lost.word or lost.state},
    )
    return Open("connected", "channel-offline", message, told)


def _moving(facts: Facts, camera: str, streams: Streams | None) -> Outcome:
    """Return whether a stream delivers: snapshots may come from a cache that nothing empties when a sensor stops.

    A stream without a turn in this look counts as it was found last. Where none is listed, the snapshot is enough.
    """
    subject = f"camera:{camera}"
    live = [one for one in _live(facts, subject) if _path(one) != "snapshot"]
    listed = [one.path for one in streams.streams if one.path != "snapshot"] if streams is not None else []
    missing = {path: facts.why_not(subject, "picture", path) for path in _STREAMS}
    failed = [why for why in missing.values() if why.reason != "not-looked-at"]
    last = [one for one in facts.remembered.looked if one.camera_id == camera and one.path in _STREAMS]
    if not (live or listed or failed) and (still := _frozen_since(facts, camera)) is not None:
        card = Message(
            "only a snapshot comes, the same since {since}, byte for byte: look whether the camera runs",
            {"since": utc_text(still)},
        )
        return Open("moving", "snapshot-frozen", card, {"frozen_since": utc_text(still)})
    if live or not (listed or failed):
        return Held("moving", grounds(live or _live(facts, subject)))
    earlier = [one for one in facts.observed(subject, PictureSeen) if _path(one) in _STREAMS]
    if earlier and not failed and all(one.seen is not None for one in last):
        return Held("moving", grounds(earlier))
    reason = failed[0].reason if failed else "not-looked-at"
    message = Message(
        "only a snapshot comes, and no stream of it delivers ({reason}): look at RTSP in the device", {"reason": reason}
    )
    return Open("moving", "snapshot-only", message, {"why": reason})


def _frozen_since(facts: Facts, camera: str) -> datetime | None:
    """Return since when a camera's snapshot has been one and the same; None where it is made anew, or not known."""
    known = facts.remembered.quality.get(camera)
    mark = known.snapshot if known is not None else None
    return mark.since if mark is not None and mark.is_frozen else None


def _path(one: Observation) -> PathName | None:
    return one.value.path if isinstance(one.value, PictureSeen) else None


def _lost_behind(facts: Facts, camera: CameraConfig) -> Channel | None:
    """Return the channel of a camera that its recorder reports as offline."""
    channels = facts.one(f"device:{camera.camera.device}", Channels)
    own = [c for c in channels.channels if c.number == camera.camera.channel] if channels is not None else []
    return own[0] if own and own[0].state == "offline" else None


def _why_no_picture(facts: Facts, subject: str) -> Unavailable:
    """Return the reason of the first path that failed, or why the paths are unknown."""
    streams = facts.one(subject, Streams)
    if streams is None:
        return facts.why_not(subject, "streams")
    reasons = tuple(facts.why_not(subject, "picture", stream.path) for stream in streams.streams)
    tried = tuple(why for why in reasons if why.reason != "not-looked-at")
    return next(iter(tried or reasons), Unavailable("streams", "unsupported"))


def _unavailable(check: Check, site: Site, device_id: str, subject: str, why: Unavailable, caused_by: str) -> Finding:
    if why.reason == NOT_CONFINED and not caused_by:
        caused_by = f"{gateway.CHECK_ID} site"
    # A camera behind a silent recorder may be well: nothing is known of it but its recorder's fault.
    status: Unproven = "fail" if why.reason in SILENT and not caused_by else "unknown"
    evidence: dict[str, Json] = {"detail": why.detail} if why.detail else {}
    evidence |= {"cause": why.cause} if why.cause else {}
    evidence |= {"unlocks_in_s": why.unlocks_in_s} if why.unlocks_in_s else {}
    device = next(device for device in site.devices if device.id == device_id)
    message = unavailable_message(why, device, site.probe.deadline_s, on_the_spot=not site.digest)
    return check.finding(subject, status, why.reason, evidence, message, caused_by)


CHECK = Check(
    CHECK_ID, run, "major", ORDER_799_OPERATION, "Cameras run continuously and deliver their picture.",
    Looks(fail=3, recover=2),
)  # fmt: skip
