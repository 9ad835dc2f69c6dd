"""Simulates a device that runs another build of the approved version.

A maker's special build, or one that somebody changed, keeps the version and has another date.

Source: ISAPI, `System/deviceInfo`: firmwareReleasedDate stands beside firmwareVersion.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Name another day of the build."""
    return says(changed("System/deviceInfo", r"build \d+", "build 260614"))


LIE = Lie(
    name="rebuilt_version",
    world="hikvision",
    fakes=Message("another build of a firmware has the approved version"),
    makes=make,
    right={
        "firmware-drift device:nvr": NOT_PASS,
    },
)
