"""Simulates a device that names a firmware that is the beginning of the approved one.

Versions are words of four parts and a letter; the letter is another build for another country.

Source: `getSoftwareVersion` as published.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave the letter out."""
    return says(changed("getSoftwareVersion", r"(version=[\d.]+)\.R", r"\1"))


LIE = Lie(
    name="shorter_version",
    world="dahua",
    fakes=Message("a firmware is the beginning of the approved one"),
    makes=make,
    right={
        "firmware-drift device:dhr": NOT_PASS,
    },
)
