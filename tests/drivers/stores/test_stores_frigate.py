"""Frigate's table and files: what is told of them, what does not agree, and that the recorder does not notice."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from patience import PATIENCE_S
from store_footage import CLIP_S, add_rows, frigate, of_gate, spans, task, troubles, why_not

from drivers.footage import StoreTask, TroubleKind
from drivers.stores import frigate_rows
from drivers.stores.frigate import read
from drivers.stores.frigate_days import Columns
from masking.model import Job
from masking.worker.client import Worker

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
LENGTH = timedelta(seconds=CLIP_S)
DAYS = 8


def every(begin: datetime, count: int) -> list[tuple[datetime, float]]:
    return [(begin + number * LENGTH, CLIP_S) for number in range(count)]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Eight days with five segments each at 15:00 and five at 03:00, and a recorder that runs."""
    days = [NOW - timedelta(days=number) for number in range(DAYS, 0, -1)]
    rows = [row for day in days for part in (day, day + timedelta(hours=12)) for row in every(part, 5)]
    path = tmp_path / "config" / "frigate.db"
    path.parent.mkdir()
    frigate(path, rows + every(NOW - timedelta(seconds=20), 10), tmp_path / "media" / "frigate")
    return path


def asked(store: Path, now: datetime = NOW, **more: object) -> StoreTask:
    return replace(task(store, now, "", "Asia/Shanghai", **more), index=store.parent.parent / "index")


@contextmanager
def recorder(store: Path) -> Iterator[sqlite3.Connection]:
    """The recorder's own connection, held open as Frigate does."""
    with closing(sqlite3.connect(store, timeout=0)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        yield database


def test_rows_are_told_as_they_were_recorded(store: Path) -> None:
    """Days are those of Shanghai: 15:00 UTC is 23:00 there, and 03:00 UTC is 11:00 of the next day."""
    observations, pictures = read(asked(store, due=frozenset({"gate"})))
    recordings, index = of_gate(observations)
    first = NOW - timedelta(days=DAYS)
    begins = sorted([first + timedelta(hours=12 * n) for n in range(2 * DAYS)])
    expected = [(begin, begin + 5 * LENGTH) for begin in begins]
    assert spans(recordings) == [*expected, (NOW - timedelta(seconds=20), NOW)]
    assert recordings.running is True and index.troubles == ()
    assert [(one.start_at, one.end_at) for one in recordings.listed] == [(first, NOW)]
    assert [day.segments for day in index.days] == [5, *[10] * (DAYS - 1), 15]
    assert index.days[0].day == date(2026, 3, 4)
    on_disk = sum(file.stat().st_size for file in store.parent.parent.rglob("*.mp4"))
    assert sum(day.size_bytes for day in index.days) == pytest.approx(on_disk, rel=0.06)
    (picture,) = pictures
    assert (picture.kind, picture.path, picture.taken_at) == ("h264", "playback", first)
    with Worker(timeout_s=PATIENCE_S) as worker:
        assert worker.judge(Job(picture.data, picture.kind)).width_px == 320


def test_the_recorder_writes_while_it_is_read_and_its_files_stay_as_they_are(store: Path) -> None:
    with recorder(store) as database:
        database.execute("DELETE FROM recordings WHERE start_time >= ?", ((NOW - timedelta(seconds=2)).timestamp(),))
        database.commit()
        before = {one.name: one.read_bytes() for one in store.parent.iterdir()}
        assert set(before) == {"frigate.db", "frigate.db-wal", "frigate.db-shm"}
        wrote: list[int] = []

        def progress() -> None:
            wrote.append(database.execute("UPDATE recordings SET motion = motion").rowcount)
            database.rollback()

        recordings, index = of_gate(read(asked(store, progress=progress))[0])
        assert recordings.spans[-1].end_at == NOW - timedelta(seconds=2)
        assert len(wrote) > DAYS and set(wrote) == {89}
        after = {one.name: one.read_bytes() for one in store.parent.iterdir()}
        assert after["frigate.db"] == before["frigate.db"]
        assert sum(day.segments for day in index.days) == 89
        (row,) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert row[0] == 0, "a lock was left behind"


def test_nothing_is_created_beside_a_database_that_nobody_has_open(store: Path) -> None:
    assert [one.name for one in store.parent.iterdir()] == ["frigate.db"]
    before = store.read_bytes(), store.stat().st_mtime_ns
    assert len(of_gate(read(asked(store))[0])[1].days) == DAYS + 1
    assert [one.name for one in store.parent.iterdir()] == ["frigate.db"]
    assert (store.read_bytes(), store.stat().st_mtime_ns) == before


def test_a_recorder_that_starts_while_its_database_is_read_makes_the_reading_void(store: Path) -> None:
    started: list[sqlite3.Connection] = []

    def progress() -> None:
        if not started:
            started.append(sqlite3.connect(store))
            started[0].execute("DELETE FROM recordings WHERE start_time < ?", (NOW.timestamp() - 86_400,))
            started[0].commit()

    observations, _ = read(asked(store, progress=progress))
    started[0].close()
    assert why_not(observations)["recordings"][0] == "busy"
    assert len(of_gate(read(asked(store))[0])[1].days) == 2


def test_only_days_that_changed_are_read_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(asked(store))
    days: list[date] = []
    between = frigate_rows.Rows.between

    def counted(self: frigate_rows.Rows, from_s: float, *rest: object) -> object:
        days.append(datetime.fromtimestamp(from_s + 43_200, UTC).date())
        return between(self, from_s, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(frigate_rows.Rows, "between", counted)
    add_rows(store, every(NOW, 3), store.parent.parent / "media" / "frigate")
    first, _ = read(asked(store, NOW + timedelta(seconds=9)))
    assert days == [date(2026, 3, 12)]
    assert of_gate(first)[0].spans[-1].end_at == NOW + 3 * LENGTH
    days.clear()
    for number in range(1, 97):
        read(asked(store, NOW + timedelta(seconds=9) + number * timedelta(minutes=15)))
    assert set(days) == {date(2026, 3, 4) + timedelta(days=number) for number in range(DAYS + 1)}


def test_deleted_rows_show_within_eight_looks_and_those_of_the_oldest_day_at_once(store: Path) -> None:
    read(asked(store))
    with recorder(store) as database:
        oldest = (NOW - timedelta(days=DAYS)).timestamp()
        database.execute("DELETE FROM recordings WHERE start_time < ?", (oldest + 3,))
        middle = (NOW - timedelta(days=4)).timestamp()
        database.execute("DELETE FROM recordings WHERE start_time BETWEEN ? AND ?", (middle, middle + 3))
        database.commit()
    _, index = of_gate(read(asked(store))[0])
    assert index.days[0].segments == 3
    for _ in range(8):
        _, index = of_gate(read(asked(store))[0])
    assert [day.segments for day in index.days] == [3, 10, 10, 10, 8, 10, 10, 10, 15]


def test_a_vacuum_changes_no_digest(store: Path) -> None:
    _, before = of_gate(read(asked(store))[0])
    with recorder(store) as database:
        database.execute("VACUUM")
    _, after = of_gate(read(replace(asked(store), index=store.parent.parent / "another"))[0])
    assert after == before


@pytest.mark.parametrize(
    "change", ["start_time = start_time + 0.25", "end_time = end_time - 0.5", "segment_size = 9", "path = path || 'x'"]
)
def test_a_changed_row_shows_in_its_days_digest_within_a_day(store: Path, change: str) -> None:
    _, before = of_gate(read(asked(store))[0])
    at = (NOW - timedelta(days=4)).timestamp()
    with recorder(store) as database:
        done = database.execute(f"UPDATE recordings SET {change} WHERE start_time = ?", (at,))  # noqa: S608
        database.commit()
        assert done.rowcount == 1
    _, after = of_gate(read(asked(store, NOW + timedelta(days=1)))[0])
    old, new = ({one.day: one.digest for one in index.days} for index in (before, after))
    assert {day for day in old if old[day] != new[day]} == {date(2026, 3, 8)}


def test_rows_and_files_that_do_not_agree_are_told_apart_within_some_days(store: Path) -> None:
    """One folder of a day is compared in each reading in full; both of a day's have their turn."""
    read(asked(store))
    folder = store.parent.parent / "media" / "frigate" / "recordings" / "2026-03-08" / "15" / "gate"
    files = sorted(folder.iterdir())
    files[0].unlink()
    files[1].write_bytes(b"")
    shutil.copy(files[2], folder / "30.00.mp4")
    met: dict[str, int] = {}
    for day in range(1, 5):
        _, index = of_gate(read(asked(store, NOW + timedelta(days=day)))[0])
        met |= troubles(index)
    assert {"row-without-file": 1, "empty": 1, "file-without-row": 1}.items() <= met.items()


def test_a_folder_of_files_that_is_gone_is_rows_without_files(store: Path) -> None:
    shutil.rmtree(store.parent.parent / "media" / "frigate" / "recordings" / "2026-03-04")
    _, index = of_gate(read(asked(store))[0])
    assert troubles(index) == {"row-without-file": 5}
    (trouble,) = index.troubles
    assert trouble.first == "00.00.mp4" and trouble.first_at == NOW - timedelta(days=DAYS)


def test_files_out_of_reach_are_no_trouble_but_there_is_no_picture(store: Path) -> None:
    """The recorder's own folder is not where the rows say, as from outside of its container."""
    (store.parent.parent / "media").rename(store.parent.parent / "elsewhere")
    observations, pictures = read(asked(store, due=frozenset({"gate"})))
    assert of_gate(observations)[1].troubles == () and pictures == ()
    assert why_not(observations)["picture"][0] == "unreachable"


def test_files_beside_the_database_are_found(store: Path) -> None:
    (store.parent.parent / "media" / "frigate" / "recordings").rename(store.parent / "recordings")
    _, pictures = read(asked(store, due=frozenset({"gate"})))
    assert [one.taken_at for one in pictures] == [NOW - timedelta(days=DAYS)]


def test_a_row_cannot_lead_out_of_the_recordings(store: Path) -> None:
    secret = store.parent.parent / "secret.mp4"
    shutil.copy(next((store.parent.parent / "media").rglob("*.mp4")), secret)
    with recorder(store) as database:
        ((path,),) = database.execute("SELECT path FROM recordings ORDER BY start_time LIMIT 1").fetchall()
        front = path.rpartition("/recordings/")[0]
        bad = f"{front}/recordings/../../../secret.mp4"
        database.execute("UPDATE recordings SET path = ? WHERE path = ?", (bad, path))
        database.commit()
    _, pictures = read(asked(store, due=frozenset({"gate"})))
    assert [one.taken_at for one in pictures] == [NOW - timedelta(days=DAYS) + LENGTH]


def test_a_stopped_recorder_a_future_row_and_a_clock_that_jumped_are_told_apart(store: Path) -> None:
    media = store.parent.parent / "media" / "frigate"
    add_rows(store, [(NOW + timedelta(hours=3), CLIP_S), (NOW - timedelta(minutes=40), 600.0)], media)
    add_rows(store, [(NOW - timedelta(minutes=35), 60.0)], media)
    recordings, index = of_gate(read(asked(store, NOW + timedelta(minutes=20)))[0])
    assert troubles(index) == {"future": 1, "clock-jump": 1, "stalled": 1}
    assert recordings.running is False and recordings.spans[-1].end_at == NOW


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("end_time = 1e300", {"unreadable": 1}),
        ("end_time = 9e999", {"unreadable": 1}),
        ("segment_size = 9e999", {"unreadable": 1}),
        ("segment_size = -1e300", {"unreadable": 1}),
        ("end_time = end_time + 86400 * 365", {"clock-jump": 1}),
    ],
)
def test_figures_that_cannot_be_cover_nothing(store: Path, changed: str, told: dict[TroubleKind, int]) -> None:
    """One row that lasts for ever would hide every hole behind it."""
    whole, _ = of_gate(read(asked(store))[0])
    with recorder(store) as database:
        database.execute(f"UPDATE recordings SET {changed} WHERE start_time = (SELECT max(start_time) FROM recordings)")  # noqa: S608
        database.commit()
    asked(store).index.unlink()
    recordings, index = of_gate(read(asked(store))[0])
    assert troubles(index) == told
    assert recordings.spans[-1].end_at == whole.spans[-1].end_at - LENGTH
    assert all(day.size_bytes >= 0 for day in index.days)


@pytest.mark.parametrize("begin", [None, "soon", float("inf"), -1e300])
def test_a_row_whose_begin_is_none_is_unreadable_however_the_table_came_to_give_it(begin: object) -> None:
    """A damaged index finds rows that its condition leaves out."""
    columns = Columns()
    columns.add([("gate", begin, 10.0, 0.5, "/media/recordings/a.mp4")])  # type: ignore[list-item]
    columns.add([("gate", 100.0, 110.0, 0.5, "/media/recordings/b.mp4")])
    columns.leave_out_what_cannot_be()
    assert (list(columns.begins), columns.bad) == ([100.0], [(0.0, "/media/recordings/a.mp4")])


def test_a_row_without_a_time_is_unreadable_and_the_others_count(store: Path) -> None:
    with recorder(store) as database:
        database.execute("UPDATE recordings SET end_time = 'soon' WHERE rowid = 3")
        database.commit()
    recordings, index = of_gate(read(asked(store))[0])
    assert troubles(index) == {"unreadable": 1}
    assert len(recordings.listed) == 1 and recordings.listed[0].start_at > NOW - timedelta(days=DAYS)


def test_cameras_of_which_the_table_knows_nothing_are_named(store: Path) -> None:
    observations, _ = read(replace(asked(store), cameras=(("gate", "gate"), ("roof", "Roof"))))
    assert why_not(observations)["recordings"] == (
        "unreachable",
        "the recorder's table has no row of this camera: correct store_name, or record it",
    )
    assert len(of_gate(observations)[1].days) == DAYS + 1


def test_a_camera_that_is_added_is_read_from_the_first_day_on(store: Path) -> None:
    add_rows(store, every(NOW - timedelta(days=3), 5), store.parent.parent / "media" / "frigate", "roof")
    read(asked(store))
    observations, _ = read(replace(asked(store), cameras=(("gate", "roof"),)))
    assert spans(of_gate(observations)[0]) == [(NOW - timedelta(days=3), NOW - timedelta(days=3) + 5 * LENGTH)]


def test_the_indexes_of_older_releases_will_do(store: Path) -> None:
    """Before its migration 020 the table had an index by end and begin."""
    _, expected = of_gate(read(asked(store))[0])
    with recorder(store) as database:
        database.execute("DROP INDEX recordings_start_time")
        database.execute("CREATE INDEX recordings_end_time_start_time ON recordings (end_time DESC, start_time DESC)")
        database.commit()
    _, found = of_gate(read(replace(asked(store), index=store.parent.parent / "another"))[0])
    assert found == expected


def test_the_index_beside_an_emptied_table_says_that_nothing_is_left(store: Path) -> None:
    read(asked(store))
    with recorder(store) as database:
        database.execute("DELETE FROM recordings")
        database.commit()
    recordings, index = of_gate(read(asked(store))[0])
    assert recordings.spans == () and recordings.running is False and index.days == ()
    assert os.path.exists(store.parent.parent / "index")  # noqa: PTH110 # plain: the index is a file of ours
