"""The devices and cameras of the tests of what is held back, and what is asked of what an agent told of them."""

from __future__ import annotations

from dataclasses import replace

from told_site import Told

from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES
from agent.model.finding import Finding

RECORDER, NVR = DEVICES[0], ISAPI_DEVICES[0]
GATE = CAMERAS[0]
LIBRARY, GYM, BICYCLES = ISAPI_CAMERAS
PORCH = replace(
    GATE, id="porch", channel=2, code="14020000001320000098", name="Porch", place=BICYCLES.place, mask=BICYCLES.mask
)
HALL = replace(LIBRARY, id="hall", channel=2, code="14020000001320000099", name="Hall", place=GYM.place, mask=GYM.mask)


def held(told: Told, check: str, *subjects: str) -> Finding:
    """Return the one item of a check that is held back for these subjects: all others of them hang on it."""
    of = [told.findings[f"{check} {subject}"] for subject in subjects]
    assert {one.status for one in of} == {"unknown"}, of
    (root,) = [one for one in of if not one.caused_by]
    assert [one.caused_by for one in of if one is not root] == [root.key] * (len(of) - 1)
    assert len(of) == 1 or root.evidence["subjects"] == list(subjects)
    return root


def unheard(told: Told, *checks: str) -> bool:
    """Tell whether nothing of these checks became an event."""
    return not [one for one in told.events if one["finding"]["check"] in checks]


def status(told: Told, key: str) -> tuple[str, str]:
    return told.findings[key].status, told.findings[key].reason
