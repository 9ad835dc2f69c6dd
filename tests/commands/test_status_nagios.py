"""`status --nagios`: one line, the right state, and nothing in a name that could end it or forge figures."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.commands.status import command
from agent.model.finding import Json
from agent.service.alerts.status_file import write

LINE = re.compile(
    r"CAMWARDEN (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+"
    r"( \| [a-z_]+=[0-9]+s?;[0-9:]*(;[0-9:]*){0,3}( [a-z_]+=[0-9]+s?;[0-9:]*(;[0-9:]*){0,3})*)?\n"
)
"""Source: Monitoring Plugins Development Guidelines, "Performance data"."""


def told(
    folder: Path, capsys: pytest.CaptureFixture[str], age: timedelta = timedelta(0), **content: Json
) -> tuple[int, str]:
    at = datetime.now(UTC) - age
    due = at + timedelta(seconds=900)
    write(folder, {"at": at.isoformat(), "next_due_at": due.isoformat(), "site": "S1", **content})
    return asked(folder, capsys)


def asked(folder: Path, capsys: pytest.CaptureFixture[str], lang: str = "en") -> tuple[int, str]:
    (folder / "site.toml").write_text('[storage]\nruntime = "."\n')
    flags = {"json": False, "quiet": False, "all": False, "nagios": True, "lang": lang}
    code = command.run(argparse.Namespace(config=folder / "site.toml", **flags))
    shown = capsys.readouterr().out
    assert LINE.fullmatch(shown), shown
    return code, shown


@pytest.mark.parametrize(
    ("counts", "code", "state"),
    [
        ({"pass": 5}, 0, "OK"),
        ({"pass": 5, "warn": 1}, 1, "WARNING"),
        ({"pass": 5, "refused": 1, "unknown": 1}, 1, "WARNING"),
        ({"fail": 1, "warn": 1, "unknown": 1}, 2, "CRITICAL"),
        ({"pass": 5, "unknown": 1}, 3, "UNKNOWN"),
        ({"warn": 1, "unknown": 1}, 1, "WARNING"),
        ({}, 3, "UNKNOWN"),
        ([1], 3, "UNKNOWN"),
    ],
)
def test_the_state_is_that_of_the_worst(
    counts: Json, code: int, state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    got, shown = told(tmp_path, capsys, counts=counts)
    assert (got, shown.split(" - ")[0]) == (code, f"CAMWARDEN {state}")


def test_a_stale_status_says_nothing_about_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = told(tmp_path, capsys, timedelta(hours=2), counts={"pass": 5})
    assert (code, "STALE" in shown) == (3, True)
    assert "age=7200s" in shown
    assert told(tmp_path, capsys, timedelta(seconds=1000), counts={"pass": 5})[0] == 0


@pytest.mark.parametrize("damage", ["missing", "damaged", "configuration"])
def test_what_cannot_be_read_is_unknown_on_standard_output(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if damage == "damaged":
        (tmp_path / "status.json").write_text("{")
    assert asked(tmp_path, capsys)[0] == 3
    if damage == "configuration":
        (tmp_path / "site.toml").write_text("[[[")
        flags = {"json": False, "quiet": False, "all": False, "nagios": True, "lang": "en"}
        assert command.run(argparse.Namespace(config=tmp_path / "site.toml", **flags)) == 3
        assert capsys.readouterr().out.startswith("CAMWARDEN UNKNOWN - ")


def test_figures_have_their_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cameras: list[Json] = [{"id": "a", "online": "pass"}, {"id": "b", "online": "fail"}]
    queue: Json = {"pending": 2, "sent": 1, "parked": 1, "confirmed": 9}
    counts: Json = {"fail": 1, "pass": 8}
    shown = told(tmp_path, capsys, counts=counts, cameras=cameras, queue=queue, hub={"certificate_days": 29})[1]
    figures = shown.partition(" | ")[2].split()
    assert figures[1:] == [
        "fail=1;;0;0",
        "warn=0;0;;0",
        "unknown=0;;;0",
        "refused=0;0;;0",
        "cameras=2;;;0",
        "online=1;;;0;2",
        "waiting=4;;;0",
        "disputed=0;;;0",
        "certificate_days=29;30:;1:",
    ]


@pytest.mark.parametrize(
    "name", ["a | fail=0", "a\nCAMWARDEN OK - b", "a\x1b[2J", "a\u2028b", "=cmd|' /C calc'!A0", "rtsp://u:hunter2@h"]
)
def test_a_hostile_name_cannot_end_the_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[Json] = [
        {"status": "fail", "subject": "camera:x", "name": name, "message": "{n}: look", "values": {"n": name}}
    ]
    code, shown = told(tmp_path, capsys, counts={"fail": 1}, open=rows, cameras=[{"id": name, "name": name}])
    assert code == 2
    assert shown.count("|") == 1
    assert shown.count("\n") == 1
    assert "\x1b" not in shown
    assert "hunter2" not in shown
    told(tmp_path, capsys, counts={"fail": 1}, site=name)


def test_a_long_text_is_cut_and_the_figures_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[Json] = [{"status": "fail", "subject": "site", "message": "x" * 5000, "values": {}}]
    shown = told(tmp_path, capsys, counts={"fail": 1}, open=rows)[1]
    assert len(shown) < 500
    assert "fail=1;;0;0" in shown


def test_it_speaks_chinese_and_its_state_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path, capsys, counts={"pass": 1})
    code, shown = asked(tmp_path, capsys, "zh_CN")
    assert (code, shown.startswith("CAMWARDEN OK - S1")) == (0, True)
    assert "一切正常" in shown


def test_a_disputed_finding_is_counted_beside_the_state_and_changes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    word: Json = {"by": "Zhang", "at": "2026-11-24T00:00:00Z", "why": "power was off", "decision": None}
    row: dict[str, Json] = {"status": "fail", "check": "camera-online", "subject": "camera:gate", "message": "is gone"}
    code, shown = told(tmp_path, capsys, counts={"fail": 1}, open=[row])
    assert (code, "disputed=0" in shown, "are disputed" in shown) == (2, True, False)
    code, shown = told(tmp_path, capsys, counts={"fail": 1}, open=[{**row, "disputed": word}])
    assert (code, "disputed=1" in shown) == (2, True), "whoever disputes makes nothing well"
    assert "1 of these are disputed" in shown
