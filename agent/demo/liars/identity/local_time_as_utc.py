"""Writes the wall clock of its zone where UTC is asked for.

Source: ONVIF Core Specification, GetSystemDateAndTime (UTCDateTime); reports of firmware that fills it with local time.
"""

import re

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Tell the wall clock as UTC."""

    def say(asked: str, body: bytes) -> bytes:
        if "GetSystemDateAndTime" not in asked:
            return body
        hour = re.search(rb"<tt:Hour>(\d+)</tt:Hour>", body)
        return body if hour is None else body.replace(hour[0], b"<tt:Hour>%d</tt:Hour>" % ((int(hour[1]) + 8) % 24))

    return says(say)


LIE = Lie(
    name="local_time_as_utc",
    world="onvif",
    fakes=Message("a clock eight hours off is called UTC"),
    makes=make,
    right={
        "clock-offset device:recorder": NOT_PASS,
    },
)
