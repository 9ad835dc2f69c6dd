"""A live picture is called for once, decoded, and hung up, whatever the device does, also where we are interrupted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from link_room import BEGAN, PLAN, Port, Room, Watching, room_with, whole_test

from agent.demo.gb28181.bodies import media_end
from agent.demo.gb28181.habits import Habits
from agent.model import exits
from agent.onsite.link.plan import LASTS_S
from agent.onsite.link.play import KEYFRAME_WITHIN_S, SOURCES_MAX, WAYS, Eye, MediaPort, Sources
from agent.onsite.link.result import LinkResult, Step
from drivers.errors import Malformed, Unsupported
from drivers.gb28181.invitation import Way
from drivers.gb28181.sip import Sip, parse
from drivers.rtsp.rtp import Packet
from masking.model import Judged, WorkerError


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


def test_a_stream_without_a_whole_key_picture_is_unknown_after_its_time() -> None:
    class NoKey(Port):
        def packets(self) -> list[Packet]:
            self.came_bytes += 1
            return []

    room = room_with(Habits())
    began: list[float] = []

    @contextmanager
    def open_port(way: Way) -> Iterator[MediaPort]:
        began.append(room.now_s)
        yield NoKey(room, Habits())
        began.append(room.now_s)

    result = whole_test(room, PLAN, Eye(open_port, lambda job: Judged(1, 1, 0.0, 0.0)))
    step = result.step("picture")
    assert step is not None
    assert (step.status, step.reason) == ("unknown", "no-keyframe")
    assert began[1] - began[0] == pytest.approx(KEYFRAME_WITHIN_S, abs=1.0)


def with_playback(habits: Habits, before: Callable[[Room], None] = lambda room: None) -> tuple[LinkResult, Room]:
    room = room_with(habits)
    before(room)
    watching = Watching(room, habits)
    return whole_test(room, PLAN, Eye(watching.open_port, watching.judge, plays_back=True)), room


def changed(room: Room, old: bytes, new: bytes) -> None:
    """Have the device of a room write something else into its answers."""
    device = room.device
    assert device is not None
    ticked = device.tick

    def tick(now_s: float) -> list[bytes]:
        said = []
        for one in ticked(now_s):
            head, _, body = one.partition(b"\r\n\r\n")
            body = re.sub(old, new, body)
            said.append(re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body)
        return said

    device.tick = tick  # type: ignore[method-assign]


def test_an_hour_of_the_oldest_listed_day_is_played_and_its_time_is_the_devices_word() -> None:
    result, room = with_playback(Habits())
    step = result.step("playback")
    assert step is not None
    assert (step.status, result.exit_code) == ("seen", exits.OK)
    assert "its own word" in str(step.what) or "device's own word" in str(step.what)
    assert methods(room) == ["INVITE", "ACK", "BYE"] * 2, "one call after the other"
    live, history = requests(room, "INVITE")
    assert (b"s=Play\r\n" in live.body, b"s=Playback\r\n" in history.body) == (True, True)
    span = re.search(rb"t=(\d+) (\d+)", history.body)
    assert span is not None
    start, end = int(span[1]), int(span[2])
    began = BEGAN.timestamp()
    assert end - start == 3600
    assert began - 30 * 86400 <= start < began - 29 * 86400 + 5, "thirty days ago, in seconds of 1970"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"<StartTime>\d{4}", b"<StartTime>0001"),
        (rb"<EndTime>\d{4}", b"<EndTime>9999"),
        (rb"<EndTime>[^<]*<", b"<EndTime>9999-99-99T99:99:99<"),
        (rb"<StartTime>[^<]*<", b"<StartTime><"),
        (rb"<EndTime>\d{4}", b"<EndTime>1970"),
    ],
)
def test_footage_of_other_times_than_were_asked_for_is_not_asked_for(old: bytes, new: bytes) -> None:
    """A device that lies about its footage gets a call for what was asked for, or none."""
    result, room = with_playback(Habits(), lambda room: changed(room, old, new))
    step = result.step("playback")
    assert step is not None
    calls = requests(room, "INVITE")
    if step.reason == "no-times":
        assert (step.status, len(calls)) == ("unknown", 1)
        return
    span = re.search(rb"t=(\d+) (\d+)", calls[1].body)
    assert span is not None
    assert BEGAN.timestamp() - 31 * 86400 <= int(span[1]) < int(span[2]) <= BEGAN.timestamp()
    assert int(span[2]) - int(span[1]) <= 3600


def test_without_footage_none_is_played() -> None:
    result, room = with_playback(Habits(record_days=0))
    assert result.step("playback") is None
    assert methods(room) == ["INVITE", "ACK", "BYE"]


def test_we_connect_to_the_device_only_where_a_person_asked_for_it() -> None:
    habits = Habits(over=frozenset({"TCP"}))
    for ways, opened in ((WAYS, ["TCP", "UDP"]), ((*WAYS, "TCP-active"), ["TCP", "UDP", "TCP-active"])):
        room = room_with(habits)
        watching = Watching(room, habits, sends_over=frozenset({"TCP-active"}))
        result = whole_test(room, PLAN, Eye(watching.open_port, watching.judge, ways))
        step = result.step("picture")
        assert step is not None
        assert watching.opened == opened
        assert (step.status, step.reason) == (("seen", "") if "TCP-active" in ways else ("unknown", "no-transport"))
    assert [one.connected_to for one in watching.ports] == [0, 0, 30000], "the port that the device named"


def test_a_call_that_the_device_ends_is_not_ended_by_us_too() -> None:
    step, result, room, _ = picture_of(Habits(ends_calls=True))
    assert (step.status, step.reason, result.outcome) == ("unknown", "ended", None)
    assert methods(room) == ["INVITE", "ACK"]
    assert step.evidence["hung_up"] is True


def test_a_bye_of_another_call_ends_nothing() -> None:
    def other(room: Room) -> None:
        device = room.device
        assert device is not None
        answered = device.take

        def take(data: bytes, now_s: float) -> list[bytes]:
            said = answered(data, now_s)
            if data.startswith(b"ACK"):
                bye = next(one for _, one in device.later if one.startswith(b"BYE"))
                device.later = [(now_s, re.sub(rb"Call-ID: [^\r]*", b"Call-ID: another", bye))]
                device.media_to = "TCP", 30000
            return said

        device.take = take  # type: ignore[method-assign]

    step, result, _, _ = picture_of(Habits(ends_calls=True, key_after_s=5.0), before=other)
    assert (step.status, result.quirks) == ("seen", ())


def test_footage_that_is_over_before_a_picture_came_is_not_waited_for() -> None:
    habits = Habits(key_after_s=1000.0, media_ends_from="34020000002000000001")
    room = room_with(habits)
    watching = Watching(room, habits)
    result = whole_test(room, PLAN, Eye(watching.open_port, watching.judge))
    step = result.step("picture")
    assert step is not None
    assert (step.status, step.reason) == ("unknown", "no-keyframe")
    assert step.evidence["after_s"] == pytest.approx(60.0, abs=1.0)


def test_a_call_through_proxies_stays_on_their_way() -> None:
    """Source: RFC 3261 sections 12.1.2 and 12.2.1.1: the route is the recorded one, turned round."""

    def proxied(room: Room) -> None:
        device = room.device
        assert device is not None
        answered = device.take

        def take(data: bytes, now_s: float) -> list[bytes]:
            hops = b"Record-Route: <sip:192.0.2.7;lr>, <sip:192.0.2.8;lr;x=1>\r\nContent-Length"
            return [one.replace(b"Content-Length", hops) for one in answered(data, now_s)]

        device.take = take  # type: ignore[method-assign]

    _, _, room, _ = picture_of(Habits(), before=proxied)
    for method in ("ACK", "BYE"):
        sent = requests(room, method)[0]
        assert sent.every("route") == ("<sip:192.0.2.8;lr;x=1>", "<sip:192.0.2.7;lr>")
        assert sent.uri == "sip:14021300001320000001@192.0.2.64:5060", "the device itself, as it named itself"


@pytest.mark.parametrize(
    "body", [b"", b"v=0\r\n", b"m=video 99999 RTP/AVP 96\r\n", b"m=video 0 RTP/AVP 96\r\n", b"x" * 20_000]
)
def test_a_device_that_names_no_port_is_not_connected_to(body: bytes) -> None:
    def answers(room: Room) -> None:
        device = room.device
        assert device is not None
        device._take_call = lambda request: device._reply(request, 200, "OK", body)  # type: ignore[method-assign]

    room = room_with(Habits())
    answers(room)
    watching = Watching(room, Habits())
    result = whole_test(room, PLAN, Eye(watching.open_port, watching.judge, ("TCP-active",)))
    step = result.step("picture")
    assert step is not None
    assert (step.status, step.reason) == ("unknown", "no-port")
    assert [one.connected_to for one in watching.ports] == [0]
    assert methods(room) == ["INVITE", "ACK", "BYE"]


def test_no_more_than_some_streams_at_one_port_are_read() -> None:
    sources = Sources({})
    for number in range(10_000):
        sources.push(Packet(96, False, 1, 0, b"\0\0\1\xba" + bytes(1000), None, number))
    assert len(sources.demuxers) == SOURCES_MAX


def test_words_that_a_picture_is_over_cost_nothing_and_end_no_test() -> None:
    """A device repeats them without end, for a call that never was."""
    room = room_with(Habits())
    device = room.device
    assert device is not None
    for number in range(3000):
        body = media_end(PLAN.device_id, number, Habits())
        device.later.append((number / 1000, device._message(body)))
    result = whole_test(room)
    assert result.exit_code == exits.OK


def test_a_device_that_leaves_at_each_query_is_waited_for_and_ends_in_the_time_of_the_test() -> None:
    room = room_with(Habits())
    device = room.device
    assert device is not None
    answered = device.take

    def take(data: bytes, now_s: float) -> list[bytes]:
        if data.startswith(b"MESSAGE"):
            return device._restart(now_s)
        return answered(data, now_s)

    device.take = take  # type: ignore[method-assign]
    result = whole_test(room)
    assert room.now_s <= LASTS_S
    assert "leaves-and-returns" in result.quirks
    assert {one.reason for one in result.steps if one.name in ("catalog", "device-info")} == {"no-answer"}
