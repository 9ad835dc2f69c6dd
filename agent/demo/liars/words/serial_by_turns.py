"""Answers as two boxes by turns.

Two boxes were given one address, and whichever is asked first answers.

Source: RFC 5227, section 1.1: two hosts with one address; ONVIF Core, GetDeviceInformation.
"""

import itertools

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Name another serial number in every second answer."""
    turns = itertools.count()

    def say(asked: str, body: bytes) -> bytes:
        if "GetDeviceInformation" not in asked or next(turns) % 2:
            return body
        return body.replace(b"R6-000117", b"R6-000342")

    return says(say)


LIE = Lie(
    name="serial_by_turns",
    world="onvif",
    fakes=Message("two boxes answer by turns at one address"),
    makes=make,
    right={
        "inventory-drift device:recorder": NOT_PASS,
    },
    looks=2,
)
