"""Every shape of MP4 that the standard allows is read, and what it does not allow is refused, never guessed."""

from __future__ import annotations

import pytest
from boxes_made import KEY, OTHER, SETS, Shape, avcc, box, entry, hvcc, initial, numbers, plain, prefixed, traf, trun
from hypothesis import given
from hypothesis import strategies as st
from segments_made import annex_b, decoded, encoded, kind_of, pictures_of, sets_of, slices, taken, unit_type

from drivers.stores.container import UnreadableError
from drivers.stores.samples.mp4 import PLACES_MAX
from drivers.stores.samples.units import SAMPLE_MAX_BYTES, SEARCH_MAX_BYTES, UNITS_MAX, delimited, read_record

FIRST = prefixed(KEY)
NEXT = prefixed(OTHER)
TAKEN = annex_b(*SETS, KEY)


def described(record: bytes, name: bytes = b"avc1", *before: bytes) -> Shape:
    """Return a shape whose one entry has this record of H.264."""
    return Shape(entries=(entry(name, *before, box(b"avcC", record)),))


FOREIGN = Shape(entries=(entry(b"mp4v", box(b"esds", bytes(20))),), number=2)
SOUND = Shape(handler=b"soun", entries=(box(b"mp4a", bytes(28)),), number=3)


def track_of(shape: Shape) -> bytes:
    """Return a track without samples."""
    whole = plain((), shape)
    return whole[whole.index(b"trak") - 4 :]


SHAPES: dict[str, bytes] = {
    "index last": plain((FIRST, NEXT)),
    "index first": plain((FIRST, NEXT), Shape(index_first=True)),
    "media to the end": plain((FIRST, NEXT), Shape(index_first=True, media_to_end=True)),
    "sizes of 64 bits": plain((FIRST, NEXT), Shape(wide=True)),
    "many chunks": plain((NEXT, FIRST, NEXT), Shape(chunks=(1, 1, 1), syncs=(2,))),
    "chunks of two": plain((NEXT,) * 5 + (FIRST,), Shape(chunks=(2, 2, 2), syncs=(6,))),
    "sizes in 16 bits": plain((NEXT, FIRST), Shape(sizes="16", syncs=(2,))),
    "sizes in 8 bits": plain((NEXT, FIRST, NEXT), Shape(sizes="8", syncs=(2,))),
    "one size": plain((FIRST, FIRST), Shape(sizes="same")),
    "all are called key pictures": plain((NEXT, NEXT, FIRST)),
    "a wrong one is called so": plain((NEXT, NEXT, FIRST), Shape(syncs=(1, 2, 3))),
    "sound first": plain((FIRST,), before=track_of(SOUND)),
    "another video first": plain((FIRST,), before=track_of(FOREIGN)),
    "two videos": plain((FIRST,), after=track_of(Shape(number=2))),
    "two descriptions": plain(
        (FIRST,), Shape(entries=(entry(b"jpeg", bytes(8)), entry()), descriptions=(2,))
    ),
    "a description changes": plain(
        (NEXT, FIRST),
        Shape(entries=(*described(avcc(())).entries, entry()), chunks=(1, 1), descriptions=(1, 2)),
    ),
    "sets within": plain((prefixed(*SETS, KEY),), described(avcc(()), b"avc3")),
    "lengths of two bytes": plain((prefixed(KEY, width=2),), described(avcc(width=2))),
    "lengths of one byte": plain((prefixed(KEY, width=1),), described(avcc(width=1))),
    "other boxes in the entry": plain((FIRST,), described(avcc(), b"avc1", box(b"pasp", bytes(8)))),
    "the record tells its depths": plain((FIRST,), described(avcc() + b"\xfd\xf8\xf8\0")),
    "zeros behind a unit": plain((prefixed(KEY + b"\0\0\0"),)),
    "an empty unit": plain((prefixed(b"", KEY),)),
    "delimiter and message": plain((prefixed(b"\x09\xf0", b"\x06\x05\x01\0\0\1", KEY, b"\x0c\xff"),)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_gives_the_same_picture(name: str) -> None:
    assert taken(SHAPES[name]).data == TAKEN


def test_sizes_of_four_bits() -> None:
    short = prefixed(b"\x65\x88\x80", width=1)
    samples = (prefixed(b"\x41\x9a\x80", width=1), short, short)
    shape = Shape(sizes="4", syncs=(2, 3), entries=(entry(b"avc1", box(b"avcC", avcc(width=1))),))
    assert taken(plain(samples, shape)).data == annex_b(*SETS, b"\x65\x88\x80")


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize(
    ("encoder", "name"), [("avc", b"avc1"), ("avc", b"avc3"), ("hevc", b"hvc1"), ("hevc", b"hev1")]
)
def test_real_pictures_decode_with_their_sets_in_the_record_or_within(encoder: str, name: bytes, within: bool) -> None:
    pictures, sets, kind = pictures_of(encoder), sets_of(encoder), kind_of(encoder)
    record = (avcc if kind == "h264" else hvcc)(() if within else sets)
    samples = [prefixed(*(units if within else slices(kind, units))) for units in pictures]
    shape = Shape(entries=(entry(name, box(b"avcC" if kind == "h264" else b"hvcC", record)),))
    sample = taken(plain(samples, shape))
    assert sample.kind == kind and sample.data == annex_b(*sets, *slices(kind, pictures[0]))
    assert decoded(sample.data) == decoded(encoded(encoder, "96x64"))


@pytest.mark.parametrize("encoder", ["avc", "hevc"])
def test_a_segment_that_begins_within_a_group_gives_the_next_key_picture(encoder: str) -> None:
    """Also one that an open group begins with: H.265 calls it CRA, and x265 makes no others after the first."""
    kind, pictures = kind_of(encoder), pictures_of(encoder)
    kinds = [unit_type(kind, slices(kind, units)[0]) for units in pictures]
    key = next(number for number, one in enumerate(kinds) if number > 2 and one == (5 if kind == "h264" else 21))
    shape = described(avcc(sets_of(encoder)))
    if kind == "h265":
        shape = Shape(entries=(entry(b"hvc1", box(b"hvcC", hvcc(sets_of(encoder)))),))
    sample = taken(plain([prefixed(*slices(kind, units)) for units in pictures[3:]], shape))
    assert sample.data == annex_b(*sets_of(encoder), *slices(kind, pictures[key]))
    assert decoded(sample.data)


def fragments(*pieces: bytes, moov: bytes | None = None) -> bytes:
    return (moov or initial()) + b"".join(pieces)


def moof(*trafs: bytes, media: bytes = FIRST + NEXT) -> bytes:
    return box(b"moof", box(b"mfhd", bytes(8)), *trafs) + box(b"mdat", media)


def moof_bytes(*trafs: bytes) -> int:
    return len(moof(*trafs, media=b"")) - 8


NOT_KEY = 0x10000


def _fragmented() -> dict[str, bytes]:
    sizes = (len(FIRST), len(NEXT))
    runs = (0x201, 2)
    size = moof_bytes(traf(1, 0x20000, b"", trun(*runs, 0, *sizes)))
    one = moof(traf(1, 0x20000, b"", trun(*runs, size + 8, *sizes)))
    audio = traf(7, 0x20000, b"", trun(0x201, 1, 0, 5))
    second = moof_bytes(audio, traf(1, 0, b"", trun(0x200, 2, *sizes)))
    audio = traf(7, 0x20000, b"", trun(0x201, 1, second + 8, 5))
    size_default = moof_bytes(traf(1, 0x20000, b"", trun(0x1, 1, 0)))
    flagged = moof_bytes(traf(1, 0x20020, numbers(NOT_KEY), trun(0x205, 2, 0, 0, *sizes)))
    base = len(initial()) + moof_bytes(traf(1, 1, bytes(8), trun(0x200, 2, *sizes))) + 8
    each = moof_bytes(traf(1, 0x20000, b"", trun(0x601, 2, 0, *(0,) * 4)))
    two = moof_bytes(traf(1, 0x20000, b"", trun(0x201, 1, 0, 0), trun(0x200, 1, 0)))
    return {
        "by the fragment": fragments(one),
        "boxes before": fragments(box(b"styp", b"msdh"), box(b"sidx", bytes(24)), one),
        "behind another track": fragments(
            moof(audio, traf(1, 0, b"", trun(0x200, 2, *sizes)), media=b"sound" + FIRST + NEXT)
        ),
        "size of the index": fragments(
            moof(traf(1, 0x20000, b"", trun(0x1, 1, size_default + 8)), media=FIRST),
            moov=initial(trex=((1, 1, len(FIRST), 0),)),
        ),
        "only the first is a key picture": fragments(
            moof(traf(1, 0x20020, numbers(NOT_KEY), trun(0x205, 2, flagged + 8, 0, *sizes)))
        ),
        "an offset of the file": fragments(moof(traf(1, 1, base.to_bytes(8, "big"), trun(0x200, 2, *sizes)))),
        "flags of each": fragments(
            moof(traf(1, 0x20000, b"", trun(0x601, 2, each + 8, sizes[1], NOT_KEY, sizes[0], 0)), media=NEXT + FIRST)
        ),
        "two runs": fragments(
            moof(traf(1, 0x20000, b"", trun(0x201, 1, two + 8, sizes[1]), trun(0x200, 1, sizes[0])), media=NEXT + FIRST)
        ),
        "a fragment without key picture first": fragments(
            moof(traf(1, 0x20020, numbers(NOT_KEY), trun(0x201, 1, size + 8, sizes[1])), media=NEXT), one
        ),
        "another track alone first": fragments(moof(audio, media=b"sound"), one),
    }  # fmt: skip


FRAGMENTED = _fragmented()


@pytest.mark.parametrize("name", FRAGMENTED)
def test_each_shape_of_a_fragment_gives_the_same_picture(name: str) -> None:
    assert taken(FRAGMENTED[name]).data == TAKEN


def rechunked(data: bytes, *rows: int) -> bytes:
    """Write the rows of the table of chunks anew."""
    at = data.index(b"stsc") + 12
    return data[:at] + numbers(*rows) + data[at + 4 * len(rows) :]


def with_record(record: bytes) -> bytes:
    return plain((FIRST,), described(record))


def with_moof(*trafs: bytes) -> bytes:
    return fragments(moof(*trafs))


GOOD = avcc()
WHOLE = plain((FIRST, NEXT), Shape(syncs=(1,)))
REFUSED: dict[str, tuple[bytes, str]] = {
    "no video": (plain((FIRST,), Shape(handler=b"soun")), "no video"),
    "encrypted": (plain((FIRST,), Shape(entries=(entry(b"encv", box(b"avcC", GOOD)),))), "encrypted"),
    "encrypted within": (plain((FIRST,), described(GOOD, b"avc1", box(b"sinf", bytes(8)))), "encrypted"),
    "encrypted fragment": (with_moof(traf(1, 0x20000, b"", box(b"senc", bytes(8)), trun(0x1, 1, 0))), "encrypted"),
    "a name that acts": (plain((FIRST,), Shape(entries=(entry(b"\x1b[2J"),))), "is \N{REPLACEMENT CHARACTER}"),
    "Dolby Vision": (plain((FIRST,), Shape(entries=(entry(b"dvh1"),))), "Dolby Vision"),
    "no record": (plain((FIRST,), Shape(entries=(entry(b"avc1", box(b"pasp", bytes(8))),))), "avcC is missing"),
    "a record of version 0": (with_record(b"\0" + GOOD[1:]), "not one of version 1"),
    "lengths of three bytes": (with_record(avcc(width=3)), "decoder is damaged"),
    "bytes behind the record": (with_record(GOOD + b"\xfd\xf8\xf8\0x"), "damaged"),
    "a record of other units": (with_record(GOOD.replace(b"\x67\x42", b"\x65\x42")), "another type"),
    "a record with empty sets": (with_record(b"\1\x42\0\x0a\xff\xe1\0\0\0"), "another type"),
    "a set that holds a start code": (with_record(avcc((b"\x67\x42\0\0\1\x65\x88", SETS[1]))), "no unit may hold"),
    "no sets at all": (with_record(avcc(())), "are missing"),
    "no set of one kind": (with_record(avcc(SETS[:1])), "are missing"),
    "lengths that go beyond": (plain((numbers(99) + KEY,)), "do not add up"),
    "a length cut in two": (plain((FIRST + b"\0\0",)), "do not add up"),
    "a forbidden bit": (plain((prefixed(KEY, b"\xe5\x88"),)), "no unit may hold"),
    "too many units": (plain((prefixed(KEY, *[b"\x65\x08"] * UNITS_MAX),)), "too many units"),
    "no key picture": (plain((NEXT,) * 20), "no whole key picture"),
    "nothing is called a key picture": (plain((FIRST,), Shape(syncs=())), "no whole key picture"),
    "beyond the file": (WHOLE.replace(numbers(2, len(FIRST)), numbers(2, len(WHOLE)), 1), "cut off"),
    "beyond all measure": (WHOLE.replace(numbers(2, len(FIRST)), numbers(2, SAMPLE_MAX_BYTES + 1), 1), "too large"),
    "more rows than there are": (WHOLE.replace(b"stss" + numbers(0, 1), b"stss" + numbers(0, 99)), "fewer rows"),
    "chunks out of order": (rechunked(plain((NEXT, FIRST), Shape(chunks=(1, 1))), 1, 1, 1, 1, 1, 1), "not in order"),
    "no first chunk": (rechunked(plain((FIRST,)), 2, 1, 1), "not described"),
    "no such description": (plain((FIRST,), Shape(descriptions=(2,), chunks=(1,))), "no description"),
    "sizes without width": (
        plain((FIRST,), Shape(sizes="8")).replace(b"stz2" + bytes(7) + b"\x08", b"stz2" + bytes(7) + b"\x07"),
        "no width",
    ),
    "no table of offsets": (WHOLE.replace(b"stco", b"xxxx"), "stco is missing"),
    "no tables": (WHOLE.replace(b"stbl", b"xxxx"), "stbl is missing"),
    "nothing described": (plain((FIRST,), Shape(entries=())), "describes no samples"),
    "a run that is cut off": (with_moof(traf(1, 0x20000, b"", trun(0x200, 9, 4))), "fewer samples"),
    "a head that is cut off": (with_moof(traf(1, 0x39, b"", trun(0x200, 1, 4))), "head is cut off"),
    "media before the file": (with_moof(traf(1, 0x20000, b"", trun(0x201, 1, 2**32 - 9999, len(FIRST)))), "cut off"),
    "an empty fragment": (with_moof(traf(1, 0x20000, b"")), "no whole key picture"),
    "a fragment that ends within": (fragments(FRAGMENTED["another track alone first"][len(initial()):-90]), "cut off"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_allowed_is_refused_with_a_reason(name: str) -> None:
    data, why = REFUSED[name]
    with pytest.raises(UnreadableError, match=why):
        taken(data)


@pytest.mark.parametrize("smuggled", [b"\0\0\0", b"\0\0\1\x67", b"\0\0\2", b"\0\0\0\1\x67\x64"])
@pytest.mark.parametrize("where", ["slice", "set within", "begin"])
def test_no_length_smuggles_a_start_code(smuggled: bytes, where: str) -> None:
    units = {
        "slice": (KEY + smuggled + b"x",),
        "set within": (SETS[0] + smuggled + b"x", KEY),
        "begin": (KEY, b"\x65" + smuggled + b"x"),
    }[where]
    with pytest.raises(UnreadableError, match="no unit may hold"):
        taken(plain((prefixed(*units),)))


@given(st.lists(st.binary(max_size=12).map(lambda tail: b"\x65\x88" + tail), min_size=1, max_size=6))
def test_whoever_splits_the_result_finds_the_units_that_the_lengths_told(units: list[bytes]) -> None:
    try:
        data = taken(plain((prefixed(*units),))).data
    except UnreadableError:
        return
    told = [unit.rstrip(b"\0") for unit in units]
    assert [unit.rstrip(b"\0") for unit in delimited(data)] == [*SETS, *told]


def test_every_cut_of_a_record_is_refused() -> None:
    for kind, record in (("h264", GOOD), ("h265", hvcc(sets_of("hevc")))):
        assert read_record(kind, record).length_bytes == 4  # type: ignore[arg-type]
        for size in range(len(record)):
            with pytest.raises(UnreadableError):
                read_record(kind, record[:size])  # type: ignore[arg-type]


def test_the_search_for_a_key_picture_has_an_end() -> None:
    """Millions of samples, and gigabytes of them, are told by a table of some bytes; nothing of that size is read."""
    shape = Shape(sizes="same", syncs=(PLACES_MAX + 2,))
    many = rechunked(plain((FIRST,), shape), 1, 2**32 - 1, 1)
    many = many.replace(b"stsz" + numbers(0, len(FIRST), 1), b"stsz" + numbers(0, 1, 2**32 - 1))
    with pytest.raises(UnreadableError, match="no whole key picture"):
        taken(many)
    large = prefixed(OTHER + b"x" * (SEARCH_MAX_BYTES // 5))
    with pytest.raises(UnreadableError, match="no whole key picture"):
        taken(plain((*[large] * 5, FIRST)))
