"""Every shape of Matroska that the standard allows is read, and what it does not allow is refused."""

from __future__ import annotations

import pytest
from boxes_made import KEY, OTHER, SETS, avcc, hvcc, prefixed
from elements_made import cluster, element, encoding, file, group, header, number, simple, stripped, track
from segments_made import annex_b, decoded, kind_of, pictures_of, sets_of, slices, taken

from drivers.stores.container import UnreadableError

FIRST, NEXT = prefixed(KEY), prefixed(OTHER)
TAKEN = annex_b(*SETS, KEY)
VIDEO = track(avcc())
SOUND = track(b"x", b"A_AAC", 2, 2)
CLUSTER = cluster(simple(NEXT, flags=0), simple(b"sound", 2), simple(FIRST), simple(NEXT, flags=0))
VOID, CRC = element(0xEC, bytes(30)), element(0xBF, bytes(4))
CUES = element(0x1C53BB6B, bytes(40))

SHAPES: dict[str, bytes] = {
    "known sizes": file([VIDEO, SOUND], CLUSTER),
    "sound first": file([SOUND, VIDEO], CLUSTER),
    "unknown sizes": file(
        [VIDEO], cluster(simple(NEXT, flags=0), unknown=True), cluster(simple(FIRST), unknown=True), unknown=True
    ),
    "a live segment of known clusters": file([VIDEO], CLUSTER, unknown=True),
    "groups": file(
        [VIDEO], cluster(group(NEXT, 1, number(0xFB, 1)), group(b"sound", 2), group(FIRST, 1, number(0x9B, 40)))
    ),
    "a wrong one is called a key picture": file([VIDEO], cluster(simple(NEXT), simple(FIRST))),
    "other elements between": file([VIDEO], VOID, CUES, cluster(VOID, CRC, number(0xA7, 5), simple(FIRST))),
    "sizes of eight bytes": header() + element(
        0x18538067, element(0x1654AE6B, VIDEO, width=8), element(0x1F43B675, simple(FIRST), width=8), width=8
    ),
    "a wide number": file([VIDEO], cluster(simple(FIRST, wide=True))),
    "WebM": file([VIDEO], CLUSTER, start=header(b"webm")),
    "a name with zeros behind": file([VIDEO], CLUSTER, start=header(b"matroska\0\0")),
    "something before the segment": file([VIDEO], CLUSTER, start=header() + VOID),
    "stripped off frames": file(
        [track(avcc(), b"V_MPEG4/ISO/AVC", 1, 1, stripped(FIRST[:4]))], cluster(simple(FIRST[4:]))
    ),
    "two videos": file([VIDEO, track(avcc(), one=2)], cluster(simple(prefixed(b"\x65\x88other"), 2), simple(FIRST))),
    "another video first": file([track(b"", b"V_MJPEG", 2), VIDEO], cluster(simple(b"\xff\xd8", 2), simple(FIRST))),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_gives_the_same_picture(name: str) -> None:
    assert taken(SHAPES[name]).data == TAKEN


def test_a_prefix_may_be_stripped_off_the_record_too() -> None:
    """Then it stands before each frame as well: here a record and a sample that begin alike."""
    frame = prefixed(KEY + b"k" * (0x01000000 - len(KEY)))
    assert frame[:1] == avcc()[:1] == b"\1"
    with pytest.raises(UnreadableError, match="too large"):
        taken(file([track(avcc()[1:], b"V_MPEG4/ISO/AVC", 1, 1, stripped(b"\1", 3))], cluster(simple(frame[1:]))))
    only_record = file([track(avcc()[1:], b"V_MPEG4/ISO/AVC", 1, 1, stripped(b"\1", 2))], cluster(simple(FIRST)))
    assert taken(only_record).data == TAKEN


@pytest.mark.parametrize("encoder", ["avc", "avc slices", "hevc"])
@pytest.mark.parametrize("unknown", [False, True])
def test_real_pictures_decode(encoder: str, unknown: bool) -> None:
    pictures, kind, sets = pictures_of(encoder), kind_of(encoder), sets_of(encoder)
    codec = b"V_MPEG4/ISO/AVC" if kind == "h264" else b"V_MPEGH/ISO/HEVC"
    frames = [prefixed(*slices(kind, units)) for units in pictures]
    prefix = b"\0" if all(frame[:1] == b"\0" for frame in frames) else b""
    record = (avcc if kind == "h264" else hvcc)(sets)
    # As mkvmerge writes them: the first byte of each frame is the same, and is kept once.
    tracks = [track(record, codec, 1, 1, stripped(prefix))]
    blocks = [simple(frame[len(prefix) :], flags=0x80 if not n else 0) for n, frame in enumerate(frames)]
    data = file(
        tracks, *(cluster(*blocks[at : at + 4], unknown=unknown) for at in range(0, len(blocks), 4)), unknown=unknown
    )
    sample = taken(data)
    assert (sample.kind, sample.data) == (kind, annex_b(*sets, *slices(kind, pictures[0])))
    assert prefix and decoded(sample.data)


GOOD = file([VIDEO], CLUSTER)


def encoded_as(*fields: bytes) -> bytes:
    return file([track(avcc(), b"V_MPEG4/ISO/AVC", 1, 1, encoding(*fields))], CLUSTER)


REFUSED: dict[str, tuple[bytes, str]] = {
    "no header": (b"\x1a\x45\xdf\xa3", "no EBML header"),
    "a header without size": (element(0x1A45DFA3, element(0x4282, b"matroska"), unknown=True), "no EBML header"),
    "a header beyond measure": (element(0x1A45DFA3, bytes(5000)) + GOOD, "no EBML header"),
    "another kind of EBML": (file([VIDEO], CLUSTER, start=header(b"other")), "neither Matroska nor WebM"),
    "no kind": (file([VIDEO], CLUSTER, start=element(0x1A45DFA3, number(0x4286, 1))), "neither Matroska nor WebM"),
    "longer names": (file([VIDEO], CLUSTER, start=header(b"matroska", number(0x42F2, 5))), "longer names"),
    "longer sizes": (file([VIDEO], CLUSTER, start=header(b"matroska", number(0x42F3, 9))), "longer names"),
    "no video": (file([SOUND], CLUSTER), "no video"),
    "no tracks": (header() + element(0x18538067, CLUSTER), "before its tracks"),
    "encrypted": (encoded_as(number(0x5033, 1), element(0x5035, number(0x47E1, 5))), "encrypted"),
    "packed": (encoded_as(element(0x5034, number(0x4254, 0))), "compressed"),
    "packed by default": (encoded_as(), "compressed"),
    "packed in another way": (encoded_as(element(0x5034, number(0x4254, 1))), "compressed"),
    "encoded twice": (
        file([track(avcc(), b"V_MPEG4/ISO/AVC", 1, 1, element(0x6D80, element(0x6240), element(0x6240)))], CLUSTER),
        "several",
    ),
    "laced": (file([VIDEO], cluster(simple(FIRST, flags=0x86))), "laced"),
    "laced in a group": (file([VIDEO], cluster(element(0xA0, element(0xA1, b"\x81\0\0\x02" + FIRST)))), "laced"),
    "a block without size": (header() + element(0x18538067, element(0x1654AE6B, VIDEO), b"\xa3\xff\x81"), "no size"),
    "an element without name": (header() + element(0x18538067, b"\0" * 20), "no name"),
    "a track that does not fit": (file([VIDEO[:-4]], CLUSTER), "does not hold"),
    "no record": (file([track(b"")], CLUSTER), "not one of version 1"),
    "a frame that does not fit": (file([VIDEO], cluster(simple(FIRST + b"\0"))), "do not add up"),
    "a start code within": (file([VIDEO], cluster(simple(prefixed(KEY + b"\0\0\1\x67x")))), "no unit may hold"),
    "no key picture": (file([VIDEO], cluster(simple(NEXT))), "no whole key picture"),
    "nothing": (file([VIDEO]), "no whole key picture"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_allowed_is_refused_with_a_reason(name: str) -> None:
    data, why = REFUSED[name]
    with pytest.raises(UnreadableError, match=why):
        taken(data)


def test_each_cut_gives_the_picture_or_none() -> None:
    whole = SHAPES["known sizes"]
    ends = whole.index(KEY) + len(KEY)
    for size in range(len(whole)):
        if size >= ends:
            assert taken(whole[:size]).data == TAKEN
        else:
            with pytest.raises(UnreadableError):
                taken(whole[:size])
    with pytest.raises(UnreadableError, match="cut off"):
        taken(whole[: ends - 1])


def test_elements_in_great_number_and_depth_cost_little() -> None:
    deep = b""
    for _ in range(2000):
        deep = element(0x1F43B675, deep)
    assert taken(file([VIDEO], deep, cluster(simple(FIRST)))).data == TAKEN
    with pytest.raises(UnreadableError, match="no whole key picture"):
        taken(file([VIDEO], b"\xec\x80" * 300_000, cluster(simple(FIRST))))
    with pytest.raises(UnreadableError, match="does not hold"):
        taken(file([element(0xEC)] * 2000, CLUSTER))
