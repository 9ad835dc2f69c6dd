"""`hub findings`, `hub site` and `hub fleet`: both languages, JSON, CSV, a workbook, no formula or escape."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import delivery
import pytest
from caseside import Day, at, finding
from delivery import Maker
from hubdesk import Desk, trusted

from agent.cli import main
from agent.site.config.site import Hub
from tests.hub.stores.test_hub_current import MASK, config, since


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))


@pytest.fixture
def told(desk: Desk, maker: Maker) -> Desk:
    """A site whose c0 fails since 1:00, after c1 failed for an hour."""
    trusted(desk, maker)
    day = Day(maker)
    fail = {**finding("camera:c0", "fail", MASK), "message": "=cmd|' /C calc'!A0 \x1b[2J"}
    desk.send(day.report(at(0), config(finding("camera:c1", "fail")))[0])
    desk.send(day.report(at(1), config(fail, finding("camera:c1", "pass")))[0])
    desk.store.close()
    return desk


def hub(desk: Desk, *words: object, lang: str = "en") -> int:
    return main(["hub", *(str(word) for word in words), "--data", str(desk.directory), "--lang", lang])


def test_open_findings_are_listed_and_filtered(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub(told, "findings") == 0
    out = capsys.readouterr().out
    assert out.split()[:4] == ["S1", "fail", MASK, "camera:c0"]
    assert since(1)[:16] in out and "(DS-1, 5.7, Anfang Ltd)" in out
    assert "\x1b" not in out
    assert (
        hub(told, "findings", "S1", "--json", "--status", "fail", "--division", "140000", "--since", "2026-11-24") == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == "camwarden-hub-findings/1"
    (row,) = answer["findings"]
    assert (row["site"], row["check"], row["model"], row["since"]) == ("S1", MASK, "DS-1", since(1))
    for words in (
        ["S2"],
        ["--status", "warn"],
        ["--since", "2030-01-01"],
        ["--check", "clock-offset"],
        ["--model", "x"],
    ):
        assert hub(told, "findings", *words) == 0
        assert capsys.readouterr().out == "no open finding of this kind is reported\n"
    assert hub(told, "findings", "--status", "pass") == 2
    assert hub(told, "findings", "S2", lang="zh_CN") == 0
    assert "没有此类未了结的问题" in capsys.readouterr().out


def test_a_list_that_is_longer_says_how_to_go_on(desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    trusted(desk, maker)
    found = [finding(f"camera:c{n}", "fail") for n in range(3)]
    desk.send(Day(maker).report(at(0), config(*found))[0])
    desk.store.close()
    seen: list[str] = []
    after: list[str] = []
    while True:
        assert hub(desk, "findings", "--json", "--limit", 2, *after) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["total"] == 3
        seen += [one["subject"] for one in told["findings"]]
        if told["next"] is None:
            break
        after = ["--after", told["next"]]
    assert seen == ["camera:c0", "camera:c1", "camera:c2"]
    assert hub(desk, "findings", "--limit", 2) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"2 of 3 shown; the next ones: the same with --after {after[1]}"
    assert hub(desk, "findings", "--limit", 2, lang="zh_CN") == 0
    assert "已列出 2 项\uff0c共 3 项" in capsys.readouterr().out
    assert hub(desk, "findings", "--csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert hub(desk, "findings", "--after", "nonsense") == 2
    assert "no page ended so" in capsys.readouterr().err


def test_a_table_holds_text_and_no_formula(told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub(told, "findings", "--csv", "--xlsx", tmp_path / "open.xlsx") == 0
    head, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head[:4] == ["site", "division", "check", "subject"]
    assert row[head.index("message")].startswith("'=cmd|")
    with ZipFile(tmp_path / "open.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert hub(told, "findings", "--xlsx", tmp_path / "nowhere" / "open.xlsx") == 78


def test_a_site_is_shown_with_its_boxes_and_how_long_faults_lasted(
    told: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub(told, "site", "S1") == 0
    out = capsys.readouterr().out
    assert "division 140200, 2 cameras" in out
    assert "  nvr  m DS-1 5.7\n" in out
    assert "1 faults ended, after 60 min on average" in out
    assert hub(told, "site", "S1", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["mean_repair_s"] == timedelta(hours=1).total_seconds()
    assert [one["subject"] for one in answer["history"]] == ["camera:c0", "camera:c1"]
    assert hub(told, "site", "S1", lang="zh_CN") == 0
    assert "区划 140200\uff0c2 台摄像机" in capsys.readouterr().out
    assert hub(told, "site", "S9") == 2
    assert "'S9' is not known here" in capsys.readouterr().err


def test_what_fails_at_many_boxes_of_one_kind_is_named(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub(told, "fleet") == 0
    assert capsys.readouterr().out == "no check fails at several boxes of one model\n"
    assert hub(told, "fleet", "--least", "1") == 0
    assert f"{MASK} fails at 1 of 1, 1 of 1 sites: DS-1, version 5.7" in capsys.readouterr().out
    assert hub(told, "fleet", "--least", "1", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["failing"], row["subjects"], row["firmware"]) == (1, 1, "5.7")
    assert hub(told, "fleet", "--least", "0") == 2


def test_a_page_that_ends_with_the_last_finding_names_no_next_one(
    told: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub(told, "findings", "--json", "--limit", "1") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (len(answer["findings"]), answer["total"], answer["next"]) == (1, 1, None)
