"""A live picture is called for once, decoded, and hung up, whatever the device does, also where we are interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from link_room import PLAN, Room, room_with, whole_test

from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import rtp_packets
from agent.model import exits
from agent.model.finding import Message
from agent.onsite.link.pictures import SECOND_AFTER_S, KeyPicture
from agent.onsite.link.play import AGAIN_WITHIN_S, KEYFRAME_WITHIN_S, Eye, MediaPort
from agent.onsite.link.result import LinkResult, Step
from drivers.errors import Malformed, Unsupported
from drivers.gb28181.sip import Sip, parse
from drivers.gb28181.wire import Transport
from drivers.rtsp.rtp import Packet, parse_packet
from masking.model import Job, Judged, WorkerError


@dataclass
class Port:
    """The port of a picture in a room: it has what the device would send, once the device was called."""

    room: Room
    habits: Habits
    port: int = 30000
    came_bytes: int = 0
    raises: Exception | None = None
    fresh: bool = False
    breaks: bool = False
    asked: int = 0

    def packets(self) -> list[Packet]:
        assert self.room.device is not None
        if self.raises is not None:
            raise self.raises
        if self.room.device.media_to is None:
            return []
        if self.breaks and self.asked:
            raise Malformed("no RTP")
        found = [one for data in rtp_packets(self.habits, 1) if (one := parse_packet(data)) is not None]
        if self.fresh:  # within a slice another byte each time, as in a picture of another moment
            changed = bytes((17 + self.asked % 200,))
            found = [replace(one, payload=one.payload[:-9] + changed + one.payload[-8:]) for one in found]
        self.asked += 1
        self.came_bytes += sum(len(one.payload) for one in found)
        return found


@dataclass
class Watching:
    """An eye in a room: the ports it opened, and the jobs it was given."""

    room: Room
    habits: Habits
    raises: Exception | None = None
    error: WorkerError | None = None
    fresh: bool = False
    breaks: bool = False
    opened: list[Transport] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    @contextmanager
    def open_port(self, transport: Transport) -> Iterator[MediaPort]:
        self.opened.append(transport)
        yield Port(self.room, self.habits, raises=self.raises, fresh=self.fresh, breaks=self.breaks)

    def eye(self) -> Eye:
        return Eye(self.open_port, self.judge)

    def judge(self, job: Job) -> Judged:
        self.jobs.append(job)
        if self.error is not None:
            raise self.error
        return Judged(320, 180, 100.0, 40.0)


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


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_picture_is_called_for_decoded_and_hung_up(transport: str) -> None:
    step, result, room, watching = picture_of(Habits(), transport=transport)
    assert (step.status, step.reason, result.outcome, result.exit_code) == ("seen", "", "played", exits.OK)
    assert methods(room) == ["INVITE", "ACK", "BYE"]
    assert watching.opened == ["TCP"], "the device connects to us first"
    assert [(one.kind, one.camera) for one in watching.jobs] == [("h264", "14021300001320000001")]


def test_the_requests_of_a_call_belong_together() -> None:
    _, _, room, _ = picture_of(Habits())
    invite, ack, bye = (requests(room, one)[0] for one in ("INVITE", "ACK", "BYE"))
    assert {one.header("call-id") for one in (invite, ack, bye)} == {invite.header("call-id")}
    assert (ack.cseq[0], bye.cseq[0]) == (invite.cseq[0], invite.cseq[0] + 1)
    assert ack.header("to").endswith(";tag=d") and bye.header("to").endswith(";tag=d")
    assert invite.header("contact") and invite.header("subject")
    assert len({one.transaction[0] for one in (invite, ack, bye)}) == 3


def test_without_being_asked_for_no_picture_is() -> None:
    room = room_with(Habits())
    result = whole_test(room)
    assert (result.step("picture"), result.outcome, methods(room)) == (None, None, [])


def test_a_device_without_media_over_tcp_is_called_over_udp() -> None:
    step, _, room, watching = picture_of(Habits(over=frozenset({"UDP"})))
    assert (step.status, step.evidence["transport"]) == ("seen", "UDP")
    assert watching.opened == ["TCP", "UDP"]
    assert methods(room) == ["INVITE", "ACK", "INVITE", "ACK", "BYE"]
    first = requests(room, "INVITE")[0].transaction[0]
    assert requests(room, "ACK")[0].transaction[0] == first, "the ACK to a refusal is of the same transaction"


@pytest.mark.parametrize(
    ("habits", "reason"),
    [
        (Habits(call_status=486), "busy"),
        (Habits(call_status=403), "refused"),
        (Habits(over=frozenset()), "no-transport"),
    ],
)
def test_a_refused_call_is_unknown_and_proves_nothing(habits: Habits, reason: str) -> None:
    step, result, room, _ = picture_of(habits)
    assert (step.status, step.reason, result.outcome) == ("unknown", reason, None)
    assert "BYE" not in methods(room)


def test_a_call_without_any_picture_fails_and_each_is_hung_up() -> None:
    step, result, room, watching = picture_of(Habits(sends_media=False))
    assert (step.status, step.reason, result.outcome) == ("failed", "no-media", "no-picture")
    assert watching.opened == ["TCP", "UDP"]
    assert methods(room) == ["INVITE", "ACK", "BYE"] * 2


@pytest.mark.parametrize(
    ("raises", "status", "reason"),
    [(Unsupported("SVAC"), "unknown", "svac"), (Malformed("no RTP"), "failed", "no-rtp")],
)
def test_what_is_no_picture_is_named_and_hung_up(raises: Exception, status: str, reason: str) -> None:
    step, _, room, _ = picture_of(Habits(), raises=raises)
    assert (step.status, step.reason) == (status, reason)
    assert methods(room) == ["INVITE", "ACK", "BYE"]


@pytest.mark.parametrize(
    ("why", "status", "outcome"),
    [("undecodable", "failed", "no-picture"), ("worker-not-confined", "unknown", None), ("timeout", "unknown", None)],
)
def test_only_a_picture_that_cannot_be_one_fails(why: str, status: str, outcome: str | None) -> None:
    """What our own worker could not do says nothing of the device."""
    step, result, _, _ = picture_of(Habits(), error=WorkerError(why))
    assert (step.status, step.reason, result.outcome) == (status, why, outcome)


def test_an_interrupted_person_hangs_up_too() -> None:
    room = room_with(Habits())
    watching = Watching(room, Habits(), raises=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        whole_test(room, PLAN, Eye(watching.open_port, watching.judge))
    assert methods(room) == ["INVITE", "ACK", "BYE"]


def test_a_device_that_does_not_answer_the_end_is_asked_again_and_named() -> None:
    step, result, room, _ = picture_of(Habits(answers_bye=False))
    assert (step.status, step.evidence["hung_up"]) == ("seen", False)
    assert "bye-unanswered" in result.quirks
    assert methods(room).count("BYE") == 4


def test_a_call_that_is_taken_after_we_gave_up_is_acknowledged_and_hung_up() -> None:
    def late(room: Room) -> None:
        device = room.device
        assert device is not None
        answered = device.take

        def take(data: bytes, now_s: float) -> list[bytes]:
            said = answered(data, now_s)
            if data.startswith(b"INVITE"):
                device.later += [(now_s + 60.0, one) for one in said]
                return []
            return said

        device.take = take  # type: ignore[method-assign]

    step, _, room, _ = picture_of(Habits(), before=late)
    assert (step.status, step.reason) == ("unknown", "no-answer")
    assert {"ACK", "BYE"} <= set(methods(room))
    assert room.device is not None
    assert room.device.media_to is None, "nothing is sent to us any more"


def test_an_answer_that_comes_again_is_acknowledged_again() -> None:
    def twice(room: Room) -> None:
        device = room.device
        assert device is not None
        answered = device.take
        device.take = lambda data, now_s: answered(data, now_s) * (2 if data.startswith(b"INVITE") else 1)  # type: ignore[method-assign]

    _, _, room, _ = picture_of(Habits(), before=twice)
    assert methods(room).count("ACK") == 2
    assert methods(room).count("BYE") == 1


def test_each_camera_of_the_site_file_is_called_one_after_the_other() -> None:
    codes = ("14021300001320000001", "14021300001320000002")
    room = room_with(Habits())
    watching = Watching(room, Habits())
    result = whole_test(room, replace(PLAN, cameras=(*codes, "14021300001320000099")), watching.eye())
    pictures = [one for one in result.steps if one.name == "picture"]
    assert [one.evidence["camera"] for one in pictures] == list(codes)
    assert methods(room) == ["INVITE", "ACK", "BYE"] * 2, "one call is over before the next begins"


def test_masks_are_judged_in_two_different_pictures_of_one_call_that_lie_apart() -> None:
    room = room_with(Habits())
    came: list[Sequence[KeyPicture]] = []

    def judge(pictures: Sequence[KeyPicture]) -> Step:
        came.append(pictures)
        return Step(name="masks", status="seen", what=Message("hidden"))

    watching = Watching(room, Habits(), fresh=True)
    result = whole_test(room, PLAN, replace(watching.eye(), masks=lambda code: judge))
    assert [one.name for one in result.steps].count("masks") == 1
    ((first, last),) = came
    assert first.data != last.data and last.after_s - first.after_s >= SECOND_AFTER_S
    assert methods(room) == ["INVITE", "ACK", "BYE"], "one call for both"


def test_a_device_that_sends_one_picture_again_and_again_gives_one_look_within_its_time() -> None:
    room = room_with(Habits())
    came: list[Sequence[KeyPicture]] = []

    def judge(pictures: Sequence[KeyPicture]) -> Step:
        came.append(pictures)
        return Step(name="masks", status="unknown", what=Message("stands still"), reason="same-picture")

    whole_test(room, PLAN, replace(Watching(room, Habits()).eye(), masks=lambda code: judge))
    ((first, last),) = came
    assert first.data == last.data
    assert last.after_s - first.after_s <= AGAIN_WITHIN_S + 1.0


def test_a_stream_that_breaks_after_its_first_picture_still_gives_that_one() -> None:
    room = room_with(Habits())
    came: list[Sequence[KeyPicture]] = []

    def judge(pictures: Sequence[KeyPicture]) -> Step:
        came.append(pictures)
        return Step(name="masks", status="seen", what=Message("hidden"))

    watching = Watching(room, Habits(), breaks=True)
    result = whole_test(room, PLAN, replace(watching.eye(), masks=lambda code: judge))
    step = result.step("picture")
    assert step is not None and step.status == "seen"
    assert [len(one) for one in came] == [1]


def test_a_stream_without_a_whole_key_picture_is_unknown_after_its_time() -> None:
    class NoKey(Port):
        def packets(self) -> list[Packet]:
            self.came_bytes += 1
            return []

    room = room_with(Habits())
    began: list[float] = []

    @contextmanager
    def open_port(transport: Transport) -> Iterator[MediaPort]:
        began.append(room.now_s)
        yield NoKey(room, Habits())
        began.append(room.now_s)

    result = whole_test(room, PLAN, Eye(open_port, lambda job: Judged(1, 1, 0.0, 0.0)))
    step = result.step("picture")
    assert step is not None
    assert (step.status, step.reason) == ("unknown", "no-keyframe")
    assert began[1] - began[0] == pytest.approx(KEYFRAME_WITHIN_S, abs=1.0)
