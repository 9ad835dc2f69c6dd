"""Parses `[quality]` of site.toml: thresholds of picture quality. Defaults: `masking/quality/indicators.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.site.toml.table import Table
from masking.quality.indicators import Thresholds

RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "deviations": (1, 50),
        "frozen_change": (0.01, 20),
        "frozen_ratio": (0.01, 1),
        "frozen_usual_least": (0.01, 20),
        "black_luma": (1, 64),
        "black_contrast": (1, 64),
        "bright_luma": (128, 255),
        "bright_ratio": (0.01, 1),
        "bright_rise": (0.01, 1),
        "contrast_least_ratio": (0.05, 0.95),
        "sharpness_fall": (0.05, 3),
        "cast_rise": (1, 100),
        "noise_rise": (0.1, 50),
        "noise_ratio": (1, 10),
        "stripes_rise": (0.1, 50),
        "shift_percent": (0.1, 20),
        "covered_ratio": (0.05, 1),
        "covered_rise": (0.05, 1),
        "ink_least_ratio": (0.05, 0.95),
        "ink_least": (0.1, 50),
    }
)
"""Minimum and maximum of each field of `Thresholds`, in its unit."""


def read_quality(table: Table | None) -> Thresholds:
    """Read `[quality]`."""
    default = Thresholds()
    if table is None:
        return default
    table.only(*RANGES)
    return Thresholds(**{key: table.number(key, getattr(default, key), *RANGES[key]) for key in RANGES})
