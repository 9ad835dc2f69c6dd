"""Judges what a device answered to our queries: its catalogue, itself, its footage and configuration. Pure.

All of it is the device's own word. What was not answered is unknown; what shows that the platform could not work with
it fails.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from agent.model.finding import Json, Message, listed
from agent.onsite.link.footage import Listing
from agent.onsite.link.plan import BEIJING, Plan
from agent.onsite.link.platform import Asked
from agent.onsite.link.result import Step, StepName
from drivers.gb28181.answers import Catalog, Channel, Config, DeviceInfo, DeviceStatus, StorageCards

NAMED_MAX: Final = 8
CAMERA_TYPES: Final = frozenset({"131", "132"})
CLOCK_WITHIN_S: Final = 3
"""House rule: a clock told in whole seconds, and the way of an answer."""
AREA_DIGITS: Final = frozenset({2, 4, 6, 8})
"""Codes of areas in a catalogue, which are no cameras. Source: GB/T 28181-2022, A.2.1.1."""


def unanswered(name: StepName, asked: Asked) -> Step:
    """Return the step of a query that was not answered, or refused."""
    evidence: dict[str, Json] = {"status": asked.status}
    if asked.status >= 300:
        what = Message("it refused the query with {status}", {"status": asked.status})
        return Step(name=name, status="unknown", what=what, reason="query-refused", evidence=evidence)
    what = Message(
        "no answer came to the query",
        next_step="repeat it over TCP: long packets of UDP are lost on some ways",
    )
    return Step(name=name, status="unknown", what=what, reason="no-answer", evidence=evidence)


def skipped(name: StepName) -> Step:
    """Return the step of a query that a device of this version does not know, and that is not sent to it."""
    what = Message("not asked: devices before version 3.0 do not know it")
    return Step(name=name, status="skipped", what=what, reason="older-version")


def channels_of(asked: Asked) -> list[Channel]:
    """Return the items of a catalogue."""
    return [one for part in asked.parts if isinstance(part, Catalog) for one in part.channels]


def cameras_of(asked: Asked) -> list[Channel]:
    """Return the cameras of a catalogue: items with 20 digits and the type of one."""
    return [one for one in channels_of(asked) if len(one.code) == 20 and one.code[10:13] in CAMERA_TYPES]


def total_of(asked: Asked) -> int | None:
    """Return how many items a catalogue has, by its own word."""
    return next((part.total for part in asked.parts if isinstance(part, Catalog) and part.total is not None), None)


def catalog(asked: Asked, plan: Plan) -> Step:
    """Judge a catalogue: whole, each code once, with every camera that the site file declares behind this device."""
    if not asked.parts:
        return unanswered("catalog", asked)
    items, total = channels_of(asked), total_of(asked)
    cameras = cameras_of(asked)
    repeated = [code for code, count in Counter(one.code for one in cameras).items() if count > 1]
    odd = [
        one.code
        for one in items
        if not (one.code.isdecimal() and (len(one.code) == 20 or len(one.code) in AREA_DIGITS))
    ]
    missing = [code for code in plan.cameras if code not in {one.code for one in cameras}]
    evidence: dict[str, Json] = {
        "items": len(items), "total": total, "cameras": len(cameras),
        "offline": sum(one.online is False for one in cameras), "repeated": list(repeated[:NAMED_MAX]),
        "odd": list(odd[:NAMED_MAX]), "missing": list(missing[:NAMED_MAX]),
    }  # fmt: skip
    values: dict[str, object] = {
        "items": len(items), "total": "-" if total is None else total, "cameras": len(cameras),
        "repeated": listed(repeated[:NAMED_MAX]),
        "odd": listed(odd[:NAMED_MAX]), "missing": listed(missing[:NAMED_MAX]),
    }  # fmt: skip
    if total is None or len(items) < total:
        what = Message("its catalogue did not come whole: {items} of {total}", values, next_step="repeat it over TCP")
        return Step(name="catalog", status="unknown", what=what, reason="incomplete", evidence=evidence)
    if not cameras:
        what = Message(
            "no camera is in its catalogue, so that the platform can show none", values,
            next_step="give each channel its code in the device, and share it with the platform",
        )  # fmt: skip
        return Step(name="catalog", status="failed", what=what, reason="no-camera", evidence=evidence)
    if repeated:
        what = Message(
            "several cameras have one code, and the platform cannot tell them apart: {repeated}", values,
            next_step="give each channel a code of its own",
        )  # fmt: skip
        return Step(name="catalog", status="failed", what=what, reason="repeated-codes", evidence=evidence)
    if odd:
        what = Message("codes that are none: {odd}", values, next_step="a camera has 20 digits")
        return Step(name="catalog", status="failed", what=what, reason="odd-codes", evidence=evidence)
    if missing:
        what = Message(
            "cameras of the site file that are not in its catalogue: {missing}", values,
            next_step="share them with the platform in the device, or correct their codes",
        )  # fmt: skip
        return Step(name="catalog", status="failed", what=what, reason="missing-cameras", evidence=evidence)
    what = Message("cameras in its catalogue: {cameras}", values)
    return Step(name="catalog", status="told", what=what, evidence=evidence)


def device_info(asked: Asked) -> Step:
    """Return what the device says that it is."""
    said = next((one for one in asked.parts if isinstance(one, DeviceInfo)), None)
    if said is None or said.done is False:
        return unanswered("device-info", asked)
    evidence: dict[str, Json] = {
        "manufacturer": said.manufacturer, "model": said.model, "firmware": said.firmware, "channels": said.channels,
    }  # fmt: skip
    words = listed(one for one in (said.manufacturer, said.model, said.firmware) if one)
    what = Message("it calls itself {words}", {"words": words or "-"})
    return Step(name="device-info", status="told", what=what, evidence=evidence)


def device_status(asked: Asked, now: datetime) -> Step:
    """Return how the device says that it is, and how far its clock is off, which is its own word too."""
    said = next((one for one in asked.parts if isinstance(one, DeviceStatus)), None)
    if said is None or said.done is False:
        return unanswered("device-status", asked)
    off_s = _clock_off_s(said, now)
    evidence: dict[str, Json] = {
        "online": said.online, "well": said.well, "encoding": said.encoding, "recording": said.recording,
        "clock_off_s": off_s,
    }  # fmt: skip
    if said.online is False or said.well is False:
        what = Message("it calls itself offline or faulty, though it answers", next_step="look at it")
        return Step(name="device-status", status="told", what=what, reason="unwell", evidence=evidence)
    if off_s is None:
        return Step(name="device-status", status="told", what=Message("it calls itself well"), evidence=evidence)
    what = Message("it calls itself well; its clock differs from ours by {seconds} s", {"seconds": off_s})
    return Step(name="device-status", status="told", what=what, evidence=evidence)


def clock(asked: Asked, now: datetime) -> Step:
    """Return whether the device's clock is where it was set at the registration, by its own word.

    That it was right before is not told from that it was set. Source: GB/T 28181-2022, 9.10.3.
    """
    said = next((one for one in asked.parts if isinstance(one, DeviceStatus)), None)
    off_s = None if said is None else _clock_off_s(said, now)
    if off_s is None:
        what = Message("whether it took the time that it was given is not known: it does not tell its clock")
        return Step(name="clock", status="unknown", what=what, reason="no-clock")
    values, evidence = {"seconds": off_s}, {"clock_off_s": off_s}
    if abs(off_s) > CLOCK_WITHIN_S:
        what = Message(
            "it was given the time when it registered, and its clock differs by {seconds} s: it does not take it",
            values,
            next_step="let it take the time from its platform, or from a time server",
        )  # fmt: skip
        return Step(name="clock", status="failed", what=what, reason="not-taken", evidence=evidence)
    what = Message("its clock agrees with the time that it was given when it registered ({seconds} s)", values)
    return Step(name="clock", status="told", what=what, evidence=evidence)


def _clock_off_s(said: DeviceStatus, now: datetime) -> int | None:
    if said.device_time is None:
        return None
    return round((said.device_time - (now + BEIJING).replace(tzinfo=None)).total_seconds())


def configuration(asked: Sequence[Asked]) -> Step:
    """Return which blocks of its configuration the device told, and what of them concerns masks and heartbeats."""
    told = [one for each in asked for one in each.parts if isinstance(one, Config) and one.blocks]
    if not told:
        return unanswered("configuration", asked[0])
    blocks = sorted({block for one in told for block in one.blocks})

    def first(name: str) -> Json:
        return next((value for one in told if (value := getattr(one, name)) is not None), None)

    names = ("heartbeat_s", "heartbeat_count", "expires_s", "masks_on", "masks", "mirror")
    evidence: dict[str, Json] = {"blocks": list(blocks[:32]), **{name: first(name) for name in names}}
    if first("mirror"):
        what = Message(
            "it told {blocks}; its picture is mirrored, which moves masks", {"blocks": listed(blocks)},
            next_step="look at the masks in a picture",
        )  # fmt: skip
        return Step(name="configuration", status="told", what=what, reason="mirrored", evidence=evidence)
    what = Message("it told {blocks}", {"blocks": listed(blocks)})
    return Step(name="configuration", status="told", what=what, evidence=evidence)


def cards(asked: Asked) -> Step:
    """Return which cards the device says that it has."""
    said = next((one for one in asked.parts if isinstance(one, StorageCards)), None)
    if said is None:
        return unanswered("cards", asked)
    bad = sum(one.status.lower() not in ("ok", "") for one in said.cards)
    evidence: dict[str, Json] = {"count": len(said.cards), "not_ok": bad}
    what = Message("memory cards: {count}, not in order: {bad}", {"count": len(said.cards), "bad": bad})
    return Step(name="cards", status="told", what=what, reason="cards-not-ok" if bad else "", evidence=evidence)


def records(listing: Listing) -> Step:
    """Return from when on a device lists footage of its first camera."""
    if listing.is_lost or not listing.last.parts:
        return unanswered("records", listing.last)
    if listing.days is None:
        what = Message("it lists no footage of the last day", next_step="look whether it records, and lists all types")
        return Step(name="records", status="unknown", what=what, reason="none-listed")
    what = Message("it lists footage of its first camera from {days} days ago on", {"days": listing.days})
    return Step(name="records", status="told", what=what, evidence={"days": listing.days})


def no_times() -> Step:
    """Return the step of footage that is listed without times to play it from."""
    what = Message("it lists footage without times, so that none can be asked for")
    return Step(name="playback", status="unknown", what=what, reason="no-times")
