"""camwarden's reader of Frigate's table, on a database file of millions of rows that its writer has open.

The database is made once and kept: `path`. Between looks the writer adds a quarter of an hour and expires another.
Prints what the looks took, or the holes that were found in small databases with seeded ones.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clients.store_layout import DAY_S, NOW, SEGMENT_S, judge, segments, size_bytes, stretches
from drivers.footage import Store, StoreIndex, StoreTask
from drivers.model import Recordings
from drivers.stores.frigate import read

BETWEEN = timedelta(minutes=15)
SCHEMA = Path(__file__).resolve().parents[2] / "fixtures" / "stores" / "frigate.sql"
INSERT = "INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
Row = tuple[str, str, str, float, float, float, int, int, int, float]


def row(camera: str, begins_s: float, ends_s: float) -> Row:
    """Make one row as the recorder writes it."""
    at = datetime.fromtimestamp(begins_s, UTC)
    minute = at.hour * 60 + at.minute
    path = f"/media/frigate/recordings/{at:%Y-%m-%d}/{at:%H}/{camera}/{at:%M.%S}.mp4"
    size_mib = round(size_bytes(minute) / 1048576, 1)
    return f"{begins_s}-{camera}", camera, path, begins_s, ends_s, ends_s - begins_s, minute, 0, -50, size_mib


def rows(cameras: int, from_s: int, until_s: int) -> Iterator[Row]:
    """Yield the rows of all cameras in the order in which they are written."""
    for begins_s in range(from_s, until_s, SEGMENT_S):
        for number in range(cameras):
            yield row(f"cam{number}", begins_s + number / 128, begins_s + SEGMENT_S + number / 128)


def make(path: Path, data: Iterable[Row]) -> None:
    """Write a database; its indexes come last, which is quicker."""
    table, *indexes = SCHEMA.read_text().split(";")[:-1]
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(beside)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -400000")
        database.execute(table)
        database.executemany(INSERT, data)
        database.commit()
        for index in indexes:
            database.execute(index)
        database.commit()
        database.execute("PRAGMA journal_mode = WAL")
    beside.replace(path)


def main() -> None:
    """Do what was asked for on standard input, and print what it took."""
    asked = json.load(sys.stdin)
    if "make" in asked:
        until_s = int(NOW.timestamp()) // SEGMENT_S * SEGMENT_S
        make(Path(asked["make"]), rows(asked["cameras"], until_s - asked["days"] * DAY_S, until_s))
        print(json.dumps({"bytes": Path(asked["make"]).stat().st_size}))
    elif "holes" in asked:
        print(json.dumps(_holes(asked["holes"], asked["days"])))
    else:
        print(json.dumps(_looks(asked)))


def _looks(asked: dict[str, Any]) -> dict[str, object]:
    path = Path(asked["path"])
    cameras = tuple((f"cam{number}",) * 2 for number in range(asked["cameras"]))
    store = Store("nvr", "frigate", path, time_zone="UTC")
    now = NOW
    took: list[tuple[float, float]] = []
    counted = asked["cameras"] * asked["days"] * DAY_S // SEGMENT_S
    with tempfile.TemporaryDirectory() as place, closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 1000")
        gone: list[Row] = []
        for number in range(asked["looks"]):
            if number:
                gone += _quarter(writer, asked["cameras"], now)
                now += BETWEEN
            cpu_s, wall_s = sum(os.times()[:2]), time.monotonic()
            observations, _ = read(StoreTask(store, cameras, Path(place) / "index.db", now))
            took.append((time.monotonic() - wall_s, sum(os.times()[:2]) - cpu_s))
            days = [one.value.days for one in observations if isinstance(one.value, StoreIndex)]
            spans = [one.value.spans for one in observations if isinstance(one.value, Recordings)]
            if len(days) != len(cameras) or any(len(one) != 1 for one in spans):
                raise SystemExit(f"{len(days)} cameras with {[len(one) for one in spans][:3]}: {observations[:2]}")
            total = sum(day.segments for one in days for day in one)
            if total != counted:
                raise SystemExit(f"{total} rows were told, and {counted} should be there: remove {path}")
        # The file is used again: what was added goes, what expired comes back.
        writer.execute("DELETE FROM recordings WHERE start_time >= ?", (int(NOW.timestamp()) // SEGMENT_S * SEGMENT_S,))
        writer.executemany(INSERT, gone)
        writer.commit()
    return {
        "rows": counted,
        "file_mb": round(path.stat().st_size / 1e6),
        "wall_s": [round(one[0], 3) for one in took],
        "cpu_s": [round(one[1], 3) for one in took],
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, 1),
    }


def _quarter(writer: sqlite3.Connection, cameras: int, now: datetime) -> list[Row]:
    """Write what a recorder writes in a quarter of an hour, and expire as much of the oldest."""
    from_s = int(now.timestamp()) // SEGMENT_S * SEGMENT_S
    fresh = list(rows(cameras, from_s, from_s + int(BETWEEN.total_seconds())))
    writer.executemany(INSERT, fresh)
    gone = writer.execute("SELECT * FROM recordings ORDER BY start_time LIMIT ?", (len(fresh),)).fetchall()
    writer.executemany("DELETE FROM recordings WHERE id = ?", [(one[0],) for one in gone])
    writer.commit()
    return gone


def _holes(seeds: list[int], days: int) -> dict[str, int]:
    true = found = invented = 0
    with tempfile.TemporaryDirectory() as place:
        for seed in seeds:
            recorded = stretches(seed, days, NOW)
            path = Path(place) / f"{seed}.db"
            # Two in one second have one path, of which the recorder keeps the later one.
            wrote = (row("gate", *one) for stretch in recorded for one in segments(stretch))
            make(path, {one[2]: one for one in wrote}.values())
            task = StoreTask(
                Store("nvr", "frigate", path, time_zone="UTC"), (("gate", "gate"),), path.with_suffix(".index"), NOW
            )
            observations, _ = read(task)
            (spans,) = (one.value.spans for one in observations if isinstance(one.value, Recordings))
            told = [(span.start_at.timestamp(), span.end_at.timestamp()) for span in spans]
            one = judge(recorded, told)
            true, found, invented = true + one[0], found + one[1], invented + one[2]
    return {"true": true, "found": found, "invented": invented}


if __name__ == "__main__":
    main()
