"""`camwarden hub capacity`: what machines so many sites need, as a table and for programs, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.cli import main


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["hub", "capacity", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_city_is_one_machine_and_each_line_says_whether_it_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "capacity", "--sites", "1000", "--lang", "en", "--no-color"]) == 0
    out = capsys.readouterr().out
    assert "one machine: one hub with its reports in SQLite, its page, and mosquitto" in out
    for line in out.splitlines():
        if line.startswith((" memory of these", " to show the page")):
            assert line.rstrip().endswith("measured")
        if line.startswith((" network", " memory of a node")):
            assert line.rstrip().endswith("reckoned"), "nobody measured that"
    assert "cost" not in out, "no price was named, and none is made up"


def test_a_province_is_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--sites", "100000")
    (level,) = found["levels"]
    assert (found["schema"], level["topology"], level["hubs"]) == ("camwarden-hub-capacity/1", "cluster", 1)
    assert [(one["role"], one["count"]) for one in level["machines"]] == [("database", 2), ("hub", 1), ("broker", 3)]
    assert [one["name"] for one in level["figures"] if one["basis"] == "measured" and one["of"]] == ["question_s"]
    assert all(name in found["coefficients"] for one in level["figures"] for name in one["of"])
    assert found["coefficients"]["intake_sqlite"]["bench"] == "hub_city"
    assert found["total"]["cost"] is None


def test_cities_are_planned_with_the_hub_above_them(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--sites", "100000", "--cities", "11", "--price-core", "2", "--price-tb", "0.5")
    city, above = found["levels"]
    assert (city["hubs"], city["load"]["sites"], city["topology"]) == (11, 9091, "one-process")
    assert (above["hubs"], above["load"]["sites"], above["topology"]) == (1, 100_000, "cluster")
    cores, disk = (
        sum(level["hubs"] * one["count"] * one[name] for level in (city, above) for one in level["machines"])
        for name in ("cores", "disk_tb")
    )
    assert found["total"]["cores"] == cores
    assert found["total"]["cost"] == pytest.approx(2 * cores + 0.5 * disk, rel=0.01)
    assert main(["hub", "capacity", "--sites", "100000", "--cities", "11", "--lang", "en"]) == 0
    assert "11 hubs of cities, each: 9091 sites" in capsys.readouterr().out


def test_the_table_is_in_chinese_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--sites", "100000", "--cities", "11", "--price-gb", "1")
    assert main(["hub", "capacity", *words, "--lang", "zh_CN", "--no-color"]) == 0
    out = capsys.readouterr().out
    for english in ("reckoned", "measured", "cores", "machine", "memory", "sites", "cost", "hub", "page", "node"):
        assert english not in out
    assert "推算" in out and "实测" in out


@pytest.mark.parametrize(
    "words",
    [
        (), ("--sites", "0"), ("--sites", "-1"), ("--sites", "1000001"), ("--sites", "1e3"), ("--sites", "٣"),
        ("--sites", "5", "--cameras", "0"), ("--sites", "5", "--period", "59"), ("--sites", "5", "--period", "86401"),
        ("--sites", "5", "--keep-days", "183"), ("--sites", "5", "--within", "0"), ("--sites", "5", "--within", "nan"),
        ("--sites", "5", "--price-core", "-1"), ("--sites", "5", "--price-tb", "inf"),
        ("--sites", "5", "--cities", "6"), ("--sites", "5", "--cities", "9" * 5000),
    ],
)  # fmt: skip
def test_a_number_that_makes_no_sense_is_refused_with_one_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    try:
        code = main(["hub", "capacity", *words, "--lang", "en"])
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    assert capsys.readouterr().out == ""
