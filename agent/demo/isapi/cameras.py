"""Defines the second recorder of the simulated site, which speaks ISAPI, and its three cameras.

Their scenes and masks are those of other cameras of `cameras.py`, for which there are clips.
"""

from __future__ import annotations

from agent.demo.world.cameras import CAMERAS, DemoCamera, DemoDevice, DemoMask, RecordingPlan

_MASKS = {camera.id: camera.mask for camera in CAMERAS}


def _solid(place: str, color: str) -> DemoMask:
    """The mask of a place, drawn on every path."""
    mask = _MASKS[place]
    assert mask is not None  # noqa: S101 - a row of our own table
    return DemoMask(mask.polygon, "Color", color)


ISAPI_DEVICES: tuple[DemoDevice, ...] = (
    DemoDevice("nvr", "viewer", "DS-7616", "N7-000250", recorder=True, driver="hikvision"),
)

ISAPI_CAMERAS: tuple[DemoCamera, ...] = (
    DemoCamera(
        "library", "nvr", 1, "Library", "between the windows, towards the houses", "annex",
        "all good behind a recorder of another maker", "14020000001320000012", "flat window",
        _solid("annex", "#000000"), RecordingPlan(35),
    ),
    DemoCamera(
        "gym", "nvr", 2, "Sports hall", "opposite the lockers", "lobby",
        "a whole day without recording, five days ago", "14020000001320000013", "lockers",
        _solid("lobby", "#808080"), RecordingPlan(35, gap_hours=24, gap_days_ago=5, gap_from_midnight=True),
    ),
    DemoCamera(
        "bicycles", "nvr", 3, "Bicycle shed", "under the roof", "annex",
        "the recorder has lost it two days ago", "14020000001320000014", "flat window",
        _solid("annex", "#000000"), RecordingPlan(35, ended_days_ago=2), link="networkAbnormal",
    ),
)  # fmt: skip
