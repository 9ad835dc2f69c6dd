"""Checks that time and the filed name are drawn in each camera's picture, and that no two names are the same.

Judged on the texts that devices report. Of a picture only its clock is read, once its digits are learned: it has to
run with its device's. Names are not read, so nothing passes that a picture would have to prove: a device that draws as
it reports is `not-read-yet`, one item for the site, and one that reports nothing is unknown.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.unread import FOLDED, fact_missing, listed_overlays, silence_key
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ruled
from agent.judge.wording.picture_words import path_word
from agent.model.finding import Finding, Json, Listed, Message, listed
from agent.observe.facts.facts import Facts
from agent.observe.inventory.device_identity import cause_of_all
from agent.site.config.site import CameraConfig, Site
from drivers.model import Clock, Overlays
from drivers.picture import LIVE, PictureSeen

EVIDENCE_MAX: Final = 16
NAMED_MAX: Final = 4

_FILLED_IN: Final = re.compile(r"<[^>]*>")
_TIME: Final = re.compile(r"<[^>]*(date|time)[^>]*>", re.IGNORECASE)
_NAME: Final = re.compile(r"<[^>]*name[^>]*>", re.IGNORECASE)
"""Placeholders of drivers for what a device fills in, as `<DateAndTime>`; the text of `<ChannelName>` is unknown."""


OTHER_NAME: Final = "name-differs"
OTHER_TIME: Final = "clock-differs"
APART_S: Final = 60.0
"""So far the clock in a picture may be from its device's: pictures are buffered, and shown to the second."""

NOT_READ: Final = "not-read-yet"
FILED_NAME: Final = (
    "its picture carries another name than the filed one ({name}): correct the overlay, or file the change"
)
CONFIGURED_NAME: Final = (
    "its picture carries another name than the configuration ({name}): correct the overlay, or the name there"
)

_OFF: Final = {
    (True, True): "the clock in its picture ({path}) is {minutes} min ahead of its device's: set both, or let one of "
    "them draw it",
    (True, False): "the clock in its picture ({path}) is {minutes} min behind its device's: set both, or let one of "
    "them draw it",
    (False, True): "the clock in its picture ({path}) is {minutes} min ahead: set it",
    (False, False): "the clock in its picture ({path}) is {minutes} min behind: set it",
}
"""By whether its device's clock is known, and whether it is ahead."""

DRAWN: Final = Message("time and name stand in its picture")
"""What a pass says, once pictures are read: today none can be."""


def shows_time(overlays: Overlays) -> bool | None:
    """Tell whether the time is drawn; None where neither a text nor the device shows it."""
    if any(_TIME.search(text) for text in overlays.texts):
        return True
    return overlays.time_shown


def label(overlays: Overlays) -> str:
    """Return the drawn text without the time, normalized; empty where there is none."""
    return " ".join(_texts(overlays))


def carries(overlays: Overlays, name: str) -> bool:
    """Tell whether a name is in the picture: as one of the texts, or as all of them together."""
    wanted = _normalized(name)
    return wanted in _texts(overlays) or wanted == label(overlays)


def run_compliant(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera; what is alike at several is one finding for the site.

    That is names that differ only from the configuration, and pictures in which nobody reads what devices report.
    """
    found = tuple(_camera(check, site, facts, one) for one in site.cameras)
    other = [one.subject.removeprefix("camera:") for one in found if one.reason == OTHER_NAME and one.status == "warn"]
    unread = [one.subject.removeprefix("camera:") for one in found if one.reason == NOT_READ]
    outcomes: list[Outcome] = []
    if len(other) > 1:
        message = Message(
            "the pictures of {count} cameras carry other names than the configuration: "
            "correct them there, or the overlays",
            {"count": len(other)},
        )
        outcomes.append(Broken("names", OTHER_NAME, message, {"cameras": other[:EVIDENCE_MAX]}, mild=True))
    if unread:
        timed = sum(bool(one.evidence.get("time_read")) for one in found if one.reason == NOT_READ)
        message = Message(
            "{count} cameras draw time and name as their devices say; in the pictures of {read} the time was read, "
            "names are not read yet: look at them"
            if timed
            else "{count} cameras draw time and name as their devices say; whether they stand in the pictures is not "
            "read yet: look at them",
            {"count": len(unread), **({"read": timed} if timed else {})},
        )
        outcomes.append(Open("pictures", NOT_READ, message, {"cameras": unread[:EVIDENCE_MAX]}, doubted=True))
    if not outcomes:
        return found
    hung = {NOT_READ, *([OTHER_NAME] if len(other) > 1 else ())}
    cause = verdict(check, "site", outcomes, {"not_read": len(unread)} if unread else {}, DRAWN)
    return (cause, *(replace(one, caused_by=cause.key) if one.status != "fail" and one.reason in hung else one
                     for one in found))  # fmt: skip


def _camera(check: Check, site: Site, facts: Facts, camera: CameraConfig) -> Finding:
    subject = f"camera:{camera.camera.id}"
    overlays = listed_overlays(facts, subject)
    if overlays is None:
        return fact_missing(check, site, facts, subject, "overlays")
    time, name = shows_time(overlays), label(overlays)
    is_filled_in = any(_NAME.search(text) for text in overlays.texts)
    filed = facts.filed.names.get(camera.camera.id, "") if facts.filed else ""
    wanted = "" if is_filled_in else filed or camera.camera.name
    evidence: dict[str, Json] = {"time": time, "label": bool(name) or is_filled_in}
    if name and wanted:
        evidence |= {"named_by": "filing" if filed else "configuration", "named_so": carries(overlays, wanted)}
    told = grounds(facts.observed(subject, Overlays))
    outcomes: list[Outcome] = [Held("drawn", told), Held("name", told)]
    missing = (["time"] if not time else []) + (["name"] if not name and not is_filled_in else [])
    if missing:
        message = Message(
            "{missing} does not stand in its picture: switch it on in the camera's overlay (OSD) settings",
            {"missing": " + ".join(missing)},
        )
        outcomes[0] = Broken("drawn", "-and-".join(missing) + "-missing", message)
    if wanted and not carries(overlays, wanted):
        words = FILED_NAME if filed else CONFIGURED_NAME
        outcomes[1] = Broken("name", OTHER_NAME, Message(words, {"name": wanted}), mild=not filed)
    clock = _clock_in_picture(facts, camera)
    outcomes += clock
    evidence |= {"time_read": True} if clock else {}
    message = Message(
        "its device draws time and name, as it says; the time was read in its picture, the name is not read yet"
        if clock
        else "its device draws time and name, as it says; whether they stand in its picture is not read yet"
    )
    outcomes.append(Open("picture", NOT_READ, message, doubted=True))
    return verdict(check, subject, outcomes, evidence, DRAWN)


def _clock_in_picture(facts: Facts, camera: CameraConfig) -> list[Outcome]:
    """Judge the clocks that were read in live pictures by their device's, or else by ours; empty where none was read.

    Each path has its own: a snapshot may be drawn by another part of the camera than its streams.
    """
    seen = facts.observed(f"camera:{camera.camera.id}", PictureSeen)
    told = facts.one(f"device:{camera.camera.device}", Clock)
    found: list[Outcome] = []
    for one in seen if told is not None or facts.own_clock_trusted else ():
        value = one.value
        if not isinstance(value, PictureSeen) or value.path not in LIVE or value.clock_off_s is None:
            continue
        apart_s = value.clock_off_s - (told.offset_s if told is not None else 0.0)
        if abs(apart_s) <= APART_S:
            found.append(Held(f"picture time {value.path}", grounds([one])))
            continue
        words = _OFF[told is not None, apart_s > 0]
        message = Message(words, {"path": path_word(value.path), "minutes": round(abs(apart_s) / 60, 1)})
        evidence: dict[str, Json] = {"clock_path": value.path, "clock_apart_s": round(apart_s)}
        found.append(Broken(f"picture time {value.path}", OTHER_TIME, message, evidence))
    return found


def _texts(overlays: Overlays) -> list[str]:
    texts = (_normalized(_FILLED_IN.sub("", text)) for text in overlays.texts)
    return [text for text in texts if text]


def _normalized(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def run_unique(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge all labels of the site together: one finding, however many cameras share one."""
    if not site.cameras:
        return ()
    by_label: dict[str, list[str]] = {}
    unread, filled_in = [], []
    for camera in site.cameras:
        overlays = listed_overlays(facts, f"camera:{camera.camera.id}")
        if overlays is None:
            unread.append(camera.camera.id)
        elif label(overlays):
            by_label.setdefault(label(overlays), []).append(camera.camera.id)
        elif any(_NAME.search(text) for text in overlays.texts):
            filled_in.append(camera.camera.id)
    doubled = [cameras for cameras in by_label.values() if len(cameras) > 1]
    evidence: dict[str, Json] = {"labels": len(by_label), "unread": [*unread, *filled_in][:EVIDENCE_MAX]}
    outcomes: list[Outcome] = [
        Held(f"label {cameras[0]}", grounds(facts.observed(f"camera:{cameras[0]}", Overlays)))
        for cameras in by_label.values()
        if len(cameras) == 1
    ]
    if doubled:
        outcomes.append(_doubled(site, facts, doubled))
    if unread or filled_in:
        answering = [one for one in unread if not silence_key(site, facts, f"camera:{one}")]
        cause = FOLDED if answering else silence_key(site, facts, f"camera:{unread[0]}") if unread else ""
        count = len(unread) + len(filled_in)
        message = Message("the names in the pictures of {count} cameras are not known", {"count": count})
        outcomes.append(Open("labels", "not-all-read", message, caused_by=cause))
    if not outcomes:
        message = Message("no camera writes a name into its picture")
        first = f"{COMPLIANT.id} camera:{site.cameras[0].camera.id}"
        outcomes.append(Open("labels", "no-label", message, caused_by=first))
    return (verdict(check, "site", outcomes, evidence, Message("no two cameras carry the same name")),)


def _doubled(site: Site, facts: Facts, doubled: list[list[str]]) -> Broken:
    named = Listed(tuple(listed(cameras[:NAMED_MAX]) for cameras in doubled[:NAMED_MAX]), "; ")
    message = Message("cameras carry the same name in their picture ({cameras}): give each its own", {"cameras": named})
    device_of = {camera.camera.id: camera.camera.device for camera in site.cameras}
    cause = cause_of_all(site, facts, [device_of[one] for cameras in doubled for one in cameras])
    shown: dict[str, Json] = {"doubled": [cameras[:EVIDENCE_MAX] for cameras in doubled[:EVIDENCE_MAX]]}
    return Broken("doubled", "doubled", message, shown, cause or _misnamed(facts, doubled))


def _misnamed(facts: Facts, doubled: list[list[str]]) -> str:
    """Return the finding that covers it already, where in each group a camera differs from its filed name."""
    names = facts.filed.names if facts.filed else {}
    wrong = [
        [one for one in cameras if one in names and (told := listed_overlays(facts, f"camera:{one}")) is not None
         and not carries(told, names[one])]
        for cameras in doubled
    ]  # fmt: skip
    return f"{COMPLIANT.id} camera:{wrong[0][0]}" if all(wrong) else ""


COMPLIANT = ruled("osd-compliant", run_compliant)
UNIQUE = ruled("osd-label-unique", run_unique)
