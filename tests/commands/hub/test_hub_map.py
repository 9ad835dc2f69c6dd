"""Positions by command: whole or not at all, by name, in the audit log, and nowhere that others read."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from city_told import city
from here_run import run_here

from agent.hub.stores.page import city_map
from agent.hub.stores.page.people import People

SAID = ("--by", "Li", "--why", "surveyed in autumn")
ROWS = "site,lon,lat\nS1,113.30123,40.08123\nXX9,113.4,40.1\n"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = city(tmp_path / "hub")
    (directory / city_map.NAME).unlink()
    return directory


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "sites.csv"
    path.write_text(ROWS)
    return path


def ran(hub: Path, *words: str | Path, code: int = 0) -> str:
    answer = run_here("hub", "map", *words, "--data", hub, environ={})
    assert answer.returncode == code, answer.stderr
    assert "Traceback" not in answer.stderr
    return answer.stdout if code == 0 else answer.stderr


def audit(hub: Path) -> list[tuple[str, str, str]]:
    with closing(People(hub)) as people:
        return [(row.who, row.act, row.what) for row in reversed(people.audit())]


def test_positions_are_loaded_shown_and_cleared(hub: Path, rows: Path) -> None:
    said = ran(hub, "load", rows, *SAID)
    assert "2 positions, 0 districts" in said and "--frame gcj02" in said and "not known to this hub (1): XX9" in said
    told = json.loads(ran(hub, "show", "--json"))
    assert [(one["site"], one["lon"], one["state"]) for one in told["sites"]] == [("S1", 113.30123, "fail")]
    assert told["never_heard"] == ["XX9"] and told["without_position"] == 3
    assert told["sites_loaded"]["by"] == "Li" and told["outlines_loaded"] is None
    assert "S1" in ran(hub, "show") and "something fails" in ran(hub, "show")
    assert "cleared" in ran(hub, "clear", *SAID)
    assert "no map was loaded" in ran(hub, "show")


def test_every_change_is_in_the_audit_log_without_a_position(hub: Path, rows: Path) -> None:
    digest = json.loads(ran(hub, "load", rows, *SAID, "--json"))["digest"]
    ran(hub, "clear", *SAID)
    assert audit(hub) == [
        ("(command)", "map-load", f"Li: surveyed in autumn (sha256 {digest})"),
        ("(command)", "map-clear", "Li: surveyed in autumn"),
    ]
    for name in ("web.db", "hub.db"):
        data = (hub / name).read_bytes()
        assert b"113.30" not in data and b"40.08" not in data


@pytest.mark.parametrize(
    "text",
    ["", "site,lon,lat\nS1,40.08,113.3\n", "[" * 100_000, '{"type":"FeatureCollection","features":[{}]}', "\udcff"],
    ids=["empty", "exchanged", "deep", "bare", "bytes"],
)
def test_a_file_that_is_none_changes_nothing(hub: Path, rows: Path, text: str) -> None:
    ran(hub, "load", rows, *SAID)
    before, noted = (hub / city_map.NAME).read_bytes(), audit(hub)
    rows.write_bytes(text.encode(errors="surrogateescape"))
    error = ran(hub, "load", rows, *SAID, code=2)
    assert str(rows) in error and error.count("\n") == 1
    assert (hub / city_map.NAME).read_bytes() == before and audit(hub) == noted


def test_a_map_that_cannot_be_stored_leaves_no_row(hub: Path, rows: Path) -> None:
    (hub / city_map.NAME).mkdir()  # nothing replaces a folder
    assert "map.json" in ran(hub, "load", rows, *SAID, code=78)
    assert audit(hub) == []


def test_whoever_does_it_is_named(hub: Path, rows: Path) -> None:
    for words in (("--by", "", "--why", "x"), ("--by", "Li", "--why", " "), ("--by", "L\ni", "--why", "x")):
        ran(hub, "load", rows, *words, code=2)
        ran(hub, "clear", *words, code=2)
    for words in ((), ("--by", "Li"), ("--why", "x")):
        assert run_here("hub", "map", "load", rows, *words, "--data", hub, environ={}).returncode == 2
    assert audit(hub) == [] and not (hub / city_map.NAME).exists()


def test_a_frame_that_cannot_be_converted_is_refused_and_one_that_can_is_told(hub: Path, rows: Path) -> None:
    assert run_here("hub", "map", "load", rows, *SAID, "--frame", "bd09", "--data", hub, environ={}).returncode == 2
    assert not (hub / city_map.NAME).exists()
    assert "to about 5 m" in ran(hub, "load", rows, *SAID, "--frame", "gcj02")
    (one,) = json.loads(ran(hub, "show", "--json"))["sites"]
    assert 0.003 < 113.30123 - one["lon"] < 0.01 and one["lon"] < 113.30123


def test_a_folder_that_is_no_hub_stays_as_it_is(tmp_path: Path, rows: Path) -> None:
    ran(tmp_path / "nowhere", "load", rows, *SAID, code=78)
    assert not (tmp_path / "nowhere").exists()
    ran(tmp_path, "load", tmp_path / "no.csv", *SAID, code=78)


def test_a_backup_takes_the_map_along(hub: Path, rows: Path, tmp_path: Path) -> None:
    ran(hub, "load", rows, *SAID)
    assert run_here("hub", "backup", tmp_path / "copy", "--data", hub, environ={}).returncode == 0
    assert (tmp_path / "copy" / city_map.NAME).read_bytes() == (hub / city_map.NAME).read_bytes()


def test_metrics_have_no_position(hub: Path, rows: Path) -> None:
    ran(hub, "load", rows, *SAID)
    told = run_here("hub", "metrics", "--data", hub, environ={}).stdout
    assert told and "113.3" not in told and "XX9" not in told
