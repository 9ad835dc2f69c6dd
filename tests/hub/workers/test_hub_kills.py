"""What bench `hub_kills` counts as lost, double or wrong is seen where it is made by hand; a sound hub has none."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from delivery import NOW, Maker
from hub_rows import COPY
from hubdesk import Desk, chain_of, trusted

from agent.contract.chain import utc_text
from agent.hub.log.sequencer import append
from agent.hub.stores.keeping.backup import back_up
from agent.hub.stores.log import LogStore
from bench.hub_kills_parts import KILLED, Backups, Imports, log_faults, twice


@pytest.fixture
def hub(desk: Desk, tmp_path: Path) -> Desk:
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    for one in chain_of(maker, 4):
        desk.send(one)
    with closing(LogStore(desk.directory)) as log:
        append(log, desk.store, desk.signer, NOW)
    return desk


def test_a_sound_hub_has_nothing_lost_and_nothing_twice(hub: Desk) -> None:
    assert (log_faults(hub.directory), twice(hub.directory)) == ((0, 0), 0)


def test_what_the_log_lacks_has_twice_or_has_of_another_report_is_counted(hub: Desk) -> None:
    hub.store.run("UPDATE report_row SET digest = ? WHERE seq = 2", bytes(32))
    assert log_faults(hub.directory) == (0, 1)
    hub.store.run("DELETE FROM report_row WHERE seq = 2")
    assert log_faults(hub.directory) == (0, 1)
    with closing(LogStore(hub.directory)) as log, log.transaction():
        log._db.execute("UPDATE leaf SET report_id = 1 WHERE n = 3")
    assert log_faults(hub.directory)[0] == 1


def test_a_report_that_stands_or_counts_twice_is_counted(hub: Desk) -> None:
    hub.store.run("UPDATE count SET n = n + 1 WHERE name = 'verified'")
    assert twice(hub.directory) == 1
    hub.store.run("UPDATE report_row SET seq = 3, digest = ? WHERE seq = 2", bytes(32))
    assert twice(hub.directory) == 2


def test_a_backup_that_lacks_a_report_or_is_half_is_counted(hub: Desk, tmp_path: Path) -> None:
    backups = Backups(hub.directory, tmp_path)
    _, folder, *_ = backups.words()
    back_up(hub.directory, Path(folder), NOW)
    backups.ended(0)
    assert (backups.whole, backups.lost, backups.wrong) == (1, 0, 0)
    hub.store.run("DELETE FROM report_row WHERE seq = 2")
    back_up(hub.directory, Path(folder), NOW)
    backups.ended(0)
    back_up(hub.directory, Path(folder), NOW)
    (Path(folder) / "hub.db").write_bytes(b"half")
    backups.ended(KILLED)
    assert (backups.whole, backups.lost, backups.wrong) == (2, 1, 1)
    with pytest.raises(RuntimeError):
        backups.ended(78)


def test_a_backup_that_went_on_is_held_against_what_was_stored_when_it_was_begun(hub: Desk, tmp_path: Path) -> None:
    backups = Backups(hub.directory, tmp_path)
    _, folder, *_ = backups.words()
    back_up(hub.directory, Path(folder), NOW)
    part = Path(folder).rename(f"{folder}.part")
    (part / "begun.json").write_text(json.dumps({"at": utc_text(NOW), "of": str(hub.directory)}))
    hub.store.run(COPY, 9, bytes(32))
    backups.words()
    back_up(hub.directory, Path(folder), NOW)
    backups.ended(0)
    assert (backups.whole, backups.lost) == (1, 0)


def test_a_batch_counts_as_taken_only_where_the_import_said_so(desk: Desk, tmp_path: Path) -> None:
    imports = Imports(desk.directory, tmp_path)
    batch = Path(imports.words()[1])
    before = batch.read_bytes()
    imports.ended(KILLED)
    assert imports.is_pending and not imports.taken
    assert Path(imports.words()[1]).read_bytes() == before
    imports.ended(0)
    assert not imports.is_pending and len(imports.taken) == 301
    with pytest.raises(RuntimeError):
        imports.ended(1)
