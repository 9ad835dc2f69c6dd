"""Papers that leave the site show who disputes a finding, beside it and in both languages: dossier and report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dossiers import dossier, filing_site, looked, page
from sites import NOW

from agent.judge.checks.table import run_checks
from agent.judge.memory.disputes import Decision, Dispute, contested
from agent.judge.memory.episodes import new_episode
from agent.model.finding import Finding
from agent.model.matters import shown
from agent.onsite.filing.contents import dossier_of
from agent.onsite.handover.contents import contents
from agent.onsite.handover.contents_findings import is_declaration
from agent.onsite.handover.report import KeyPart
from agent.onsite.one_look.anonymise import anonymous
from agent.onsite.one_look.result import CheckResult

BY = "业主张<b>"


def disputed(checked: CheckResult, finding: Finding) -> CheckResult:
    said = Dispute(
        key=finding.key, detected_at=NOW, status="fail", reason=finding.reason, by=BY, at=NOW, why="the power was off"
    )
    word = Decision(
        key=said.key, dispute=said.said.id, outcome="upheld", by="科长李", at=NOW, why="it was on", command="c"
    )
    known = {finding.key: new_episode(finding, NOW)}
    return replace(checked, episodes=known, contested=contested((said,), (word,)))


@pytest.mark.parametrize(("lang", "words"), [("en", "the finding stands"), ("zh_CN", "维持结论")])
def test_a_dossier_shows_a_dispute_beside_its_deadline(lang: str, words: str) -> None:
    clock = dossier().clocks[0]
    shown = page(dossier_of(disputed(looked(filing_site()), clock.finding)), lang)
    assert words in shown and "业主张&lt;b&gt;" in shown and "业主张<b>" not in shown
    assert words not in page(dossier(), lang)


@pytest.mark.parametrize(("lang", "words"), [("en", "the finding stands"), ("zh_CN", "维持结论")])
def test_a_hand_over_report_shows_a_dispute_in_the_sentence_of_its_finding(lang: str, words: str) -> None:
    checked = looked(filing_site())
    found = run_checks(checked.site, checked.seen.facts, NOW)
    checked = replace(checked, seen=replace(checked.seen, findings=found))
    finding = next(one for each in shown(found) for one in each.found if not is_declaration(one))
    told = said(disputed(checked, finding), lang)
    assert [text for text in told if words in text and BY in text] != []
    assert [text for text in said(checked, lang) if words in text] == []


def said(checked: CheckResult, lang: str) -> list[str]:
    """Return each sentence of the report that stands with a cause."""
    return [one.text for group in contents(checked, KeyPart("kid", True), lang).groups for one in group.said]


def test_an_address_in_a_dispute_is_redacted_as_everywhere() -> None:
    """The word still stands beside its finding."""
    checked = looked(filing_site())
    found = run_checks(checked.site, checked.seen.facts, NOW)
    checked = disputed(replace(checked, seen=replace(checked.seen, findings=found)), found[0])
    said = replace(checked.contested[0].dispute, why="the recorder 192.0.2.1 was off")
    hidden = anonymous(replace(checked, contested=(replace(checked.contested[0], dispute=said),)))
    shown = hidden.disputed(found[0].key)
    assert shown is not None and shown.dispute.why == "the recorder [address 1] was off"
