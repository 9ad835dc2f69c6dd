"""Answers with what was true at the first question: the page of disks comes from a cache.

Source: `ContentMgmt/Storage` on units whose SMART test ran yesterday; the test itself is another question.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Let the test of the second disk fail while the list says ok."""

    def say(asked: str, body: bytes) -> bytes:
        if "/hdd/2/smarttest/status" not in asked.lower():
            return body
        return body.replace(b">ok<", b">error<")

    return says(say)


LIE = Lie(
    name="yesterdays_answer",
    world="hikvision",
    fakes=Message("a cache answers for a disk that has failed since"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
