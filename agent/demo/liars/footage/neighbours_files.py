"""Simulates a device that stores another camera's footage under this camera's name.

Two inputs were swapped on the recorder after the views had been approved.

Source: folders are named by configuration (`%path`), pictures by nothing.
"""

from datetime import datetime, timedelta
from pathlib import Path

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.segment import path_of, transport_stream, write
from agent.demo.liars.worlds_table import DEN
from agent.demo.world.recordings import full_hour
from agent.model.finding import Message


def make() -> Telling:
    """Write porch's segments from den's picture."""

    def swap(store: Path, now: datetime) -> None:
        for hour in range(36 * 24):
            begin = full_hour(now) - timedelta(hours=hour)
            path = path_of(store, "porch", begin)
            if path.exists():
                write(path, transport_stream(DEN.place, begin), min(begin + timedelta(hours=1), now))

    return Telling(files=swap)


LIE = Lie(
    name="neighbours_files",
    world="store",
    fakes=Message("the folder of one camera holds another's footage"),
    makes=make,
    right={
        "retention-days camera:porch": NOT_PASS,
        "privacy-mask-effective camera:porch": NOT_PASS,
        "retention-days camera:den": NOT_FAIL,
    },
)
