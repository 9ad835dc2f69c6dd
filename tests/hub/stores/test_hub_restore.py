"""A restore leaves a hub, or none; its log waits for a statement, and no other database gets into it."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest
from delivery import DAY, NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.host.lock import lock
from agent.hub.enroll.place import Settings, load, make
from agent.hub.log.mirror import export
from agent.hub.log.restored import begin_anew
from agent.hub.log.sequencer import LogBehind, append
from agent.hub.stores.enroll import EnrollStore
from agent.hub.stores.keeping import restore as restoring
from agent.hub.stores.keeping.backup import back_up
from agent.hub.stores.keeping.restore import restore
from agent.hub.stores.log import LogStore
from agent.hub.stores.store import NAME
from agent.model.errors import ConfigurationError, Locked, UsageError
from agent.verify.checkpoint import read_checkpoint


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


@pytest.fixture
def hub(desk: Desk, maker: Maker) -> Desk:
    trusted(desk, maker)
    for one in chain_of(maker, 4):
        desk.send(one)
    return desk


def logged(desk: Desk) -> int:
    """Append what the hub has accepted; return the size of the log."""
    with closing(LogStore(desk.directory)) as log:
        return append(log, desk.store, desk.signer, NOW)[0].size


def test_a_restore_that_was_ended_anywhere_leaves_no_hub_and_begins_again(
    hub: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged(hub)
    back_up(hub.directory, tmp_path / "copy", NOW)
    real = restoring.copy_file
    for last in range(4):
        done: list[Path] = []

        def copy(source: Path, target: Path, last: int = last, done: list[Path] = done) -> None:
            if len(done) == last:
                target.write_bytes(source.read_bytes()[:100])
                target.with_name(f"{target.name}-journal").write_bytes(b"hot")
                raise KeyboardInterrupt
            done.append(target)
            real(source, target)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(restoring, "copy_file", copy)
            restore(tmp_path / "copy", tmp_path / "again")
        assert not (tmp_path / "again" / NAME).exists()
    restore(tmp_path / "copy", tmp_path / "again")
    names = {path.name for path in (tmp_path / "again").iterdir()}
    assert names == {"hub.db", "log.db", "trust.db", "hub-key.pem", "hub.lock"}


@pytest.mark.parametrize("first", [0, 2], ids=["a log of nothing yet", "a log"])
def test_a_restored_hub_with_newer_reports_appends_nothing_before_the_restore_is_stated(
    desk: Desk, maker: Maker, tmp_path: Path, first: int
) -> None:
    """The hub that was backed up went on, and showed its log: the restored one must not show another of that size."""
    trusted(desk, maker)
    for one in chain_of(maker, first):
        desk.send(one)
    assert logged(desk) == first
    back_up(desk.directory, tmp_path / "copy", NOW)
    for one in chain_of(maker, 4):
        desk.send(one)
    assert logged(desk) == 4
    desk.store.close()
    restore(tmp_path / "copy", tmp_path / "again")
    again = Desk(tmp_path / "again")
    with closing(LogStore(again.directory)) as log:
        before = log.state()
        for number in range(5, 7):
            with pytest.raises(LogBehind, match="hub log restored"):
                append(log, again.store, again.signer, NOW)
            for one in chain_of(maker, number):
                again.send(one)
        with pytest.raises(LogBehind):
            append(log, again.store, again.signer, NOW)
        with pytest.raises(ConfigurationError, match="hub log restored"):  # a witness would call the older one cut
            export(log, tmp_path / "mirror")
        assert before is not None and (log.state(), log.leaves(first, 99)) == (before, [])
        stated = begin_anew(log, again.store, again.signer, "Li Wei", "disk broke", NOW + DAY)
        state, entries = append(log, again.store, again.signer, NOW + DAY)
    assert (stated.size, state.size, len(entries)) == (first, 6, 6 - first)
    assert state.origin != before.origin
    assert read_checkpoint(state.note, {again.signer.kid: again.signer.public}).size == 6
    again.store.close()


@pytest.mark.parametrize("name", ["hub.db-wal", "log.db-wal", "trust.db-journal"])
def test_what_another_database_left_behind_is_not_read_into_the_restored_one(
    hub: Desk, tmp_path: Path, name: str
) -> None:
    logged(hub)
    back_up(hub.directory, tmp_path / "copy", NOW)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / name).write_bytes(b"of a database that was moved away")
    with pytest.raises(UsageError, match="was moved away") as told:
        restore(tmp_path / "copy", tmp_path / "again")
    assert name in str(told.value)
    assert {path.name for path in (tmp_path / "again").iterdir()} == {name, "hub.lock"}


def test_nothing_is_restored_under_a_running_hub(hub: Desk, tmp_path: Path) -> None:
    back_up(hub.directory, tmp_path / "copy", NOW)
    held = lock(tmp_path / "again" / "hub")
    with pytest.raises(Locked):
        restore(tmp_path / "copy", tmp_path / "again")
    os.close(held)
    restore(tmp_path / "copy", tmp_path / "again")


def test_a_log_that_is_none_is_told_in_one_line_and_leaves_no_hub(hub: Desk, tmp_path: Path) -> None:
    trust = (hub.directory / "trust.db").read_bytes()
    (hub.directory / "log.db").write_bytes(trust)
    back_up(hub.directory, tmp_path / "copy", NOW)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again" / NAME).exists()


DESK = Settings("hub.example.org", 8890, "broker.example.org", 8883)


def test_the_authority_of_gateways_certificates_is_restored_with_the_hub(hub: Desk, tmp_path: Path) -> None:
    made = make(hub.directory, DESK, (), b"", NOW)
    with closing(EnrollStore(made.directory)):
        pass
    (made.directory / "enroll.lock").write_text("7")
    manifest = back_up(hub.directory, tmp_path / "copy", NOW)
    assert {"enroll/ca.key", "enroll/desk.json", "enroll/enroll.db"} <= manifest["files"].keys()
    restore(tmp_path / "copy", tmp_path / "again")
    again = load(tmp_path / "again")
    assert (again.pin, again.authority.key_pem) == (made.pin, made.authority.key_pem)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in again.directory.iterdir()}
    of = [path for path in made.directory.iterdir() if not path.name.endswith((".lock", "-wal", "-shm"))]
    assert modes == {path.name: stat.S_IMODE(path.stat().st_mode) for path in of} | {"desk.json": 0o600}


@pytest.mark.parametrize("name", ["hub-key.pem", "enroll/ca.key"])
def test_another_key_is_not_written_over(hub: Desk, tmp_path: Path, name: str) -> None:
    make(hub.directory, DESK, (), b"", NOW)
    back_up(hub.directory, tmp_path / "copy", NOW)
    other = tmp_path / "again" / name
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another key")
    with pytest.raises(UsageError, match="another key"):
        restore(tmp_path / "copy", tmp_path / "again")
    assert other.read_bytes() == b"another key" and not (tmp_path / "again" / NAME).exists()
    other.write_bytes((hub.directory / name).read_bytes())
    restore(tmp_path / "copy", tmp_path / "again")


def test_a_folder_of_the_backup_that_is_a_link_is_refused(hub: Desk, tmp_path: Path) -> None:
    make(hub.directory, DESK, (), b"", NOW)
    back_up(hub.directory, tmp_path / "copy", NOW)
    (tmp_path / "copy" / "enroll").rename(tmp_path / "elsewhere")
    (tmp_path / "copy" / "enroll").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="not what was backed up"):
        restore(tmp_path / "copy", tmp_path / "again")
