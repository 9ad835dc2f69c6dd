"""Fuzzing target of recorded segments: the reader that takes the first key picture out of MP4, MPEG-TS and Matroska.

Beyond the contract of every target: what it hands on is small, and splits into key slices and parameter sets alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from boxes_made import KEY, OTHER, SETS, Shape, avcc, entry, initial, plain, prefixed, traf, trun
from boxes_made import box as mp4_box
from elements_made import cluster, file, group, simple, stripped, track
from packets_made import stream
from segments_made import SHAPES, annex_b, segment

from drivers.rtsp.rtp import CODECS
from drivers.stores.container import UnreadableError
from drivers.stores.samples.first import first_picture
from drivers.stores.samples.units import SAMPLE_MAX_BYTES, SET_MAX_BYTES, SETS_MAX, delimited
from fuzz.target import Target

SEED_MAX_BYTES = 16 * 1024


def _container(data: bytes) -> object:
    sample = first_picture(io.BytesIO(data))
    codec = CODECS[sample.kind]
    kinds = [codec.kind(unit) for unit in delimited(sample.data)]
    assert set(kinds) <= {*codec.pictures, *codec.parameter_sets} and set(kinds) >= set(codec.parameter_sets), kinds
    assert len(sample.data) <= 2 * SAMPLE_MAX_BYTES + SETS_MAX * SET_MAX_BYTES
    return sample


def _container_seeds() -> Iterator[bytes]:
    for encoder in ("avc", "hevc"):
        for shape in SHAPES:
            data = segment(encoder, shape, "64x48", 0.3).read_bytes()
            if len(data) <= SEED_MAX_BYTES:
                yield data
    first, other = prefixed(KEY), prefixed(OTHER)
    yield plain((other, first, other), Shape(chunks=(1, 2), syncs=(2,), wide=True, index_first=True))
    yield plain((other, first), Shape(sizes="16", syncs=(2,)))
    yield plain((prefixed(*SETS, KEY, width=1),), Shape(entries=(entry(b"avc3", mp4_box(b"avcC", avcc((), 1))),)))
    media = mp4_box(b"mdat", first + other)
    run = trun(0x601, 2, 76, len(first), 0, len(other), 0x10000)
    yield initial() + mp4_box(b"moof", traf(1, 0x20000, b"", run)) + media
    yield file([track(avcc(), b"V_MPEG4/ISO/AVC", 1, 1, stripped(first[:3]))], cluster(simple(first[3:])))
    yield file([track(avcc())], cluster(group(other), simple(b"x", 2), group(first), unknown=True), unknown=True)
    yield b"".join(stream((annex_b(b"\x09\xf0", *SETS, KEY), annex_b(b"\x09\xf0", OTHER))))
    yield b"".join(stream((annex_b(*SETS, KEY),), declared=True))


CONTAINERS = {
    "container": Target(_container, (UnreadableError,), _container_seeds, SEED_MAX_BYTES, replays=400),
}
