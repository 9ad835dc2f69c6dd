"""A test that does not always end alike is listed with each of its results, and a broken-off search goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from flakes.run import busy, differing, read_results, rooms_in, run_room

FLAKY = """
from pathlib import Path
import pytest

def test_steady():
    assert Path(__file__).exists()

def test_flaky():
    met = Path(__file__).with_name("met")
    first = not met.exists()
    met.touch()
    assert first

@pytest.mark.skip(reason="left out of this sample")
def test_left_out():
    assert False
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "room"
    folder.mkdir()
    (folder / "test_flaky.py").write_text(FLAKY, "utf-8")
    return folder


def test_a_test_that_passes_once_and_fails_once_is_found_and_no_other(room: Path, tmp_path: Path) -> None:
    runs = []
    for number in (1, 2):
        junit = tmp_path / f"run-{number}" / "room.xml"
        run_room(room, junit, "-n", "1", "-c", "/dev/null")  # one file keeps one worker busy
        runs.append(read_results(junit))
    assert sorted(runs[0].values()) == ["passed", "passed", "skipped"]
    assert [line.partition("::")[2] for line in differing(runs)] == ["test_flaky: passed, failure"]


def test_what_has_ended_is_not_run_again(room: Path, tmp_path: Path) -> None:
    junit = tmp_path / "run-1" / "room.xml"
    junit.parent.mkdir()
    junit.write_text("<testsuites/>", "utf-8")
    run_room(room, junit)
    assert junit.read_text("utf-8") == "<testsuites/>" and not (room / "met").exists()


def test_a_run_that_did_not_come_to_its_end_leaves_no_result(room: Path, tmp_path: Path) -> None:
    junit = tmp_path / "run-1" / "room.xml"
    with pytest.raises(SystemExit, match="room: pytest ended with 4"):
        run_room(room, junit, "--no-such-option")
    assert not junit.exists()


def test_a_test_that_was_not_run_in_one_run_differs() -> None:
    assert differing([{"a": "passed", "b": "passed"}, {"a": "passed"}]) == ["b: passed, missing"]
    assert differing([{"a": "failure"}, {"a": "failure"}]) == []


def test_rooms_are_the_folders_with_tests(room: Path, tmp_path: Path) -> None:
    (tmp_path / "support").mkdir()
    assert rooms_in(tmp_path) == ["room"]


def test_the_load_ends_with_the_search() -> None:
    with busy(2) as children:
        assert [child.poll() for child in children] == [None, None]
    assert None not in [child.poll() for child in children]
