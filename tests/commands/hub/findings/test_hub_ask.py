"""`hub ask`: a table in both languages with its moment, JSON, CSV, a workbook; a wrong word is one line."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from city_told import COMPANY, OPERATOR, city, tell_site
from openpyxl import load_workbook

from agent.cli import main
from agent.contract.chain import utc_text
from agent.hub.stores.store import Store

FORMULA = "=cmd|' /C calc'!A0 \x1b[2J"
STARTS = ("=1+1", "+1", "-1", "@SUM(1)", "\uff1d1")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = city(tmp_path / "hub")
    with closing(Store(directory)) as store:
        tell_site(store, "S9", "140202", FORMULA)
        for number, start in enumerate(STARTS):
            tell_site(store, f"X{number}", "150000", f"{start}|x")
        with store.transaction():
            store.meet("N1", "datong", "e1", datetime(2026, 11, 27, tzinfo=UTC))
    return directory


def ask(hub: Path, *words: object, lang: str = "en") -> int:
    return main(["hub", "ask", *map(str, words), "--data", str(hub), "--lang", lang])


def test_a_table_has_its_moment_and_what_it_rests_on(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(hub, "findings by division,status division=140202 top 2") == 0
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    assert ["division", "status", "how", "many"] in rows and ["140202", "fail", "6"] in rows
    assert (
        "these are the first 2 groups" in out and "open findings (division=140202), as of 20" in out and ": 18\n" in out
    )
    assert "by the newest configuration report of each site: 2026-11-27 14:20 to 2026-11-27 14:20" in out
    assert ask(hub, "sites") == 0
    out = capsys.readouterr().out
    assert ": 11\n" in out and "unknown: of 1 of 11 sites no configuration report counts" in out
    assert ask(hub, "findings", "by", "check,status", lang="zh_CN") == 0
    out = capsys.readouterr().out
    assert "不合格" in out and "未了结的问题\uff08截至" in out


def test_what_sites_name_reaches_no_terminal_and_no_formula(
    hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(hub, "findings by maintainer") == 0
    assert "\x1b" not in capsys.readouterr().out
    book_at = tmp_path / "told.xlsx"
    assert ask(hub, "findings by maintainer", "--csv", "--xlsx", book_at) == 0
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head == ["maintainer", "count"] and len(rows) == 3 + len(STARTS)
    assert all(count == "6" or count == "12" for _, count in rows)
    assert not [name for name, _ in rows if name.lstrip().startswith(("=", "+", "-", "@", "\t"))]
    assert sum(name.startswith("'") for name, _ in rows) == 1 + len(STARTS)
    (sheet,) = load_workbook(book_at).worksheets
    cells = [(name.data_type, count.value) for name, count in sheet.iter_rows(min_row=2)]
    assert {kind for kind, _ in cells} == {"s"} and sum(count for _, count in cells) == 6 * (5 + len(STARTS))
    assert ask(hub, "findings", "--xlsx", tmp_path / "nowhere" / "told.xlsx") == 78


def test_json_and_csv_have_the_same_numbers_also_without_groups(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = utc_text(datetime.now(UTC))
    assert ask(hub, "sites", "by", "operator", "status=fail", f"maintainer={COMPANY}", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["counts"], told["total"]) == ("camwarden-hub-ask/1", "sites-with-finding", 2)
    assert told["groups"] == [{"operator": OPERATOR, "count": 2}]
    assert before <= told["as_of"] <= utc_text(datetime.now(UTC) + timedelta(seconds=1))
    assert ask(hub, "cameras", "--csv") == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [["count"], ["20"]]
    assert ask(hub, "findings by model model=none", "--csv") == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [["model", "count"]]


@pytest.mark.parametrize(
    "words", [["faults"], ["findings by modl"], ["findings", "status=ok"], ["camera-days by status"]]
)
def test_a_wrong_word_is_one_line_and_a_wrong_usage(
    hub: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    for lang in ("en", "zh_CN"):
        assert ask(hub, *words, lang=lang) == 2
        told = capsys.readouterr()
        assert told.out == "" and len(told.err.splitlines()) == 1


def test_the_total_repeats_what_was_asked_for(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(hub, f"findings by check status=fail,warn 'maintainer={COMPANY}' from=2026-11-01") == 0
    asked = f"open findings ('maintainer={COMPANY}' status=fail,warn from=2026-11-01), as of 20"
    assert asked in capsys.readouterr().out
    assert ask(hub, "camera-days operator=- from=2026-11-01 to=2026-11-02", lang="zh_CN") == 0
    assert "\uff08operator=-\uff0c\u622a\u81f3" in capsys.readouterr().out
    assert ask(hub, "findings status=fail", "--json") == 0
    assert json.loads(capsys.readouterr().out)["where"] == {"status": ["fail"]}
