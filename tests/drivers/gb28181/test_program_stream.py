"""The first whole keyframe comes out of a program stream of any make, and nothing that is broken passes for one."""

from __future__ import annotations

import random
import re
import struct
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from streams import by_gstreamer

from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import CLIP, frames, pack_of, rtp_packets
from drivers.errors import Malformed, Unsupported
from drivers.gb28181.program_stream import MAX_PACK_BYTES, Demuxer, Kind, kind_of, nal_units, read_pack
from drivers.rtsp.rtp import Frame, Packet, parse_packet
from masking.bitstream import h264, h265

MAX_PIXELS = 40_000_000
READ = {"h264": h264.read, "h265": h265.read}


def packets(habits: Habits = Habits()) -> list[Packet]:  # noqa: B008 - a frozen value
    return [one for data in rtp_packets(habits, 1) if (one := parse_packet(data)) is not None]


def of_packs(*packs: bytes, size: int = 1400) -> list[Packet]:
    """Return packs as the packets of a device, each with a time of its own, and one more pack that ends the last."""
    found: list[Packet] = []
    for at, pack in enumerate((*packs, b"\0\0\1\xba")):
        for start in range(0, len(pack), size):
            found.append(Packet(96, False, len(found) & 0xFFFF, at * 3600, pack[start : start + size]))
    return found


def keyframe(came: list[Packet]) -> tuple[Kind, Frame] | None:
    demuxer = Demuxer()
    return next((found for one in came if (found := demuxer.push(one)) is not None), None)


def units_of_key() -> list[bytes]:
    return list(nal_units(frames()[0]))


@pytest.mark.parametrize("habits", [Habits(), Habits(tells_codec=False), Habits(program_stream=False)])
def test_a_keyframe_comes_whole_and_is_what_the_reader_of_bitstreams_takes(habits: Habits) -> None:
    found = keyframe(packets(habits))
    assert found is not None
    kind, frame = found
    assert kind == "h264"
    assert list(nal_units(frame.data)) == [one for one in units_of_key() if one[0] & 0x1F in (5, 7, 8)]
    assert (h264.read(frame.data, MAX_PIXELS).width_px, h264.read(frame.data, MAX_PIXELS).height_px) == (320, 180)


def by_pictures(whole: bytes) -> list[bytes]:
    """Cut a stream at its packs, and join those of one picture: they have one time in RTP."""
    starts = [at for at in range(len(whole)) if whole.startswith(b"\0\0\1\xba", at)]
    joined: list[bytes] = []
    for piece in (whole[a:b] for a, b in pairwise((*starts, len(whole)))):
        video = re.search(rb"\x00\x00\x01[\xe0-\xef]", piece)
        if not joined or (video is not None and piece[video.start() + 7] & 0x80):
            joined.append(piece)
        else:
            joined[-1] += piece
    return joined


@pytest.mark.parametrize(("codec", "kind"), [("libx264", "h264"), ("libx265", "h265")])
@pytest.mark.parametrize("form", ["mpeg", "vob"])
def test_program_streams_of_ffmpeg_are_read(codec: str, kind: Kind, form: str, tmp_path: Path) -> None:
    """Ffmpeg is a foreign maker: it writes no map, and another number for H.264."""
    made = tmp_path / "made.ps"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=25", "-frames:v", "40", "-g", "12",
         "-bf", "0", "-c:v", codec, "-f", form, made], check=True, timeout=120,
    )  # fmt: skip
    found = keyframe(of_packs(*by_pictures(made.read_bytes())))
    assert found is not None
    assert found[0] == kind
    picture = READ[kind](found[1].data, MAX_PIXELS)
    assert (picture.width_px, picture.height_px) == (640, 360)


def test_a_program_stream_of_gstreamer_is_read() -> None:
    """A second foreign maker, which writes a map, and takes no H.265."""
    encoder = "x264enc key-int-max=5 bframes=0 ! h264parse ! mpegpsmux"
    packs = by_pictures(by_gstreamer(encoder, "video/x-raw,width=640,height=360,framerate=25/1", 20))
    assert any(read_pack(one).told == {0x1B} for one in packs)
    demuxer = Demuxer()
    found = next((found for one in of_packs(*packs) if (found := demuxer.push(one)) is not None), None)
    assert found is not None
    assert (found[0], demuxer.quirks) == ("h264", set())
    picture = h264.read(found[1].data, MAX_PIXELS)
    assert (picture.width_px, picture.height_px) == (640, 360)


def test_the_codec_is_what_the_units_are_and_not_what_the_map_says() -> None:
    assert kind_of([b"\x40\x01\x0c", b"\x42\x01\x01"]) == "h265"
    assert kind_of([b"\x67\x42\x00"]) == kind_of([b"\x27\x42\x00"]) == "h264"
    assert kind_of([b"\x41\x9a\x00", b"\x41\x01\x00"]) is None, "slices of H.264, and no sets of H.265"
    assert kind_of([]) is None


def test_sets_in_packs_of_their_own_are_remembered() -> None:
    sets = [one for one in units_of_key() if one[0] & 0x1F in (7, 8)]
    slices = [one for one in units_of_key() if one[0] & 0x1F == 5]
    packs = [pack_of(b"\0\0\0\1" + one, Habits()) for one in (*sets, *slices)]
    found = keyframe(of_packs(*packs))
    assert found is not None
    assert h264.read(found[1].data, MAX_PIXELS).width_px == 320


def test_a_stream_that_begins_between_keyframes_gives_the_next_one() -> None:
    later = [pack_of(one, Habits()) for one in (*frames()[1:4], frames()[0])]
    assert keyframe(of_packs(*later)) == keyframe(of_packs(pack_of(frames()[0], Habits())))
    assert keyframe(of_packs(*later[:3])) is None


def test_a_lost_packet_makes_no_keyframe_and_the_next_one_counts() -> None:
    first = of_packs(pack_of(frames()[0], Habits()), size=400)
    for lost in range(1, len(first) - 1):
        assert keyframe([one for at, one in enumerate(first) if at != lost]) is None
    twice = of_packs(pack_of(frames()[0], Habits()), pack_of(frames()[1], Habits()), pack_of(frames()[0], Habits()))
    assert keyframe(twice[:1] + twice[2:]) is not None


def test_a_picture_of_many_parts_is_put_together() -> None:
    large = frames()[0] + b"\x80" * 200_000
    assert read_pack(pack_of(large, Habits())).video == large


def test_a_part_without_a_length_goes_to_the_end_of_its_pack() -> None:
    pack = b"\0\0\1\xba" + bytes(10) + b"\0\0\1\xe0\0\0\x80\x00\x00" + frames()[0]
    assert read_pack(pack).video == frames()[0]


def mended(habits: Habits) -> tuple[bytes, set[str]]:
    pack = read_pack(pack_of(frames()[0] + b"\x80" * 130_000, habits))
    return bytes(pack.video), pack.quirks


@pytest.mark.parametrize("off", [-1, 1])
def test_a_head_of_a_wrong_length_costs_no_byte(off: int) -> None:
    assert mended(Habits(head_bytes_off=off)) == (frames()[0] + b"\x80" * 130_000, {"other-head-length"})


@pytest.mark.parametrize("off", [-60_000, -300, -1, 1, 300, 5_000])
def test_a_part_of_a_wrong_length_goes_to_the_next_part(off: int) -> None:
    assert mended(Habits(part_bytes_off=off)) == (frames()[0] + b"\x80" * 130_000, {"other-part-length"})


def test_what_is_right_is_not_called_odd() -> None:
    assert mended(Habits()) == (frames()[0] + b"\x80" * 130_000, set())
    stuffed = b"\0\0\1\xe0" + struct.pack("!H", 10 + 4) + b"\x80\x80\x07" + bytes(5) + b"\xff\xff" + b"\0\0\1\x65"
    assert (read_pack(stuffed).video, read_pack(stuffed).quirks) == (b"\0\0\1\x65", set())


def test_two_streams_at_one_port_are_two() -> None:
    """A device may go on with an older call beside ours. Source: wvp-GB28181-pro#159."""
    mixed = [one for one in packets(Habits(old_stream=True)) if one.source]
    assert {one.source for one in mixed} == {1, 2}
    own = [one for one in mixed if one.source == 1]
    assert keyframe(mixed) is None
    assert keyframe(own) == keyframe(packets(Habits()))


def test_sound_and_private_parts_are_left_out() -> None:
    sound = b"\0\0\1\xc0" + struct.pack("!H", 8) + b"\x80\0\0\0\0\1\x67\x42"
    private = b"\0\0\1\xbd" + struct.pack("!H", 8) + b"\x80\0\0\0\0\1\x67\x42"
    pack = pack_of(frames()[0], Habits())
    assert read_pack(sound + private + pack + sound).video == frames()[0]


def test_svac_is_named_and_never_decoded() -> None:
    pack = pack_of(frames()[0], Habits()).replace(b"\x1b\xe0\0\0", b"\x80\xe0\0\0")
    with pytest.raises(Unsupported, match="SVAC"):
        keyframe(of_packs(pack))


def test_a_pack_without_end_is_refused() -> None:
    demuxer = Demuxer()
    with pytest.raises(Malformed):
        for number in range(MAX_PACK_BYTES // 60_000 + 2):
            demuxer.push(Packet(96, False, number & 0xFFFF, 7, b"\0\0\1\xba" + b"x" * 60_000))


@pytest.mark.parametrize(
    "pack",
    [
        b"",
        b"\0\0\1",
        b"\0\0\1\xba",
        b"\0\0\1\xe0",
        b"\0\0\1\xe0\xff\xff\x80\x80\xff",
        b"\0\0\1\xbc\xff\xff" + b"\xff" * 20,
        b"\0\0\1\xbc\0\x0e" + b"\xff" * 14,
        b"\0\0\1\xb9" * 100,
        b"\0" * 1000,
    ],
)
def test_broken_parts_are_no_picture(pack: bytes) -> None:
    assert keyframe(of_packs(pack, pack_of(frames()[1], Habits()))) is None


def test_broken_streams_are_read_or_refused_and_nothing_else() -> None:
    seeded = random.Random(28181)
    for _ in range(400):
        pack = bytearray(pack_of(seeded.choice(frames()[:3]), Habits(tells_codec=seeded.random() < 0.5)))
        for _ in range(seeded.randrange(1, 20)):
            at = seeded.randrange(min(len(pack), 200) if seeded.random() < 0.7 else len(pack))
            pack[at : at + seeded.randrange(4)] = seeded.randbytes(seeded.randrange(4))
        try:
            keyframe(of_packs(bytes(pack), size=seeded.randrange(1, 2000)))
        except (Malformed, Unsupported):
            continue


@pytest.mark.parametrize("piece", [b"\0\0\1", b"\0\0\1\xba", b"\0\0\1\xe0\0\1", b"\0\0\1\xbc\0\0", b"\0"])
def test_no_stream_takes_longer_than_its_length(piece: bytes) -> None:
    began = time.process_time()
    assert list(nal_units(bytes(read_pack(piece * (4_000_000 // len(piece))).video)))[:0] == []
    assert time.process_time() - began < 5.0


def test_the_clip_of_the_demo_is_there() -> None:
    assert CLIP.exists()
    assert len(frames()) > 4
