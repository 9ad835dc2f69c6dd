"""Judges a device's own masks where nobody declared what is private: switched off, or not in the pictures.

Nothing passes here: what nobody declared stays open, with the finding of the site as cause. Only live pictures count:
older footage may be older than a mask.
"""

from typing import Final

from agent.judge.check import Check
from agent.judge.claim import Broken, Open, Outcome
from agent.judge.verdict import verdict
from agent.judge.wording.picture_words import paths_listed, zone_reason
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.model import Masks
from drivers.picture import RECORDED, ZoneVerdict

NOT_DECLARED: Final = Message("nobody declared what is private in its view")


def present(check: Check, facts: Facts, camera: CameraConfig, cause: str) -> Finding:
    """Judge whether a mask is configured and switched off. `cause`: the finding on what is not declared."""
    subject = f"camera:{camera.camera.id}"
    listed = facts.one(subject, Masks)
    off = [mask.token for mask in (listed.masks if listed else ()) if mask.enabled is False and mask.polygon]
    outcomes: list[Outcome] = [_open(cause)]
    if off:
        message = Message(
            "masks are configured and switched off ({count}), and nobody declared what is private in its view: "
            "switch them on, or declare that nothing is",
            {"count": len(off)},
        )
        masks: list[Json] = list(off)
        outcomes.append(Broken("masks", "disabled", message, {"masks": masks}, mild=True))
    return verdict(check, subject, outcomes, {}, NOT_DECLARED)


def effective(check: Check, facts: Facts, camera: CameraConfig, paths: list[Json], cause: str) -> Finding:
    """Judge whether live pictures show what the device says that it masks. `paths`: the evidence of each path."""
    subject = f"camera:{camera.camera.id}"
    bare = [one for one in facts.all(subject, ZoneVerdict) if one.verdict == "FAIL" and one.path not in RECORDED]
    outcomes: list[Outcome] = [_open(cause)]
    for one in bare:
        message = Message(
            "{zone} is switched on, and not to be seen on {paths} where the device says that it is ({reason}): "
            "correct the mask, or declare what is private",
            {
                "zone": one.zone,
                "paths": paths_listed(other.path for other in bare if other.zone == one.zone),
                "reason": zone_reason(one.reason),
            },
        )
        outcomes.append(Broken(f"hidden {one.zone} {one.path}", one.reason, message))
    return verdict(check, subject, outcomes, {"paths": paths} if bare else {}, NOT_DECLARED)


def _open(cause: str) -> Open:
    return Open("declared", "not-declared", NOT_DECLARED, caused_by=cause)
