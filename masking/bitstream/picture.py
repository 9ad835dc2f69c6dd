"""Defines the result of parsing foreign bytes: one picture, or why there is none. And the bounds of both."""

from dataclasses import dataclass, field
from typing import Literal

SIDE_MIN_PX = 16
SIDE_MAX_PX = 16_888
"""The longest side of a picture at level 6.2 of H.264 and H.265: the square root of eight times its largest area."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """A picture in Annex-B form, parameter sets first, its shown size, and the units up to its end not in `data`."""

    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    dropped_units: int


class NotAPicture(Exception):
    """No picture that may reach a decoder; `detail`: one ASCII line of our own, at most 200 characters."""

    def __init__(self, reason: Literal["undecodable", "too-large"], detail: str) -> None:
        super().__init__(detail)
        self.reason: Literal["undecodable", "too-large"] = reason
        self.detail = detail


def undecodable(detail: str) -> NotAPicture:
    """Return the refusal of bytes that no decoder should see."""
    return NotAPicture("undecodable", detail)


def check_size(
    width_px: int, height_px: int, max_pixels: int, side_min_px: int = SIDE_MIN_PX, side_max_px: int = SIDE_MAX_PX
) -> None:
    """Raise NotAPicture for a picture, as stored or as shown, too small to be judged or too large to be decoded."""
    if min(width_px, height_px) < side_min_px:
        raise undecodable(f"the picture has only {width_px}x{height_px} pixels")
    if max(width_px, height_px) > side_max_px or width_px * height_px > max_pixels:
        raise NotAPicture("too-large", f"the picture has {width_px}x{height_px} pixels")
