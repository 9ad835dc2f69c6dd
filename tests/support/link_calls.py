"""A call for a picture in a room with a simulated device, and the requests that were sent for it."""

from __future__ import annotations

from collections.abc import Callable

from link_room import PLAN, Room, Watching, room_with, whole_test

from agent.demo.gb28181.habits import Habits
from agent.onsite.link.play import Eye
from agent.onsite.link.result import LinkResult, Step
from drivers.gb28181.sip import Sip, parse
from masking.model import WorkerError


def picture_of(
    habits: Habits, *, raises: Exception | None = None, error: WorkerError | None = None,
    before: Callable[[Room], None] = lambda room: None, transport: str = "UDP",
) -> tuple[Step, LinkResult, Room, Watching]:  # fmt: skip
    room = room_with(habits, transport=transport)
    before(room)
    watching = Watching(room, habits, raises, error)
    result = whole_test(room, PLAN, Eye(watching.open_port, watching.judge))
    step = result.step("picture")
    assert step is not None
    return step, result, room, watching


def methods(room: Room) -> list[str]:
    return [one.method for data in room.sent if (one := parse(data)).method and one.method != "MESSAGE"]


def requests(room: Room, method: str) -> list[Sip]:
    return [one for data in room.sent if (one := parse(data)).method == method]
