"""A site that keeps less than its house asks for: the rules that are broken are named, up to a case at the hub."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import Maker
from held_items import GATE, RECORDER, status
from hubdesk import Desk, trusted
from patience import PATIENCE_S
from told_site import Told, told_site

from agent.demo.world.cameras import RecordingPlan
from agent.hub.case.case import write_case
from agent.site.config.load import load
from masking.worker.client import Worker

HOUSE = """\
id = "house"
version = 1
title = "Rules of the school"
title_zh = "学校规定"
document = "Rules of the school 2026"
document_zh = "本校2026年视频管理规定"

[[obligation]]
id = "longer"
article = "article 3"
check = "retention-days"
severity = "critical"
observed = "measured"
confidence = "primary"
duty = "Footage is kept for 90 days."
duty_zh = "录像保存不少于90日。"
parameters = { retention_floor_days = 90 }
wording_zh = "第三条 录像保存期限不少于九十日。"
confirmed_by = "Li Na, legal office"
confirmed_on = 2026-11-01
"""
LAW = {"document": "State Council Order 799", "article": "article 17"}
OWN = {"document": "Rules of the school 2026", "article": "article 3"}
GATE_KEPT = "retention-days camera:gate"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@dataclass(frozen=True)
class Papers:
    """What a case says: its rules as data, and its page in each language."""

    rules: Any
    english: str
    chinese: str


def case_of(desk: Desk, told: Told, folder: Path) -> Papers:
    """Hand in all that was told, and open the case of the camera's retention."""
    site = load(told.config)
    maker = Maker(site.storage.directory, site, key="key.pem")
    trusted(desk, maker, told.spool.epoch)
    for envelope in told.signed:
        assert desk.send(envelope, site.id, site.city, at=told.clock())["event"] == "verified"
    desk.name(maker, told.signed, told.clock())
    first, last = told.clock() - timedelta(days=1), told.clock() + timedelta(hours=1)
    case = write_case(desk.store, desk.intake.trust, desk.signer, site.id, "retention-days", first, last)
    (folder / "case.zip").write_bytes(case.data)
    with zipfile.ZipFile(folder / "case.zip") as archive:
        pages = [archive.read(f"README.{lang}.md").decode() for lang in ("en", "zh")]
        return Papers(json.loads(archive.read("rules.json")), *pages)


@pytest.mark.parametrize(
    ("days", "broken", "kept"),
    [(35, [OWN], LAW), (20, [LAW, OWN], None)],
    ids=["between the two floors", "below both"],
)
def test_a_case_names_each_rule_that_was_broken_and_none_that_was_kept(
    tmp_path: Path, worker: Worker, desk: Desk, days: int, broken: list[dict[str, str]], kept: dict[str, str] | None
) -> None:
    more = '\n[rules]\npacks = ["house.toml"]\n'
    (tmp_path / "house.toml").write_text(HOUSE, "utf-8")
    camera = replace(GATE, recording=RecordingPlan(days))
    with told_site(tmp_path, worker, (RECORDER,), (camera,), more) as told:
        told.cycle(2)
        assert status(told, GATE_KEPT) == ("fail", "too-short")
        papers = case_of(desk, told, tmp_path)
    sources = [
        dict(zip(("document", "article"), pair, strict=True))
        for one in papers.rules["sources"]
        for pair in zip(one["document"].split("; "), one["article"].split("; "), strict=True)
    ]
    assert sorted(sources, key=str) == sorted(broken, key=str)
    for page in (papers.english, papers.chinese):
        assert (kept is None) == ("Order 799" in page or "第799号" in page)
        named = OWN["document"] if page is papers.english else "《本校2026年视频管理规定》第三条"
        assert page.count(named) == 3, "above the table, and in each line that fails"
    assert "Footage is kept for 90 days." in papers.english and "录像保存不少于90日。" in papers.chinese
    both = kept is None
    assert papers.rules["technical_indication"] is both, "the law's reading was confirmed by nobody"
    assert ("nobody has confirmed" in papers.english, "尚未经人确认" in papers.chinese) == (both, both)
    for page in (papers.english, papers.chinese):
        assert "Li Na, legal office" in page and "2026-11-01" in page
