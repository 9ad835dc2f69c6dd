"""Encodes and parses a study for the picture worker; answers are validated as strictly as in `wire.py`.

Descriptors and thumbnails are base64 in the JSON. A job contains each descriptor once, however often it is used. The
parent checks that a descriptor is whole, and walks a thumbnail as a JPEG without decoding it.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from masking.bitstream import jpeg
from masking.bitstream.picture import NotAPicture
from masking.view import baseline
from masking.view.model import (
    LIGHT_MODES,
    DescriptorJob,
    LightMode,
    Movement,
    Polygon,
    QualityJob,
    QualitySeen,
    ViewJob,
    ViewSeen,
)
from masking.worker.study import THUMBNAIL_MAX_PX, Studied, Study, Thumbnail
from masking.worker.wire import WireError, integer, number_in, word

_FAR: Final = 1e6
"""No movement is larger, in per cent: a similarity that a camera can do stays far below it."""

_RANGES: Final[dict[str, tuple[float, float]]] = {
    "luma": (0, 255),
    "contrast": (0, 127.5),
    "dark_ratio": (0, 1),
    "bright_ratio": (0, 1),
    "sharpness": (-20, 20),
    "noise": (0, 1000),
    "stripes": (0, 1000),
    "cast_a": (-128, 128),
    "cast_b": (-128, 128),
    "flat_ratio": (0, 1),
    "covered_ratio": (0, 1),
    "lost_ratio": (0, 1),
    "change": (0, 1000),
    "changed_ratio": (0, 1),
    "shift_percent": (0, 1000),
    "even_ratio": (0, 1),
    "drawn_ratio": (0, 1),
    "overlay_change": (0, 1000),
    "floor": (0, 255),
    "tint_red_low": (-10, 10),
    "tint_red_high": (-10, 10),
    "tint_blue_low": (-10, 10),
    "tint_blue_high": (-10, 10),
    "kept_contrast": (0, 10),
    "stripes_over": (0, 1000),
    "noise_change": (0, 1000),
    "kept_detail": (-20, 20),
}
"""What each number of `QualitySeen` may be."""

_PERHAPS: Final = frozenset(
    {
        "covered_ratio",
        "lost_ratio",
        "change",
        "changed_ratio",
        "shift_percent",
        "overlay_change",
        "tint_red_low",
        "tint_red_high",
        "tint_blue_low",
        "tint_blue_high",
        "kept_contrast",
        "stripes_over",
        "noise_change",
        "kept_detail",
    }
)
"""Numbers that may be None: they need a reference, colours, or the picture before."""


def study_message(study: Study | None) -> dict[str, Any]:
    """The study in a job's header; empty for None."""
    if study is None:
        return {}
    view, quality, descriptor, thumbnail = study.view, study.quality, study.descriptor, study.thumbnail
    asked = (
        *((*view.references, *view.derived) if view else ()),
        *((quality.previous, *quality.references) if quality else ()),
        *(descriptor.merge if descriptor else ()),
    )
    blobs = list(dict.fromkeys(asked))
    number = {blob: index for index, blob in enumerate(blobs)}
    message: dict[str, Any] = {"blobs": [base64.b64encode(blob).decode() for blob in blobs]}
    if view is not None:
        message["view"] = {
            "references": [number[one] for one in view.references],
            "excluded": view.excluded,
            "derived": [number[one] for one in view.derived],
        }
    if quality is not None:
        message["quality"] = {
            "previous": number[quality.previous],
            "references": [number[one] for one in quality.references],
            "excluded": quality.excluded,
            "overlays": quality.overlays,
        }
    if descriptor is not None:
        message["descriptor"] = {"merge": [number[one] for one in descriptor.merge], "excluded": descriptor.excluded}
    if thumbnail is not None:
        message["thumbnail"] = {
            "width": thumbnail.width_px,
            "hidden": thumbnail.hidden,
            "max_bytes": thumbnail.max_bytes,
        }
    return {"study": message}


def study_of(header: dict[str, Any]) -> Study | None:
    """The study of a job's header, in the child (which trusts its parent)."""
    message = header.get("study")
    if message is None:
        return None
    blobs = [base64.b64decode(blob) for blob in message["blobs"]]

    def named(numbers: Iterable[int]) -> tuple[bytes, ...]:
        return tuple(blobs[index] for index in numbers)

    view, quality = message.get("view"), message.get("quality")
    descriptor, thumbnail = message.get("descriptor"), message.get("thumbnail")
    return Study(
        view and ViewJob(named(view["references"]), polygons(view["excluded"]), named(view["derived"])),
        quality
        and QualityJob(
            blobs[quality["previous"]],
            named(quality["references"]),
            polygons(quality["excluded"]),
            polygons(quality["overlays"]),
        ),
        descriptor and DescriptorJob(named(descriptor["merge"]), polygons(descriptor["excluded"])),
        thumbnail and Thumbnail(int(thumbnail["width"]), polygons(thumbnail["hidden"]), int(thumbnail["max_bytes"])),
    )


def studied_message(studied: Studied | None) -> dict[str, Any]:
    """The study in a child's answer; empty for None."""
    if studied is None:
        return {}
    message: dict[str, Any] = {
        "view": view_message(studied.view) if studied.view else None,
        "quality": _rounded(asdict(studied.quality)) if studied.quality else None,
    }
    for name in ("for_next", "descriptor", "thumbnail"):
        message[name] = base64.b64encode(getattr(studied, name)).decode()
    return {"studied": message}


def read_studied(answer: dict[str, Any], study: Study | None) -> Studied | None:
    """Parse the study of a child's answer. Raises WireError, also for a result that was not requested."""
    said = answer.get("studied")
    if study is None:
        if said is not None:
            raise WireError("a study that nobody asked for")
        return None
    said = _object(said)
    view, quality = said.get("view"), said.get("quality")
    if (view is None) != (study.view is None) or (quality is not None and study.quality is None):
        raise WireError("not the study that was asked for")
    return Studied(
        view=None if view is None else read_view(view),
        quality=None if quality is None or study.quality is None else _quality(_object(quality), study.quality),
        for_next=_descriptor(said.get("for_next"), quality is not None),
        descriptor=_descriptor(said.get("descriptor"), study.descriptor is not None),
        thumbnail=_thumbnail(said.get("thumbnail"), study.thumbnail),
    )


def view_message(seen: ViewSeen) -> dict[str, Any]:
    """A view in an answer; `read_view` parses it."""
    message: dict[str, Any] = _rounded(asdict(seen))
    return message


def read_view(value: object) -> ViewSeen:
    """Parse a view of an answer. Raises WireError."""
    said = _object(value)
    state, reference = said.get("state"), said.get("reference_light")
    if state not in ("still", "moved", "unknown"):
        raise WireError("an unknown state of a view")
    movement = None if said.get("movement") is None else _movement(_object(said["movement"]))
    if state != "unknown" and (movement is None or reference is None):
        raise WireError("a view without its measure")
    return ViewSeen(
        state,
        word(said.get("reason")),
        _light(said.get("light")),
        None if reference is None else _light(reference),
        number_in(said.get("agreeing_ratio"), 0, 1),
        integer(said.get("quadrants"), 0, 4),
        number_in(said.get("aspect"), 1e-5, 1e5),
        movement,
    )


def _movement(said: dict[str, Any]) -> Movement:
    return Movement(
        number_in(said.get("right_percent"), -_FAR, _FAR),
        number_in(said.get("down_percent"), -_FAR, _FAR),
        number_in(said.get("rotation_deg"), -180, 180),
        number_in(said.get("zoom_percent"), -100, _FAR),
        number_in(said.get("largest_percent"), 0, _FAR),
    )


def _quality(said: dict[str, Any], asked: QualityJob) -> QualitySeen:
    ink = said.get("ink")
    if not isinstance(ink, list) or len(ink) != len(asked.overlays):
        raise WireError("not one number for each overlay")

    numbers: dict[str, Any] = {
        name: None if name in _PERHAPS and said.get(name) is None else number_in(said.get(name), *span)
        for name, span in _RANGES.items()
    }
    return QualitySeen(light=_light(said.get("light")), ink=tuple(number_in(value, 0, 255) for value in ink), **numbers)


def _light(value: object) -> LightMode:
    for mode in LIGHT_MODES:
        if value == mode:
            return mode
    raise WireError("an unknown light")


def _descriptor(value: object, asked: bool) -> bytes:
    data = _bytes(value, baseline.MAX_BYTES)
    if not data:
        return b""
    if not asked:
        raise WireError("a descriptor that nobody asked for")
    try:
        baseline.decode(data)
    except baseline.BaselineError:
        raise WireError("a descriptor that is none") from None
    return data


def _thumbnail(value: object, asked: Thumbnail | None) -> bytes:
    data = _bytes(value, asked.max_bytes if asked is not None else 0)
    if bool(data) != (asked is not None):
        raise WireError("not the thumbnail that was asked for")
    if data and asked is not None:
        # It goes into what is signed, or onto a page: so it is walked to its end, and holds a picture and nothing else.
        try:
            jpeg.plain_size(data, asked.width_px, THUMBNAIL_MAX_PX)
        except NotAPicture:
            raise WireError("a thumbnail that is no plain JPEG") from None
    return data


def _bytes(value: object, limit: int) -> bytes:
    if not isinstance(value, str) or len(value) > limit * 4 // 3 + 4 or not value.isascii():
        raise WireError("bytes that are too long or not in base64")
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise WireError("bytes that are too long or not in base64") from None
    if len(data) > limit:
        raise WireError("bytes that are too long or not in base64")
    return data


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WireError("not a JSON object")
    return value


def _rounded(value: Any) -> Any:
    """Plain values with six decimals: a mean of 255 must not become a little more than 255 by its arithmetic."""
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value


def polygons(value: list[list[list[float]]]) -> tuple[Polygon, ...]:
    """The polygons of a header, in the child."""
    return tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in value)
