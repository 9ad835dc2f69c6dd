"""The log grows whole or not at all and proves what it has; a backup of all of it comes back elsewhere."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest
from portside import BEGIN, DAY, Opens, Sender, health

from agent.hub.domain.rows.log import RESTORED, State
from agent.hub.domain.tree import appended
from agent.hub.ports.log import LogStore
from agent.hub.stores.engines import Engine
from agent.model.errors import AgentError, ConfigurationError, StoreFailed
from agent.verify.merkle import leaf_hash

COPIED = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""Of the engine whose data are files; the other's are copied by its server (`test_postgres_chosen.py`)."""


def state(size: int, last_id: int) -> State:
    return State(origin="hub/k/t", size=size, last_id=last_id, last_digest="d", sent=0, note=f"note {size}")


def hashes(first: int, last: int) -> list[bytes]:
    return [leaf_hash(b"%d" % n) for n in range(first, last)]


def grow(log: LogStore, first: int, last: int) -> None:
    with log.transaction():
        log.keep_leaves(
            [(n, 10 * n, hashlib.sha256(b"%d" % n).digest()[:16]) for n in range(first, last)],
            appended(first, log.tile, hashes(first, last)),
        )
        log.keep_state(state(last, 10 * (last - 1)))


def test_a_log_grows_over_tiles_and_finds_each_of_its_entries(engine: Engine, tmp_path: Path) -> None:
    with closing(engine.log(tmp_path, False)) as log:
        assert log.state() is None
        with log.transaction():
            log.begin_life("t1", 0, "")
        for first, last in ((0, 1), (1, 255), (255, 256), (256, 700)):
            grow(log, first, last)
        with pytest.raises(KeyError), log.transaction():
            log.keep_leaves([(700, 7000, b"s" * 16)], appended(700, log.tile, hashes(700, 701)))
            log.keep_state(state(701, 7000))
            raise KeyError
        root = log.tree(700).root()
    with closing(engine.log(tmp_path, True)) as log:
        assert log.state() == state(700, 6990)
        assert log.tree(700).root() == root
        for n in (0, 254, 255, 256, 699):
            assert log.leaf_of(10 * n) == (n, hashlib.sha256(b"%d" % n).digest()[:16])
            assert log.leaf_hash(n) == leaf_hash(b"%d" % n)
        assert log.leaf_of(15) is None
        assert [n for n, _, _ in log.leaves(3, 6)] == [3, 4, 5]
        assert log.lives() == [("t1", 0, "")]
        with pytest.raises(StoreFailed):
            log.tile(0, 3)


def test_entries_of_an_earlier_life_are_found_though_ids_begin_anew(engine: Engine, tmp_path: Path) -> None:
    with closing(engine.log(tmp_path, False)) as log:
        with log.transaction():
            log.begin_life("t1", 0, "")
        grow(log, 0, 5)
        with log.transaction():
            log.begin_life("t2", 5, "signed")
            log.keep_leaves([(5, 3, b"x" * 16)], appended(5, log.tile, hashes(5, 6)))
            log.keep_state(state(6, 3))
        assert log.leaf_of(3) == (5, b"x" * 16)
        assert (log.leaf_of(40) or (0,))[0] == 4


def test_there_is_no_log_to_read_before_one_began(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        engine.log(tmp_path, True)
    assert not engine.files.has_log(tmp_path)


@COPIED
def test_a_hub_of_another_folder_is_taken_over_with_all_it_has(engine: Engine, opens: Opens, tmp_path: Path) -> None:
    store = opens()
    site = Sender().meet(store)
    for seq in range(1, 4):
        site.send(store, "health", seq, health(BEGIN), BEGIN)
    engine.trust(tmp_path / "hub").add("S1", "a" * 43, BEGIN)
    assert not engine.files.has_desk(tmp_path / "hub")
    assert engine.files.take_over(tmp_path / "hub", tmp_path / "new", BEGIN) == 3
    with closing(engine.store(tmp_path / "new", True)) as taken:
        assert [row.payload for row in taken.reports.stored("S1", "e1", "health", 1, 9)] == [
            site.made["health", seq].payload for seq in (1, 2, 3)
        ]
    assert engine.trust(tmp_path / "new").load().decide("S1", "a" * 43) == "trusted"
    where = engine.files.where(tmp_path / "new")
    assert where.exists() and engine.files.is_secret(where.name)
    assert engine.files.is_secret("map.json") and not engine.files.is_secret("ca.crt")


def test_only_a_server_speaks_for_itself_and_says_what_tables_it_has(
    engine: Engine, opens: Opens, tmp_path: Path
) -> None:
    opens().close()
    told = engine.files.server(tmp_path / "hub")
    assert told is None or (told.is_current and told.migration and told.release and told.used_bytes > 0)
    assert (told is None) != engine.files.is_secret("postgres.conninfo")


@COPIED
def test_a_backup_comes_back_elsewhere_with_every_report_and_a_log_that_waits(
    engine: Engine, opens: Opens, tmp_path: Path
) -> None:
    hub, backups, other = tmp_path / "hub", tmp_path / "backups", tmp_path / "other"
    assert not engine.files.has_store(hub)
    store = opens()
    site = Sender().meet(store)
    for seq in range(1, 30):
        site.send(store, "health", seq, health(BEGIN), BEGIN)
    engine.trust(hub).add("S1", "a" * 43, BEGIN)
    with closing(engine.log(hub, False)) as log:
        with log.transaction():
            log.begin_life("t1", 0, "")
        grow(log, 0, 3)
    assert engine.files.has_store(hub) and engine.files.has_log(hub)
    assert set(engine.files.sound(hub).values()) == {True}
    assert engine.files.store_bytes(hub) > 0
    backups.mkdir()
    assert engine.files.newest_backup(backups) is None
    manifest = engine.files.back_up(hub, backups / "b1", BEGIN)
    engine.files.back_up(hub, backups / "b2", BEGIN + DAY)
    assert engine.files.verify_backup(backups / "b1") == manifest
    newest = engine.files.newest_backup(backups)
    assert newest is not None and newest[1] == backups / "b2"
    with pytest.raises(AgentError):
        engine.files.back_up(hub, backups / "b1", BEGIN)
    site.send(store, "health", 30, health(BEGIN), BEGIN)
    engine.files.restore(backups / "b1", other)
    with closing(engine.store(other, True)) as back:
        for row in back.reports.stored("S1", "e1", "health", 1, 99):
            assert row.payload == site.made["health", row.seq].payload
        assert back.reports.newest_id() == store.reports.newest_id() - 1
    assert engine.trust(other).load().decide("S1", "a" * 43) == "trusted"
    with closing(engine.log(other, True)) as log:
        waits = log.state()
    assert waits is not None and (waits.size, waits.last_digest) == (3, RESTORED)
    with pytest.raises(AgentError):
        engine.files.restore(backups / "b2", other)


@COPIED
def test_a_changed_backup_is_refused(engine: Engine, opens: Opens, tmp_path: Path) -> None:
    Sender().meet(opens())
    folder = tmp_path / "b"
    engine.files.back_up(tmp_path / "hub", folder, BEGIN)
    largest = max((one for one in folder.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1] + b"\x01")
    with pytest.raises(AgentError):
        engine.files.verify_backup(folder)
    with pytest.raises(AgentError):
        engine.files.restore(folder, tmp_path / "other")
    assert not engine.files.has_store(tmp_path / "other")
