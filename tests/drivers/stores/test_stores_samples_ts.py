"""A picture of a transport stream counts only if it is whole, and is the first such one wherever the file begins."""

from __future__ import annotations

import pytest
from boxes_made import KEY, OTHER, SETS
from packets_made import AUDIO, NULL, TABLE, VIDEO, Mux, pat, pes, pmt, section, stream
from segments_made import annex_b, decoded, kind_of, pictures_of, sets_of, slices, taken

from drivers.stores.container import UnreadableError
from drivers.stores.samples.units import SEARCH_MAX_BYTES

LONG = KEY + bytes(range(3, 255)) * 4
ANOTHER = b"\x65\x88another key picture" + b"z" * 600
AUD = b"\x09\xf0"
FIRST, SECOND, BETWEEN = annex_b(AUD, *SETS, LONG), annex_b(AUD, *SETS, ANOTHER), annex_b(AUD, OTHER + b"o" * 500)
TAKEN, TAKEN_SECOND = annex_b(*SETS, LONG), annex_b(*SETS, ANOTHER)
UNITS = (FIRST, BETWEEN, BETWEEN, SECOND, BETWEEN)


def of(packets: list[bytes]) -> bytes:
    """Take the first picture out of packets."""
    return taken(b"".join(packets)).data


def video(packets: list[bytes]) -> list[int]:
    """Return which packets are those of the video."""
    return [n for n, packet in enumerate(packets) if int.from_bytes(packet[1:3], "big") & 0x1FFF == VIDEO]


def test_sound_and_null_packets_lie_between_those_of_the_picture() -> None:
    assert of(stream(UNITS)) == TAKEN and NULL in stream(UNITS)


@pytest.mark.parametrize("encoder", ["avc", "avc slices", "hevc", "hevc slices"])
@pytest.mark.parametrize("declared", [False, True])
def test_real_pictures_decode(encoder: str, declared: bool) -> None:
    pictures, kind = pictures_of(encoder), kind_of(encoder)
    packets = stream([annex_b(*units) for units in pictures], 0x1B if kind == "h264" else 0x24, declared)
    assert of(packets) == annex_b(*sets_of(encoder), *slices(kind, pictures[0]))
    assert decoded(of(packets))


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_stream_that_begins_anywhere_gives_the_next_whole_key_picture(cut: int) -> None:
    packets = stream(UNITS)
    tables, rest = packets[:2], packets[2:]
    assert of(tables + rest[cut:]) == TAKEN_SECOND


def test_the_sets_may_come_with_an_earlier_picture() -> None:
    assert of(stream((annex_b(AUD, *SETS, OTHER), annex_b(AUD, LONG), BETWEEN))) == TAKEN
    with pytest.raises(UnreadableError, match="are missing"):
        of(stream((annex_b(AUD, LONG), BETWEEN)))


def test_each_missing_packet_costs_the_picture_in_which_it_lies() -> None:
    packets = stream(UNITS)
    ours = video(packets)
    # The last one of those is the first of the next picture: what was lost before it may have been of either.
    within = [n for n in ours if n < ours[ours.index(next(n for n in ours[1:] if packets[n][1] & 0x40))]]
    assert len(within) > 5
    for number in within:
        assert of(packets[:number] + packets[number + 1 :]) == TAKEN_SECOND, number


@pytest.mark.parametrize("spoilt", ["error", "scrambled", "sync", "another count", "cut short"])
def test_a_spoilt_packet_costs_the_picture_in_which_it_lies(spoilt: str) -> None:
    for number in video(stream(UNITS))[1:4]:
        packets = stream(UNITS)
        packet = bytearray(packets[number])
        if spoilt == "error":
            packet[1] |= 0x80
        elif spoilt == "scrambled":
            packet[3] |= 0x80
        elif spoilt == "sync":
            packet[0] = 0x48
        elif spoilt == "another count":
            packet[3] ^= 0x04
        else:
            del packet[70:100]
        packets[number] = bytes(packet)
        assert of(packets) == TAKEN_SECOND, number


def test_a_packet_that_is_sent_twice_is_taken_once() -> None:
    packets = stream(UNITS)
    for number in video(packets)[:6]:
        assert of(packets[: number + 1] + packets[number:]) == TAKEN


def test_a_packet_with_the_count_of_the_one_before_and_other_bytes_is_a_loss() -> None:
    packets = stream(UNITS)
    number = video(packets)[2]
    other = packets[number][:-1] + b"?"
    assert of([*packets[: number + 1], other, *packets[number + 1 :]]) == TAKEN_SECOND


def test_packets_without_payload_are_passed_over() -> None:
    packets = stream(UNITS)
    number = video(packets)[1]
    empty = packets[number][:3] + bytes((0x20 | packets[number][3] & 15, 183, 0)) + b"\xff" * 182
    assert of([*packets[:number], empty, *packets[number:]]) == TAKEN


def test_a_scrambled_unit_is_no_picture() -> None:
    mux = Mux()
    packets = mux.tables(0x1B) + mux.packets(VIDEO, pes(FIRST, scrambled=2))
    packets += mux.packets(VIDEO, pes(SECOND)) + mux.packets(VIDEO, pes(BETWEEN))
    assert of(packets) == TAKEN_SECOND


def test_a_picture_may_go_on_in_further_units() -> None:
    """Some recorders cut a picture into units of some kilobytes; only one that begins with a new picture ends it."""
    at = len(FIRST) // 2
    assert FIRST[at - 2 : at + 2].count(0) == 0
    assert of(stream((FIRST[:at], FIRST[at:], BETWEEN), declared=True)) == TAKEN
    second = LONG.replace(b"\x65\x88", b"\x65\x08")
    assert of(stream((FIRST, annex_b(second), BETWEEN))) == TAKEN + annex_b(second)
    with pytest.raises(UnreadableError):
        of(stream((FIRST[:at], FIRST[at:]), declared=True))


def test_the_last_picture_counts_where_it_tells_its_length_and_only_there() -> None:
    assert of(stream((FIRST,), declared=True)) == TAKEN
    with pytest.raises(UnreadableError, match="no whole key picture"):
        of(stream((FIRST,)))
    packets = stream((FIRST,), declared=True)
    for number in range(2, len(video(packets)) + 2):
        with pytest.raises(UnreadableError):
            of(packets[:number])


def test_a_wrong_length_is_a_damaged_picture() -> None:
    for wrong in (len(FIRST) // 2, len(FIRST) + 30):
        mux, data = Mux(), pes(FIRST)
        packets = mux.tables(0x1B) + mux.packets(VIDEO, data[:4] + wrong.to_bytes(2, "big") + data[6:])
        for unit in (BETWEEN, SECOND, BETWEEN):
            packets += mux.packets(VIDEO, pes(unit))
        assert of(packets) == TAKEN_SECOND


@pytest.mark.parametrize("room", [20, 33, 100, 183])
def test_small_packets_hold_the_same(room: int) -> None:
    mux = Mux()
    packets = mux.tables(0x1B)
    for unit in UNITS:
        packets += mux.packets(VIDEO, pes(unit), room)
    assert of(packets) == TAKEN


def test_the_tables_may_come_later_in_pieces_and_with_others() -> None:
    mux = Mux()
    junk = mux.packets(VIDEO, pes(FIRST))
    streams = ((0x0F, AUDIO), (0x06, 0x200), (0x1B, VIDEO))
    old = pmt((0x02, 0x300), current=0)
    program = b"\0" + old + pmt(*streams, descriptors=b"\x05\xb0" + b"x" * 176)
    damaged = bytearray(mux.packets(TABLE, b"\0" + pmt((0x1B, 0x333)))[0])
    damaged[-20] ^= 1
    packets = junk + mux.packets(0, b"\0" + section(0x42, b"other") + pat(0x1FF0, TABLE)) + [bytes(damaged)]
    packets += mux.packets(TABLE, program)
    for unit in (SECOND, BETWEEN):
        packets += mux.packets(VIDEO, pes(unit))
    assert of(packets) == TAKEN_SECOND


def test_the_first_program_with_such_a_video_counts_and_else_the_first_is_named() -> None:
    mux = Mux()
    index = mux.packets(0, b"\0" + pat(0x50, 0x60))
    foreign, ours = mux.packets(0x50, b"\0" + pmt((0x02, 0x300))), mux.packets(0x60, b"\0" + pmt((0x1B, VIDEO)))
    media = [packet for unit in (FIRST, BETWEEN) for packet in mux.packets(VIDEO, pes(unit))]
    assert of(index + foreign + ours + media) == TAKEN
    other = mux.packets(0x60, b"\0" + pmt((0x0F, AUDIO)))
    with pytest.raises(UnreadableError, match=r"MPEG-2 video \(stream type 0x02\), not H\.264"):
        of(index + other + foreign + media)
    sound = mux.packets(0, b"\0" + pat(0x60))
    with pytest.raises(UnreadableError, match="no video"):
        of(sound + other + media)


@pytest.mark.parametrize(("kind", "name"), [(0xDB, "encrypted"), (0x33, "H.266"), (0x10, "MPEG-4"), (0x20, "views")])
def test_another_video_is_refused_by_name(kind: int, name: str) -> None:
    with pytest.raises(UnreadableError, match=name):
        of(stream(UNITS, kind))


def test_without_tables_there_is_no_video() -> None:
    with pytest.raises(UnreadableError, match="no table"):
        of(stream(UNITS)[2:])


def test_bytes_between_the_packets_cost_one_picture_at_most() -> None:
    packets = stream(UNITS)
    at = video(packets)[2]
    assert of([*packets[:at], b"G" + b"noise" * 77, *packets[at:]]) == TAKEN_SECOND
    assert of([*packets[:2], NULL, b"noise" * 77, *packets[2:]]) == TAKEN


def test_the_search_has_an_end() -> None:
    mux = Mux()
    packets = mux.tables(0x1B) + [NULL] * (SEARCH_MAX_BYTES // 188 + 4096)
    for unit in (FIRST, BETWEEN):
        packets += mux.packets(VIDEO, pes(unit))
    with pytest.raises(UnreadableError, match="as far as it was read"):
        of(packets)
