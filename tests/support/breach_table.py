"""The table of breaches: obligation -> what is done to a healthy site, and which findings must change for it.

One row for each obligation whose check is written; what is done stands in `breaches.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from breaches import (
    Breach,
    anonymous,
    audible,
    bad_day,
    becomes,
    before_the_lens,
    by_hand,
    cleared_log,
    clock_off,
    covered,
    declared,
    disconnected,
    down_for_long,
    edited,
    ends_soon,
    factory_login,
    fault,
    filed,
    forged,
    full_disk,
    hole,
    insecure,
    lost_power,
    never_filed,
    no_approval,
    painted,
    redrawn,
    same_name,
    sharper,
    shifted,
    shown,
    shrinking,
    stranger,
    told,
    told_of_more,
    turns,
    unnamed,
    unplugged,
    unsharp,
)
from duties_declared import DECLARED, Word
from healthy_site import GATE, LIBRARY, NVR, RECORDER

MASK = GATE.mask
assert MASK is not None
OPEN_ITEM = {"declarations site": ("unknown", "not-declared")}
ASIDE = replace(MASK, polygon=tuple((x - 0.3, y) for x, y in MASK.polygon), shift_x_norm=0.3)

# fmt: off
UNKNOWN_CAMERA = Breach("a camera that nobody declared answers on the network", stranger,
    {"undeclared-camera site": ("fail", "undeclared")}, looks=4, stays="who was here is told of for a day")
REPLACED = Breach("another box takes the recorder's place", lambda w: w.devices.replace(
    replace(RECORDER, serial="R6-000999")), {"inventory-drift device:recorder": ("fail", "replaced")},
    # What was approved and learned of the box before does not count for this one, and names it as cause.
    stays="what was learned of its picture is gone with it")
REMOVED = Breach("the mask is deleted in the device", fault("gate", "mask-removed"),
    {"privacy-mask-present camera:gate": ("fail", "missing")}, looks=2)
BESIDE = Breach("the device's list has the mask beside its zone", becomes(mask=ASIDE),
    {"privacy-mask-geometry camera:gate": ("fail", "uncovered")}, looks=3)
TRANSLUCENT = Breach("the mask lets a part of the scene through", becomes(mask=replace(MASK, opacity_ratio=0.7)),
    {"privacy-mask-effective camera:gate": ("fail", "not-hidden")}, looks=3)
TURNS = Breach("the camera turns, and nobody declared its presets", told(turns), {
    "privacy-mask-ptz site": ("unknown", "ptz-not-declared")})
REDRAWN = Breach("somebody redraws the mask, wider than it was approved", told(redrawn),
    {"privacy-mask-drift camera:gate": ("fail", "moved")}, looks=2)
NOT_APPROVED = Breach("the approval of a camera is deleted", no_approval,
    {"mask-approval site": ("unknown", "not-approved")})
OFFLINE = Breach("the recorder loses the camera", becomes(LIBRARY, link="networkAbnormal"),
    {"camera-online camera:library": ("fail", "channel-offline")}, looks=2)
BAD_DAY = Breach("one of two cameras was away for a whole day", bad_day, {
    "camera-online-rate site": ("fail", "too-low"), "camera-good-rate site": ("fail", "too-low")},
    looks=4, stays="a day that is over stays as it was")
DOWN = Breach("a camera is away for more than a day", down_for_long, {
    "camera-online camera:library": ("fail", "channel-offline"), "outage-duration site": ("fail", "too-long"),
    "camera-online-rate site": ("fail", "too-low"), "camera-good-rate site": ("fail", "too-low")},
    stays="a day that is over stays as it was")
BLURRED = Breach("the lens is out of focus", painted(before_the_lens(unsharp)),
    {"video-quality camera:gate": ("warn", "blurred")}, looks=5)
COVERED = Breach("a board stands before the lens", painted(before_the_lens(covered)),
    {"camera-occluded camera:gate": ("fail", "covered")}, looks=5)
MOVED = Breach("the camera is turned away", painted(before_the_lens(shifted)),
    {"camera-moved camera:gate": ("fail", "moved")}, looks=5)
DISK = Breach("a disk of the recorder fails", lambda w: w.devices.change_device(NVR.id, "disk-failed"),
    {"storage-health device:nvr": ("fail", "disk-failed")})
GATEWAY = Breach("the gateway's disk is full", full_disk, {"gateway-health site": ("warn", "disk-nearly-full")})
HOLE = Breach("nothing is recorded for six hours", hole, {"recording-completeness camera:gate": ("warn", "gap")})
AWAY = Breach("the hub is not reached for two days", disconnected, {"hub-delivery site": ("warn", "offline")})
ENDING = Breach("nobody renews the certificate", ends_soon, {"hub-certificate site": ("warn", "expires-within-7-days")})
FACTORY_LOGIN = Breach("the recorder takes the login of its factory", factory_login,
    {"default-credential device:nvr": ("fail", "accepted"), "default-credential site": ("", "")})
LOST_POWER = Breach("a recorder comes up with other settings", lost_power,
    {"config-survives-reboot device:nvr": ("fail", "configuration-lost")})
CLEARED = Breach("the recorder's log is cleared", cleared_log,
    {"audit-log-retention device:nvr": ("fail", "shortened")})
FORGED = Breach("a report in the spool is changed", forged,
    {"report-signed site": ("fail", "not-signed-signature")}, stays="it stays among the newest reports for a while")
SHOWN = Breach("a report holds a picture", shown, {"report-no-image site": ("fail", "picture")}, looks=2,
    stays="it stays among the newest reports for a while")
OPEN = Breach("streams answer without a login", told(anonymous), {
    f"stream-auth-required camera:{one}": ("fail", "anonymous") for one in ("gate", "library")})
LOST = Breach("all but two days of the footage are deleted", fault("gate", "recordings-lost"),
    {"recording-tamper camera:gate": ("fail", "oldest-jumped")}, looks=4)
SHORT = Breach("day by day footage goes back less far", shrinking,
    {"retention-days camera:gate": ("fail", "too-short")}, stays="footage that has gone does not come back")
LOUD = Breach("a camera takes eight times the space", sharper, {"retention-forecast device:nvr": ("warn", "rate-up")},
    stays="what days took is remembered")
TOO_OLD = Breach("footage is older than the day on which it should go", edited(
    ("retention_ceiling_days = 40", "retention_ceiling_days = 31")),
    {"retention-excess camera:library": ("warn", "too-old")})
FIVE_S = Breach("the recorder's clock is 5 s ahead", clock_off(5), {"clock-offset device:recorder": ("warn", "offset")})
MINUTES = Breach("the recorder's clock is 95 s ahead", clock_off(95),
    {"clock-offset device:recorder": ("fail", "offset")})
KEY_TARGET = Breach("the place is a key target, and keeps a month", declared("key-target", True), {
    "retention-days camera:gate": ("fail", "too-short"), "retention-days camera:library": ("fail", "too-short"),
    "recording-completeness camera:library": ("unknown", "not-all-listed"),
    "filing-facts-match site": ("fail", "storage-differs")})


def unsaid(duty: str) -> Breach:
    """Nobody stands for it any more: one open item of the site, and the duty is not judged."""
    return Breach(f"{duty} is not declared any more", declared(duty, None), OPEN_ITEM)


def contradicted(duty: str, value: object, check: str, status: str, reason: str, subject: str = "site") -> Breach:
    """Something else is declared than what is there."""
    return Breach(f"{duty} is declared to be {value}", declared(duty, value), {f"{check} {subject}": (status, reason)})
NO_CLASS = Breach("nobody says under which article the system stands", declared("national-class", None), {
    **OPEN_ITEM, **{f"{check} device:{one}": ("", "") for one in ("recorder", "nvr")
                    for check in ("account-inventory", "firmware-drift", "network-exposure")}})
LEGACY = Breach("a system that is older than the rule was never filed", never_filed, {
    **OPEN_ITEM, "filing-legacy site": ("fail", "not-filed"), "acceptance-documents site": ("warn", "past-breach"),
    "filing-deadline-datong site": ("not_applicable", "older-than-rule")})
CERTIFICATES = unsaid("device-certificates")
SIGNAGE = unsaid("signage")
SECRECY = unsaid("secret")
PLACE = unsaid("place-category")
OUTSOURCED = unsaid("outsourcing-agreement")
FORBIDDEN = Breach("a camera is declared to hang in a dormitory room", declared(
    "zone-type", "dormitory-room"),
    {f"forbidden-zone-declaration camera:{one}": ("fail", "forbidden-zone") for one in ("gate", "library")})
NAMED = Breach("a camera is called after a changing room", edited(('name = "School gate"', 'name = "更衣室"')),
    {"forbidden-zone-name-hint camera:gate": ("warn", "name")})
AUDIBLE = Breach("a stream carries sound", told(audible), {"audio-undeclared camera:gate": ("fail", "audio-on")})
FLAWED = Breach("a flaw of the recorder's firmware is listed", declared("flawed-firmware", ["DS-R6: V4.30.085"]),
    {"product-advisory-open device:recorder": ("fail", "flawed")})
FIRMWARE = Breach("the recorder runs another firmware than was approved", declared(
    "approved-firmware", ["DS-R6: V4.30.001", "DS-7616: V4.61.030"]),
    {"firmware-drift device:recorder": ("fail", "not-approved")})
EXPOSED = Breach("a service runs that nobody approved", declared("approved-services", ["HTTP"]), {
    f"network-exposure device:{one}": ("fail", "not-approved") for one in ("recorder", "nvr")})
ACCOUNTS = Breach("an account is on the recorder that nobody approved", declared("approved-accounts", ["guard"]), {
    f"account-inventory device:{one}": ("fail", "not-approved") for one in ("recorder", "nvr")})
INSECURE = Breach("telnet is switched on", told(insecure), {
    "insecure-service device:recorder": ("fail", "insecure"),
    "network-exposure device:recorder": ("fail", "not-approved")})
OVERDUE = contradicted("maintenance-last", date(2026, 1, 1), "maintenance-interval", "fail", "overdue")
NEW_CAMERA = Breach("a camera that was filed is not there any more, and another one is", filed(("gate", "canteen")),
    {"filing-change-pending site": ("warn", "changed")})
IN_PUBLIC = Breach("a camera hangs in a public road, and no paper allows it", declared("zone-type", "road"),
    OPEN_ITEM)
BELOW_DESIGN = Breach("the main stream is smaller than it was designed", lambda w: w.add("stream-design", Word(
    "H264 2560x1440 25")),
    {f"stream-profile-conforms camera:{one}": ("fail", "below-design") for one in ("gate", "library")})
LINKED = Breach("cameras are declared linked, and the recorder that tells of its platforms has none", unplugged,
    {"platform-interface-configured site": ("fail", "not-configured")})
TOLD_OF_MORE = Breach("the platform is told of more cameras than were filed", told_of_more, {
    "platform-facts-match site": ("fail", "differs")})
BEFORE = contradicted("acceptance-date", date(2024, 9, 5), "acceptance-before-use", "warn", "past-breach")
OTHER_LIST = Breach("the recorder is not the one that was filed", filed(("gate", "library"), "R6-000001"),
    {"filing-device-list-match site": ("fail", "differ")})
BY_HAND = Breach("the recorder's clock is set by hand", told(by_hand),
    {"clock-source device:recorder": ("warn", "manual")})
UNNAMED = Breach("no name stands in the picture", told(unnamed),
    {"osd-compliant camera:gate": ("fail", "name-missing")})
SAME_NAME = Breach("a camera carries the name of another one", told(same_name), {
    "osd-compliant camera:library": ("fail", "name-differs")})
# fmt: on

NOT_READ_YET = {f"{check} site" for check in ("access-register-match", "export-log-present")}
"""What is unknown on a healthy site too."""

HELD_BACK: Mapping[str, str] = {
    **{f"osd-compliant {one}": "not-read-yet" for one in ("site", "camera:gate", "camera:library")},
    "default-credential site": "off",
    "platform-facts-match site": "not-tested",
    "platform-interface-configured site": "interface-not-told",
    "privacy-mask-ptz camera:library": "movable-not-told",
    "retention-forecast device:recorder": "disks-not-told",
    "storage-health device:recorder": "disks-not-told",
}
"""What no site of these devices can prove today, however healthy it is: the findings, and why each is held back."""

NEVER_JUDGED = {"cn-799/export-log"}
"""Duties whose check says unknown whatever is done, as nothing reads it yet: there is nothing to break."""

BREACHES: Mapping[str, Breach] = {
    "cn-799/installation": UNKNOWN_CAMERA,
    "cn-799/installation-inventory": REPLACED,
    "cn-799/view-present": REMOVED,
    "cn-799/view-geometry": BESIDE,
    "cn-799/view-effective": TRANSLUCENT,
    "cn-799/view-ptz": TURNS,
    "cn-799/operation-online": OFFLINE,
    "cn-799/operation-picture": BLURRED,
    "cn-799/operation-storage": DISK,
    "cn-799/operation-gateway": GATEWAY,
    "cn-799/operation-completeness": HOLE,
    "cn-799/operation-delivery": AWAY,
    "cn-799/operation-certificate": ENDING,
    "cn-799/protection-login": OPEN,
    "cn-799/protection-reports": FORGED,
    "cn-799/inspection": FORGED,
    "cn-799/no-image-in-reports": SHOWN,
    "cn-799/network-logs": CLEARED,
    "cn-standards/power-loss": LOST_POWER,
    "cn-799/publication": SHOWN,
    "datong-1-15/no-image-in-reports": SHOWN,
    "cn-799/integrity": LOST,
    "cn-799/integrity-anybody": LOST,
    "cn-799/retention": SHORT,
    "cn-799/retention-forecast": LOUD,
    "cn-799/retention-excess": TOO_OLD,
    "cn-799/masks-untouched": REDRAWN,
    "cn-799/masks-answered-for": NOT_APPROVED,
    "cn-799/cameras-covered": COVERED,
    "cn-799/cameras-moved": MOVED,
    "cn-799/retention-key-target": KEY_TARGET,
    "cn-799/retention-entertainment": SHORT,
    "cn-799/entertainment-hours": HOLE,
    "datong-1-15/privacy-present": REMOVED,
    "datong-1-15/privacy-geometry": BESIDE,
    "datong-1-15/privacy-effective": TRANSLUCENT,
    "datong-1-15/privacy-ptz": TURNS,
    "datong-1-15/privacy-drift": REDRAWN,
    "datong-1-15/privacy-approval": NOT_APPROVED,
    "datong-1-15/protection-login": OPEN,
    "datong-1-15/undeclared-cameras": UNKNOWN_CAMERA,
    "datong-1-15/inventory": REPLACED,
    "cn-standards/recording-index": HOLE,
    "cn-standards/clock-target": FIVE_S,
    "cn-standards/clock-limit": MINUTES,
    "cn-standards/retention-code": SHORT,
    "cn-standards/recording-rate": HOLE,
    "cn-standards/mask-coverage": BESIDE,
    "cn-standards/picture-diagnosis": BLURRED,
    "cn-799/operation-online-rate": BAD_DAY,
    "cn-standards/online-rate": BAD_DAY,
    "cn-standards/good-rate": BAD_DAY,
    "cn-799/operation-outages": DOWN,
    "cn-standards/outage-limit": DOWN,
    "cn-799/operation-lost": OFFLINE,
    "cn-standards/camera-file": unsaid("position"),
    "cn-799/view-drift": MOVED,
    "cn-799/national-class": NO_CLASS,
    "cn-799/forbidden-places": FORBIDDEN,
    "datong-1-15/forbidden-places": FORBIDDEN,
    "cn-799/forbidden-places-hint": NAMED,
    "datong-1-15/forbidden-places-hint": NAMED,
    "cn-799/forbidden-audio": AUDIBLE,
    "cn-799/neighbour-consent": unsaid("neighbour-consent"),
    "cn-799/archive": unsaid("paper-construction"),
    "cn-799/products-advisories": FLAWED,
    "cn-799/products-certificates": CERTIFICATES,
    "datong-1-15/standards-certificates": CERTIFICATES,
    "cn-standards/social-networking": CERTIFICATES,
    "cn-standards/system-security": CERTIFICATES,
    "cn-799/signage": SIGNAGE,
    "cn-799/signage-personal-information": SIGNAGE,
    "cn-799/filing-deadline": contradicted(
        "filing-national",
        replace(DECLARED["filing-national"], dated=date(2025, 8, 1)),
        "filing-deadline-national",
        "warn",
        "past-breach",
    ),
    "cn-799/filing-facts": contradicted("filed-cameras", 3, "filing-facts-match", "fail", "cameras-differ"),
    "cn-799/filing-change": NEW_CAMERA,
    "cn-799/maintenance": OVERDUE,
    "cn-standards/inspection-rhythm": OVERDUE,
    "cn-799/protection-exposure": EXPOSED,
    "cn-799/protection-firmware": FIRMWARE,
    "cn-799/outsourcing": OUTSOURCED,
    "cn-799/outsourcing-carriers": OUTSOURCED,
    "cn-799/secrecy": SECRECY,
    "datong-1-15/secrecy": SECRECY,
    "cn-799/authorised-access": ACCOUNTS,
    "cn-799/access-register": contradicted("access-register", False, "access-register-match", "fail", "no-register"),
    "datong-1-15/scope": unsaid("scope"),
    "datong-1-15/supervising-organ": unsaid("supervising-organ"),
    "datong-1-15/protection-passwords": FACTORY_LOGIN,
    "datong-1-15/protection-services": INSECURE,
    "datong-1-15/place-category": PLACE,
    "datong-1-15/voluntary": PLACE,
    "datong-1-15/required-points": contradicted(
        "required-points", ["P1", "P2"], "required-point-covered", "fail", "no-camera"
    ),
    "datong-1-15/install-authority": IN_PUBLIC,
    "datong-1-15/standards-stream": BELOW_DESIGN,
    "cn-standards/stream-profile": BELOW_DESIGN,
    "cn-standards/stream-coding": BELOW_DESIGN,
    "datong-1-15/platform-interface": LINKED,
    "datong-1-15/platform-registration": LINKED,
    "datong-1-15/platform-keepalive": LINKED,
    "datong-1-15/platform-catalog": LINKED,
    "datong-1-15/platform-stream": LINKED,
    "cn-standards/platform-facts": TOLD_OF_MORE,
    "cn-standards/platform-keepalive": LINKED,
    "cn-standards/platform-registration": LINKED,
    "cn-standards/platform-catalog": LINKED,
    "cn-standards/linked-rate": LINKED,
    "datong-1-15/commissioning": contradicted(
        "main-project-date", date(2024, 8, 20), "commissioning-order", "warn", "past-breach"
    ),
    "datong-1-15/contractors": unsaid("contractor-build"),
    "datong-1-15/acceptance-documents": unsaid("paper-design-review"),
    "datong-1-15/acceptance-before-use": BEFORE,
    "cn-standards/trial-run": contradicted(
        "trial-from", date(2024, 8, 10), "acceptance-before-use", "warn", "trial-short"
    ),
    "datong-1-15/filing-deadline": contradicted(
        "filing-datong",
        replace(DECLARED["filing-datong"], dated=date(2024, 12, 1)),
        "filing-deadline-datong",
        "warn",
        "past-breach",
    ),
    "datong-1-15/filing-legacy": LEGACY,
    "datong-1-15/filing-documents": unsaid("paper-contract"),
    "datong-1-15/filing-device-list": OTHER_LIST,
    "cn-standards/clock-source": BY_HAND,
    "cn-standards/overlay": UNNAMED,
    "cn-standards/overlay-rate": UNNAMED,
    "cn-standards/overlay-unique": SAME_NAME,
    "cn-standards/secure-device": unsaid("secure-device-level"),
    "cn-standards/view-library": contradicted(
        "view-library", True, "view-library-keepalive", "unknown", "not-read-yet"
    ),
}
