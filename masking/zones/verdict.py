"""Judges whether a zone of a picture is hidden: PASS, FAIL or UNSURE, with a reason, numbers and one sentence.

`features.py` has the measures, `opinions.py` the judges of each effect. `masking/looks/together.py` joins several
pictures; the agent decides what follows.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from masking.geometry import GeometryError, validate
from masking.model import Effect, Verdict, Zone
from masking.worth.signature import EFFECT_OF, signature
from masking.zones import bars, outward, overlays
from masking.zones.features import ZoneMeasures
from masking.zones.opinions import JUDGES, LOOKS, NOTHING_SEEN, Opinion
from masking.zones.overlays import Cleared
from masking.zones.possible import MAY_PASS
from masking.zones.raster import Bgr, Region, cut
from masking.zones.solid import declared

LARGER_FRAME_MIN: Final = 1.3
LARGER_LUMA: Final = 3.5
LARGER_BLACK: Final = 1.5
DARK: Final = 30.0
LARGER_CHROMA: Final = 4.0
"""So plainly a larger solid mask must end along its border (`frame.py`), and so near (levels) to its declared colour it
must be; a dark one nearer: noise keeps what is dark from being quite black."""

LARGER_CONTINUITY: Final = 0.6
"""So well the brightness under a larger mosaic must go on beyond its border. A larger blur stays open: a frosted pane
looks the same."""

FLAT_MIN: Final = 0.97
"""Share of a zone of one colour from which a larger mask ends where that colour does."""

MOSTLY_ONE_COLOUR: Final = 0.6
"""Share of one colour from which a zone is a solid mask or none, in which writing can be told from what is bare."""

TOLD_MOST: Final = 0.6
"""Share of a zone that told boxes may cover for the rest of it to say that the zone is bare."""

NO_MOSAIC: Final = 0.1
SCENE_LEAK: Final = 0.15
"""In a zone of any effect that is no solid mask and no blur for certain: the mosaic's probability up to which, and the
share of the zone with the scene's detail from which, it is no mosaic either. Of 79 places that the forests learned on,
of 584 good masks none would fail by it without writing in it, and of 1,220 faulty ones 60 more do.
"""

LIKELY: Final = 0.5
"""Probability from which what is beside drawings may be hidden: a zone that fails because of them is left open."""


def judge_zone(picture: Bgr, zone: Zone, bars_known: bool = False) -> Verdict:
    """Judge one zone of a decoded picture (height x width x 3, BGR).

    A zone whose declared effect is not found, but another one is, is UNSURE `other-effect`: it may well be hidden, but
    not as declared. Among the numbers, `hidden_probability` is the forest's.

    `bars_known`: the picture's bars are measured against the approved view elsewhere; where they are not, a solid zone
    that may lie in one stays open.
    """
    return judge_cut(picture, zone, bars_known)[0]


def judge_cut(picture: Bgr, zone: Zone, bars_known: bool = False) -> tuple[Verdict, Region | None]:
    """Judge as `judge_zone` does, and return with it what was cut out of the picture; None where nothing was."""
    try:
        validate(zone.polygon)
    except GeometryError as failure:
        text = f"The zone cannot be judged: {failure}."
        return _verdict(zone, Opinion("UNSURE", "bad-polygon", (), text)), None
    region = cut(picture, zone.polygon)
    if region is None:
        text = "The zone has too few pixels in this picture to be judged."
        return _verdict(zone, Opinion("UNSURE", "too-small", (), text)), None
    seen = ZoneMeasures(region, zone.color)
    opinion = _judged(seen, zone)
    # What nobody told can only save a zone from failing.
    if opinion.decision == "FAIL" or (opinion.decision == "UNSURE" and zone.overlays):
        opinion = _beside_overlays(region, zone, opinion) or opinion
    if opinion.decision == "FAIL" and zone.overlays:
        opinion = _beside_told(region, zone, opinion)
    if opinion.decision == "UNSURE" and zone.effect != "blurred":  # a larger blur is never proven
        opinion = _within_larger(picture, seen, zone) or opinion
    if opinion.reason == "solid" and not bars_known and bars.is_in_bar(picture, zone.polygon):
        text = "The zone's colour goes on to the edge of the picture, all along it: that may be a bar, not a mask."
        opinion = Opinion("UNSURE", "bar", opinion.numbers, text)
    return _signed(seen, _verdict(zone, opinion)), region


def _signed(seen: ZoneMeasures, verdict: Verdict) -> Verdict:
    """Add what the mask looks like, where it hides the zone."""
    effect = EFFECT_OF.get(verdict.reason) if verdict.verdict == "PASS" else None
    return verdict if effect is None else replace(verdict, signature=signature(seen, effect))


def _within_larger(picture: Bgr, seen: ZoneMeasures, zone: Zone) -> Opinion | None:
    """Judge a larger mask around a zone; None where none is found, or none that is proven."""
    found = outward.find(picture, zone.polygon, seen.solid.covered_ratio >= FLAT_MIN)
    larger = None if found is None else cut(picture, found[0])
    if found is None or larger is None:
        return None
    around = ZoneMeasures(larger, zone.color)
    opinion = _judged(around, zone)
    if opinion.reason == "solid":
        # A dark screen lies around a zone too: its colour is no mask's exact one.
        most = LARGER_BLACK if zone.color and declared(zone.color)[0] < DARK else LARGER_LUMA
        is_exact = bool(zone.color) and around.solid.luma_off <= most and around.solid.chroma_off <= LARGER_CHROMA
        is_proven = is_exact and around.frame.least >= LARGER_FRAME_MIN
    else:
        is_proven = opinion.reason == "mosaic" and LARGER_CONTINUITY <= around.frame.continuity < 1
    if opinion.decision != "PASS" or not is_proven:
        return None
    text = f"{opinion.text} The mask goes beyond the zone on every side."
    return Opinion("PASS", opinion.reason, (*opinion.numbers, ("beyond_px", round(found[1], 1))), text)


def _judged(seen: ZoneMeasures, zone: Zone) -> Opinion:
    """Judge a zone as it was cut out."""
    if zone.effect == "any":
        solid = JUDGES["color"](seen, zone)
        if solid.decision == "PASS":
            return solid
        return _combine(seen, [solid, *(judge(seen, zone) for effect, judge in JUDGES.items() if effect != "color")])
    opinion = JUDGES[zone.effect](seen, zone)
    if opinion.decision != "PASS":
        for effect, judge in JUDGES.items():
            if effect == zone.effect or not MAY_PASS[effect](seen):
                continue
            if judge(seen, zone).decision == "PASS":
                text = f"The zone looks {LOOKS[effect]}, but it is declared to be {LOOKS[zone.effect]}."
                return Opinion("UNSURE", "other-effect", opinion.numbers, text)
    return opinion


def _beside_overlays(region: Region, zone: Zone, whole: Opinion) -> Opinion | None:
    """Judge a zone again without what the camera draws over it; None where that tells nothing new."""
    best: Opinion | None = None
    for effect, cleared in _cleared(region, zone):
        rest = _judged(ZoneMeasures(cleared.region, zone.color), replace(zone, effect=effect))
        judged = f"{1 - cleared.left_out_ratio:.0%} of the zone"
        numbers = (*rest.numbers, ("judged_ratio", round(1 - cleared.left_out_ratio, 3)))
        if rest.decision == "PASS" and cleared.is_excused:
            text = f"{rest.text} Judged was {judged}: over the rest the camera writes."
            return Opinion("PASS", rest.reason, numbers, text)
        is_likely = rest.decision == "UNSURE" and dict(rest.numbers).get("hidden_probability", 0.0) >= LIKELY
        if is_likely and cleared.is_excused:
            # Nothing but told strokes was taken out: several looks may prove the rest.
            best = Opinion("UNSURE", rest.reason, numbers, rest.text)
        elif rest.decision == "PASS" or (is_likely and whole.decision == "FAIL"):
            text = (
                f"Something seems to be drawn over the mask: {judged} is not bare, the rest is not proven to be hidden."
            )
            best = best or Opinion("UNSURE", "overlay", numbers, text)
    return best


def _beside_told(region: Region, zone: Zone, whole: Opinion) -> Opinion:
    """Judge again a zone that fails, without all that told boxes hold: it fails only if the rest of it does.

    Nothing passes by that: under the writing the zone may be bare. It only is no reason to say so.
    """
    cleared = overlays.without_told(region, zone.effect, tuple(region.to_crop(box) for box in zone.overlays), TOLD_MOST)
    if cleared is None:
        return whole
    if cleared.left_out_ratio <= TOLD_MOST:
        rest = _judged(ZoneMeasures(cleared.region, zone.color), zone)
        if rest.decision == "FAIL":
            return whole
    numbers = (*whole.numbers, ("judged_ratio", round(1 - cleared.left_out_ratio, 3)))
    text = "What the camera writes over the zone leaves open whether it is hidden there."
    return Opinion("UNSURE", "overlay", numbers, text)


def _cleared(region: Region, zone: Zone) -> Iterator[tuple[Effect, Cleared]]:
    """Yield the zone without drawings over each effect that may lie under them."""
    told = tuple(region.to_crop(box) for box in zone.overlays)
    for effect in JUDGES if zone.effect == "any" else (zone.effect,):
        drawn = overlays.find(region, effect, told)
        if drawn is not None:
            each = (overlays.clear(region, drawn, halo_px) for halo_px in overlays.HALOS_PX[effect])
            yield from ((effect, cleared) for cleared in each if cleared is not None)


def _verdict(zone: Zone, opinion: Opinion) -> Verdict:
    return Verdict(zone.name, opinion.decision, opinion.reason, opinion.numbers, opinion.text)


def _combine(seen: ZoneMeasures, opinions: list[Opinion]) -> Opinion:
    """For any effect: hidden when one judge decides so, bare when all do.

    A zone that is mostly of one flat colour is a solid mask or none: a displaced solid mask may pass as another effect,
    so the other judges' PASS is not enough there, and when they find nothing of theirs the first one decides.
    """
    first, *others = opinions
    passed = [opinion for opinion in opinions if opinion.decision == "PASS"]
    if seen.solid.covered_ratio >= MOSTLY_ONE_COLOUR and seen.solid.usual_residue <= 0.5:
        if passed and passed[0] is not first and seen.solid.covered_ratio >= 0.9:
            text = "The zone is mostly of one colour, yet not wholly; which effect hides it cannot be told."
            return Opinion("UNSURE", "not-clean", first.numbers, text)
        nothing_else = all(opinion.decision == "FAIL" or opinion.reason in NOTHING_SEEN for opinion in others)
        if nothing_else and first.reason == "partly-covered" and seen.border.step_ratio >= 0.35:
            return first
    if not passed and _shows_scene(*opinions):
        return first
    for opinion in (*passed, *(opinion for opinion in opinions if opinion.decision == "UNSURE")):
        return opinion
    return first


def _shows_scene(color: Opinion, mosaic: Opinion, blur: Opinion) -> bool:
    """Whether the mosaic's judge alone is not sure, and nothing else speaks for a mosaic."""
    fails = color.decision == blur.decision == "FAIL"
    told, leak = dict(mosaic.numbers), dict(blur.numbers).get("leak_ratio", 0.0)
    is_poor = mosaic.reason == "low-bitrate"
    return fails and not is_poor and told.get("hidden_probability", 1.0) <= NO_MOSAIC and leak >= SCENE_LEAK
