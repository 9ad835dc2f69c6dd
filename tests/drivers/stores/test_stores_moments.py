"""A moment of a store's footage is opened in the segment that holds it by name, or a reason says why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_footage import CLIP_S, PATTERN, every, lay, task, written

from drivers.footage import Opening
from drivers.model import Picture
from drivers.picture import FootageOpened
from drivers.stores.segments import read

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
DAYS = 8
EVENINGS = [NOW.replace(hour=23) - timedelta(days=number) for number in range(DAYS, 0, -1)]
CLIPS = 4
WITHIN = timedelta(seconds=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eight evenings of four clips each."""
    lay(tmp_path / "store", f"{PATTERN}.mp4", [one for evening in EVENINGS for one in every(evening, CLIPS)])
    return tmp_path / "store"


def look(root: Path, *wanted: Opening) -> tuple[list[Picture], list[FootageOpened]]:
    """Return the pictures of opened moments, and what is said of those that did not open."""
    facts, pictures = read(task(root, NOW, due=frozenset({"gate"}), opens={"gate": wanted}))
    assert pictures[0].opening is None and pictures[0].taken_at == EVENINGS[0], "the oldest is always there"
    return list(pictures[1:]), [one.value for one in facts if isinstance(one.value, FootageOpened)]


def begins(pictures: Sequence[Picture]) -> list[datetime]:
    return [one.taken_at for one in pictures]


def test_a_moment_is_opened_in_the_footage_that_holds_it(root: Path) -> None:
    floor, bare = Opening("floor", EVENINGS[3] + WITHIN), Opening("bare", EVENINGS[5] + WITHIN)
    pictures, failed = look(root, floor, bare)
    assert [one.opening for one in pictures] == [floor, bare]
    assert begins(pictures) == [EVENINGS[3], EVENINGS[5]], "the names of files say when they were recorded"
    assert failed == []


def test_the_age_of_the_floor_in_a_hole_is_answered_by_the_next_footage(root: Path) -> None:
    pictures, _ = look(root, Opening("floor", EVENINGS[3] - timedelta(hours=5)))
    assert [one.opening for one in pictures] == [Opening("floor", EVENINGS[3])]
    assert begins(pictures) == [EVENINGS[3]]


@pytest.mark.parametrize(
    "wanted",
    [
        Opening("newest", NOW),  # its file was seen to grow
        Opening("bare", EVENINGS[3] - timedelta(hours=5)),  # nothing was recorded then
        Opening("floor", EVENINGS[0]),  # the oldest, which is looked at anyway
        Opening("floor", NOW),  # nothing is as new
    ],
)
def test_a_moment_that_nothing_holds_is_not_said_to_have_failed(root: Path, wanted: Opening) -> None:
    assert look(root, wanted) == ([], [])


def test_footage_that_cannot_be_opened_has_its_reason(root: Path) -> None:
    for evening in EVENINGS[1:]:
        for begin in every(evening, CLIPS):
            path = root / f"gate/{begin:%Y-%m-%d/%H-%M-%S}.mp4"
            path.write_bytes(bytes(path.stat().st_size))
            written(path, begin + timedelta(seconds=CLIP_S))
    floor = Opening("floor", EVENINGS[6] + WITHIN)
    pictures, failed = look(root, floor)
    assert pictures == []
    assert [(one.name, one.asked_at, one.at, one.reason) for one in failed] == [("floor", floor.at, None, "malformed")]
