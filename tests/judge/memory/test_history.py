"""The history of findings: what it keeps, that it stays within its size, and that no damage to it stops the daemon."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sites import NOW

from agent.judge.memory.episodes import new_episode
from agent.judge.memory.history import ASIDE, NAME, read_history, store_history
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import Transition, transitions
from agent.model.errors import SpoolFailed
from agent.model.finding import Finding, Message, Source, Status
from agent.site.config.site import Storage

MIB = 1024 * 1024


def finding(status: Status, subject: str = "camera:gate", check: str = "clock-offset") -> Finding:
    return Finding(check, subject, status, "major", Message("off by {s} s", {"s": 95}), Source("rule", "1"), "offset")


def storage(folder: Path, max_bytes: int = 32 * MIB) -> Storage:
    return Storage(folder, folder, history_max_bytes=max_bytes)


def lived(folder: Path, *statuses: Status, subject: str = "camera:gate") -> None:
    """Run one cycle a quarter of an hour, each with this status, and keep its history."""
    memory = Memory()
    for number, status in enumerate(statuses):
        now = NOW + number * timedelta(minutes=15)
        changed, memory = transitions((finding(status, subject),), memory, now)
        store_history(storage(folder), changed, now)


def many(count: int, first: int = 0) -> tuple[Transition, ...]:
    """Return transitions as a restless site makes them, each with its episode."""
    return tuple(
        Transition(one, "pass", new_episode(one, NOW))
        for one in (finding("fail", f"camera:{number % 64}") for number in range(first, first + count))
    )


def test_a_fault_and_its_repair_are_remembered_with_their_times(tmp_path: Path) -> None:
    lived(tmp_path, "pass", "fail", "fail", "pass")
    opened, closed = read_history(tmp_path)
    assert (opened.before, opened.after, opened.told) == ("pass", "fail", True)
    assert (closed.at, closed.before, closed.after) == (NOW + timedelta(minutes=45), "fail", "pass")
    assert closed.episode is not None
    assert closed.episode.detected_at == NOW + timedelta(minutes=15)
    assert closed.episode.repaired_at == closed.episode.verified_at == NOW + timedelta(minutes=45)
    assert str(closed.episode.message) == "off by 95 s"


def test_a_cycle_in_which_nothing_changes_touches_no_file(tmp_path: Path) -> None:
    lived(tmp_path, "pass", "pass", "pass")
    assert list(tmp_path.iterdir()) == []
    assert read_history(tmp_path) == []


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    lived(tmp_path, "fail")
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("since", "subject", "count", "closing"),
    [
        (None, "", 6, 2),
        (None, "camera:gate", 3, 1),
        (None, "camera:nobody", 0, 0),
        (NOW + timedelta(minutes=15), "", 4, 2),
        (NOW + timedelta(days=1), "", 0, 0),
    ],
)
def test_one_reads_what_one_asks_for(
    tmp_path: Path, since: datetime | None, subject: str, count: int, closing: int
) -> None:
    for name in ("camera:gate", "camera:yard"):
        lived(tmp_path, "fail", "pass", "fail", subject=name)
    found = read_history(tmp_path, since, subject)
    assert (len(found), sum(one.closes for one in found)) == (count, closing)


def test_a_hundred_thousand_changes_stay_within_the_size_and_the_newest_are_there(tmp_path: Path) -> None:
    size = 2 * MIB
    largest = 0
    for number in range(100):
        now = NOW + number * timedelta(minutes=15)
        store_history(storage(tmp_path, size), many(1000, number * 1000), now)
        largest = max(largest, sum(path.stat().st_size for path in tmp_path.iterdir()))
    kept = read_history(tmp_path)
    assert largest <= size
    assert 1000 < len(kept) < 100_000
    assert kept[-1].at == NOW + 99 * timedelta(minutes=15)
    assert [one.at for one in kept] == sorted(one.at for one in kept)


def test_a_smaller_size_is_kept_to_from_the_next_change_on(tmp_path: Path) -> None:
    for number in range(20):
        store_history(storage(tmp_path, 8 * MIB), many(1000, number * 1000), NOW)
    before = len(read_history(tmp_path))
    store_history(storage(tmp_path, MIB), many(1), NOW + timedelta(days=1))
    kept = read_history(tmp_path)
    assert kept[-1].at == NOW + timedelta(days=1)
    assert len(kept) < before


@pytest.mark.parametrize("content", [b"no database at all" * 300, b"", b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_history_is_set_aside_and_a_new_one_begins(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).write_bytes(content)
    lived(tmp_path, "fail")
    assert [one.after for one in read_history(tmp_path)] == ["fail"]
    if content:
        assert (tmp_path / (NAME + ASIDE)).read_bytes() == content
        assert "damaged" in caplog.text


def test_flipped_bytes_in_the_middle_are_damage_too(tmp_path: Path) -> None:
    store_history(storage(tmp_path), many(5000), NOW)
    path = tmp_path / NAME
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(SpoolFailed, match="cannot be read"):
        read_history(tmp_path)
    store_history(storage(tmp_path), many(1), NOW)
    assert len(read_history(tmp_path)) == 1


def test_the_database_of_something_else_is_not_written_into(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / NAME) as other:
        other.execute("CREATE TABLE precious (value)")
    other.close()
    lived(tmp_path, "fail")
    assert len(read_history(tmp_path)) == 1
    with sqlite3.connect(tmp_path / (NAME + ASIDE)) as aside:
        assert aside.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    aside.close()


def test_where_nothing_can_be_kept_the_daemon_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / NAME).mkdir()
    with caplog.at_level(logging.ERROR):
        lived(tmp_path, "fail")
    assert "1 changes cannot be remembered" in caplog.text


def test_a_reader_sees_whole_cycles_while_the_service_writes(tmp_path: Path) -> None:
    store_history(storage(tmp_path), many(10), NOW)
    writer = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM transition")
    assert len(read_history(tmp_path)) == 10
    writer.execute("ROLLBACK")
    writer.close()
