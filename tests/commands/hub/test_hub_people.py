"""`hub people`: who is behind an id is listed and erased, with a row of the audit log, and shown nowhere after that."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hubdesk import Desk
from live_site import DAY, HOUR, NOON, Live
from openpyxl import load_workbook

from agent.cli import main
from agent.contract.authors import author_id
from agent.host.access_register import read_openings
from agent.judge.memory.authors import author_key

NAME = "王工"


@pytest.fixture
def told(desk: Desk, live: Live) -> str:
    """Return the id of somebody who planned work, at a hub that was told the name."""
    live.plan("device:boxa", NOON, NOON + DAY)
    live.look(NOON)
    live.look(NOON + HOUR, silent=("boxa",))
    return author_id(author_key(live.folder), "S1", NAME)


class Hub:
    """The commands of a hub's people."""

    def __init__(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = desk.directory, capsys

    def says(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        assert main(["hub", *words, "--data", str(self.folder)]) == code
        return self._capsys.readouterr().out

    def json(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))


@pytest.fixture
def hub(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Hub:
    return Hub(desk, capsys)


def test_a_person_is_listed_erased_and_audited(hub: Hub, told: str) -> None:
    (row,) = hub.json("people", "list", "--name", NAME)["people"]
    assert (row["site"], row["id"], row["name"], row["erased_at"]) == ("S1", told, NAME, "")
    assert f"{told}  {NAME}" in hub.says("people", "list", "S1")
    assert "nobody is named" in hub.says("people", "list", "S9")
    assert {one.command for one in read_openings(hub.folder)} == {"hub people list"}
    assert hub.json("people", "erase", told, "--by", "局长", "--why", "本人申请") == {
        "schema": "camwarden-hub-people/1", "erased": told, "was_there": True,
    }  # fmt: skip
    assert "no name was stored" in hub.says("people", "erase", told, "--by", "局长", "--why", "本人申请")
    rows = hub.json("audit")["rows"]
    assert {(one["act"], one["what"]) for one in rows} == {("name-erase", f"{told} (局长: 本人申请)")}
    assert f"{told} (name erased on " in hub.says("people", "list", "S1")


def test_what_is_refused_leaves_no_row_of_the_audit_log(hub: Hub, told: str) -> None:
    for who, why in ((NAME, "x"), (told, f"of {NAME}"), (told, "")):
        hub.says("people", "erase", who, "--by", "b", "--why", why, code=2)
    assert hub.json("audit")["rows"] == []
    assert hub.json("people", "list", "--name", NAME)["people"]


def test_books_tables_and_cases_have_the_name_until_it_is_erased(hub: Hub, told: str, tmp_path: Path) -> None:
    def shown(number: int) -> list[str]:
        book, case = tmp_path / f"{number}.xlsx", tmp_path / f"{number}.zip"
        report = ("report", "--day", "2026-11-02", "--by", "division")
        hub.says(*report, "--xlsx", str(book))
        cells = [str(cell) for sheet in load_workbook(book) for row in sheet.values for cell in row]
        hub.says("case", "S1", "camera-online", "--from", "2026-11-02", "--to", "2026-11-03", "--out", str(case))
        with ZipFile(case) as archive:
            texts = {name: archive.read(name).decode() for name in archive.namelist()}
        assert not any(NAME in text for name, text in texts.items() if name.startswith("envelopes/"))
        table = list(csv.reader(io.StringIO(hub.says("findings", "--csv"))))
        pages = [*cells, *(text for name, text in texts.items()), hub.says("status"), hub.says(*report)]
        pages += [json.dumps(hub.json(*report), ensure_ascii=False), *(cell for row in table for cell in row)]
        return [page for page in pages if NAME in page]

    assert len(shown(1)) >= 3
    hub.says("people", "erase", told, "--by", "局长", "--why", "本人申请")
    assert shown(2) == []
