"""Simulates a device that holds five weeks of names that were all written within the last hour.

Somebody copies today's segments under the names of the days that are missing.

Source: the segments store's own rule: a name is what the recorder gave, and nobody signs it.
"""

from datetime import datetime, timedelta
from pathlib import Path

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.segment import path_of, transport_stream, write
from agent.demo.liars.worlds_table import PORCH
from agent.demo.world.recordings import full_hour
from agent.model.finding import Message


def make() -> Telling:
    """Keep three days of porch, and copy a segment of today under every older name."""

    def copy(store: Path, now: datetime) -> None:
        data = transport_stream(PORCH.place, now)
        for hour in range(3 * 24, 35 * 24):
            path = path_of(store, "porch", full_hour(now) - timedelta(hours=hour))
            if path.exists():
                write(path, data, now)

    return Telling(files=copy)


LIE = Lie(
    name="named_after_days",
    world="store",
    fakes=Message("segments of today have names of five weeks"),
    makes=make,
    right={
        "retention-days camera:porch": NOT_PASS,
        "retention-days camera:den": NOT_FAIL,
    },
    looks=3,
)
