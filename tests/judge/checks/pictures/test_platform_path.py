"""A zone that is bare in the picture which the police see fails; a self-test that counts no longer excuses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from footage_looks import facts_of
from sites import NOW, PATHS, SQUARE, ZONE, camera, healthy, observed, picture, site, without

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.link_tests import MASKS_COUNT_FOR, LinkTest
from agent.observe.pictures.turns import PathResult, camera_zones_digest, masks_digest
from drivers.model import Mask, Masks, Observations
from drivers.picture import PLATFORM, PictureSeen, Streams, ZoneVerdict

GATE = camera()
SITE = site(GATE)
OWN_MASKS = masks_digest((Mask("m1", SQUARE, "Color", True),))
HOUR = timedelta(hours=1)
SEC = timedelta(seconds=1)
Word = Literal["PASS", "FAIL", "UNSURE"]


def shown(word: Word = "PASS", ago: timedelta = HOUR, zone: str = ZONE.name, **changes: Any) -> PathResult:
    at = NOW - ago
    verdict = ZoneVerdict(PLATFORM, zone, word, {"PASS": "solid", "FAIL": "not-hidden", "UNSURE": "not-clean"}[word])
    seen = picture(PLATFORM, at)
    one = PathResult("gate", PLATFORM, at, camera_zones_digest(GATE), OWN_MASKS, seen, (verdict,))
    return replace(one, **changes)


def judge(
    *pictures: PathResult, told: Observations | None = None, box: tuple[str, ...] = (), trusted: bool = True
) -> dict[str, Finding]:
    facts = facts_of(SITE, healthy() if told is None else told)
    test = LinkTest("dt0001", "box", NOW - HOUR, "played", box, pictures=pictures)
    facts = replace(facts, link_tests={"box": test}, own_clock_trusted=trusted)
    return {one.check: one for one in run_checks(SITE, facts, NOW) if one.subject == "camera:gate"}


def effective(*pictures: PathResult, **more: Any) -> Finding:
    return judge(*pictures, **more)["privacy-mask-effective"]


def test_a_zone_that_is_bare_for_the_police_alone_fails() -> None:
    found = judge(shown("FAIL"))
    mask = found["privacy-mask-effective"]
    assert (mask.status, mask.reason, str(mask.message.values["paths"])) == ("fail", "not-hidden", "platform")
    assert found["privacy-mask-geometry"].status == "unknown", "no picture of every path confirms the coordinates"


def test_a_pass_names_the_platforms_path_with_its_time_and_rests_on_it() -> None:
    mask = effective(shown(ago=5 * HOUR))
    assert mask.status == "pass"
    assert "sub, playback, platform" in str(mask.message)
    assert mask.evidence["seen_earlier"] == {PLATFORM: "2026-11-24T07:00:00Z"}
    assert {(one.kind, one.level) for one in mask.rests_on if one.path == PLATFORM} == {
        ("PictureSeen", "seen"), ("ZoneVerdict", "seen"),
    }  # fmt: skip
    rows: Any = mask.evidence["paths"]
    assert [one["verdict"] for one in rows if one["path"] == PLATFORM] == ["PASS"]


def test_where_nobody_tested_nothing_is_due_there_and_a_pass_does_not_name_it() -> None:
    mask = effective()
    assert mask.status == "pass" and PLATFORM not in str(mask.message)


def test_what_cannot_be_told_there_is_no_pass() -> None:
    mask = effective(shown("UNSURE"))
    assert (mask.status, mask.reason) == ("unknown", "not-clean")


@pytest.mark.parametrize(("ago", "counts"), [(MASKS_COUNT_FOR - SEC, True), (MASKS_COUNT_FOR + SEC, False)])
def test_an_old_pass_holds_nothing_and_is_named(ago: timedelta, counts: bool) -> None:
    mask = effective(shown(ago=ago))
    assert mask.status == "pass", "every other path is hidden now"
    assert (PLATFORM in {one.path for one in mask.rests_on}) is counts
    assert ("counts no longer" in str(mask.message)) is not counts
    assert ("not_counted" in mask.evidence) is not counts


VOID: dict[str, dict[str, Any]] = {
    "too-old": {"ago": MASKS_COUNT_FOR + SEC}, "other-zones": {"zones": "0" * 64}, "other-masks": {"masks": "0" * 64},
}  # fmt: skip


@pytest.mark.parametrize("why", VOID)
def test_waiting_or_redrawing_does_not_undo_what_was_bare(why: str) -> None:
    mask = effective(shown("FAIL", **VOID[why]))
    assert (mask.status, mask.reason) == ("unknown", why)
    assert "repeat the self-test" in str(mask.message)


def test_a_clock_that_nobody_trusts_makes_nothing_young() -> None:
    assert effective(shown("FAIL"), trusted=False).reason == "clock-not-trusted"
    assert PLATFORM not in {one.path for one in effective(shown(), trusted=False).rests_on}


def test_a_picture_of_a_box_that_cannot_be_recognized_holds_nothing_and_what_it_showed_bare_stays_open() -> None:
    mask = effective(shown(), box=("digest",))
    assert mask.status == "pass" and PLATFORM not in {one.path for one in mask.rests_on}
    assert "exchanged since, perhaps" in str(mask.message)
    bare = effective(shown("FAIL"), box=("digest",))
    assert (bare.status, bare.reason) == ("unknown", "box-unknown")


def test_a_picture_of_the_future_holds_nothing() -> None:
    assert PLATFORM not in {one.path for one in effective(shown(ago=-HOUR)).rests_on}


def test_masks_that_were_never_listed_are_no_other_ones() -> None:
    assert effective(shown("FAIL", masks="")).status == "fail"


def test_the_platforms_picture_replaces_no_other_path() -> None:
    """A device that answers the platform alone, or one of which only a snapshot was seen, is not proven by it."""
    silent = without(healthy(), PictureSeen, ZoneVerdict)
    assert effective(shown(), told=silent).status == "unknown"
    own = camera(recorded=False)
    one = observed(
        "camera:gate", Streams(()), Masks((Mask("m1", SQUARE, "Color", True),)), picture("snapshot"),
        ZoneVerdict("snapshot", ZONE.name, "PASS", "solid"),
    )  # fmt: skip
    test = LinkTest("dt0001", "box", NOW, "played", pictures=(shown(),))
    facts = replace(facts_of(site(own), one), link_tests={"box": test})
    found = {f.check: f for f in run_checks(site(own), facts, NOW) if f.subject == "camera:gate"}
    assert found["privacy-mask-effective"].status == "unknown"


def test_a_bare_live_path_is_not_excused_by_a_hidden_one_at_the_platform() -> None:
    bare = tuple(
        replace(one, value=replace(one.value, verdict="FAIL", reason="not-hidden"))
        if isinstance(one.value, ZoneVerdict) and one.value.path == PATHS[1] else one
        for one in healthy()
    )  # fmt: skip
    assert effective(shown(), told=bare).status == "fail"


def test_another_camera_of_the_device_says_nothing_of_this_one() -> None:
    assert effective(shown("FAIL", camera_id="yard")).status == "pass"
