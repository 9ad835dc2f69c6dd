"""The memory of a cycle is packed in the spool: read back as it was, small on disk, and lost rather than fatal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from delivery import NOW, Maker

from agent.deliver.spool.packed import pack, unpack
from agent.deliver.spool.read_only import view
from agent.deliver.spool.schema import MEMORY, crc
from agent.judge.memory import memory
from agent.judge.memory.memory import EMPTY_MEMORY

LARGE = json.dumps(
    {f"camera-online camera:c{n}": {"status": "pass", "reason": "学校", "at": NOW.isoformat()} for n in range(2000)},
    ensure_ascii=False,
)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def store_memory(maker: Maker, value: str) -> None:
    """Write the row as another hand would: with a checksum that fits."""
    with closing(sqlite3.connect(maker.directory / "spool.db", isolation_level=None)) as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", (MEMORY, value, crc(value)))


def test_a_memory_is_read_back_as_it_was_by_the_service_and_beside_it(maker: Maker) -> None:
    spool = maker.open()
    for text in (LARGE, "{}", "\x00", ""):
        spool.commit((), text, NOW)
        assert spool.read_memory() == (text or None)
        with view(maker.directory / "spool.db") as beside:
            assert beside.memory() == text
    spool.close()


def test_a_look_writes_an_eighth_of_its_memory_at_most(maker: Maker) -> None:
    spool = maker.open()
    log = maker.directory / "spool.db-wal"
    before = log.stat().st_size
    spool.commit((), LARGE, NOW)
    assert log.stat().st_size - before < len(LARGE.encode()) / 8
    spool.close()


def test_the_plain_memory_of_an_older_version_is_read(maker: Maker) -> None:
    maker.open().close()
    store_memory(maker, memory.to_json(EMPTY_MEMORY))
    spool = maker.open()
    assert spool.read_memory() == memory.to_json(EMPTY_MEMORY)
    spool.close()


@pytest.mark.parametrize(
    "value", ["zlib:", "zlib:学", "zlib:~~~", pack(LARGE)[:-9], pack(LARGE)[:40] + "0" + pack(LARGE)[41:]]
)
def test_a_memory_that_cannot_be_unpacked_is_lost_and_the_spool_goes_on(maker: Maker, value: str) -> None:
    spool = maker.open()
    made = maker.cycle(spool)
    spool.close()
    store_memory(maker, value)
    again = maker.open()
    assert again.read_memory() is None and again.begin(NOW) == ()
    assert len(again.pending(10, NOW)) == len(made)
    with view(maker.directory / "spool.db") as beside:
        assert beside.memory() == ""
    again.close()


def test_a_version_that_knows_no_packed_memory_begins_with_an_empty_one() -> None:
    kept = replace(EMPTY_MEMORY, site="S1", disputed=tuple(f"dispute-{n}" for n in range(500)))
    text = memory.to_json(kept)
    assert memory.from_json(unpack(pack(text))) == kept and memory.from_json(pack(text)) == EMPTY_MEMORY


def test_the_log_is_checkpointed_after_some_cycles(maker: Maker) -> None:
    """What the file itself holds, without its log, is what a checkpoint has brought there."""
    spool = maker.open()
    held = []
    for _ in range(8):
        maker.cycle(spool)
        alone = maker.directory / "alone.db"
        alone.write_bytes((maker.directory / "spool.db").read_bytes())
        with closing(sqlite3.connect(alone)) as db:
            tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            held.append(db.execute("SELECT count(*) FROM report").fetchone()[0] if tables else 0)
    assert held == [0, 0, 0, 6, 6, 6, 6, 14]
    spool.close()
