"""Footage for tests of stores: clips that ffmpeg's segmenter cut, laid out under names and times of a fake clock."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from drivers.footage import Disks, Store, StoreIndex, StoreTask, TroubleKind
from drivers.model import Observations, Recordings, Unavailable
from drivers.stores.index import Index, with_index

CLIP_S = 2.0
PATTERN = "%path/%Y-%m-%d/%H-%M-%S"
SCHEMA = Path(__file__).resolve().parents[1] / "fixtures" / "stores" / "frigate.sql"
MUXERS = {"mp4": "mp4", "ts": "mpegts", "mkv": "matroska"}


@cache
def clips(ending: str) -> tuple[Path, ...]:
    """Let ffmpeg's segmenter cut ten seconds into clips of two, each beginning with a keyframe."""
    folder = Path(mkdtemp(prefix="camwarden-clips-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = f"testsrc2=size=320x240:rate=10:duration={5 * CLIP_S}"
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p"]
    cut = ["-f", "segment", "-segment_time", str(CLIP_S), "-reset_timestamps", "1", "-segment_format", MUXERS[ending]]
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *encode, *cut, str(folder / f"%d.{ending}")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    found = tuple(sorted(folder.iterdir()))
    assert len(found) == 5
    return found


def remux(source: Path, target: Path, *options: str) -> Path:
    """Let ffmpeg write a clip into another file, with options of its muxer."""
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), "-c", "copy", *options, str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return target


def lay(root: Path, pattern: str, begins: Iterable[datetime], camera: str = "gate", length_s: float = CLIP_S) -> None:
    """Put clips where a recorder with this pattern would have put them, each last written when it ended."""
    for number, begin in enumerate(begins):
        # strftime's own %s takes the digits for those of this machine's zone.
        words = pattern.replace("%path", camera).replace("%s", str(int(begin.timestamp())))
        path = root / begin.strftime(words)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(clips(path.suffix[1:])[number % 5], path)
        # In UTC: with a zone, sums would be those of the wall clock.
        written(path, begin.astimezone(UTC) + timedelta(seconds=length_s))


def written(path: Path, at: datetime) -> None:
    """Set when a file was last written."""
    os.utime(path, (at.timestamp(), at.timestamp()))


def every(begin: datetime, count: int, step_s: float = CLIP_S) -> list[datetime]:
    """Return so many moments, a step apart."""
    return [begin + timedelta(seconds=step_s * number) for number in range(count)]


def task(
    root: Path, now: datetime, pattern: str = f"{PATTERN}.mp4", zone: str = "Asia/Shanghai", **more: object
) -> StoreTask:
    """Return a task for one camera, `gate`, whose index lies beside the store."""
    store = Store("disk", "segments" if pattern else "frigate", root, pattern, zone)
    index = root.parent / f"{root.name}.index"
    return StoreTask(store, (("gate", "gate"),), index, now, **more)  # type: ignore[arg-type]


def of_gate(observations: Observations) -> tuple[Recordings, StoreIndex]:
    """Return what was told of the camera, which must be there."""
    values = [one.value for one in observations if one.subject == "camera:gate"]
    recordings, index = (next(v for v in values if isinstance(v, kind)) for kind in (Recordings, StoreIndex))
    assert isinstance(recordings, Recordings) and isinstance(index, StoreIndex)
    return recordings, index


def why_not(observations: Observations) -> dict[str, tuple[str, str]]:
    """Return what could not be had: reason and detail by fact."""
    values = [one.value for one in observations]
    return {value.fact: (value.reason, value.detail) for value in values if isinstance(value, Unavailable)}


def disks(observations: Observations) -> Disks:
    """Return what was told of the disk."""
    return next(one.value for one in observations if isinstance(one.value, Disks))


def spans(recordings: Recordings) -> list[tuple[datetime, datetime]]:
    """Return the spans as pairs."""
    return [(span.start_at, span.end_at) for span in recordings.spans]


def troubles(index: StoreIndex) -> dict[TroubleKind, int]:
    """Return how often each kind of trouble was met."""
    return {one.kind: one.times for one in index.troubles}


def damage_index(task: StoreTask) -> None:
    """Spoil what the index holds of a part, in a way that only shows when it is read."""

    def spoil(index: Index) -> None:
        index._db.execute("UPDATE part SET notes = '[1, 2'")

    with_index(task.index, task.store, spoil)


def frigate(path: Path, rows: Sequence[tuple[datetime, float]], media: Path, camera: str = "gate") -> None:
    """Make a store in Frigate's layout: a database with rows of begin and length, and a file for each."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA.read_text())
        database.execute("PRAGMA journal_mode = WAL")
    add_rows(path, rows, media, camera)


def add_rows(path: Path, rows: Sequence[tuple[datetime, float]], media: Path, camera: str = "gate") -> None:
    """Write rows and their files as the recorder does."""
    with closing(sqlite3.connect(path)) as database:
        for number, (begin, length_s) in enumerate(rows):
            file = media / "recordings" / f"{begin:%Y-%m-%d/%H}" / camera / f"{begin:%M.%S}.mp4"
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(clips("mp4")[number % 5], file)
            at = begin.timestamp()
            size_mib = round(file.stat().st_size / 2**20, 2)
            row = (f"{at}-{camera}", camera, str(file), at, at + length_s, length_s, 1, 0, None, size_mib)
            database.execute("INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.commit()
