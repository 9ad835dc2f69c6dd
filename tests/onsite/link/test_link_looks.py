"""Each camera of the site file is called by itself, and masks get two pictures of one call that lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from link_room import PLAN, Port, Room, Watching, room_with, whole_test

from agent.demo.gb28181.habits import Habits
from agent.model.finding import Message
from agent.onsite.link.play import AGAIN_WITHIN_S, Eye, MediaPort
from agent.onsite.link.result import LinkResult, Step
from agent.onsite.masks_look.platform_pictures import SECOND_AFTER_S, KeyPicture
from drivers.errors import Malformed
from drivers.gb28181.invitation import Way
from drivers.gb28181.sip import parse
from drivers.rtsp.rtp import Packet


@dataclass
class Fresh(Port):
    """A port to which another picture comes each time: within a slice other bytes, as of another moment."""

    turns: int = 0

    def packets(self) -> list[Packet]:
        self.turns += 1
        changed = bytes((17 + self.turns % 200,))
        return [replace(one, payload=one.payload[:-9] + changed + one.payload[-8:]) for one in super().packets()]


@dataclass
class Breaks(Port):
    """A port to which something else than a picture comes after the first."""

    def packets(self) -> list[Packet]:
        if self.came_bytes:
            raise Malformed("no RTP")
        return super().packets()


@dataclass
class Judging:
    """What judges masks: it keeps what it was given."""

    came: list[Sequence[KeyPicture]] = field(default_factory=list)

    def __call__(self, pictures: Sequence[KeyPicture]) -> Step:
        self.came.append(pictures)
        return Step(name="masks", status="seen", what=Message("hidden"))


def masks_in(kind: type[Port]) -> tuple[Sequence[KeyPicture], LinkResult, Room]:
    """Return the pictures of one call to which a port of this kind belongs."""
    room, judging = room_with(Habits()), Judging()

    @contextmanager
    def open_port(way: Way) -> Iterator[MediaPort]:
        yield kind(room, Habits())

    eye = Eye(open_port, Watching(room, Habits()).judge, masks=lambda code: judging)
    result = whole_test(room, PLAN, eye)
    (pictures,) = judging.came
    return pictures, result, room


def calls(room: Room) -> list[str]:
    return [one.method for data in room.sent if (one := parse(data)).method in ("INVITE", "ACK", "BYE")]


def test_each_camera_of_the_site_file_is_called_one_after_the_other() -> None:
    codes = ("14021300001320000001", "14021300001320000002")
    room = room_with(Habits())
    watching = Watching(room, Habits())
    plan = replace(PLAN, cameras=(*codes, "14021300001320000099"))
    result = whole_test(room, plan, Eye(watching.open_port, watching.judge))
    pictures = [one for one in result.steps if one.name == "picture"]
    assert [one.evidence["camera"] for one in pictures] == list(codes)
    assert calls(room) == ["INVITE", "ACK", "BYE"] * 2, "one call is over before the next begins"
    assert result.outcome == "played"


def test_masks_are_judged_in_two_different_pictures_of_one_call_that_lie_apart() -> None:
    (first, last), result, room = masks_in(Fresh)
    assert [one.name for one in result.steps].count("masks") == 1
    assert first.data != last.data and last.after_s - first.after_s >= SECOND_AFTER_S
    assert calls(room) == ["INVITE", "ACK", "BYE"], "one call for both"


def test_a_device_that_sends_one_picture_again_and_again_ends_within_its_time() -> None:
    (first, last), _, room = masks_in(Port)
    assert first.data == last.data and calls(room)[-1] == "BYE"
    assert SECOND_AFTER_S <= last.after_s - first.after_s <= AGAIN_WITHIN_S


def test_a_stream_that_breaks_after_its_first_picture_still_gives_that_one() -> None:
    pictures, result, room = masks_in(Breaks)
    step = result.step("picture")
    assert step is not None and (step.status, len(pictures)) == ("seen", 1)
    assert calls(room)[-1] == "BYE"
