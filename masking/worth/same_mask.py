"""Decides whether two signatures are of one mask, and in what they differ. Pure Python, for the daemon.

A signature (`signature.py`) was measured in another picture, in other light and coded by other bits: only differences
beyond what that does to one and the same mask count. What either of both could not measure says nothing. A mask has
one sign that it was moved where two opposite edges have moved alike, and a grid of blocks has its own.

The limits were read off the training places of `tests/bench/scenes` (day, night and infrared; H.264 and JPEG); a
figure for each difference stands in `masking/README.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

Numbers = Iterable[tuple[str, float]]

RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "width_px": (16, 65_535),
    "luma": (0, 255),
    "cr": (0, 255),
    "cb": (0, 255),
    "block_across_px": (1, 640),
    "block_down_px": (1, 640),
    "line_across_px": (-640, 1280),
    "line_down_px": (-5120, 5120),
    "sigma_px": (0, 640),
    "left_px": (-64, 64),
    "top_px": (-64, 64),
    "right_px": (-64, 64),
    "bottom_px": (-64, 64),
    "soft_px": (-64, 64),
}
"""What a signature may hold.

`width_px`: of the picture that was judged; all else is in pixels of a 640 px wide one. `luma`, `cr`, `cb`: the colour
of a solid mask (ITU-T T.871). `block_*`, `line_*`: a mosaic's block and the place of one of its lines in the picture.
`sigma_px`: of a blur. `left_px` to `bottom_px`: how deep inside the zone (negative: outside) the mask begins on each
side, and `soft_px` how gradually.
"""

Difference = Literal["another-effect", "another-color", "other-blocks", "moved", "smaller", "weaker", "softer-edge"]

MESSAGE_ORDER: Final[tuple[Difference, ...]] = (
    "another-effect", "another-color", "other-blocks", "weaker", "moved", "smaller", "softer-edge",
)  # fmt: skip
"""Differences, the most telling first."""

COLOR_OFF: Final = 14.0
"""Levels of luma, Cr or Cb: what video ranges, chroma subsampling and the codec do to one colour stays below it."""

GREY: Final = 6.0
"""Chroma this near to 128 is none: by infrared some cameras draw their masks in grey."""

BLOCK_OFF: Final = 0.06
"""How far (as a share) blocks may differ in size, both along x and y."""

LINE_OFF: Final = 0.07
LINE_OFF_PX: Final = 1.75
"""How far a mosaic's line may lie from its place, as a share of the block, and in pixels at least."""

EDGE_IN_PX: Final = 3.5
EDGE_IN_BLOCKS: Final = 0.15
"""How much deeper inside the zone the mask may begin on one side alone; a mosaic's edge depends on its blocks, too."""

EDGE_BOTH_PX: Final = 1.6
"""How far both opposite edges may have moved the same way."""

SIGMA_LEAST: Final = 0.5
SIGMA_MOST_PX: Final = 9.0
"""A blur of less than this share of the approved sigma is a weaker one; no sigma beyond so much is measured well."""

SOFTER_PX: Final = 5.0
"""How much more gradual the edge may be."""

_OPPOSITE: Final = (("left_px", "right_px"), ("top_px", "bottom_px"))


@dataclass(frozen=True, slots=True)
class Changed:
    """One difference: `was` and `now` in the unit of `name`, which is one of RANGES or `off_px`, a distance alone."""

    difference: Difference
    name: str
    was: float
    now: float


def differences(approved: Numbers, now: Numbers) -> tuple[Changed, ...]:
    """Return in what two signatures differ, the most telling first; nothing where they may be of one mask."""
    a, b = dict(approved), dict(now)
    if not a or not b:
        return ()
    kinds = _kind(a), _kind(b)
    if kinds[0] != kinds[1]:
        return (Changed("another-effect", "effect", float(_KINDS.index(kinds[0])), float(_KINDS.index(kinds[1]))),)
    found = [*_color(a, b), *(_blocks(a, b) or _edges(a, b))]
    if "sigma_px" in a and b.get("sigma_px", a["sigma_px"]) < SIGMA_LEAST * min(a["sigma_px"], SIGMA_MOST_PX):
        found.append(Changed("weaker", "sigma_px", a["sigma_px"], b["sigma_px"]))
    if "soft_px" in a and b.get("soft_px", a["soft_px"]) > a["soft_px"] + SOFTER_PX:
        found.append(Changed("softer-edge", "soft_px", a["soft_px"], b["soft_px"]))
    return tuple(sorted(found, key=lambda one: MESSAGE_ORDER.index(one.difference)))


_KINDS: Final = ("color", "pixelated", "blurred")


def _kind(numbers: Mapping[str, float]) -> str:
    return "color" if "luma" in numbers else "pixelated" if "block_across_px" in numbers else "blurred"


def _color(a: Mapping[str, float], b: Mapping[str, float]) -> list[Changed]:
    if "luma" not in a:
        return []
    grey = any(max(abs(one["cr"] - 128), abs(one["cb"] - 128)) <= GREY for one in (a, b))
    names = ("luma",) if grey and _chroma(a) != _chroma(b) else ("luma", "cr", "cb")
    off = max(names, key=lambda name: abs(a[name] - b[name]))
    return [Changed("another-color", off, a[off], b[off])] if abs(a[off] - b[off]) > COLOR_OFF else []


def _chroma(numbers: Mapping[str, float]) -> bool:
    return max(abs(numbers["cr"] - 128), abs(numbers["cb"] - 128)) > GREY


def _blocks(a: Mapping[str, float], b: Mapping[str, float]) -> list[Changed]:
    """Compare both axes: a grid found at half or twice its period along one of them alone is the same grid."""
    if "block_across_px" not in a:
        return []
    ratios = [b[name] / a[name] for name in ("block_across_px", "block_down_px")]
    if all(abs(ratio - 1) > BLOCK_OFF for ratio in ratios):
        kind: Difference = "weaker" if max(ratios) < 1 else "other-blocks"
        return [Changed(kind, "block_across_px", a["block_across_px"], b["block_across_px"])]
    for axis, ratio in zip(("across", "down"), ratios, strict=True):
        period = a[f"block_{axis}_px"]
        off = abs(b[f"line_{axis}_px"] - a[f"line_{axis}_px"]) % period
        off = min(off, period - off)
        if abs(ratio - 1) <= BLOCK_OFF and off > max(LINE_OFF * period, LINE_OFF_PX):
            return [Changed("moved", "off_px", 0.0, off)]
    return []


def _edges(a: Mapping[str, float], b: Mapping[str, float]) -> list[Changed]:
    """Both opposite edges that moved one way are a moved mask; one that begins deeper inside alone is a smaller one."""
    for low, high in _OPPOSITE:
        if all(name in one for one in (a, b) for name in (low, high)):
            right, left = b[low] - a[low], b[high] - a[high]
            if min(right, -left) > EDGE_BOTH_PX or min(-right, left) > EDGE_BOTH_PX:
                return [Changed("moved", "off_px", 0.0, (abs(right) + abs(left)) / 2)]
    # What a mask covers outside the zone is no edge of it: how far it reaches there depends on the scene.
    inside = {name: b[name] - max(a[name], 0.0) for pair in _OPPOSITE for name in pair if name in a and name in b}
    deepest = max(inside, key=lambda name: inside[name], default="")
    if deepest and inside[deepest] > EDGE_IN_PX + EDGE_IN_BLOCKS * a.get("block_across_px", 0.0):
        return [Changed("smaller", deepest, a[deepest], b[deepest])]
    return []


def middle(looks: Sequence[Numbers]) -> tuple[tuple[str, float], ...]:
    """Return the signature of several looks at one mask: the median of each number that most of those of a kind have.

    The place of a mosaic's line is that of the newest look, for places apart by whole blocks have no median.
    """
    known = [one for one in map(dict, looks) if one]
    if not known:
        return ()
    kind = _kind(known[-1])
    alike = [one for one in known if _kind(one) == kind]
    found = []
    for name in RANGES:
        values = [one[name] for one in alike if name in one]
        if 2 * len(values) > len(alike):
            found.append((name, values[-1] if name.startswith("line_") else round(median(values), 3)))
    return tuple(found)


def is_signature(numbers: Mapping[str, object]) -> bool:
    """Return whether these are the numbers of a signature: each known by name and in its range."""
    known = all(
        name in RANGES
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and RANGES[name][0] <= value <= RANGES[name][1]
        for name, value in numbers.items()
    )
    if not known or not numbers:
        return known
    of_color, of_blocks = {"luma", "cr", "cb"}, {name for name in RANGES if name.startswith(("block_", "line_"))}
    sets = (of_color, of_blocks, {"sigma_px"})
    return (
        "width_px" in numbers
        and sum(one <= numbers.keys() for one in sets) == 1
        and all(one <= numbers.keys() or not one & numbers.keys() for one in sets)
    )
