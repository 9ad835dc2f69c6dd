"""The status file: written whole and for the group only, and never believed when it is old or damaged."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from agent.commands.status import command
from agent.contract.repair_counts import Repairs, repairs_json
from agent.host.files import as_owner_of, write_atomic
from agent.model.errors import Forbidden
from agent.model.finding import Json
from agent.observe.facts.assessed_days import Count, DayAssessed, Figure, rates_json
from agent.service.alerts import status_file
from agent.service.alerts.status_file import GRACE, NoStatus, read, write

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def content(at: datetime, period_s: int = 900, **more: Json) -> dict[str, Json]:
    return {
        "at": at.isoformat().replace("+00:00", "Z"),
        "site": "datong017",
        "next_due_at": (at + timedelta(seconds=period_s)).isoformat().replace("+00:00", "Z"),
        "counts": {"pass": 5, "warn": 0, "fail": 0, "unknown": 0, "not_applicable": 1},
        "cameras": [{"id": "gate", "name": "大门", "online": "pass", "not_pass": []}],
        "queue": {"pending": 2, "sent": 1, "confirmed": 7},
        "hub": {"link": "connected"},
        **more,
    }


def test_what_was_written_is_read_with_its_age(tmp_path: Path) -> None:
    assert write(tmp_path, content(NOW))
    status = read(tmp_path, NOW + timedelta(seconds=30))
    assert status.age == timedelta(seconds=30)
    assert not status.stale
    assert status.content["schema"] == "camwarden-status/1"
    assert status.content["site"] == "datong017"


def test_the_file_is_for_the_group_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(tmp_path / "run", content(NOW))
    finally:
        os.umask(before)
    assert (tmp_path / "run/status.json").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["status.json"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    write(tmp_path, content(NOW, cameras=["x" * 50_000]))
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            write(tmp_path, content(NOW, cameras=["x" * 50_000]))

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for _ in range(100):
            read(tmp_path, NOW)
    finally:
        stop.set()
        writer.join()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"old", 0o600)
    with pytest.raises(TypeError):
        write_atomic(tmp_path / "a", "no bytes", 0o600)  # type: ignore[arg-type]
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_runtime_folder_that_cannot_be_written_does_not_stop_the_daemon(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert not write(tmp_path / "file", content(NOW))
    assert "status.json cannot be written" in caplog.text


@pytest.mark.parametrize(
    ("late_s", "stale"),
    [(0, False), (GRACE.total_seconds() + 89, False), (GRACE.total_seconds() + 91, True), (86_400, True)],
)
def test_a_status_is_stale_when_the_next_is_overdue(late_s: float, stale: bool, tmp_path: Path) -> None:
    write(tmp_path, content(NOW))
    assert read(tmp_path, NOW + timedelta(seconds=900 + late_s)).stale is stale


def test_a_status_from_the_future_is_stale(tmp_path: Path) -> None:
    write(tmp_path, content(NOW))
    assert read(tmp_path, NOW - timedelta(seconds=61)).stale
    assert not read(tmp_path, NOW - timedelta(seconds=5)).stale


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"schema": "camwarden-status/2"}',
        b'{"schema": "camwarden-status/1"}',
        b'{"schema": "camwarden-status/1", "at": 5, "next_due_at": 6}',
        b'{"schema": "camwarden-status/1", "at": "today", "next_due_at": "tomorrow"}',
        b'{"schema": "camwarden-status/1", "at": "2026-01-31T12:00:00", "next_due_at": "2026-01-31T12:00:00"}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_one_clear_line(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "status.json").write_bytes(raw)
    with pytest.raises(NoStatus) as caught:
        read(tmp_path, NOW)
    assert str(caught.value) == (
        f"{tmp_path}/status.json: not a status of this version of camwarden; restart the service"
    )
    assert caught.value.exit_code == 3


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoStatus, match=r"no status yet: .* systemctl status camwarden") as caught:
        read(tmp_path, NOW)
    assert caught.value.exit_code == 3


def test_a_folder_in_its_place_is_no_status(tmp_path: Path) -> None:
    (tmp_path / "status.json").mkdir()
    with pytest.raises(NoStatus, match="cannot be read"):
        read(tmp_path, NOW)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_told_that_the_group_may_read_it(everyones_folder: Path) -> None:
    write(everyones_folder, content(NOW))
    os.setegid(65534)
    os.seteuid(65534)
    try:
        with pytest.raises(Forbidden, match="join the group camwarden"):
            read(everyones_folder, NOW)
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_root_writes_as_the_owner_of_the_folder(everyones_folder: Path) -> None:
    os.chown(everyones_folder, 65534, 65534)
    with as_owner_of(everyones_folder):
        write_atomic(everyones_folder / "a", b"x", 0o600)
    status = (everyones_folder / "a").stat()
    assert (status.st_uid, status.st_gid, os.geteuid(), os.getegid()) == (65534, 65534, 0, 0)
    with as_owner_of(everyones_folder / "missing"):
        assert os.geteuid() == 0


def run(tmp_path: Path, **flags: object) -> int:
    (tmp_path / "site.toml").write_text(f'[storage]\nruntime = "{tmp_path}"\n')
    unset = {"json": False, "quiet": False, "all": False, "nagios": False, "lang": "en"}
    values = {"config": tmp_path / "site.toml", **unset, **flags}
    return command.run(argparse.Namespace(**values))


def test_the_command_does_not_load_the_types_of_a_whole_site() -> None:
    """They take as long to load as all the rest, and a monitoring system asks often."""
    program = "import sys, agent.cli, agent.commands.status.command; print('agent.site.config.site' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def fresh(tmp_path: Path, **more: Json) -> None:
    write(tmp_path, content(datetime.now(UTC), **more))


def test_the_command_shows_the_status_and_its_age(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh(tmp_path)
    assert run(tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        "datong017: everything is all right (seen 0 s ago)",
        "  5 pass; 0 unknown that are accepted, not told, not asked for or not known yet; 1 not due",
        "cameras: 1 of 1 online",
        "reports: 2 pending, 1 sent, 7 confirmed",
        "hub: connected",
    ]
    assert run(tmp_path, all=True) == 0
    assert capsys.readouterr().out.splitlines()[3] == "  gate  大门  pass"


OPEN: list[Json] = [
    {
        "status": "fail",
        "check": "clock-offset",
        "subject": "device:nvr",
        "name": "",
        "message": "its clock is {seconds} s ahead: set up NTP on it",
        "values": {"seconds": 95},
    },
    {"status": "warn", "check": "x", "subject": "camera:gate", "name": "大门", "message": "look at it", "values": {}},
]


def test_what_is_wrong_is_said_with_the_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh(tmp_path, counts={"fail": 1, "warn": 1, "unknown": 2}, open=OPEN, open_more=3)
    assert run(tmp_path) == 1
    assert capsys.readouterr().out.splitlines()[:4] == [
        "datong017: NOT all right: 1 fail, 1 to watch, 2 could not be checked (seen 0 s ago)",
        "  FAIL  device:nvr: its clock is 95 s ahead: set up NTP on it",
        "  warn  大门 (camera:gate): look at it",
        "  and 3 more: camwarden findings",
    ]


def test_the_assessment_of_the_last_whole_day_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts: dict[Figure, Count] = {"online": Count(941, 960, 12, 4), "overlay": Count(9999, 10_000)}
    day = DayAssessed(date(2026, 1, 30), 96, counts | {"recorded": Count(1, 2)}, footage=Count(86_000, 86_400))
    repairs = repairs_json({"camera": Repairs(2, 7200), "power": Repairs(1, 60, 1)})
    fresh(tmp_path, rates=rates_json(day), repairs=repairs)
    run(tmp_path, lang="zh_CN")
    shown = capsys.readouterr().out
    assert "2026-01-30考核指标" in shown
    assert "无法判定 1.2 %" in shown and "录像完整率 99.5 %、OSD标注合规率 99.9 %" in shown
    assert "近31天已修复" in shown and "平均60 分钟\uff1b供电1次" in shown
    run(tmp_path)
    shown = capsys.readouterr().out
    assert "online rate 98.0 % (1.2 % unknown), recording completeness 99.5 %, overlays right 99.9 %" in shown
    assert "repaired within 31 days: camera 2, 60 min on average; power 1, 60 s on average" in shown


@pytest.mark.parametrize("rates", [None, [], {"online": [1]}, {"online": ["x", "y"]}, {"online": {"good": 1}}, "x"])
def test_an_assessment_that_is_none_is_left_out(
    rates: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh(tmp_path, rates=rates)
    run(tmp_path)
    assert "assessment" not in capsys.readouterr().out


def test_what_says_nothing_about_delivery_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet: dict[str, Json] = {"reason": "", "puback_at": None, "failures": 0, "refused_publishes": {}}
    told: dict[str, Json] = {"failures": 2, "refused_publishes": {"event: Not authorized": 1}}
    fresh(tmp_path, hub={"link": "connected", **quiet})
    run(tmp_path, all=True)
    assert capsys.readouterr().out.splitlines()[-1] == "hub: link connected"
    fresh(tmp_path, hub={"link": "offline", "reason": "no route"})
    run(tmp_path)
    assert capsys.readouterr().out.splitlines()[-1] == "hub: offline: no route"
    fresh(tmp_path, hub={"link": "connected", **told})
    run(tmp_path, all=True)
    assert "failures 2, refused_publishes {'event: Not authorized': 1}" in capsys.readouterr().out


def test_the_command_speaks_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh(tmp_path, hub=None)
    run(tmp_path, lang="zh_CN")
    shown = capsys.readouterr().out
    assert "一切正常" in shown
    assert "0 秒前巡检" in shown
    assert "未配置" in shown


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"fail": 0, "unknown": 0, "warn": 3}, 0),
        ({"fail": 1, "unknown": 1}, 1),
        ({"fail": 0, "unknown": 1}, 3),
        ({"fail": 0, "unknown": 1, "refused": 1}, 4),
        ({"fail": 1, "unknown": 1, "refused": 1}, 1),
    ],
)
def test_the_exit_code_tells_what_the_last_cycle_found(counts: dict[str, Json], code: int, tmp_path: Path) -> None:
    fresh(tmp_path, counts=counts)
    assert run(tmp_path, quiet=True) == code


def test_a_stale_status_is_3_whatever_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, content(NOW, counts={"fail": 1}))
    assert run(tmp_path) == 3
    assert "STALE" in capsys.readouterr().out


def test_json_is_the_whole_object_with_its_age(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh(tmp_path, worker_limits=["landlock"])
    assert run(tmp_path, json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == status_file.SCHEMA
    assert told["worker_limits"] == ["landlock"]
    assert told["stale"] is False
    assert 0 <= told["age_s"] < 60


def test_a_name_cannot_steer_the_terminal_and_odd_content_is_no_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cameras: list[Json] = [{"id": "a", "name": "\x1b[2Jred", "online": None, "not_pass": ["x"]}, 5, None]
    rows: list[Json] = [5, {"message": "{x.y} {}", "values": {}}, {"message": "a {b}", "values": {"b": "\x1b[2J"}}]
    fresh(tmp_path, cameras=cameras, counts=[1], queue="none", hub=7, open=rows, open_more="x")
    assert run(tmp_path, all=True) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[2Jred" in shown


@pytest.mark.parametrize(
    ("age", "shown"),
    [(5, "5 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (172_800, "2 d"), (-5, "-5 s")],
)
def test_ages_are_told_as_people_tell_them(age: float, shown: str, tmp_path: Path) -> None:
    write(tmp_path, content(NOW))
    first = next(iter(command.lines(read(tmp_path, NOW + timedelta(seconds=age)), "en")))
    assert f"seen {shown} ago" in first
