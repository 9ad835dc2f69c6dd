"""Simulates a device that answers a search with half of what it counts and answers OK where MORE was due.

Several units stop at 50 or fewer files, whatever was asked for; `numOfMatches` may count what is not on the page.

Source: field reports, `CMSearchResult` (responseStatusStrg, numOfMatches).
"""

import re

from agent.demo.liars.lie import NOT_FAIL, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Cut every page of a search in half, and let the count stand."""

    def say(asked: str, body: bytes) -> bytes:
        items = re.findall(rb"<searchMatchItem>.*?</searchMatchItem>", body, re.DOTALL)
        if "contentmgmt/search" not in asked.lower() or len(items) < 4:
            return body
        body = body.replace(b"".join(items), b"".join(items[: len(items) // 2]))
        return body.replace(b">MORE<", b">OK<")

    return says(say)


LIE = Lie(
    name="short_page",
    world="hikvision",
    fakes=Message("a page of half the files is called the last one"),
    makes=make,
    right={
        "recording-completeness camera:library": NOT_FAIL,
        "recording-completeness camera:gym": NOT_FAIL,
    },
    looks=3,
)
