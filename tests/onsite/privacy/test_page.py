"""The page of the privacy file in a real browser: nobody is shut out of it, and it prints on A4."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from delivery import NOW
from playwright.sync_api import Browser

from agent.commands.check.pdf import find_printer, print_pdf
from agent.host.access_register import Opening
from agent.onsite.privacy.contents import hub_file, privacy_file
from agent.onsite.privacy.page import OPENINGS_SHOWN, render_page
from agent.site.config.site import Site, Storage
from agent.text.translate import LANGUAGES
from tests.onsite.handover.test_handover_browser import violations


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    """A site's page with a long register and a file that is no store, and a hub's empty one, in each language."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/copy.jpg").write_bytes(b"x")
    site = Site("dt0001", "datong", "140200", name="第一小学", storage=Storage(tmp_path / "state", tmp_path / "run"))
    opened = tuple(Opening(NOW, "li", "check --report", "pictures", f"/r{n}.html") for n in range(OPENINGS_SHOWN + 7))
    whole = replace(privacy_file(site, tmp_path / "state", NOW), openings=opened)
    hub = hub_file(tmp_path / "hub", NOW, site.time_zone)
    return {
        f"{name}-{lang}": render_page(one, lang) for name, one in (("site", whole), ("hub", hub)) for lang in LANGUAGES
    }


def test_axe_finds_nothing_in_it_wide_or_narrow_light_or_dark(
    pages: dict[str, str], tmp_path: Path, browser: Browser
) -> None:
    files = [tmp_path / f"{name}.html" for name in pages]
    for file in files:
        file.write_text(pages[file.stem])
    found = violations(browser, files)
    assert set(found) == {str(file) for file in files}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_what_the_page_leaves_out_of_a_long_register_it_counts(pages: dict[str, str]) -> None:
    assert pages["site-en"].count("check --report") == OPENINGS_SHOWN
    assert "Older lines are in the register itself: 7" in pages["site-en"]
    assert "copy.jpg" in pages["site-zh_CN"] and "copy.jpg" not in pages["hub-zh_CN"]


def test_it_prints_as_a4(pages: dict[str, str], tmp_path: Path) -> None:
    page, pdf = tmp_path / "p.html", tmp_path / "p.pdf"
    page.write_text(pages["site-zh_CN"])
    print_pdf(find_printer(), page, pdf, 0o600)
    told = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in told
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert "个人信息保护影响评估" in text and "第一小学" in text
