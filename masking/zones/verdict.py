"""Judges whether a zone of a picture is hidden: PASS, FAIL or UNSURE, with a reason, numbers and one sentence.

`features.py` has the measures, `opinions.py` the judges of each effect. `together.py` joins several pictures; the agent
decides what follows.
"""

from masking.geometry import GeometryError, validate
from masking.model import Verdict, Zone
from masking.zones.features import ZoneMeasures
from masking.zones.opinions import JUDGES, LOOKS, NOTHING_SEEN, Opinion
from masking.zones.raster import Bgr, cut


def judge_zone(picture: Bgr, zone: Zone) -> Verdict:
    """Judge one zone of a decoded picture (height x width x 3, BGR).

    A zone whose declared effect is not found, but another one is, is UNSURE `other-effect`: it may well be hidden, but
    not as declared. Among the numbers, `hidden_probability` is the forest's.
    """
    try:
        validate(zone.polygon)
    except GeometryError as failure:
        return _verdict(zone, Opinion("UNSURE", "bad-polygon", (), f"The zone cannot be judged: {failure}."))
    region = cut(picture, zone.polygon)
    if region is None:
        text = "The zone has too few pixels in this picture to be judged."
        return _verdict(zone, Opinion("UNSURE", "too-small", (), text))
    seen = ZoneMeasures(region, zone.color)
    if zone.effect == "any":
        return _verdict(zone, _combine(seen, [judge(seen, zone) for judge in JUDGES.values()]))
    opinion = JUDGES[zone.effect](seen, zone)
    if opinion.decision != "PASS":
        for effect, judge in JUDGES.items():
            if effect != zone.effect and judge(seen, zone).decision == "PASS":
                text = f"The zone looks {LOOKS[effect]}, but it is declared to be {LOOKS[zone.effect]}."
                return _verdict(zone, Opinion("UNSURE", "other-effect", opinion.numbers, text))
    return _verdict(zone, opinion)


def _verdict(zone: Zone, opinion: Opinion) -> Verdict:
    return Verdict(zone.name, opinion.decision, opinion.reason, opinion.numbers, opinion.text)


def _combine(seen: ZoneMeasures, opinions: list[Opinion]) -> Opinion:
    """For any effect: hidden when one judge decides so, bare when all do.

    A zone that is mostly of one flat colour is a solid mask or none: a displaced solid mask may pass as another effect,
    so the other judges' PASS is not enough there, and when they find nothing of theirs the first one decides.
    """
    first, *others = opinions
    passed = [opinion for opinion in opinions if opinion.decision == "PASS"]
    if seen.solid.covered_ratio >= 0.6 and seen.solid.usual_residue <= 0.5:
        if passed and passed[0] is not first and seen.solid.covered_ratio >= 0.9:
            text = "The zone is mostly of one colour, yet not wholly; which effect hides it cannot be told."
            return Opinion("UNSURE", "not-clean", first.numbers, text)
        nothing_else = all(opinion.decision == "FAIL" or opinion.reason in NOTHING_SEEN for opinion in others)
        if nothing_else and first.reason == "partly-covered" and seen.border.step_ratio >= 0.35:
            return first
    for opinion in (*passed, *(opinion for opinion in opinions if opinion.decision == "UNSURE")):
        return opinion
    return first
