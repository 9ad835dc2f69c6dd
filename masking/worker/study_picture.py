"""Runs a study on a decoded picture: view, quality, descriptor, thumbnail. For the locked-down child only."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from masking.looks.together import judge_looks
from masking.model import Position, Positioned
from masking.quality.measure import describe_for_next, measure
from masking.view import baseline
from masking.view.baseline import BaselineError
from masking.view.compare import compare, compare_position, steady
from masking.view.imprint import imprint
from masking.view.model import DescriptorJob, FramingJob, FramingSeen, Polygon, QualityJob, ViewJob
from masking.view.picture import LEAST_SIDE_PX, LONG_SIDE_PX, Bgr, describe, excluded_area, median
from masking.view.positions import matched_position
from masking.view.register import register
from masking.worker.study import THUMBNAIL_MAX_PX, Studied, Study, Thumbnail

JPEG_QUALITY: Final = 80
HIDDEN_AROUND_PX: Final = 2
"""How far around a hidden polygon a thumbnail is black: averaging and a JPEG's blocks smear its edge."""


def run_study(picture: Bgr, study: Study) -> Studied:
    """Answer everything that the study asks of a decoded picture (height x width x 3, BGR)."""
    wide_enough = LONG_SIDE_PX * min(picture.shape[:2]) >= LEAST_SIDE_PX * max(picture.shape[:2])
    quality = None if study.quality is None or not wide_enough else measure(picture, study.quality)
    return Studied(
        view=None
        if study.view is None
        else compare(picture, study.view.references, study.view.excluded, study.view.derived),
        quality=quality,
        for_next=b"" if quality is None else _encoded(describe_for_next(picture, quality.light)),
        descriptor=b"" if study.descriptor is None else _descriptor(picture, study.descriptor),
        thumbnail=b"" if study.thumbnail is None else thumbnail(picture, study.thumbnail),
    )


def framing_of(picture: Bgr, asked: FramingJob | None, studied: Studied | None) -> FramingSeen | None:
    """Return how the picture frames the approved view; None where nobody asks."""
    if asked is None:
        return None
    height, width = picture.shape[:2]
    asked = asked if asked.known_size == (width, height) else replace(asked, known=None)
    return register(picture, asked, studied.view if studied is not None else None)


def judge_position(picture: Bgr, asked: Sequence[Position], bits: bytes) -> Positioned:
    """Determine a picture's position, and judge the zones of that one; of none where it is ambiguous.

    `bits` are the picture's imprint.
    """
    views = tuple(compare_position(picture, position.view) for position in asked)
    at = matched_position(views)
    verdicts = () if at is None else tuple(judge_looks(picture, zone, bits) for zone in asked[at].zones)
    return Positioned(views, verdicts)


def thumbnail(picture: Bgr, asked: Thumbnail) -> bytes:
    """A small JPEG of the picture, the hidden polygons black."""
    height, width = picture.shape[:2]
    scale = min(asked.width_px / width, THUMBNAIL_MAX_PX / height, 1.0)
    while True:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        small[excluded_area((size[1], size[0]), asked.hidden, HIDDEN_AROUND_PX)] = 0
        for quality in (JPEG_QUALITY, 50, 20):
            _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if data.size <= asked.max_bytes:
                return data.tobytes()
        scale /= 2


def warm_up() -> None:
    """Build tables that every child would build at first use; `test_worker_study.py` shows that these are all."""
    picture = np.asarray(cv2.resize(made_up(45, 80), (640, 360), interpolation=cv2.INTER_CUBIC), np.uint8)
    box: tuple[Polygon, ...] = (((0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.1, 0.2)),)
    first = run_study(picture, Study(None, QualityJob(), DescriptorJob((), box), Thumbnail(320, box)))
    references = (first.descriptor,)
    run_study(picture, Study(ViewJob(references, box), QualityJob(first.for_next, references, box, box)))
    imprint(picture)


def made_up(height: int, width: int) -> Bgr:
    """A picture with detail everywhere, height x width x 3: Knuth's multiplicative hash of each value's number."""
    numbers = np.arange(height * width * 3, dtype=np.uint32).reshape(height, width, 3)
    return (numbers * np.uint32(2654435761) >> np.uint32(24)).astype(np.uint8)


def _descriptor(picture: Bgr, asked: DescriptorJob) -> bytes:
    return _merged(asked.merge, asked.excluded) if asked.merge else _encoded(describe(picture, asked.excluded))


def _merged(encoded: Sequence[bytes], excluded: Sequence[Polygon]) -> bytes:
    """The median of descriptors, or nothing where they do not make a background that can be judged by."""
    try:
        descriptors = [baseline.decode(one) for one in encoded]
        background = median(descriptors)
    except ValueError:
        return b""
    return _encoded(background) if steady(background, descriptors, excluded) else b""


def _encoded(descriptor: baseline.Descriptor) -> bytes:
    """The descriptor as bytes, or nothing for a picture that is flatter than a descriptor may be."""
    try:
        return baseline.encode(descriptor)
    except BaselineError:
        return b""
