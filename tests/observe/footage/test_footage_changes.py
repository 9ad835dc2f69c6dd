"""What a later look contradicts counts when it was seen twice; what a full recorder overwrites is no contradiction."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from footage_looks import CYCLE, remembered
from sites import DAY, NOW, camera, observed, site

from agent.observe.footage.compact import from_data, to_data
from agent.observe.footage.days import CameraFootage, Footage
from agent.observe.footage.join import CHANGES_MAX, merge_footage, without_acknowledged
from drivers.footage import DayIndex, DayRecorded, RecordedDays, Store, StoreIndex
from drivers.model import Clock, Observations, Recordings, Span, Value
from drivers.spans import day_span

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
SITE = site(camera())
OLDEST = NOW - 40 * DAY


def zone_day(ago: int) -> Span:
    return day_span(TODAY - timedelta(days=ago), ZONE)


def look(*spans: Span, more: tuple[Value, ...] = (), listed: tuple[Span, ...] | None = None) -> Observations:
    whole = (Span(spans[0].start_at, spans[-1].end_at),) if spans else ()
    return observed("camera:gate", Recordings(spans, listed=whole if listed is None else listed), *more)


def lacking(hole: Span, until: datetime = NOW) -> Observations:
    return look(Span(OLDEST, hole.start_at), Span(hole.end_at, until))


WHOLE = look(Span(OLDEST, NOW))


def after(*looks: Observations, every: timedelta = CYCLE, a_site: object = SITE) -> CameraFootage:
    """Return what is remembered after these looks, one per cycle, with the memory's text between them."""
    footage: Footage = {}
    for number, one in enumerate(looks):
        footage = remembered(a_site, [(one, NOW + number * every)], footage)  # type: ignore[arg-type]
        footage = {name: from_data(to_data(held)) for name, held in footage.items()}
    return footage["gate"]


def kinds(footage: CameraFootage) -> list[str]:
    return [change.kind for change in footage.changes]


def test_footage_that_stays_is_no_change_and_was_read_again() -> None:
    footage = after(WHOLE, WHOLE, WHOLE)
    assert (footage.changes, footage.suspected) == ((), ())
    assert footage.read_again_at is not None
    assert after(WHOLE).read_again_at is None


def test_a_hole_in_a_sealed_day_is_suspected_once_and_counts_twice() -> None:
    hole = Span(zone_day(5).start_at + HOUR, zone_day(5).start_at + 3 * HOUR)
    once = after(WHOLE, lacking(hole))
    assert (kinds(once), [change.kind for change in once.suspected]) == ([], ["vanished"])
    twice = after(WHOLE, lacking(hole), lacking(hole))
    (change,) = twice.changes
    assert (change.kind, change.from_day, change.lost_s) == ("vanished", TODAY - 5 * DAY, 7200)
    assert (change.before, change.after) == ("86400", "79200")
    assert twice.suspected == ()


def test_what_counts_is_told_once_by_remember_and_stays_without_flapping() -> None:
    hole = Span(zone_day(5).start_at, zone_day(4).start_at)
    footage: Footage = {}
    told = []
    for number, one in enumerate((WHOLE, *[lacking(hole)] * 5)):
        footage, found = merge_footage(SITE, one, footage, NOW + number * CYCLE)
        told.append(len(found.get("gate", ())))
    assert told == [0, 0, 1, 0, 0, 0]
    assert kinds(footage["gate"]) == ["vanished"]


def test_a_look_that_missed_footage_for_once_leaves_nothing_behind() -> None:
    hole = Span(zone_day(5).start_at, zone_day(4).start_at)
    footage = after(WHOLE, lacking(hole), WHOLE)
    assert (footage.changes, footage.suspected) == ((), ())


def test_footage_that_is_there_again_is_no_change_any_more() -> None:
    hole = Span(zone_day(5).start_at, zone_day(4).start_at)
    assert kinds(after(WHOLE, lacking(hole), lacking(hole), WHOLE)) == []


def test_a_minute_less_is_how_listings_differ() -> None:
    hole = Span(zone_day(5).start_at + HOUR, zone_day(5).start_at + HOUR + timedelta(seconds=60))
    assert kinds(after(WHOLE, lacking(hole), lacking(hole))) == []


def test_a_whole_day_that_the_recorder_says_is_empty_now_has_vanished() -> None:
    empty = RecordedDays(tuple(DayRecorded(TODAY - n * DAY, n != 5) for n in range(1, 30)))
    summed = look(Span(OLDEST, NOW), listed=(zone_day(1),), more=(empty,))
    assert kinds(after(WHOLE, summed, summed)) == ["vanished"]


def test_a_day_that_is_not_due_any_more_may_go() -> None:
    hole = Span(zone_day(32).start_at, zone_day(31).start_at)
    footage = after(WHOLE, lacking(hole), lacking(hole))
    assert (footage.changes, footage.suspected) == ((), ())


def test_a_day_that_holds_more_was_filled_in_and_is_sealed_as_it_is_now() -> None:
    hole = Span(zone_day(5).start_at, zone_day(5).start_at + HOUR)
    footage = after(lacking(hole), WHOLE)
    assert (footage.changes, {day.recorded_s for day in footage.days[:-1]}) == ((), {86_400})
    assert footage.sealed_head == after(WHOLE, WHOLE).sealed_head


def indexed(digest: str) -> Observations:
    return look(Span(OLDEST, NOW), more=(StoreIndex((DayIndex(TODAY - 3 * DAY, 1440, 10**10, digest * 32),)),))


def test_a_sealed_day_with_another_digest_was_changed() -> None:
    a_site = site(camera(store="disk", store_name="gate"), stores=(Store("disk", "segments", SITE.storage.directory),))
    footage = after(indexed("ab"), indexed("cd"), indexed("cd"), a_site=a_site)
    (change,) = footage.changes
    assert (change.kind, change.before, change.after) == ("changed", "ab" * 12, "cd" * 12)
    assert kinds(after(*map(indexed, ("ab", "cd", "cd", "ab")), a_site=a_site)) == []


@pytest.mark.parametrize("every", [CYCLE, 6 * HOUR, DAY, 10 * DAY])
def test_a_full_recorder_overwrites_as_time_passes(every: timedelta) -> None:
    """Its footage is shorter than what is due, so that every hour that goes was due."""
    looks = [look(Span(NOW - 20 * DAY + n * every, NOW + n * every)) for n in range(6)]
    footage = after(*looks, every=every)
    assert (footage.changes, footage.suspected) == ((), ())
    assert footage.earliest_at == NOW - 20 * DAY


def test_a_recorder_that_drops_a_day_at_a_time_does_not_tamper() -> None:
    looks = [look(Span(NOW - (20 - n) * DAY, NOW)) for n in range(3)]
    assert kinds(after(*looks)) == []


def test_much_of_the_oldest_footage_that_goes_at_once_is_a_change() -> None:
    short = look(Span(NOW - 12 * DAY, NOW))
    footage = after(WHOLE, short, short)
    (change,) = footage.changes
    assert (change.kind, change.lost_s) == ("oldest-jumped", 18 * 86_400 - 1800)
    assert (change.before, change.after) == ("2026-10-15T12:00:00Z", "2026-11-12T12:00:00Z")
    assert footage.oldest_at == NOW - 12 * DAY


def test_footage_older_than_the_floor_may_go_at_once() -> None:
    assert kinds(after(WHOLE, *[look(Span(NOW - 30 * DAY, NOW))] * 2)) == []


def test_a_disk_that_was_formatted_is_one_change_and_no_hole() -> None:
    new = [look(Span(NOW + n * CYCLE, NOW + (n + 1) * CYCLE)) for n in (0, 1)]
    footage = after(WHOLE, look(), look(Span(NOW, NOW + CYCLE)), look(Span(NOW, NOW + 3 * CYCLE)))
    assert kinds(footage) == ["formatted"]
    assert kinds(after(WHOLE, *new)) == ["formatted"]
    assert footage.oldest_at == NOW


def test_a_recorder_that_lists_nothing_for_one_look_keeps_what_was_known() -> None:
    once = after(WHOLE, look())
    assert (once.oldest_at, len(once.days), once.changes) == (OLDEST, 33, ())
    again = after(WHOLE, look(), WHOLE)
    assert (again.changes, again.suspected, again.sealed_head) == ((), (), after(WHOLE).sealed_head)


def test_a_disk_that_comes_back_with_its_footage_was_not_formatted() -> None:
    assert kinds(after(WHOLE, look(), look(), WHOLE)) == []


def test_the_days_of_a_formatted_disk_stay_in_the_chain() -> None:
    before, footage = after(WHOLE), after(WHOLE, look(), look())
    assert (footage.days, footage.sealed_days) == ((), before.sealed_days)
    assert footage.sealed_head == before.sealed_head


def test_newest_footage_that_goes_back_is_a_change() -> None:
    back = look(Span(OLDEST, NOW - 3 * HOUR))
    footage = after(WHOLE, back, back)
    (change,) = footage.changes
    assert (change.kind, change.after) == ("newest-back", "2026-11-24T09:00:00Z")


def test_footage_of_a_time_to_come_shows_that_the_clock_was_set() -> None:
    ahead = look(Span(OLDEST, NOW + 5 * HOUR))
    footage = after(WHOLE, *[ahead] * 4)
    assert kinds(footage) == ["in-future"]


def test_a_clock_that_is_known_to_be_ahead_is_not_tampered_with() -> None:
    ahead = look(Span(OLDEST, NOW + 5 * HOUR)) + observed("device:box", Clock(5 * 3600.0, 0.5))
    assert kinds(after(*[ahead] * 3)) == []


def test_no_footage_is_called_early_by_a_clock_of_ours_that_may_be_late() -> None:
    footage: Footage = {}
    for number in range(3):
        now = NOW + number * CYCLE
        footage, _ = merge_footage(SITE, look(Span(OLDEST, NOW + 5 * HOUR)), footage, now, own_clock_trusted=False)
    assert footage["gate"].changes == ()


def test_a_change_is_forgotten_when_its_day_is_not_due_any_more() -> None:
    hole = Span(zone_day(5).start_at, zone_day(5).start_at + 2 * HOUR)
    footage = {"gate": after(WHOLE, lacking(hole), lacking(hole))}
    later = NOW + 24 * DAY
    assert kinds(remembered(SITE, [(lacking(hole, later), later)], footage)["gate"]) == ["vanished"]
    later = NOW + 27 * DAY
    assert kinds(remembered(SITE, [(lacking(hole, later), later)], footage)["gate"]) == []


def test_a_change_that_somebody_acknowledged_is_gone_and_does_not_come_back() -> None:
    hole = Span(zone_day(5).start_at, zone_day(5).start_at + 2 * HOUR)
    found = after(WHOLE, lacking(hole), lacking(hole))
    footage = without_acknowledged({"gate": found}, {found.changes[0].id_of("gate")})
    assert footage["gate"].changes == ()
    assert kinds(remembered(SITE, [(lacking(hole), NOW + DAY)] * 2, footage)["gate"]) == []
    assert without_acknowledged({"gate": found}, {"other"})["gate"] == found


def test_changes_are_remembered_within_bounds() -> None:
    footage = after(WHOLE)
    for ago in range(2, 25):
        holes = [Span(zone_day(n).start_at, zone_day(n).start_at + HOUR) for n in reversed(range(2, ago + 1))]
        edges = [OLDEST, *[moment for hole in holes for moment in (hole.start_at, hole.end_at)], NOW]
        one = look(*[Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)])
        footage = remembered(SITE, [(one, NOW + CYCLE)] * 2, {"gate": footage})["gate"]
    assert len(footage.changes) == CHANGES_MAX
    assert footage.changes[-1].from_day == TODAY - 24 * DAY


def test_every_change_has_an_id_of_its_own() -> None:
    hole = Span(zone_day(5).start_at, zone_day(3).start_at)
    found = after(WHOLE, lacking(hole), lacking(hole)).changes
    assert len({change.id_of("gate") for change in found}) == len(found) == 2
    assert found[0].id_of("gate") != found[0].id_of("yard")
    assert replace(found[0], found_at=NOW).id_of("gate") == found[0].id_of("gate")
