"""Recorders are asked little at a time, and every day has its turn."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sites import DAY, NOW, camera, observed, site

from agent.observe.footage.days import Footage
from agent.observe.footage.join import merge_footage
from agent.observe.footage.requests import footage_requests
from agent.site.config.site import Site
from drivers.footage import DayRecorded, RecordedDays, Store, Wanted
from drivers.model import Observations, Recordings, Span
from drivers.spans import day_span

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
PERIOD = timedelta(minutes=15)
OLDEST = NOW - 40 * DAY


def zone_day(day: date) -> Span:
    return day_span(day, ZONE)


def answered(
    wants: dict[str, Wanted],
    now: object,
    silent_on: frozenset[date] = frozenset(),
    empty: frozenset[date] = frozenset(),
) -> Observations:
    """Answer as a recorder that lists by the day: those of `silent_on` cannot be listed, those of `empty` are empty."""
    seen: Observations = ()
    for name, want in wants.items():
        days = [day for day in want.days if day not in silent_on]
        listed = tuple(zone_day(day) for day in sorted(days))
        holes = sorted((zone_day(day) for day in empty), key=lambda one: one.start_at)
        edges = [OLDEST, *[at for hole in holes for at in (hole.start_at, hole.end_at)], now]
        spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))  # type: ignore[arg-type]
        told = [
            DayRecorded(day, day not in empty)
            for year, month in want.months
            for day in (date(year, month, 1) + timedelta(days=n) for n in range(31))
            if day.month == month and day <= TODAY
        ]
        values = (Recordings(spans, listed=listed), *((RecordedDays(tuple(told)),) if told else ()))
        seen += observed(f"camera:{name}", *values)
    return seen


def cycles(a_site: Site, count: int, **recorder: frozenset[date]) -> tuple[list[dict[str, Wanted]], Footage]:
    """Run so many cycles and return what each asked for, and what is known then."""
    footage: Footage = {}
    asked = []
    for number in range(count):
        now = NOW + number * PERIOD
        wants = dict(footage_requests(a_site, footage, now))
        asked.append(wants)
        footage, _ = merge_footage(a_site, answered(wants, now, **recorder), footage, now)
    return asked, footage


def test_the_first_look_asks_for_all_months_of_the_window_and_the_day_before() -> None:
    assert footage_requests(site(camera()), {}, NOW) == {"gate": Wanted(((2026, 10), (2026, 11)), (TODAY - DAY,))}


def test_later_looks_ask_for_one_month_or_one_day_of_each_camera() -> None:
    asked, _ = cycles(site(*(camera(f"c{n}") for n in range(16))), 100)
    assert all(len(want.months) + len(want.days) <= 1 for wants in asked[1:] for want in wants.values())


def test_of_every_eighth_camera_in_turn_no_day_is_listed() -> None:
    """What a recorder is asked for all its cameras together then does not push it over two questions a camera."""
    cameras = [camera(f"c{n}") for n in range(16)]
    asked, _ = cycles(site(*cameras), 1 + 16)
    listed = [sum(bool(want.days) for want in wants.values()) for wants in asked[1:]]
    assert max(listed) <= 14
    assert {name for wants in asked[1:] for name, want in wants.items() if want.days} == {f"c{n}" for n in range(16)}


def test_days_that_were_never_listed_come_first_the_newest_of_them_before_the_others() -> None:
    asked, _ = cycles(site(camera()), 20)
    days = [want["gate"].days[0] for want in asked if "gate" in want and want["gate"].days]
    assert days == [TODAY - n * DAY for n in range(1, len(days) + 1)]


def test_within_half_a_day_every_day_was_listed_and_then_the_one_listed_longest_ago_is_next() -> None:
    asked, footage = cycles(site(camera()), 48)
    complete = [day for day in footage["gate"].days if day.day < TODAY]
    assert {day.level for day in complete} == {"segments"}
    days = [want["gate"].days[0] for want in asked if "gate" in want and want["gate"].days]
    assert days[len(set(days))] == days[0]


def test_the_days_of_each_month_are_asked_for_once_a_day_and_not_by_all_cameras_at_once() -> None:
    cameras = [camera(f"c{n}") for n in range(16)]
    asked, _ = cycles(site(*cameras), 1 + 96)
    months = [[name for name, want in wants.items() if want.months] for wants in asked[1:]]
    assert sorted(name for names in months for name in names) == sorted(2 * [c.camera.id for c in cameras])
    assert max(map(len, months)) <= 2


def test_a_day_that_cannot_be_listed_does_not_hold_up_the_others() -> None:
    bad = TODAY - 3 * DAY
    asked, footage = cycles(site(camera()), 48, silent_on=frozenset({bad}))
    days = [want["gate"].days[0] for want in asked if "gate" in want and want["gate"].days]
    assert days.count(bad) == 2
    levels = {day.day: day.level for day in footage["gate"].days}
    assert levels[bad] == "day"
    assert levels[bad - DAY] == "segments"


def test_a_day_that_holds_nothing_is_not_listed() -> None:
    empty = TODAY - 3 * DAY
    asked, footage = cycles(site(camera()), 40, empty=frozenset({empty}))
    assert all(empty not in one.days for want in asked for one in want.values())
    assert next(day for day in footage["gate"].days if day.day == empty).is_missing


def test_a_day_that_the_last_look_contradicted_is_asked_for_at_once() -> None:
    footage: Footage = {}
    a_site = site(camera())
    _, footage = cycles(a_site, 40)
    gone = TODAY - 2 * DAY
    now = NOW + 40 * PERIOD
    shorter = Recordings(
        (Span(OLDEST, zone_day(gone).start_at), Span(zone_day(gone + DAY).start_at, now)), listed=(zone_day(gone),)
    )
    footage, _ = merge_footage(a_site, observed("camera:gate", shorter), footage, now)
    assert footage_requests(a_site, footage, now + PERIOD) == {"gate": Wanted(days=(gone,))}


def test_nothing_is_wanted_of_cameras_that_are_not_recorded_or_are_in_a_store() -> None:
    stored = camera("stored", store="disk", store_name="yard")
    a_site = site(camera("bare", recorded=False), stored, stores=(Store("disk", "segments", site().storage.directory),))
    assert footage_requests(a_site, {}, NOW) == {}


def test_a_camera_that_moved_to_another_channel_is_looked_at_as_for_the_first_time() -> None:
    _, footage = cycles(site(camera()), 3)
    moved = site(camera(device="other"))
    assert len(footage_requests(moved, footage, NOW + DAY)["gate"].months) == 2
