"""What the reader of containers takes has an end everywhere: sets, units, tables, fragments, pictures."""

from __future__ import annotations

import pytest
from boxes_made import KEY, OTHER, SETS, Shape, avcc, box, entry, initial, plain, prefixed, traf, trun
from elements_made import cluster, file, simple, track
from packets_made import TABLE, VIDEO, Mux, pat, pes, pmt, section, stream
from segments_made import FOLDER, annex_b, ffmpeg, taken

from drivers.stores.container import UnreadableError
from drivers.stores.samples.boxed import ENTRIES_MAX, TRACKS_MAX
from drivers.stores.samples.fragments import FRAGMENT_MAX_BYTES, FRAGMENTS_MAX_BYTES
from drivers.stores.samples.tables import SECTION_MAX_BYTES, Sections
from drivers.stores.samples.units import SAMPLE_MAX_BYTES, SET_MAX_BYTES, SETS_MAX, Pictures, begins_access_unit

AUD = b"\x09\xf0"
FIRST, NEXT = prefixed(KEY), prefixed(OTHER)
UNIT, BETWEEN = annex_b(AUD, *SETS, KEY), annex_b(AUD, OTHER)
TAKEN = annex_b(*SETS, KEY)


def refused(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        taken(data)


def described(*sets: bytes) -> bytes:
    return plain((FIRST,), Shape(entries=(entry(b"avc1", box(b"avcC", avcc(sets))),)))


def test_a_parameter_set_has_a_longest_length() -> None:
    assert taken(described(SETS[0].ljust(SET_MAX_BYTES, b"x"), SETS[1])).kind == "h264"
    refused(described(SETS[0].ljust(SET_MAX_BYTES + 1, b"x"), SETS[1]), "too large to be one")


def test_so_many_parameter_sets_are_kept_and_no_more() -> None:
    many = [SETS[1] + bytes((number, 1)) for number in range(1, SETS_MAX)]
    assert taken(described(SETS[0], *many)).kind == "h264"
    refused(described(SETS[0], *many, b"\x68\xff"), "too many parameter sets")


def test_a_set_that_comes_again_is_kept_once_and_last() -> None:
    other = b"\x67\x42\x00\x0a\xf9"
    pictures = Pictures("h264", SETS)
    assert pictures.take((other, OTHER)) is None
    sample = pictures.take((SETS[0], KEY))
    assert sample is not None and sample.data == annex_b(SETS[1], other, SETS[0], KEY)


def test_a_key_slice_that_is_not_the_first_of_its_picture_begins_none() -> None:
    """It is what is left where a picture lost its beginning: half a picture would be decoded."""
    assert taken(plain((prefixed(b"\x65\x08the second half"), FIRST))).data == TAKEN
    refused(plain((prefixed(b"\x65\x08the second half"),)), "no whole key picture")


def test_what_follows_a_lost_beginning_begins_no_access_unit() -> None:
    assert begins_access_unit("h264", b"\0\0" + BETWEEN)
    for data in (
        b"",
        b"\0\0\0",
        b"\0\0\1",
        b"the rest" + BETWEEN,
        b"\x80" + UNIT,
        annex_b(b"\x65\x08"),
        annex_b(b"\x0c\xff"),
    ):
        assert not begins_access_unit("h264", data), data
    for first, begins in ((b"\x40\x01", True), (b"\x46\x01", True), (b"\x50\x01", False), (b"\x26\x01\x80", True),
                          (b"\x26\x01\x40", False), (b"\x02\x01\x80", True)):  # fmt: skip
        assert begins_access_unit("h265", annex_b(first)) is begins, first


def test_a_picture_of_a_stream_has_a_largest_size() -> None:
    large = b"\x65\x88" + b"x" * SAMPLE_MAX_BYTES
    after = (BETWEEN, UNIT, BETWEEN)
    assert taken(b"".join(stream((annex_b(AUD, *SETS, large), *after)))).data == TAKEN
    half = len(large) // 2
    split = (annex_b(AUD, *SETS, large[:half]), large[half:], *after)
    assert taken(b"".join(stream(split))).data == TAKEN


def test_a_table_whose_sum_is_wrong_names_nothing() -> None:
    mux = Mux()
    packets = mux.packets(0, b"\0" + pat(TABLE))
    damaged = bytearray(mux.packets(TABLE, b"\0" + pmt((0x1B, VIDEO)))[0])
    damaged[-7] ^= 1
    media = [packet for unit in (UNIT, BETWEEN) for packet in mux.packets(VIDEO, pes(unit))]
    refused(b"".join([*packets, bytes(damaged), *media]), "no table in it names its video")


def test_a_table_that_is_not_in_force_yet_names_nothing() -> None:
    mux = Mux()
    packets = mux.packets(0, b"\0" + pat(TABLE)) + mux.packets(TABLE, b"\0" + pmt((0x02, VIDEO), current=0))
    packets += mux.packets(TABLE, b"\0" + pmt((0x1B, VIDEO)))
    packets += [packet for unit in (UNIT, BETWEEN) for packet in mux.packets(VIDEO, pes(unit))]
    assert taken(b"".join(packets)).data == TAKEN


def test_a_section_has_a_longest_length() -> None:
    for body, count in ((SECTION_MAX_BYTES - 12, 1), (SECTION_MAX_BYTES - 11, 0)):
        assert len(list(Sections().push(b"\0" + section(2, bytes(body)), True))) == count


def test_fragments_have_a_largest_size_each_and_together() -> None:
    padded = box(b"moof", traf(1, 0x20000, b"", trun(0, 0)), box(b"free", bytes(FRAGMENT_MAX_BYTES - 100)))
    size = 8 + len(traf(1, 0x20000, b"", trun(0x201, 1, 0, 0))) + 8
    last = box(b"moof", traf(1, 0x20000, b"", trun(0x201, 1, size, len(FIRST)))) + box(b"mdat", FIRST)
    fit = FRAGMENTS_MAX_BYTES // len(padded)
    assert taken(initial() + padded * fit + last).data == TAKEN
    refused(initial() + padded * (fit + 1) + last, "too large to be that")
    larger = box(b"moof", box(b"free", bytes(FRAGMENT_MAX_BYTES)))
    refused(initial() + larger + last, "too large to be that")


def test_so_many_descriptions_and_tracks_are_looked_at() -> None:
    foreign = entry(b"jpeg", bytes(8))
    most = Shape(entries=(*[foreign] * (ENTRIES_MAX - 1), entry()), descriptions=(ENTRIES_MAX,))
    assert taken(plain((FIRST,), most)).data == TAKEN
    more = Shape(entries=(*[foreign] * ENTRIES_MAX, entry()), descriptions=(ENTRIES_MAX + 1,))
    refused(plain((FIRST,), more), "in too many ways")
    sound = plain((), Shape(handler=b"soun"))
    sound = sound[sound.index(b"trak") - 4 :]
    assert taken(plain((FIRST,), before=sound * (TRACKS_MAX - 1))).data == TAKEN
    refused(plain((FIRST,), before=sound * TRACKS_MAX), "no video")


def test_a_parameter_set_that_holds_another_file_is_refused_in_each_container() -> None:
    """So a file within a file was once decoded: sizes of its boxes look like start codes, which no unit may hold."""
    movie = FOLDER / "hidden.mov"
    ffmpeg("-f", "lavfi", "-i", "color=size=16x16:rate=1:duration=1", "-c:v", "magicyuv", movie)
    sps = b"\x67" + movie.read_bytes()
    assert len(sps) < SET_MAX_BYTES
    in_mkv = file([track(avcc((sps, SETS[1])))], cluster(simple(FIRST)))
    for data in (described(sps, SETS[1]), plain((prefixed(sps, *SETS, KEY),)), in_mkv):
        refused(data, "no unit may hold")
    # In a byte stream it falls apart into units that begin nothing.
    in_ts = b"".join(stream((annex_b(AUD, sps, KEY), BETWEEN)))
    refused(in_ts, "no unit may hold|are missing|no whole key picture")
