"""Learned clocks come back after a restart, of this site alone; a damaged file costs its own camera."""

import stat
from pathlib import Path

import pytest
from sites import camera, site

from agent.observe.pictures.clock_looks import ClockLooks, ClockPlace
from agent.observe.pictures.learned_clocks import FOLDER, read_clocks, store_clocks

GATE, SHOT, YARD = ("gate", "main"), ("gate", "snapshot"), ("yard", "main")
LEARNED: dict[ClockPlace, bytes] = {GATE: b"CWCL1gate", SHOT: b"CWCL1shot", YARD: b"CWCL1yard"}  # type: ignore[dict-item]


def test_what_was_learned_comes_back_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    store_clocks(tmp_path, "dt0001", {}, LEARNED)
    assert read_clocks(tmp_path, "dt0001") == LEARNED
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / FOLDER).iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


def test_a_camera_that_left_or_was_replaced_leaves_no_file(tmp_path: Path) -> None:
    store_clocks(tmp_path, "dt0001", {}, LEARNED)
    clocks = ClockLooks(learns=True)
    clocks.restore(site(camera("gate")), read_clocks(tmp_path, "dt0001"))
    store_clocks(tmp_path, "dt0001", clocks.known, clocks.known)
    assert set(read_clocks(tmp_path, "dt0001")) == {GATE, SHOT}
    clocks.forget("gate")
    store_clocks(tmp_path, "dt0001", LEARNED, clocks.known)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_another_site_s_clocks_are_not_used(tmp_path: Path) -> None:
    store_clocks(tmp_path, "dt0001", {}, LEARNED)
    assert read_clocks(tmp_path, "dt0002") == {}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b'{"schema": "camwarden-clock/1", "site": "dt0001", "camera": "gate", "glyphs": ""}',
        b"x" * 500_000,
        b"[" * 90_000,
    ],
)
def test_a_damaged_file_costs_its_own_camera(tmp_path: Path, text: bytes) -> None:
    store_clocks(tmp_path, "dt0001", {}, LEARNED)
    (tmp_path / FOLDER / "gate.main.json").write_bytes(text)
    assert read_clocks(tmp_path, "dt0001") == {SHOT: LEARNED[SHOT], YARD: LEARNED[YARD]}  # type: ignore[index]


@pytest.mark.parametrize("name", ["yard.main.json", "gate.snapshot.json", "gate.playback.json", "gate.json"])
def test_a_file_under_another_name_is_not_believed(tmp_path: Path, name: str) -> None:
    """Digits of a stream do not read a snapshot: a path has its own."""
    store_clocks(tmp_path, "dt0001", {}, {GATE: LEARNED[GATE]})  # type: ignore[dict-item,index]
    (tmp_path / FOLDER / "gate.main.json").rename(tmp_path / FOLDER / name)
    assert read_clocks(tmp_path, "dt0001") == {}


def test_a_path_that_teaches_nothing_is_not_believed(tmp_path: Path) -> None:
    store_clocks(tmp_path, "dt0001", {}, {("gate", "playback"): b"CWCL1"})
    assert read_clocks(tmp_path, "dt0001") == {}
