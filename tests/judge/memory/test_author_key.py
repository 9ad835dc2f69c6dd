"""The key that makes ids is made once, and shut to others; the names that a hub is told are those of now."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest
from delivery import Maker

from agent.contract.authors import KEY_BYTES
from agent.judge.memory.authors import KEY_NAME, NAMES_NAME, author_key, ids_of, read_told, store_names
from agent.model.errors import SpoolFailed
from agent.model.finding import Draft, Report

PEOPLE = frozenset({"王工", "Li", "\x1b[31mred"})


def reports(folder: Path, stream: str, *ids: str) -> list[Report]:
    maker = Maker(folder)
    envelopes, _ = maker.envelopes([Draft(stream, {"by": list(ids)})], {}, "e1")  # type: ignore[arg-type]
    return [one.report for one in envelopes]


def test_whoever_needs_it_first_makes_it_and_everybody_has_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(author_key(tmp_path))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8 and len({*found, author_key(tmp_path)}) == 1 and len(found[0]) == KEY_BYTES
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME], "nothing half-written is left"
    assert stat.S_IMODE((tmp_path / KEY_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"x" * (KEY_BYTES + 1)])
def test_a_damaged_key_makes_no_other_ids_in_silence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_NAME).write_bytes(content)
    (tmp_path / KEY_NAME).chmod(0o600)
    with pytest.raises(SpoolFailed, match="move it away"):
        author_key(tmp_path)


def test_a_key_that_others_may_write_and_a_folder_that_is_gone_make_none(tmp_path: Path) -> None:
    author_key(tmp_path)
    (tmp_path / KEY_NAME).chmod(0o666)
    with pytest.raises(SpoolFailed, match="others may write it"):
        author_key(tmp_path)
    with pytest.raises(SpoolFailed, match=KEY_NAME):
        author_key(tmp_path / "gone")


def test_a_configuration_report_names_all_and_an_event_adds_to_it(tmp_path: Path) -> None:
    ids = ids_of(author_key(tmp_path), "S1", PEOPLE)
    store_names(tmp_path, ids, reports(tmp_path, "config", ids["王工"]))
    assert read_told(tmp_path) == {ids["王工"]: "王工"}
    assert stat.S_IMODE((tmp_path / NAMES_NAME).stat().st_mode) == 0o600
    store_names(tmp_path, ids, reports(tmp_path, "event", ids["\x1b[31mred"]))
    assert set(read_told(tmp_path)) == {ids["王工"], ids["\x1b[31mred"]}
    assert read_told(tmp_path)[ids["\x1b[31mred"]].isprintable()
    store_names(tmp_path, ids, reports(tmp_path, "health"))
    assert len(read_told(tmp_path)) == 2
    store_names(tmp_path, ids, reports(tmp_path, "config", ids["Li"]))
    assert read_told(tmp_path) == {ids["Li"]: "Li"}, "who has no word any more is not told, and not kept"
    assert "王工" not in (tmp_path / NAMES_NAME).read_text("utf-8")


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "x", "names": {}}', '{"schema": "camwarden-authors/1"}'])
def test_a_damaged_list_of_names_tells_nobody_and_is_written_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / NAMES_NAME).write_text(content)
    (tmp_path / NAMES_NAME).chmod(0o600)
    assert read_told(tmp_path) == {}
    ids = ids_of(author_key(tmp_path), "S1", PEOPLE)
    store_names(tmp_path, ids, reports(tmp_path, "event", ids["Li"]))
    assert json.loads((tmp_path / NAMES_NAME).read_text("utf-8"))["names"] == {ids["Li"]: "Li"}
