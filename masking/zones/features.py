"""Measures one zone of one picture, once, and names its numbers for the forest."""

import math
from functools import cached_property

from masking.zones import around, blur, border, detail, fills, frame, mosaic, solid, strips
from masking.zones.around import GridAround
from masking.zones.band import Band, unroll
from masking.zones.blur import Blur
from masking.zones.border import Border
from masking.zones.detail import Detail, Rest
from masking.zones.frame import Frame
from masking.zones.mosaic import Mosaic
from masking.zones.raster import Bytes, Floats, Region, bend, level_at, levels, weak_steps
from masking.zones.solid import Solid
from masking.zones.strips import Lines, Strip


class ZoneMeasures:
    """A zone's measures, calculated at first use; `color`: `#rrggbb` or ""; `shorter_side_px`: at 640 px."""

    def __init__(self, region: Region, color: str) -> None:
        self.region = region
        self.color = color
        self.scale = region.scale
        self.shorter_side_px = float((region.corners.max(0) - region.corners.min(0)).min()) / region.scale

    @cached_property
    def band(self) -> Band:
        """The band along the border, laid out straight."""
        return unroll(self.region)

    @cached_property
    def _inside(self) -> Floats:
        return levels(self.region.luma, self.region.core, 0)

    @cached_property
    def _chroma(self) -> tuple[Floats, Floats]:
        return levels(self.region.ycc, self.region.core, 1), levels(self.region.ycc, self.region.core, 2)

    @cached_property
    def middle(self) -> tuple[float, float, float]:
        """Median luma, Cr and Cb inside."""
        return level_at(self._inside, 0.5), level_at(self._chroma[0], 0.5), level_at(self._chroma[1], 0.5)

    @cached_property
    def _around(self) -> Floats:
        return levels(self.region.luma, self.region.ring, 0)

    @cached_property
    def _bends(self) -> Bytes:
        return bend(self.region.luma)

    @cached_property
    def _weak_steps(self) -> tuple[Bytes, Bytes]:
        return weak_steps(self.region.luma)

    @cached_property
    def solid(self) -> Solid:
        """Against the declared colour."""
        return solid.measure(self.region, self.band, self.color, self.middle, self._around)

    @cached_property
    def border(self) -> Border:
        """Along the zone's border."""
        return border.measure(self.band, self.region.inset_px)

    @cached_property
    def frame(self) -> Frame:
        """What ends exactly at the border."""
        return frame.measure(self.band)

    @cached_property
    def is_other_fill(self) -> bool:
        """Whether another fill than one colour ends exactly at the border."""
        if self.frame.least < fills.FRAME_MIN:
            return False
        usual, around_detail = self.solid.usual_residue, self.detail.around[0]
        return fills.is_other_fill(self.region, self._bends, usual, around_detail, self.frame.least)

    @cached_property
    def detail(self) -> Detail:
        """Inside and around."""
        return detail.measure(self.region, self._bends, self._inside, self._around)

    @cached_property
    def mosaic(self) -> Mosaic:
        """The grid, if there is one."""
        return mosaic.measure(self.region, self._weak_steps)

    @cached_property
    def grid_around(self) -> GridAround:
        """The same grid around the zone, and in the codec."""
        return around.measure(self.region, self._weak_steps, self.mosaic.grids)

    @cached_property
    def lines(self) -> Lines:
        """Along the border, off the grid's lines and on them."""
        return strips.beside_lines(self.band, self.mosaic.off_lines)

    @cached_property
    def rest(self) -> Rest:
        """Inside, off the grid's lines."""
        return detail.beside_lines(self.region, self._bends, self.mosaic.off_lines, self.detail.around_usual)

    @cached_property
    def blur(self) -> Blur:
        """How soft the zone and its surroundings are."""
        return blur.measure(self.region)

    @cached_property
    def edge_numbers(self) -> dict[str, float]:
        """The numbers that every forest uses."""
        return _edge(self)

    @cached_property
    def soft_numbers(self) -> dict[str, float]:
        """The numbers that the forests of mosaic and blur share."""
        return _soft(self)


def _log_ratio(above: float, below: float) -> float:
    return math.log((above + 0.1) / (below + 0.1))


def _strip(name: str, strip: Strip) -> dict[str, float]:
    return {
        name: strip.ratio,
        f"{name}_contrast": strip.contrast,
        f"{name}_excess": strip.excess,
        f"{name}_shift": strip.shift_px,
        f"{name}_hides": strip.hides,
        f"{name}_hides_next": strip.hides_next,
        f"{name}_outside": strip.outside,
        f"{name}_most": strip.most,
    }


def _frame(measured: Frame) -> dict[str, float]:
    return {
        "frame": measured.least,
        "frame_next": measured.next_least,
        "frame_mean": measured.mean,
        "frame_levels": measured.level_least,
        "frame_detail": measured.detail_least,
        "frame_elsewhere": measured.elsewhere,
        "frame_elsewhere_px": measured.elsewhere_px,
    }


def _edge(seen: ZoneMeasures) -> dict[str, float]:
    b, d = seen.border, seen.detail
    return {
        "cells": float(b.cells),
        "step_ratio": b.step_ratio,
        "textured_ratio": b.textured_ratio,
        "textured_quarter_ratio": b.textured_quarter_ratio,
        "hidden_ratio": b.hidden_ratio,
        "bare_stretch": b.bare_stretch,
        **_strip("strip", b.sides.strip),
        **_strip("bend_strip", b.sides.bend_strip),
        "edge_shift": b.edge_shift_px,
        "edge_strength": b.edge_strength,
        "kink_shift": b.kink_shift_px,
        "kink_strength": b.kink_strength,
        "step_least": b.step_least,
        "step_middle": b.step_middle,
        "chroma_step": b.chroma_step,
        **_frame(seen.frame),
        "contrast_inside": d.contrast_inside,
        "contrast_around": d.contrast_around,
        "contrast_ratio": _log_ratio(d.contrast_inside, d.contrast_around),
        "around_usual": d.around_usual,
        "around_least": d.around_least,
        "around_floor": d.around_floor,
        "usual_floor": _log_ratio(d.usual, d.around_floor),
        "flat_around": d.flat_around_ratio,
        "scale": seen.scale,
    }


def _soft(seen: ZoneMeasures) -> dict[str, float]:
    d = seen.detail
    return {
        "detail_0": _log_ratio(d.inside[0], d.around[0]),
        "detail_1": _log_ratio(d.inside[1], d.around[1]),
        "detail_2": _log_ratio(d.inside[2], d.around[2]),
        "inside_01": _log_ratio(d.inside[0], d.inside[1]),
        "inside_12": _log_ratio(d.inside[1], d.inside[2]),
        "around_01": _log_ratio(d.around[0], d.around[1]),
        "around_12": _log_ratio(d.around[1], d.around[2]),
        "inside_0": d.inside[0],
        "inside_1": d.inside[1],
        "inside_2": d.inside[2],
        "bend_strip_inside": _log_ratio(seen.border.sides.bend_strip.most, d.usual),
        "soft_proof": seen.border.sides.soft,
        "soft_proof_mean": seen.border.sides.soft_mean,
        "leak_ratio": d.leak_ratio,
        "worst": d.worst,
        "worst_share": _log_ratio(d.worst, d.around_usual),
        "usual": d.usual,
        "worst_usual": _log_ratio(d.worst, d.usual),
        "half_worst": d.half_worst,
        "half_worst_share": _log_ratio(d.half_worst, d.around[1]),
    }


def _grid(seen: ZoneMeasures) -> dict[str, float]:
    m, d = seen.mosaic, seen.detail
    return {
        **_strip("grid_strip", seen.lines.strip),
        "grid_strip_inside": _log_ratio(seen.lines.strip.most, seen.rest.usual),
        "lines_proof": seen.lines.proof,
        "lines_proof_mean": seen.lines.proof_mean,
        "block": m.block_px,
        "line_contrast": min(m.contrast, 50.0),
        "line_step": m.step,
        "filled_ratio": m.filled_ratio,
        "lines": float(m.lines),
        "on_lines": m.on_lines_ratio,
        "off_lines": m.off_gradient,
        "periods_ratio": m.periods_ratio,
        "grid_around": min(max(seen.grid_around.ratio, -1.0), 3.0),
        "codec_grid": float(seen.grid_around.is_codec),
        "off_leak_ratio": seen.rest.leak_ratio,
        "off_worst": seen.rest.worst,
        "off_worst_share": _log_ratio(seen.rest.worst, d.around_usual),
        "off_usual": seen.rest.usual,
        "off_usual_share": _log_ratio(seen.rest.usual, d.around_usual),
    }


def color_numbers(seen: ZoneMeasures) -> dict[str, float]:
    """The numbers for a solid mask."""
    s = seen.solid
    return {
        **seen.edge_numbers,
        "opacity": s.opacity if seen.color else -1.0,
        "luma_off": s.luma_off if seen.color else -1.0,
        "chroma_off": s.chroma_off if seen.color else -1.0,
        "off_step": s.luma_off / max(abs(s.ring_step), 1.0) if seen.color else -1.0,
        "covered_ratio": s.covered_ratio,
        "worst_cell_ratio": s.worst_cell_ratio,
        "residue": s.residue,
        "residue_share": _log_ratio(s.residue, seen.detail.contrast_around),
        "usual_residue": s.usual_residue,
        "color_residue": s.color_residue,
        "drift": s.drift,
        "luma_spread": s.luma_spread,
        "side_unlike": s.side_unlike_ratio,
        "stretch_unlike": s.stretch_unlike_ratio,
        "ring_step": abs(s.ring_step),
        "inside_0": seen.detail.inside[0],
        "inside_1": seen.detail.inside[1],
        "inside_2": seen.detail.inside[2],
        "worst": seen.detail.worst,
        "detail_0": _log_ratio(seen.detail.inside[0], seen.detail.around[0]),
        "detail_1": _log_ratio(seen.detail.inside[1], seen.detail.around[1]),
        "half_worst": seen.detail.half_worst,
    }


def pixelated_numbers(seen: ZoneMeasures) -> dict[str, float]:
    """The numbers for a mosaic."""
    return {**seen.edge_numbers, **seen.soft_numbers, **_grid(seen)}


def blurred_numbers(seen: ZoneMeasures) -> dict[str, float]:
    """The numbers for a blur."""
    b = seen.blur
    return {
        **seen.edge_numbers,
        **seen.soft_numbers,
        "sigma": b.sigma_px,
        "energy": b.energy,
        "ring_sigma": b.ring_sigma_px,
        "sigma_ratio": _log_ratio(b.sigma_px, b.ring_sigma_px),
        "line_contrast": min(seen.mosaic.contrast, 50.0),
        "on_lines": seen.mosaic.on_lines_ratio,
    }
