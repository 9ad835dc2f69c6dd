"""What a stream delivers, counted from its packets: held against what ffprobe says of the same clip."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured_clips import MadeClip, made

from drivers.errors import Malformed
from drivers.picture import StreamSample
from drivers.rtsp.rtp import Packet, parse_packet
from drivers.rtsp.sdp import VideoKind, parse_sdp
from drivers.rtsp.stream_meter import STEP_MAX_S, Meter

H264 = ("h264", "704x576", "25", 4.0, ("-g", "25"))
CASES = {
    "H.264, 25 fps": H264,
    "H.264, 1080p with reordered pictures, variable bitrate": (
        "h264", "1920x1080", "25", 2.6, ("-bf", "2", "-g", "20", "-crf", "32"),
    ),
    "H.264, 12.5 fps, constant bitrate": (
        "h264", "640x360", "25/2", 4.0, ("-g", "25", "-b:v", "512k", "-maxrate", "512k", "-bufsize", "256k"),
    ),
    "H.265, 12.5 fps": ("h265", "1280x720", "25/2", 3.0, ("-g", "13")),
    "JPEG, 10 fps": ("mjpeg", "320x240", "10", 3.0, ()),
}  # fmt: skip
CODEC = {"h264": "H264", "h265": "H265", "mjpeg": "JPEG"}


def parsed(packets: Iterable[bytes]) -> Iterator[Packet]:
    for data in packets:
        packet = parse_packet(data)
        assert packet is not None
        yield packet


def measured(clip: MadeClip, packets: Iterable[bytes] | None = None, seconds: float = 2.0) -> StreamSample:
    video = parse_sdp(clip.sdp.encode())
    meter = Meter(video.kind, video.parameter_sets, seconds)
    for packet in parsed(clip.packets if packets is None else packets):
        meter.push(packet)
        if meter.done:
            return meter.result("main")
    raise AssertionError("the clip is too short")


def shifted(packets: Iterable[bytes], sequence: int = 0, timestamp: int = 0) -> list[bytes]:
    """Move the packets' numbers and times on, each round its own end."""
    moved = []
    for data in packets:
        _, _, number, time = struct.unpack_from("!BBHI", data)
        moved.append(
            data[:2] + struct.pack("!HI", (number + sequence) & 0xFFFF, (time + timestamp) & 0xFFFFFFFF) + data[8:]
        )
    return moved


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rate_size_bits_and_keyframes_are_those_of_the_clip(case: tuple[str, str, str, float, tuple[str, ...]]) -> None:
    clip, (kind, size, rate, _, _) = made(*case), case
    sample = measured(clip)
    above, _, below = rate.partition("/")
    fps = int(above) / int(below or "1")
    assert (sample.path, sample.codec, sample.packets_lost) == ("main", CODEC[kind], 0)
    assert f"{sample.width_px}x{sample.height_px}" == size
    # A picture may be told before one that is shown earlier: at the sample's end they are counted a little apart.
    reordered = 2 if "-bf" in case[4] else 0
    assert sample.fps == pytest.approx(fps, abs=reordered / sample.seconds + 1e-9)
    assert sample.seconds == pytest.approx(2.0, abs=(1.01 + reordered) / fps)
    # The first picture is not measured: it may have been joined in the middle. JPEG goes without its tables over RTP.
    own_bytes = sum(clip.sizes[1 : 1 + sample.frames])
    assert sample.bitrate_bps == pytest.approx(own_bytes * 8 / sample.seconds, rel=0.06 if kind == "mjpeg" else 0.03)
    keys = [number for number, key in enumerate(clip.keys[1 : 1 + sample.frames]) if key]
    apart_s = (keys[-1] - keys[0]) / (len(keys) - 1) / fps if len(keys) > 1 else None
    assert sample.keyframe_interval_s == (
        None if apart_s is None else pytest.approx(apart_s, abs=reordered / fps + 1e-9)
    )


def test_counts_that_begin_anew_change_nothing() -> None:
    clip = made(*H264)
    first, middle = clip.packets[0], clip.packets[len(clip.packets) // 4]
    sequence = 0x10000 - int.from_bytes(middle[2:4], "big")
    timestamp = 0x100000000 - int.from_bytes(first[4:8], "big") - 90_000
    assert measured(clip, shifted(clip.packets, sequence, timestamp)) == measured(clip)


@pytest.mark.parametrize("lost", [1, 3, 40])
def test_missing_packets_are_counted(lost: int) -> None:
    clip = made(*H264)
    from_here = len(clip.packets) // 4
    assert measured(clip, clip.packets[:from_here] + clip.packets[from_here + lost :]).packets_lost == lost


def test_packets_that_come_twice_or_late_are_not_missing() -> None:
    clip = made(*H264)
    middle = len(clip.packets) // 4
    twice = [*clip.packets[:middle], clip.packets[middle - 1], *clip.packets[middle:]]
    sample = measured(clip, twice)
    assert (sample.packets_lost, sample.frames) == (0, measured(clip).frames)


def test_pictures_that_are_lost_whole_lower_the_rate() -> None:
    """What is delivered is measured, not what the camera meant to send."""
    clip = made(*H264)
    times = sorted({int.from_bytes(data[4:8], "big") for data in clip.packets})
    gone = set(times[10:20])
    kept = [data for data in clip.packets if int.from_bytes(data[4:8], "big") not in gone]
    sample = measured(clip, kept)
    assert (sample.frames, sample.fps) == (measured(clip).frames - 10, pytest.approx(20.0))
    assert sample.packets_lost == len(clip.packets) - len(kept)


def test_parameter_sets_with_a_time_of_their_own_are_no_picture() -> None:
    """Some cameras send them a moment before the keyframe that they belong to."""
    clip = made(*H264)
    moved = []
    for data in clip.packets:
        packet = parse_packet(data)
        assert packet is not None
        sets = packet.payload[0] & 0x1F in (7, 8, 24)
        moved += shifted([data], timestamp=-900 if sets else 0)
    assert measured(clip, moved).frames == measured(clip).frames


def test_the_first_picture_joined_in_the_middle_is_not_measured() -> None:
    clip = made(*H264)
    assert measured(clip, clip.packets[1:]) == measured(clip)


def test_a_time_that_jumps_is_no_measurement() -> None:
    clip = made(*H264)
    middle = len(clip.packets) // 4
    for step_s in (STEP_MAX_S + 1, -STEP_MAX_S - 1, 3600 * 13):
        later = shifted(clip.packets[middle:], timestamp=round(step_s * 90_000))
        with pytest.raises(Malformed, match="jumps"):
            measured(clip, [*clip.packets[:middle], *later])


def test_a_jpeg_too_wide_for_its_header_has_no_size() -> None:
    clip = made("mjpeg", "320x240", "10", 3.0)
    wide = []
    for data in clip.packets:
        begins = data[13:16] == b"\0\0\0"
        wide.append(data[:18] + b"\0" + data[19:] if begins else data)
    sample = measured(clip, wide)
    assert (sample.width_px, sample.height_px) == (0, 0)
    assert sample.fps == pytest.approx(10.0)


PACKETS = st.lists(
    st.builds(
        Packet,
        st.just(96),
        st.booleans(),
        st.integers(0, 0xFFFF),
        st.one_of(st.integers(0, 0xFFFFFFFF), st.integers(0, 900_000)),
        st.binary(max_size=40),
    ),
    max_size=40,
)


@given(PACKETS, st.sampled_from(["h264", "h265", "jpeg"]))
def test_whatever_packets_hold_the_numbers_are_sane_or_the_stream_is_malformed(
    packets: list[Packet], kind: VideoKind
) -> None:
    meter = Meter(kind, (), 1.0)
    try:
        for packet in packets:
            meter.push(packet)
            if meter.done:
                break
    except Malformed:
        return
    if meter.done:
        sample = meter.result("sub")
        assert sample.seconds >= 1.0
        assert 0 <= sample.frames <= len(packets) and sample.bitrate_bps >= 0
        assert 0 <= sample.packets_lost <= 0x8000 * len(packets)
