"""Compares a picture with the approved view: `still`, `moved` (turned, zoomed) or `unknown`.

Tiles of both pictures are compared one by one, and a similarity is searched that many of them obey (`tiles.py`):
people, cars and shadows move single tiles, the camera moves all. Where tiles find nothing, or a large move, features
(ORB on evened-out contrast) or the picture as a whole propose one, and tiles must confirm it on the picture moved back.
`persistence.py` combines several pictures, `zones.py` measures what a move uncovers.

Source: Rublee et al. 2011 (ORB).
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from masking.model import Polygon
from masking.view import baseline
from masking.view.baseline import BaselineError, Descriptor
from masking.view.edges import DARK, PLAIN, Sight, log_gradient
from masking.view.model import LightMode, Movement, ViewJob, ViewSeen, ViewState
from masking.view.picture import LEAST_SIDE_PX, Bgr, Grey, excluded_area, grey_array, grey_of
from masking.view.picture import light_mode as light_of
from masking.view.tiles import AGREEING_MIN, EXCLUDED_MAX, TILES_MIN, Fit, Floats, Matrix, fit, plausible, usable

MOVED_PX: Final = 2.5
"""The farthest corner must have gone so far, in pixels of a picture 640 long: 0.39 per cent."""

MOVED_HEARD_MIN: Final = 0.5
"""The share of tiles found again that must agree for a move.

A camera moves all tiles; a large tree in the wind moves up to half of them, and all alike."""

OTHER_LIGHT_PX: Final = 16.0
"""From so far a move counts across the infrared filter too, in pixels of a picture 640 long: 2.5 per cent.

The filter that a camera swings in shifts and refocuses a picture by far less."""

OTHER_SCENE: Final = "other-scene"
"""Why a picture is unknown that has texture enough of its own, of which nothing is found in the approved view."""

CHANCE_MOST: Final = 0.15
"""Share of tiles up to which agreement is chance: two scenes have that in common."""

OWN_TEXTURE_MIN: Final = 0.5
"""Share of the approved view's tiles with texture that a picture must have for it to show another scene.

Tiles with one straight line only do not count: they are the edge of a hand before the lens."""

STEADY_AGREEING_MIN: Final = 0.6
"""Share of the tiles with texture that must agree in each picture of a background before it is used."""

FAR_PX: Final = 18.0
"""A move that is larger is confirmed on the picture moved back: tiles that overlap by less find chance."""

_FEATURES = 1500
_FEATURES_MIN = 12
_MATCH_RATIO = 0.8
_FEATURE_PX = 3.0


def compare(
    picture: Bgr, references: Sequence[bytes], excluded: Sequence[Polygon] = (), derived: Sequence[bytes] = ()
) -> ViewSeen:
    """Compare a decoded picture (height x width x 3, BGR) with the approved view.

    Args:
        picture: Any size; its shape must be that of the reference.
        references: Encoded descriptors, at most one per light mode. The one of the picture's own light is used, else
            the nearest. Between infrared and colours it can show that the camera stands still, but a move that it
            shows is `unknown` `other-light`: the filter that a camera swings in shifts the picture by itself.
        excluded: Masks and overlays, as polygons in 0..1.
        derived: References that the approved ones have proved. One is used for its own light, where none was approved
            in that; a damaged one is passed over.
    """
    light = light_of(picture, excluded)
    aspect = picture.shape[1] / picture.shape[0]
    reference, reason = nearest(references, light)
    if reference is None:
        return ViewSeen("unknown", reason, light, None, 0.0, 0, aspect)
    if reference.light != light:
        reference = next(
            (one for one in map(baseline.decode_or_none, derived) if one and one.light == light), reference
        )
    return _judge(reference, grey_of(picture), light, excluded, aspect)


def compare_position(picture: Bgr, view: ViewJob) -> ViewSeen:
    """Compare a picture with one of several views between which a camera turns: is this the one it shows?

    A picture of another shape is stretched to that of the reference: a sub-stream is often squeezed. A far move is not
    searched: a turned-away camera is `unknown` (`no-match`), and only `still` proves the position.
    """
    light = light_of(picture, view.excluded)
    aspect = picture.shape[1] / picture.shape[0]
    reference, reason = nearest(view.references, light)
    if reference is None:
        return ViewSeen("unknown", reason, light, None, 0.0, 0, aspect)
    grey, size = grey_of(picture), (reference.width_px, reference.height_px)
    if (grey.shape[1], grey.shape[0]) != size and min(grey.shape) >= LEAST_SIDE_PX:
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _judge(reference, grey, light, view.excluded, aspect, far=False)


def nearest(references: Sequence[bytes], light: LightMode) -> tuple[Descriptor | None, str]:
    """Return the reference whose light is nearest, or None and why there is none."""
    try:
        descriptors = [_reference_of(data) for data in references]
    except BaselineError:
        return None, "bad-reference"
    if not descriptors:
        return None, "no-reference"
    return min(descriptors, key=lambda one: _light_distance(light, one.light)), ""


_reference_of = lru_cache(maxsize=4)(baseline.decode)
"""Cached for further pictures of the camera in one look: each is compared with the same references."""


def steady(background: Descriptor, pictures: Sequence[Descriptor], excluded: Sequence[Polygon] = ()) -> bool:
    """Return whether a background is usable: each picture that it was made of is plainly still in it.

    Otherwise moving things fill the view (a conveyor, a tree before the lens), and moves would be made up: it is
    unsupervised.
    """
    aspect = background.width_px / background.height_px
    seen = [_judge(background, grey_array(one), one.light, excluded, aspect) for one in pictures]
    return bool(seen) and all(one.state == "still" and one.agreeing_ratio >= STEADY_AGREEING_MIN for one in seen)


def _judge(
    reference: Descriptor, grey: Grey, light: LightMode, excluded: Sequence[Polygon], aspect: float, far: bool = True
) -> ViewSeen:
    found, reason = _find(reference, grey, excluded, far)
    if (found is None or not found.proven) and reference.light != "day" and reason in ("no-texture", "no-match"):
        dark, why = _find(reference, grey, excluded, far, DARK)
        found, reason = (dark, why) if dark is not None and dark.proven else (found, reason)
    if far and reason == "no-match" and reference.light == light and _is_other_scene(reference, grey, excluded, found):
        return ViewSeen(
            "unknown", OTHER_SCENE, light, reference.light, found.agreeing_ratio if found else 0.0, 0, aspect
        )
    if found is None:
        return ViewSeen("unknown", reason, light, reference.light, 0.0, 0, aspect)
    shape = (reference.height_px, reference.width_px)
    far_px = _farthest_px(found.matrix, shape)
    state: ViewState = "moved" if far_px >= MOVED_PX else "still"
    if not found.proven:
        state, reason = "unknown", "one-sided" if found.agreeing_ratio >= AGREEING_MIN else "few-agree"
    elif state == "moved" and found.heard_ratio < MOVED_HEARD_MIN:
        state, reason = "unknown", "few-agree"
    elif state == "moved" and far_px < OTHER_LIGHT_PX and (reference.light == "infrared") != (light == "infrared"):
        state, reason = "unknown", "other-light"
    movement = _movement(found.matrix, shape)
    return ViewSeen(state, reason, light, reference.light, found.agreeing_ratio, found.quadrants, aspect, movement)


def _is_other_scene(reference: Descriptor, grey: Grey, excluded: Sequence[Polygon], found: Fit | None) -> bool:
    """Tell whether a picture shows as much as the approved view does, and nothing of it.

    A lens that is covered, fogged or out of focus shows little; one before which something stands shows the rest.
    """
    if found is not None and found.agreeing_ratio > CHANCE_MOST:
        return False
    approved = grey_array(reference)
    if approved.shape != grey.shape:
        return False
    left_out = excluded_area((approved.shape[0], approved.shape[1]), excluded)
    shown = (~left_out).astype(np.uint8)
    own, there = (
        int(np.count_nonzero(~usable(log_gradient(one, left_out), shown).straight)) for one in (grey, approved)
    )
    return own >= max(TILES_MIN, OWN_TEXTURE_MIN * there)


def _light_distance(light: LightMode, other: LightMode) -> int:
    """0 for the same light; colours or not is a smaller difference than day or night under a lamp."""
    return 0 if light == other else 1 if "infrared" in (light, other) else 2


def _find(
    reference: Descriptor, grey: Grey, excluded: Sequence[Polygon], far: bool, sight: Sight = PLAIN
) -> tuple[Fit | None, str]:
    """The similarity from reference to picture and its method, or None and why; `far`: search beyond FAR_PX, slowly."""
    approved = grey_array(reference)
    if min(*approved.shape, *grey.shape) < LEAST_SIDE_PX:
        return None, "too-small"
    if abs(approved.shape[0] - grey.shape[0]) > 8 or abs(approved.shape[1] - grey.shape[1]) > 8:
        return None, "other-shape"
    if approved.shape != grey.shape:
        size = (approved.shape[1], approved.shape[0])
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    left_out = excluded_area((approved.shape[0], approved.shape[1]), excluded)
    before, after = log_gradient(approved, left_out, sight), log_gradient(grey, left_out, sight)
    shown = (~left_out).astype(np.uint8)
    tiles = usable(before, shown)
    if len(tiles.corners) < TILES_MIN:
        return None, "excluded" if float(shown.mean()) < 1 - EXCLUDED_MAX else "no-texture"
    first = fit(before, after, tiles, (approved.shape[1] / 2, approved.shape[0] / 2))
    if first is not None and first.proven and _farthest_px(first.matrix, approved.shape) <= FAR_PX:
        return first, "tiles"
    if not far:
        return None, "no-match"
    best = first
    proposals = [_features(approved, grey, shown), _whole(before, after), None if first is None else first.matrix]
    for method, proposal in zip(("features", "whole", "tiles"), proposals, strict=True):
        if proposal is not None:
            confirmed = _confirm(before, after, shown, proposal)
            if confirmed is not None and confirmed.proven:
                return confirmed, method
            if confirmed is not None and (best is None or confirmed.agreeing_ratio > best.agreeing_ratio):
                best = confirmed
    return best, "no-match"


def _features(approved: Grey, grey: Grey, shown: Grey) -> Matrix | None:
    """A similarity that the pictures' features propose; it is proven by nothing yet."""
    even = cv2.createCLAHE(3.0, (8, 8))
    finder = cv2.ORB.create(_FEATURES)
    points, words = zip(*(finder.detectAndCompute(even.apply(one), shown) for one in (approved, grey)), strict=True)
    if any(one is None or len(one) < _FEATURES_MIN for one in words):
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(words[0], words[1], 2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _MATCH_RATIO * pair[1].distance]
    if len(good) < _FEATURES_MIN:
        return None
    start = np.array([points[0][one.queryIdx].pt for one in good], np.float64)
    end = np.array([points[1][one.trainIdx].pt for one in good], np.float64)
    matrix, agreeing = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=_FEATURE_PX, maxIters=2000, confidence=0.999
    )
    if matrix is None or not plausible(np.asarray(matrix, np.float64)) or int(agreeing.sum()) < _FEATURES_MIN:
        return None
    return np.asarray(matrix, np.float64)


def _whole(before: Floats, after: Floats) -> Matrix:
    """The shift that the pictures as a whole propose: a camera that was pushed aside leaves little for features."""
    size = (before.shape[1] // 2, before.shape[0] // 2)
    halves = [np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.float32) for one in (before, after)]
    window = np.asarray(cv2.createHanningWindow(size, cv2.CV_32F), np.float32)
    (right, down), _ = cv2.phaseCorrelate(halves[0], halves[1], window)
    return np.nan_to_num(np.array(((1, 0, 2 * right), (0, 1, 2 * down)), np.float64))


def _confirm(before: Floats, after: Floats, shown: Grey, proposal: Matrix) -> Fit | None:
    """Move the picture back as proposed, and fit the rest of the move by the tiles that both pictures show."""
    height, width = before.shape
    back = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    moved = np.asarray(cv2.warpAffine(after, proposal, (width, height), flags=back), np.float32)
    both = cv2.warpAffine(shown, proposal, (width, height), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST) * shown
    nowhere = both == 0
    if nowhere.all():
        return None
    here, there = before.copy(), moved
    here[nowhere], there[nowhere] = 0, 0
    tiles = usable(here, np.asarray(both, np.uint8))
    columns, rows = np.flatnonzero(both.any(axis=0)), np.flatnonzero(both.any(axis=1))
    rest = fit(here, there, tiles, ((columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2))
    if rest is None:
        return None
    whole = np.vstack([proposal, (0, 0, 1)]) @ np.vstack([rest.matrix, (0, 0, 1)])
    return Fit(np.asarray(whole[:2], np.float64), rest.agreeing_ratio, rest.heard_ratio, rest.quadrants, rest.tiles)


def _farthest_px(matrix: Matrix, shape: tuple[int, ...]) -> float:
    """How far the corner that moved most went, in pixels."""
    height, width = shape[:2]
    corners = np.array(((0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)), np.float64)
    return float(np.hypot(*(corners @ matrix.T - corners[:, :2]).T).max())


def _movement(matrix: Matrix, shape: tuple[int, ...]) -> Movement:
    height, width = shape[:2]
    centre = np.array((width / 2, height / 2, 1), np.float64)
    right, down = (matrix @ centre - centre[:2]).tolist()
    return Movement(
        right_percent=100 * right / width,
        down_percent=100 * down / width,
        rotation_deg=math.degrees(math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))),
        zoom_percent=100 * (math.hypot(float(matrix[0, 0]), float(matrix[1, 0])) - 1),
        largest_percent=100 * _farthest_px(matrix, shape) / width,
    )
