"""A test that does not always end alike is listed with each of its results, and a broken-off search goes on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from flakes import run
from flakes.run import differing, read_results, run_tests

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
        junit = tmp_path / "found" / f"run-{number}.xml"
        run_tests([room], junit, 0, "-n", "1", "-c", "/dev/null")  # one file keeps one worker busy
        runs.append(read_results(junit))
    assert sorted(runs[0].values()) == ["passed", "passed", "skipped"]
    assert [line.partition("::")[2] for line in differing(runs)] == ["test_flaky: passed, failure"]


def test_what_has_ended_is_not_run_again(room: Path, tmp_path: Path) -> None:
    junit = tmp_path / "found/run-1.xml"
    junit.parent.mkdir()
    junit.write_text("<testsuites/>", "utf-8")
    run_tests([room], junit, 0)
    assert junit.read_text("utf-8") == "<testsuites/>" and not (room / "met").exists()


def test_a_run_that_did_not_come_to_its_end_leaves_no_result(room: Path, tmp_path: Path) -> None:
    junit = tmp_path / "found/run-1.xml"
    with pytest.raises(SystemExit, match="run-1: pytest ended with 4"):
        run_tests([room], junit, 0, "--no-such-option")
    assert not junit.exists()


def test_a_test_that_was_not_run_in_one_run_differs() -> None:
    assert differing([{"a": "passed", "b": "passed"}, {"a": "passed"}]) == ["b: passed, missing"]
    assert differing([{"a": "failure"}, {"a": "failure"}]) == []


def test_a_run_says_under_which_load_it_was(room: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_tests([room], tmp_path / "found/run-1.xml", 0, "-n", "1", "-c", "/dev/null")
    assert re.search(r"^run-1: \d+ s, ended with 0; load \d+\.\d on average, below 0 for 0 s$", capsys.readouterr().out)


def test_a_search_that_is_broken_off_ends_its_tests(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    def interrupted(tests: subprocess.Popen[bytes]) -> None:
        begun.append(tests)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_ended", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_tests([room], tmp_path / "found/run-1.xml", 0, "-n", "1", "-c", "/dev/null")
    assert begun[0].returncode is not None and not (tmp_path / "found/run-1.xml").exists()
    assert not (room / "met").exists(), "they were ended, and did not end by themselves"
