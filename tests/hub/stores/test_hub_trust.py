"""Whom the hub trusts is kept a row a key: what release 0.1 wrote is taken over once, and can be written out."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import date
from pathlib import Path

import pytest
from delivery import NOW

from agent.__main__ import main
from agent.contract.chain import utc_text
from agent.hub.stores import trust
from agent.model.errors import ConfigurationError
from agent.verify.bindings import Binding, Rotated, Trust, file_text, read_file

KIDS = [f"{number:043d}" for number in range(100)]
LIMIT = Rotated("B" * 43, "e1", {"event": 5}, ("e0",))
OLD = [
    Binding(KIDS[0], "S1", utc_text(NOW)),
    Binding(KIDS[1], "S2", utc_text(NOW), revoked_at=utc_text(NOW)),
    Binding(KIDS[2], "S3", utc_text(NOW), until=utc_text(NOW), by="rotation", rotated=LIMIT),
]


def test_the_file_of_an_older_hub_is_read_and_taken_over_once_with_the_first_change(tmp_path: Path) -> None:
    (tmp_path / trust.FILE).write_text(file_text(OLD))
    assert list(trust.load(tmp_path).bindings.values()) == OLD
    assert (tmp_path / trust.FILE).exists(), "who only reads changes nothing"
    trust.add(tmp_path, "S9", KIDS[9], NOW)
    assert not (tmp_path / trust.FILE).exists()
    assert read_file(tmp_path / trust.IMPORTED) == Trust({one.kid: one for one in OLD})
    assert list(trust.load(tmp_path).bindings) == [*KIDS[:3], KIDS[9]]
    (tmp_path / trust.FILE).write_text(file_text([]))
    trust.revoke(tmp_path, KIDS[9], NOW)
    assert set(trust.load(tmp_path).bindings) == {*KIDS[:3], KIDS[9]}, "only once"


def test_a_file_of_an_older_hub_that_is_none_is_left_where_it_is(tmp_path: Path) -> None:
    (tmp_path / trust.FILE).write_text("{")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="not a trust file"):
            trust.add(tmp_path, "S1", KIDS[0], NOW)
    assert (tmp_path / trust.FILE).read_text() == "{"


def test_what_is_exported_is_taken_over_by_another_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / trust.FILE).write_text(file_text(OLD))
    trust.add(tmp_path / "a", "S1", KIDS[5], NOW, date(2027, 1, 1))
    assert main(["hub", "trust", "export", "--data", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / trust.FILE).write_text(said)
    assert trust.load(tmp_path / "b") == trust.load(tmp_path / "a")
    assert len(json.loads(said)["keys"]) == 4


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    for number in range(10):
        trust.add(tmp_path, f"S{number}", KIDS[number], NOW)
    before = trust.load(tmp_path)
    trust.revoke(tmp_path, KIDS[3], NOW)
    trust.add(tmp_path, "S50", KIDS[50], NOW)
    db = sqlite3.connect(tmp_path / trust.NAME)
    db.execute("UPDATE binding SET entry = 'no JSON' WHERE kid = ?", (KIDS[7],))  # would be found by whom reads it
    db.commit()
    db.close()
    after = trust.load(tmp_path, before)
    assert after.decide("S3", KIDS[3]) == "revoked-key"
    assert after.decide("S50", KIDS[50]) == after.decide("S7", KIDS[7]) == "trusted"
    with pytest.raises(ConfigurationError, match="not a trust file"):
        trust.load(tmp_path)


def test_an_older_copy_that_was_put_back_is_read_whole(tmp_path: Path) -> None:
    trust.add(tmp_path, "S1", KIDS[1], NOW)
    for end in ("", "-wal"):
        if (path := tmp_path / f"{trust.NAME}{end}").exists():
            (tmp_path / f"copy{end}").write_bytes(path.read_bytes())
    trust.add(tmp_path, "S2", KIDS[2], NOW)
    newer = trust.load(tmp_path)
    for path in tmp_path.glob(f"{trust.NAME}*"):
        path.unlink()
    for path in tmp_path.glob("copy*"):
        path.rename(tmp_path / path.name.replace("copy", trust.NAME))
    assert set(trust.load(tmp_path, newer).bindings) == {KIDS[1]}


@pytest.mark.parametrize("data", [b"{", b"x" * 5000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_spoilt_database_gives_one_line_and_78(tmp_path: Path, data: bytes) -> None:
    (tmp_path / trust.NAME).write_bytes(data)
    for look in (lambda: trust.load(tmp_path), lambda: trust.add(tmp_path, "S1", KIDS[0], NOW)):
        with pytest.raises(ConfigurationError):
            look()
    assert (tmp_path / trust.NAME).read_bytes() == data


def test_to_trust_one_among_many_writes_one_row(tmp_path: Path) -> None:
    (tmp_path / trust.FILE).write_text(file_text(Binding(f"{n:043d}", f"S{n}", utc_text(NOW)) for n in range(20_000)))
    trust.add(tmp_path, "first", "F" * 43, NOW)
    pages = sum(path.stat().st_size for path in tmp_path.glob(f"{trust.NAME}*"))
    begun_s = time.process_time()
    for number in range(20):
        trust.add(tmp_path, f"T{number}", f"T{number:042d}", NOW)
    assert time.process_time() - begun_s < 1, "the whole file took longer"
    grown = sum(path.stat().st_size for path in tmp_path.glob(f"{trust.NAME}*")) - pages
    assert grown < 20 * 40_000


def test_who_looks_at_a_page_of_sites_reads_the_bindings_of_these_alone(tmp_path: Path) -> None:
    (tmp_path / trust.FILE).write_text(file_text(OLD))
    assert trust.of_sites(tmp_path, "S2", "S2").bindings.keys() >= {KIDS[1]}, "of an older hub's file: all"
    trust.add(tmp_path, "S20", KIDS[9], NOW)
    assert list(trust.of_sites(tmp_path, "S2", "S20").bindings.values()) == [
        trust.load(tmp_path).bindings[kid] for kid in (KIDS[1], KIDS[9])
    ]
    assert trust.of_sites(tmp_path, "S4", "S9") == Trust()
