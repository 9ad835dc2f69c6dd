"""Policy of the hub: which document is taken, what it changes, and how the last good one is kept.

    verified -> version rises -> whole document valid -> nothing loosened -> kept, and in force from the next cycle

A document is taken whole or not at all. It names thresholds and the period from a closed list, so no address and no
credential can come with one. What a site's own file demands may only become stricter: a floor may rise, a limit may
fall. The period alone may go either way within its bounds. `Site.digest` stays that of the site's own file.

All of it is pure but the two functions at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from agent import config_sections as bounds
from agent.config import PERIOD_MAX_S, PERIOD_MIN_S, Site
from agent.envelope import flatten, unflatten
from agent.errors import NotVerified
from agent.events import Transition
from agent.files import write_atomic
from agent.keys import PublicKey
from agent.model import Finding, Json, Message, Source
from agent.remote import Desired, Order, Refused
from agent.remote_wire import read_desired

FILE_NAME: Final = "desired.json"
FILE_MODE: Final = 0o600
FILE_MAX_BYTES: Final = 256 * 1024

FROM_A_HUB: Final = frozenset({"site", "payload"})
"""Reasons of `NotVerified` for what a pinned hub did sign: these are refused aloud, all others only counted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a hub may say to one name: whole numbers or any, from `low` to `high`, and which way is stricter."""

    low: float
    high: float
    stricter: Literal["up", "down", "either"]
    whole: bool = False


TAMPERED: Final = Message(
    "the hub's policy that was kept is not what the hub signed and is not in force: find out who changed the file"
)

PERIOD: Final = "period_s"

RULES: Final[Mapping[str, Rule]] = {
    PERIOD: Rule(PERIOD_MIN_S, PERIOD_MAX_S, "either", whole=True),
    "retention_floor_days": Rule(bounds.RETENTION_LAW_DAYS, bounds.RETENTION_MAX_DAYS, "up", whole=True),
    "retention_ceiling_days": Rule(1, bounds.RETENTION_MAX_DAYS, "down", whole=True),
    "forecast_days": Rule(1, bounds.FORECAST_MAX_DAYS, "up", whole=True),
    "clock_warn_s": Rule(0, bounds.CLOCK_MAX_S, "down"),
    "clock_fail_s": Rule(0, bounds.CLOCK_MAX_S, "down"),
    "completeness_warn_ratio": Rule(0, 1, "up"),
    "completeness_fail_ratio": Rule(0, 1, "up"),
    "gap_warn_s": Rule(0, bounds.GAP_MAX_S, "down"),
    "gap_fail_s": Rule(0, bounds.GAP_MAX_S, "down"),
    "recording_stale_s": Rule(1, bounds.STALE_MAX_S, "down"),
    "mask_uncovered_max_ratio": Rule(0, bounds.UNCOVERED_MAX_RATIO, "down"),
}
"""The closed list; its bounds are those of site.toml. The operator's word about the gateway's clock is not in it."""

_ORDERED: Final = (
    ("clock_warn_s", "clock_fail_s"),
    ("gap_warn_s", "gap_fail_s"),
    ("completeness_fail_ratio", "completeness_warn_ratio"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """The last document that was taken: what it says, its exact bytes and signature, and SHA-256 of the bytes, hex."""

    desired: Desired
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)

    @property
    def digest(self) -> str:
        """Name the document."""
        return hashlib.sha256(self.payload).hexdigest()


@dataclass(frozen=True, slots=True)
class InForce:
    """What counts now: the site as it is judged, and which of the hub's documents made it so; version 0: none.

    `refused` says why the kept document does not count, where there is one.
    """

    site: Site
    version: int = 0
    policy: Mapping[str, Json] = field(default_factory=dict)
    digest: str = ""
    refused: Refused | None = None


def take(order: Order, kept: Kept | None, local: Site, hub_keys: Mapping[str, PublicKey], now: datetime | None) -> Kept:
    """Return the document to keep and to put in force.

    Args:
        order: As it came.
        kept: The last one that was taken; returned as it is where the same comes again.
        local: The site as its own file describes it.
        hub_keys: The pinned keys.
        now: None where the clock cannot be trusted: then nothing is called expired.

    Raises:
        NotVerified: No pinned hub signed it for this site; see `FROM_A_HUB`.
        NotTaken: It is refused.
    """
    desired = read_desired(order.payload, order.jws, hub_keys, local.id)
    try:
        order.payload.decode()  # a JSON reader takes other encodings too; a flattened JWS does not carry them
    except UnicodeDecodeError:
        raise NotVerified("payload", "signed, but not JSON in UTF-8") from None
    fresh = Kept(desired, order.payload, order.jws)
    if kept is not None and desired.version <= kept.desired.version:
        if fresh.digest == kept.digest:
            return kept
        why = f"version {desired.version} does not come after version {kept.desired.version}, which was taken before"
        raise NotTaken(Refused(desired.version, "version-not-rising", why))
    refused = _expired(desired, now) or judge(local, desired)
    if refused is not None:
        raise NotTaken(refused)
    return fresh


class NotTaken(Exception):
    """A document of a pinned hub is refused; `refused` is what the hub is told."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


def in_force(local: Site, kept: Kept | None, now: datetime | None) -> InForce:
    """Return what counts now. A kept document that expired, or that a changed site file is stricter than, does not."""
    if kept is None:
        return InForce(local)
    refused = _expired(kept.desired, now) or judge(local, kept.desired)
    if refused is not None:
        return InForce(local, refused=refused)
    policy = kept.desired.policy
    return InForce(overlay(local, policy), kept.desired.version, policy, kept.digest)


def overlay(local: Site, policy: Mapping[str, Any]) -> Site:
    """Return the site with the hub's values in the place of its own. `policy` has passed `judge`.

    A floor counts for every camera, also for one whose own floor is lower.
    """
    values: dict[str, Any] = {
        name: value if RULES[name].whole else float(value) for name, value in policy.items() if name != PERIOD
    }
    site = replace(local, period_s=policy.get(PERIOD, local.period_s), policy=replace(local.policy, **values))
    floor = policy.get("retention_floor_days", 0)
    cameras = tuple(
        replace(camera, retention_days=max(camera.retention_days, floor)) if camera.retention_days else camera
        for camera in local.cameras
    )
    return replace(site, cameras=cameras)


def judge(local: Site, desired: Desired) -> Refused | None:
    """Return the first mistake of a document, None where it has none. Mistakes in values come before what loosens."""
    policy: Mapping[str, Any] = desired.policy
    for name, value in policy.items():
        if why := _wrong(name, value):
            return Refused(desired.version, "not-valid", why)
    for name, value in policy.items():
        if why := _loosens(local, name, value):
            return Refused(desired.version, "loosens", why)
    if why := _contradiction(overlay(local, policy), set(policy)):
        return Refused(desired.version, "not-valid", why)
    return None


def _wrong(name: str, value: Any) -> str:
    if name == "rules":
        return "rules: this version takes no rule packs from a hub"
    rule = RULES.get(name)
    if rule is None:
        return f"{name[:64]!a}: no name that a hub may set; those are {', '.join(RULES)}"
    right = isinstance(value, int if rule.whole else int | float) and not isinstance(value, bool)
    if not right or not rule.low <= value <= rule.high:  # not-a-number is in no range
        kind = "a whole number" if rule.whole else "a number"
        return f"{name}: must be {kind} from {rule.low:.7g} to {rule.high:.7g}"
    return ""


def _loosens(local: Site, name: str, value: Any) -> str:
    own = local.period_s if name == PERIOD else getattr(local.policy, name)
    if name == "retention_ceiling_days" and own == 0:
        return ""
    way = RULES[name].stricter
    if (way == "up" and value < own) or (way == "down" and value > own):
        may = "rise" if way == "up" else "fall"
        return f"{name}: {value:.7g} is looser than the site's own {own:.7g}; it may only {may}"
    return ""


def _contradiction(site: Site, said: set[str]) -> str:
    policy = site.policy
    for lower, higher in _ORDERED:
        low, high = getattr(policy, lower), getattr(policy, higher)
        if low > high:
            return f"{lower}: {low:.7g} would be above {higher} = {high:.7g}"
    floor = max([policy.retention_floor_days, *(camera.retention_days for camera in site.cameras)])
    if said & {"retention_floor_days", "retention_ceiling_days"} and 0 < policy.retention_ceiling_days < floor:
        return (
            f"retention_ceiling_days: footage cannot be gone after {policy.retention_ceiling_days} days "
            f"and kept for {floor}"
        )
    if site.probe.deadline_s >= site.period_s:
        return f"period_s: a device may take {site.probe.deadline_s:g} s, as long as the whole period"
    return ""


def _expired(desired: Desired, now: datetime | None) -> Refused | None:
    if now is None or desired.expires_at is None or now < desired.expires_at:
        return None
    return Refused(desired.version, "expired", f"version {desired.version} has expired; the site's own policy counts")


def tampered(reason: str) -> Transition:
    """Return what is told of a kept document that is not to be believed; `reason` is that of `NotVerified`."""
    source, evidence = Source("camwarden", "policy of the hub"), {"reason": reason}
    return Transition(
        Finding("agent-policy", "site", "fail", "major", TAMPERED, source, "desired-tampered", evidence), None
    )


def read_kept(path: Path, hub_keys: Mapping[str, PublicKey], site_id: str) -> Kept | None:
    """Return the document that was kept, verified again; None where there is none.

    Raises:
        NotVerified: The file is not what a pinned hub signed for this site.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotVerified("unreadable", f"{path.name} cannot be read: {error.strerror}") from None
    try:
        payload, jws = unflatten(data)
    except RecursionError:
        raise NotVerified("malformed", f"{path.name} is not a flattened JWS") from None
    return Kept(read_desired(payload, jws, hub_keys, site_id), payload, jws)


def keep(path: Path, kept: Kept) -> None:
    """Keep a document as a flattened JWS.

    Raises:
        OSError: It cannot be kept; then it must not be put in force either.
    """
    write_atomic(path, flatten(kept.payload, kept.jws), FILE_MODE)
