"""`hub hold`, `holds`, `release`, `verify`, `backup`, `restore`: both languages, JSON, exit codes, lines of error."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from caseside import told_day
from delivery import Maker
from hubdesk import Desk

from agent.cli import main
from agent.hub.stores.log import LogStore

SOON = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()  # also where midnight comes meanwhile
WHEN = ("--from", "2026-11-24", "--to", "2026-11-25")


@pytest.fixture
def told(desk: Desk, tmp_path: Path) -> Desk:
    told_day(desk, Maker(tmp_path / "site"))
    desk.store.close()
    return desk


def hub(desk: Desk, *words: object, lang: str = "en") -> int:
    return main(["hub", *(str(word) for word in words), "--data", str(desk.directory), "--lang", lang])


def test_a_time_is_held_listed_and_released(told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["hold", "S1", *WHEN, "--until", SOON, "--by", "Li", "--why", "court \u5927"]
    assert hub(told, *words) == 0
    assert capsys.readouterr().out == f"hold 1: site S1 is held until {SOON}\n"
    assert hub(told, *words, "--json") == 0
    assert json.loads(capsys.readouterr().out)["holds"][0]["number"] == 2
    assert hub(told, "case", "S1", "camera-online", *WHEN, "--out", tmp_path / "case.zip") == 0
    capsys.readouterr()
    assert hub(told, "holds", "--json") == 0
    found = json.loads(capsys.readouterr().out)["holds"]
    assert [(one["number"], one["kind"]) for one in found] == [(1, "person"), (2, "person"), (3, "case")]
    assert hub(told, "release", 1, "--by", "Li", "--why", "") == 2
    assert hub(told, "release", 1, "--by", "Li", "--why", "over") == 0
    assert hub(told, "release", 1, "--by", "Li", "--why", "over") == 2
    capsys.readouterr()
    assert hub(told, "holds", "S1", lang="zh_CN") == 0
    assert "证据包" in capsys.readouterr().out
    assert hub(told, "holds", "S9") == 0
    assert capsys.readouterr().out == "nothing is held\n"


def test_a_hold_that_cannot_be_is_one_line(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    by = ("--by", "Li", "--why", "x")
    for words in (
        ["S9", *WHEN, "--until", SOON, *by],
        ["S1", "--from", "2026-11-25", "--to", "2026-11-24", "--until", SOON, *by],
        ["S1", *WHEN, "--until", "2020-01-01", *by],
        ["S1", *WHEN, "--until", SOON, "--by", " ", "--why", "x"],
        ["S1", *WHEN, "--until", SOON, "--by", "Li", "--why", "a\x1b[2J"],
    ):
        assert hub(told, "hold", *words) == 2
        err = capsys.readouterr().err
        assert len(err.splitlines()) == 1 and "\x1b" not in err


def test_stored_reports_are_verified_anew(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub(told, "verify", "--all") == 0
    assert capsys.readouterr().out.endswith(" with their body: 0 do not verify\n")
    assert hub(told, "verify", "S1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["wrong"] == 0
    desk = Desk(told.directory)
    desk.store.run("UPDATE body SET payload = x'7b7d' WHERE id IN (SELECT id FROM report WHERE stream = 'config')")
    desk.store.close()
    assert hub(told, "verify", "--all", lang="zh_CN") == 1
    assert "未能通过核验" in capsys.readouterr().out
    assert hub(told, "verify") == 2


def test_a_backup_is_taken_verified_and_restored(
    told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    assert hub(told, "backup", copy) == 0
    at = json.loads((copy / "backup.json").read_text())["at"]
    assert capsys.readouterr().out == f"{copy}: 3 files of {at}, verified\n"
    assert hub(told, "backup", copy, "--verify", lang="zh_CN") == 0
    assert "与备份时相同" in capsys.readouterr().out
    assert hub(told, "restore", copy) == 2
    again = tmp_path / "again"
    assert main(["hub", "restore", str(copy), "--data", str(again), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["schema"] == "camwarden-hub-backup/1"
    assert main(["hub", "verify", "--all", "--data", str(again)]) == 0
    (copy / "hub.db").write_bytes(b"x")
    assert hub(told, "backup", copy, "--verify") == 78
    assert "not what was backed up" in capsys.readouterr().err


def test_a_restored_log_is_to_be_stated(told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(LogStore(told.directory)):
        pass
    assert hub(told, "backup", tmp_path / "copy") == 0
    for lang in ("en", "zh_CN"):
        capsys.readouterr()
        again = tmp_path / lang
        assert main(["hub", "restore", str(tmp_path / "copy"), "--data", str(again), "--lang", lang]) == 0
        said = capsys.readouterr().out.splitlines()
        assert f"camwarden hub log restored --by NAME --why TEXT --data {again}" in said[1]
        assert (again / "log.db").exists()


@pytest.mark.parametrize("has_log", [False, True])
def test_whatever_is_asked_for_a_restore_says_that_the_log_waits(
    told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], has_log: bool
) -> None:
    if has_log:
        with closing(LogStore(told.directory)):
            pass
    assert hub(told, "backup", tmp_path / "copy", "--quiet") == 0
    assert capsys.readouterr().out == ""
    for flag in ("--quiet", "--json"):
        again = tmp_path / flag
        assert main(["hub", "restore", str(tmp_path / "copy"), "--data", str(again), flag]) == 0
        said = capsys.readouterr().out
        waits = json.loads(said)["log_waits"] if flag == "--json" else said.rstrip("\n") or None
        if has_log:
            assert waits.endswith(f"camwarden hub log restored --by NAME --why TEXT --data {again}")
        else:
            assert waits is None


def test_a_manifest_without_its_time_is_told_in_one_line(
    told: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    assert hub(told, "backup", copy) == 0
    manifest = json.loads((copy / "backup.json").read_text())
    for at in (None, "\x1b[2J\n", 7):
        (copy / "backup.json").write_text(
            json.dumps(
                {**manifest, "at": at} if at else {name: value for name, value in manifest.items() if name != "at"}
            )
        )
        capsys.readouterr()
        assert hub(told, "backup", copy, "--verify") == 78
        err = capsys.readouterr().err
        assert len(err.splitlines()) == 1 and "not a hub's backup" in err and "\x1b" not in err
        assert main(["hub", "restore", str(copy), "--data", str(tmp_path / "again")]) == 78
