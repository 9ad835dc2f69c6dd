"""Several looks at one zone become one verdict: what they agree on, what one of them knows, and what stays open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np
import pytest

from agent.demo.scene.scene import picture
from agent.demo.world.cameras import CAMERAS
from masking.model import Effect, Verdict, Zone
from masking.zones.features import ZoneMeasures
from masking.zones.opinions import JUDGES
from masking.zones.pool import MOST_LOOKS, judge_of, pool
from masking.zones.raster import cut
from masking.zones.verdict import judge_zone

Decision = Literal["PASS", "FAIL", "UNSURE"]
SQUARE: Final = ((0.3, 0.3), (0.6, 0.3), (0.6, 0.75), (0.3, 0.75))


def look(verdict: Decision, probability: float, reason: str = "", zone: str = "desk") -> Verdict:
    words = {"PASS": "mosaic", "FAIL": "not-hidden", "UNSURE": "not-clean"}
    numbers = (("hidden_probability", probability), ("block_px", 12.0))
    return Verdict(zone, verdict, reason or words[verdict], numbers, f"{verdict}.")


def numbers(verdict: Verdict) -> dict[str, float]:
    return dict(verdict.numbers)


def test_a_single_look_stays_as_it_is() -> None:
    for one in (look("PASS", 0.99), look("UNSURE", 0.5), look("FAIL", 0.01)):
        assert pool([one]) == one


def test_looks_that_agree_keep_their_word_and_say_how_many_they_are() -> None:
    pooled = pool([look("PASS", 0.97), look("PASS", 0.99), look("PASS", 0.98)])
    assert (pooled.verdict, pooled.reason, pooled.explanation) == ("PASS", "mosaic", "PASS.")
    assert numbers(pooled)["looks"] == 3
    assert 0.97 < numbers(pooled)["hidden_probability"] < 0.99
    assert numbers(pooled)["block_px"] == 12


def test_an_open_look_among_sure_ones_does_not_keep_the_verdict_open() -> None:
    assert pool([look("PASS", 0.99), look("UNSURE", 0.9), look("PASS", 0.98)]).verdict == "PASS"
    assert pool([look("FAIL", 0.02), look("UNSURE", 0.2), look("FAIL", 0.01)]).verdict == "FAIL"


def test_three_looks_that_are_nearly_sure_decide_together() -> None:
    passed = pool([look("UNSURE", 0.94)] * 3)
    assert (passed.verdict, passed.reason) == ("PASS", "several-looks")
    assert pool([look("UNSURE", 0.6)] * 3).verdict == "UNSURE"


@pytest.mark.parametrize("probability", [0.07, 0.06, 0.051, 0.04, 0.001, 0.0])
@pytest.mark.parametrize("count", [2, 3])
def test_looks_that_are_all_unsure_never_become_a_fail(probability: float, count: int) -> None:
    pooled = pool([look("UNSURE", probability)] * count)
    assert (pooled.verdict, pooled.reason) == ("UNSURE", "not-clean")


def test_an_unsure_look_weighs_on_a_fail_only_as_far_as_it_is_unsure() -> None:
    assert pool([look("UNSURE", 0.06), look("FAIL", 0.02), look("UNSURE", 0.06)]).verdict == "FAIL"
    overruled = look("UNSURE", 0.01, "other-color")
    assert pool([overruled, look("PASS", 0.98), look("PASS", 0.98)]).verdict == "PASS"
    assert pool([overruled, overruled, look("FAIL", 0.03)]).verdict == "UNSURE"


@pytest.mark.parametrize("probability", [0.93, 0.94, 0.06, 0.02])
def test_odds_of_the_declared_effect_say_nothing_where_another_one_is_seen(probability: float) -> None:
    """A grey zone declared blurred: three times "0.94 by a blur" would pass for one."""
    pooled = pool([look("UNSURE", probability, "other-effect")] * 3)
    assert (pooled.verdict, pooled.reason) == ("UNSURE", "other-effect")
    assert numbers(pooled)["hidden_probability"] == 0.5


MEASURE: Final[dict[Effect, str]] = {"color": "covered_ratio", "pixelated": "block_px", "blurred": "sigma_px"}


def unsure(judge: Effect, probability: float) -> Verdict:
    return replace(look("UNSURE", probability), numbers=(("hidden_probability", probability), (MEASURE[judge], 1.0)))


@pytest.mark.parametrize("probability", [0.94, 0.06])
@pytest.mark.parametrize(
    "judges", [("color", "blurred"), ("pixelated", "color", "blurred"), ("color", "blurred", "blurred")], ids="-".join
)
def test_odds_of_different_effects_are_not_taken_together(judges: tuple[Effect, ...], probability: float) -> None:
    """A zone of any effect: "0.94 by a blur" and "0.94 by a colour" are two answers to two questions."""
    assert pool([unsure(judge, probability) for judge in judges]).verdict == "UNSURE"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unsure_look_of_another_effect_counts_neither_way(place: int) -> None:
    for probability in (0.9, 0.06):
        looks = [look("PASS", 0.98)] * 2
        looks.insert(place, unsure("blurred", probability))
        pooled = pool(looks)
        assert (pooled.verdict, pooled.reason) == ("PASS", "mosaic")
        assert numbers(pooled)["hidden_probability"] == pytest.approx(
            0.98 ** (2 / 3) / (0.98 ** (2 / 3) + 0.02 ** (2 / 3))
        )


@pytest.mark.parametrize("judge", ["color", "pixelated", "blurred"])
def test_odds_of_one_effect_are_taken_together(judge: Effect) -> None:
    assert pool([unsure(judge, 0.94)] * 2).verdict == "PASS"


def test_each_judge_is_known_by_its_numbers() -> None:
    region = cut(np.array(picture(CAMERAS[0], "sub", datetime(2026, 11, 24, 8, tzinfo=UTC))), SQUARE)
    assert region is not None
    seen = ZoneMeasures(region, "")
    zone = Zone("desk", SQUARE)
    assert {effect: judge_of(judge(seen, zone).numbers) for effect, judge in JUDGES.items()} == {
        effect: effect for effect in JUDGES
    }
    assert judge_of((("hidden_probability", 0.5),)) == ""


@pytest.mark.parametrize("effect", ["pixelated", "blurred"])
@pytest.mark.parametrize("tone", range(24, 232, 16))
def test_an_even_grey_zone_declared_as_another_effect_neither_fails_nor_passes_after_three_looks(
    effect: Effect, tone: int
) -> None:
    begin = datetime(2026, 11, 24, 8, tzinfo=UTC)
    zone = Zone("desk", SQUARE, effect)
    looks = []
    for number in range(MOST_LOOKS):
        image = np.array(picture(replace(CAMERAS[0], mask=None), "sub", begin + number * timedelta(minutes=15)))
        height, width = image.shape[:2]
        image[round(0.3 * height) : round(0.75 * height), round(0.3 * width) : round(0.6 * width)] = tone
        looks.append(judge_zone(image, zone))
    assert {one.verdict for one in looks} == {"UNSURE"}
    assert pool(looks).verdict == "UNSURE"


def test_what_one_look_knows_for_certain_is_not_voted_down() -> None:
    pooled = pool([look("PASS", 0.999), look("FAIL", 0.0001), look("PASS", 0.999)])
    assert (pooled.verdict, pooled.reason) == ("FAIL", "not-hidden")


def test_looks_that_contradict_each_other_stay_open() -> None:
    pooled = pool([look("PASS", 0.97), look("FAIL", 0.03)])
    assert (pooled.verdict, pooled.reason) == ("UNSURE", "looks-differ")


@pytest.mark.parametrize("reason", ["no-texture", "no-border", "too-small"])
def test_a_look_that_could_not_tell_anything_neither_helps_nor_harms(reason: str) -> None:
    blind = look("UNSURE", 0.4, reason)
    sure = look("PASS", 0.97)
    assert pool([blind, sure, blind]) == sure
    assert pool([blind, sure]) == sure
    assert pool([blind, blind]) == blind
    wordless = Verdict("desk", "UNSURE", reason)
    assert pool([wordless, sure]) == sure


def test_a_look_that_a_rule_kept_from_passing_does_not_help_to_pass() -> None:
    vetoed = look("UNSURE", 0.9999, "other-color")
    assert pool([vetoed] * 3).verdict == "UNSURE"
    assert pool([vetoed, vetoed, look("PASS", 0.97)]).verdict == "UNSURE"


def test_a_look_that_a_rule_failed_counts_as_failed() -> None:
    too_fine = look("FAIL", 0.94, "mosaic-too-fine")
    pooled = pool([too_fine] * 3)
    assert (pooled.verdict, pooled.reason) == ("FAIL", "mosaic-too-fine")


def test_only_the_newest_looks_count() -> None:
    old, new = look("FAIL", 0.0001), look("PASS", 0.99)
    assert pool([old] * 5 + [new] * MOST_LOOKS).verdict == "PASS"
    assert pool([new] * 5 + [old]).verdict == "FAIL"


def test_probabilities_at_the_ends_do_not_break_the_sum() -> None:
    assert pool([look("PASS", 1.0), look("PASS", 1.0)]).verdict == "PASS"
    assert pool([look("FAIL", 0.0), look("FAIL", 0.0)]).verdict == "FAIL"


@pytest.mark.parametrize("looks", [[], [look("PASS", 0.99), look("PASS", 0.99, zone="door")]])
def test_no_looks_or_looks_at_different_zones_are_a_mistake(looks: list[Verdict]) -> None:
    with pytest.raises(ValueError, match="one zone"):
        pool(looks)
