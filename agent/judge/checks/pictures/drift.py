"""Checks that a camera's masks are approved and unchanged since.

`masks.py` judges what they hide. Only change counts here: the device's own list against the approved one, matched by
token, or by place under another token; and the masks in the pictures against what they looked like (`signed.py`).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from agent.judge.check import Check, Looks
from agent.judge.checks.devices import online
from agent.judge.checks.pictures import masks
from agent.judge.checks.pictures.signed import changed_masks
from agent.judge.claim import Broken, Held, Open, Outcome, declared, grounds, own
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import MASK_CHANGE
from agent.model.finding import Finding, Ground, Json, Message, utc_text
from agent.observe.approvals.approvals import Approval
from agent.observe.facts.facts import Facts
from agent.observe.inventory.device_identity import cause_of_all
from agent.observe.pictures.turns import zones_digest
from agent.site.config.site import CameraConfig, Site
from drivers.model import Mask, Masks
from masking.coverage import iou

DRIFT_ID: Final = "privacy-mask-drift"
APPROVAL_ID: Final = "mask-approval"

SAME_IOU: Final = 0.95
"""Overlap with the approved polygon from which a mask counts as unmoved. House rule: a strip of 5 % gives 0.90."""

Kind = Literal["removed", "disabled", "moved", "altered", "enabled", "added", "unreadable"]
MESSAGES: Final[dict[Kind, Message]] = {
    "removed": Message(
        "mask {mask} is gone since {by} approved the masks on {at} ({count} changes in all): "
        "undo it, or have it approved with camwarden masks approve"
    ),
    "disabled": Message(
        "mask {mask} was switched off since {by} approved the masks on {at} ({count} changes in all): "
        "undo it, or have it approved with camwarden masks approve"
    ),
    "moved": Message(
        "mask {mask} was moved since {by} approved the masks on {at} ({count} changes in all): "
        "undo it, or have it approved with camwarden masks approve"
    ),
    "altered": Message(
        "mask {mask} hides in another way since {by} approved the masks on {at} ({count} changes in all): "
        "undo it, or have it approved with camwarden masks approve"
    ),
    "enabled": Message(
        "mask {mask} was switched on since {by} approved the masks on {at} ({count} changes in all): "
        "undo it, or have it approved with camwarden masks approve"
    ),
    "added": Message(
        "mask {mask} is new since {by} approved the masks on {at} ({count} changes in all): "
        "undo it, or have it approved with camwarden masks approve"
    ),
    "unreadable": Message("mask {mask} cannot be read clearly: whether it is as {by} approved it on {at} is not known"),
}
"""Kinds of change of a mask, worst first, with their messages."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one mask since it was approved. `iou` (0..1) with its approved polygon, None without one."""

    token: str
    kind: Kind
    iou: float | None = None


def changes(approved: tuple[Mask, ...], now: tuple[Mask, ...]) -> tuple[Change, ...]:
    """Return what happened to each mask, worst first; nothing where the device's list is as approved. Pure."""
    pairs = _pairs(approved, now)
    paired_now = {id(mask) for _, mask in pairs}
    paired_before = {id(mask) for mask, _ in pairs}
    found = [change for before, after in pairs if (change := _change(before, after)) is not None]
    found += [Change(mask.token, "removed") for mask in approved if id(mask) not in paired_before]
    found += [Change(mask.token, "added") for mask in now if id(mask) not in paired_now]
    order = tuple(MESSAGES)
    return tuple(sorted(found, key=lambda change: (order.index(change.kind), change.token)))


def _pairs(approved: tuple[Mask, ...], now: tuple[Mask, ...]) -> list[tuple[Mask, Mask]]:
    """Match each approved mask: by its place where it has not moved, else by its token."""
    pairs: list[tuple[Mask, Mask]] = []
    before, after = list(approved), list(now)
    for same in (_same_mask, _same_place, _same_token):
        for mask in tuple(before):
            match = next((other for other in after if same(mask, other)), None)
            if match is not None:
                pairs.append((mask, match))
                before.remove(mask)
                after.remove(match)
    return pairs


def _same_token(one: Mask, other: Mask) -> bool:
    return one.token == other.token


def _same_mask(one: Mask, other: Mask) -> bool:
    return _same_token(one, other) and _overlap(one, other) >= SAME_IOU


def _same_place(one: Mask, other: Mask) -> bool:
    return bool(one.polygon and other.polygon) and _overlap(one, other) >= SAME_IOU


def _overlap(one: Mask, other: Mask) -> float:
    """Return the overlap of two masks, 0..1; two without a place match."""
    if not one.polygon or not other.polygon:
        return 1.0 if one.polygon == other.polygon else 0.0
    return iou(one.polygon, (other.polygon,))


def _change(before: Mask, after: Mask) -> Change | None:
    overlap = _overlap(before, after)
    shown = round(overlap, 4) if before.polygon and after.polygon else None
    if before.enabled is not False and after.enabled is False:
        return Change(before.token, "disabled", shown)
    if (after.enabled is None and before.enabled is not None) or (before.polygon and not after.polygon):
        return Change(before.token, "unreadable", shown)
    if overlap < SAME_IOU:
        return Change(before.token, "moved", shown)
    if (before.effect, before.color) != (after.effect, after.color):
        return Change(before.token, "altered", shown)
    return Change(before.token, "enabled", shown) if after.enabled and not before.enabled else None


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Compare each camera's masks with the approved ones; any change without a new approval is a fail."""
    judged = (
        *masks.run_present(masks.PRESENT, site, facts, now),
        *masks.run_geometry(masks.GEOMETRY, site, facts, now),
    )
    causes = {f.subject: f.caused_by or f.key for f in reversed(judged) if f.status == "fail"}
    return tuple(_camera(check, facts, camera, causes) for camera in site.cameras)


def _camera(check: Check, facts: Facts, camera: CameraConfig, causes: dict[str, str]) -> Finding:
    subject = f"camera:{camera.camera.id}"
    approval = facts.approvals.get(camera.camera.id)
    if approval is None:
        text = Message("nobody has approved this camera's masks yet")
        return waiting(check, subject, "person", "not-approved", text, caused_by=f"{APPROVAL_ID} site")
    given: dict[str, str | int | float] = {"by": approval.by, "at": utc_text(approval.at)}
    if approval.no_private_area:
        text = Message("{by} declared on {at} that nothing private is in view", given)
        word = Declaration("no_private_area", approval.by, utc_text(approval.at))
        return freed(check, subject, word, "no-private-area", text, {})
    changed = tuple(changed_masks(facts, subject, approval))
    if not approval.masks_digest and changed:
        return verdict(
            check, subject, changed, {"approved_by": approval.by, "approved_at": given["at"]}, changed[0].message
        )
    if not approval.masks_digest:
        text = Message("the device does not list its masks: {by} approved its pictures on {at}", given)
        return waiting(check, subject, "device", "masks-not-listed", text)
    listed = facts.one(subject, Masks)
    if listed is None:
        why = facts.why_not(subject, "masks")
        text = Message("the device's masks could not be read ({reason})", {"reason": why.reason})
        cause = online.cause_of_silence(facts, subject) or f"{masks.PRESENT_ID} {subject}"
        return check.finding(subject, "unknown", why.reason, {"detail": why.detail}, text, cause)
    told = (*grounds(facts.observed(subject, Masks)), *declared(subject, APPROVAL_ID))
    return _compared(check, subject, approval, listed.masks, told, causes.get(subject, ""), changed)


def _compared(
    check: Check,
    subject: str,
    approval: Approval,
    listed: tuple[Mask, ...],
    told: tuple[Ground, ...],
    cause: str,
    changed: tuple[Broken, ...],
) -> Finding:
    found = changes(approval.masks, listed)
    evidence: dict[str, Json] = {
        "approved_by": approval.by,
        "approved_at": utc_text(approval.at),
        "approved_digest": approval.masks_digest,
        "changes": [{"mask": c.token, "change": c.kind, "iou": c.iou} for c in found],
    }
    given: dict[str, str | int | float] = {"by": approval.by, "at": utc_text(approval.at)}
    outcomes: list[Outcome] = []
    for number, change in enumerate(found):  # two masks of a device may have one token
        text = replace(MESSAGES[change.kind], values={**given, "mask": change.token, "count": len(found)})
        key = f"mask {number} {change.token}"
        is_unclear = change.kind == "unreadable"
        outcomes.append(Open(key, change.kind, text) if is_unclear else Broken(key, change.kind, text, caused_by=cause))
    text = Message("masks are as {by} approved them on {at}", given)
    # What the device's list says of a change explains what its pictures show.
    return verdict(check, subject, outcomes or changed or [Held("as approved", told)], evidence, text)


def run_approval(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Name on the site the cameras without an approval, and those whose zones were declared anew since."""
    ids = [camera.camera.id for camera in site.cameras]
    missing = [name for name in ids if name not in facts.approvals]
    outdated = [
        name for name in ids if name not in missing and facts.approvals[name].zones_digest != zones_digest(site, name)
    ]
    if not missing and not outdated:
        listed = Held("cameras", own("site", "configuration"))
        outcomes = [listed, *(Held(f"approved {name}", declared(f"camera:{name}", APPROVAL_ID)) for name in ids)]
        text = Message("somebody approved the masks of every camera")
        return (verdict(check, "site", outcomes, {"cameras_approved": len(ids)}, text),)
    undeclared = {c.camera.id for c in site.cameras if not c.zones and c.no_private_area is None}
    # Who declares what is private is asked by the other finding; saying the same twice helps nobody.
    cause = f"{masks.PRESENT_ID} site" if undeclared.issuperset((*missing, *outdated)) else ""
    # An approval does not count for another box: then the exchange is what is wrong.
    behind = (c.camera.device for c in site.cameras if c.camera.id in (*missing, *outdated))
    cause = cause or cause_of_all(site, facts, behind)
    if missing:
        text = Message(
            "nobody has approved the masks of {count} cameras: look at them with camwarden masks adopt",
            {"count": len(missing)},
        )
    else:
        text = Message(
            "what is private was declared anew for {count} cameras since their masks were approved: "
            "look at them with camwarden masks adopt",
            {"count": len(outdated)},
        )
    reason = "not-approved" if missing else "declared-anew"
    evidence: dict[str, Json] = {"cameras": [*missing, *outdated], "declared_anew": outdated}
    return (check.finding("site", "unknown", reason, evidence, text, cause),)


DRIFT = Check(
    DRIFT_ID,
    run,
    "critical",
    MASK_CHANGE,
    "Nobody removes, disables or moves a privacy mask without an approval.",
    Looks(warn=2),
)
APPROVAL = Check(
    APPROVAL_ID, run_approval, "minor", MASK_CHANGE, "Somebody answers for the masks that hide what is private."
)
