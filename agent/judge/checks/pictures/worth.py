"""Determines how small a fault would have been found in each hidden zone, and whether any would.

A calibration (`agent/observe/pictures/sensitivities.py`) draws faults into a picture that passed. Where even a bare
zone would have passed, the pass says nothing. One that could not be made takes nothing away.
"""

from collections.abc import Iterator

from agent.judge.wording.mask_words import would_find
from agent.model.finding import Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.picture import ZoneSensitivity


def found_in(facts: Facts, subject: str, path: str, zone: str) -> ZoneSensitivity | None:
    """Return the last calibration of a zone on a path, of this look or a remembered one; None: there is none."""
    tried = facts.remembered.sensitivity.get(subject.removeprefix("camera:"), ())
    known = (*facts.all(subject, ZoneSensitivity), *(one.found for one in tried))
    found = next((one for one in known if (one.path, one.zone) == (path, zone)), None)
    return found if found is not None and found.sides else None


def would_tell(facts: Facts, subject: str, path: str, zone: str) -> bool:
    """Tell whether a bare zone would have been found there, as far as that was tried."""
    found = found_in(facts, subject, path, zone)
    return found is None or found.is_proof


def worth_json(facts: Facts, subject: str, path: str, zone: str) -> dict[str, Json]:
    """Return the smallest faults that would have been found, for the evidence of a finding; empty where not tried."""
    found = found_in(facts, subject, path, zone)
    if found is None:
        return {}
    return {
        "would_find": {
            "gap_px_at_640": found.gap_px,
            "opacity_ratio": found.opacity_ratio,
            "sides": found.sides,
            "blind_sides": found.blind_sides,
        }
    }


def with_worth(facts: Facts, camera: CameraConfig, message: Message) -> Message:
    """Return what a pass says, with the grossest of the smallest faults that would have been found in any zone."""
    found = list(_all(facts, camera))
    if not found:
        return message
    worst = max(found, key=lambda one: (one.blind_sides, one.gap_px or 0.0, -(one.opacity_ratio or 0.0)))
    gap = max(one.gap_px or 0.0 for one in found)
    opacity = min(one.opacity_ratio or 0.0 for one in found)
    return would_find(message, gap, opacity, worst.blind_sides)


def _all(facts: Facts, camera: CameraConfig) -> Iterator[ZoneSensitivity]:
    subject = f"camera:{camera.camera.id}"
    tried = facts.remembered.sensitivity.get(camera.camera.id, ())
    paths = dict.fromkeys((*(o.path for o in facts.all(subject, ZoneSensitivity)), *(one.found.path for one in tried)))
    for path in paths:
        for zone in camera.zones:
            found = found_in(facts, subject, path, zone.name)
            if found is not None and found.is_proof:
                yield found
