"""Lists one recording and searches on for ever.

Source: ONVIF Recording Search Service Specification: results may come in any number of answers until `Completed`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Never complete a search, and list the first page again and again."""
    first: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "GetRecordingSearchResults" not in asked:
            return body
        first.append(body.replace(b">Completed<", b">Searching<"))
        return first[0]

    return says(say)


LIE = Lie(
    name="never_completed",
    world="onvif",
    fakes=Message("a search never says that it is complete"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
    },
)
