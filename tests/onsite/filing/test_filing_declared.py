"""What people declare stands in a dossier beside what devices tell, what is missing on a sheet with who has it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from dossiers import dossier, filing_site, looked, page, paper, word

from agent.model.finding import PAST_BREACH
from agent.onsite.filing.contents import Dossier, dossier_of
from agent.onsite.filing.lists import lists
from agent.onsite.filing.wire import content_bytes
from agent.site.declarations.standing import Declaration
from drivers.details import Audio, Movable

UNIT = ("address: Xinjian Road 17", "credit-code: 91140200MA0K000000", "contact: Li Na, 0352-1")
FIRM = ("firm: Jinbei Design", "class: class 2", "certificate-until: 2029-08-01")
SHEET = ("model: C-4", "serial: X9", "lens: 4 mm", "infrared-m: 50", "turns: yes", "gb28181: 2016")


def with_details(row: Declaration, details: tuple[str, ...]) -> Declaration:
    return replace(row, details=details)


def parameters(one: Dossier, lang: str = "en") -> dict[str, str]:
    listed = lists(one, lang)[3]
    return dict(zip(listed.headings, map(str, listed.rows[0]), strict=True))


def test_the_unit_and_its_firms_stand_on_the_page_as_declared() -> None:
    one = dossier(
        filing_site(
            with_details(word("legal-unit", "School"), UNIT),
            with_details(paper("contractor-design"), FIRM),
            word("contractor-maintenance", "none"),
            word("storage-capacity-gb", 48000),
        )
    )
    html = page(one)
    for text in ("91140200MA0K000000 (declared)", "Jinbei Design", "class 2", "2029-08-01", "48000 (declared)"):
        assert text in html
    assert "8000 (told by the device)" in html, "what devices tell of their disks stands beside it"
    assert "the unit&#39;s own people" in html
    assert json.loads(content_bytes(one))["firms"][0]["firm"] == "Jinbei Design"


def test_a_parameter_says_whose_word_it_is_and_a_contradiction_shows_both() -> None:
    a_site = filing_site(with_details(word("data-sheet", "sheet of 2024-03"), SHEET), word("secure-device-level", "B"))
    row = parameters(dossier(a_site))
    assert (row["lens"], row["infrared (m)"]) == ("4 mm (declared)", "50 (declared)")
    assert (row["GB/T 28181 version"], row["GB 35114 level"]) == ("2016 (declared)", "B (declared)")
    assert row["serial number"] == "SN-0042 (told by the device); X9 (declared)"
    assert row["turns or zooms"] == "yes (declared)"
    told = dossier_of(looked(a_site, camera_values=(Movable(False), Audio(()))))
    assert parameters(told)["turns or zooms"] == "no (told by the device); yes (declared)"
    assert parameters(told)["sound"] == "no (told by the device)"
    assert parameters(dossier())["lens"] == ""


def test_sound_of_which_not_every_profile_tells_is_not_told_to_be_off() -> None:
    one = dossier_of(looked(filing_site(), camera_values=(Audio((), ("main",)),)))
    assert parameters(one)["sound"] == ""


def test_a_sheet_for_each_paper_says_what_is_missing_and_who_has_it() -> None:
    one = dossier(filing_site(with_details(paper("contractor-design"), FIRM), paper("paper-acceptance")))
    html = page(one)
    for text in (
        "the firm that designed the system: Jinbei Design",
        "the paper is not declared, or its declaration has run out",
        "its file is not in the dossier: only its digest and date are declared",
        "not declared of it: Who took part in the acceptance?",
        "which firm it is of is not declared",
        "cameras whose storage period was not measured: gate",
    ):
        assert text in html, text
    assert html.count("<h3>(") == 5
    assert "未登记：哪些单位和人员参加了验收？" in page(one, "zh_CN").replace("\uff1a", "：").replace("\uff1f", "？")  # noqa: RUF001


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_what_was_late_has_a_section_of_its_own_until_a_note_ends_it(lang: str) -> None:
    late = replace(paper("filing-datong", date(2026, 11, 20)), details=("organ: B", "affiliation: local"))
    accepted = word("acceptance-date", date(2026, 9, 1))
    one = dossier(filing_site(accepted, late))
    assert [(f.check, f.reason) for f in one.past] == [("filing-deadline-datong", PAST_BREACH)]
    html = page(one, lang)
    assert "2026-11-20" in html and "2026-10-01" in html and "camwarden declare" not in html
    noted = replace(late, details=(*late.details, "authority-note: letter 31"))
    assert dossier(filing_site(accepted, noted)).past == ()


def test_no_acceptance_yet_is_told_as_that_and_not_as_undeclared() -> None:
    html = page(dossier(filing_site(word("acceptance-date", "none"))))
    assert "<dt>accepted on</dt><dd>not accepted yet (declared)</dd>" in html
