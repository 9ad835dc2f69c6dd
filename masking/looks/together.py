"""Judges looks at one zone at different times as one measurement. For the worker's child only.

Looks at one place share their faults: texture and bitrate are the same in each, so their odds are never multiplied nor
summed. What several looks add is what no single one has: whether what is left in a flat area recurs, and whether the
zone changes as its surroundings do. Beyond that the middle look counts, by the limits of a single one.

A FAIL needs two looks that fail, the present one among them; the agent decides what a first one means. Looks that are
all unsure never become a FAIL. A look is never joined with itself: equal evidence counts once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Literal

from masking.looks import grain
from masking.looks.evidence import (
    Change,
    Counts,
    Look,
    basis_of,
    changing,
    counts_of,
    describe,
    different,
    moment_of,
    read,
)
from masking.looks.evidence_format import CERTAIN_FAIL, MOST_LOOKS, PROBABILITY, Single
from masking.looks.lit import follows, is_drawn, is_kept, is_through
from masking.looks.numbers import joined_numbers, log_odds
from masking.looks.recurring import Recurring, recurring, rests_of, shown
from masking.looks.unsupported import unsupported
from masking.model import Effect, Verdict, Zone
from masking.zones import overlays
from masking.zones.forest import LOOKS, PASS_FROM
from masking.zones.opinions import BLUR_MIN_SIGMA, MOSAIC_MIN_BLOCK, MOSAIC_TOLERANCE
from masking.zones.possible import ENERGY_MIN
from masking.zones.raster import Bgr
from masking.zones.verdict import judge_cut

RECURS_FROM: Final = 0.08
CROSSED_FROM: Final = 0.008
"""Contrast (levels) in a flat area that recurs over six looks, from either of which on something shows through
(`recurring.Recurring`). Of fewer looks chance leaves more: the fourth root of the number of pairs.
"""

RECURS_TO: Final = 2.5
"""Above, it is no faint rest: a single look judges it (`opinions.py`), or it is a pattern of the mask's own."""

ONE_LOOK_FROM: Final = 0.1
ONE_LOOK_CROSSED_FROM: Final = 0.05
"""Contrast in the only look from which more looks must show that it does not recur."""

SHOWN_FROM: Final = 0.5
SHOWN_CROSSED_FROM: Final = 0.3
"""Contrast in any one look from which it is more than a codec leaves in one colour: by day more shows than at night."""

STILL_INSIDE: Final = -0.7
STILL_STRIP: Final = -0.4
SEEN_AROUND: Final = 0.7
STILL_FROM: Final = 0.5
"""Logarithms (`evidence.Change`): so little must change inside, and along the worst quarter of the border, and so much
around everywhere, that a blur counts as hidden whose looks alone are not sure, from this probability on.
"""

STRONG_SIGMA: Final = 1.5 * BLUR_MIN_SIGMA
"""Sigma (px at 640 px width) from which a blur is strong enough even if it was measured half as strong again as it is.

Below, a place whose own detail is coarse makes a blur of 1 px look like one of 3 or 4.
"""

MOVES_INSIDE: Final = -0.2
"""Logarithm, too: where so much changes around everywhere, and more than that inside, a mosaic or blur
that looks whole is not believed: walls are tiled, glass is frosted.
"""

MEASURED_BY: Final[dict[Effect, str]] = {"color": "covered_ratio", "pixelated": "block_px", "blurred": "sigma_px"}
"""A number of each judge (`opinions.py`) that no other one gives: it identifies whose odds they are."""

SAYS_NOTHING: Final = ("no-texture", "no-border", "too-small", "bad-polygon")
"""Reasons of looks that could tell nothing: they do not affect the others."""

POOR: Final = "low-bitrate"
"""The reason of a look at a picture in which a codec has taken the noise away everywhere: that nothing changes there
proves nothing.
"""

PLAIN_FROM: Final = 0.965
"""Share of one colour from which a solid mask has no other fill: it must not show the same rest in each look."""

_FILLED: Final = (
    "other-fill", "other-effect", "overlay", "no-texture", "not-clean", "looks-differ", "unconfirmed", "partly-covered",
    "not-hidden", "translucent",
)  # fmt: skip
"""Why a look is unsure, or fails, that may still be of a zone which is drawn over."""

_PROMOTED: Final = ("no-texture", "not-clean", "no-energy", "no-grid", "looks-differ")
"""Why a look is unsure that may still be of a zone in which nothing changes."""

_SURFACES: Final = ("grid-around", "codec-grid")
"""Why a look is unsure that may be of a surface: none is without the sensor's noise (`grain.py`)."""


def judge_looks(picture: Bgr, zone: Zone, imprint: bytes = b"", bars_known: bool = False) -> Verdict:
    """Judge one zone of a decoded picture (height x width x 3, BGR), alone and `together` with its earlier looks.

    `imprint`: that of the picture, by which an earlier look at the same moment is known and left out. `bars_known`: as
    for `judge_zone`.
    The numbers of `together` are the present look's, with `looks`, how many counted, where there were several.
    """
    single, region = judge_cut(picture, zone, bars_known)
    if region is None:
        return replace(single, together=single)
    basis = basis_of(picture.shape, zone)
    tells = single.reason not in SAYS_NOTHING and _probability(single) is not None
    own = Single(
        basis, moment_of(imprint), single.verdict, judge_of(single.numbers), tells, single.reason == POOR,
        _probability(single),
    )  # fmt: skip
    told = tuple(region.to_crop(box) for box in zone.overlays)
    written = overlays.held(region, told) if told else None
    evidence = describe(region, own, written)
    looks = different(read((*zone.earlier, evidence), basis))[-MOST_LOOKS:]
    return replace(
        single,
        evidence=evidence,
        together=_joined(single, looks, zone, (counts_of(region), counts_of(region, written))),
    )


def judge_of(numbers: Sequence[tuple[str, float]]) -> Effect | Literal[""]:
    """Return which effect's judge measured these numbers; empty where they do not show it."""
    names = {name for name, _ in numbers}
    return next((effect for effect, name in MEASURED_BY.items() if name in names), "")


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the looks that could tell something say: how many there are, and how many of each decision."""

    telling: int
    passed: int
    failed: int


def _joined(single: Verdict, looks: Sequence[Look], zone: Zone, counts: tuple[Counts, Counts]) -> Verdict:
    """Join looks, the present one last.

    `counts`: the pixels of each cell of the zone (`evidence.counts_of`); in the second, cells with writing have none.
    """
    if len(looks) == 1:
        return _first(single, looks)
    telling = [look.single for look in looks if look.single.tells]
    count = _Counted(
        len(telling), sum(one.decision == "PASS" for one in telling), sum(one.decision == "FAIL" for one in telling)
    )
    change = changing(counts[1], looks)
    if single.verdict == "FAIL":
        joined = _failed(single, telling, count)
        if joined.verdict == "FAIL" and judge_of(single.numbers) != "color":
            reopened = unsupported(single, [look.single for look in looks], change, is_told=bool(zone.overlays))
            joined = joined if reopened is None else _open(single, *reopened)
    elif count.failed:
        joined = _open(single, "looks-differ", _DIFFER) if single.verdict == "PASS" or count.passed else single
    else:
        joined = _hidden(single, looks, count, change, counts[1])
    if joined.verdict == "PASS":
        joined = _opaque(joined, looks)
    if zone.effect in ("color", "any"):
        joined = _by_light(joined, single, looks, zone.color, (counts[0], change))
    return _counted(joined, looks, change)


def _first(single: Verdict, looks: Sequence[Look]) -> Verdict:
    rests = rests_of(looks) if _is_solid(single) else None
    if rests is None:
        return single
    rest = recurring(rests)
    if ONE_LOOK_FROM < rest.contrast <= RECURS_TO and rest.crossed > ONE_LOOK_CROSSED_FROM:
        return _open(single, "not-clean", _MAY_SHOW)
    return single


def _failed(single: Verdict, telling: Sequence[Single], count: _Counted) -> Verdict:
    """A look that fails: another one must, and either both are certain or most looks fail."""
    before = [one for one in telling[:-1] if one.decision == "FAIL"]
    if not before:
        return _open(single, "unconfirmed", _UNCONFIRMED)
    certain = all(one.probability is not None and one.probability <= CERTAIN_FAIL for one in (telling[-1], before[-1]))
    most = 2 * count.failed > count.telling or not count.passed
    return single if certain or most else _open(single, "looks-differ", _DIFFER)


def _hidden(single: Verdict, looks: Sequence[Look], count: _Counted, change: Change | None, counts: Counts) -> Verdict:
    """Looks of which none fails: PASS by the middle one, or by all of them and what changes inside and around."""
    judge = judge_of(single.numbers)
    singles = [look.single for look in looks]
    alike = [one.probability for one in singles if one.judge == judge and one.probability is not None]
    is_likely = len(alike) > 1 and judge != "color" and median(alike) >= PASS_FROM
    change = None if judge == "color" else change
    # Looks without texture tell nothing, so that one of six could be most: a middle one that is not sure outweighs it.
    is_borne_out = is_likely or judge != "pixelated" or len(alike) == 1
    if 2 * count.passed > count.telling and is_borne_out:
        if change is not None and _moves(change):
            return _open(single, "looks-differ", _MOVES)
        if single.verdict == "PASS":
            return single
        return _several(single) if alike and median(alike) >= PASS_FROM else single
    is_poor = any(one.is_poor for one in singles)
    is_hidden = change is not None and len(alike) > 1 and not is_poor and _is_joined(single, judge, alike, change)
    # Beside a strip of 5 px on a plain wall, which noise hardly shows, odds are lower.
    is_without_noise = is_likely and grain.ends(counts, looks, change)
    if single.verdict == "PASS":
        return single if is_hidden or is_without_noise else _open(single, "looks-differ", _DIFFER)
    if _is_fine(single):
        return single
    if is_without_noise and single.reason in (*_PROMOTED, *_SURFACES, POOR):
        return replace(single, verdict="PASS", reason="several-looks", explanation=_NO_NOISE)
    return _several(single) if is_hidden and single.reason in _PROMOTED else single


def _is_joined(single: Verdict, judge: Effect | Literal[""], alike: Sequence[float], change: Change) -> bool:
    """Whether a mosaic or blur is hidden by what each look could tell, what is seen now, and what changes."""
    if judge == "blurred":
        least = STILL_FROM if _is_strong(dict(single.numbers)) else PASS_FROM
        return median(alike) >= least and _is_still(change)
    if judge not in LOOKS:
        return False
    told = joined_numbers(judge, dict(single.numbers), [log_odds(one) for one in alike], change)
    return LOOKS[judge].log_odds(told) >= log_odds(PASS_FROM) and not _moves(change)


def _is_still(change: Change) -> bool:
    return change.inside < STILL_INSIDE and change.strip < STILL_STRIP and change.least_around > SEEN_AROUND


def _is_strong(own: Mapping[str, float]) -> bool:
    """Whether a blur is measured as one that hides, whatever is behind it, or leaves nothing to be seen at all.

    That nothing changes in it proves no strength: a blur of 1 px takes the sensor's noise away, too.
    """
    return own["sigma_px"] >= STRONG_SIGMA or own["energy"] < ENERGY_MIN


def _is_fine(single: Verdict) -> bool:
    """Whether what is seen is a mosaic whose blocks are too small to hide anything."""
    return 0 < dict(single.numbers).get("block_px", 0.0) < MOSAIC_MIN_BLOCK * MOSAIC_TOLERANCE


def _moves(change: Change) -> bool:
    return change.least_around > SEEN_AROUND and change.inside > MOVES_INSIDE


def _opaque(joined: Verdict, looks: Sequence[Look]) -> Verdict:
    """Open a solid mask behind which something recurs, or plainly showed once."""
    if not _is_solid(joined):
        return joined
    # A look that is not sure counts, too: what makes it so may be what shows through.
    flat = [look for look in looks if look.single.decision != "FAIL" and look.single.judge == "color"]
    if len(flat) == 1:
        return _first(joined, flat)
    rests = rests_of(flat) if flat else None
    if rests is None:
        return joined
    if _recurs(recurring(rests), len(flat)):
        return _open(joined, "shows-through", _SHOWS)
    if any(rest.contrast > SHOWN_FROM and rest.crossed > SHOWN_CROSSED_FROM for rest in shown(rests)):
        return _open(joined, "not-clean", _SHOWN)
    return joined


def _by_light(
    joined: Verdict, single: Verdict, looks: Sequence[Look], color: str, seen: tuple[Counts, Change | None]
) -> Verdict:
    """Correct looks at what may be a solid mask of any fill by how it follows the light around it (`lit.py`).

    `seen`: the pixels of each cell, and what changes.
    """
    if joined.verdict == "PASS" and not _is_solid(joined):
        return joined
    counts, change = seen
    if joined.verdict == "PASS":
        return _open(joined, "shows-through", _LIGHT_THROUGH) if is_through(counts, looks) else joined
    light = follows(counts, looks)
    if not is_kept(light, change):
        return joined
    told = dict(single.numbers)
    is_plain = told.get("covered_ratio", 0.0) >= PLAIN_FROM
    is_declared = not color or told.get("color_off", 0.0) <= 1
    if is_declared and joined.reason in _FILLED and is_drawn(light, change) and not (is_plain and _fails(single)):
        proven = replace(joined, verdict="PASS", reason="several-looks", explanation=_NO_LIGHT)
        return _opaque(proven, looks) if is_plain else proven
    return _open(joined, "not-clean" if is_plain else "other-fill", _KEPT) if _fails(single) else joined


def _fails(single: Verdict) -> bool:
    return single.verdict == "FAIL"


def _recurs(rest: Recurring, looks: int) -> bool:
    most = MOST_LOOKS * (MOST_LOOKS - 1)
    chance = (most / (looks * (looks - 1))) ** 0.25
    return rest.contrast <= RECURS_TO and (rest.contrast > RECURS_FROM * chance or rest.crossed > CROSSED_FROM * chance)


def _is_solid(verdict: Verdict) -> bool:
    return verdict.verdict == "PASS" and judge_of(verdict.numbers) == "color"


def _several(single: Verdict) -> Verdict:
    return replace(single, verdict="PASS", reason="several-looks", explanation=_TOGETHER)


def _open(single: Verdict, reason: str, text: str) -> Verdict:
    return replace(single, verdict="UNSURE", reason=reason, explanation=text)


def _counted(joined: Verdict, looks: Sequence[Look], change: Change | None) -> Verdict:
    told = [("looks", float(len(looks)))]
    if change is not None:
        told += [("change_inside", round(change.inside, 3)), ("change_strip", round(change.strip, 3))]
    return replace(joined, numbers=(*joined.numbers, *told))


def _probability(look: Verdict) -> float | None:
    return next((value for name, value in look.numbers if name == PROBABILITY), None)


_DIFFER: Final = "Looks at different times differ, and together they do not decide."
_TOGETHER: Final = "No single look is sure, but all together they show that the zone is hidden."
_NO_NOISE: Final = "No single look is sure, but the sensor's noise, seen all around the zone, ends at its border."
_MOVES: Final = "The zone looks hidden, but inside it changes as its surroundings do."
_SHOWS: Final = "The zone is of one colour, but the same faint picture shows in it each time."
_SHOWN: Final = "The zone is of one colour now, but something showed through faintly a few looks ago."
_LIGHT_THROUGH: Final = "The zone is of one colour, but its brightness follows the light around it."
_NO_LIGHT: Final = "The light around the zone changed, and nothing of that shows in the zone: it is drawn over."
_KEPT: Final = "The zone does not look hidden as declared, but it does not follow the light around it as a scene would."
_UNCONFIRMED: Final = "One picture alone shows the zone bare: another one must confirm that."
_MAY_SHOW: Final = "The zone is of one colour, but one look cannot exclude that something shows through faintly."
