"""A camera that is declared secret has no name, place or overlay text in any report, and no picture in any paper."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from duty_sites import TODAY, declared_site, word
from sites import NOW, camera, healthy_camera, healthy_device, observed

from agent.commands.check.pictures import Album
from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import EMPTY_MEMORY
from agent.judge.memory.transitions import Transition
from agent.observe.facts.facts import Facts, gather
from agent.observe.facts.filed_system import Filing
from agent.report.build import build_reports
from agent.report.secret_names import HIDDEN
from agent.site.config.site import Site
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import Declaration
from drivers.model import Camera, Overlays
from masking.model import Judged

NAME, PLACE, DRAWN, FILED = "Vault changing room", "cellar B", "VAULT-7", "Vault as filed"
OTHER = "Main gate"


def the_site(*rows: Declaration) -> Site:
    gate = camera("gate", camera=Camera("gate", "box", NAME, placement=PLACE))
    yard = camera("yard", camera=Camera("yard", "box", OTHER, channel=2))
    return declared_site(word("secret", False), *rows, cameras=(gate, yard))


SECRET = word("secret", True, cameras=("gate",))


def facts() -> Facts:
    seen = healthy_device() + healthy_camera("gate") + healthy_camera("yard")
    seen += observed("camera:gate", Overlays((DRAWN, "<DateAndTime>"))) + observed("camera:yard", Overlays((DRAWN,)))
    filed = Filing("dt0001", date(2026, 3, 1), ("gate", "yard"), 30, (), {"gate": FILED, "yard": OTHER})
    return replace(gather(seen), filed=filed)


def told(a_site: Site) -> str:
    """Return all that a hub is told of the site: each stream, with every finding as an event too."""
    known = facts()
    findings = run_checks(a_site, known, NOW)
    changed = tuple(Transition(one, "pass") for one in findings)
    drafts, _ = build_reports(a_site, known, findings, changed, EMPTY_MEMORY, NOW, {})
    assert {draft.stream for draft in drafts} == {"event", "config", "health"}
    return json.dumps([draft.body for draft in drafts], ensure_ascii=False, default=str)


def test_what_a_secret_camera_is_called_leaves_the_site_in_no_report() -> None:
    everything = told(the_site())
    assert all(text in everything for text in (NAME, FILED, "changing room", OTHER)), "else nothing is proven below"
    hidden = told(the_site(SECRET))
    assert [text for text in (NAME, PLACE, DRAWN, FILED, "changing room") if text in hidden] == []
    assert OTHER in hidden and HIDDEN in hidden, "the other camera keeps its name"
    assert '"camera:gate"' in hidden or '"gate"' in hidden, "by its id it is counted and judged"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), False),
        ((SECRET,), True),
        ((word("secret", True),), True),
        ((replace(SECRET, until=TODAY - timedelta(days=90)),), True),
        ((SECRET, replace(SECRET, value=False, at=date(2026, 2, 1))), False),
    ],
)
def test_in_doubt_a_camera_is_the_more_secret(rows: tuple[Declaration, ...], expected: bool) -> None:
    assert is_secret(the_site(*rows), "gate", TODAY) is expected


def test_its_pictures_are_in_no_paper_and_the_paper_says_why() -> None:
    def judge(job: Any) -> Judged:
        raise AssertionError("nothing of a secret camera is drawn")

    album = Album(judge, "all")
    shown = album.blackened(the_site(SECRET), facts(), ())
    assert shown["gate"].jpeg == b""
    assert "declared to show a secret" in str(shown["gate"].why)
    assert "declared to show a secret" not in str(shown["yard"].why)
