"""The page for people: hostile names are text, an open declaration is shown as such, and a site in order says so."""

from __future__ import annotations

import io
from dataclasses import replace

from footage_looks import facts_of
from rich.console import Console
from sites import NOW, but_unread, camera, healthy, site

from agent.commands.terminal.tables import cameras_table, findings_table
from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.observe.facts.facts import gather
from agent.onsite.handover.hub_page import Proof, render_page
from agent.report.build import build_reports
from agent.report.plain_findings import plain_findings
from agent.site.config.site import CameraConfig
from drivers.model import Camera, Observations

PROOF = Proof("dt0001", "140200", "School", "kid", "epoch", 1, "00" * 32, "2026-11-24T12:00:00.000Z", 2, 2, 2)
HOSTILE = "<script>alert(1)</script>[bold]{{ 7*7 }}"


def page(one: CameraConfig, observations: Observations, lang: str = "en") -> str:
    a_site = site(one)
    facts = facts_of(a_site, observations)
    findings = but_unread(run_checks(a_site, facts, NOW))
    drafts, _ = build_reports(a_site, facts, findings, (), Memory(), NOW, {})
    return render_page(drafts[0].body, PROOF, lang=lang)


def test_a_site_in_order_says_so_and_shows_its_footage() -> None:
    text = page(camera(), healthy())
    assert "Nothing is open" in text
    assert text.count("<svg") == 1


def test_a_hostile_name_is_text() -> None:
    text = page(replace(camera(), camera=Camera("gate", "box", name=HOSTILE)), healthy())
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "{{ 7*7 }}" in text


def test_an_acknowledged_finding_stays_open_and_says_who_knows_of_it() -> None:
    a_site = site(camera())
    facts = facts_of(a_site, ())
    drafts, _ = build_reports(a_site, facts, run_checks(a_site, facts, NOW), (), Memory(), NOW, {})
    (finding, *_) = [
        one for one in plain_findings(drafts[0].body) if one["status"] == "unknown" and not one["caused_by"]
    ]
    said = {"by": HOSTILE, "at": "2026-11-24T12:00:00Z", "until": "2026-12-01T12:00:00Z", "why": "ordered"}
    row = {"check": finding["check"], "subject": finding["subject"], **said}  # type: ignore[index,call-overload]
    text = render_page({**drafts[0].body, "acknowledged": [row]}, PROOF)
    assert "until 2026-12-01 20:00: ordered" in text and "<script>" not in text
    assert "acknowledged by" not in render_page(drafts[0].body, PROOF)


def test_a_rule_of_two_documents_names_each_with_its_article() -> None:
    a_site = site(camera())
    facts = facts_of(a_site, ())
    drafts, _ = build_reports(a_site, facts, run_checks(a_site, facts, NOW), (), Memory(), NOW, {})
    alone = [
        {**one, "caused_by": ""} for one in plain_findings(drafts[0].body) if one["check"] == "privacy-mask-effective"
    ]
    first_form = {name: value for name, value in drafts[0].body.items() if name != "form"}
    text = render_page({**first_form, "findings": alone}, PROOF)
    assert ">Datong Measures article 5(2); Order 799 article 13</td>" in text


def test_recordings_that_nobody_declared_are_unknown_for_the_camera_not_undue() -> None:
    row = page(camera(recorded=False), healthy()).split('<td class="id">gate')[1].split("</tr>")[0]
    assert "same cause: Days of footage kept" in row


def test_the_terminal_s_tables_show_an_open_declaration_and_a_hostile_name_as_text() -> None:
    a_site = site(replace(camera(recorded=False), camera=Camera("gate", "box", name=HOSTILE)))
    findings = run_checks(a_site, gather(()), NOW)
    with io.StringIO() as terminal:
        console = Console(width=200, file=terminal)
        console.print(cameras_table(a_site, findings, "en"), findings_table(a_site, findings, "en", {}))
        text = terminal.getvalue()
    assert HOSTILE in text
    (row,) = [line for line in text.splitlines() if line.strip().startswith("gate ")]
    assert row.split() == ["gate", "?", "?", "?", "?", "?", "-", "?"]
