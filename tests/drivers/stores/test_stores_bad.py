"""Bad stores: whatever is wrong with one, the reader names the reason, and never fails itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nobodys_readers import as_nobody, end_readers
from store_footage import PATTERN, every, frigate, lay, of_gate, spans, task, troubles, why_not, written

from drivers.footage import StoreTask
from drivers.stores import frigate as frigate_store
from drivers.stores.folder import DiskTree, State
from drivers.stores.segments import read

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
OLD = [one for days in (3, 2, 1) for one in every(NOW - timedelta(days=days), 5)]
BEGINS = OLD + every(NOW - timedelta(seconds=20), 10)
DUE = frozenset({"gate"})


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="camwarden-bad-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def segments(place: Path) -> StoreTask:
    lay(place / "store", f"{PATTERN}.mp4", BEGINS)
    return task(place / "store", NOW, zone="UTC", due=DUE)


def database(place: Path) -> StoreTask:
    (place / "config").mkdir()
    frigate(place / "config" / "frigate.db", [(begin, 2.0) for begin in BEGINS], place / "media")
    return replace(task(place / "config" / "frigate.db", NOW, "", "UTC", due=DUE), index=place / "index")


@pytest.fixture(scope="module", autouse=True)
def readers_end() -> Iterator[None]:
    yield
    end_readers()


def _replaced(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as opened:
        for statement in statements:
            opened.execute(statement)
        opened.commit()


def _spoil_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(bytes(data))


ALTER = "ALTER TABLE recordings"
Spoil = Callable[[Path], object]
WHOLE: dict[str, tuple[str, Spoil, str, str]] = {
    # name: kind, what is done to the store, reason, words in the detail
    "no such folder": ("segments", shutil.rmtree, "unreachable", "not there: is its disk mounted"),
    "an empty folder": ("segments", lambda p: (shutil.rmtree(p), p.mkdir()), "unreachable", "is its disk mounted"),
    "a file for a folder": ("segments", lambda p: (shutil.rmtree(p), p.write_text("")), "malformed", "is no folder"),
    "no such camera": ("segments", lambda p: (p / "gate").rename(p / "Gate"), "unreachable", "correct store_name"),
    "a folder that may not be read": ("segments", lambda p: p.chmod(0o700), "refused", "may not be read"),
    "a camera that may not be read": ("segments", lambda p: (p / "gate").chmod(0o700), "refused", "could be read"),
    "no database": ("frigate", Path.unlink, "unreachable", "not there: is its disk mounted"),
    "a folder for a database": ("frigate", lambda p: (p.unlink(), p.mkdir()), "malformed", "is a folder"),
    "an empty database": ("frigate", lambda p: _replaced(p, b""), "malformed", "no SQLite file"),
    "noise": ("frigate", lambda p: _replaced(p, os.urandom(50_000)), "malformed", "no SQLite file"),
    "a database that was cut off": ("frigate", lambda p: os.truncate(p, 5000), "malformed", "malformed"),
    "a database with spoilt pages": ("frigate", _spoil_pages, "malformed", "malformed"),
    "another program's database": (
        "frigate", lambda p: _sql(p, "DROP TABLE recordings"), "malformed", "no table recordings",
    ),
    "a table without a column": (
        "frigate",
        lambda p: _sql(p, "DROP INDEX recordings_camera_segment_size", f"{ALTER} DROP COLUMN segment_size"),
        "malformed", "no column segment_size",
    ),
    "a table without an index by time": (
        "frigate", lambda p: _sql(p, "DROP INDEX recordings_start_time"), "unsupported", "no index by time",
    ),
    "a schema that is no text": (
        "frigate", lambda p: _replaced(p, p.read_bytes().replace(b"CREATE INDEX", b"CREATE \xff\xff\xff\xff\xff")),
        "malformed", "no UTF-8",
    ),
    "times that are none": (
        "frigate", lambda p: _sql(p, "UPDATE recordings SET start_time = 'x'"), "malformed", "is no number",
    ),
    "a database that may not be read": ("frigate", lambda p: p.chmod(0o600), "refused", "frigate.db may not be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_what_keeps_a_store_from_being_read_is_named(name: str, place: Path) -> None:
    kind, spoil, reason, words = WHOLE[name]
    asked = segments(place) if kind == "segments" else database(place)
    spoil(asked.store.path)
    why = as_nobody(asked)["why"]
    for fact in ("recordings", "store-index", "picture"):
        assert why[fact][0] == reason and words in why[fact][1], why
        assert "\n" not in why[fact][1] and str(place) not in why[fact][1]


def test_a_locked_database_is_busy_and_is_read_later(place: Path) -> None:
    asked = database(place)
    _sql(asked.store.path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(asked.store.path)) as recorder:
        recorder.execute("BEGIN EXCLUSIVE")
        assert why_not(frigate_store.read(asked)[0])["recordings"][0] == "busy"
        recorder.rollback()
        assert len(of_gate(frigate_store.read(asked)[0])[1].days) == 4


@pytest.mark.parametrize("beside", ["frigate.db-wal", "frigate.db-shm"])
def test_a_log_of_the_recorder_that_may_not_be_read_is_named(place: Path, beside: str) -> None:
    asked = database(place)
    with closing(sqlite3.connect(asked.store.path)) as recorder:
        recorder.execute("DELETE FROM recordings WHERE rowid = 1")
        recorder.commit()
        for one in asked.store.path.parent.iterdir():
            one.chmod(0o644)
        assert as_nobody(asked)["why"].keys() <= {"picture"}
        (asked.store.path.parent / beside).chmod(0o600)
        reason, detail = as_nobody(asked)["why"]["recordings"]
        assert reason == "refused" and detail.startswith(f"{beside} may not be read")


@pytest.mark.parametrize("left", [("-wal", "-shm"), ("-wal",)])
def test_a_recorder_that_crashed_is_read_with_its_log_or_said_to_be_down(place: Path, left: tuple[str, ...]) -> None:
    """Its last changes are in the log only, and nobody may write the folder: nothing is mended, nothing created."""
    asked = database(place)
    copy = place / "crashed"
    copy.mkdir()
    with closing(sqlite3.connect(asked.store.path)) as recorder:
        recorder.execute("DELETE FROM recordings WHERE start_time < ?", (OLD[5].timestamp(),))
        recorder.commit()
        for ending in ("", *left):
            shutil.copy(asked.store.path.with_name(f"frigate.db{ending}"), copy)
    before = {one.name: one.read_bytes() for one in copy.iterdir()}
    copy.chmod(0o555)
    said = as_nobody(replace(asked, store=replace(asked.store, path=copy / "frigate.db")))
    assert {one.name: one.read_bytes() for one in copy.iterdir()} == before
    if "-shm" in left:
        assert said["why"].keys() <= {"picture"} and said["days"] == [3]
    else:
        reason, detail = said["why"]["recordings"]
        assert reason == "busy" and "when the recorder runs again" in detail


def test_one_day_that_may_not_be_read_leaves_the_others_and_lists_nothing(place: Path) -> None:
    asked = segments(place)
    (asked.store.path / OLD[5].strftime("gate/%Y-%m-%d")).chmod(0o700)
    said = as_nobody(asked)
    assert said["troubles"] == {"forbidden": 1} and said["listed"] == [0] and said["why"] == {}


def test_an_oldest_segment_that_may_not_be_read_is_forbidden_and_the_next_one_is_shown(place: Path) -> None:
    asked = segments(place)
    first(asked).chmod(0o600)
    said = as_nobody(asked)
    assert said["troubles"] == {"forbidden": 1} and said["why"] == {}


def first(asked: StoreTask, number: int = 0) -> Path:
    return asked.store.path / BEGINS[number].strftime("gate/%Y-%m-%d/%H-%M-%S.mp4")


def test_an_unreadable_oldest_segment_is_said_and_the_picture_is_of_the_next(place: Path) -> None:
    asked = segments(place)
    for number in range(2):
        file = first(asked, number)
        file.write_bytes(file.read_bytes()[:-2000])
        written(file, BEGINS[number] + timedelta(seconds=2))
    observations, (picture,) = read(asked)
    recordings, index = of_gate(observations)
    assert recordings.spans[0].start_at == BEGINS[0] and picture.taken_at == BEGINS[2]
    assert [(one.kind, one.first_at) for one in index.troubles] == [("unreadable", BEGINS[0])]


def test_where_none_of_the_oldest_can_be_opened_there_is_no_picture(place: Path) -> None:
    asked = segments(place)
    for number in range(len(BEGINS)):
        file = first(asked, number)
        file.write_bytes(b"no footage" * 100)
        written(file, BEGINS[number] + timedelta(seconds=2))
    observations, pictures = read(asked)
    assert pictures == () and why_not(observations)["picture"][0] == "malformed"
    assert "begins like no MP4" in why_not(observations)["picture"][1]


def test_footage_of_another_codec_gives_no_picture_and_the_codec_is_named(place: Path) -> None:
    """It is footage all the same: what is asked of it is whether it is there."""
    asked = segments(place)
    foreign = place / "foreign.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=2"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-c:v", "libvpx-vp9", str(foreign)], check=True, timeout=60)
    for number in range(2):
        shutil.copyfile(foreign, first(asked, number))
        written(first(asked, number), BEGINS[number] + timedelta(seconds=2))
    observations, (picture,) = read(asked)
    assert of_gate(observations)[1].troubles == () and picture.taken_at == BEGINS[2]
    for number in range(len(BEGINS)):
        shutil.copyfile(foreign, first(asked, number))
        written(first(asked, number), BEGINS[number] + timedelta(seconds=2))
    observations, pictures = read(asked)
    assert pictures == () and why_not(observations)["picture"][0] == "malformed"
    assert "its video is VP9 (vp09), not H.264 or H.265" in why_not(observations)["picture"][1]


def test_empty_files_and_strange_names_are_counted_and_cover_nothing(place: Path) -> None:
    asked = segments(place)
    for number in (1, 2):
        first(asked, number).write_bytes(b"")
        written(first(asked, number), BEGINS[number])
    (first(asked).parent / "notes.txt").write_text("x")
    (first(asked).parent / "10-00-00.mp4.part").write_text("x")
    (asked.store.path / "gate" / "lost+found").mkdir()
    (first(asked).parent / ".hidden").write_text("x")
    recordings, index = of_gate(read(asked)[0])
    assert troubles(index) == {"empty": 2, "name": 3}
    assert spans(recordings)[0] == (BEGINS[0], BEGINS[0] + timedelta(seconds=2))
    assert index.days[0].segments == 5


def test_a_pipe_and_a_folder_with_a_segments_name_keep_nobody_waiting(place: Path) -> None:
    asked = segments(place)
    first(asked).unlink()
    os.mkfifo(first(asked))
    first(asked, 1).unlink()
    first(asked, 1).mkdir()
    first(asked, 2).unlink()
    first(asked, 2).symlink_to("nowhere")
    observations, (picture,) = read(asked)
    assert of_gate(observations)[1].days[0].segments == 2 and picture.taken_at == BEGINS[3]


class Vanishing(DiskTree):
    """A real folder from which files and folders are deleted between being listed and being looked at."""

    def __init__(self, root: Path, victims: Sequence[Path]) -> None:
        super().__init__(root, lambda: None)
        self._root_path = root
        self._victims = list(victims)

    def states(self, folder: str, names: Sequence[str]) -> list[State | None]:
        for victim in self._victims:
            if victim.is_dir() and (self._root_path / folder) == victim:
                shutil.rmtree(victim)
            elif victim.is_file():
                victim.unlink()
        return super().states(folder, names)


def test_segments_and_folders_that_vanish_while_they_are_read_are_no_trouble(place: Path) -> None:
    asked = segments(place)
    victims = [first(asked, 0), first(asked, 1), first(asked, 7).parent]
    observations, (picture,) = read(asked, Vanishing(asked.store.path, victims))
    recordings, index = of_gate(observations)
    assert index.troubles == () and [day.segments for day in index.days] == [3, 5, 10]
    assert recordings.spans[0].start_at == picture.taken_at == BEGINS[2]


class Failing(DiskTree):
    """A disk that fails in one folder, or in all."""

    where = OLD[5].strftime("%Y-%m-%d")

    def states(self, folder: str, names: Sequence[str]) -> list[State | None]:
        if folder.endswith(self.where):
            raise OSError(5, "Input/output error")
        return super().states(folder, names)


def test_a_disk_that_fails_in_one_folder_leaves_the_others(place: Path) -> None:
    asked = segments(place)
    recordings, index = of_gate(read(asked, Failing(asked.store.path, lambda: None))[0])
    assert [(one.kind, one.first) for one in index.troubles] == [("unreadable", OLD[5].strftime("%Y-%m-%d"))]
    assert recordings.listed == () and len(index.days) == 3
    everywhere = Failing(asked.store.path, lambda: None)
    everywhere.where = ""
    observations, _ = read(replace(asked, index=place / "another"), everywhere)
    assert why_not(observations)["recordings"] == (
        "fault",
        "no folder of this camera could be read: Input/output error",
    )


def test_a_cameras_name_that_leads_out_of_the_store_is_refused(place: Path) -> None:
    asked = segments(place)
    lay(place / "secret", f"{PATTERN}.mp4", OLD)
    observations, pictures = read(replace(asked, cameras=(("gate", "../secret/gate"),)))
    assert why_not(observations)["recordings"][0] == "malformed" and pictures == ()
