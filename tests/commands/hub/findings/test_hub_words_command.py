"""Words on open findings by command, and the work order that somebody prints, in both languages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import delivery
import pytest
from caseside import Day, at, finding
from delivery import Maker
from hubdesk import Desk, trusted

from agent.cli import main
from agent.hub.domain.figures import CHINA
from agent.site.config.site import Hub
from tests.hub.stores.test_hub_current import MASK, config

SOON = (datetime.now(CHINA) + timedelta(days=3)).date().isoformat()  # also where midnight comes meanwhile
PLACE = ("S1", MASK, "camera:c0")


@pytest.fixture
def told(desk: Desk, tmp_path: Path) -> Desk:
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))
    trusted(desk, maker)
    fail = {**finding("camera:c0", "fail", MASK), "message": "bare \x1b[2J"}
    desk.send(Day(maker).report(at(1), config(fail))[0])
    desk.store.close()
    return desk


def hub(desk: Desk, *words: object, lang: str = "en") -> int:
    return main(["hub", *(str(word) for word in words), "--data", str(desk.directory), "--lang", lang])


def test_a_finding_is_acknowledged_assigned_and_commented(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub(told, "acknowledge", *PLACE, "--until", SOON, "--by", "Li", "--why", "scaffold") == 0
    assert hub(told, "comment", *PLACE, "seen \u5927", "--by", "Li") == 0
    assert hub(told, "operator", "S1", "School 4", "--by", "Li") == 0
    assert hub(told, "assign", *PLACE, "--to", "Zhao", "--due", SOON, "--by", "Li", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["assignee"] == "Zhao"
    assert hub(told, "findings", "--operator", "School 4", "--assignee", "Zhao") == 0
    line = capsys.readouterr().out
    assert f"acknowledged by Li until {SOON}, Zhao is to mend it by {SOON}, 1 comments" in line
    assert hub(told, "site", "S1", "--json") == 0
    assert [one["kind"] for one in json.loads(capsys.readouterr().out)["words"]] == [
        "acknowledged", "comment", "assigned",
    ]  # fmt: skip
    assert hub(told, "site", "S1", lang="zh_CN") == 0
    assert "已派工" in capsys.readouterr().out


def test_a_repair_is_planned_for_thirty_days_at_most(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    far = (datetime.now(CHINA) + timedelta(days=31)).date().isoformat()
    assert hub(told, "plan", *PLACE, "--until", far, "--by", "Li", "--why", "ordered") == 2
    assert "planned for 30 days at most" in capsys.readouterr().err
    assert hub(told, "plan", *PLACE, "--until", SOON, "--by", "Li", "--why", "ordered") == 0
    assert hub(told, "findings") == 0
    assert f"planned by Li until {SOON}" in capsys.readouterr().out
    assert hub(told, "site", "S1", lang="zh_CN") == 0
    assert "已计划维修" in capsys.readouterr().out


def test_an_order_is_printed_in_both_languages_and_holds_no_escape(
    told: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub(told, "assign", *PLACE, "--to", "Zhao", "--due", SOON, "--by", "Li", "--why", "replace it") == 0
    capsys.readouterr()
    assert hub(told, "work-order", "--to", "Zhao") == 0
    out = capsys.readouterr().out
    assert out.startswith("Work order of ") and "派工单" in out and "\x1b" not in out
    assert out.count("replace it") == out.count(f"{SOON}") == 2
    assert "operated by unknown" in out and "Mended on: ___" in out and "修复日期" in out
    assert hub(told, "work-order", "S1", "--to", "Zhao", lang="zh_CN") == 0
    assert capsys.readouterr().out.startswith("派工单")
    assert hub(told, "work-order", "--to", "Zhao", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["findings"]
    assert (row["due_on"], row["words"][0]["text"]) == (SOON, "replace it")
    assert hub(told, "work-order", "--to", "nobody") == 2


def test_what_cannot_be_kept_is_one_line(told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["assign", *PLACE, "--to", "Zhao", "--due", "2020-01-01", "--by", "Li"],
        ["acknowledge", *PLACE, "--until", "2020-01-01", "--by", "Li", "--why", "x"],
        ["comment", *PLACE, " ", "--by", "Li"],
        ["comment", "S1", MASK, "camera:c9", "x", "--by", "Li"],
    ):
        assert hub(told, *words) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["hub", "operator", "S1", "x", "--by", "y", "--data", str(tmp_path / "nowhere")]) == 78
    assert not (tmp_path / "nowhere").exists(), "a word makes no hub"


def test_repairs_are_listed_by_check(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))
    trusted(desk, maker)
    day = Day(maker)
    for hour, status in ((0, "fail"), (2, "pass")):
        desk.send(day.report(at(hour), config(finding("camera:c0", status, MASK)))[0])
    desk.store.close()
    assert hub(desk, "repairs", "--since", "2026-11-01") == 0
    assert capsys.readouterr().out == f"{MASK}: 1 mended, after 2.0 h on average, 2.0 h at most; 0 still open\n"
    assert hub(desk, "repairs", "--since", "2026-11-01", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["repaired"] == 1
    assert hub(desk, "repairs", "--since", "2099-01-01", lang="zh_CN") == 0
    assert "没有修复的故障" in capsys.readouterr().out
