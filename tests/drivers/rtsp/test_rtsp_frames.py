"""Which packets make a picture: whole keyframes only, however they are packed, joined, mixed or cut.

The packets are ffmpeg's own, and ffmpeg decodes what comes out.
"""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from devices import PASSWORD, clock, device
from hypothesis import given
from hypothesis import strategies as st
from patience import LATE_S, PATIENCE_S
from rtsp_device import Clip, RtspAsked, RtspDevice, clip, decoded_frames, interleaved, rtsp, with_time

from drivers.credentials import Credentials
from drivers.errors import Malformed, Unreachable
from drivers.http.transport import open_transport
from drivers.rtsp.keyframe import Fetched, fetch_keyframe
from drivers.rtsp.rtp import MAX_KEYFRAME_BYTES, Assembler, Frame, Packet, parse_packet

KINDS = ["h264", "h265"]


def fetch(served: RtspDevice, deadline_s: float = 10.0) -> Fetched:
    with open_transport(device(served.port, PASSWORD), deadline_s, Credentials(None), clock) as transport:
        return fetch_keyframe(transport, served.url())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("skipped", [1, 2, 7, 20])
def test_joining_in_the_middle_waits_for_a_whole_keyframe(kind: str, skipped: int) -> None:
    whole = clip(kind)
    packets = whole.packets[skipped:] + whole.packets[:skipped]
    with RtspDevice(whole, packets=packets) as served:
        fetched = fetch(served)
    assert fetched.keyframe is not None, fetched.error
    assert decoded_frames(fetched.keyframe.data, kind) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_keyframe_that_lost_a_packet_is_never_given(kind: str) -> None:
    """Whichever packet of the first keyframe is lost: what comes out is the next one, and whole."""
    packets = [parse_packet(data) for data in clip(kind).packets]
    known = [packet for packet in packets if packet is not None]
    assert len(known) == len(packets)
    end = next(number for number, packet in enumerate(known) if packet.marker)
    second = _first_frame(kind, known[end + 1 :])
    assert second is not None and _first_frame(kind, known) is not None
    for lost in range(end + 1):
        frame = _first_frame(kind, known[:lost] + known[lost + 1 :])
        assert frame is not None and frame.data == second.data, f"packet {lost} of {end}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_may_end_by_the_next_timestamp_instead_of_a_marker(kind: str) -> None:
    packets = [parse_packet(data) for data in clip(kind).packets]
    plain = [packet for packet in packets if packet is not None]
    unmarked = [Packet(p.payload_type, False, p.sequence, p.timestamp, p.payload) for p in plain]
    frame, marked = _first_frame(kind, unmarked), _first_frame(kind, plain)
    assert frame is not None and marked is not None and frame.data == marked.data


def _first_frame(kind: str, packets: list[Packet]) -> Frame | None:
    assembler = Assembler(kind)  # type: ignore[arg-type]
    return next((frame for packet in packets if (frame := assembler.push(packet)) is not None), None)


def test_the_clips_exercise_every_way_of_packing() -> None:
    h264 = {data[12] & 0x1F for data in clip("h264").packets}
    h265 = {data[12] >> 1 & 0x3F for data in clip("h265").packets}
    assert {24, 28} <= h264 and h264 & set(range(1, 6)), "STAP-A, FU-A and single NAL units"
    assert {48, 49} <= h265, "AP and FU"


@given(st.lists(st.binary(max_size=64), max_size=30), st.sampled_from(KINDS))
def test_rubbish_packets_never_make_a_frame_or_an_unexpected_error(payloads: list[bytes], kind: str) -> None:
    assembler = Assembler(kind)  # type: ignore[arg-type]
    for number, payload in enumerate(payloads):
        parse_packet(payload)
        packet = parse_packet(struct.pack("!BBHII", 0x80, 96, number, 1, 1) + payload)
        if packet is not None:
            assert assembler.push(packet) is None


@pytest.mark.parametrize("packet_bytes", [160, 1400, 16_000], ids=["many fragments", "usual", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_keyframe_is_whole_however_small_its_fragments_are(kind: str, packet_bytes: int) -> None:
    whole = clip(kind, packet_bytes=packet_bytes)
    with RtspDevice(whole) as served:
        fetched = fetch(served)
    assert fetched.keyframe is not None, fetched.error
    assert decoded_frames(fetched.keyframe.data, kind) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_packet_of_the_keyframe_is_the_last_that_is_waited_for(kind: str) -> None:
    """Nothing follows the keyframe, as on a stream of one frame in many seconds; it is returned all the same."""
    whole = clip(kind)
    keyframe = b"".join(interleaved(data) for data in _first_picture(whole))
    play = _play_then(keyframe)
    with RtspDevice(whole, packets=(), answers={"PLAY": play}) as served:
        begun = time.monotonic()
        fetched = fetch(served, deadline_s=2 * LATE_S)
        assert time.monotonic() - begun < LATE_S
        assert served.torn_down.wait(PATIENCE_S)
    assert fetched.keyframe is not None and decoded_frames(fetched.keyframe.data, kind) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_cut_in_mid_keyframe_gives_no_picture(kind: str) -> None:
    """Wherever it is cut: between two packets, inside one, or one byte before the end."""
    whole = clip(kind)
    packets = [interleaved(data) for data in _first_picture(whole)]
    ends = list(itertools.accumulate(len(packet) for packet in packets))
    cuts = [0, *ends[:-1], *(end - 7 for end in ends), ends[-1] - 1]
    for cut in cuts:
        play = _play_then(b"".join(packets)[:cut])
        with RtspDevice(whole, answers={"PLAY": play}, hang_up_after="PLAY") as served:
            fetched = fetch(served)
        assert fetched.keyframe is None and isinstance(fetched.error, Unreachable), f"cut at {cut} of {ends[-1]}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_on_other_channels_is_ignored(kind: str) -> None:
    """RTCP, sound, and even a second video with the same payload type do not get into the picture."""
    whole = clip(kind)
    foreign = itertools.cycle((1, 2, 3, 77, 255))
    mixed = b""
    for data in _first_picture(whole):
        channel = next(foreign)
        goodbye = b"\x80\xcb\0\1" + data[8:12]
        mixed += interleaved(data[:12] + b"\x41" * 40, channel) + interleaved(goodbye, 1) + interleaved(data)
    with RtspDevice(whole, packets=(), answers={"PLAY": _play_then(mixed)}) as served:
        fetched = fetch(served)
    with RtspDevice(whole) as plain:
        expected = fetch(plain)
    assert fetched.keyframe is not None and expected.keyframe is not None
    assert fetched.keyframe.data == expected.keyframe.data


def _first_picture(of: Clip) -> tuple[bytes, ...]:
    end = next(number for number, data in enumerate(of.packets) if data[1] & 0x80)
    return of.packets[: end + 1]


def _play_then(data: bytes) -> Callable[[RtspAsked], bytes]:
    return lambda asked: rtsp(200, asked, "", "Session: 77") + data


def test_recorded_time_goes_on_after_the_year_2036() -> None:
    later = datetime(2040, 1, 1, tzinfo=UTC)
    packet = parse_packet(with_time(clip("h264").packets[0], later))
    assert packet is not None and packet.recorded_at == later


def test_an_endless_frame_is_cut_off() -> None:
    def packets() -> Iterator[bytes]:
        for number in range(MAX_KEYFRAME_BYTES // 60_000 + 2):
            yield struct.pack("!BBHII", 0x80, 96, number & 0xFFFF, 7, 7) + b"\x7c\x85" + b"\x88" * 60_000

    assembler = Assembler("h264")
    with pytest.raises(Malformed, match="larger"):
        for data in packets():
            packet = parse_packet(data)
            assert packet is not None
            assembler.push(packet)


def test_packets_before_the_answer_to_play_are_not_lost() -> None:
    whole: Clip = clip("h264")

    def play(asked: RtspAsked) -> bytes:
        return b"".join(interleaved(data) for data in whole.packets) + rtsp(200, asked, "", "Session: 77")

    with RtspDevice(whole, packets=(), answers={"PLAY": play}) as served:
        assert fetch(served).keyframe is not None
