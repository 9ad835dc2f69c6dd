"""The printable pages and the lists of a dossier: in both languages, harmless whatever devices and people wrote."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from dossiers import STREAMS, dossier, files_of, filing_site, hostile_dossier, looked, page, paper, word
from handed_over import SIGNER

from agent.onsite.filing.contents import dossier_of
from agent.onsite.filing.declared_rows import FIRM_TITLES
from agent.onsite.filing.lists import (
    CAMERA_HEADINGS,
    DEVICE_HEADINGS,
    FOOTAGE_HEADINGS,
    KINDS,
    PARAMETER_HEADINGS,
    STREAM_HEADINGS,
    EquipmentList,
    lists,
)
from agent.onsite.filing.page_words import CLOCKS, STANDS, WORDS
from agent.onsite.filing.papers import TITLES, enclose
from agent.onsite.filing.sheets import HOLDERS
from agent.text.translate import LANGUAGES
from agent.verify.paper import DOSSIER
from drivers.model import Unavailable
from tests.text.test_text import CATALOGUE

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\x1b[2J\u202e</style>"
FORMULA = '=HYPERLINK("http://x","y")'


def rows(listed: EquipmentList) -> Iterator[list[str]]:
    data = listed.csv
    assert data.startswith(b"\xef\xbb\xbf"), "Excel and WPS take it for UTF-8"
    return csv.reader(io.StringIO(data.decode("utf-8-sig")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hostile_text_stays_text_on_the_page(lang: str) -> None:
    html = page(hostile_dossier(HOSTILE), lang)
    assert "<script" not in html and "\x1b" not in html and "\u202e" not in html
    assert html.count("</style>") == 1
    assert "{{ 7*7 }}" in html, "a template in a name is not run"
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\uff1d"])
def test_no_cell_of_a_list_is_calculated(start: str) -> None:
    for listed in lists(hostile_dossier(f"{start}1+1"), "en"):
        found = list(rows(listed))
        assert any(cell.startswith("'") for row in found for cell in row), listed.name
        assert not [
            cell for row in found for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\uff1d"))
        ]


def test_a_formula_in_a_name_is_kept_as_it_is_for_programs() -> None:
    assert FORMULA.replace('"', '\\"').encode() in files_of(hostile_dossier(FORMULA))[DOSSIER.content]


def test_json_for_programs_steers_no_terminal() -> None:
    assert b"\x1b" not in files_of(hostile_dossier(HOSTILE))[DOSSIER.content]


def test_the_lists_say_what_a_filing_asks_for() -> None:
    devices, cameras, streams, *_ = (list(rows(one)) for one in lists(dossier(), "en"))
    (box,) = [dict(zip(devices[0], row, strict=True)) for row in devices[1:]]
    assert (box["maker"], box["model"], box["serial number"], box["MAC"]) == (
        "ACME",
        "N8",
        "SN-0042",
        "02:00:00:00:00:01",
    )
    assert (box["kind"], box["firmware"], box["disks (GB)"]) == ("camera", "V4.1", "8000")
    (gate,) = [dict(zip(cameras[0], row, strict=True)) for row in cameras[1:]]
    assert (gate["camera"], gate["storage period required (days)"], gate["serial number"]) == ("gate", "30", "SN-0042")
    (main,) = [dict(zip(streams[0], row, strict=True)) for row in streams[1:]]
    assert (main["codec"], main["resolution"], main["bitrate (kbit/s)"]) == ("H265", "2560 x 1440", "4096")
    assert (main["measured frame rate (fps)"], main["measured bitrate (kbit/s)"]) == ("25", "3900.4")


def test_what_could_not_be_read_or_measured_says_why() -> None:
    failed = Unavailable("stream-sample", "deadline", path="main")
    one = dossier_of(looked(filing_site(), camera_values=(STREAMS, failed)))
    silent = replace(one.inventory.devices[0], unread="not-tried")
    devices, _, streams, *_ = lists(replace(one, inventory=replace(one.inventory, devices=(silent,))), "zh_CN")
    assert devices.rows[0][-1] == f"未读取到\uff1a{CATALOGUE['the login was refused before, so nothing was sent']}"
    assert str(streams.rows[0][-1]).endswith(CATALOGUE["it accepts connections but does not answer in time"])
    unasked = dossier_of(looked(filing_site(), camera_values=(STREAMS,)))
    assert lists(unasked, "en")[2].rows[0][-1] == "not measured"


def test_the_page_shows_deadlines_papers_and_whose_key_it_is() -> None:
    declared = (word("acceptance-date", date(2026, 11, 1)), paper("paper-design"))
    one = dossier(filing_site(*declared, word("paper-other", "none")))
    slots, _ = enclose(one.slots, {})
    html = page(replace(one, slots=slots))
    for text in (
        "2026-12-01",
        "still to be filed",
        "ab" * 32,
        "not in the dossier",
        "there is none",
        "sections 4 to 8",
    ):
        assert text in html
    assert SIGNER.kid in html and WORDS["site_key"].replace("'", "&#39;") in html
    assert WORDS["computer_key"].replace("'", "&#39;") in page(one, is_site_key=False)


def test_each_basic_fact_says_whether_it_is_declared_or_told() -> None:
    html = page(dossier(filing_site(word("acceptance-date", date(2026, 11, 1)))))
    assert "2026-11-01 (declared)" in html and WORDS["clocks_note"] in html
    assert re.search(r"<dt>recorders</dt><dd>\d+ \(told by the device\)</dd>", html)
    assert "not declared (" not in html, "what is missing is not known"


def test_a_paper_is_put_in_by_its_digest_alone() -> None:
    one = dossier(filing_site(paper("paper-design", sha256=sha256(b"plan")), paper("paper-contract")))
    slots, members = enclose(one.slots, {"a\u202e<b>.PDF": b"plan", "paper-contract.pdf": b"another contract"})
    assert members == {"papers/1-design.pdf": b"plan"}, "the name of the file is not believed, nor taken over"
    assert [slot.member for slot in slots] == ["papers/1-design.pdf", "", "", "", ""]


def test_an_empty_file_is_no_undeclared_paper() -> None:
    slots, members = enclose(dossier().slots, {"empty": b""})
    assert (members, [slot.member for slot in slots]) == ({}, [""] * 5)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_every_word_of_the_pages_is_said_in_chinese() -> None:
    texts = {
        *WORDS.values(), *CLOCKS.values(), *STANDS.values(), *TITLES.values(), *KINDS.values(), *DEVICE_HEADINGS,
        *CAMERA_HEADINGS, *STREAM_HEADINGS, *FOOTAGE_HEADINGS, *PARAMETER_HEADINGS,
            *FIRM_TITLES.values(), *HOLDERS.values(),
    }  # fmt: skip
    assert texts - set(CATALOGUE) == set()


def test_the_chinese_page_speaks_chinese_throughout() -> None:
    html = page(dossier(), "zh_CN")
    left = [text for text in (*WORDS.values(), *CLOCKS.values(), *TITLES.values()) if f">{text}<" in html]
    assert left == []
    assert 'lang="zh-Hans-CN"' in html


def test_the_page_loads_nothing_and_holds_no_picture() -> None:
    html = page(dossier())
    assert not re.search(r"<(img|script|link|iframe|svg)|url\(|https?://", html)
    assert "default-src 'none'" in html
