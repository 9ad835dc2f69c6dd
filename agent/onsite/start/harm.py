"""Orders findings by the harm they do: what shows private things before what is short, what is short before the rest.

Pure. A check that no row names comes after all that are named, and what is not known comes last: nothing is left out,
and what nobody knows is not called a harm. Only a camera that could not be looked at is shown among the harms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Finding, Message, Severity, Status
from agent.model.matters import shown
from agent.onsite.handover.contents_findings import is_declaration

HARMS: Final[tuple[tuple[Message, tuple[str, ...]], ...]] = (
    (
        Message("Private things can be seen"),
        (
            "privacy-mask-effective", "privacy-mask-present", "privacy-mask-geometry", "privacy-mask-ptz",
            "privacy-mask-drift", "bare-footage-kept", "camera-moved", "forbidden-zone-declaration",
            "audio-undeclared",
        ),
    ),
    (
        Message("Others can look in, or change something"),
        (
            "stream-auth-required", "default-credential", "insecure-service", "network-exposure",
            "product-advisory-open", "undeclared-camera", "account-inventory",
        ),
    ),
    (
        Message("Footage is missing, or too short"),
        (
            "retention-days", "recording-completeness", "recording-tamper", "storage-health", "retention-forecast",
            "clock-offset",
        ),
    ),
    (
        Message("Cameras that give no picture, or could not be looked at"),
        ("camera-lost", "camera-online", "shared-fault", "camera-occluded", "video-quality"),
    ),
)  # fmt: skip
"""Each harm as people read it, and its checks, the worst first."""
OTHERS: Final = Message("Everything else that is not as it should be")
UNKNOWN: Final = Message("Not known yet")

REACHED: Final = "camera-online"

_STATUS: Final[tuple[Status, ...]] = ("fail", "warn", "unknown", "pass", "not_applicable")
_SEVERITY: Final[tuple[Severity, ...]] = ("critical", "major", "minor", "info")
_PLACES: Final = {check: (harm, place) for harm, (_, checks) in enumerate(HARMS) for place, check in enumerate(checks)}
_LAST: Final = (len(HARMS), 0)


@dataclass(frozen=True, slots=True)
class Harm:
    """Open findings of one kind of harm, the worst first."""

    title: Message
    findings: tuple[Finding, ...]


def by_harm(findings: Iterable[Finding]) -> tuple[Harm, ...]:
    """Return the open findings by their harm, the worst first, without those that only wait for a declaration."""
    titles = [*(title for title, _ in HARMS), OTHERS, UNKNOWN]
    found: dict[int, list[Finding]] = {}
    for one in _shown(findings):
        if not is_declaration(one):
            is_harm = one.status != "unknown" or one.check == REACHED
            found.setdefault(_PLACES.get(one.check, _LAST)[0] if is_harm else len(titles) - 1, []).append(one)
    return tuple(Harm(titles[harm], tuple(sorted(found[harm], key=_rank))) for harm in sorted(found))


def _rank(one: Finding) -> tuple[int, ...]:
    return _STATUS.index(one.status), *_PLACES.get(one.check, _LAST), _SEVERITY.index(one.severity)


def to_declare(findings: Iterable[Finding]) -> int:
    """Return how many open findings wait for a person's declaration."""
    return sum(is_declaration(one) for one in _shown(findings))


def _shown(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for one in shown(findings) for finding in one.found]
