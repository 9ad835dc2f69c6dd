"""Defines what is asked of a picture besides its zones, and its answers: plain values, no numpy, no OpenCV.

Descriptors and thumbnails are pictures of a real place: they are in no repr, log or report.
"""

from dataclasses import dataclass, field
from typing import Final

from masking.view.model import DescriptorJob, Polygon, QualityJob, QualitySeen, ViewJob, ViewSeen

THUMBNAIL_PX: Final = 640
THUMBNAIL_MAX_PX: Final = 1280
"""The largest: on it a person draws zones to a pixel of the camera's own picture, or nearly so."""
THUMBNAIL_MAX_BYTES: Final = 512 * 1024
THUMBNAIL_LEAST_BYTES: Final = 16 * 1024
"""Even noise at 200 pixels a side takes less at the lowest quality."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Requests a small JPEG of the picture in which the `hidden` polygons, and two pixels around them, are black.

    `width_px`: at most THUMBNAIL_MAX_PX; a smaller picture is not enlarged, a tall one becomes narrower. `max_bytes`: a
    larger picture is compressed more, then made smaller.
    """

    width_px: int = THUMBNAIL_PX
    hidden: tuple[Polygon, ...] = ()
    max_bytes: int = THUMBNAIL_MAX_BYTES

    def __post_init__(self) -> None:
        if not THUMBNAIL_LEAST_BYTES <= self.max_bytes <= THUMBNAIL_MAX_BYTES:
            raise ValueError(f"a thumbnail may take {THUMBNAIL_LEAST_BYTES} to {THUMBNAIL_MAX_BYTES} bytes")
        if not 16 <= self.width_px <= THUMBNAIL_MAX_PX:
            raise ValueError(f"a thumbnail is 16 to {THUMBNAIL_MAX_PX} pixels wide, not {self.width_px}")


@dataclass(frozen=True, slots=True)
class Study:
    """What is asked of one picture; None: not asked."""

    view: ViewJob | None = None
    quality: QualityJob | None = None
    descriptor: DescriptorJob | None = None
    thumbnail: Thumbnail | None = None


@dataclass(frozen=True, slots=True)
class Studied:
    """The requested results.

    `quality`: None also for a picture that is too flat to be measured (`LEAST_SIDE_PX` of `view/picture.py`).
    `for_next`: with `quality`, the small encoded descriptor that the camera's next picture is given as `previous`.
    `descriptor`: encoded (`baseline.py`); empty where a median was requested of pictures that are not still in it, or
    not five of one size and light, and for a very flat picture: such a view cannot be supervised. `thumbnail`: a JPEG.
    """

    view: ViewSeen | None = None
    quality: QualitySeen | None = None
    for_next: bytes = field(default=b"", repr=False)
    descriptor: bytes = field(default=b"", repr=False)
    thumbnail: bytes = field(default=b"", repr=False)
