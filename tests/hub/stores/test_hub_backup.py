"""A backup is taken while the hub writes, verified, and copied back whole or not at all; a changed one is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.chain import utc_text
from agent.contract.topics import topic
from agent.host.lock import lock
from agent.hub.domain.rows.keeping import case_hold
from agent.hub.log.sequencer import append
from agent.hub.stores.keeping import backup
from agent.hub.stores.keeping.backup import GOES_ON, MANIFEST, back_up, verify_backup
from agent.hub.stores.keeping.holds import holds, keep_hold
from agent.hub.stores.keeping.restore import restore
from agent.hub.stores.log import LogStore
from agent.hub.stores.store import NAME, Store
from agent.model.errors import ConfigurationError, Locked, UsageError

ROOT = next(path for path in Path(__file__).parents if (path / "pyproject.toml").exists())
SUPPORT = ROOT / "tests" / "support"


@pytest.fixture
def hub(desk: Desk, tmp_path: Path) -> Desk:
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    for one in chain_of(maker, 4):
        desk.send(one)
    return desk


def test_a_backup_beside_a_writer_has_what_was_committed_and_holds_nobody_up(hub: Desk, tmp_path: Path) -> None:
    fifth = chain_of(Maker(tmp_path / "site"), 5)[4]
    with hub.store.transaction():
        hub.intake.take(topic("datong", "S1", "event"), fifth.report.payload, fifth.jws, NOW)
        manifest = back_up(hub.directory, tmp_path / "copy", NOW)
    assert set(manifest["files"]) == {"hub.db", "trust.db", "hub-key.pem"}
    assert hub.watermark("e1") == {"event": 5}
    restore(tmp_path / "copy", tmp_path / "again")
    store = Store(tmp_path / "again")
    assert store.all("SELECT seq FROM report ORDER BY seq") == [(1,), (2,), (3,), (4,)]
    store.close()
    for path in (tmp_path / "again").glob("*.*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert (tmp_path / "again" / "hub-key.pem").read_bytes() == (hub.directory / "hub-key.pem").read_bytes()


def test_a_restored_hub_goes_on_and_has_its_holds(hub: Desk, tmp_path: Path) -> None:
    keep_hold(hub.store, case_hold("S1", NOW, NOW.replace(hour=23), NOW, "x"))
    back_up(hub.directory, tmp_path / "copy", NOW)
    hub.store.close()
    restore(tmp_path / "copy", tmp_path / "again")
    again = Desk(tmp_path / "again")
    assert again.signer.kid == hub.signer.kid
    for one in chain_of(Maker(tmp_path / "site"), 6):
        again.send(one)
    assert again.watermark("e1") == {"event": 6}
    assert [one.kind for one in holds(again.store, "2026-11-24")] == ["case"]
    again.store.close()


def changed(folder: Path, **more: Any) -> None:
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, **more}))


def test_a_backup_that_was_changed_is_refused_and_makes_no_hub(hub: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(hub.directory, copy, NOW)
    data = (copy / NAME).read_bytes()
    for spoiled in (data[:-1], data[:5000] + bytes([data[5000] ^ 1]) + data[5001:], b""):
        (copy / NAME).write_bytes(spoiled)
        with pytest.raises(ConfigurationError, match="not what was backed up"):
            restore(copy, tmp_path / "again")
    (copy / NAME).unlink()
    (copy / NAME).symlink_to(hub.directory / NAME)
    with pytest.raises(ConfigurationError, match="not what was backed up"):
        restore(copy, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    "files",
    [
        {},
        7,
        None,
        *(
            {"hub.db": {}, name: {}}
            for name in (
                "../evil",
                "/etc/x",
                "..",
                "enroll/../../x",
                "enroll/..",
                "enroll/",
                "other/x",
                "/enroll/x",
                "enroll/a/b",
                "enroll//x",
                "enroll/backup.json",
                "enroll/\x00",
                "./x",
            )
        ),
    ],
    ids=str,
)
def test_a_manifest_that_names_another_place_is_none(hub: Desk, tmp_path: Path, files: object) -> None:
    back_up(hub.directory, tmp_path / "copy", NOW)
    changed(tmp_path / "copy", files=files)
    with pytest.raises(ConfigurationError, match="not a hub's backup"):
        verify_backup(tmp_path / "copy")
    changed(tmp_path / "copy", files={"hub.db": {}})
    for at in (None, 7, "", "soon", "2026-11-24", "\x1b[2J", "9999-99-99T00:00:00Z", ["2026-11-24T15:04:00.000Z"]):
        changed(tmp_path / "copy", at=at)
        with pytest.raises(ConfigurationError, match="not a hub's backup"):
            verify_backup(tmp_path / "copy")
    for data in (b"", b"[" * 3000, b"x" * (1024 * 1024 + 1), b'{"schema": "x", "schema": "y"}'):
        (tmp_path / "copy" / MANIFEST).write_bytes(data)
        with pytest.raises(ConfigurationError, match="not a hub's backup"):
            verify_backup(tmp_path / "copy")


def test_a_sound_copy_of_a_broken_database_is_refused(hub: Desk, tmp_path: Path) -> None:
    hub.store.all("PRAGMA wal_checkpoint(TRUNCATE)")
    hub.store.close()
    data = bytearray((hub.directory / NAME).read_bytes())
    data[4096 * 3 : 4096 * 3 + 400] = os.urandom(400)
    (hub.directory / NAME).write_bytes(data)
    with pytest.raises(ConfigurationError):
        back_up(hub.directory, tmp_path / "copy", NOW)
    assert not (tmp_path / "copy").exists() and not (tmp_path / "copy.part").exists()


def test_nothing_is_written_over(hub: Desk, tmp_path: Path) -> None:
    back_up(hub.directory, tmp_path / "copy", NOW)
    with pytest.raises(UsageError, match="something already"):
        back_up(hub.directory, tmp_path / "copy", NOW)
    with pytest.raises(UsageError, match="a hub already"):
        restore(tmp_path / "copy", hub.directory)
    with pytest.raises(ConfigurationError, match="no hub has run here"):
        back_up(tmp_path / "nowhere", tmp_path / "other", NOW)
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_that_was_killed_at_many_points_is_none_and_the_next_one_goes_on(hub: Desk, tmp_path: Path) -> None:
    """With SIGKILL, before each third line of the code as it is run: what is left is no backup, or a whole one."""
    with closing(LogStore(hub.directory)) as log:
        append(log, hub.store, hub.signer, NOW)
    (hub.directory / "enroll").mkdir()
    (hub.directory / "enroll" / "ca.key").write_bytes(b"key")
    home = tmp_path / "home"
    home.mkdir()
    words = [sys.executable, "-P", str(SUPPORT / "killed_backup.py"), str(hub.directory), str(home)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 100 and found[-1]["line"] == 0
    for one in found:
        assert (one["named"], one["rows"], one["others"]) == (one["whole"], 4, []), one
        assert one["kept"] == one["ready"], one
    assert {one["ready"] for one in found} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("left", ["a day ago", "of another hub", "of nobody", "open to all"])
def test_what_is_not_of_this_backup_is_not_gone_on_with(hub: Desk, tmp_path: Path, left: str) -> None:
    part = tmp_path / "copy.part"
    part.mkdir(mode=0o700)
    begun = {"at": utc_text(NOW - (GOES_ON * 1.01 if left == "a day ago" else 0 * GOES_ON))}
    begun["of"] = str(tmp_path if left == "of another hub" else hub.directory)
    (part / "begun.json").write_text("[" * 3000 if left == "of nobody" else json.dumps(begun))
    (part / "hub.db").write_bytes(b"planted")
    (part / "hub-key.pem").write_bytes(b"planted")
    if left == "open to all":
        part.chmod(0o777)
    manifest = back_up(hub.directory, tmp_path / "copy", NOW)
    assert manifest["at"] == utc_text(NOW)
    assert (tmp_path / "copy" / "hub-key.pem").read_bytes() == (hub.directory / "hub-key.pem").read_bytes()
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700


def test_a_part_that_is_a_link_is_not_followed(hub: Desk, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "copy.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="the backup failed"):
        back_up(hub.directory, tmp_path / "copy", NOW)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_part_that_rotted_is_told_and_the_next_backup_is_whole(hub: Desk, tmp_path: Path) -> None:
    part = tmp_path / "copy.part"
    part.mkdir(mode=0o700)
    (part / "begun.json").write_text(json.dumps({"at": utc_text(NOW), "of": str(hub.directory)}))
    (part / "hub.db").write_bytes(b"rotten")
    with pytest.raises(ConfigurationError, match="not what was backed up"):
        back_up(hub.directory, tmp_path / "copy", NOW)
    assert not part.exists()
    back_up(hub.directory, tmp_path / "copy", NOW)


def test_a_backup_that_went_on_says_when_it_was_begun(hub: Desk, tmp_path: Path) -> None:
    part = tmp_path / "copy.part"
    part.mkdir(mode=0o700)
    begun_at = NOW - GOES_ON * 0.5
    (part / "begun.json").write_text(json.dumps({"at": utc_text(begun_at), "of": str(hub.directory)}))
    assert back_up(hub.directory, tmp_path / "copy", NOW)["at"] == utc_text(begun_at)


def test_a_backup_that_a_person_interrupts_goes_on_too(
    hub: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(backup, "digest_of", interrupted)
        back_up(hub.directory, tmp_path / "copy", NOW)
    copied = (tmp_path / "copy.part" / NAME).stat().st_ino
    back_up(hub.directory, tmp_path / "copy", NOW)
    assert (tmp_path / "copy" / NAME).stat().st_ino == copied


def test_two_backups_to_one_place_do_not_write_into_each_other(hub: Desk, tmp_path: Path) -> None:
    (tmp_path / "copy.part").mkdir(mode=0o700)
    held = lock(tmp_path / "copy.part" / "backup")
    with pytest.raises(Locked):
        back_up(hub.directory, tmp_path / "copy", NOW)
    assert (tmp_path / "copy.part").exists()
    os.close(held)
    back_up(hub.directory, tmp_path / "copy", NOW)
