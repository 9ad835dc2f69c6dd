"""Classifies the evidence of each check: from a device, a picture, a person, or this gateway itself. Pure.

One row of `KNOWN` for each check of the table. Pass, warn and fail have the row's level; unknown and not due have none,
unless `reasons` or `members` give one. In doubt the lesser level applies. `agent/report/basis.py` calculates the age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.model.finding import Finding, Json, Level
from drivers.details import Accounts, Audio, Encoders, Host, Movable, OldestLog, RetentionLimits
from drivers.footage import Channels, Disks, PlatformLink, Protocols, Schedule, StoreIndex
from drivers.model import Clock, Identity, Masks, Overlays, Recordings, Value
from drivers.picture import Access, PathName, PictureSeen, PresetSeen, ZoneVerdict
from masking.view.model import QualitySeen, ViewSeen

Left = Literal["", "view", "quality", "covered", "listed-days"]
"""Which memory of earlier looks a check judges: the settled view, marks of quality, the one of a covered lens, or the
days whose segments were listed."""

NOT_LOOKED_AT: Final = "not looked at"
"""The verdict of a path of which there was no picture."""

BY_PEOPLE: Final = frozenset({
    "muted", "newer-than-rule", "no-private-area", "no-zones", "none", "not-due-yet", "not-linked",
    "not-recorded", "older-than-rule",
})  # fmt: skip
"""Reasons why something is not due because of what somebody declared."""


@dataclass(frozen=True, slots=True)
class Known:
    """The kind of evidence of one check.

    `level`: of pass, warn and fail; `of_site`: the same for a finding on the site. `reasons`: another level by the
    finding's reason, whatever its status; else `members`: by a nonempty list of the evidence. `kinds`: the values whose
    observations are the evidence, pictures on `paths` only where given. `left`: the memory that is judged. `dated`:
    evidence members with the time of an observation, at any depth.
    """

    level: Level
    kinds: tuple[type[Value], ...] = ()
    paths: tuple[PathName, ...] = ()
    left: Left = ""
    dated: tuple[str, ...] = ()
    of_site: Level | None = None
    reasons: Mapping[str, Level | None] = field(default_factory=dict)
    members: Mapping[str, Level] = field(default_factory=dict)


_LIVE: Final[tuple[PathName, ...]] = ("snapshot", "main", "sub", "recorder-live")
_WORD: Final = Known("declared")
_OURS: Final = Known("own")
_FOOTAGE_HELD: Final[Mapping[str, Level | None]] = {"plan-covers-less": "told", "owner-guessed": "told"}

KNOWN: Final[Mapping[str, Known]] = {
    "shared-fault": _OURS,
    "camera-online": Known(
        "own", (PictureSeen, Channels, Identity), _LIVE, reasons={"channel-offline": "told"}, members={"paths": "seen"}
    ),
    "camera-lost": _OURS,
    "outage-duration": Known("own", dated=("since",)),  # the oldest first, so that the cut list has it
    "camera-online-rate": _OURS,
    "camera-good-rate": _OURS,
    "camera-moved": Known("seen", (ViewSeen,), left="view"),
    "camera-occluded": Known("seen", (QualitySeen,), left="covered"),
    "video-quality": Known("seen", (QualitySeen,), left="quality"),
    "privacy-mask-present": Known("told", (Masks,)),
    "privacy-mask-geometry": Known(
        "both", (Masks, ZoneVerdict), reasons={"uncovered": "told", "not-confirmed-by-picture": "told"}
    ),
    "privacy-mask-effective": Known("seen", (PictureSeen, ZoneVerdict), members={"paths": "seen"}),
    "privacy-mask-ptz": Known(
        "seen", (Movable, PresetSeen, ViewSeen), left="view", dated=("at",), reasons={"not-ptz": "told"}
    ),
    "privacy-mask-drift": Known("told", (Masks,)),
    "mask-approval": _WORD,
    # Only a pass has opened the oldest footage, in a picture that says itself when it was taken.
    "retention-days": Known(
        "told",
        (Recordings, Schedule, RetentionLimits, PictureSeen),
        ("playback",),
        reasons={
            **_FOOTAGE_HELD, "": "both", "history-immature": "told", "oldest-not-opened": "told",
            "isolated-clip": "told", "clock-not-trusted": "told", "time-not-proven": "told",
            "floor-not-declared": "told",
        },
    ),
    "retention-forecast": Known("told"),  # rests on days whose reading is not carried to the finding
    "recording-completeness": Known("told", (Recordings,), left="listed-days", reasons=_FOOTAGE_HELD),
    "recording-tamper": Known(
        "told", (Recordings,), dated=("read_again_at", "found_at"), reasons={"to-be-confirmed": "told"}
    ),
    "retention-excess": Known("told", (Recordings,)),
    "storage-health": Known("told", (Disks, StoreIndex), of_site="own"),
    "clock-offset": Known("told", (Clock,)),
    "clock-source": Known("told", (Clock,)),
    "config-survives-reboot": Known("told"),  # when it was read before the start is not carried to the finding
    "osd-compliant": Known("told", (Overlays,)),
    "osd-label-unique": Known("told", (Overlays,)),
    "audio-undeclared": Known("told", (Audio,), reasons={"sound-not-told": None}, members={"untold": "declared"}),
    "stream-profile-conforms": Known("told", (Encoders,)),
    # A path without a turn is as it was when it was last asked, which is when its picture came.
    "stream-auth-required": Known("own", (Access, PictureSeen)),
    "default-credential": Known("own", dated=("tried_at",)),
    "camera-file-complete": _WORD,
    "insecure-service": Known("told", (Protocols,)),
    "network-exposure": Known("told", (Protocols,)),
    "firmware-drift": Known("told", (Identity,)),
    "product-advisory-open": Known("told", (Identity,)),
    "account-inventory": Known("told", (Accounts,)),
    "undeclared-camera": _OURS,
    "inventory-drift": Known(
        "told", (Identity, Channels), dated=("last_seen_at",),
        reasons={"missing": "own", "two-devices-at-address": "own", "one-device-at-several": "own"},
    ),
    "forbidden-zone-declaration": _WORD,
    "forbidden-zone-name-hint": _WORD,
    "required-point-covered": Known("declared", reasons={"offline": "own"}),
    "platform-interface-configured": Known("told", (PlatformLink,)),
    "platform-registered": Known("told", (PlatformLink,)),
    "platform-keepalive": _WORD,  # it reads nothing of the platform yet
    "platform-catalog-complete": Known("told", (PlatformLink,)),
    "platform-stream-playable": _WORD,  # it tries nothing yet
    "scope-declared": _WORD,
    "national-class-declared": _WORD,
    "supervising-organ-declared": _WORD,
    "place-category-declared": _WORD,
    "secrecy-scope-declared": _WORD,
    "install-authority-declared": _WORD,
    "signage-declared": _WORD,
    "secret-neighbour-consent": _WORD,
    "contractor-qualification": _WORD,
    "device-cert-declared": _WORD,
    "secure-device-level": _WORD,
    "outsourcing-agreement": _WORD,
    "archive-complete": _WORD,
    "commissioning-order": _WORD,
    "acceptance-documents": _WORD,
    "acceptance-before-use": Known("declared", reasons={"footage-before": "told"}),
    "filing-deadline-datong": _WORD,
    "filing-deadline-national": _WORD,
    "filing-legacy": _WORD,
    "filing-documents-complete": _WORD,
    "filing-facts-match": _WORD,
    "filing-change-pending": _WORD,
    "filing-device-list-match": Known("told", (Identity,)),
    "maintenance-interval": _WORD,
    "view-library-keepalive": _WORD,
    "access-register-match": _WORD,
    "export-log-present": _WORD,
    "inspection-bundle-ready": _OURS,
    "audit-log-retention": Known("told", (OldestLog,), of_site="own"),
    "declarations": _WORD,
    "facts-unread": Known("told"),
    "gateway-health": Known("own", (Host,)),
    "hub-delivery": Known("own", dated=("since",)),
    "hub-certificate": _OURS,
    "report-signed": _OURS,
    "report-no-image": _OURS,
}  # fmt: skip


def level_of(finding: Finding) -> Level | None:
    """Return the level of evidence of a finding; None where nothing is known, or where the check has no row."""
    row = KNOWN.get(finding.check)
    if row is None:
        return None
    if finding.status == "not_applicable" and finding.reason not in row.reasons:
        return "declared" if finding.reason in BY_PEOPLE else None
    if finding.reason in row.reasons:
        return row.reasons[finding.reason]
    for member, level in row.members.items():
        if _says(finding.evidence.get(member)):
            return level
    if finding.status == "unknown":
        return None
    return row.of_site if row.of_site and finding.subject == "site" else row.level


def _says(value: Json) -> bool:
    """Tell whether a list has a row other than "not looked at"."""
    rows = value if isinstance(value, list | tuple) else ()
    return any(not (isinstance(row, Mapping) and row.get("verdict") == NOT_LOOKED_AT) for row in rows)
