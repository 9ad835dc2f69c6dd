"""Classifies the evidence of each check: from a device, a picture, a person, or this gateway itself. Pure.

One row of `KNOWN` for each check of the table. Pass, warn and fail have the row's level; unknown and not due have none,
unless `reasons` or `members` give one. In doubt the lesser level applies. `agent/report/basis.py` calculates the age.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.model.finding import Finding, Json, Level
from drivers.details import Accounts, Audio, Encoders, Host, Movable, OldestLog, RetentionLimits
from drivers.footage import Channels, Disks, PlatformLink, Protocols, Schedule, StoreIndex
from drivers.model import Clock, Identity, Masks, Overlays, Recordings, Value
from drivers.picture import (
    LIVE,
    Access,
    FootageOpened,
    ObjectsTold,
    PathName,
    PictureSeen,
    PictureTold,
    PresetSeen,
    StreamSound,
    ZoneVerdict,
)
from masking.view.model import QualitySeen, ViewSeen

JudgedMemory = Literal["", "view", "quality", "covered", "listed-days"]
"""The memory that a check judges: settled view, marks of quality, that of a covered lens, or listed days."""

NOT_LOOKED_AT: Final = "not looked at"
"""The verdict of a path of which there was no picture."""

BY_PEOPLE: Final = frozenset({
    "muted", "newer-than-rule", "not-accepted", "no-private-area", "no-zones", "none", "not-due-yet", "not-linked",
    "not-recorded", "older-than-rule", "presets",
})  # fmt: skip
"""Reasons why something is not due because of what somebody declared."""


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """The kind of evidence of one check.

    `level`: of pass, warn and fail; `of_site`: the same for a finding on the site. `reasons`: another level by the
    finding's reason, whatever its status; else `members`: by a nonempty list of the evidence. `kinds`: the values whose
    observations are the evidence, pictures on `paths` only where given. `left`: the memory that is judged. `dated`:
    evidence members with the time of an observation, at any depth.
    """

    level: Level
    kinds: tuple[type[Value], ...] = ()
    paths: tuple[PathName, ...] = ()
    left: JudgedMemory = ""
    dated: tuple[str, ...] = ()
    of_site: Level | None = None
    reasons: Mapping[str, Level | None] = field(default_factory=dict)
    members: Mapping[str, Level] = field(default_factory=dict)


_OWN: Final = EvidenceRule("own")
_FOOTAGE_HELD: Final[Mapping[str, Level | None]] = dict.fromkeys(
    ("plan-covers-less", "owner-guessed", "segments-unreadable", "segments-written-later", "clock-not-trusted"), "told"
)

DECLARED_ONLY: Final = (
    "mask-approval", "camera-file-complete", "forbidden-zone-declaration", "forbidden-zone-name-hint",
    "scope-declared", "national-class-declared",
    "supervising-organ-declared", "place-category-declared", "secrecy-scope-declared", "install-authority-declared",
    "signage-declared", "secret-neighbour-consent", "contractor-qualification", "device-cert-declared",
    "secure-device-level", "outsourcing-agreement", "archive-complete", "commissioning-order",
    "acceptance-documents", "filing-deadline-datong", "filing-deadline-national", "filing-legacy",
    "filing-documents-complete", "filing-facts-match", "filing-change-pending", "maintenance-interval",
    "view-library-keepalive", "access-register-match", "export-log-present", "declarations",
)  # fmt: skip
"""Checks whose only evidence is declarations."""

KNOWN: Final[Mapping[str, EvidenceRule]] = {
    **dict.fromkeys(DECLARED_ONLY, EvidenceRule("declared")),
    "shared-fault": _OWN,
    "camera-online": EvidenceRule(
        "own",
        (PictureSeen, Channels, Identity),
        LIVE,
        reasons=dict.fromkeys(("channel-offline", "lost", "signal-lost"), "told"),
        members={"paths": "seen"},
    ),
    "camera-lost": _OWN,
    "outage-duration": EvidenceRule("own", dated=("since",)),  # the oldest first, so that the cut list has it
    "camera-online-rate": _OWN,
    "camera-good-rate": _OWN,
    "camera-moved": EvidenceRule("seen", (ViewSeen,), left="view"),
    "same-picture": EvidenceRule("seen", (PictureSeen,), LIVE, of_site="seen", reasons={"configured-twice": "told"}),
    "camera-occluded": EvidenceRule("seen", (QualitySeen,), left="covered"),
    "video-quality": EvidenceRule("seen", (QualitySeen,), left="quality"),
    "privacy-mask-present": EvidenceRule("told", (Masks,)),
    "privacy-mask-geometry": EvidenceRule(
        "both", (Masks, ZoneVerdict), reasons={"uncovered": "told", "not-confirmed-by-picture": "told"}
    ),
    "privacy-mask-effective": EvidenceRule(
        "seen", (PictureSeen, ZoneVerdict, ObjectsTold, PictureTold), members={"paths": "seen"}
    ),
    "privacy-mask-ptz": EvidenceRule(
        "seen", (Movable, PresetSeen, ViewSeen), left="view", dated=("at",),
    ),
    "privacy-mask-drift": EvidenceRule("told", (Masks, ZoneVerdict), reasons={"not-the-approved-mask": "seen"}),
    # Only a pass has opened the oldest footage; where the picture does not say itself when it was taken, it is told.
    "retention-days": EvidenceRule(
        "told",
        (Recordings, Schedule, RetentionLimits, PictureSeen, FootageOpened),
        ("playback",),
        reasons={
            **_FOOTAGE_HELD, "": "both", "history-immature": "told", "oldest-not-opened": "told",
            "isolated-clip": "told", "floor-not-declared": "told", "floor-not-opened": "told", "other-camera": "seen",
            "playback-is-live": "seen", "may-be-live": "seen", "not-repeated": "seen",
            "one-for-several": "seen", "not-opened-again": "told",
        },
    ),
    "retention-forecast": EvidenceRule("told"),  # rests on days whose reading is not carried to the finding
    "recording-completeness": EvidenceRule(
        "told",
        (Recordings, FootageOpened),
        left="listed-days",
        reasons={**_FOOTAGE_HELD, "newest-not-opened": "told", "other-camera": "seen"},
    ),
    "recording-tamper": EvidenceRule(
        "told", (Recordings,), dated=("read_again_at", "found_at"), reasons={"to-be-confirmed": "told"}
    ),
    "retention-excess": EvidenceRule("told", (Recordings,)),
    # A pass rests on the recorder's list and on what live looks remembered; only footage that was opened accuses.
    "bare-footage-kept": EvidenceRule("told", (Recordings, FootageOpened), reasons={"bare-footage": "seen"}),
    "storage-health": EvidenceRule("told", (Disks, StoreIndex), of_site="own"),
    "clock-offset": EvidenceRule("told", (Clock,)),
    "clock-source": EvidenceRule("told", (Clock,)),
    "config-survives-reboot": EvidenceRule("told"),  # when it was read before the start is not carried to the finding
    "osd-compliant": EvidenceRule(
        "told",
        (Overlays, PictureSeen),
        ("main", "snapshot"),
        reasons={"not-read-yet": "told", "clock-differs": "seen"},
    ),
    "osd-label-unique": EvidenceRule("told", (Overlays,)),
    "audio-undeclared": EvidenceRule(
        "told", (Audio, StreamSound), reasons={"sound-not-told": None}, members={"untold": "declared"}
    ),
    "stream-profile-conforms": EvidenceRule("told", (Encoders,)),
    # A path without a turn is as it was when it was last asked, which is when its picture came.
    "stream-auth-required": EvidenceRule("own", (Access, PictureSeen)),
    "default-credential": EvidenceRule("own", dated=("tried_at",)),
    "insecure-service": EvidenceRule("told", (Protocols,)),
    "network-exposure": EvidenceRule("told", (Protocols,)),
    "firmware-drift": EvidenceRule("told", (Identity,)),
    "product-advisory-open": EvidenceRule("told", (Identity,)),
    "account-inventory": EvidenceRule("told", (Accounts,)),
    "undeclared-camera": EvidenceRule("own", reasons={"undeclared-channel": "told"}),
    "inventory-drift": EvidenceRule(
        "told", (Identity, Channels), dated=("last_seen_at",),
        reasons={"missing": "own", "two-devices-at-address": "own", "one-device-at-several": "own"},
    ),
    "required-point-covered": EvidenceRule("declared", reasons={"offline": "own"}),
    "platform-interface-configured": EvidenceRule(
        "told", (PlatformLink,), dated=("tested_at",), reasons={"test-failed": "seen", "test-too-old": "seen"}
    ),
    "platform-registered": EvidenceRule("told", (PlatformLink,)),
    "platform-keepalive": EvidenceRule("told", (PlatformLink,)),
    "platform-catalog-complete": EvidenceRule("told", (PlatformLink,)),
    "platform-stream-playable": EvidenceRule("seen", dated=("tested_at",)),
    "acceptance-before-use": EvidenceRule("declared", reasons={"footage-before": "told"}),
    "filing-device-list-match": EvidenceRule("told", (Identity,)),
    "platform-facts-match": EvidenceRule("told"),
    "inspection-bundle-ready": _OWN,
    "audit-log-retention": EvidenceRule("told", (OldestLog,), of_site="own"),
    "facts-unread": EvidenceRule("told"),
    "gateway-health": EvidenceRule("own", (Host,)),
    "hub-delivery": EvidenceRule("own", dated=("since",)),
    "hub-certificate": _OWN,
    "report-signed": _OWN,
    "report-no-image": _OWN,
}  # fmt: skip


def level_of(finding: Finding) -> Level | None:
    """Return the level of evidence of a finding; None where nothing is known, or where the check has no row."""
    row = KNOWN.get(finding.check)
    if row is None:
        return None
    if finding.status == "not_applicable" and finding.reason not in row.reasons:
        return "declared" if finding.reason in BY_PEOPLE else None
    if finding.reason in row.reasons:
        level = row.reasons[finding.reason]
        return "told" if level == "both" and finding.rests_on and not _is_seen(finding) else level
    for member, level in row.members.items():
        if _has_result(finding.evidence.get(member)):
            return level
    if finding.status == "unknown":
        return None
    return row.of_site if row.of_site and finding.subject == "site" else row.level


def _is_seen(finding: Finding) -> bool:
    """Tell whether any evidence of a pass was seen by us, beside what was told."""
    return any(ground.level in ("seen", "both") for ground in finding.rests_on)


def _has_result(value: Json) -> bool:
    """Tell whether a list has a row other than "not looked at"."""
    rows = value if isinstance(value, list | tuple) else ()
    return any(not (isinstance(row, Mapping) and row.get("verdict") == NOT_LOOKED_AT) for row in rows)
