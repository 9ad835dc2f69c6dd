"""How well a site was kept running: figures counted look by look, planned work left out, unknown never good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from footage_looks import facts_of, listed
from sites import DECLARED, NOW, camera, healthy, healthy_camera, healthy_device, observed, site, without

from agent.judge.checks.table import run_checks
from agent.judge.memory import memory as state
from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import ActiveNotes
from agent.model.finding import Finding
from agent.observe.facts.assessed_days import (
    DAYS_KEPT,
    FIGURES,
    METHOD,
    Count,
    DayAssessed,
    from_data,
    last_whole_day,
    rates_json,
    to_data,
)
from agent.observe.facts.facts import Facts, gather
from agent.observe.footage.outages import Outage, OutageKind
from agent.observe.inventory.camera_file import FIELDS
from agent.observe.remembered.value import Remembered
from agent.report.assessment import add_look
from agent.report.recorded_seconds import recorded_on
from agent.site.config.site import Rules, Site
from agent.site.declarations.standing import Declaration, local_day
from agent.site.rules.read import shipped
from drivers.footage import Schedule, SchedulePeriod
from drivers.model import Clock, Identity, Observation, Overlays, Unavailable
from drivers.picture import PictureSeen, Streams

HOUR = timedelta(hours=1)
TODAY = local_day(site(), NOW)
YESTERDAY = TODAY - timedelta(days=1)
NOBODY: frozenset[str] = frozenset()


def ruled_site(*cameras: str, **changes: object) -> Site:
    return site(*(camera(name) for name in cameras or ("gate",)), packs=shipped(), **changes)


def judge(a_site: Site, facts: Facts) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(a_site, facts, NOW)}


def look(
    a_site: Site,
    observations: tuple[Observation, ...],
    planned: frozenset[str] = NOBODY,
    days: tuple[DayAssessed, ...] = (),
    at: datetime = NOW,
) -> tuple[DayAssessed, ...]:
    facts = facts_of(a_site, observations)
    return add_look(a_site, facts, run_checks(a_site, facts, at), ActiveNotes(planned=planned), days, at)


def silent(name: str = "gate", device: str = "box") -> tuple[Observation, ...]:
    gone = observed(f"device:{device}", *(Unavailable(fact, "deadline") for fact in ("identity", "clock", "services")))
    return gone + observed(f"camera:{name}", *(Unavailable(fact, "deadline") for fact in ("streams", "overlays")))


# --- counting


def test_a_camera_in_order_is_good_in_every_figure_that_is_due() -> None:
    (day,) = look(ruled_site(), listed(healthy()))
    assert (day.day, day.looks) == (TODAY, 1)
    good = {name for name, count in day.counts.items() if count == Count(1, 1)}
    assert good == {"online", "good", "recorded", "clock"}
    assert day.counts["overlay"] == Count(0, 1, 1), "nobody reads the overlay in the picture yet"
    assert "linked" not in day.counts, "it is declared that it is not linked"
    # name, code, placement and all that is declared but the zone: four of thirteen are there
    assert day.counts["file"] == Count(4, len(FIELDS))


def test_a_camera_that_is_silent_is_due_and_not_good() -> None:
    (day,) = look(ruled_site(), silent())
    assert day.counts["online"] == Count(0, 1)
    assert day.counts["good"] == Count(0, 1)
    assert day.counts["clock"] == Count(0, 1, 1)
    assert day.counts["overlay"] == Count(0, 1, 1)
    assert day.counts["file"].unknown == 3


def test_what_nobody_looked_at_is_never_good() -> None:
    (day,) = look(ruled_site(), ())
    assert {count.good for name, count in day.counts.items() if name != "file"} == {0}
    assert all(count.due for count in day.counts.values())


@pytest.mark.parametrize("subject", ["camera:gate", "device:box"])
def test_planned_work_is_left_out_and_listed(subject: str) -> None:
    (day,) = look(ruled_site(), silent(), frozenset({subject}))
    assert day.counts["online"] == Count(excluded=1) and day.counts["online"].ratio is None
    assert day.planned == (subject,)


def test_a_wrong_clock_costs_good_condition_and_leaves_the_camera_online() -> None:
    (day,) = look(ruled_site(), without(listed(healthy()), Clock) + observed("device:box", Clock(95.0, 0.1, ntp=True)))
    assert (day.counts["online"].good, day.counts["good"].good, day.counts["clock"].good) == (1, 0, 0)


def test_a_label_that_is_missing_counts_against_the_overlay_alone() -> None:
    seen = without(listed(healthy()), Overlays) + observed("camera:gate", Overlays(("Gate",), False))
    (day,) = look(ruled_site(), seen)
    assert (day.counts["overlay"].good, day.counts["good"].good) == (0, 1)


def test_a_linked_camera_is_due_and_unknown_until_the_platform_is_read() -> None:
    linked = tuple(replace(row, value=True) if row.duty == "linked" else row for row in DECLARED)
    (day,) = look(ruled_site(declarations=linked), listed(healthy()))
    assert (day.counts["linked"].good, day.counts["linked"].due) == (0, 1)


def test_looks_add_up_within_a_day_and_begin_anew_with_the_next() -> None:
    a_site = ruled_site()
    days = look(a_site, listed(healthy()))
    days = look(a_site, silent(), days=days, at=NOW + HOUR)
    assert [(one.day, one.looks, one.counts["online"]) for one in days] == [(TODAY, 2, Count(1, 2))]
    days = look(a_site, silent(), days=days, at=NOW + 24 * HOUR)
    assert [(one.looks, one.counts["online"].due) for one in days] == [(2, 2), (1, 1)]


def test_a_clock_that_went_back_leaves_no_day_to_come() -> None:
    a_site = ruled_site()
    days = look(a_site, silent(), days=look(a_site, silent(), at=NOW + 240 * HOUR))
    assert [one.day for one in days] == [TODAY]


def test_no_more_than_a_month_of_days_is_remembered_and_it_survives_its_text() -> None:
    a_site = ruled_site()
    days: tuple[DayAssessed, ...] = ()
    for number in range(DAYS_KEPT + 5):
        days = look(a_site, (), days=days, at=NOW + number * 24 * HOUR)
    assert len(days) == DAYS_KEPT
    memory = Memory(remembered=Remembered(assessed=days))
    assert state.from_json(state.to_json(memory)) == memory


def test_a_memory_of_an_older_version_has_no_days() -> None:
    text = state.to_json(Memory()).replace(', "assessed": []', "")
    assert "assessed" not in text and state.from_json(text) == Memory()


def test_the_last_whole_day_is_never_today() -> None:
    assert last_whole_day((DayAssessed(TODAY),), TODAY) is None
    assert last_whole_day((DayAssessed(YESTERDAY), DayAssessed(TODAY)), TODAY) == DayAssessed(YESTERDAY)
    assert set(rates_json(DayAssessed(YESTERDAY, 3))) == {"day", "looks", "method", *FIGURES}


# --- the version of the formulas


def upgraded(days: int, *observations: tuple[Observation, ...]) -> DayAssessed:
    """Return the day so many days after a site was brought to this version."""
    a_site = ruled_site()
    kept: tuple[DayAssessed, ...] = (replace(DayAssessed(YESTERDAY, 9), method=1),)
    for number in range(days + 1):
        kept = look(a_site, observations[0] if observations else healthy(), days=kept, at=NOW + number * 24 * HOUR)
    return kept[-1]


def test_a_site_that_knows_no_other_method_has_no_figures_beside() -> None:
    (day,) = look(ruled_site(), healthy())
    assert (day.method, day.method_from, day.before) == (METHOD, None, {})
    assert "before" not in rates_json(day)


def test_old_and_new_figures_stand_side_by_side_for_ninety_days_from_the_upgrade_on() -> None:
    told = rates_json(upgraded(0))["before"]
    assert isinstance(told, dict)
    assert (told["method"], told["until"]) == (1, (TODAY + timedelta(days=90)).isoformat())
    assert set(told) == {"method", "until", "online", "good"}, "seconds are counted once the day is over"
    assert upgraded(89).before and not upgraded(90).before
    assert upgraded(90).method_from == TODAY


def test_what_a_device_does_not_tell_is_good_by_the_method_before_and_unknown_by_this_one() -> None:
    card = without(healthy(), PictureSeen, Streams) + observed(
        "camera:gate", Unavailable("picture", "unsupported"), Unavailable("streams", "unsupported")
    )
    for seen in (healthy(), card, silent()):
        day = upgraded(0, seen)
        for name in ("online", "good"):
            old, new = day.before[name], day.counts[name]  # type: ignore[index]
            assert old.unknown <= new.unknown and old.good >= new.good


def test_seconds_are_due_by_the_plan_in_the_method_before() -> None:
    day = YESTERDAY.weekday()
    plan = Schedule((SchedulePeriod(day, 0, 43_200, "continuous"),), True)
    facts = facts_of(ruled_site(), (*listed(healthy()), *observed("camera:gate", plan)))
    new = recorded_on(ruled_site(), facts, (), YESTERDAY)
    old = recorded_on(ruled_site(), facts, (), YESTERDAY, by_plan=True)
    assert (new.due, old.due) == (86_400, 43_200)
    motion = replace(plan, periods=(replace(plan.periods[0], mode="motion"),))
    facts = facts_of(ruled_site(), (*listed(healthy()), *observed("camera:gate", motion)))
    assert recorded_on(ruled_site(), facts, (), YESTERDAY, by_plan=True) == Count()
    assert recorded_on(ruled_site(), facts, (), YESTERDAY).due == 86_400


def test_days_of_an_older_version_say_so_and_both_survive_their_text() -> None:
    older = to_data(DayAssessed(YESTERDAY, 9))[:7]
    assert from_data(older).method == 1
    day = upgraded(1)
    assert from_data(to_data(day)) == day


# --- rates
def day_of(good: int, due: int, unknown: int = 0, looks: int = 96, planned: int = 0) -> DayAssessed:
    return DayAssessed(YESTERDAY, looks, {name: Count(good, due, unknown, planned) for name in FIGURES})


@pytest.mark.parametrize("check", ["camera-online-rate", "camera-good-rate"])
@pytest.mark.parametrize(
    ("day", "status", "reason"),
    [
        (day_of(960, 1000), "pass", ""),
        (day_of(950, 1000), "pass", ""),
        (day_of(949, 1000), "fail", "too-low"),
        (day_of(949, 1000, 1), "unknown", "too-much-unknown"),
        (day_of(0, 1000, 1000), "unknown", "too-much-unknown"),
        (day_of(0, 0), "unknown", "nothing-due"),
        (day_of(0, 0, planned=96), "not_applicable", "nothing-due"),
        (day_of(0, 1000, looks=47), "unknown", "no-whole-day"),
        (replace(day_of(0, 1000), day=TODAY), "unknown", "no-whole-day"),
        (None, "unknown", "no-whole-day"),
    ],
)
def test_the_rate_of_yesterday_is_held_against_the_rule(
    check: str, day: DayAssessed | None, status: str, reason: str
) -> None:
    facts = replace(gather(healthy()), remembered=Remembered(assessed=(day,) if day else ()))
    one = judge(ruled_site(), facts)[f"{check} site"]
    assert (one.status, one.reason) == (status, reason)


def test_a_key_target_is_held_to_more() -> None:
    key = tuple(replace(row, value=True) if row.duty == "key-target" else row for row in DECLARED)
    facts = replace(gather(healthy()), remembered=Remembered(assessed=(day_of(960, 1000),)))
    assert judge(ruled_site(declarations=key), facts)["camera-online-rate site"].status == "fail"


# --- outages


def down(subject: str, hours: float, kind: OutageKind = "silent", is_open: bool = True) -> Outage:
    return Outage(subject, kind, NOW - hours * HOUR, NOW, is_open)


@pytest.mark.parametrize(
    ("outages", "status", "reason"),
    [
        ([], "pass", ""),
        ([down("camera:gate", 24)], "pass", ""),
        ([down("camera:gate", 24.1)], "fail", "too-long"),
        ([down("device:box", 40, "disk")], "fail", "too-long"),
        ([down("camera:gate", 40, is_open=False)], "pass", ""),
    ],
)
def test_an_outage_that_lasts_is_told(outages: list[Outage], status: str, reason: str) -> None:
    facts = replace(gather(healthy()), remembered=Remembered(outages=tuple(outages)))
    one = judge(ruled_site(), facts)["outage-duration site"]
    assert (one.status, one.reason) == (status, reason)


def test_without_the_rule_no_outage_is_too_long() -> None:
    facts = replace(gather(healthy()), remembered=Remembered(outages=(down("camera:gate", 400),)))
    assert judge(site(camera()), facts)["outage-duration site"].status == "not_applicable"


@pytest.mark.parametrize(
    ("seen", "outages", "status", "cause"),
    [
        (healthy(), [], "pass", ""),
        (silent(), [down("camera:gate", 1)], "fail", "camera-online camera:gate"),
        (silent(), [down("device:box", 1)], "fail", "camera-online camera:gate"),
        (healthy(), [down("camera:gate", 1, is_open=False)], "pass", ""),
        (healthy(), [down("device:box", 1, "disk")], "pass", ""),
        (silent(), [], "unknown", "camera-online camera:gate"),
    ],
)
def test_a_camera_that_vanished_hangs_on_what_tells_it(
    seen: tuple[Observation, ...], outages: Iterable[Outage], status: str, cause: str
) -> None:
    one = judge(ruled_site(), replace(gather(seen), remembered=Remembered(outages=tuple(outages))))["camera-lost site"]
    assert (one.status, one.caused_by) == (status, cause)


# --- camera files


WORDS: dict[str, str | float] = {
    "purpose": "gate", "owner": "School", "maintainer": "Jinbei", "position": "113.2, 40.0", "height-m": 3.5,
    "azimuth-degrees": 90,
}  # fmt: skip


def filed(without_word: str = "", empty: str = "") -> Site:
    rows = [Declaration(d, v, "Li Na", date(2026, 1, 31)) for d, v in WORDS.items() if d != without_word]
    one = camera()
    of_camera = {"code": "14020000001320000001", "name": "Gate", "placement": "main gate"}
    told = {name: "" if name == empty else value for name, value in of_camera.items()}
    one = replace(one, camera=replace(one.camera, code=told["code"], name=told["name"], placement=told["placement"]))
    return site(one, packs=shipped(), rules=Rules("full"), declarations=(*DECLARED, *rows))


def file_of(a_site: Site, seen: tuple[Observation, ...]) -> Finding:
    return judge(a_site, gather(seen))["camera-file-complete site"]


def test_a_full_file_passes() -> None:
    assert file_of(filed(), healthy()).status == "pass"


def test_a_word_that_is_missing_is_told_by_the_one_open_item() -> None:
    one = file_of(filed("owner"), healthy())
    assert (one.status, one.reason, one.caused_by) == ("fail", "incomplete", "declarations site")
    assert one.evidence["empty"] == {"owner": 1}


@pytest.mark.parametrize("field", ["code", "name", "placement"])
def test_an_empty_field_of_the_configuration_is_told_by_itself(field: str) -> None:
    one = file_of(filed(empty=field), healthy())
    assert (one.status, one.caused_by, one.evidence["empty"]) == ("fail", "", {field: 1})


def test_a_device_that_does_not_say_its_serial_leaves_a_field_empty() -> None:
    box = without(healthy_device(), Identity) + observed("device:box", Identity("ACME", "N8", "1.0", ""))
    assert file_of(filed(), box + healthy_camera()).evidence["empty"] == {"serial": 1}


def test_a_device_that_was_not_read_leaves_the_file_unknown() -> None:
    one = file_of(filed(), silent())
    assert (one.status, one.reason, one.caused_by) == ("unknown", "not-read", "camera-online camera:gate")


def test_the_technical_profile_does_not_ask_for_files() -> None:
    assert file_of(ruled_site(), healthy()).reason == "profile"
