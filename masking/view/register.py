"""Finds how a path's picture frames the approved view: mirrored, turned by quarters, squeezed, cut or with bars.

The known framing is confirmed first, then that of the approved view itself; only where neither holds, small pictures
are laid over one another in every way in which paths differ, and the best ways are measured by tiles (`tiles.py`). A
framing is found where enough tiles agree on one upright mapping, spread over the picture, and no other way comes near:
a zone may be excused by it, so that a fence that looks alike at every board must not do. For the child.

Source: Kuglin, Hines 1975 (phase correlation).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from masking.view import baseline
from masking.view.bars import both_sides, find_bars
from masking.view.baseline import Descriptor
from masking.view.coarse import laid_over, small_edges
from masking.view.compare import nearest
from masking.view.edges import log_gradient
from masking.view.framing import Box, content, framed, is_as_approved, plausible, shown
from masking.view.model import AS_APPROVED, NO_BARS, Bars, Framing, FramingJob, FramingSeen, ViewSeen
from masking.view.picture import (
    LEAST_SIDE_PX,
    LONG_SIDE_PX,
    Bgr,
    Bools,
    Grey,
    excluded_area,
    grey_array,
    grey_of,
    light_mode,
)
from masking.view.tiles import Matrix, Tiles, shifts, usable

AGREEING_MIN: Final = 0.5
KNOWN_MIN: Final = 0.3
"""Share of the tiles with texture that must agree on a framing; and on the approved or a known one."""

SURE_MIN: Final = 0.6
"""Share from which the approved framing is not doubted: a corridor, mirrored, still looks like itself in a third."""

TILES_MIN: Final = 10
QUADRANTS_MIN: Final = 3

RIVAL: Final = 0.6
"""No framing is found where another one that differs has this share of its agreeing tiles."""

OTHER_SHAPE: Final = 0.02
"""Share by which the proportions of two pictures differ, from which they hint at another framing."""

_AGREE_PX: Final = 1.5
_TRIES: Final = 5

_APART_PX: Final = 90.0
_PAIRS: Final = 400
_ALONG: Final = 0.9


@dataclass(frozen=True, slots=True)
class _Agreement:
    framing: Framing
    ratio: float
    tiles: int
    quadrants: int

    def proves(self, least: float) -> bool:
        return self.ratio >= least and self.tiles >= TILES_MIN and self.quadrants >= QUADRANTS_MIN


def register(picture: Bgr, asked: FramingJob, compared: ViewSeen | None = None) -> FramingSeen:
    """Return how a decoded picture (height x width x 3, BGR) frames the approved view.

    `compared`: its comparison with the approved view, where there was one: a picture that stands still in it, or has
    moved a little, frames what was approved.
    """
    grey = grey_of(picture)
    bars = find_bars(grey)
    light = light_mode(picture, asked.excluded)
    reference, reason = nearest(asked.references, light)
    if reference is None:
        return FramingSeen(state="unknown", reason=reason, bars=bars, hinted=False)
    if reference.light != light:
        derived = map(baseline.decode_or_none, asked.derived)
        reference = next((one for one in derived if one and one.light == light), reference)
    approved = grey_array(reference)
    own_bars = find_bars(approved)
    shapes = (picture.shape[1] / picture.shape[0]) / (reference.width_px / reference.height_px)
    hinted = abs(shapes - 1) > OTHER_SHAPE or (both_sides(bars) and not _alike(bars, own_bars))
    if min(*approved.shape, *grey.shape) < LEAST_SIDE_PX:
        return FramingSeen(state="unknown", reason="too-small", bars=bars, hinted=hinted)
    found: _Agreement | None
    if compared is not None and compared.state != "unknown":
        found = _Agreement(AS_APPROVED, compared.agreeing_ratio, 0, compared.quadrants)
    else:
        found, reason = _found(_Pair(reference, grey, bars, asked.excluded), asked)
    if found is None:
        if asked.known is not None and reason == "no-texture":
            return FramingSeen(state="held", reason=reason, framing=asked.known, bars=bars, hinted=hinted)
        return FramingSeen(state="unknown", reason=reason, bars=bars, hinted=hinted)
    framing = AS_APPROVED if is_as_approved(found.framing) else found.framing
    # What is black where the approved view, framed alike, is not: a mask or the night, no bar of the picture.
    kept = bars if framing != AS_APPROVED or _alike(bars, own_bars) else NO_BARS
    kept = kept if plausible(framing, kept) else NO_BARS
    return FramingSeen(
        state="found", reason="tiles", framing=framing, bars=kept, hinted=hinted,
        agreeing_ratio=min(found.ratio, 1.0), tiles=found.tiles, quadrants=found.quadrants,
    )  # fmt: skip


def _alike(bars: Bars, others: Bars) -> bool:
    pairs = ((bars.left, others.left), (bars.top, others.top), (bars.right, others.right), (bars.bottom, others.bottom))
    return all(abs(one - other) <= OTHER_SHAPE for one, other in pairs)


def _found(pair: "_Pair", asked: FramingJob) -> tuple[_Agreement | None, str]:
    """Return the framing that this picture proves, or None and why there is none."""
    first = [AS_APPROVED] if asked.known in (None, AS_APPROVED) else [asked.known, AS_APPROVED]
    weak = None
    for known in first:
        seen = pair.agreement(known, rounds=1)
        if seen is not None and seen.proves(KNOWN_MIN) and _near(seen.framing, known):
            seen = replace(seen, framing=known)
            if known == asked.known or seen.proves(SURE_MIN):
                return seen, ""
            weak = seen
    if not pair.has_texture():
        return None, "no-texture"
    if not asked.search:
        return weak, "" if weak else "not-searched"
    best = sorted((*pair.proposals(), *((weak,) if weak else ())), key=_weight, reverse=True)
    good = [one for one in best if one.proves(AGREEING_MIN) and plausible(one.framing, pair.bars)]
    if weak is not None and (not good or _weight(weak) >= RIVAL * _weight(good[0])):
        return weak, ""
    if not good or any(
        _weight(one) >= RIVAL * _weight(good[0]) for one in best if not _near(one.framing, good[0].framing)
    ):
        return None, "no-match"
    return good[0], ""


def _weight(one: _Agreement) -> float:
    """How many tiles agree, in tiles of 0.3 and up to 1 of them all: small parts have fewer."""
    return one.ratio * one.tiles


def _near(one: Framing, other: Framing) -> bool:
    """Tell whether two framings put no corner of the approved view apart by more than twice what counts as one."""
    if (one.turn_deg, one.mirrored) != (other.turn_deg, other.mirrored):
        return False
    ends = (
        (one.offset_x, other.offset_x),
        (one.offset_y, other.offset_y),
        (one.scale_x + one.offset_x, other.scale_x + other.offset_x),
        (one.scale_y + one.offset_y, other.scale_y + other.offset_y),
    )
    return all(abs(a - b) <= 0.02 for a, b in ends)


class _Pair:
    """The approved view and a picture that may frame it in another way."""

    def __init__(self, reference: Descriptor, grey: Grey, bars: Bars, excluded: Sequence[object]) -> None:
        self.approved, self.grey, self.bars = grey_array(reference), grey, bars
        self.left_out: Bools = excluded_area(self.approved.shape, excluded)  # type: ignore[arg-type]
        self.box = content(bars)

    def has_texture(self) -> bool:
        """Whether the picture shows enough by itself to be compared."""
        none = np.zeros(self.grey.shape, np.bool_)
        tiles = usable(log_gradient(self.grey, none), np.ones(self.grey.shape, np.uint8))
        return len(tiles.corners) >= TILES_MIN

    def agreement(self, framing: Framing, rounds: int = 2) -> _Agreement | None:
        """Measure a proposed framing by tiles, and correct it: None where too little is shown by both, or agrees."""
        for _ in range(rounds):
            measured = self._measured(framing)
            if measured is None:
                return None
            framing = measured.framing
        return measured

    def _measured(self, framing: Framing) -> _Agreement | None:
        left, top, right, bottom = shown(framing, self.bars)
        left, top, right, bottom = max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0)
        height, width = self.approved.shape
        wide, high = (right - left) * width, (bottom - top) * height
        if min(wide, high) < 32:
            return None
        scale = LONG_SIDE_PX / max(wide, high)
        size = (round(wide * scale), round(high * scale))
        if min(size) < LEAST_SIDE_PX:
            return None
        # From pixels of what both show to pixels of the approved view, and of the picture.
        to_approved = np.array(((1 / scale, 0, left * width), (0, 1 / scale, top * height)), np.float64)
        to_picture = self._matrix(framing) @ np.vstack([to_approved, (0, 0, 1)])
        flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
        before = np.asarray(cv2.warpAffine(self.approved, to_approved, size, flags=flags), np.uint8)
        after = np.asarray(
            cv2.warpAffine(self.grey, to_picture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
        hidden = cv2.warpAffine(
            self.left_out.astype(np.uint8), to_approved, size, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST
        )
        left_out = np.asarray(hidden, np.uint8) > 0
        shown_here = (~left_out).astype(np.uint8)
        edges, others = log_gradient(before, left_out), log_gradient(after, left_out)
        tiles = usable(edges, shown_here)
        if len(tiles.corners) < TILES_MIN:
            return None
        start, end, heard = shifts(edges, others, tiles)
        upright = _upright(start, end, heard, tiles)
        if upright is None:
            return None
        (a, b), (c, d), agreeing = upright
        # A point of both at (x, y) is found at (a x + b, c y + d) of the picture laid over it.
        to_other = to_picture @ np.array(((a, 0, b), (0, c, d), (0, 0, 1)), np.float64)
        corrected = self._framing(framing, to_other @ np.linalg.inv(np.vstack([to_approved, (0, 0, 1)])))
        middle = np.array(size) / 2
        quarters = set(((start[agreeing] > middle) @ np.array((1, 2))).tolist())
        return _Agreement(corrected, float(agreeing.sum()) / len(start), len(start), len(quarters))

    def _matrix(self, framing: Framing) -> Matrix:
        """The mapping from pixels of the approved view to pixels of the picture."""
        height, width = self.approved.shape
        rows, columns = self.grey.shape
        points = np.array(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
        ends = np.array(framed(framing, tuple((float(x), float(y)) for x, y in points)))
        start = (points * (width, height)).astype(np.float32)
        matrix = cv2.getAffineTransform(start, (ends * (columns, rows)).astype(np.float32))
        return np.asarray(matrix, np.float64)

    def _framing(self, like: Framing, matrix: Matrix) -> Framing:
        """The framing of a mapping that is turned and mirrored like another one."""
        height, width = self.approved.shape
        rows, columns = self.grey.shape
        corners = np.array(((0, 0, 1), (width, height, 1)), np.float64) @ matrix.T / (columns, rows)
        (x0, y0), (x1, y1) = corners.tolist()
        (ax, ay), (bx, by) = _oriented(like, 0, 0), _oriented(like, 1, 1)
        sx, sy = (x1 - x0) / (bx - ax), (y1 - y0) / (by - ay)
        return replace(like, scale_x=sx, scale_y=sy, offset_x=x0 - sx * ax, offset_y=y0 - sy * ay)

    def proposals(self) -> Iterator[_Agreement]:
        """Yield the framings that small pictures propose, each measured by tiles."""
        ranked: list[tuple[float, Framing]] = []
        small = small_edges(self.approved)
        left, top, right, bottom = self.box
        rows, columns = self.grey.shape
        inner = self.grey[round(top * rows) : round(bottom * rows), round(left * columns) : round(right * columns)]
        for score, box, turn, mirrored in laid_over(small, inner, self.approved.shape):
            ranked.append((score, self._boxed(box, turn, mirrored)))
        ranked.sort(key=lambda one: one[0], reverse=True)
        tried: list[Framing] = []
        for _, framing in ranked:
            if len(tried) >= _TRIES or any(_close(framing, other) for other in tried):
                if len(tried) >= _TRIES:
                    return
                continue
            tried.append(framing)
            measured = self.agreement(framing)
            if measured is not None:
                yield measured

    def _boxed(self, box: Box, turn: int, mirrored: bool) -> Framing:
        """The framing in which the picture's content shows this box of the approved view."""
        left, top, right, bottom = self.box
        like = Framing(turn_deg=turn, mirrored=mirrored)
        ends = [_oriented(like, box[0], box[1]), _oriented(like, box[2], box[3])]
        (x0, x1), (y0, y1) = (sorted(one[axis] for one in ends) for axis in (0, 1))
        sx, sy = (right - left) / (x1 - x0), (bottom - top) / (y1 - y0)
        return replace(like, scale_x=sx, scale_y=sy, offset_x=left - sx * x0, offset_y=top - sy * y0)


def _oriented(like: Framing, x: float, y: float) -> tuple[float, float]:
    x = 1 - x if like.mirrored else x
    return {0: (x, y), 90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[like.turn_deg]


def _close(one: Framing, other: Framing) -> bool:
    if (one.turn_deg, one.mirrored) != (other.turn_deg, other.mirrored):
        return False
    pairs = ((one.scale_x, other.scale_x), (one.scale_y, other.scale_y))
    return all(abs(a / b - 1) < 0.06 for a, b in pairs) and all(
        abs(a - b) < 0.06 for a, b in ((one.offset_x, other.offset_x), (one.offset_y, other.offset_y))
    )


def _upright(
    start: Matrix, end: Matrix, heard: Bools, tiles: Tiles
) -> tuple[tuple[float, float], tuple[float, float], Bools] | None:
    """The upright mapping that most tiles obey: x -> a x + b, y -> c y + d, and which agree; None without any."""
    sure_of = heard & ~tiles.straight
    sure = np.flatnonzero(sure_of)
    if len(sure) < 4:
        return None
    one, other = np.triu_indices(len(sure), 1)
    one, other = sure[one], sure[other]
    apart = np.abs(start[other] - start[one]).min(axis=1) >= _APART_PX
    one, other = one[apart], other[apart]
    step = max(len(one) // _PAIRS, 1)
    one, other = one[::step], other[::step]
    if not len(one):
        return None
    slopes = (end[other] - end[one]) / (start[other] - start[one])
    offsets = end[one] - slopes * start[one]
    off = end[None] - (start[None] * slopes[:, None] + offsets[:, None])
    count = ((np.hypot(off[..., 0], off[..., 1]) <= _AGREE_PX) & sure_of[None]).sum(axis=1)
    at = int(np.argmax(count))
    best = _agreeing(start, end, heard, tiles, (slopes[at, 0], offsets[at, 0]), (slopes[at, 1], offsets[at, 1]))
    if int(best.sum()) < 4:
        return None
    upright, level = np.abs(tiles.normals[:, 0]) > _ALONG, np.abs(tiles.normals[:, 1]) > _ALONG
    for _ in range(2):
        use_x, use_y = best & (~tiles.straight | upright), best & (~tiles.straight | level)
        across, down = _line(start[use_x, 0], end[use_x, 0]), _line(start[use_y, 1], end[use_y, 1])
        if across is None or down is None:
            return None
        lines = across, down
        best = _agreeing(start, end, heard, tiles, across, down)
    return *lines, best


def _line(start: Matrix, end: Matrix) -> tuple[float, float] | None:
    if len(start) < 3 or float(np.ptp(start)) < 60:
        return None
    slope, offset = np.polyfit(start, end, 1)
    return float(slope), float(offset)


def _agreeing(
    start: Matrix, end: Matrix, heard: Bools, tiles: Tiles, across: tuple[float, float], down: tuple[float, float]
) -> Bools:
    off = end - (start * (across[0], down[0]) + (across[1], down[1]))
    far = np.where(tiles.straight, np.abs((off * tiles.normals).sum(axis=1)), np.hypot(off[:, 0], off[:, 1]))
    return np.asarray(heard & (far <= _AGREE_PX), np.bool_)
