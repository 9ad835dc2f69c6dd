"""The printed form names its finding by a code, holds hostile names as texts, and is entered by that code alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from camera_cycles import ONLINE
from delivery import NOW
from disputing import GATE, DisputedSite

from agent.cli import main
from agent.commands.findings import command
from agent.judge.memory.disputes import CODE_LETTERS, finding_code
from agent.judge.memory.notes import contested_of, read_notes

HOSTILE = "<script>alert(1)</script>门卫室"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DisputedSite]:
    made = DisputedSite(tmp_path / "site", {})
    text = made.config.read_text().replace('id = "gate"\n', f'id = "gate"\nname = {json.dumps(HOSTILE)}\n')
    made.config.write_text(text)
    monkeypatch.setattr(command, "utc_now", lambda: NOW)
    made.cycle(NOW, gate="fail", yard="fail")
    yield made
    made.spool.close()


def run(site: DisputedSite, *words: str, lang: str = "en") -> int:
    return main(["--lang", lang, "--config", str(site.config), "findings", *words])


def test_a_form_is_entered_by_its_code_whatever_case_and_dashes(
    site: DisputedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "form.html"
    assert run(site, "form", ONLINE, GATE, "--out", str(out), "--json") == 0
    code = json.loads(capsys.readouterr().out)["code"]
    page = out.read_text("utf-8")
    assert code in page and "<script" not in page and "<img" not in page
    typed = code.lower().replace("-", " ")
    assert run(site, "dispute", "--code", typed, "--by", "业主张", "--why", "那天停电") == 0
    (one,) = contested_of(read_notes(site.folder, "S1"), "S1", {})
    assert one.dispute.key == f"{ONLINE} {GATE}"
    assert run(site, "form", ONLINE, GATE, "--out", str(out)) == 2, "nothing is overwritten"


@pytest.mark.parametrize(("lang", "words"), [
    ("en", ("Dispute of a finding", "no legal finding", "within 15 days")),
    ("zh_CN", ("异议表", "不是法律认定", "15 日内")),
])  # fmt: skip
def test_both_languages_say_what_happens_next(
    site: DisputedSite, tmp_path: Path, lang: str, words: tuple[str, ...]
) -> None:
    out = tmp_path / "form.html"
    assert run(site, "form", ONLINE, GATE, "--out", str(out), lang=lang) == 0
    page = out.read_text("utf-8")
    assert [one for one in words if one not in page] == []


def test_a_code_is_of_one_site_finding_and_episode() -> None:
    codes = {finding_code(name, key, at) for name in ("S1", "S2") for key in ("a site", "b site") for at in (NOW,)}
    assert len(codes) == 4
    assert all(len(code) == 14 and set(code) <= {*CODE_LETTERS, "-"} for code in codes)
