"""Looks at a zone add up over three cycles, and never longer than what they rest on holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sites import DAY, NOW, SQUARE, ZONE, camera, observed, site

from agent.observe.pictures.zone_verdicts import CameraVerdicts, from_data, pool_verdicts, to_data
from agent.site.config.site import Site
from drivers.model import Mask, Masks, Observations
from drivers.picture import ZoneVerdict
from masking.zones.pool import PROBABILITY

HOUR = timedelta(hours=1)
SITE = site(camera())
MASKS = observed("camera:gate", Masks((Mask("m1", SQUARE, "Pixelated", True),)))
SURE, LIKELY, NOT_SURE, BARE = 0.99, 0.93, 0.6, 0.01


def look(
    probability: float | None,
    verdict: str = "UNSURE",
    reason: str = "not-clean",
    path: str = "sub",
    measured: str = "block_px",
) -> Observations:
    numbers = () if probability is None else ((PROBABILITY, probability), (measured, 3.5))
    return observed("camera:gate", ZoneVerdict(path, ZONE.name, verdict, reason, numbers))  # type: ignore[arg-type]


def after(*looks: Observations, every: timedelta = timedelta(minutes=15), a_site: Site = SITE) -> ZoneVerdict:
    """Return the verdict of the last of several looks."""
    memory: tuple[CameraVerdicts, ...] = ()
    for number, one in enumerate(looks):
        found, memory = pool_verdicts(a_site, MASKS, one, memory, NOW + number * every)
        memory = tuple(from_data(json.loads(json.dumps(to_data(camera)))) for camera in memory)
    (value,) = [o.value for o in found]
    assert isinstance(value, ZoneVerdict)
    return value


def test_one_look_stays_as_it_is() -> None:
    (single,) = [o.value for o in look(NOT_SURE)]
    assert after(look(NOT_SURE)) == single


def test_looks_that_lean_the_same_way_decide_together() -> None:
    once = after(look(LIKELY))
    assert once.verdict == "UNSURE"
    assert after(look(LIKELY), look(LIKELY), look(LIKELY)).verdict == "PASS"
    assert after(look(0.07), look(0.07), look(0.07)).verdict == "UNSURE", "doubts alone are no fail"


def test_looks_that_answer_different_questions_do_not_decide_together_over_their_text() -> None:
    """A zone of any effect: one look was nearly sure of a mosaic, the next of a blur."""
    assert after(look(LIKELY), look(LIKELY, measured="sigma_px")).verdict == "UNSURE"
    assert after(look(LIKELY), look(LIKELY)).verdict == "PASS"


def test_looks_of_an_earlier_release_do_not_say_whose_odds_they_have_and_count_neither_way() -> None:
    _, (memory,) = pool_verdicts(SITE, MASKS, look(LIKELY) + look(LIKELY), (), NOW)
    data: Any = to_data(memory)
    data["glances"] = [[path, zone, [one[:4] for one in ones]] for path, zone, ones in data["glances"]]
    (found,), _ = pool_verdicts(SITE, MASKS, look(LIKELY), (from_data(data),), NOW + HOUR)
    assert isinstance(found.value, ZoneVerdict)
    assert found.value.verdict == "UNSURE"


def test_three_looks_count_and_the_fourth_pushes_the_first_out() -> None:
    bare = look(0.001, "FAIL", "not-hidden")
    sure = look(SURE, "PASS", "mosaic")
    assert after(bare, sure, sure).verdict == "FAIL", "a picture that plainly showed the zone is not voted down"
    assert after(bare, sure, sure, sure).verdict == "PASS"
    assert dict(after(bare, sure, sure, sure).numbers)["looks"] == 3


def test_the_newest_look_gives_the_numbers() -> None:
    numbers = dict(after(look(SURE, "PASS", "mosaic"), look(SURE, "PASS", "mosaic")).numbers)
    assert numbers["block_px"] == 3.5
    assert numbers["looks"] == 2


def test_looks_are_forgotten_after_a_day() -> None:
    bare, sure = look(0.001, "FAIL", "not-hidden"), look(SURE, "PASS", "mosaic")
    assert after(bare, sure, every=DAY).verdict == "FAIL"
    assert after(bare, sure, every=DAY + HOUR).verdict == "PASS"


def test_a_look_from_the_future_is_one_by_a_wrong_clock_and_counts_for_nothing() -> None:
    assert after(look(0.001, "FAIL", "not-hidden"), look(SURE, "PASS", "mosaic"), every=-HOUR).verdict == "PASS"


def test_looks_do_not_outlive_a_change_of_the_device_s_masks() -> None:
    _, memory = pool_verdicts(SITE, MASKS, look(0.001, "FAIL", "not-hidden"), (), NOW)
    repaired = observed("camera:gate", Masks((Mask("m1", SQUARE, "Color", True),)))
    (found,), _ = pool_verdicts(SITE, repaired, look(SURE, "PASS", "solid"), memory, NOW + HOUR)
    assert isinstance(found.value, ZoneVerdict)
    assert found.value.verdict == "PASS"


def test_masks_that_cannot_be_read_for_once_do_not_undo_looks() -> None:
    _, memory = pool_verdicts(SITE, MASKS, look(0.001, "FAIL", "not-hidden"), (), NOW)
    (found,), memory = pool_verdicts(SITE, (), look(SURE, "PASS", "mosaic"), memory, NOW + HOUR)
    assert isinstance(found.value, ZoneVerdict)
    assert found.value.verdict == "FAIL"
    assert memory[0].masks, "and what they rest on is still known"


def test_looks_do_not_outlive_a_change_of_the_declared_zones() -> None:
    _, memory = pool_verdicts(SITE, MASKS, look(0.001, "FAIL", "not-hidden"), (), NOW)
    other = site(camera(zones=(replace(ZONE, effect="pixelated"),)))
    (found,), _ = pool_verdicts(other, MASKS, look(SURE, "PASS", "mosaic"), memory, NOW + HOUR)
    assert isinstance(found.value, ZoneVerdict)
    assert found.value.verdict == "PASS"


def test_paths_and_zones_are_kept_apart() -> None:
    _, memory = pool_verdicts(SITE, MASKS, look(0.001, "FAIL", "not-hidden", "main"), (), NOW)
    (found,), memory = pool_verdicts(SITE, MASKS, look(SURE, "PASS", "mosaic", "sub"), memory, NOW + HOUR)
    assert isinstance(found.value, ZoneVerdict)
    assert found.value.verdict == "PASS"
    assert set(memory[0].glances) == {("main", ZONE.name), ("sub", ZONE.name)}


def test_what_is_no_verdict_and_who_is_no_camera_of_the_site_pass_untouched() -> None:
    others = observed("camera:stranger", *(o.value for o in look(BARE))) + observed("site", Masks(()))
    found, memory = pool_verdicts(SITE, MASKS, others, (), NOW)
    assert (found, memory) == (others, ())


def test_looks_survive_their_text() -> None:
    _, memory = pool_verdicts(SITE, MASKS, look(NOT_SURE) + look(None, "UNSURE", "no-texture", "main"), (), NOW)
    (one,) = memory
    assert from_data(json.loads(json.dumps(to_data(one)))) == one


@pytest.mark.parametrize(
    "data", [{}, {"id": "a", "zones": "", "masks": "", "glances": [["sub", "z", [["x"]]]]},
             {"id": "a", "zones": "", "masks": "", "glances": [["sub", "z", [[NOW.isoformat(), "MAYBE", "r", None]]]]},
             {"id": "a", "zones": "", "masks": "", "glances": [["sub", "z", [["2026-11-24", "PASS", "r", None, 5]]]]}],
)  # fmt: skip
def test_what_is_no_text_of_looks_is_an_error(data: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_data(data)
