"""Which results of self-tests a gateway believes: those of its own folder's owner, whole, of its own site."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sites import NOW, picture

from agent.observe.facts.link_tests import (
    KEPT_PER_DEVICE,
    NAME,
    LinkTest,
    TestOutcome,
    add_test,
    known_tests,
    read_tests,
)
from agent.observe.pictures.kept_turns import to_data
from agent.observe.pictures.turns import PathResult
from drivers.picture import PLATFORM, ZoneVerdict

DONE = LinkTest("S1", "nvr", NOW, "played", ("digest",))


def test_what_was_stored_is_read_and_the_last_test_of_a_device_counts(tmp_path: Path) -> None:
    assert known_tests(tmp_path, "S1") == {}
    later = LinkTest("S1", "nvr", NOW + timedelta(hours=1), "no-picture")
    for one in (later, DONE, LinkTest("S2", "nvr", NOW + timedelta(days=1), "played")):
        add_test(tmp_path, one)
    assert known_tests(tmp_path, "S1") == {"nvr": later}
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_device_that_is_tested_again_and_again_keeps_few_rows(tmp_path: Path) -> None:
    for number in range(3 * KEPT_PER_DEVICE):
        add_test(tmp_path, LinkTest("S1", "nvr", NOW + timedelta(minutes=number), "played"))
    assert len(read_tests(tmp_path)) == KEPT_PER_DEVICE


def shown(name: str = "gate", word: str = "PASS", minute: int = 0) -> PathResult:
    at = NOW + timedelta(minutes=minute)
    verdict = ZoneVerdict(PLATFORM, "desk", word, "solid", (("covered_ratio", 0.99),))  # type: ignore[arg-type]
    return PathResult(name, PLATFORM, at, "zones", "masks", picture(PLATFORM, at), (verdict,))


def test_what_its_pictures_showed_is_read_again_without_a_bit_of_them(tmp_path: Path) -> None:
    seen = replace(shown(), seen=replace(picture(PLATFORM), imprint="ab" * 384))
    add_test(tmp_path, replace(DONE, pictures=(seen,)))
    kept = known_tests(tmp_path, "S1")["nvr"].pictures
    assert kept == (replace(seen, seen=picture(PLATFORM)),)
    assert "ab" * 384 not in (tmp_path / NAME).read_text()


def test_a_picture_counts_until_a_newer_one_of_its_camera_comes(tmp_path: Path) -> None:
    bare, yard, mended = shown(word="FAIL"), shown("yard", minute=1), shown(minute=2)
    add_test(tmp_path, replace(DONE, pictures=(bare,)))
    add_test(tmp_path, replace(DONE, at=NOW + timedelta(minutes=1), pictures=(yard,)))
    add_test(tmp_path, replace(DONE, at=NOW + timedelta(minutes=2), outcome="no-picture"))
    assert known_tests(tmp_path, "S1")["nvr"].pictures == (bare, yard), "what proves nothing replaces nothing"
    add_test(tmp_path, replace(DONE, at=NOW + timedelta(minutes=3), pictures=(mended,)))
    assert known_tests(tmp_path, "S1")["nvr"].pictures == (mended, yard)
    assert [len(one.pictures) for one in read_tests(tmp_path)] == [0, 0, 0, 2], "once in the file"


def test_pictures_of_another_box_are_not_carried_on(tmp_path: Path) -> None:
    add_test(tmp_path, replace(DONE, pictures=(shown(word="FAIL"),)))
    add_test(tmp_path, replace(DONE, at=NOW + timedelta(minutes=1), box=("another",)))
    assert known_tests(tmp_path, "S1")["nvr"].pictures == ()


@pytest.mark.parametrize(
    ("outcome", "then", "now", "counts"),
    [
        ("played", ("digest",), ("digest", "mac"), True), ("played", (), (), True),
        ("played", (), ("digest",), False), ("played", ("digest",), (), False),
        ("played", ("digest",), ("mac",), False),
        ("no-picture", (), ("digest",), True), ("no-picture", ("digest",), (), True),
        ("no-picture", ("digest",), ("mac",), False),
    ],
)  # fmt: skip
def test_a_picture_proves_something_of_its_own_box_alone_and_that_none_came_stays_where_the_box_is_unknown(
    outcome: TestOutcome, then: tuple[str, ...], now: tuple[str, ...], counts: bool
) -> None:
    assert replace(DONE, outcome=outcome, box=then).counts(now, NOW) is counts


def pictured(**changed: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        data = json.loads(path.read_text())
        data["tests"][0]["pictures"] = [{**to_data(shown()), **changed}]
        path.write_text(json.dumps(data))

    return write


def others_may_write(path: Path) -> None:
    path.chmod(0o622)


def another_owner(path: Path) -> None:
    os.chown(path, 12345, 12345)


def a_link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere.json")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def row(**changed: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        data = json.loads(path.read_text())
        data["tests"] = [{**data["tests"][0], **changed}]
        path.write_text(json.dumps(data))

    return write


def text(words: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(words) and None


@pytest.mark.parametrize(
    "spoil",
    [
        others_may_write, another_owner, a_link, a_folder, a_pipe, row(outcome="passed"), row(at="2026-11-24T00:00:00"),
        row(at=5), row(box="digest"), row(site=None, outcome=None), text("{"), text("[]"), text("[" * 100_000),
        pictured(path="main"), pictured(seen=None), pictured(at="2026-11-24T00:00:00"), pictured(verdicts=[{}]),
        pictured(verdicts=[{"path": "platform", "zone": "desk", "verdict": "FINE", "reason": ""}]),
        pictured(pixels="AA=="), row(pictures=5), row(pictures=["x"]),
        text(json.dumps({"schema": "camwarden-link-tests/2", "tests": []})), text(" " * (1 << 20) + "{}"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)  # fmt: skip
def test_a_file_that_cannot_be_believed_is_no_test_and_is_named_in_the_log(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    if spoil is another_owner and os.geteuid() != 0:
        pytest.fail("run it as root: nobody else can give a file away")
    add_test(tmp_path, DONE)
    spoil(tmp_path / NAME)
    assert known_tests(tmp_path, "S1") == {}
    assert NAME in caplog.text and "do not count" in caplog.text
