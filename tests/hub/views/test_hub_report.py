"""The figures of municipal assessment at the hub: unknown is never good, and who is silent has no rank."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import delivery
import pytest
from delivery import Maker
from hubdesk import Desk
from openpyxl import load_workbook
from reporting import DAY, FIRST, LATER, NOON, Reporting, rows, shown
from rich.cells import cell_len

from agent.hub.domain.figures import METRICS
from agent.hub.stores.day_figures import read_config, read_health
from agent.hub.views.assessment import Assessment, assess
from agent.model.finding import Draft
from agent.observe.facts.assessed_days import FIGURES, Count, DayAssessed, Figure, rates_json


def test_sums_are_made_of_numerators_and_denominators_of_all_sites_and_days(desk: Desk, tmp_path: Path) -> None:
    one, two = Reporting(desk, tmp_path, "S1"), Reporting(desk, tmp_path, "S2")
    one.health(0, online=[90, 100, 5, 0], clock=[1, 2, 0, 0])
    one.health(1, online=[100, 100, 0, 20])
    two.health(0, online=[500, 1000, 100, 0])
    two.health(1, online=[0, 0, 0, 0])
    (row,) = rows(desk, days=2)
    assert row.figures["online"] == (690, 1200, 105, 20)
    assert row.ratio("online") == 690 / 1200
    assert row.unknown_ratio("online") == 105 / 1200
    assert (row.name, row.rank, row.sites, row.due, row.reported) == ("140200", None, 2, 4, 4)
    assert row.ratio("clock") == 0.5
    assert row.ratio("good") is None


def test_the_last_report_of_a_day_counts_whatever_comes_in_between(desk: Desk, tmp_path: Path) -> None:
    site = Reporting(desk, tmp_path, "S1")
    for good in (10, 20, 30):
        site.health(0, online=[good, 40, 0, 0])
    assert rows(desk)[0].figures["online"] == (30, 40, 0, 0)
    site.epoch, site.heads = "e2", {}
    desk.birth(site.maker, "e2", at=NOON + timedelta(hours=1))
    site.health(0, online=[7, 8, 0, 0])
    assert rows(desk)[0].figures["online"] == (7, 8, 0, 0), "the newest epoch, and nothing twice"


def test_a_late_report_changes_nothing_though_a_newer_one_said_the_same_again(desk: Desk, tmp_path: Path) -> None:
    site = Reporting(desk, tmp_path, "S1")
    drafts = [
        Draft("health", {**delivery.health().body, "rates": {"day": FIRST.isoformat(), "online": [good, 40, 0, 0]}})
        for good in (20, 10, 20)
    ]
    first, late, last = site.maker.envelopes(drafts, {}, "e1", NOON)[0]
    for envelope in (first, last, late):
        desk.send(envelope, "S1")
    assert rows(desk)[0].figures["online"] == (20, 40, 0, 0)


def test_a_report_that_came_behind_a_newer_one_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    site = Reporting(desk, tmp_path, "S1")
    drafts = [
        Draft("health", {**delivery.health().body, "division": "140200",
                         "rates": {"day": FIRST.isoformat(), "online": [good, 40, 0, 0]}})
        for good in (10, 20, 20)
    ]  # fmt: skip
    old, new, same = site.maker.envelopes(drafts, {}, "e1", NOON)[0]
    for envelope in (new, same, old, new, old):
        desk.send(envelope, "S1")
    assert rows(desk)[0].figures["online"] == (20, 40, 0, 0)


def test_what_nobody_vouched_for_or_was_changed_does_not_count(desk: Desk, tmp_path: Path) -> None:
    site = Reporting(desk, tmp_path, "S1")
    body = {**delivery.health().body, "rates": {"day": FIRST.isoformat(), "online": [40, 40, 0, 0]}}
    (envelope,), _ = site.maker.envelopes([Draft("health", body)], {}, "e1", NOON)
    changed = replace(envelope, report=replace(envelope.report, payload=envelope.report.payload.replace(b"40", b"41")))
    assert desk.send(changed, "S1")["event"] == "rejected"
    stranger = Maker(tmp_path / "other", site.maker.site)
    (foreign,), _ = stranger.envelopes([Draft("health", body)], {}, "e1", NOON)
    assert desk.send(foreign, "S1")["event"] == "untrusted"
    assert [row.reported for row in rows(desk)] == [0]


def test_what_could_not_be_judged_takes_the_rank_by_that_figure_alone(desk: Desk, tmp_path: Path) -> None:
    """Just 95 % judged is enough."""
    one, two = Reporting(desk, tmp_path, "S1"), Reporting(desk, tmp_path, "S2")
    one.health(0, "140201", online=[940, 1000, 50, 0], clock=[94, 100, 6, 0])
    two.health(0, "140202", online=[949, 1000, 51, 0], clock=[100, 100, 0, 0])
    assert [(row.name, row.rank) for row in rows(desk, days=1)] == [("140201", 1), ("140202", None)]
    assert [(row.name, row.rank) for row in rows(desk, days=1, sort="clock")] == [("140202", 1), ("140201", None)]


def test_a_silent_day_lowers_the_coverage_and_takes_the_rank(desk: Desk, tmp_path: Path) -> None:
    whole, silent = Reporting(desk, tmp_path, "S1"), Reporting(desk, tmp_path, "S2")
    for day in range(20):
        whole.health(day, "140202", online=[90, 100, 0, 0])
        if day not in (3, 4):
            silent.health(day, "140203", online=[100, 100, 0, 0])
    found = rows(desk, days=20)
    assert [(row.name, row.rank, row.coverage_ratio) for row in found] == [("140202", 1, 1.0), ("140203", None, 0.9)]
    silent.health(3, "140203", online=[100, 100, 0, 0])
    assert [(row.name, row.rank) for row in rows(desk, days=20)] == [("140203", 1), ("140202", 2)], "95 % is enough"


def test_days_before_a_site_s_first_word_in_a_month_count_for_the_group_it_turns_out_to_be_in(
    desk: Desk, tmp_path: Path
) -> None:
    site = Reporting(desk, tmp_path, "S1")
    site.health(3, "140202", online=[1, 1, 0, 0])
    (row,) = rows(desk, days=4)
    assert (row.name, row.due, row.reported, row.sites) == ("140202", 4, 1, 1)


def test_a_site_that_says_nothing_all_month_lowers_the_group_it_was_in_before(desk: Desk, tmp_path: Path) -> None:
    site, new = Reporting(desk, tmp_path, "S1"), Reporting(desk, tmp_path, "S2")
    site.health(0, "140202", online=[1, 1, 0, 0])
    found = assess(desk.store, "division", FIRST + DAY, FIRST + 2 * DAY, LATER).rows
    assert [(row.name, row.due, row.reported) for row in found] == [("140202", 2, 0), ("", 2, 0)]
    assert all(row.rank is None for row in found)
    assert new.name == "S2"


def test_nothing_is_due_before_a_site_is_known_or_after_today(desk: Desk, tmp_path: Path) -> None:
    site = Reporting(desk, tmp_path, "S1", begun=NOON + 10 * DAY)
    site.health(10, online=[1, 1, 0, 0])
    (row,) = rows(desk, days=30, now=NOON + 12 * DAY)
    assert (row.due, row.reported) == (2, 1)


def test_equal_rates_share_a_rank_and_another_figure_may_rank(desk: Desk, tmp_path: Path) -> None:
    for number, (good, clock) in enumerate([(9, 1), (9, 2), (8, 3)]):
        site = Reporting(desk, tmp_path, f"S{number}")
        site.health(0, f"14020{number}", online=[good, 10, 0, 0], clock=[clock, 3, 0, 0])
    assert [(row.name, row.rank) for row in rows(desk)] == [("140200", 1), ("140201", 1), ("140202", 3)]
    assert [row.name for row in rows(desk, sort="clock")] == ["140202", "140201", "140200"]
    assert [row.rank for row in rows(desk, sort="good")] == [None] * 3


def test_planned_outages_are_in_no_rate_and_are_listed(desk: Desk, tmp_path: Path) -> None:
    one, two = Reporting(desk, tmp_path, "S1"), Reporting(desk, tmp_path, "S2")
    one.health(0, online=[60, 60, 0, 40])
    one.health(1, online=[100, 100, 0, 0])
    two.health(0, online=[100, 100, 0, 0])
    found = assess(desk.store, "division", FIRST, FIRST + DAY, LATER)
    assert found.rows[0].ratio("online") == 1.0
    assert [(one.site, one.days, one.excluded_ratio) for one in found.outages] == [("S1", 1, 0.4)]


CAMERAS = [("c1", "a1", "甲公司"), ("c2", "a1", "甲公司"), ("c3", "dumb", "")]
FINDINGS = {
    "camera-online camera:c1": "pass",
    "camera-online camera:c2": "warn",
    "camera-online camera:c3": "unknown",
    "clock-offset device:a1": "pass",
    "clock-offset device:dumb": "not_applicable",
    "osd-compliant camera:c1": "fail",
    "privacy-mask-present camera:c1": "fail",
}
WELL = ("camera-online", "camera-occluded", "camera-moved", "video-quality", "recording-completeness")


def test_by_model_and_maintainer_camera_days_count_by_whose_checks_pass(desk: Desk, tmp_path: Path) -> None:
    site = Reporting(desk, tmp_path, "S1")
    site.config(0, CAMERAS, FINDINGS)
    model = {row.name: row.figures for row in rows(desk, "model")}
    assert model == {
        "A1": {"online": (2, 2, 0, 0), "good": (0, 2, 2, 0), "clock": (2, 2, 0, 0), "overlay": (0, 1, 0, 0)},
        "": {"online": (0, 1, 1, 0), "good": (0, 1, 1, 0), "clock": (0, 0, 0, 0)},
    }
    assert {row.name: row.rank for row in rows(desk, "maintainer")} == {"甲公司": 1, "": None}


@pytest.mark.parametrize(
    ("change", "figure"),
    [
        ({}, (1, 1, 0, 0)),
        ({"video-quality camera:c1": "warn"}, (1, 1, 0, 0)),
        ({"recording-completeness camera:c1": "not_applicable"}, (1, 1, 0, 0)),
        ({"camera-moved camera:c1": "unknown"}, (0, 1, 1, 0)),
        ({"camera-moved camera:c1": "unknown", "clock-offset device:a1": "fail"}, (0, 1, 0, 0)),
    ],
)
def test_a_camera_is_in_good_condition_where_nothing_about_it_fails_or_is_unknown(
    change: dict[str, str], figure: tuple[int, ...]
) -> None:
    found = {**{f"{check} camera:c1": "pass" for check in WELL}, "clock-offset device:a1": "pass", **change}
    findings = [{"check": k.split()[0], "subject": k.split()[1], "status": v} for k, v in found.items()]
    body = {"cameras": [{"id": "c1", "device": "a1"}], "findings": findings}
    groups = next(iter(read_config({"ts": "2026-11-24T15:04:00.000Z"}, body)))[2]
    assert groups[""]["good"] == figure


@pytest.mark.parametrize(
    "told",
    [
        None, [], "x", {}, {"day": 1}, {"day": "2026-13-01", "online": [1, 1, 0, 0]}, {"day": "2026-11-01"},
        *({"day": "2026-11-01", "online": wrong} for wrong in (
            None, 1, [], [1, 1, 0], [1, 1, 0, 0, 0], [2, 1, 0, 0], [1, 1, 1, 0], [-1, 1, 0, 0], [True, 1, 0, 0],
            ["1", 1, 0, 0], [float("nan"), 1, 0, 0], [float("inf"), float("inf"), 0, 0], [10**400, 10**400, 0, 0],
        )),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_are_left_out(told: Any) -> None:
    assert list(read_health({}, {"division": "140200", "rates": told})) == []


def test_recording_is_counted_in_seconds_by_model_and_maintainer_too() -> None:
    told = [[80_000, 86_400, 400, 0], [86_400, 86_400, 0, 0], [5, 1, 0, 0], "x", None]
    cameras = [
        {"id": str(n), "device": "a1", "retention": {"recorded": {"seconds": row}}} for n, row in enumerate(told)
    ]
    body = {"cameras": [*cameras, {"id": "n", "retention": 5}], "devices": [{"id": "a1", "identity": {"model": "A1"}}]}
    groups = {by: groups for by, _, groups in read_config({"ts": "2026-11-24T15:04:00.000Z"}, body)}
    assert groups["model"]["A1"] == {"recorded": (166_400, 172_800, 400, 0)}
    assert groups["maintainer"][""] == {"recorded": (166_400, 172_800, 400, 0)}


def test_hostile_config_reports_are_read_without_a_stumble() -> None:
    for body in ({}, {"cameras": 1, "devices": [1], "findings": {"a": 1}}, {"cameras": [{}], "findings": [{}]},
                 {"cameras": [{"id": [], "device": {}, "maintainer": 5}], "devices": [{"id": 1, "identity": []}],
                  "findings": [{"check": [], "subject": {}, "status": 1}]}):  # fmt: skip
        found = list(read_config({"ts": "2026-11-24T15:04:00.000Z"}, body))
        assert [by for by, _, _ in found] == ["maintainer", "model"]
    for ts in (None, 1, "", "x", "2026-11-24", "2026-11-24T15:04:00", "0001-01-01T00:00:00+23:59"):
        assert list(read_config({"ts": ts}, {})) == []
    labels = [{"check": "osd-compliant", "subject": f"camera:{n}", "status": "pass"} for n in range(1000)]
    many = {"cameras": [{"id": str(n), "maintainer": f"m{n}" * 99} for n in range(1000)], "findings": labels}
    groups = next(iter(read_config({"ts": "2026-11-24T15:04:00.000Z"}, many)))[2]
    assert len(groups) <= 257
    assert sum(figures["overlay"][1] for figures in groups.values()) == 1000


def test_a_camera_that_is_online_and_dark_is_in_good_condition_by_no_grouping() -> None:
    """As the site itself counts it for its division."""
    told = {"check": "camera-online", "subject": "camera:c1", "status": "warn", "reason": "dark"}
    body = {"cameras": [{"id": "c1", "device": "a"}], "devices": [], "findings": [told]}
    for _, _, groups in read_config({"ts": "2026-11-24T12:00:00Z"}, body):
        assert (groups[""]["online"], groups[""]["good"]) == ((1, 1, 0, 0), (0, 1, 0, 0))


def test_what_a_site_writes_is_what_the_hub_reads() -> None:
    counts: dict[Figure, Count] = {"online": Count(90, 96, 4, 2), "file": Count(5, 10), "recorded": Count(1, 2)}
    told = rates_json(DayAssessed(FIRST, 96, counts, footage=Count(86_000, 86_400)))
    ((by, day, groups),) = read_health({}, {"division": "140200", "rates": told})
    assert (by, day, set(groups["140200"])) == ("division", FIRST, set(FIGURES) & set(METRICS))
    assert set(FIGURES) == set(METRICS)
    assert groups["140200"]["recorded"] == (86_000, 86_400, 0, 0), "seconds, not looks"
    assert (groups["140200"]["online"], groups["140200"]["file"]) == ((90, 96, 4, 2), (5, 10, 0, 0))


def test_a_day_ends_at_midnight_in_china() -> None:
    days = [next(iter(read_config({"ts": ts}, {})))[1] for ts in ("2026-11-23T15:59:59Z", "2026-11-23T16:00:00Z")]
    assert days == [date(2026, 11, 23), date(2026, 11, 24)]


HOSTILE = "=cmd|' /C calc'!A0\x1b[31m[red]<b>"


def test_the_command_shows_writes_and_prints_the_same(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "180")
    site = Reporting(desk, tmp_path, "S1")
    site.health(0, online=[9999, 10000, 1, 50], clock=[1, 2, 1, 0])
    site.config(0, [("c1", "a1", HOSTILE)], {"camera-online camera:c1": "pass"})
    assert shown(desk, "--day", FIRST, "--by", "division", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["by"], told["from"], told["to"]) == ("division", "2026-11-01", "2026-11-01")
    assert told["rows"][0]["figures"]["online"]["ratio"] == 0.9999
    assert told["rows"][0]["coverage_ratio"] == 1
    assert [one["site"] for one in told["outages"]] == ["S1"]
    book = tmp_path / "out.xlsx"
    assert shown(desk, "--day", FIRST, "--by", "division", "--xlsx", book) == 0
    out = capsys.readouterr().out
    assert "99.9%" in out and "100.0%" in out  # the coverage
    assert "? 50.0%" in out
    assert "planned outages at 1 sites" in out
    sheets = load_workbook(book)
    sheet, outages, *_ = sheets.worksheets
    assert sheet.freeze_panes == "A2"
    values = {sheet.cell(1, n).value: sheet.cell(2, n).value for n in range(1, 12)}
    assert (values["rank"], values["division"], values["online rate"]) == (1, "140200", 0.9999)
    assert [cell.value for cell in outages[2]] == ["S1", 1, 50 / 10050, 0]
    assert shown(desk, "--month", "2026-11", "--by", "maintainer", "--xlsx", book, "--lang", "zh_CN") == 0
    out = capsys.readouterr().out
    assert "维护单位" in out and "在线率" in out
    assert "\x1b" not in out
    sheet = load_workbook(book).worksheets[0]
    assert sheet["B2"].value.startswith("=cmd|")
    assert (sheet["B2"].data_type, sheet["B2"].quotePrefix) == ("s", True)


def test_a_hub_without_any_site_says_so(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(desk, "--month", "2026-11", "--by", "model") == 0
    assert "no site was due to report" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--by", "division"), 2, "--day --month is required"),
        (("--day", "2026-11-31", "--by", "division"), 2, "2026-11-31 is no day"),
        (("--month", "2026-13", "--by", "division"), 2, "2026-13 is no month"),
        (("--month", "0001-01", "--by", "division"), 2, "no hub has reports of that year"),
        (("--day", "0001-01-01", "--by", "division"), 2, "no hub has reports of that year"),
        (("--day", "2026-11-01", "--month", "2026-11", "--by", "division"), 2, "not allowed with"),
        (("--day", "2026-11-01", "--by", "city"), 2, "invalid choice"),
        (("--day", "2026-11-01", "--by", "model", "--xlsx", "/nowhere/x.xlsx"), 78, "cannot be written"),
    ],
)
def test_a_mistake_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert shown(desk, *words) == code
    assert said in capsys.readouterr().err


def test_an_assessment_says_its_days(desk: Desk) -> None:
    found = assess(desk.store, "division", FIRST, FIRST + 29 * DAY, LATER)
    assert found == Assessment("division", FIRST, FIRST + 29 * DAY, "online", (), ())


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("by", ["division", "maintainer"])
def test_on_eighty_columns_no_word_and_no_number_is_cut_in_two(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, by: str, lang: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    site = Reporting(desk, tmp_path, "S1")
    whole = {name: [10_000, 10_000, 0, 0] for name in ("online", "linked", "clock", "overlay", "file")}
    site.health(0, good=[0, 10, 10, 0], recorded_s=[1, 3, 1, 0], repairs={"camera": [1, 60, 0]}, **whole)
    site.config(0, [("c1", "a1", "甲维护公司")], {"camera-online camera:c1": "pass"})
    assert shown(desk, "--day", FIRST, "--by", by, "--lang", lang) == 0
    out = capsys.readouterr().out
    table = re.split("(?m)^%", out)[0]
    assert max(cell_len(line) for line in table.splitlines()) <= 80
    assert "100.0%" in table and "?100%" in table
    words = {"en": ("online", "label"), "zh_CN": ("在线", "标注")}[lang]
    assert all(word in table for word in words)
    assert ({"division": "140200", "maintainer": "甲维护公司"}[by]) in table
