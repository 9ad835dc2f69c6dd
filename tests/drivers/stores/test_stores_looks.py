"""The next look costs little and misses nothing: what is read again, what a digest shows, what the index survives."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_footage import CLIP_S, PATTERN, damage_index, every, lay, of_gate, spans, task, troubles, written

from drivers.footage import StoreTask
from drivers.stores.folder import DiskTree, State
from drivers.stores.segments import read

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
QUARTER = timedelta(minutes=15)
DAYS = 8


class Counting(DiskTree):
    """A real folder that counts what is asked of it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, lambda: None)
        self.listed: Counter[str] = Counter()
        self.looked_at: list[str] = []

    def names(self, folder: str) -> list[str]:
        self.listed[folder] += 1
        return super().names(folder)

    def states(self, folder: str, names: Sequence[str]) -> list[State | None]:
        self.looked_at += names
        return super().states(folder, names)


def days_of(moment: datetime, count: int = DAYS) -> list[datetime]:
    return [moment - timedelta(days=number) for number in range(count, 0, -1)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eight days with five segments each, and a recorder that runs."""
    lay(tmp_path / "store", f"{PATTERN}.mp4", [one for day in days_of(NOW) for one in every(day, 5)])
    lay(tmp_path / "store", f"{PATTERN}.mp4", every(NOW - timedelta(seconds=20), 10))
    old = (NOW - timedelta(days=1)).timestamp()
    for folder in (tmp_path / "store" / "gate").iterdir():
        os.utime(folder, (old, old))
    return tmp_path / "store"


def test_a_look_after_nothing_changed_lists_only_what_is_being_written(root: Path) -> None:
    read(task(root, NOW))
    tree = Counting(root)
    before = read(task(root, NOW))[0]
    after = read(task(root, NOW), tree)[0]
    assert set(tree.listed) == {"", "gate", "gate/2026-03-12"}
    assert of_gate(after)[0].spans == of_gate(before)[0].spans
    assert of_gate(after)[1] == of_gate(before)[1]


def test_new_segments_are_looked_at_and_old_ones_are_not(root: Path) -> None:
    long_ago = every(NOW - timedelta(hours=3), 5)
    lay(root, f"{PATTERN}.mp4", long_ago)
    read(task(root, NOW))
    lay(root, f"{PATTERN}.mp4", every(NOW, 2))
    tree = Counting(root)
    observations, _ = read(task(root, NOW + timedelta(seconds=5)), tree)
    assert not {one.strftime("%H-%M-%S.mp4") for one in long_ago} & set(tree.looked_at)
    assert of_gate(observations)[1].days[-1].segments == 17
    fresh, _ = read(replace(task(root, NOW + timedelta(seconds=5)), index=root.parent / "another"))
    assert of_gate(fresh) == of_gate(observations)


def test_every_old_segment_is_looked_at_again_within_a_day(root: Path) -> None:
    read(task(root, NOW))
    tree = Counting(root)
    for number in range(1, 97):
        read(task(root, NOW + number * QUARTER), tree)
    old = {one.strftime("%H-%M-%S.mp4") for day in days_of(NOW) for one in every(day, 5)}
    seen = Counter(tree.looked_at)
    assert all(seen[name] >= DAYS for name in old)


@pytest.mark.parametrize("change", ["size", "time", "name", "gone", "day"])
def test_a_changed_old_segment_shows_in_its_days_digest_within_a_day(root: Path, change: str) -> None:
    _, before = of_gate(read(task(root, NOW))[0])
    day = NOW - timedelta(days=4)
    file = root / day.strftime("gate/%Y-%m-%d/%H-%M-%S.mp4")
    folder = file.parent.stat()
    changed = file.stat().st_mtime
    if change == "size":
        with file.open("ab") as opened:
            opened.write(b"x")
        os.utime(file, (changed, changed))
    elif change == "time":
        os.utime(file, (changed, changed + 1))
    elif change == "name":
        file.rename(file.with_name("14-00-00.mp4"))
        # Whoever tampers may set the folder's time back as well.
        os.utime(file.parent, (folder.st_mtime, folder.st_mtime))
    elif change == "gone":
        file.unlink()
    else:
        shutil.rmtree(file.parent)
    _, after = of_gate(read(task(root, NOW + timedelta(days=1)))[0])
    old, new = ({one.day: one for one in index.days} for index in (before, after))
    assert {one for one in old if one != NOW.date() and old[one] != new.get(one)} == {day.date()}
    assert (day.date() in new) == (change != "day")


def test_expiring_segments_leave_the_index_and_the_spans(root: Path) -> None:
    read(task(root, NOW))
    first = days_of(NOW)[0]
    for one in every(first, 3):
        (root / one.strftime("gate/%Y-%m-%d/%H-%M-%S.mp4")).unlink()
    recordings, index = of_gate(read(task(root, NOW + timedelta(seconds=9)))[0])
    assert recordings.spans[0].start_at == first + timedelta(seconds=3 * CLIP_S)
    assert (index.days[0].day, index.days[0].segments) == (first.date(), 2)
    shutil.rmtree(root / first.strftime("gate/%Y-%m-%d"))
    recordings, index = of_gate(read(task(root, NOW + timedelta(seconds=19)))[0])
    assert index.days[0].day == first.date() + timedelta(days=1)


def test_one_flat_folder_is_listed_but_only_changed_days_are_looked_at(tmp_path: Path) -> None:
    root, pattern = tmp_path / "store", "%path/%Y-%m-%d_%H-%M-%S-%f.mp4"
    lay(root, pattern, [one for day in days_of(NOW) for one in every(day, 5)] + every(NOW - timedelta(seconds=20), 10))
    read(task(root, NOW, pattern))
    (root / "gate" / days_of(NOW)[3].strftime("%Y-%m-%d_%H-%M-%S-%f.mp4")).unlink()
    tree = Counting(root)
    _, index = of_gate(read(task(root, NOW, pattern), tree)[0])
    assert [day.segments for day in index.days] == [5, 5, 5, 4, 5, 5, 5, 5, 10]
    assert {name[:10] for name in tree.looked_at} == {days_of(NOW)[3].date().isoformat(), "2026-03-12"}


def test_a_camera_that_lost_everything_is_said_to_have_nothing(root: Path) -> None:
    lay(root, f"{PATTERN}.mp4", every(NOW, 1), camera="other")
    read(task(root, NOW))
    shutil.rmtree(root / "gate")
    for later in (1, 2):
        recordings, index = of_gate(read(task(root, NOW + later * QUARTER))[0])
        assert recordings.spans == () and recordings.running is False and index.days == ()


class Ended(Exception):
    """The look's time is up."""


def test_a_look_that_is_ended_early_loses_nothing_of_what_it_read(root: Path) -> None:
    calls = 0

    def progress() -> None:
        nonlocal calls
        calls += 1
        if calls == 12:
            raise Ended

    with pytest.raises(Ended):
        read(task(root, NOW, progress=progress))
    with closing(sqlite3.connect(root.parent / "store.index")) as database:
        ((kept,),) = database.execute("SELECT count(*) FROM part").fetchall()
    assert 0 < kept < DAYS
    tree = Counting(root)
    observations, _ = read(task(root, NOW), tree)
    assert sum(1 for folder in tree.listed if folder.count("/") == 1) == DAYS + 1 - kept
    fresh, _ = read(replace(task(root, NOW), index=root.parent / "another"))
    assert of_gate(observations) == of_gate(fresh)


def test_progress_is_told_for_every_folder_and_thousand_files(root: Path) -> None:
    calls: list[int] = []
    read(task(root, NOW, progress=lambda: calls.append(1)))
    assert len(calls) >= 2 * (DAYS + 1)


def _foreign(index: Path) -> None:
    with closing(sqlite3.connect(index)) as database:
        database.execute("DROP TABLE store")
        database.execute("CREATE TABLE elephants (name TEXT)")
        database.commit()


def _cut(index: Path) -> None:
    index.write_bytes(index.read_bytes()[:5000])


DAMAGES = {
    "noise": lambda index: index.write_bytes(os.urandom(9000)),
    "cut off": _cut,
    "foreign": _foreign,
    "a text": lambda index: index.write_text("{}"),
    "empty": lambda index: index.write_bytes(b""),
}


@pytest.mark.parametrize("damage", [*DAMAGES, "a part"])
def test_a_damaged_index_is_made_anew(root: Path, damage: str) -> None:
    asked = task(root, NOW)
    expected = of_gate(read(asked)[0])
    if damage == "a part":
        damage_index(asked)
    else:
        DAMAGES[damage](asked.index)
    assert of_gate(read(asked)[0]) == expected
    tree = Counting(root)
    read(asked, tree)
    assert set(tree.listed) == {"", "gate", "gate/2026-03-12"}


def test_an_index_of_another_store_is_not_believed(root: Path) -> None:
    read(task(root, NOW))
    _, index = of_gate(read(task(root, NOW, zone="Europe/Berlin"))[0])
    assert index.days[-1].segments == 10 and troubles(index)["future"] == 10


@pytest.mark.parametrize("place", ["missing/index", "taken"])
def test_where_no_index_can_be_kept_the_store_is_read_all_the_same(root: Path, place: str) -> None:
    (root.parent / "taken").mkdir()
    asked: StoreTask = replace(task(root, NOW), index=root.parent / place)
    assert len(of_gate(read(asked)[0])[1].days) == DAYS + 1
    assert (root.parent / "taken").is_dir()


def test_an_index_that_an_earlier_look_still_has_is_left_alone(root: Path) -> None:
    asked = task(root, NOW)
    expected = of_gate(read(asked)[0])
    with closing(sqlite3.connect(asked.index)) as earlier:
        earlier.execute("BEGIN EXCLUSIVE")
        assert of_gate(read(asked)[0]) == expected
        earlier.rollback()
        assert earlier.execute("SELECT count(*) FROM part").fetchall() == [(DAYS + 1,)]


def test_the_index_is_the_agents_own(root: Path) -> None:
    os.umask(os.umask(0))
    read(task(root, NOW))
    assert stat.S_IMODE((root.parent / "store.index").stat().st_mode) == 0o600
    assert sorted(one.name for one in root.iterdir()) == ["gate"]


def test_a_stopped_recorder_and_one_that_goes_on_are_told_apart(root: Path) -> None:
    later = NOW + timedelta(minutes=16)
    recordings, index = of_gate(read(task(root, later))[0])
    assert recordings.running is False and troubles(index) == {"stalled": 1}
    (stalled,) = index.troubles
    assert stalled.first_at == NOW
    lay(root, f"{PATTERN}.mp4", every(later - timedelta(seconds=4), 2))
    recordings, index = of_gate(read(task(root, later))[0])
    assert recordings.running is True and index.troubles == ()
    assert spans(recordings)[-1] == (later - timedelta(seconds=4), later)


def test_a_day_in_two_folders_has_one_entry(tmp_path: Path) -> None:
    pattern = "%path/%Y-%m-%d/%H/%M-%S.mp4"
    begins = every(NOW - timedelta(minutes=30), 2) + every(NOW - timedelta(hours=3), 2)
    lay(tmp_path / "store", pattern, begins)
    _, index = of_gate(read(task(tmp_path / "store", NOW, pattern))[0])
    assert [(day.day, day.segments) for day in index.days] == [(date(2026, 3, 12), 4)]
    file = tmp_path / "store" / begins[0].strftime("gate/%Y-%m-%d/%H/%M-%S.mp4")
    written(file, NOW - timedelta(hours=1))
    _, after = of_gate(read(task(tmp_path / "store", NOW + timedelta(days=1), pattern))[0])
    assert after.days[0].digest != index.days[0].digest
