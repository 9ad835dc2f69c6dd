"""Judges zones where they lie in a path's picture: mapped by its framing, without what it leaves out. For the child.

A zone that the picture does not show at all is hidden in it, but only where this very picture proves how it frames the
approved view. Black bars hide nothing: a zone in one is never a PASS. Where shape or bars hint at another framing that
nobody knows, nothing is judged.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from masking.coverage import uncovered_ratio
from masking.looks.together import judge_looks
from masking.model import Polygon, Verdict, Zone
from masking.view.bars import both_sides
from masking.view.framing import Box, bar_boxes, content, framed, inside, is_beside
from masking.view.model import AS_APPROVED, FramingJob, FramingSeen
from masking.view.picture import Bgr
from masking.worker.wire_framing import NOT_SHOWN
from masking.worth.calibrate import calibrate_passed
from masking.worth.sensitivity import Sensitivity

IN_BAR_MOST: Final = 0.02
"""Share of a zone that may lie in a black bar."""

IN_VIEW_LEAST: Final = 0.03
"""Share of a zone that must be shown for a verdict on it: a narrower part is within what a mapping is off by."""

MASK_FILLS: Final = 0.05
"""Share of a dark strip along one edge that a zone may leave for it to be that zone's mask and no bar."""


def judge_zones(
    picture: Bgr,
    zones: Sequence[Zone],
    imprint: bytes = b"",
    asked: FramingJob | None = None,
    seen: FramingSeen | None = None,
) -> tuple[Verdict, ...]:
    """Judge each zone, given in the approved view's frame, where the picture shows it.

    Args:
        picture: Decoded, height x width x 3, BGR.
        zones: As approved, 0..1.
        imprint: That of the picture.
        asked: What was asked about the picture's framing, None for nothing: zones then lie where they are given.
        seen: The answer.
    """
    if asked is None or seen is None:
        return tuple(judge_looks(picture, zone, imprint) for zone in zones)
    if seen.framing is None and (seen.hinted or asked.known not in (None, AS_APPROVED)):
        text = "How this picture frames the approved view is not known, so that no zone can be found in it."
        return tuple(Verdict(zone.name, "UNSURE", "framing-unknown", (), text) for zone in zones)
    bars = _bars(seen, zones)
    return tuple(_judge(picture, zone, imprint, seen, bars) for zone in zones)


def calibrate_zones(
    picture: Bgr,
    zones: Sequence[Zone],
    verdicts: Sequence[Verdict],
    names: Collection[str],
    seen: FramingSeen | None = None,
) -> tuple[Sensitivity | None, ...]:
    """Measure what would have been found in the named zones that pass; nothing where they lie elsewhere than given.

    Arguments as for `judge_zones`, with its answer.
    """
    if seen is not None and seen.framing not in (None, AS_APPROVED):
        return (None,) * len(zones)
    return calibrate_passed(picture, zones, verdicts, names)


def _judge(picture: Bgr, zone: Zone, imprint: bytes, seen: FramingSeen, bars: Sequence[Box]) -> Verdict:
    framing = seen.framing or AS_APPROVED
    if framing == AS_APPROVED:
        found = judge_looks(picture, zone, imprint, seen.state == "found")
        return _both(found, lambda one: _beside_bars(one, zone.polygon, bars))
    polygon, box = framed(framing, zone.polygon), content(seen.bars)
    if is_beside(polygon, box):
        if seen.state != "found":
            text = "The zone should lie outside of what this picture shows, which this picture does not prove."
            return Verdict(zone.name, "UNSURE", "framing-unknown", (), text)
        text = "The zone lies outside of what this picture shows."
        return Verdict(zone.name, "PASS", NOT_SHOWN, (("in_view_ratio", 0.0),), text)
    part = inside(polygon, box)
    in_view = 0.0 if not part else 1 - uncovered_ratio(_whole(polygon), (_whole(part),))
    if in_view < IN_VIEW_LEAST:
        text = "The zone lies at the very edge of what this picture shows."
        return Verdict(zone.name, "UNSURE", "at-edge", (("in_view_ratio", round(in_view, 6)),), text)
    boxes = tuple(framed(framing, box) for box in zone.overlays)
    found = judge_looks(picture, replace(zone, polygon=part, overlays=boxes), imprint)
    shown = ("in_view_ratio", round(in_view, 6))
    return _both(found, lambda one: replace(one, numbers=(*one.numbers, shown)))


def _both(verdict: Verdict, change: Callable[[Verdict], Verdict]) -> Verdict:
    """A verdict changed, and with it that on all looks together."""
    together = verdict.together
    return replace(change(verdict), together=None if together is None else change(together))


def _whole(polygon: Polygon) -> Polygon:
    """A polygon that may reach out of the picture, made smaller as a whole so that areas can be compared."""
    return tuple(((x + 4) / 9, (y + 4) / 9) for x, y in polygon)


def _bars(seen: FramingSeen, zones: Sequence[Zone]) -> tuple[Box, ...]:
    """The bars, in which nothing hides a zone; a strip along one edge may be the mask that a zone asks for."""
    boxes = bar_boxes(seen.bars)
    if both_sides(seen.bars):
        return boxes
    return tuple(box for box in boxes if not any(_leaves(box, zone.polygon) <= MASK_FILLS for zone in zones))


def _leaves(box: Box, polygon: Polygon) -> float:
    left, top, right, bottom = box
    return uncovered_ratio(((left, top), (right, top), (right, bottom), (left, bottom)), (polygon,))


def _beside_bars(verdict: Verdict, polygon: Polygon, bars: Sequence[Box]) -> Verdict:
    corners = [((left, top), (right, top), (right, bottom), (left, bottom)) for left, top, right, bottom in bars]
    in_bar = 1 - uncovered_ratio(polygon, corners) if corners else 0.0
    if verdict.verdict != "PASS" or in_bar <= IN_BAR_MOST:
        return verdict
    text = "The zone lies in a black bar of the picture, where no mask can be told from the bar."
    return Verdict(verdict.zone, "UNSURE", "in-bar", (("in_bar_ratio", round(in_bar, 6)),), text)
