"""Simulates a device that stores three weeks of footage as files of zeros.

Recorders that allocate files beforehand leave them where a crash ended the writing; names, sizes and times are right.

Source: reports of preallocated segment stores; see the store's notes on holes inside a file.
"""

from datetime import datetime, timedelta
from pathlib import Path

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.segment import path_of, write
from agent.demo.world.recordings import full_hour
from agent.model.finding import Message


def make() -> Telling:
    """Blank every segment between the first and the last three days."""

    def blank(store: Path, now: datetime) -> None:
        for hour in range(3 * 24, 32 * 24):
            begin = full_hour(now) - timedelta(hours=hour)
            path = path_of(store, "porch", begin)
            if path.exists():
                write(path, bytes(path.stat().st_size), begin + timedelta(hours=1))

    return Telling(files=blank)


LIE = Lie(
    name="zeros_in_the_middle",
    world="store",
    fakes=Message("files of the right name, time and size hold nothing"),
    makes=make,
    right={
        "retention-days camera:porch": NOT_PASS,
        "recording-completeness camera:porch": NOT_PASS,
        "retention-days camera:den": NOT_FAIL,
    },
    looks=3,
)
