"""What was late or out of order has a section of its own in a hand-over report, with its days, and holds nothing up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from duty_sites import FACTS, IN_USE, declared_site, word
from handed_over import checked, html, values
from lived import finding
from sites import camera, healthy, site

from agent.model.finding import PAST_BREACH
from agent.model.matters import counts


def test_what_was_late_stands_apart_with_its_days_until_a_note_ends_it() -> None:
    used = IN_USE + timedelta(days=3)
    late = word("main-project-date", IN_USE)
    one = checked(declared_site(late, in_use_since=used), facts=FACTS)
    report, text = values(one), html(one)
    (past,) = report.past
    days = (used.isoformat(), IN_USE.isoformat())
    assert (past.happened, past.was_due) == days and "camwarden declare" not in past.text
    assert past.text not in {said.text for group in report.groups for said in group.said}, "no open warning"
    section = text[text.index('<h2 id="s-past">') : text.index('<h2 id="s-duties">')]
    assert all(day in section for day in days) and text.count(past.text) == 1
    assert 'href="#s-past"><b>1</b>' in text, "the first page leads there"
    assert report.totals == counts(one.seen.findings), "as at every door"
    noted = replace(late, details=(*late.details, "authority-note: letter 31"))
    ended = checked(declared_site(noted, in_use_since=used), facts=FACTS)
    assert values(ended).past == () and "letter 31" not in html(ended)
    assert "Nothing is known that was late or out of order." in html(ended)


def test_what_was_late_alone_holds_no_hand_over_up() -> None:
    findings = (finding("pass"), replace(finding("warn"), reason=PAST_BREACH))
    one = checked(site(camera(), in_use_since=date(2024, 9, 1)), healthy())
    one = replace(one, seen=replace(one.seen, findings=findings))
    assert values(one).verdict == "Nothing is open; 1 matters of the past wait for a note of the authority."
