"""The pages for people in a real browser: nobody is shut out of them, and a report prints on A4 with what it says."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from dossiers import dossier, hostile_dossier
from dossiers import page as dossier_page
from duty_sites import FACTS, IN_USE, declared_site, word
from footage_looks import facts_of
from handed_over import SIGNER, checked, html
from handover_screens import HOSTILE, kinds, thumbnails
from in_chromium import axe_faults
from playwright.sync_api import Browser
from sites import NOW, SQUARE, camera, healthy, site

from agent.commands.check.pdf import find_printer, print_pdf
from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.onsite.handover.hub_page import render_page
from agent.onsite.handover.sheet import render_sheet
from agent.onsite.handover.sheet_values import SheetCamera, SheetPath
from agent.onsite.one_look.result import CheckResult
from agent.report.build import build_reports
from agent.text.translate import LANGUAGES
from agent.verify.html_seal import seal
from tests.onsite.handover.test_hub_page import PROOF

ON_A_DESK, ON_A_PHONE = (1200, "light"), (360, "dark")


def violations(browser: Browser, files: list[Path]) -> dict[str, list[str]]:
    """Return the rules that each page breaks by axe-core, on a desk in the light and on a telephone in the dark."""
    found: dict[str, list[str]] = {}
    for file in files:
        page = browser.new_page()
        page.goto(file.as_uri())
        found[str(file)] = []
        for width, scheme in (ON_A_DESK, ON_A_PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            found[str(file)] += axe_faults(page)
        page.close()
    return found


def hub_page(lang: str) -> str:
    a_site = site(camera())
    facts = facts_of(a_site, healthy())
    drafts, _ = build_reports(a_site, facts, run_checks(a_site, facts, NOW), (), Memory(), NOW, {})
    return render_page(drafts[0].body, PROOF, lang=lang)


def late() -> CheckResult:
    """Return a look at a site that was put into use too late."""
    late = declared_site(word("main-project-date", IN_USE), in_use_since=IN_USE + timedelta(days=3))
    return checked(late, facts=FACTS)


def sheet(lang: str, picture: bytes) -> str:
    path = SheetPath("main", "", (("window", "FAIL", "not-hidden"),), picture)
    one = SheetCamera(1, "gate", "School gate", "above", "shows", "a sentence", (path,), (SQUARE,), (SQUARE,), (), "Li")
    return render_sheet("dt0001", "School", "now", [one], lang)


def test_axe_finds_nothing_in_any_page_wide_or_narrow_light_or_dark(tmp_path: Path, browser: Browser) -> None:
    pictures = thumbnails(1)
    pages = {f"sheet-{lang}": sheet(lang, pictures[0]) for lang in LANGUAGES}
    reports = kinds(pictures)
    for kind in ("in-order", "all-failing", "all-silent", "hostile-names"):
        pages |= {f"{kind}-{lang}": html(reports[kind], lang) for lang in LANGUAGES}
    for lang in LANGUAGES:
        pages |= {f"hub-{lang}": hub_page(lang), f"late-{lang}": html(late(), lang)}
        pages |= {f"dossier-{lang}": dossier_page(dossier(), lang)}
        pages |= {f"hostile-dossier-{lang}": dossier_page(hostile_dossier(HOSTILE), lang)}
    files = []
    for name, text in pages.items():
        files.append(tmp_path / f"{name}.html")
        files[-1].write_text(text)
    found = violations(browser, files)
    assert set(found) == {str(file) for file in files}
    assert {Path(file).name: faults for file, faults in found.items() if faults} == {}


def test_axe_does_find_what_is_wrong(tmp_path: Path, browser: Browser) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<html><body><img src='data:image/gif;base64,AA=='></body></html>")
    assert set(violations(browser, [page])[str(page)]) >= {"html-has-lang", "image-alt"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_prints_as_a4_with_its_words_in_it(lang: str, tmp_path: Path) -> None:
    report, pdf = tmp_path / "r.html", tmp_path / "r.pdf"
    report.write_bytes(seal(html(kinds(thumbnails(1))["all-failing"], lang), SIGNER))
    print_pdf(find_printer(), report, pdf, 0o600)
    assert pdf.stat().st_mode & 0o777 == 0o600
    told = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in told
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    for expected in {"en": ("Signatures", "Corridor 5"), "zh_CN": ("\u7b7e\u5b57", "\u6574\u6539")}[lang]:
        assert expected in text


def test_64_cameras_stay_below_6_megabytes() -> None:
    sealed = seal(html(kinds(thumbnails(4))["64-cameras"], "zh_CN"), SIGNER)
    assert sealed.count(b"data:image/jpeg") == 64
    assert len(sealed) < 6_000_000
    words = len(re.sub(rb"data:image/jpeg;base64,[^\"]+", b"", sealed))
    assert words + 64 * (4 * 48 * 1024 // 3) < 6_000_000, "even where every picture takes all that it may"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_dossier_prints_its_lists_across_with_every_serial_number_whole(lang: str, tmp_path: Path) -> None:
    html_file, pdf = tmp_path / "d.html", tmp_path / "d.pdf"
    html_file.write_text(dossier_page(dossier(), lang))
    print_pdf(find_printer(), html_file, pdf, 0o600)
    told = subprocess.run(["pdfinfo", "-l", "9", pdf], capture_output=True, text=True, check=True).stdout
    sizes = [
        line.split(":")[1].split()[:3] for line in told.splitlines() if line.startswith("Page ") and "size" in line
    ]
    across = [float(width) > float(height) for width, _, height in sizes]
    assert across == [False, True, False, False], "facts, lists across, what is lacking, signatures"
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert text.count("SN-0042") == 3 and SIGNER.kid in text.replace("\n", "")
