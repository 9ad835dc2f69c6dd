"""A store in Frigate's layout that frigate-tier (PyPI) wrote and moved about, which nobody here wrote, is read."""

from __future__ import annotations

import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import connect

from store_footage import of_gate, spans, task, troubles

from drivers.stores.frigate import read

PEER = Path(__file__).resolve().parents[3] / "build/peers/frigate-tier/bin"


def test_footage_that_was_moved_to_another_disk_is_the_same_footage(tmp_path: Path) -> None:
    assert PEER.exists(), "frigate-tier is missing: run `make peers`"
    root = tmp_path / "frigate"
    build = ["-m", "frigate_tier.fixture", str(root), "--cameras", "gate", "--day-offsets", "5", "0", "--per-day", "3"]
    subprocess.run([str(PEER / "python"), *build], check=True, capture_output=True, timeout=100)
    store = root / "config" / "frigate.db"
    with closing(connect(store)) as database:
        # frigate-tier makes Frigate's tables, but not the indexes of its migrations.
        database.execute("CREATE INDEX recordings_start_time ON recordings (start_time)")
        rows = database.execute("SELECT start_time, path FROM recordings ORDER BY start_time").fetchall()
    begins = [datetime.fromtimestamp(row[0], UTC) for row in rows]
    asked = replace(task(store, datetime.now(UTC), "", "UTC", due=frozenset({"gate"})), index=tmp_path / "index")
    observations, (picture,) = read(asked)
    recordings, before = of_gate(observations)
    length = timedelta(seconds=30)
    assert spans(recordings) == [(begins[0], begins[0] + length), (begins[3], begins[3] + length)]
    assert [day.segments for day in before.days] == [3, 3] and troubles(before) == {"stalled": 1}
    assert (picture.taken_at, picture.kind) == (begins[0], "h264")

    hot, cold = root / "media/frigate/recordings", root / "mnt/nas/frigate/recordings"
    move = [
        "move",
        "--db",
        str(store),
        "--hot",
        str(hot),
        "--cold",
        str(cold),
        "--older-than",
        "3d",
        "--commit",
        "--i-know",
    ]
    subprocess.run([str(PEER / "frigate-tier"), *move], check=True, capture_output=True, timeout=60)
    assert not Path(rows[0][1]).exists() and Path(rows[3][1]).exists()
    observations, (moved,) = read(replace(asked, now=asked.now + timedelta(days=1), index=tmp_path / "another"))
    assert of_gate(observations)[0].spans == recordings.spans
    assert of_gate(observations)[1].days == before.days
    assert (moved.taken_at, moved.data) == (picture.taken_at, picture.data)
