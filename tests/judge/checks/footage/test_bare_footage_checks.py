"""Footage of a time in which a zone was bare is told while it can be played, and never guessed to be gone or hidden."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from footage_looks import facts_of
from sites import DAY, NOW, ZONE, camera, healthy, observed, observed_at, site, without

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.footage.bare import (
    STRETCHES_MAX,
    Bare,
    BareStretch,
    bare_opening,
    from_data,
    to_data,
    update_bare,
    waiting,
)
from agent.observe.footage.openings import with_openings
from agent.site.config.site import Site
from drivers.footage import Opening
from drivers.model import Observations, RecordedBeside, Recordings, Span, Unavailable
from drivers.picture import FootageOpened, ZoneVerdict

HOUR = timedelta(hours=1)
SITE = site(camera())
KEY = "bare-footage-kept camera:gate"
LONG = BareStretch(ZONE.name, NOW - 5 * DAY, NOW - 5 * DAY + 6 * HOUR)
BARE = ZoneVerdict("playback", ZONE.name, "FAIL", "not-hidden")


def judge(*stretches: BareStretch, seen: Observations | None = None, a_site: Site = SITE) -> dict[str, Finding]:
    facts = facts_of(a_site, healthy() if seen is None else seen)
    facts = replace(facts, remembered=replace(facts.remembered, bare={"gate": stretches} if stretches else {}))
    return {f.key: f for f in run_checks(a_site, facts, NOW)}


def opened(at: datetime, *verdicts: ZoneVerdict) -> Observations:
    return observed("camera:gate", FootageOpened("bare", at, at, verdicts=verdicts))


def test_where_no_zone_was_ever_bare_nothing_is_kept() -> None:
    finding = judge()[KEY]
    assert (finding.status, [one.kind for one in finding.rests_on]) == ("pass", ["bare"])


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [("", "unknown", "not-opened-yet"), ("bare", "fail", "bare-footage"), ("hidden", "pass", "")],
)
def test_footage_of_a_bare_time_is_what_it_showed_when_it_was_opened(result: str, status: str, reason: str) -> None:
    finding = judge(replace(LONG, opened=result, opened_at=NOW))[KEY]  # type: ignore[arg-type]
    assert (finding.status, finding.reason) == (status, reason)
    if status == "fail":
        assert "2026-11-19T12:00:00Z to 2026-11-19T18:00:00Z" in str(finding.message)


@pytest.mark.parametrize(("from_at", "reason"), [(NOW - 9 * DAY, "bare-footage-beside"), (NOW - DAY, "")])
def test_footage_of_a_bare_time_that_the_device_has_besides_the_store_is_open(from_at: datetime, reason: str) -> None:
    beside = RecordedBeside(Recordings((Span(from_at, NOW),)))
    known = replace(LONG, opened="hidden", opened_at=NOW)
    finding = judge(known, seen=(*healthy(), *observed("camera:gate", beside)))[KEY]
    assert (finding.status, finding.reason) == ("unknown" if reason else "pass", reason)


def test_one_bare_stretch_among_hidden_ones_fails() -> None:
    other = replace(LONG, from_at=NOW - 3 * DAY, until_at=NOW - 3 * DAY, opened="hidden", opened_at=NOW)
    assert judge(replace(LONG, opened="bare", opened_at=NOW), other)[KEY].status == "fail"


def test_footage_that_is_gone_by_the_list_is_kept_no_more() -> None:
    spans = (Span(NOW - 35 * DAY, LONG.from_at - HOUR), Span(LONG.until_at, NOW))
    held = Recordings(spans, "rtsp://192.0.2.1/replay", listed=(Span(NOW - 35 * DAY, NOW),))
    seen = without(healthy(), Recordings) + observed("camera:gate", held)
    assert judge(replace(LONG, opened="bare"), seen=seen)[KEY].status == "pass"


def test_while_a_zone_is_bare_the_mask_is_the_cause() -> None:
    live = observed("camera:gate", ZoneVerdict("sub", ZONE.name, "FAIL", "not-hidden"))
    found = judge(BareStretch(ZONE.name, NOW - HOUR, NOW), seen=without(healthy(), ZoneVerdict) + live)
    assert found["privacy-mask-effective camera:gate"].status == "fail"
    assert (found[KEY].status, found[KEY].caused_by) == ("unknown", "privacy-mask-effective camera:gate")


@pytest.mark.parametrize("held", [Unavailable("recordings", "deadline"), Recordings(())])
def test_footage_that_was_not_read_or_is_not_there_proves_nothing(held: Recordings | Unavailable) -> None:
    seen = without(healthy(), Recordings) + observed("camera:gate", held)
    finding = judge(LONG, seen=seen)[KEY]
    assert (finding.status, finding.caused_by) == ("unknown", "retention-days camera:gate")


def test_a_stretch_grows_from_look_to_look_and_begins_anew_after_a_pause() -> None:
    live = observed("camera:gate", ZoneVerdict("main", ZONE.name, "FAIL", "not-hidden"))
    period = timedelta(seconds=SITE.period_s)
    bare: Bare = {}
    for periods, seen in ((0, live), (1, live), (2, ()), (9, live)):
        at = NOW + periods * period
        bare = update_bare(SITE, observed_at(seen, at), {}, bare, at)
    assert [(one.from_at, one.until_at) for one in bare["gate"]] == [
        (NOW, NOW + period),
        (NOW + 9 * period, NOW + 9 * period),
    ]
    assert from_data(json.loads(json.dumps(to_data(bare["gate"])))) == bare["gate"]


def test_a_zone_that_flickers_pushes_out_no_stretch_whose_footage_shows_it_bare() -> None:
    """A mask that is found missing for a moment each night, and hidden in that night's footage, is no excuse."""
    bare = replace(LONG, from_at=NOW - 29 * DAY, until_at=NOW - 29 * DAY + HOUR, opened="bare", opened_at=NOW)
    flickers = tuple(
        replace(LONG, from_at=at, until_at=at, opened="hidden", opened_at=NOW)
        for at in (NOW - 28 * DAY + number * 6 * HOUR for number in range(100))
    )
    after = update_bare(SITE, healthy(), {}, {"gate": (bare, *flickers)}, NOW)["gate"]
    assert after == (bare, *flickers[-STRETCHES_MAX + 1 :])
    assert judge(*after)[KEY].status == "fail"


def test_a_recorded_or_remembered_picture_begins_no_stretch() -> None:
    recorded = observed("camera:gate", BARE)
    remembered = tuple(replace(one, method="remembered") for one in observed("camera:gate", replace(BARE, path="main")))
    assert update_bare(SITE, recorded + remembered, {}, {}, NOW) == {}


def test_its_beginning_is_asked_for_in_the_turn_of_playback_and_the_answer_is_remembered() -> None:
    wanted = with_openings(SITE, {}, {}, {"gate": (LONG,)}, {"gate": ("playback",)}, NOW)["gate"].opens
    assert wanted[-1] == Opening("bare", LONG.from_at + timedelta(seconds=10))
    assert with_openings(SITE, {}, {}, {"gate": (LONG,)}, {"gate": ("sub",)}, NOW) == {}
    after = update_bare(SITE, opened(wanted[-1].at, BARE), {}, {"gate": (LONG,)}, NOW)
    assert after["gate"][0].opened == "bare"
    hidden = update_bare(SITE, opened(wanted[-1].at, replace(BARE, verdict="PASS")), {}, after, NOW + DAY)
    assert hidden["gate"][0].opened == "hidden"
    unsure = update_bare(SITE, opened(wanted[-1].at, replace(BARE, verdict="UNSURE")), {}, after, NOW + DAY)
    assert unsure["gate"][0].opened == "bare"


def test_what_was_never_opened_has_its_turn_first() -> None:
    known = replace(LONG, opened="bare", opened_at=NOW)
    fresh = BareStretch(ZONE.name, NOW - 2 * DAY, NOW - 2 * DAY)
    assert bare_opening((known, fresh), None, NOW) == Opening("bare", fresh.from_at)
    assert bare_opening((known,), None, NOW) == Opening("bare", known.opens_at)
    assert bare_opening((), None, NOW) is None


def test_a_stretch_is_forgotten_with_its_footage() -> None:
    held = Recordings((Span(NOW - 4 * DAY, NOW),), "rtsp://192.0.2.1/replay")
    assert update_bare(SITE, observed("camera:gate", held), {}, {"gate": (LONG,)}, NOW) == {}


def test_a_stretch_that_just_ended_is_opened_at_once_and_later_in_its_turn() -> None:
    fresh = BareStretch(ZONE.name, NOW - HOUR, NOW - timedelta(seconds=SITE.period_s))
    assert waiting(SITE, {"gate": (fresh,)}, NOW) == {"gate": fresh.from_at + timedelta(seconds=1)}
    assert waiting(SITE, {"gate": (replace(fresh, opened="bare"),)}, NOW) == {}
    assert waiting(SITE, {"gate": (LONG,)}, NOW) == {}
