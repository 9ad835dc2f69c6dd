"""Measures the papers that people sign: on which page the hand-over report says what, how long and how large it is.

What is left of English in Chinese is counted in the report, a dossier, the page of the hub, the privacy file and the
tables of ten commands (`papers_tables.py`). Run alone: python tests/bench/papers.py [--quick] [--json]. It prints with
Chromium and reads the pages with pdftotext.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import papers_tables
from dossiers import dossier, filing_site, paper, word
from dossiers import page as dossier_page
from handed_over import SIGNER, checked, values
from handover_screens import STREAMS, thumbnails
from papers_words import cells_of, foreign_cells, id_cells
from sites import NOW, camera, healthy, observed, site, without

from agent.commands.check.pdf import find_printer, print_pdf
from agent.judge.memory.memory import Memory
from agent.model.finding import Finding
from agent.onsite.handover.hub_page import Proof, render_page
from agent.onsite.handover.report import HandOver, render_report
from agent.onsite.handover.report_words import WORDS
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.shown import ReportPicture, pictured
from agent.onsite.privacy.contents import privacy_file
from agent.onsite.privacy.page import render_page as privacy_page
from agent.report.build import build_reports
from agent.report.check_titles import TITLES
from agent.verify.html_seal import seal
from drivers.model import Camera, Clock, Observation, Observations
from drivers.picture import Streams, ZoneVerdict
from measure.figures import Figure, flags, say, show

FIRST_CAMERA = Figure("first_camera_page", "page", 3, "lower")
FAILS = Figure("fails_on_first_two_pages_ratio", "", 1, "higher")
PAGES = Figure("pages_64", "pages", 30, "lower")
SIZE = Figure("report_64_mb", "MB", 6, "lower")
FOREIGN = Figure("zh_cells_with_latin_words", "cells", 0, "lower")
IDS = Figure("zh_sentences_with_ids", "sentences", 0, "lower")

CAMERAS, FAILING = 64, 10
QUICK_CAMERAS, QUICK_FAILING = 8, 2
PICTURE_PX = 160


def site_of(cameras: int, failing: int) -> CheckResult:
    """Return a look at so many cameras, each behind a device of its own, of which so many fail in two ways.

    They show what is private, and the clock of their device is wrong.
    """
    names = {f"camera-{number:02}": f"Corridor {number:02}" for number in range(cameras)}
    configs = [replace(camera(), camera=Camera(one, f"d-{one}", name)) for one, name in names.items()]
    seen: Observations = ()
    for number, one in enumerate(names):
        own = without(healthy(one, f"d-{one}"), Streams) + observed(f"camera:{one}", STREAMS)
        if number < failing:
            own = tuple(_bare(each) for each in without(own, Clock)) + observed(
                f"device:d-{one}", Clock(95.0, 0.2, False)
            )
        seen += own
    found = checked(site(*configs, name="No. 3 Middle School"), seen)
    wanted = sorted(pictured(found.site.cameras, found.seen.findings, "fail"))
    pictures = dict(zip(wanted, thumbnails(len(wanted), PICTURE_PX), strict=True))
    return replace(found, pictures={one: ReportPicture("main", NOW, jpeg) for one, jpeg in pictures.items()})


def _bare(observation: Observation) -> Observation:
    if not isinstance(observation.value, ZoneVerdict):
        return observation
    return replace(observation, value=replace(observation.value, verdict="FAIL", reason="not-hidden"))


def printed(text: str, folder: Path) -> list[str]:
    """Return the words of each page of a report as Chromium prints it."""
    page, pdf = folder / "report.html", folder / "report.pdf"
    page.write_bytes(seal(text, SIGNER))
    print_pdf(find_printer(), page, pdf, 0o600)
    told = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True, timeout=120).stdout
    pdf.unlink()
    return [" ".join(words.split()) for words in told.removesuffix("\f").split("\f")]


def first_camera_page(pages: list[str], report: HandOver) -> int:
    """Return the page on which the first camera stands with what is said of it alone: its line of facts."""
    facts = " ".join(report.cameras[0].facts.split())
    return next(number for number, words in enumerate(pages, 1) if facts in words)


def told_on(pages: list[str], report: HandOver, failing: Iterable[Finding]) -> float:
    """Return the share of failing findings whose place these pages name below their cause, before any unknown.

    Without spaces and hyphens: a line may break inside a name, and pdftotext takes a hyphen there for the line's.
    """
    words = _unspaced(" ".join(pages)).partition(_unspaced(WORDS["unknowns_note"]))[0]
    titles = {_unspaced(TITLES[one.check]) for one in failing}
    starts = sorted((words.find(title), title) for title in titles if title in words)
    ends = [start for start, _ in starts[1:]] + [len(words)]
    below = {title: words[start:end] for (start, title), end in zip(starts, ends, strict=True)}
    places = {f"camera:{one.id}": one.name for one in report.cameras}
    places |= {f"device:{one.id}": f"device {one.id}" for one in report.devices}
    found = [_unspaced(places[one.subject]) in below.get(_unspaced(TITLES[one.check]), "") for one in failing]
    return sum(found) / len(found)


def _unspaced(text: str) -> str:
    return re.sub(r"[\s-]+", "", text)


def names_of(one: CheckResult, report: HandOver) -> set[str]:
    """Return what the sites themselves named, and the keys."""
    site = one.site
    zones = {zone.name for config in site.cameras for zone in config.zones}
    cameras = {text for config in site.cameras for text in (config.camera.id, config.camera.name)}
    boxes = {text for box in report.devices for text in (box.id, box.model, box.serial, box.address)}
    people = {"Li Na", "ACME", "N8", "SN-0042", "HDD", "Middle School", "School", "box", "gate"}
    return (
        {site.id, site.name, site.rules.profile, site.time_zone, report.key.kid, SIGNER.kid, "config epoch"}
        | zones
        | cameras
        | boxes
        | people
    )


def hub_page(one: CheckResult) -> str:
    """Return the Chinese page of what a hub has verified of this look."""
    drafts, _ = build_reports(one.site, one.seen.facts, one.seen.findings, (), Memory(), NOW, {})
    proof = Proof(one.site.id, one.site.city, one.site.name, SIGNER.kid, "epoch", 1, "00" * 32, str(one.at), 2, 2, 2)
    return render_page(drafts[0].body, proof, lang="zh_CN")


def late_dossier() -> str:
    """Return the Chinese pages of a dossier of which some is late, declared in part, and not declared."""
    late = replace(paper("filing-datong", date(2026, 11, 20)), details=("organ: B",))
    accepted, unit = word("acceptance-date", date(2026, 9, 1)), word("legal-unit", "Middle School")
    record = replace(paper("paper-acceptance"), value="第31号")
    return dossier_page(dossier(filing_site(accepted, late, unit, record)), "zh_CN")


def chinese_cells(
    one: CheckResult, report: HandOver, page: str, folder: Path
) -> dict[str, tuple[list[str], list[str]]]:
    """Return by paper the cells with Latin words, and the sentences with ids."""
    names = names_of(one, report)
    site = replace(one.site, storage=replace(one.site.storage, directory=folder / "state"))
    pages = {
        "report": page,
        "dossier": late_dossier(),
        "hub page": hub_page(one),
        "privacy": privacy_page(privacy_file(site, folder, NOW), "zh_CN"),
    }
    found = {}
    for paper_, text in pages.items():
        cells = cells_of(text)
        found[paper_] = (foreign_cells(cells, names), id_cells(cells, names))
    return found | papers_tables.chinese_cells()


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    cameras, failing = (QUICK_CAMERAS, QUICK_FAILING) if asked.quick else (CAMERAS, FAILING)
    say(f"{cameras} cameras, {failing} of which fail")
    one = site_of(cameras, failing)
    report = values(one)
    fails = [f for f in one.seen.findings if f.status == "fail" and not f.caused_by]
    if len(fails) != 2 * failing or len(one.pictures) != failing:
        raise RuntimeError("the site does not fail as it should: no figure is worth anything")
    english, chinese = render_report(report, "en"), render_report(values(one, "zh_CN"), "zh_CN")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the browser prints as nobody where we are root
        pages, zh_pages = printed(english, folder), printed(chinese, folder)
        found = chinese_cells(one, report, chinese, folder)
    foreign = {name: cells for name, (cells, _) in found.items() if cells}
    ids = {name: cells for name, (_, cells) in found.items() if cells}
    figures = {
        FIRST_CAMERA.name: FIRST_CAMERA.of([first_camera_page(pages, report)]),
        FAILS.name: FAILS.of([told_on(pages[:2], report, fails)]),
        PAGES.name: PAGES.of([len(pages), len(zh_pages)]),
        SIZE.name: SIZE.of([len(seal(text, SIGNER)) / 1e6 for text in (english, chinese)]),
        FOREIGN.name: FOREIGN.of([sum(map(len, foreign.values()))]),
        IDS.name: IDS.of([sum(map(len, ids.values()))]),
    }
    conditions = {"cameras": cameras, "failing": failing, "fails": len(fails), "foreign": foreign, "ids": ids}
    show("papers", asked, figures, conditions)


if __name__ == "__main__":
    main()
