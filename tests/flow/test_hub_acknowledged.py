"""Acknowledgements are told to the hub, which shows them and changes no figure: through a site's own reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hubdesk import Desk
from live_site import DAY, HOUR, NOON, Live, numbers, reported
from openpyxl import load_workbook
from reporting import Reporting

from agent.cli import main
from agent.hub.domain import acknowledged
from agent.judge.memory import memory
from agent.judge.memory.notes import Acknowledgement, write_note
from agent.model.finding import Json


def test_the_hub_says_who_knows_of_which_finding_and_until_when(
    desk: Desk, live: Live, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """In the report and in the site's status, in words and for programs; it changes no figure."""
    for hour in range(4):
        live.look(NOON + hour * HOUR, silent=("boxa",))
    (episode,) = [
        known.episode
        for known in memory.from_json(live.spool.read_memory()).known.values()
        if known.episode and known.episode.check == "camera-online"
    ]
    until = NOON + 3 * DAY
    word = Acknowledgement(
        episode.key, episode.detected_at, episode.worst, "王工", NOON + 4 * HOUR, "\x1b[31mnew one ordered", until
    )
    write_note(live.folder, word, NOON + 4 * HOUR)
    live.look(NOON + 4 * HOUR, silent=("boxa",))
    told = {
        "check": "camera-online", "subject": "camera:gate", "by": "王工", "at": "2026-11-02T08:00:00Z",
        "until": "2026-11-05T04:00:00Z", "why": "\x1b[31mnew one ordered",
    }  # fmt: skip
    data = ("--data", str(desk.directory))
    capsys.readouterr()
    assert main(["hub", "status", *data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sites"]["S1"]["acknowledged"] == [told]
    assert main(["hub", "status", *data]) == 0
    said = capsys.readouterr().out
    line = "camera-online camera:gate is acknowledged until 2026-11-05 12:00 (王工: "
    assert line in said and "\x1b" not in said

    for hour in range(5, 9):  # mended within the day: the word was given all the same
        live.look(NOON + hour * HOUR)
    assert "acknowledged" not in live.bodies["config"]
    live.look(NOON + DAY)
    assert main(["hub", "status", *data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sites"]["S1"]["acknowledged"] == []
    book = tmp_path / "out.xlsx"
    for by in ("division", "maintainer", "model"):
        found = reported(desk, capsys, "--day", "2026-11-02", "--by", by, "--xlsx", str(book))
        assert found["acknowledged"] == [{"site": "S1", **told}]
        row = [cell.value for cell in load_workbook(book)["acknowledged"][2]]
        assert (row[:4], row[4:6]) == (
            ["S1", "camera-online", "camera:gate", "王工"], ["2026-11-02 16:00", "2026-11-05 12:00"],
        )  # fmt: skip
    assert numbers(reported(desk, capsys, "--day", "2026-11-02", "--by", "division")["rows"][0])[0] < 18, "it counts"
    assert main(["hub", "report", "--month", "2026-11", "--by", "model", *data]) == 0
    said = capsys.readouterr().out
    assert f"S1: {line}" in said and "\x1b" not in said
    assert reported(desk, capsys, "--day", "2026-11-01", "--by", "division")["acknowledged"] == []


@pytest.mark.parametrize("told", [None, 5, "x", {}, [5, {}, {"check": "c", "subject": "s", "at": 1, "until": "x"}]])
def test_hostile_acknowledgements_are_left_out(told: Json) -> None:
    assert acknowledged.read_acknowledged({"acknowledged": told}) == ()


def test_acknowledgements_of_a_day_are_bounded_and_each_is_kept_once() -> None:
    row = {"check": "c", "by": ["x"], "at": "2026-11-02T00:00:00Z", "until": "2026-11-03T00:00:00Z", "why": "w" * 9000}
    found = acknowledged.read_acknowledged({"acknowledged": [{**row, "subject": f"camera:{n}"} for n in range(2000)]})
    assert len(found) == acknowledged.KEPT_MOST
    assert (found[0].by, len(found[0].why)) == ("", 500)
    kept = json.loads(json.dumps(acknowledged.to_data((*found, *found))))
    assert acknowledged.from_data(kept) == found
    assert len(acknowledged.to_data((*found, replace(found[0], subject="another")))) == acknowledged.KEPT_MOST


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59Z", "9999-12-31T10:00:00Z", "9998-12-31T23:59:59Z"])
def test_a_word_of_one_site_that_no_clock_in_china_can_show_ends_no_report(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], until: str
) -> None:
    site = Reporting(desk, tmp_path, "S1")
    said = {"subject": "site", "by": "Li", "why": "repair", "until": until}
    begun = "2026-11-01T00:00:00Z"
    planned, known = {**said, "from": begun, "said_at": begun}, {**said, "check": "camera-online", "at": begun}
    passed = {"camera-online camera:c1": "pass"}
    more = {"planned": [planned], "acknowledged": [known]}
    assert site.try_config(0, [("c1", "a", "Li")], passed, **more) == "rejected"
    words = ("hub", "report", "--month", "2026-11", "--by", "model", "--data", str(desk.directory))
    for more in ((), ("--json",), ("--quiet", "--xlsx", str(tmp_path / "out.xlsx"))):
        assert main([*words, *more]) == 0
    assert main(["hub", "status", "--data", str(desk.directory)]) == 0
    assert "999" not in capsys.readouterr().out
