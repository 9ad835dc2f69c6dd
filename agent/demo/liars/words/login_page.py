"""Answers a question for settings with the page of its login.

Source: reports of firmware that sends a session that ran out to its start page, with 200.
"""

from agent.demo.liars.lie import UNKNOWN, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Put a page in place of what is drawn into the pictures."""
    page = b"<!DOCTYPE html>\r\n<html><head><title>WEB SERVICE</title></head><body></body></html>\r\n"
    return says(lambda asked, body: page if "name=VideoWidget" in asked else body)


LIE = Lie(
    name="login_page",
    world="dahua",
    fakes=Message("a login page comes under 200 where settings were asked for"),
    makes=make,
    right={
        "privacy-mask-present camera:pool": UNKNOWN,
        "privacy-mask-geometry camera:pool": UNKNOWN,
    },
)
