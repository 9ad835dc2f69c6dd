"""Counts more files than it lists.

A buffer that is full ends the answer after a row; `found` was written before.

Source: `findNextFile`, `found=` and `items[n]`.
"""

from agent.demo.liars.lie import NOT_FAIL, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave the second half of each list out."""

    def say(asked: str, body: bytes) -> bytes:
        count = body.count(b".StartTime=")
        if "findNextFile" not in asked or count < 4:
            return body
        return b"".join(
            line
            for line in body.splitlines(keepends=True)
            if not line.startswith(b"items[") or int(line[6 : line.index(b"]")]) < count // 2
        )

    return says(say)


LIE = Lie(
    name="found_and_not_listed",
    world="dahua",
    fakes=Message("a list of files is shorter than it says"),
    makes=make,
    right={
        "recording-completeness camera:pool": NOT_FAIL,
        "recording-completeness camera:shed": NOT_FAIL,
    },
    looks=3,
)
