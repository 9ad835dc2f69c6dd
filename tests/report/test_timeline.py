"""The timeline: a day is what the recorder said of it; a gap outlives every grouping; unknown is never recorded."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import DAY, NOW, camera, site

from agent.model.finding import Finding, Message, Source
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage, RecordedDay, source_of
from agent.observe.footage.outages import Outage
from agent.observe.remembered.value import Remembered
from agent.report.timeline import (
    GAP_CLASSES,
    LOSSES,
    NOT_DUE,
    NOT_KNOWN,
    Cell,
    Timeline,
    group_spans,
    timeline_json,
    worst_cell,
)
from agent.report.timeline_compact import parse_timeline, row_json
from agent.report.timeline_days import COLUMNS_MAX, timeline_of
from agent.site.config.site import CameraConfig, Declaration, Site
from drivers.footage import Schedule, SchedulePeriod
from drivers.spans import day_of, day_span

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = day_of(NOW, ZONE)
WHOLE_S = 86_400


def day_row(ago: int, *gaps: tuple[int, int], level: str = "segments", count: int | None = None) -> RecordedDay:
    """Return a remembered day that holds all but its gaps."""
    recorded_s = WHOLE_S - sum(b - a for a, b in gaps)
    return RecordedDay(TODAY - ago * DAY, recorded_s, gaps, len(gaps) if count is None else count, level)  # type: ignore[arg-type]


def footage(a_site: Site, one: CameraConfig, *rows: RecordedDay, kept: timedelta = 40 * DAY) -> CameraFootage:
    """Return a memory that was read now: footage from `kept` ago until now, of which these days are known."""
    rows = tuple(sorted(rows, key=lambda row: row.day))
    return CameraFootage(
        one.camera.id, source_of(a_site, one), NOW, NOW, NOW, rows, oldest_at=NOW - kept, newest_at=NOW,
    )  # fmt: skip


def shown(
    known: CameraFootage | None, one: CameraConfig | None = None, *outages: Outage, a_site: Site | None = None
) -> tuple[Cell, ...]:
    """Return the cells of the one camera of a site."""
    a_site = a_site or site(one or camera())
    facts = Facts({}, remembered=Remembered(footage={known.camera_id: known} if known else {}, outages=outages))
    (row,) = timeline_of(a_site, facts, (), NOW).rows
    return row.cells


def known_of(*rows: RecordedDay, **changes: object) -> CameraFootage:
    one = camera()
    return replace(footage(site(one), one, *rows), **changes)


def test_a_day_is_whole_only_where_its_segments_were_listed() -> None:
    cells = shown(known_of(day_row(1), day_row(2, level="day")))
    assert [cell.kind for cell in cells[-3:-1]] == ["claimed", "whole"]
    assert {cell.kind for cell in cells[:-3]} == {"unknown"}


def test_a_camera_whose_recordings_were_never_read_is_not_known_on_any_day() -> None:
    assert set(shown(None)) == {NOT_KNOWN}


def test_footage_of_another_recorder_says_nothing() -> None:
    assert set(shown(known_of(day_row(1), source="device:other 1 Asia/Shanghai"))) == {NOT_KNOWN}


def test_nothing_is_known_of_the_days_after_the_last_look() -> None:
    before = NOW - 3 * DAY
    cells = shown(known_of(*(day_row(ago) for ago in range(4, 20)), read_at=before, newest_at=before))
    assert [cell.kind for cell in cells[-3:]] == ["unknown"] * 3
    assert cells[-5].kind == "whole"


def test_time_since_the_newest_footage_is_missing_and_not_unknown() -> None:
    cells = shown(known_of(*(day_row(ago) for ago in range(3, 20)), newest_at=day_span(TODAY - 2 * DAY, ZONE).start_at))
    assert [(cell.recorded_ratio, cell.gap) for cell in cells[-3:]] == [(0.0, "unknown")] * 3
    assert cells[-4].kind == "whole"


def test_a_recorder_that_is_a_few_minutes_behind_has_no_gap_today() -> None:
    cells = shown(known_of(day_row(0, (0, 0)), newest_at=NOW - timedelta(minutes=10)))
    assert cells[-1].gap is None


def test_days_before_the_oldest_footage_are_not_kept_and_no_loss() -> None:
    cells = shown(known_of(day_row(9), oldest_at=day_span(TODAY - 9 * DAY, ZONE).start_at + timedelta(hours=6)))
    assert {(cell.recorded_ratio, cell.gap) for cell in cells[:-10]} == {(0.0, "not-kept")}
    assert (cells[-10].recorded_ratio, cells[-10].gap) == (0.75, "not-kept")


def test_a_recorder_that_holds_nothing_is_no_white_space() -> None:
    cells = shown(known_of(oldest_at=None, newest_at=None))
    assert {(cell.kind, cell.recorded_ratio) for cell in cells} == {("gap", 0.0)}


def test_days_before_the_camera_was_in_use_are_not_due() -> None:
    cells = shown(known_of(day_row(1)), camera(in_use_since=TODAY - 5 * DAY))
    assert {cell.kind for cell in cells[:-6]} == {"not-due"}
    assert cells[-6].kind == "unknown"


@pytest.mark.parametrize(
    ("outage", "cause"),
    [
        (("camera:gate", "silent"), "camera-off"),
        (("device:box", "silent"), "recorder-off"),
        (("device:box", "disk"), "disk"),
        (("camera:other", "silent"), "unknown"),
    ],
)
def test_a_gap_has_the_cause_that_was_seen(outage: tuple[str, str], cause: str) -> None:
    start = day_span(TODAY - DAY, ZONE).start_at
    seen = Outage(outage[0], outage[1], start, start + timedelta(hours=12))  # type: ignore[arg-type]
    cell = shown(known_of(day_row(1, (0, WHOLE_S // 2))), None, seen)[-2]
    assert cell == Cell(0.5, cause, 0.5, "segments")  # type: ignore[arg-type]


def test_a_hole_of_three_seconds_is_a_gap() -> None:
    cell = shown(known_of(day_row(1, (100, 103))))[-2]
    assert (cell.kind, cell.recorded_ratio, cell.missing_ratio) == ("gap", 0.99997, 0.00003)


def test_holes_whose_place_was_forgotten_are_missing_all_the_same() -> None:
    row = RecordedDay(TODAY - DAY, WHOLE_S - 7200, (), 12, "segments")
    cell = shown(known_of(row))[-2]
    assert (cell.gap, cell.missing_ratio) == ("unknown", round(7200 / WHOLE_S, 5))


def test_what_was_recorded_since_a_day_was_listed_is_claimed_only() -> None:
    row = RecordedDay(TODAY, 3600, (), 0, "segments")
    assert shown(known_of(row))[-1].kind == "claimed"


def test_time_outside_of_the_plan_is_no_loss() -> None:
    office = Schedule(tuple(SchedulePeriod(day, 28_800, 64_800, "continuous") for day in range(7)), True)
    rows = day_row(1, (0, 28_800), (64_800, WHOLE_S)), day_row(2, (0, 36_000), (64_800, WHOLE_S))
    cells = shown(known_of(*rows, schedule=office))
    assert (cells[-2].gap, cells[-2].recorded_ratio) == ("not-planned", round(36_000 / WHOLE_S, 5))
    assert (cells[-3].gap, cells[-3].missing_ratio) == ("unknown", round(7200 / WHOLE_S, 5))


def test_of_an_entertainment_venue_only_the_declared_business_hours_are_shown_as_due() -> None:
    words = {"business-hours": "18:00-26:00", "entertainment-venue": True}
    rows = tuple(Declaration(duty, value, "Li Na", date(2026, 1, 31)) for duty, value in words.items())
    venue = replace(site(camera()), declarations=rows)
    evenings = day_row(1, (7200, 64_800)), day_row(2, (7200, 68_400))
    cells = shown(known_of(*evenings), a_site=venue)
    assert (cells[-2].gap, cells[-2].recorded_ratio) == (None, 1.0)
    assert (cells[-3].gap, cells[-3].recorded_ratio) == ("unknown", round(1 - 3600 / (8 * 3600), 5))


def test_a_day_that_the_recorder_says_is_empty_is_missing() -> None:
    cell = shown(known_of(day_row(1, (0, WHOLE_S), level="day")))[-2]
    assert (cell.recorded_ratio, cell.gap) == (0.0, "unknown")


def test_a_recorder_whose_clock_is_a_year_behind_stands_where_a_right_clock_would_put_it() -> None:
    behind = 365 * DAY
    start = day_span(TODAY - DAY - behind, ZONE).start_at
    cells = shown(
        known_of(
            replace(day_row(1), day=TODAY - DAY - behind),
            offset_s=-behind.total_seconds(), oldest_at=start, newest_at=NOW - behind,
        )
    )  # fmt: skip
    assert cells[-2].kind == "whole"
    assert cells[-3].gap == "not-kept"


def test_the_window_is_the_largest_floor_and_never_wider_than_a_terminal_can_show() -> None:
    for days, columns in ((30, 33), (90, 93), (365, COLUMNS_MAX)):
        a_site = site(camera("a"), camera("b", retention_days=days), camera("c", recorded=False))
        window = timeline_of(a_site, Facts({}), (), NOW)
        assert (len(window.days), window.days[-1], len(window.rows)) == (columns, TODAY, 2)
        assert [row.first_due for row in window.rows] == [columns - 31, max(0, columns - 1 - days)]


def test_a_site_without_recorded_cameras_has_no_timeline() -> None:
    for a_site in (site(), site(camera(recorded=False))):
        assert timeline_of(a_site, Facts({}), (), NOW) == Timeline((), ())
    assert timeline_json(Timeline((), ())) == {"from_day": None, "until_day": None, "cameras": []}


def test_the_oldest_opened_moment_and_a_forecast_are_taken_from_the_findings() -> None:
    def found(check: str, subject: str, **evidence: str) -> Finding:
        return Finding(check, subject, "warn", "major", Message(""), Source("", ""), "", evidence)

    findings = (
        found("retention-days", "camera:gate", opened_at="2026-10-20T00:00:00Z"),
        found("retention-forecast", "device:box", short_on="2026-12-08"),
    )
    (row,) = timeline_of(site(camera()), Facts({}), findings, NOW).rows
    assert row.proven_at is not None
    assert (row.proven_at.date(), row.short_on) == (date(2026, 10, 20), date(2026, 12, 8))


CELLS = st.builds(
    Cell,
    st.one_of(st.none(), st.floats(0, 1)),
    st.one_of(st.none(), st.sampled_from(GAP_CLASSES)),
    st.floats(0, 1),
    st.sampled_from(("segments", "day")),
    st.booleans(),
)


@given(st.lists(CELLS, min_size=1, max_size=95), st.integers(0, 95), st.integers(1, 30))
def test_no_grouping_loses_a_gap_or_draws_an_unknown_day_as_recorded(
    cells: list[Cell], first_due: int, size: int
) -> None:
    first_due = min(first_due, len(cells) - 1)
    bounds = group_spans(len(cells), first_due, size)
    assert [place for start, end in bounds for place in range(start, end)] == list(range(len(cells)))
    assert all(0 < end - start <= size and not start < first_due < end for start, end in bounds)
    for start, end in bounds:
        days, one = [cell for cell in cells[start:end] if cell.due], worst_cell(cells[start:end])
        kinds = {cell.kind for cell in days}
        lost = {cell.gap for cell in days if cell.gap in LOSSES}
        assert one.kind == next((k for k in ("gap", "unknown", "claimed", "whole") if k in kinds), "not-due")
        assert one.gap in lost if lost else one.gap is None or one.gap in {cell.gap for cell in days}


def test_a_small_loss_shows_before_a_large_stretch_that_was_not_planned() -> None:
    several = (Cell(0.0, "not-planned", 1.0, "segments"), Cell(0.999, "disk", 0.001, "segments"), NOT_KNOWN)
    for order in itertools.permutations(several):
        assert worst_cell(order).gap == "disk"


def test_a_report_s_two_characters_per_day_keep_every_gap_and_every_unknown_day() -> None:
    shares = (0.0, 0.02, 0.5, 0.97, 0.9999)
    cells = (
        NOT_DUE,
        NOT_KNOWN,
        Cell(1.0, None, 0.0, "segments"),
        Cell(1.0, None, 0.0, "day"),
        *(Cell(share, cause, 1 - share, "segments") for cause in GAP_CLASSES for share in shares),
        Cell(None, "disk", 0.3),
    )
    (row,) = timeline_of(site(camera(retention_days=32)), Facts({}), (), NOW).rows
    row = replace(row, cells=cells, short_on=date(2026, 12, 8))
    line = json.loads(json.dumps(row_json(row, TODAY)))
    reported = {"id": "gate", "name": "", "retention": {"oldest_at": None, "timeline": line}}
    again = parse_timeline([reported], {"gate": NOW})
    assert again is not None
    assert (again.days[-1], len(again.days)) == (TODAY, len(cells))
    (back,) = again.rows
    assert [(c.kind, c.gap) for c in back.cells] == [(c.kind, c.gap) for c in cells]
    assert (back.floor_days, back.short_on, back.proven_at) == (32, date(2026, 12, 8), NOW)
    for before, after in zip(cells, back.cells, strict=True):
        assert (before.recorded_ratio is None) == (after.recorded_ratio is None)
        assert abs((before.recorded_ratio or 0) - (after.recorded_ratio or 0)) < 0.1


@pytest.mark.parametrize(("share", "told"), [(0.9999, "+"), (0.995, "+"), (0.97, "9"), (0.01, "1"), (0.0, "0")])
def test_a_day_that_is_nearly_whole_is_told_apart_from_one_of_nine_tenths(share: float, told: str) -> None:
    (row,) = timeline_of(site(camera(retention_days=32)), Facts({}), (), NOW).rows
    line = row_json(replace(row, cells=(Cell(share, "disk", 1 - share, "segments"),)), TODAY)
    assert (line["recorded"], line["gaps"]) == (told, "d")


def test_a_report_that_says_nothing_of_days_has_no_timeline_and_a_strange_one_claims_nothing() -> None:
    assert parse_timeline([{"id": "a", "name": "", "retention": None}], {}) is None
    line = {"until": "2026-11-23", "floor_days": 30, "recorded": "Fx9", "gaps": "---", "short_on": None}
    newer = {**line, "until": "2026-11-24", "recorded": "F", "gaps": "-"}
    cameras = [
        {"id": name, "name": "", "retention": {"oldest_at": None, "timeline": told}}
        for name, told in (("a", line), ("b", newer))
    ]
    again = parse_timeline(cameras, {})
    assert again is not None
    assert [[cell.kind for cell in row.cells] for row in again.rows] == [
        ["whole", "unknown", "unknown", "unknown"],
        ["unknown", "unknown", "unknown", "whole"],
    ]


def test_sixty_four_cameras_of_ninety_days_fit_into_a_report() -> None:
    cameras = tuple(camera(f"c{n:02}", retention_days=90) for n in range(64))
    a_site = site(*cameras)
    many = {
        c.camera.id: footage(a_site, c, *(day_row(ago, (900 * n, 900 * n + 60)) for ago in range(93)))
        for n, c in enumerate(cameras)
    }
    whole = timeline_of(a_site, Facts({}, remembered=Remembered(footage=many)), (), NOW)
    assert {cell.kind for row in whole.rows for cell in row.cells[:-1]} <= {"gap", "not-kept"}
    assert sum(len(json.dumps(row_json(row, TODAY))) for row in whole.rows) < 24_000
