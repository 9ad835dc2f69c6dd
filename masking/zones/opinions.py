"""Decides for each effect from the measures of a zone: a decision, its reason, its numbers and one sentence.

All limits are here and in `possible.py`. The forest gives the odds; the rules name the reason in readable terms, and
overrule the forest where something is certain: a rule can forbid a pass, and without a sign of bare scene nothing
fails. Between PASS and FAIL lies UNSURE, for calling a bare zone hidden is the worst error.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from masking.model import Effect, Zone
from masking.zones import features, possible
from masking.zones.features import ZoneMeasures
from masking.zones.fills import FRAME_MIN
from masking.zones.forest import FAIL_TO, FORESTS, PASS_FROM

Decision = Literal["PASS", "FAIL", "UNSURE"]
Numbers = tuple[tuple[str, float], ...]

TEXTURED_MIN = 0.2
SIDE_TEXTURED_MIN = 1.0
"""Share of the border's cells that must show texture outside, and detail (levels) along the side that has least of it.

With less, neither a mosaic nor a blur can be distinguished from an empty place, and an undecided zone is `no-texture`.
"""

THIN_PX = 16.0
THIN_COVERED_MIN = 0.6
THIN_FLAT_MIN = 0.99
"""Below this width (at 640 px) what is mostly hidden (all, without a plain frame) does not fail for a codec's smear."""

OTHER_COLOR_MIN = 25.0
"""So far (levels) a flat zone must lie from every mixture of the declared colour with the scene to be of another
one."""

CONTRAST_MIN = 8.0
OPACITY_MIN = 0.94
"""A solid mask is proven opaque by contrast around it that does not show inside, or by its exact colour."""

MOSAIC_MIN_BLOCK = 6.0
MOSAIC_BARE_BLOCK = 3.5
"""Blocks, in pixels of a 640 px wide picture, from which a mosaic hides, and up to which it does not."""

MOSAIC_TOLERANCE = 0.9
"""A block is measured to a quarter of a pixel, and scaled by cameras to whole ones."""

CONTINUITY_MIN = 0.0
"""A mosaic or blur keeps the brightness of the scene, which mostly goes on beyond its border. Only what runs against it
is no mask: under a mask that lies just over a window, as many do, it may have little to do with what is around."""

GRID_AROUND_MAX = 0.3
"""Share of the grid's gradient that its lines may add around the zone; a mosaic ends at its border."""

CODEC_STEP_MIN = 2.5
"""Mean gradient on the lines, in levels, from which quantization on the codec's own grid does not explain them."""

CLEAR_ODDS = 1.0
"""Log odds from which a forest that is not quite sure follows the readable signs of a clear mosaic or blur."""

BLUR_MIN_SIGMA = 3.0
"""Sigma from which a blur hides, in pixels of a 640 px wide picture."""

BARE_LEAK = 0.35
"""Share of a zone that must show the scene's detail for it to be called bare all over, or a mosaic too fine."""

EVIDENT_LEAK = 0.05
EVIDENT_STRETCH = 0.3
SOFT_LEAK = 0.1
"""Without such a sign of bare scene, inside or along a side, nothing fails for a bare part: low odds alone say that no
effect is proven, as where a mask goes on beyond the zone. A zone soft among soft surroundings has none to SOFT_LEAK."""

THIN_LEAK = 0.7
THIN_TEXTURED = 0.65
"""In a thin zone a mosaic's own lines are most of what is seen: where no grid is found, so much of it must have the
scene's detail, beside so much of the border, for it to be bare."""

POOR_FLAT = 0.45
"""Share of the surroundings' pixels without any detail from which a picture counts as coded with too few bits."""

_PASS_ODDS: Final = math.log(PASS_FROM / (1 - PASS_FROM)) + 1e-3
NOTHING_SEEN: Final = ("no-grid", "no-energy")


@dataclass(frozen=True, slots=True)
class Opinion:
    """One judge's answer; its parts as in `model.Verdict`."""

    decision: Decision
    reason: str
    numbers: Numbers
    text: str


def _judge_solid(seen: ZoneMeasures, zone: Zone) -> Opinion:
    solid, edge, detail = seen.solid, seen.border, seen.detail
    odds = FORESTS["color"].log_odds(features.color_numbers(seen))
    numbers = _numbers(
        odds,
        covered_ratio=solid.covered_ratio,
        worst_cell_ratio=solid.worst_cell_ratio,
        residue=solid.residue,
        usual_residue=solid.usual_residue,
        drift=solid.drift,
        color_off=solid.color_off,
        opacity=solid.opacity,
        contrast_around=detail.contrast_around,
        border_step_ratio=edge.step_ratio,
        bare_side_ratio=solid.side_unlike_ratio,
    )
    covered = f"{solid.covered_ratio:.0%} of the zone is of one colour"
    patchy = solid.covered_ratio < possible.COVERED_MIN or solid.worst_cell_ratio < possible.WORST_CELL_MIN
    uneven = solid.residue >= 1.6 or solid.drift >= 2.2
    probability = numbers[0][1]
    if probability <= FAIL_TO:
        if not (patchy or uneven or solid.color_off > 1) and edge.step_ratio < possible.STEP_MIN:
            text = "The zone is of one colour, but it is not set off from its surroundings: it may be bare or empty."
            return Opinion("UNSURE", "no-texture", numbers, text)
        if not (patchy or uneven) and solid.mixture_off > OTHER_COLOR_MIN:
            return Opinion("UNSURE", "other-color", numbers, _OTHER_COLOR)
        if seen.is_other_fill:
            return Opinion("UNSURE", "other-fill", numbers, _OTHER_FILL)
        least = THIN_COVERED_MIN if seen.frame.least >= FRAME_MIN else THIN_FLAT_MIN
        if _is_thin(seen) and solid.covered_ratio >= least:
            return Opinion("UNSURE", "too-small", numbers, _THIN)
        return _bare_solid(seen, numbers, covered, patchy)
    if edge.cells < 3:
        text = "The zone is of one colour, but it fills the picture, so that no border proves a mask."
        return Opinion("UNSURE", "no-border", numbers, text)
    if not patchy and edge.step_ratio < possible.STEP_MIN:
        text = f"The zone is flat, but only {edge.step_ratio:.0%} of its border shows: it may be bare, dark or empty."
        return Opinion("UNSURE", "no-texture", numbers, text)
    if not patchy and detail.contrast_around < CONTRAST_MIN and solid.opacity < OPACITY_MIN:
        text = "The zone is flat, but so are its surroundings: a translucent mask would look the same."
        return Opinion("UNSURE", "no-texture", numbers, text)
    if solid.color_off > 1 and not patchy:
        return Opinion("UNSURE", "other-color", numbers, _OTHER_COLOR)
    if probability < PASS_FROM or patchy:
        text = f"The zone is nearly, but not surely, of one colour ({covered}, contrast {solid.residue:.1f} left)."
        return Opinion("UNSURE", "low-bitrate" if _is_poor(seen) else "not-clean", numbers, text)
    return Opinion("PASS", "solid", numbers, f"The zone is hidden by one solid colour ({covered}).")


def _bare_solid(seen: ZoneMeasures, numbers: Numbers, covered: str, patchy: bool) -> Opinion:
    """Name what is wrong with a zone that is not hidden by one colour."""
    solid, edge, detail = seen.solid, seen.border, seen.detail
    if not patchy:
        if solid.side_unlike_ratio >= 0.5:
            text = f"Along one side a strip of the zone is bare; else {covered}."
            return Opinion("FAIL", "partly-covered", numbers, text)
        text = f"The scene shows through the mask: contrast {solid.residue:.1f} is left where it should be none."
        return Opinion("FAIL", "translucent", numbers, text)
    # A zone drawn along an object's own outline has a step all around, too; but a mask takes contrast away.
    toned = detail.contrast_inside < 0.9 * detail.contrast_around
    if edge.step_ratio >= 0.85 and solid.usual_residue >= 0.4 and toned:
        return Opinion("FAIL", "translucent", numbers, f"The zone is toned, but the scene shows through ({covered}).")
    if solid.covered_ratio < 0.6:
        return Opinion("FAIL", "not-hidden", numbers, f"The zone shows the scene: only {covered}.")
    text = f"Only a part of the zone is hidden: {covered}, its worst cell {solid.worst_cell_ratio:.0%}."
    return Opinion("FAIL", "partly-covered", numbers, text)


def _judge_mosaic(seen: ZoneMeasures, zone: Zone) -> Opinion:
    grid, edge = seen.mosaic, seen.border
    odds = FORESTS["pixelated"].log_odds(features.pixelated_numbers(seen))
    if odds > CLEAR_ODDS and _is_clear_mosaic(seen):
        odds = max(odds, _PASS_ODDS)
    numbers = _numbers(
        odds,
        block_px=grid.block_px,
        line_contrast=min(grid.contrast, 999.0),
        line_step=grid.step,
        filled_ratio=grid.filled_ratio,
        lines=grid.lines,
        leak_ratio=seen.rest.leak_ratio,
        bare_strip_ratio=seen.lines.strip.ratio,
        bare_stretch=edge.bare_stretch,
        hidden_border_ratio=edge.hidden_ratio,
        textured_border_ratio=edge.textured_ratio,
    )
    blocks = f"blocks of {grid.block_px:.0f} px at 640 px width"
    is_grid = grid.contrast >= 2 and grid.lines >= 3 and grid.block_px > 0
    fine = is_grid and grid.lines >= 12 and grid.block_px <= MOSAIC_BARE_BLOCK and seen.rest.leak_ratio >= BARE_LEAK
    if fine and numbers[0][1] < PASS_FROM:
        return Opinion("FAIL", "mosaic-too-fine", numbers, f"The zone is a mosaic whose {blocks} hide nothing.")
    if numbers[0][1] <= FAIL_TO and not _is_bare_of_all(seen, seen.rest.leak_ratio):
        is_plain = seen.rest.leak_ratio >= THIN_LEAK and edge.textured_ratio >= THIN_TEXTURED
        if _is_thin(seen) and grid.lines < 3 and not is_plain:
            return Opinion("UNSURE", "too-small", numbers, _THIN)
        return _bare_soft(seen, numbers, seen.rest.leak_ratio)
    if grid.contrast < possible.GRID_CONTRAST_MIN or grid.lines < possible.GRID_LINES_MIN or grid.block_px <= 0:
        return _unsure(seen, numbers, "no-grid", "No clear grid of blocks is seen in the zone.")
    if numbers[0][1] < PASS_FROM or seen.rest.leak_ratio >= possible.LEAK_MOST:
        return _unsure(seen, numbers, "not-clean", _UNCLEAN)
    if _shows_nothing(seen):
        return _unsure(seen, numbers, "no-texture", _UNCLEAN)
    if seen.frame.continuity < CONTINUITY_MIN:
        return Opinion("UNSURE", "other-content", numbers, _OTHER_CONTENT)
    if seen.grid_around.ratio >= GRID_AROUND_MAX:
        text = "The zone shows a grid of blocks, but so do its surroundings: it may be a tiled wall, or the codec's."
        return Opinion("UNSURE", "grid-around", numbers, text)
    if seen.grid_around.is_codec and grid.step < CODEC_STEP_MIN:
        text = "The zone shows a faint grid of blocks just where the codec has its own: it may be a bare, dull surface."
        return Opinion("UNSURE", "codec-grid", numbers, text)
    if grid.block_px < zone.least_block_ratio * seen.shorter_side_px:
        text = f"The zone is a mosaic, but its {blocks} are smaller than the policy's least."
        return Opinion("FAIL", "mosaic-too-fine", numbers, text)
    if grid.block_px < MOSAIC_MIN_BLOCK * MOSAIC_TOLERANCE:
        return Opinion("UNSURE", "mosaic-fine", numbers, f"The zone is a mosaic, but its {blocks} are small.")
    return Opinion("PASS", "mosaic", numbers, f"The zone is hidden by a mosaic with {blocks}.")


def _is_clear_mosaic(seen: ZoneMeasures) -> bool:
    """Whether all that is readable speaks for a whole mosaic: a plain grid, nothing beside its lines, no bare strip."""
    grid, strip = seen.mosaic, seen.lines.strip
    is_plain = grid.contrast >= 8 and grid.lines >= 4 and seen.rest.leak_ratio <= 0.05
    return is_plain and strip.ratio <= 0.3 and strip.hides >= 0.5


def _judge_blur(seen: ZoneMeasures, zone: Zone) -> Opinion:
    soft, edge, detail = seen.blur, seen.border, seen.detail
    odds = FORESTS["blurred"].log_odds(features.blurred_numbers(seen))
    if odds > CLEAR_ODDS and _is_clear_blur(seen):
        odds = max(odds, _PASS_ODDS)
    numbers = _numbers(
        odds,
        sigma_px=soft.sigma_px,
        energy=soft.energy,
        sigma_around_px=soft.ring_sigma_px,
        leak_ratio=detail.leak_ratio,
        bare_strip_ratio=edge.sides.bend_strip.ratio,
        bare_stretch=edge.bare_stretch,
        hidden_border_ratio=edge.hidden_ratio,
        textured_border_ratio=edge.textured_ratio,
    )
    sigma = f"sigma {soft.sigma_px:.1f} px at 640 px width"
    if numbers[0][1] <= FAIL_TO and not (_is_bare_of_all(seen, detail.leak_ratio) or _is_soft_around(seen)):
        if soft.energy >= 0.3 and soft.sigma_px < 0.75 * BLUR_MIN_SIGMA and detail.leak_ratio < 0.35:
            return Opinion("FAIL", "blur-too-weak", numbers, f"The zone is hardly blurred ({sigma}).")
        return _bare_soft(seen, numbers, detail.leak_ratio)
    if soft.energy < possible.ENERGY_MIN:
        return _unsure(seen, numbers, "no-energy", "The zone is so flat that no blur can be measured in it.")
    if numbers[0][1] < PASS_FROM or detail.leak_ratio >= possible.LEAK_MOST:
        return _unsure(seen, numbers, "not-clean", _UNCLEAN)
    if _shows_nothing(seen):
        return _unsure(seen, numbers, "no-texture", _UNCLEAN)
    if seen.frame.continuity < CONTINUITY_MIN:
        return Opinion("UNSURE", "other-content", numbers, _OTHER_CONTENT)
    if soft.sigma_px < zone.least_sigma_ratio * seen.shorter_side_px:
        text = f"The zone is blurred, but less than the policy's least ({sigma})."
        return Opinion("FAIL", "blur-too-weak", numbers, text)
    if soft.sigma_px < 0.6 * BLUR_MIN_SIGMA:
        return Opinion("UNSURE", "blur-weak", numbers, f"The zone may be blurred, but only weakly ({sigma}).")
    return Opinion("PASS", "blur", numbers, f"The zone is hidden by a blur ({sigma}), its surroundings are sharp.")


def _is_clear_blur(seen: ZoneMeasures) -> bool:
    """Whether all that is readable speaks for a whole blur: soft inside, sharp around, no bare strip."""
    soft, edge = seen.blur, seen.border
    is_soft = soft.energy >= 0.3 and soft.sigma_px >= 1.5 * BLUR_MIN_SIGMA and seen.detail.leak_ratio <= 0.02
    is_sharp_around = soft.ring_sigma_px < 1 and edge.textured_ratio >= 0.4
    return is_soft and is_sharp_around and edge.sides.bend_strip.ratio <= 0.6 and edge.sides.bend_strip.hides > 0.2


def _bare_soft(seen: ZoneMeasures, numbers: Numbers, leak: float) -> Opinion:
    """Name what is wrong with a zone that no mosaic or blur hides."""
    if _is_thin(seen) and seen.frame.least >= FRAME_MIN:
        return Opinion("UNSURE", "too-small", numbers, _THIN)
    if leak < BARE_LEAK and seen.frame.least >= FRAME_MIN:
        return _unsure(seen, numbers, "not-clean", _UNCLEAN)
    if leak >= BARE_LEAK:
        text = f"The zone shows the scene: {leak:.0%} of it has the scene's detail."
        return Opinion("FAIL", "not-hidden", numbers, text)
    goes_on = min(max(seen.border.bare_stretch, seen.border.sides.bend_strip.ratio), 1)
    if leak < EVIDENT_LEAK and (goes_on < EVIDENT_STRETCH or seen.border.textured_ratio < TEXTURED_MIN):
        return _unsure(seen, numbers, "not-clean", _UNCLEAN)
    text = f"A part of the zone is bare: along one stretch of its border {goes_on:.0%} of the detail goes on."
    return Opinion("FAIL", "partly-covered", numbers, text)


_OTHER_COLOR: Final = "The zone is of one colour, but not of the declared one."
_OTHER_FILL: Final = "The zone is filled with something that ends at its border, but not with one colour."
_THIN: Final = "The zone is so narrow that what the codec smears over its border reaches all of it."
_OTHER_CONTENT: Final = (
    "What the zone shows does not go on around it, as it does under a mosaic or blur: it may be a surface."
)
_UNCLEAN: Final = "The effect may be there, but some detail is left inside the zone or along its border."


def _is_bare_of_all(seen: ZoneMeasures, leak: float) -> bool:
    """Whether neither the zone nor its surroundings show anything: then nothing speaks for a bare zone either."""
    return leak < EVIDENT_LEAK and seen.border.textured_ratio < possible.TEXTURED_LEAST


def _is_soft_around(seen: ZoneMeasures) -> bool:
    """Whether the surroundings are as soft as a whole blur, as within a larger one: no detail goes on into the zone."""
    soft = seen.blur
    return min(soft.sigma_px, soft.ring_sigma_px) >= BLUR_MIN_SIGMA and seen.detail.leak_ratio < SOFT_LEAK


def _shows_nothing(seen: ZoneMeasures) -> bool:
    return seen.border.cells < 3 or seen.border.textured_ratio < possible.TEXTURED_LEAST


def _unsure(seen: ZoneMeasures, numbers: Numbers, reason: str, text: str) -> Opinion:
    """An open verdict on a mosaic or blur: for want of texture, for want of bits, or for the reason given."""
    edge = seen.border
    if edge.cells < 3:
        return Opinion("UNSURE", "no-border", numbers, "The zone fills the picture: no surroundings to compare with.")
    if edge.textured_ratio < TEXTURED_MIN or edge.sides.strip.outside < SIDE_TEXTURED_MIN:
        text = (
            f"Only {edge.textured_ratio:.0%} of the zone's surroundings have texture, or one side has too little of it."
        )
        return Opinion("UNSURE", "no-texture", numbers, text)
    if _is_poor(seen):
        text = "The picture was coded with so few bits that little detail is left anywhere: a better one is wanted."
        return Opinion("UNSURE", "low-bitrate", numbers, text)
    return Opinion("UNSURE", reason, numbers, text)


def _is_thin(seen: ZoneMeasures) -> bool:
    return seen.shorter_side_px < THIN_PX


def _is_poor(seen: ZoneMeasures) -> bool:
    return seen.detail.flat_around_ratio >= POOR_FLAT


def _numbers(odds: float, **values: float) -> Numbers:
    probability = 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))
    return (
        ("hidden_probability", round(probability, 6)),
        *((name, round(float(value), 3)) for name, value in values.items()),
    )


JUDGES: Final[dict[Effect, Callable[[ZoneMeasures, Zone], Opinion]]] = {
    "color": _judge_solid,
    "pixelated": _judge_mosaic,
    "blurred": _judge_blur,
}

LOOKS: Final[dict[Effect, str]] = {"color": "covered by one colour", "pixelated": "pixelated", "blurred": "blurred"}
