"""Is a zone of a picture hidden? PASS, FAIL or UNSURE, with a reason, numbers and one sentence.

The measures come from `solid.py`, `mosaic.py`, `blur.py` and `border.py`; all thresholds that decide stand here. They
leave a band of UNSURE between PASS and FAIL, for calling a bare zone hidden is the worst error. Whether several
pictures agree, and what follows from a verdict, is decided in the agent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from masking import blur, border, mosaic, solid
from masking.geometry import GeometryError, validate
from masking.model import Verdict, Zone
from masking.raster import Bgr, Region, bend, cut

Decision = Literal["PASS", "FAIL", "UNSURE"]
Numbers = tuple[tuple[str, float], ...]

TEXTURED_MIN = 0.4
TEXTURED_QUARTER_MIN = 0.25
"""Share of the border's cells, and of those of its plainest quarter, that must show texture outside.

Only then does the lack of texture inside prove a mosaic or a blur.
"""

STEP_MIN = 0.7
"""Share of the border's cells at which a solid mask must show a step."""

CONTRAST_MIN = 8.0
OPACITY_MIN = 0.94
"""A solid mask is proven opaque by contrast around it that does not show inside, or by its exact colour."""

REST_CONTRAST_MIN = 0.2
"""Contrast inside over contrast around from which a blur or mosaic is one, and not a thin remainder of the scene."""

MOSAIC_STEP_MIN = 1.2
MOSAIC_FILLED_MIN = 0.6
"""Mean step at the lines, in levels of luma, and share of lines that show: codecs and single edges make grids, too."""

BARE_PASS = 0.45
BARE_FAIL = 0.75
BARE_FAIL_SMALL = 1.15
"""Detail inside over outside along the barest stretch; small pictures ring more, so theirs must be plainer."""

MOSAIC_MIN_BLOCK = 6.0
MOSAIC_BARE_BLOCK = 3.5
"""Blocks, in pixels of a 640 px wide picture, from which a mosaic hides, and up to which it does not."""

BLUR_MIN_SIGMA = 3.0
BLUR_MIN_SIGMA_PX = 2.0
"""Sigma from which a blur hides: in pixels of a 640 px wide picture, and at least so many pixels of the picture."""

_SMALL_SCALE: Final = 0.75
_NOTHING_SEEN: Final = ("no-grid", "no-energy")


@dataclass(frozen=True, slots=True)
class _Opinion:
    decision: Decision
    reason: str
    numbers: Numbers
    text: str


def judge_zone(picture: Bgr, zone: Zone) -> Verdict:
    """Judge one zone of a decoded picture (height x width x 3, BGR).

    A zone whose declared effect is not found, but another one is, is UNSURE `other-effect`: it may well be hidden, yet
    it is not what was declared.
    """
    try:
        validate(zone.polygon)
    except GeometryError as failure:
        return _verdict(zone, _Opinion("UNSURE", "bad-polygon", (), f"The zone cannot be judged: {failure}."))
    region = cut(picture, zone.polygon)
    if region is None:
        text = "The zone has too few pixels in this picture to be judged."
        return _verdict(zone, _Opinion("UNSURE", "too-small", (), text))
    if zone.effect == "any":
        return _verdict(zone, _combine([judge(region, zone.color) for judge in _JUDGES.values()]))
    opinion = _JUDGES[zone.effect](region, zone.color)
    if opinion.decision != "PASS":
        for effect, judge in _JUDGES.items():
            if effect != zone.effect and judge(region, "").decision == "PASS":
                text = f"The zone looks {_LOOKS[effect]}, but it is declared to be {_LOOKS[zone.effect]}."
                return _verdict(zone, _Opinion("UNSURE", "other-effect", opinion.numbers, text))
    return _verdict(zone, opinion)


def _verdict(zone: Zone, opinion: _Opinion) -> Verdict:
    return Verdict(zone.name, opinion.decision, opinion.reason, opinion.numbers, opinion.text)


def _combine(opinions: list[_Opinion]) -> _Opinion:
    """Any effect will do: hidden when one judge says so, bare when all say so.

    A zone that is mostly of one flat colour is a solid mask or none: to the other judges, a displaced solid mask may
    look like theirs, so their PASS is not enough there, and when they see nothing of theirs the first one decides.
    """
    first, *others = opinions
    seen = dict(first.numbers)
    passed = [opinion for opinion in opinions if opinion.decision == "PASS"]
    if seen["covered_ratio"] >= 0.6 and seen["usual_residue"] <= 0.5:
        if passed and passed[0] is not first:
            text = "The zone is mostly of one colour, yet not wholly; which effect hides it cannot be told."
            return _Opinion("UNSURE", "not-clean", first.numbers, text)
        nothing_else = all(opinion.decision == "FAIL" or opinion.reason in _NOTHING_SEEN for opinion in others)
        if nothing_else and first.reason == "partly-covered" and seen["border_step_ratio"] >= 0.35:
            return first
    for opinion in (*passed, *(opinion for opinion in opinions if opinion.decision == "UNSURE")):
        return opinion
    return first


def _judge_solid(region: Region, color: str) -> _Opinion:
    seen = solid.measure(region, color)
    inside, contrast = border.contrasts(region)
    edge = border.measure(region, bend(region.luma))
    numbers = _numbers(
        covered_ratio=seen.covered_ratio,
        worst_cell_ratio=seen.worst_cell_ratio,
        residue=seen.residue,
        usual_residue=seen.usual_residue,
        drift=seen.drift,
        color_off=seen.color_off,
        opacity=seen.opacity,
        contrast_around=contrast,
        border_step_ratio=edge.step_ratio,
    )
    covered = f"{seen.covered_ratio:.0%} of the zone is of one colour"
    if seen.covered_ratio < 0.965 or seen.worst_cell_ratio < 0.5:
        # A zone drawn along an object's own outline has a step all around, too; but a mask takes contrast away.
        if edge.step_ratio >= 0.85 and seen.usual_residue >= 0.4 and inside < 0.9 * contrast:
            text = f"The zone is toned, but the scene shows through ({covered})."
            return _Opinion("FAIL", "translucent", numbers, text)
        if seen.covered_ratio < 0.6:
            return _Opinion("FAIL", "not-hidden", numbers, f"The zone shows the scene: only {covered}.")
        text = f"Only a part of the zone is hidden: {covered}, its worst cell {seen.worst_cell_ratio:.0%}."
        return _Opinion("FAIL", "partly-covered", numbers, text)
    if seen.residue >= 1.6 or seen.drift >= 2.2:
        if edge.step_ratio >= STEP_MIN:
            text = f"The scene shows through the mask: contrast {seen.residue:.1f} is left where it should be none."
            return _Opinion("FAIL", "translucent", numbers, text)
        text = "The zone is nearly of one colour, but neither flat like a mask nor set off from its surroundings."
        return _Opinion("UNSURE", "no-texture", numbers, text)
    if edge.cells == 0:
        text = "The zone is of one colour, but it fills the picture, so that no border proves a mask."
        return _Opinion("UNSURE", "no-border", numbers, text)
    if edge.step_ratio < STEP_MIN:
        text = f"The zone is flat, but only {edge.step_ratio:.0%} of its border shows: it may be bare, dark or empty."
        return _Opinion("UNSURE", "no-texture", numbers, text)
    if seen.covered_ratio < 0.975 or seen.worst_cell_ratio < 0.75 or seen.residue > 0.7 or seen.drift > 0.9:
        text = f"The zone is nearly, but not wholly, of one colour ({covered}, contrast {seen.residue:.1f} left)."
        return _Opinion("UNSURE", "not-clean", numbers, text)
    if contrast < CONTRAST_MIN and seen.opacity < OPACITY_MIN:
        text = "The zone is flat, but so are its surroundings: a translucent mask would look the same."
        return _Opinion("UNSURE", "no-texture", numbers, text)
    if seen.color_off > 1:
        return _Opinion("UNSURE", "other-color", numbers, "The zone is of one colour, but not of the declared one.")
    return _Opinion("PASS", "solid", numbers, f"The zone is hidden by one solid colour ({covered}).")


def _judge_mosaic(region: Region, color: str) -> _Opinion:
    grid = mosaic.measure(region)
    detail = bend(region.luma)
    detail[grid.lines_map] = np.nan
    edge = border.measure(region, detail)
    leak = border.leak_ratio(region, detail)
    numbers = _numbers(
        block_px=grid.block_px,
        line_contrast=min(grid.contrast, 999.0),
        line_step=grid.step,
        filled_ratio=grid.filled_ratio,
        lines=grid.lines,
        leak_ratio=leak,
        bare_stretch=edge.bare_stretch,
        hidden_border_ratio=edge.hidden_ratio,
        textured_border_ratio=edge.textured_ratio,
    )
    blocks = f"blocks of {grid.block_px:.0f} px at 640 px width"
    if grid.contrast >= 1.6 and grid.lines >= 12 and 0 < grid.block_px <= MOSAIC_BARE_BLOCK and leak >= 0.02:
        return _Opinion("FAIL", "mosaic-too-fine", numbers, f"The zone is a mosaic whose {blocks} hide nothing.")
    if leak >= 0.8 or (leak >= 0.35 and grid.contrast < 3.5) or (leak >= 0.12 and grid.contrast < 2.5):
        return _Opinion(
            "FAIL", "not-hidden", numbers, f"The zone shows the scene: {leak:.0%} of it has the scene's detail."
        )
    # In small pictures, blocks smaller than the codec's ring all over: their detail is not the scene's.
    rings = region.scale < _SMALL_SCALE and grid.contrast >= 3.5 and region.px(grid.block_px) < 8
    if _is_bare(region, edge, leak) and not rings:
        return _Opinion("FAIL", "partly-covered", numbers, _bare_text(edge))
    inside, around = border.contrasts(region)
    if grid.contrast < 4 or grid.lines < 3 or grid.step < MOSAIC_STEP_MIN or grid.filled_ratio < MOSAIC_FILLED_MIN:
        return _Opinion("UNSURE", "no-grid", numbers, "No clear grid of blocks is seen in the zone.")
    if _is_plain(edge):
        return _no_texture(edge, numbers)
    if grid.block_px < MOSAIC_MIN_BLOCK:
        return _Opinion("UNSURE", "mosaic-fine", numbers, f"The zone is a mosaic, but its {blocks} are small.")
    if leak > 0.02 or edge.bare_stretch > BARE_PASS or edge.hidden_ratio < 0.75 or inside < REST_CONTRAST_MIN * around:
        return _unclean(numbers)
    return _Opinion("PASS", "mosaic", numbers, f"The zone is hidden by a mosaic with {blocks}.")


def _judge_blur(region: Region, color: str) -> _Opinion:
    soft = blur.measure(region)
    detail = bend(region.luma)
    edge = border.measure(region, detail)
    leak = border.leak_ratio(region, detail)
    numbers = _numbers(
        sigma_px=soft.sigma_px,
        energy=soft.energy,
        leak_ratio=leak,
        bare_stretch=edge.bare_stretch,
        hidden_border_ratio=edge.hidden_ratio,
        textured_border_ratio=edge.textured_ratio,
    )
    least = max(BLUR_MIN_SIGMA, BLUR_MIN_SIGMA_PX / region.scale)
    sigma = f"sigma {soft.sigma_px:.1f} px at 640 px width"
    if leak >= 0.35:
        return _Opinion(
            "FAIL", "not-hidden", numbers, f"The zone shows the scene: {leak:.0%} of it has the scene's detail."
        )
    if _is_bare(region, edge, leak):
        return _Opinion("FAIL", "partly-covered", numbers, _bare_text(edge))
    if soft.energy >= 0.3 and soft.sigma_px < 0.75 * least and edge.textured_ratio >= 0.2:
        return _Opinion("FAIL", "blur-too-weak", numbers, f"The zone is hardly blurred ({sigma}).")
    if soft.energy < 0.06:
        return _Opinion("UNSURE", "no-energy", numbers, "The zone is so flat that no blur can be measured in it.")
    if _is_plain(edge):
        return _no_texture(edge, numbers)
    if soft.sigma_px < 1.15 * least:
        return _Opinion("UNSURE", "blur-weak", numbers, f"The zone may be blurred, but only weakly ({sigma}).")
    inside, around = border.contrasts(region)
    if leak > 0.06 or edge.bare_stretch > 0.5 or edge.hidden_ratio < 0.6 or inside < REST_CONTRAST_MIN * around:
        return _unclean(numbers)
    return _Opinion("PASS", "blur", numbers, f"The zone is hidden by a blur ({sigma}), its surroundings are sharp.")


def _is_bare(region: Region, edge: border.Border, leak: float) -> bool:
    """Whether a stretch of the border does not show: the effect lies elsewhere, or ends before the zone does."""
    if region.scale >= _SMALL_SCALE:
        return edge.bare_stretch >= BARE_FAIL and leak >= 0.02
    return edge.bare_stretch >= BARE_FAIL_SMALL and leak >= 0.05


def _is_plain(edge: border.Border) -> bool:
    return edge.textured_ratio < TEXTURED_MIN or edge.textured_quarter_ratio < TEXTURED_QUARTER_MIN


def _bare_text(edge: border.Border) -> str:
    goes_on = min(edge.bare_stretch, 1)
    return f"A part of the zone is bare: along one stretch of its border {goes_on:.0%} of the detail goes on."


def _no_texture(edge: border.Border, numbers: Numbers) -> _Opinion:
    text = (
        f"Only {edge.textured_ratio:.0%} of the zone's surroundings have texture: too little to tell hidden from empty."
    )
    return _Opinion("UNSURE", "no-texture", numbers, text)


def _unclean(numbers: Numbers) -> _Opinion:
    text = "The effect is seen, but some detail is left inside the zone or along its border."
    return _Opinion("UNSURE", "not-clean", numbers, text)


def _numbers(**values: float) -> Numbers:
    return tuple((name, round(float(value), 3)) for name, value in values.items())


_JUDGES: Final[dict[str, Callable[[Region, str], _Opinion]]] = {
    "color": _judge_solid,
    "pixelated": _judge_mosaic,
    "blurred": _judge_blur,
}

_LOOKS: Final = {"color": "covered by one colour", "pixelated": "pixelated", "blurred": "blurred"}
