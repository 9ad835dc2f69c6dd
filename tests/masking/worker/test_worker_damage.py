"""A picture of which a part is missing or wrong is `damaged`; a whole one of any encoder is not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import harmed
import numpy as np
import pictures
import pytest
from pictures import of_camera, reason_of
from wide_means import jpeg_of, with_level, with_means_of_more

from masking.bitstream import ends, h264, h265
from masking.model import Job, WorkerError
from masking.worker.client import Worker

Picture = Callable[[], pictures.Picture]

NOT_WHOLE = ("damaged", "undecodable")
"""Damage may also leave nothing that can be decoded at all."""

ENCODERS = {
    "h264 with arithmetic coding": ("h264", "libx264", "-preset veryfast -crf 26"),
    "h264 with code tables": ("h264", "libx264", "-preset veryfast -profile:v baseline -crf 26"),
    "h264 in slices": ("h264", "libx264", "-preset veryfast -crf 26 -x264-params slices=4"),
    "h264 fields": ("h264", "libx264", "-preset veryfast -crf 26 -flags +ildct+ilme"),
    "h265": ("h265", "libx265", "-preset veryfast -crf 28 -x265-params log-level=error:pools=none:frame-threads=1"),
    "h265 cheap": ("h265", "libx265", "-preset ultrafast -crf 30 -x265-params log-level=error:pools=none"),
    "h265 in slices": ("h265", "libx265", "-preset veryfast -crf 28 -x265-params log-level=error:pools=2:slices=3"),
    "h265 without rows of its own": ("h265", "libx265", "-preset fast -crf 26 -x265-params log-level=error:wpp=0"),
    "jpeg of ffmpeg": ("jpeg", "mjpeg", "-q:v 5 -pix_fmt yuvj420p"),
}
FORMS = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker() as running:
        yield running


def job(data: bytes, kind: str) -> Job:
    """One camera's pictures share a child: each alone would cost as much for a child's start as for its judging."""
    return of_camera("gate", data, kind)


def _why_not(running: Worker, asked: Job) -> str:
    try:
        running.judge(asked)
    except WorkerError as failure:
        return failure.reason
    return ""


def made(picture: pictures.Picture, encoder: str) -> tuple[str, bytes]:
    return ENCODERS[encoder][0], _encoded(picture.tobytes(), *picture.shape[:2])[encoder]


@cache
def _encoded(pixels: bytes, height: int, width: int) -> dict[str, bytes]:
    """A picture as each encoder makes it, in one run of ffmpeg: most of what a run costs is its start."""
    command = f"ffmpeg -v error -nostdin -f rawvideo -pix_fmt bgr24 -s {width}x{height} -i pipe:0"
    with TemporaryDirectory() as folder:
        for number, (kind, library, options) in enumerate(ENCODERS.values()):
            command += f" -frames:v 1 -pix_fmt yuv420p -c:v {library} {options} -f {FORMS[kind]} {folder}/{number}"
        subprocess.run(command.split(), input=pixels, capture_output=True, check=True, timeout=60)
        return {encoder: Path(folder, str(number)).read_bytes() for number, encoder in enumerate(ENCODERS)}


@pytest.mark.parametrize("kind", ["h264", "h265"])
@pytest.mark.parametrize("harm", ["flipped", "flipped often", *harmed.CUT_OR_ZEROED])
def test_a_keyframe_with_harm_in_it_is_damaged(shared: Worker, kind: str, harm: str) -> None:
    whole = pictures.encodings()[kind]
    for seed in range(12):
        data = harmed.harmed(whole, kind, harm, np.random.default_rng(seed))
        assert reason_of(shared, job(data, kind)) in NOT_WHOLE, seed


@pytest.mark.parametrize("harm", [one for one in harmed.CUT_OR_ZEROED if one != "cut"])
def test_a_jpeg_with_a_part_missing_is_damaged(shared: Worker, harm: str) -> None:
    whole = pictures.encodings()["jpeg"]
    for seed in range(12):
        data = harmed.harmed(whole, "jpeg", harm, np.random.default_rng(seed))
        assert reason_of(shared, job(data, "jpeg")) in NOT_WHOLE, seed


def test_of_jpegs_that_lack_bytes_in_their_middle_nearly_all_are_damaged(shared: Worker) -> None:
    """Some fall into step again by themselves, and levels behind it that samples may have show nothing."""
    whole = pictures.encodings()["jpeg"]
    told = 0
    for seed in range(48):
        data = harmed.harmed(whole, "jpeg", "cut", np.random.default_rng(seed))
        told += _why_not(shared, job(data, "jpeg")) in NOT_WHOLE
    assert told >= 44


def test_a_block_with_a_level_that_no_sample_has_is_damage(shared: Worker) -> None:
    whole = jpeg_of(with_level(255), 50)
    assert _why_not(shared, job(whole, "jpeg")) == ""
    assert _why_not(shared, job(with_means_of_more(whole, 130), "jpeg")) == "damaged"


@pytest.mark.parametrize("count", [16, 31])
def test_half_a_block_of_zeros_in_coded_data_is_damage_and_behind_it_filling(shared: Worker, count: int) -> None:
    whole = pictures.encodings()["jpeg"]
    middle = (harmed.coded_from(whole) + len(whole)) // 2
    assert _why_not(shared, job(whole[:middle] + bytes(count) + whole[middle + count :], "jpeg")) == "damaged"
    assert _why_not(shared, job(whole[:-2] + bytes(count) + whole[-2:], "jpeg")) == ""


BESIDE = {
    "zeros behind its end": lambda whole: whole + bytes(5000),
    "FF behind its end": lambda whole: whole + b"\xff" * 512,
    "another picture behind its end": lambda whole: whole + pictures.jpeg(np.zeros((90, 160, 3), np.uint8)),
    "FF before its end": lambda whole: whole[:-2] + b"\xff" * 9 + whole[-2:],
    "a thumbnail of its own": lambda whole: whole[:2] + b"\xff\xe1\x00\x24Exif" + whole[:30] + whole[2:],
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_cameras_put_beside_a_whole_jpeg_is_no_damage(shared: Worker, name: str) -> None:
    assert _why_not(shared, job(BESIDE[name](pictures.encodings()["jpeg"]), "jpeg")) == ""


@pytest.mark.parametrize("encoder", ["h264 in slices", "h265 in slices"])
def test_a_slice_that_is_cut_or_missing_among_others_is_damage(shared: Worker, encoder: str) -> None:
    kind, whole = made(pictures.desk_and_door(), encoder)
    for seed in range(12):
        draw = np.random.default_rng(seed)
        lost = harmed.without_a_slice(whole, kind, draw)
        assert lost is not None and reason_of(shared, job(lost, kind)) in NOT_WHOLE, seed
        assert reason_of(shared, job(harmed.harmed(whole, kind, "cut", draw), kind)) in NOT_WHOLE, seed


def black() -> pictures.Picture:
    return np.zeros((360, 640, 3), np.uint8)


def letterboxed() -> pictures.Picture:
    picture = pictures.desk_and_door().copy()
    picture[:90] = picture[200:] = 16
    return picture


WHOLE = {
    "a scene": pictures.desk_and_door,
    "black": black,
    "one grey": lambda: np.full((360, 640, 3), 128, np.uint8),
    "a scene above black": letterboxed,
    "noise": lambda: np.random.default_rng(2).integers(0, 256, (240, 320, 3), np.uint8),
    "no whole blocks": lambda: cv2.resize(pictures.desk_and_door(), (358, 204)),
}


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_picture_is_not_damaged(shared: Worker, encoder: str, name: str) -> None:
    picture = WHOLE[name]()
    kind, whole = made(np.asarray(picture, np.uint8), encoder)
    assert shared.judge(job(whole, kind)).width_px == picture.shape[1]


@pytest.mark.parametrize("filling", [b"\0", b"\0" * 8, b"\xff\0" * 3, b"\x55" * 4, b"\xff" * 5])
def test_a_jpeg_that_is_filled_up_at_its_end_is_whole(shared: Worker, filling: bytes) -> None:
    whole = pictures.encodings()["jpeg"]
    assert shared.judge(job(whole[:-2] + filling + whole[-2:], "jpeg")).width_px == 640


@pytest.mark.parametrize("kind", ["h264", "h265"])
def test_words_of_filling_behind_a_slice_are_no_damage(shared: Worker, kind: str) -> None:
    whole = pictures.encodings()[kind] + b"\0\0\3" * 12
    assert shared.judge(job(whole, kind)).width_px == 640


def test_a_slice_knows_its_rows_and_its_place() -> None:
    for encoder, read in (("h264 in slices", h264.read), ("h265 in slices", h265.read)):
        kind, whole = made(pictures.desk_and_door(), encoder)
        unit = read(whole, 1 << 24)
        slices = [part for part in harmed.units_of(whole) if harmed.is_slice(part, kind)]
        assert [unit.data[one.begin : one.end] for one in unit.slices] == slices
        tops, bottoms = zip(*(one.rows_px for one in unit.slices), strict=True)
        assert tops[0] == 0 and bottoms[-1] > 360 and bottoms[:-1] == tops[1:]


def test_the_changed_ends_are_those_of_the_slices_asked_for_and_make_no_start_code() -> None:
    _, whole = made(pictures.desk_and_door(), "h265 in slices")
    unit = h265.read(whole, 1 << 24)
    data, changed = ends.with_other_ends(unit, {0, 2}, 4)
    assert changed == {0, 2} and len(data) == len(unit.data)
    differs = [at for at, (one, other) in enumerate(zip(unit.data, data, strict=True)) if one != other]
    assert differs and all(any(s.end - 4 <= at < s.end for s in (unit.slices[0], unit.slices[2])) for at in differs)
    assert len(harmed.units_of(data)) == len(harmed.units_of(ends.with_more_behind(unit))) == len(unit.slices) + 3


@pytest.mark.parametrize("picture", [black, letterboxed])
def test_zeros_are_coded_data_where_they_mean_the_end_of_a_block(shared: Worker, picture: Picture) -> None:
    shown = picture()
    _, whole = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    assert (b"\0" * 32 in whole.tobytes()) is (picture is black)
    assert shared.judge(job(whole.tobytes(), "jpeg")).width_px == 640


def test_damage_is_told_in_words_of_our_own(shared: Worker) -> None:
    whole = pictures.encodings()["h265"]
    with pytest.raises(WorkerError, match=r"^damaged: the picture is damaged: its slices do not end where"):
        shared.judge(job(whole[: len(whole) * 2 // 3], "h265"))
