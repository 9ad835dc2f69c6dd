"""A backup is taken while the hub writes, verified, and copied back whole or not at all; a changed one is refused."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.topics import topic
from agent.hub.stores.keeping import backup
from agent.hub.stores.keeping.backup import MANIFEST, back_up, restore, verify_backup
from agent.hub.stores.keeping.holds import case_hold, holds, keep_hold
from agent.hub.stores.store import NAME, Store
from agent.model.errors import ConfigurationError, UsageError


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
    [{}, {"hub.db": {}, "../evil": {}}, {"hub.db": {}, "/etc/x": {}}, {"hub.db": {}, "..": {}}, 7, None],
    ids=str,
)
def test_a_manifest_that_names_another_place_is_none(hub: Desk, tmp_path: Path, files: object) -> None:
    back_up(hub.directory, tmp_path / "copy", NOW)
    changed(tmp_path / "copy", files=files)
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


def test_a_restore_that_was_ended_anywhere_leaves_no_hub_and_begins_again(
    hub: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(hub.directory, tmp_path / "copy", NOW)
    real = backup._copy_file
    for last in range(3):
        done: list[Path] = []

        def copy(source: Path, target: Path, last: int = last, done: list[Path] = done) -> None:
            if len(done) == last:
                target.write_bytes(source.read_bytes()[:100])
                raise KeyboardInterrupt
            done.append(target)
            real(source, target)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(backup, "_copy_file", copy)
            restore(tmp_path / "copy", tmp_path / "again")
        assert not (tmp_path / "again" / NAME).exists()
    restore(tmp_path / "copy", tmp_path / "again")
    assert {path.name for path in (tmp_path / "again").iterdir()} == {"hub.db", "trust.db", "hub-key.pem"}
