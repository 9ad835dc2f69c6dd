"""Planned work is told to the hub, which leaves it out and lists it by itself: through a site's own reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hubdesk import Desk
from live_site import DAY, FIRST, HOUR, NOON, Live, numbers, reported
from openpyxl import load_workbook

from agent.cli import main
from agent.contract.authors import author_id
from agent.hub.domain.figures import By
from agent.hub.domain.planned import PlannedWork, from_data, read_planned, to_data
from agent.hub.views.assessment import assess
from agent.judge.memory import memory
from agent.judge.memory.authors import author_key
from agent.judge.memory.notes import Acknowledgement, remove_note, write_note
from agent.model.finding import Json


@pytest.fixture(scope="module")
def planned_outage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub, only to read, of a site one device of which was off for a day by a plan."""
    folder = tmp_path_factory.mktemp("outage")
    desk = Desk(folder / "hub")
    live = Live(folder, desk)
    midnight = NOON - 12 * HOUR
    live.plan("device:boxa", midnight + HOUR, midnight + 24 * HOUR, said_at=midnight)
    live.look(midnight)
    live.day(0, silent=("boxa",), hours=range(1, 24))
    live.look(midnight + DAY)  # the day after: yesterday's figures are told
    live.spool.close()
    yield desk
    desk.store.close()


@pytest.mark.parametrize("by", ["division", "maintainer", "model"])
@pytest.mark.parametrize("when", [("--day", "2026-11-02"), ("--month", "2026-11")])
def test_a_planned_outage_is_excluded_and_listed_however_it_is_grouped(
    planned_outage: Desk, capsys: pytest.CaptureFixture[str], tmp_path: Path, by: str, when: tuple[str, str]
) -> None:
    book = tmp_path / "out.xlsx"
    told = reported(planned_outage, capsys, *when, "--by", by, "--xlsx", str(book))
    rows = {row["name"]: row for row in told["rows"]}
    if by == "division":
        assert numbers(rows["140202"]) == (25, 25, 0, 23)
    elif when[0] == "--day":
        excluded = {"maintainer": "维护S1", "model": "MODEL-boxb"}[by]
        assert numbers(rows[excluded])[:3] == (1, 1, 0)
        assert sum(numbers(row)[3] for row in rows.values()) == 1
    else:  # with the first look of the day after
        assert sum(numbers(row)[3] for row in rows.values()) == 1
        assert all(numbers(row)[0] == numbers(row)[1] for row in rows.values())
    (work,) = told["planned"]
    assert (work["site"], work["subject"], work["by"], work["why"]) == ("S1", "device:boxa", "王工", "换硬盘")
    assert (work["from"], work["until"]) == ("2026-11-01T17:00:00Z", "2026-11-02T16:00:00Z")
    sheets = {sheet.title: sheet for sheet in load_workbook(book).worksheets}
    assert [cell.value for cell in sheets["planned work"][2]] == [
        "S1", "device:boxa", "2026-11-02 01:00", "2026-11-03 00:00", "王工", "换硬盘",
    ]  # fmt: skip


def test_without_a_plan_the_same_outage_counts(desk: Desk, live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    live.day(0, silent=("boxa",))
    live.look(NOON + 12 * HOUR)
    told = reported(desk, capsys, "--day", "2026-11-02", "--by", "division")
    assert numbers(told["rows"][0]) == (24, 48, 0, 0)
    models = reported(desk, capsys, "--day", "2026-11-02", "--by", "model")
    assert sum(numbers(row)[0] for row in models["rows"]) == 1
    assert sum(numbers(row)[1] for row in models["rows"]) == 2
    assert told["planned"] == told["outages"] == []


def test_unknown_is_due_and_never_good_by_each_grouping(
    desk: Desk, live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.day(0)
    for hour in (12, 13):
        live.look(NOON + hour * HOUR)
    for by in ("division", "maintainer", "model"):
        told = reported(desk, capsys, "--day", "2026-11-02", "--by", by)
        for row in told["rows"]:
            good, due, unknown, _ = numbers(row, "recorded")
            assert (good, unknown) == (0, due), "nobody ever listed its footage"
            assert due == {"division": 2 * 86_400, "maintainer": 2 * 86_400, "model": 86_400}[by], "seconds"


@pytest.fixture(scope="module")
def both_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Live]]:
    """A hub, only to read, of two sites that were off for the same two days: the first by a plan."""
    folder = tmp_path_factory.mktemp("off")
    desk = Desk(folder / "hub")
    live, other = Live(folder, desk), Live(folder, desk, "S2", "140203")
    off = NOON - 12 * HOUR + 5 * DAY
    for number in range(21):
        if number == 4:
            live.plan("site", off, off + 2 * DAY, said_at=off - DAY)
        for site in (live, other):
            if number not in (5, 6):
                site.look(NOON + number * DAY)
    for site in (live, other):
        site.spool.close()
    yield desk, live
    desk.store.close()


@pytest.mark.parametrize("by", ["division", "maintainer", "model"])
def test_a_site_that_is_off_by_a_plan_that_it_told_of_is_not_due_and_listed(
    both_off: tuple[Desk, Live], capsys: pytest.CaptureFixture[str], by: By
) -> None:
    desk, live = both_off
    found = assess(desk.store, by, FIRST, FIRST + 19 * DAY, NOON + 40 * DAY)
    rows = {row.name: (row.rank, row.due, row.reported) for row in found.rows}
    if by == "model":  # both sites have both models
        assert rows == {"MODEL-boxa": (None, 38, 36), "MODEL-boxb": (None, 38, 36)}, "94.7 % is no rank"
    else:
        planned, silent = ("140202", "140203") if by == "division" else ("维护S1", "维护S2")
        assert rows == {planned: (1, 18, 18), silent: (None, 20, 18)}
    assert [(one.site, one.days, one.days_off) for one in found.outages] == [("S1", 0, 2)]
    by_plan = author_id(author_key(live.folder), "S1", "王工")
    assert [(one.site, one.plan.subject, one.plan.by) for one in found.works] == [("S1", "site", by_plan)]
    later = assess(desk.store, by, FIRST + 6 * DAY, FIRST + 6 * DAY, NOON + 40 * DAY)
    assert [one.days_off for one in later.outages] == [1], "a plan that was told before the first day counts too"
    assert main(["hub", "report", "--month", "2026-11", "--by", by, "--data", str(desk.directory)]) == 0
    assert (
        "S1: planned work on site from 2026-11-07 00:00 until 2026-11-09 00:00 (王工: 换硬盘)"
        in capsys.readouterr().out
    )


def test_a_plan_that_is_told_afterwards_or_taken_back_excuses_no_silent_day(
    desk: Desk, live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    off = NOON - 12 * HOUR + 2 * DAY
    live.look(NOON)
    live.look(NOON + DAY)
    live.plan("site", off, off + DAY, said_at=off - HOUR)  # so it says; nobody was told by then
    live.look(NOON + 3 * DAY)
    name = live.plan("site", off + 2 * DAY, off + 5 * DAY, said_at=NOON + 3 * DAY)
    live.look(NOON + 3 * DAY + HOUR)
    remove_note(live.folder, name)
    live.look(NOON + 3 * DAY + 2 * HOUR)
    assert "planned" not in live.bodies["config"]
    live.look(NOON + 6 * DAY)
    told = reported(desk, capsys, "--month", "2026-11", "--by", "maintainer")
    assert told["outages"] == []
    assert [one["subject"] for one in told["planned"]] == [], "what was never in force by what was said is not listed"


def test_who_knows_of_what_is_told_while_it_is_open(live: Live) -> None:
    for hour in range(4):
        live.look(NOON + hour * HOUR, silent=("boxa",))
    assert "acknowledged" not in live.bodies["config"]
    (episode,) = [
        known.episode
        for known in memory.from_json(live.spool.read_memory()).known.values()
        if known.episode and known.episode.check == "camera-online"
    ]
    until = NOON + 3 * DAY
    word = Acknowledgement(
        episode.key, episode.detected_at, episode.worst, "王工", NOON + 4 * HOUR, "new one ordered", until
    )
    write_note(live.folder, word, NOON + 4 * HOUR)
    live.look(NOON + 4 * HOUR, silent=("boxa",))
    (row,) = live.bodies["config"]["acknowledged"]
    by = author_id(author_key(live.folder), "S1", "王工")
    assert row == {
        "check": "camera-online", "subject": "camera:gate", "by": by, "at": "2026-11-02T08:00:00Z",
        "until": "2026-11-05T04:00:00Z", "why": "new one ordered",
    }  # fmt: skip
    for hour in range(5, 8):
        live.look(NOON + hour * HOUR)
    assert "acknowledged" not in live.bodies["config"], "it is over"


def test_plans_before_a_day_are_read_once_for_each_site_however_many_days_came_before(
    desk: Desk, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read for a day, at each request for numbers too, must not grow with the years."""
    live.plan("site", NOON, NOON + 30 * DAY, said_at=NOON - HOUR)
    for number in range(20):
        live.look(NOON + number * DAY)
    read: list[int] = []
    ask = desk.store.all

    def counted(statement: str, *values: object) -> list[Any]:
        rows = ask(statement, *values)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(desk.store, "all", counted)
    found = assess(desk.store, "division", FIRST + 20 * DAY, FIRST + 20 * DAY, NOON + 40 * DAY)
    assert [one.days_off for one in found.outages] == [1], "the last word counts, however old it is"
    assert max(read) == 1, "one row of a site"


HOSTILE: list[Json] = [
    5, "x", {}, [], {"subject": "site"}, {"subject": 5, "from": "2026-11-02T00:00:00Z"},
    {"subject": "site", "from": "2026-11-02", "until": "2026-11-03T00:00:00Z", "said_at": "2026-11-01T00:00:00Z"},
    {"subject": "site", "from": "9999-12-31T23:59:59-23:59", "until": "x", "said_at": "2026-11-01T00:00:00Z"},
    {"subject": "site", "from": "2026-11-04T00:00:00Z", "until": "2026-11-03T00:00:00Z",
     "said_at": "2026-11-01T00:00:00Z"},
]  # fmt: skip
FINE: dict[str, Json] = {
    "subject": "device:a", "from": "2026-11-02T00:00:00+08:00", "until": "2026-11-03T00:00:00Z",
    "said_at": "2026-11-02T12:00:00Z", "by": ["x"], "why": "w" * 9000, "cameras": ["c1", 5, ""],
}  # fmt: skip


def test_hostile_plans_are_left_out_and_a_backdated_one_counts_from_when_it_was_said() -> None:
    (plan,) = read_planned({"planned": [*HOSTILE, FINE]})
    assert plan.start_at == datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert (plan.by, len(plan.why), plan.cameras) == ("", 500, ("c1",))
    assert len(read_planned({"planned": [FINE] * 500})) == 64
    assert [read_planned({"planned": told}) for told in (None, 5, "x", {})] == [()] * 4
    assert from_data(json.loads(json.dumps(to_data([plan])))) == (replace(plan, cameras=()),)


def test_a_plan_is_about_its_subject_and_what_is_behind_it() -> None:
    plan = PlannedWork(NOON, NOON + HOUR, "device:a", "", "", ("stored",))
    assert [plan.is_about(*pair) for pair in (("c1", "a"), ("stored", "b"), ("c1", "b"))] == [True, True, False]
    assert [replace(plan, subject=one).is_about("c1", "b") for one in ("site", "camera:c1", "camera:c2")] == [
        True, True, False,
    ]  # fmt: skip
    assert [plan.is_in_force(at) for at in (NOON, NOON + HOUR, NOON - HOUR)] == [True, False, False]
