"""Simulates a device that reports the time of the first question for ever.

A clock whose battery and NTP are both gone begins at the last saved moment after each restart.

Source: client code, `getCurrentTime`; one answer proves no running clock.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Remember the first answer."""
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "getCurrentTime" not in asked:
            return body
        kept.append(body)
        return kept[0]

    return says(say)


LIE = Lie(
    name="stopped_clock",
    world="dahua",
    fakes=Message("a clock that stands still is right at the first look"),
    makes=make,
    right={
        "clock-offset device:dhr": NOT_PASS,
    },
    looks=2,
)
