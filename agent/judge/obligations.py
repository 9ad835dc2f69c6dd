"""Lists the obligations of each check by hand: the levels that hold them, and how old their evidence may be.

`agent/judge/verdict.py` holds every pass to the longest age; `packaging/write_checks_table.py` writes the list that
people read. What is not listed may be no older than a look, so that a new obligation is never the laxer one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from agent.model.finding import Ground, Level
from agent.observe.facts.link_tests import COUNTS_FOR, MASKS_COUNT_FOR
from agent.observe.facts.platform_told import COUNTS_FOR as TOLD_COUNTS_FOR
from agent.observe.pictures.turns import KEPT
from drivers.picture import RECORDED

LOOK: Final = timedelta(hours=1)
"""How far from the time of a look its own observations may lie: reading a large site takes minutes. House rule."""

TURN: Final = KEPT
"""How long a path that is looked at in its turn counts."""

TESTED: Final = COUNTS_FOR
"""How long a self-test of the interface for the police platform counts."""

HEARD: Final = TOLD_COUNTS_FOR
"""How long what a device told in a self-test counts."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One kind of obligation of a check.

    `key`: that of its outcomes, with words in capitals where each zone, path, duty or name has its own. `longest`: how
    old an observation may be, None where it is a person's word or this gateway's own state and has no age. `history`:
    the remembered area that is judged beside it, whose span the evidence tells; it is never cut to an age.
    """

    key: str
    levels: tuple[Level, ...]
    longest: timedelta | None = LOOK
    history: str = ""

    @property
    def family(self) -> str:
        """The words of the key that all such outcomes begin with; empty where a name is all there is."""
        words = self.key.split(" ")
        return " ".join(words[: next((n for n, word in enumerate(words) if word.isupper()), len(words))])

    @property
    def is_many(self) -> bool:
        """Whether each zone, path, duty or name has its own."""
        return self.family != self.key

    def covers(self, key: str) -> bool:
        """Tell whether an outcome of this key is of this kind."""
        return key == self.key or (self.is_many and (not self.family or key.startswith(f"{self.family} ")))


def _told(*keys: str, history: str = "") -> tuple[Obligation, ...]:
    return tuple(Obligation(key, ("told",), history=history) for key in keys)


def _seen(*keys: str, longest: timedelta = LOOK, history: str = "") -> tuple[Obligation, ...]:
    return tuple(Obligation(key, ("seen",), longest, history) for key in keys)


def _told_in_test(*keys: str) -> tuple[Obligation, ...]:
    return tuple(Obligation(key, ("told",), HEARD) for key in keys)


def _word(*keys: str) -> tuple[Obligation, ...]:
    return tuple(Obligation(key, ("declared",), None) for key in keys)


def _own(*keys: str, history: str = "") -> tuple[Obligation, ...]:
    return tuple(Obligation(key, ("own",), None, history) for key in keys)


def _both(*keys: str) -> tuple[Obligation, ...]:
    return tuple(Obligation(key, ("told", "declared")) for key in keys)


_DECLARED: Final = _word("declared DUTY")
_OPENED: Final = (Obligation("newest opened", ("seen", "told"), TURN), *_seen("view", longest=TURN))
_FOOTAGE: Final = (
    Obligation("owner", ("told", "seen"), TURN),
    *_told("segments", "written"),
    Obligation("plan", ("told", "declared"), history="footage"),
    *_told("steady clock", history="footage"),
)
_WHOLE: Final = _told("whole", history="listings")
_CLOCKS: Final = (*_own("own clock"), *_told("recorder's clock"))
_HIDDEN: Final = (*_seen("hidden ZONE PATH", longest=TURN), *_seen("tested ZONE PATH", longest=MASKS_COUNT_FOR))
_INDICATORS: Final = (
    "black", "blurred", "colour-cast", "frozen", "jammed", "low-contrast", "noise", "over-bright", "overlay-missing",
    "ptz-runaway", "shaking", "signal-lost", "stripes", "unstable",
)  # fmt: skip

OBLIGATIONS: Final[Mapping[str, tuple[Obligation, ...]]] = {
    "shared-fault": _told("answers"),
    "camera-online": (
        *_seen("pictures", "connected"),
        *_seen("moving", longest=TURN),
        *_told("answers"),
    ),
    "camera-lost": (Obligation("SUBJECT", ("told", "own"), history="outages"),),
    "outage-duration": _own("outages", history="outages"),
    "camera-online-rate": _own("online", history="assessed"),
    "camera-good-rate": _own("good", history="assessed"),
    "same-picture": _seen("picture CAMERA"),
    "camera-moved": _seen("approved view", history="views"),
    "camera-occluded": _seen("covered", history="quality"),
    "video-quality": _seen(*_INDICATORS, "snapshot", history="quality"),
    "privacy-mask-present": _told("mask ZONE"),
    "privacy-mask-geometry": (*_told("covered ZONE"), *_HIDDEN),
    "privacy-mask-effective": _HIDDEN,
    "privacy-mask-ptz": (
        Obligation("locked", ("seen", "declared"), history="views"),
        *_word("approved PRESET"),
        *_seen("seen PRESET", "video PRESET", "hidden PRESET ZONE PATH", longest=TURN),
    ),
    "privacy-mask-drift": _both("as approved"),
    "mask-approval": (*_own("cameras"), *_word("approved CAMERA")),
    "retention-days": (
        *_word("floor DUTY"),
        *_FOOTAGE,
        *_CLOCKS,
        *_told("reach"),
        *_told("limit", "run", history="footage"),
        Obligation("opened", ("seen", "told"), TURN),
        Obligation("floor opened", ("seen", "told"), TURN),
        Obligation("drawn opened", ("seen", "told"), TURN),
        *_OPENED,
    ),
    "retention-forecast": (*_told("room"), *_told("rate CAMERA", history="footage")),
    "recording-completeness": (
        *_FOOTAGE,
        *_CLOCKS,
        *_told("recording goes on"),
        *_OPENED,
        *_told("holes", "days listed", history="footage"),
    ),
    "recording-tamper": (*_told("ends"), *_told("sealed days", history="footage")),
    "bare-footage-kept": (
        *_own("bare stretches", history="bare"),
        *_told("gone NUMBER", "beside NUMBER"),
        Obligation("stretch NUMBER", ("seen", "own"), TURN),
    ),
    "retention-excess": (*_told("age", "age beside"), *_CLOCKS, *_told("steady clock", history="footage")),
    "storage-health": (*_told("disk NUMBER NAME"), *_WHOLE, *_told("clock-jump", "empty", "forbidden", "future",
                       "row-without-file", "unreadable", "written-later")),
    "clock-offset": _told("offset", "zone"),
    "clock-source": _told("time source"),
    "config-survives-reboot": _own("PART SUBJECT", history="running"),
    "osd-compliant": (*_told("drawn", "name", "names"), *_seen("picture", "pictures", "picture time")),
    "osd-label-unique": _told("label CAMERA"),
    "audio-undeclared": (
        Obligation("allowed", ("told", "declared"), TURN),
        Obligation("recorded", ("told",), TURN),
        Obligation("silent", ("told",), TURN),
        Obligation("told", ("told",), TURN),
    ),
    "stream-profile-conforms": _both("as designed"),
    "stream-auth-required": (*_seen("asked"), *_seen("path PATH", longest=TURN)),
    "default-credential": _own("refused"),
    "camera-file-complete": (*_own("cameras"), *_both("file CAMERA")),
    "insecure-service": (*_told("listed", "name SERVICE"), *_WHOLE),
    "network-exposure": (*_told("listed"), *_both("name SERVICE"), *_WHOLE),
    "firmware-drift": _both("firmware"),
    "product-advisory-open": _both("firmware"),
    "account-inventory": (*_told("listed"), *_both("name ACCOUNT"), *_WHOLE),
    "undeclared-camera": (*_own("answers"), *_told("channels DEVICE"), *_told("whole DEVICE", history="listings")),
    "inventory-drift": (Obligation("same", ("told", "own"), history="identities"),),
    "forbidden-zone-declaration": _word("zone-type"),
    "forbidden-zone-name-hint": (*_both("text TEXT"), *_both("name-reviewed")),
    "filing-change-pending": (*_DECLARED, *_word("filed")),
    "filing-device-list-match": (*_DECLARED, *_told("filed DEVICE")),
    "platform-interface-configured": (*_told("link DEVICE"), *_seen("tested DEVICE", longest=TESTED), *_DECLARED),
    "platform-registered": (*_told("link DEVICE"), *_DECLARED),
    "platform-keepalive": (*_told("heartbeat DEVICE", "answered DEVICE"), *_DECLARED),
    "platform-catalog-complete": (*_told("codes DEVICE", "listed DEVICE"), *_DECLARED),
    "platform-stream-playable": (*_seen("tested DEVICE", longest=TESTED), *_DECLARED),
    "platform-facts-match": (Obligation("FACT SUBJECT", ("told", "seen", "declared"), HEARD),),
    "secure-device-level": (*_DECLARED, *_told_in_test("certificate DEVICE")),
    "inspection-bundle-ready": _own("verified"),
    "audit-log-retention": (Obligation("reach", ("told", "own"), history="history"),),
    "declarations": (*_own("asked"), *_word("DUTY")),
    "facts-unread": _own("FACT"),
    "gateway-health": _told("host"),
    "hub-delivery": _own("delivered"),
    "hub-certificate": _own("certificate"),
    "report-signed": _own("signed"),
    "report-no-image": _own("free of pictures and logins"),
    **dict.fromkeys(
        (
            "required-point-covered", "scope-declared", "national-class-declared",
            "supervising-organ-declared", "place-category-declared", "secrecy-scope-declared",
            "install-authority-declared", "signage-declared", "secret-neighbour-consent", "contractor-qualification",
            "device-cert-declared", "outsourcing-agreement", "archive-complete",
            "commissioning-order", "acceptance-documents", "acceptance-before-use", "filing-deadline-datong",
            "filing-deadline-national", "filing-legacy", "filing-documents-complete", "filing-facts-match",
            "maintenance-interval", "view-library-keepalive", "access-register-match", "export-log-present",
        ),
        _DECLARED,
    ),
}  # fmt: skip
"""The obligations of each check, a line for each kind."""


@lru_cache(maxsize=4096)  # each look asks for each outcome; what an operator may name has no end
def obligation_of(check: str, key: str) -> Obligation | None:
    """Return the row of an outcome's key, the longest that fits; None where nobody listed it."""
    found = [one for one in OBLIGATIONS.get(check, ()) if one.covers(key)]
    return max(found, key=lambda one: (not one.is_many, len(one.family)), default=None)


def too_low(check: str, key: str, rests_on: tuple[Ground, ...]) -> Level | None:
    """Return the level of evidence that does not hold an obligation: told, or declared where only a look would.

    None where all of it holds it.
    """
    row = obligation_of(check, key)
    if row is None:
        return None
    weak: tuple[Level, ...] = ("told", "declared") if row.levels == ("seen",) else ("told",)
    return next((one.level for one in rests_on if one.level in weak and one.level not in row.levels), None)


def too_old(check: str, key: str, rests_on: tuple[Ground, ...], now: datetime) -> Ground | None:
    """Return the evidence that is older at `now` than the obligation allows, or from after it; None where all count.

    The moment of a recording is no age (`agent/judge/admitted.py` holds its turn to a day), and neither is that of the
    history which is judged: its check says the span.
    """
    row = obligation_of(check, key)
    longest, history = (LOOK, "") if row is None else (row.longest, row.history)
    if longest is None:
        return None
    for one in rests_on:
        of_recording = one.path in RECORDED and not one.remembered
        if one.true_at is None or of_recording or one.kind == history:
            continue
        if not -LOOK <= now - one.true_at <= longest:
            return one
    return None
