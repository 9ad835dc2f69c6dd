"""A store whose names fit no pattern is unknown, with some of them; one that holds nothing has no recordings."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_footage import PATTERN, every, lay, task

from drivers.model import Recordings, Unavailable, Value
from drivers.stores.pattern import trouble
from drivers.stores.segments import read

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def told(root: Path, pattern: str) -> Value:
    observations, _ = read(task(root, NOW, pattern))
    return next(one.value for one in observations if isinstance(one.value, Recordings) or _is_missing(one.value))


def _is_missing(value: Value) -> bool:
    return isinstance(value, Unavailable) and value.fact == "recordings"


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("%path/%Y-%m-%d/%H.%M.%S.mp4", ("15-00-00.mp4", "15-00-10.mp4")),
        ("%path/%Y-%m-%d/%H-%M-%S.ts", ("15-00-00.mp4",)),
        ("%path/%Y_%m_%d/%H-%M-%S.mp4", ("2026-03-10", "2026-03-11")),
    ],
)
@pytest.mark.parametrize("looks", [1, 2])
def test_names_that_fit_nothing_are_shown_and_no_empty_store(
    tmp_path: Path, pattern: str, shown: tuple[str, ...], looks: int
) -> None:
    """As after an update of the recorder that writes its names in another way; also with a warm index."""
    begins = [one for day in (2, 1) for one in every(NOW - timedelta(days=day), 3)]
    lay(tmp_path / "store", f"{PATTERN}.mp4", begins)
    for _ in range(looks):
        value = told(tmp_path / "store", pattern)
    assert isinstance(value, Unavailable) and value.reason == "malformed", value
    assert pattern in value.detail
    names = value.detail.partition("there are ")[2].split(", ")
    assert 1 <= len(names) <= 3 and names[0] == shown[0], value.detail


@pytest.mark.parametrize(
    "pattern", ["%path/%Y-%m-%d.mp4", "%path/%H-%M-%S.mp4", "%path/%Y-%m-%d/%H-%M.mp4", "%path.mp4"]
)
def test_a_pattern_that_does_not_tell_when_a_segment_begins_is_none(pattern: str) -> None:
    assert trouble(pattern).endswith("to tell when a segment begins")
    assert trouble(f"{PATTERN}.mp4") == trouble("%path/%s.mp4") == ""


def test_an_empty_folder_has_no_recordings_and_strays_beside_footage_cost_nothing(tmp_path: Path) -> None:
    root = tmp_path / "store"
    (root / "gate" / "2026-03-11").mkdir(parents=True)
    (root / "gate" / ".tmp").touch()
    value = told(root, f"{PATTERN}.mp4")
    assert isinstance(value, Recordings) and value.spans == ()
    lay(root, f"{PATTERN}.mp4", every(NOW - timedelta(days=1), 3))
    (root / "gate" / "notes.txt").touch()
    value = told(root, f"{PATTERN}.mp4")
    assert isinstance(value, Recordings) and len(value.spans) == 1
