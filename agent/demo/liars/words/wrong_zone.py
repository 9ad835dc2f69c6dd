"""Simulates a device that writes the site's wall clock as UTC.

After a change of zone the offset of `localTime` is that of the factory.

Source: field reports of `System/time` (localTime, timeZone).
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Change the offset and nothing else."""
    return says(changed("system/", r"(T\d\d:\d\d:\d\d)\+08:00", r"\1+00:00"))


LIE = Lie(
    name="wrong_zone",
    world="hikvision",
    fakes=Message("the wall clock is called UTC"),
    makes=make,
    right={
        "clock-offset device:nvr": NOT_PASS,
    },
)
