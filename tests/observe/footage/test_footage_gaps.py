"""What is due is what the plan promises; what of it is missing has a cause, or is said to have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from footage_looks import CYCLE, remembered
from sites import DAY, NOW, camera, observed, site

from agent.observe.footage.days import CameraFootage, Footage
from agent.observe.footage.gaps import Coverage, cause_of, causes_of, coverage, is_motion_only
from agent.observe.footage.outages import Outage
from agent.site.config.site import Site
from drivers.footage import DayRecorded, RecordedDays, RecordingMode, Schedule, SchedulePeriod
from drivers.model import Observations, Recordings, Span, Value
from drivers.spans import at_wall, day_span

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
OLDEST = NOW - 40 * DAY
GATE = camera()
SITE = site(GATE)


def wall(ago: int, hour: float) -> Span:
    """Return the hour of a local day that begins at `hour`."""
    start = at_wall(TODAY - timedelta(days=ago), round(hour * 3600), ZONE)
    return Span(start, start + HOUR)


def recordings(*holes: Span, listed: bool = True) -> Recordings:
    edges = [OLDEST, *[at for hole in sorted(holes, key=lambda h: h.start_at) for at in (hole.start_at, hole.end_at)]]
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], [*edges[1::2], NOW], strict=True))
    return Recordings(spans, listed=(Span(OLDEST, NOW),) if listed else ())


def look(*holes: Span, name: str = "gate", more: tuple[Value, ...] = ()) -> Observations:
    return observed(f"camera:{name}", recordings(*holes), *more)


def covered(*holes: Span, plan: Schedule | None = None) -> Coverage:
    footage = remembered(SITE, [(look(*holes, more=(plan,) if plan else ()), NOW)])["gate"]
    found = coverage(SITE, GATE, footage, NOW)
    assert found is not None
    return found


def plan(
    mode: RecordingMode, start_h: int, end_h: int, days: range = range(7), enabled: bool | None = True
) -> Schedule:
    return Schedule(tuple(SchedulePeriod(day, start_h * 3600, end_h * 3600, mode) for day in days), enabled)


def test_every_second_is_due_where_no_plan_is_known() -> None:
    found = covered(wall(3, 5))
    assert (found.due_s, found.lost_s, found.gaps) == (30 * 86_400, 3600, (wall(3, 5),))
    assert (found.listed_days, found.unlisted_days, found.missing_days) == (31, 0, 0)


def test_a_hole_outside_of_the_plan_is_none_and_one_across_its_edge_counts_as_far_as_it_is_due() -> None:
    office = plan("continuous", 8, 20)
    assert covered(wall(3, 5), wall(3, 21), plan=office).gaps == ()
    late = Span(wall(3, 19).start_at, wall(3, 22).end_at)
    found = covered(late, plan=office)
    assert (found.gaps, found.lost_s) == ((wall(3, 19),), 3600)
    assert found.due_s == 30 * 12 * 3600


def test_a_plan_that_is_not_in_force_promises_nothing_and_excuses_nothing() -> None:
    assert covered(wall(3, 5), plan=plan("continuous", 8, 20, enabled=False)).lost_s == 3600
    assert covered(wall(3, 5), plan=Schedule(())).lost_s == 3600


def test_days_of_the_week_are_those_of_the_recorder() -> None:
    weekdays = plan("continuous", 0, 24, range(5))
    sunday, monday = 2, 1  # 2026-11-24 is a Tuesday
    assert covered(wall(sunday, 5), plan=weekdays).gaps == ()
    assert covered(wall(monday, 5), plan=weekdays).gaps == (wall(monday, 5),)


def test_time_planned_for_motion_is_not_due_and_is_counted() -> None:
    mixed = Schedule((*plan("continuous", 8, 20).periods, *plan("motion", 0, 24).periods), True)
    found = covered(wall(3, 5), plan=mixed)
    assert (found.gaps, found.due_s, found.motion_s) == ((), 30 * 12 * 3600, 30 * 12 * 3600)


@pytest.mark.parametrize(
    ("schedule", "motion_only"),
    [
        (None, False), (Schedule(()), False), (plan("motion", 0, 24), True), (plan("event", 0, 24), True),
        (plan("continuous", 8, 20), False), (plan("other", 0, 24), False),
        (plan("motion", 0, 24, enabled=False), False),
    ],
)  # fmt: skip
def test_motion_only_is_a_plan_without_anything_else(schedule: Schedule | None, motion_only: bool) -> None:
    assert is_motion_only(schedule) is motion_only


def test_a_hole_across_midnight_is_one() -> None:
    night = Span(wall(3, 22).start_at, wall(2, 5).end_at)
    assert covered(night).gaps == (night,)


def test_many_short_holes_are_counted_where_their_places_are_not_kept() -> None:
    minutes = [Span(wall(3, n).start_at, wall(3, n).start_at + timedelta(minutes=5)) for n in range(1, 23)]
    found = covered(*minutes)
    assert found.lost_s == pytest.approx(22 * 300, abs=22)
    assert len(found.gaps) == 8


def test_the_window_begins_with_the_oldest_footage_and_ends_with_the_newest() -> None:
    short = observed("camera:gate", Recordings((Span(NOW - 5 * DAY, NOW - HOUR),), listed=(Span(OLDEST, NOW),)))
    footage = remembered(SITE, [(short, NOW)])["gate"]
    found = coverage(SITE, GATE, footage, NOW)
    assert found is not None
    assert (found.window, found.lost_s) == (Span(NOW - 5 * DAY, NOW - HOUR), 0)


def test_nothing_is_known_of_a_window_without_footage() -> None:
    old = observed("camera:gate", Recordings((Span(NOW - 50 * DAY, NOW - 40 * DAY),)))
    assert coverage(SITE, GATE, remembered(SITE, [(old, NOW)])["gate"], NOW) is None


def summed_up(missing: int) -> CameraFootage:
    told = RecordedDays(tuple(DayRecorded(TODAY - n * DAY, n != missing) for n in range(40)))
    yesterday = day_span(TODAY - DAY, ZONE)
    seen = observed("camera:gate", replace(recordings(), listed=(yesterday,)), told)
    return remembered(SITE, [(seen, NOW)])["gate"]


def test_days_known_as_a_whole_are_counted_apart_and_a_missing_one_is_missing() -> None:
    found = coverage(SITE, GATE, summed_up(missing=7), NOW)
    assert found is not None
    assert (found.listed_days, found.unlisted_days, found.missing_days) == (1, 28, 1)
    assert found.gaps == (day_span(TODAY - 7 * DAY, ZONE),)
    assert found.due_s == 86_400


def test_a_day_that_ended_a_moment_ago_may_wait_for_its_turn() -> None:
    just_after = day_span(TODAY, ZONE).start_at + HOUR
    footage = replace(summed_up(missing=7), newest_at=just_after)
    days = tuple(replace(day, level="day", sealed=False) for day in footage.days)
    found = coverage(SITE, GATE, replace(footage, days=days), just_after)
    assert found is not None
    assert found.unlisted_days == 28


def test_days_of_which_nothing_is_known_were_not_asked_for() -> None:
    footage = summed_up(missing=7)
    less = replace(footage, days=tuple(day for day in footage.days if day.day != TODAY - 9 * DAY))
    found = coverage(SITE, GATE, less, NOW)
    assert found is not None
    assert found.not_asked == (day_span(TODAY - 9 * DAY, ZONE),)
    assert found.gaps == (day_span(TODAY - 7 * DAY, ZONE),)


THREE = site(camera("gate"), camera("yard"), camera("hall"))
HOLE = wall(3, 5)


def footage_of(**holes: tuple[Span, ...]) -> Footage:
    seen = tuple(one for name, some in holes.items() for one in look(*some, name=name))
    return remembered(THREE, [(seen, NOW)])


def classed(*outages: Outage, gap: Span = HOLE, a_site: Site = THREE, footage: Footage | None = None) -> str:
    held = footage or footage_of(gate=(gap,), yard=(), hall=())
    return cause_of(gap, a_site.cameras[0], causes_of(a_site, held, outages))


def outage(subject: str, kind: str, start: float = 0.0, end: float = 0.0) -> Outage:
    """Return an outage over a hole, from `start` hours after its start to `end` hours after its end."""
    return Outage(subject, kind, HOLE.start_at + start * HOUR, HOLE.end_at + end * HOUR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (outage("camera:gate", "offline"), "camera-off"),
        (outage("camera:gate", "silent"), "camera-off"),
        (outage("device:box", "silent"), "recorder-off"),
        (outage("device:box", "disk"), "disk"),
        (outage("camera:yard", "offline"), "unknown"),
        (outage("site", "disk"), "unknown"),
        (outage("camera:gate", "offline", 0.9, 5), "unknown"),
        (outage("camera:gate", "offline", 0.4, -0.1), "camera-off"),
        (outage("camera:gate", "offline", -9, -2), "unknown"),
    ],
)
def test_what_was_not_well_during_a_hole_explains_it(seen: Outage, name: str) -> None:
    assert classed(seen) == name


def test_a_silent_recorder_outweighs_a_camera_that_nobody_could_ask_for() -> None:
    seen = outage("camera:gate", "offline"), outage("device:box", "silent"), outage("device:box", "disk")
    assert classed(*seen) == "recorder-off"


def test_a_hole_that_all_cameras_of_a_recorder_share_is_the_recorder_s() -> None:
    assert classed(footage=footage_of(gate=(HOLE,), yard=(HOLE,), hall=(HOLE,))) == "recorder-off"
    assert classed(footage=footage_of(gate=(HOLE,), yard=(HOLE,), hall=())) == "unknown"
    half = Span(HOLE.start_at, HOLE.start_at + HOUR / 2)
    assert classed(footage=footage_of(gate=(HOLE,), yard=(half,), hall=(half,))) == "unknown"


def test_a_hole_over_midnight_that_all_share_is_the_recorder_s_by_the_parts_of_both_days() -> None:
    night = Span(wall(3, 22).start_at, wall(2, 5).end_at)
    evening = Span(wall(3, 22).start_at, wall(3, 23).end_at)
    assert classed(gap=night, footage=footage_of(gate=(night,), yard=(night,), hall=(night,))) == "recorder-off"
    assert classed(gap=night, footage=footage_of(gate=(night,), yard=(evening,), hall=(night,))) == "unknown"


def test_many_holes_are_explained_from_one_index() -> None:
    footage = footage_of(gate=(HOLE, wall(5, 2)), yard=(HOLE,), hall=(HOLE,))
    causes = causes_of(THREE, footage, ())
    found = [cause_of(gap, THREE.cameras[0], causes) for gap in (HOLE, wall(5, 2))]
    assert found == ["recorder-off", "unknown"]


def test_days_that_are_not_known_between_others_hide_no_day() -> None:
    footage = footage_of(gate=(HOLE,), yard=(HOLE,), hall=(HOLE,))
    day = HOLE.start_at.astimezone(ZONE).date()
    fewer = {
        name: replace(one, days=tuple(row for row in one.days if row.day == day or row.day.day % 2))
        for name, one in footage.items()
    }
    assert classed(footage=fewer) == "recorder-off"


def test_a_recorder_with_one_camera_shares_no_hole_with_itself() -> None:
    assert classed(a_site=SITE, footage=remembered(SITE, [(look(HOLE), NOW)])) == "unknown"


def test_a_camera_whose_segments_then_are_not_known_says_nothing_of_a_shared_hole() -> None:
    unlisted = observed("camera:hall", recordings(listed=False))
    seen = look(HOLE) + look(HOLE, name="yard") + unlisted
    assert classed(footage=remembered(THREE, [(seen, NOW)])) == "recorder-off"


def test_outages_are_by_our_clock_and_holes_by_the_recorder_s() -> None:
    ahead = {name: replace(one, offset_s=3 * 3600.0) for name, one in footage_of(gate=(HOLE,), yard=()).items()}
    then = Outage("camera:gate", "offline", HOLE.start_at - 3 * HOUR, HOLE.end_at - 3 * HOUR)
    assert classed(then, footage=ahead) == "camera-off"
    assert classed(outage("camera:gate", "offline"), footage=ahead) == "unknown"


def test_a_look_that_is_a_period_late_still_explains_a_hole() -> None:
    short = Span(HOLE.start_at, HOLE.start_at + timedelta(minutes=20))
    late = Outage("camera:gate", "offline", short.start_at + CYCLE, short.start_at + CYCLE)
    assert classed(late, gap=short) == "camera-off"
