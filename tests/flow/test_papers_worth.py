"""Every paper that leaves a site says what it is worth, with the version that made it, in its reader's language."""

from __future__ import annotations

import html as escaping
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from dossiers import dossier
from dossiers import page as dossier_page
from handed_over import SIGNER, checked, html
from link_papers import certificate
from link_papers import page as certificate_page
from rich.console import Console
from sites import NOW, camera, healthy, site

from agent.commands.hub.report_book import sheets
from agent.commands.hub.report_table import show
from agent.contract.envelope import unflatten
from agent.hub.case.pages import About, readme
from agent.hub.stores.day_figures import METRICS
from agent.hub.views.assessment import Assessment, GroupRow
from agent.onsite.one_look.job_file import signed
from agent.report.check_titles import TITLES
from agent.report.indication import RATES, error_rates, indication
from agent.text.translate import LANGUAGES
from agent.text.workbook import workbook
from tests.onsite.handover.test_hub_page import page as hub_page

WALL = Path(__file__).parents[2] / "packaging" / "wall"
ON_THE_WALL = ("privacy-mask-effective", "camera-occluded")
"""The checks that a drill tries."""


def assessed() -> Assessment:
    row = GroupRow("maintainer A", 1, 1, 1, 1, dict.fromkeys(METRICS, (1, 1, 0, 0)))
    return Assessment("maintainer", date(2026, 11, 1), date(2026, 11, 30), "online", (row,), ())


def table(lang: str) -> str:
    with io.StringIO() as terminal:
        show(assessed(), Console(width=200, file=terminal), lang)
        return terminal.getvalue()


def book(lang: str) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook(*sheets(assessed(), lang)))) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml"))


def case(lang: str) -> str:
    return readme(About("S1", "dt", "camera-online", NOW, NOW, (), (), "kid", 0, 0), (), (), (), lang)


PAPERS: Mapping[str, Callable[[str], str]] = {
    "hand-over report": lambda lang: html(checked(site(camera()), healthy()), lang),
    "dossier": lambda lang: dossier_page(dossier(), lang),
    "self-test": lambda lang: certificate_page(certificate(), lang),
    "hub report": table,
    "hub report, workbook": book,
    "case": case,
    "wall": lambda lang: (WALL / f"drill.{lang}.html").read_text("utf-8"),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("paper", PAPERS)
def test_each_paper_says_that_it_is_an_indication_and_no_finding(paper: str, lang: str) -> None:
    assert indication(lang) in " ".join(escaping.unescape(PAPERS[paper](lang)).split())


def test_the_page_of_a_hub_says_so_with_its_rates() -> None:
    text = escaping.unescape(hub_page(camera(), healthy()))
    assert indication("en") in text
    solid = RATES["privacy-mask-effective"][0]
    assert f"masks of one colour: {100 * solid.missed_ratio:g} % of {solid.missed_of} missed" in text
    assert "error rates not measured" in text


def test_a_proof_of_a_repair_says_so_under_its_signature() -> None:
    proof = signed(SIGNER, site(camera()), "job", "close", NOW, (), {})
    payload, _ = unflatten(proof)
    assert json.loads(payload)["indication"] == indication("en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_for_the_wall_has_the_rates_of_what_a_drill_tries(lang: str) -> None:
    text = PAPERS["wall"](lang)
    assert all(rates in text for _, rates in error_rates(ON_THE_WALL, TITLES, lang))


def test_the_rates_of_a_report_are_those_of_the_checks_that_were_due() -> None:
    text = html(checked(site(replace(camera(), zones=())), healthy()))
    assert "Private zone hidden in pictures</b> masks of one colour" in text
