"""Duties that a word or a paper meets: each state of the word is a verdict, and what is missing is told once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from duty_sites import FACTS, TODAY, declared_site, judged, verdict, word
from sites import NOW

from agent.judge.checks.papers import accepted_papers, contractors, duties, public_space, zones
from agent.judge.checks.table import CHECKS, run_checks
from agent.judge.wording.declared_words import FOLDED
from agent.observe.facts.facts import gather
from agent.report.build import finding_json
from agent.site.config.load import load
from agent.site.config.site import Rules
from agent.site.declarations.standing import lines, standings
from agent.site.declarations.table import BY_ID, DECLARABLES
from agent.text.translate import render
from tests.site.config.test_config import SITE, write

ALONE = (
    *("scope-declared", "secrecy-scope-declared", "supervising-organ-declared", "national-class-declared"),
    *("place-category-declared", "install-authority-declared", "signage-declared", "secret-neighbour-consent"),
    *("contractor-qualification", "device-cert-declared", "outsourcing-agreement"),
    *("acceptance-documents", "filing-documents-complete", "archive-complete"),
)
"""Checks that rest on what is declared and nothing else."""

OURS = {c.id for c in CHECKS if c.run.__module__.rpartition(".")[2] in (
    "acceptance", "accepted_papers", "certificate", "contractors", "duties", "filed", "filing", "platform_link",
    "points", "public_space", "upkeep", "zones"
)}  # fmt: skip
"""Every check that looks at what is declared."""

FIRST = {check: next(row for row in DECLARABLES if row.check == check) for check in ALONE}
"""The row that each of them stands on."""

ROADS = (word("zone-type", "road"),)


def site_for(check: str, **changes: object):  # type: ignore[no-untyped-def]
    """Return the site in which the check is due: an authority to install is asked for in public space alone."""
    return declared_site(*(ROADS if check == "install-authority-declared" else ()), **changes)


def test_these_are_judged_by_words_alone() -> None:
    by_word = (duties.run, accepted_papers.run, contractors.run, public_space.run)
    assert {check.id for check in CHECKS if check.run in by_word} == set(ALONE)


@pytest.mark.parametrize("check", ALONE)
def test_what_is_declared_passes_or_is_declared_not_to_be_there(check: str) -> None:
    expected = ("not_applicable", "none") if check == "secret-neighbour-consent" else ("pass", "")
    assert verdict(check, site_for(check)) == expected


@pytest.mark.parametrize("check", ALONE)
def test_what_nobody_declared_is_unknown_and_hangs_on_the_one_open_item(check: str) -> None:
    (finding,) = judged(check, site_for(check, without=(FIRST[check].id,)))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "not-declared", FOLDED)
    assert FIRST[check].id in str(finding.message)


@pytest.mark.parametrize(
    ("days", "status", "reason"),
    [
        (61, "pass", ""),
        (60, "warn", "expiring"),
        (14, "warn", "expiring-soon"),
        (-1, "warn", "grace"),
        (-30, "warn", "grace"),
        (-31, "unknown", "expired"),
    ],
)
@pytest.mark.parametrize("check", ALONE)
def test_a_word_that_ends_is_warned_of_and_then_unknown(check: str, days: int, status: str, reason: str) -> None:
    value = "consent 4" if check == "secret-neighbour-consent" else None
    ending = word(FIRST[check].id, value, until=TODAY + timedelta(days=days))
    a_site = declared_site(ending, *(ROADS if check == "install-authority-declared" else ()))
    (finding,) = judged(check, a_site)
    assert (finding.status, finding.reason) == (status, reason)
    assert finding.caused_by == ("" if status == "pass" else FOLDED)


@pytest.mark.parametrize("check", ALONE)
def test_where_no_rule_is_in_effect_nothing_is_asked(check: str) -> None:
    assert verdict(check, site_for(check, packs=())) == ("not_applicable", "no-rule")


@pytest.mark.parametrize("check", [c for c in ALONE if FIRST[c].asked != "technical"])
def test_the_default_profile_asks_for_none_of_them(check: str) -> None:
    assert verdict(check, site_for(check, rules=Rules())) == ("not_applicable", "profile")


@pytest.mark.parametrize("check", [c for c in ALONE if FIRST[c].asked == "full"])
def test_the_profile_filing_does_not_ask_for_what_only_the_full_one_does(check: str) -> None:
    assert verdict(check, site_for(check, rules=Rules("filing"))) == ("not_applicable", "profile")


@pytest.mark.parametrize("national", ["9", "33"])
@pytest.mark.parametrize("check", ["archive-complete", "outsourcing-agreement"])
def test_places_that_the_order_frees_are_exempt(check: str, national: str) -> None:
    assert verdict(check, declared_site(word("national-class", national))) == ("not_applicable", "exempt")


def test_where_it_is_not_known_whether_a_rule_applies_nothing_passes() -> None:
    (finding,) = judged("archive-complete", declared_site(without=("national-class",)))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "not-declared", FOLDED)


def test_an_authority_is_asked_for_in_public_space_alone() -> None:
    assert verdict("install-authority-declared", declared_site()) == ("not_applicable", "exempt")
    roads = word("zone-type", "road", cameras=("gate",))
    a_site = declared_site(word("zone-type", "hall"), roads, without=("install-authority",))
    (finding,) = judged("install-authority-declared", a_site)
    assert finding.status == "unknown"
    (row,) = finding.evidence["declared"]  # type: ignore[misc]
    assert row == {
        "duty": "install-authority", "state": "missing", "by": None, "at": None, "until": None, "days_left": None,
        "cameras": 1, "open": ["gate"], "open_count": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("check", "duty"),
    [("acceptance-documents", "paper-acceptance"), ("archive-complete", "paper-test-report")],
)
def test_papers_of_another_duty_count_as_well(check: str, duty: str) -> None:
    (finding,) = judged(check, declared_site(without=(duty,)))
    assert (finding.status, finding.caused_by) == ("unknown", FOLDED)


def test_a_paper_that_says_there_is_none_is_no_reason_to_stop() -> None:
    assert verdict("outsourcing-agreement", declared_site(word("outsourcing-agreement", "none"))) == (
        "not_applicable",
        "none",
    )
    assert verdict("filing-documents-complete", declared_site(word("paper-other", "none"))) == ("pass", "")


def test_sixty_four_cameras_without_a_word_are_one_open_item_and_no_finding_of_their_own() -> None:
    a_site = declared_site(without=tuple(BY_ID))
    findings = run_checks(a_site, FACTS, NOW)
    shown = [f.check for f in findings if f.status not in ("pass", "not_applicable") and not f.caused_by]
    assert [check for check in shown if check in OURS | {"declarations"}] == ["declarations"]


def test_a_site_of_the_default_profile_stays_quiet() -> None:
    a_site = declared_site(rules=Rules(), without=tuple(d for d, row in BY_ID.items() if row.asked != "technical"))
    findings = run_checks(a_site, FACTS, NOW)
    assert not lines(standings(a_site, TODAY), "missing")
    loud = [f.check for f in findings if f.status not in ("pass", "not_applicable") and not f.caused_by]
    assert [check for check in loud if check in OURS] == []


def test_evidence_names_papers_by_date_and_digest_and_never_says_what_is_in_them() -> None:
    a_site = declared_site(word("contractor-build", "Firm of Wang, =cmd|x", by="Wang Wei"))
    (finding,) = judged("contractor-qualification", a_site)
    told = json.dumps(finding_json(finding))
    assert '"document_at": "2026-02-10"' in told
    assert "a" * 64 in told
    assert "Firm" not in told and "cmd" not in told
    assert '"by": "Wang Wei"' in told, "whose word it is stands in every report"


def test_free_text_is_never_evidence() -> None:
    told = json.dumps(finding_json(judged("supervising-organ-declared", declared_site())[0]))
    assert "Branch" not in told


@pytest.mark.parametrize("check", ALONE)
def test_each_says_what_to_do_in_both_languages(check: str) -> None:
    (finding,) = judged(check, site_for(check, without=(FIRST[check].id,)))
    assert "camwarden declare" in render(finding.message, "zh_CN")
    assert render(finding.message, "zh_CN") != render(finding.message, "en")


ZONE = "forbidden-zone-declaration"


def zone(value: str | None, **changes: object):  # type: ignore[no-untyped-def]
    rows = () if value is None else (word("zone-type", value, **changes),)
    return judged(ZONE, declared_site(*rows, without=("zone-type",)))[0]


@pytest.mark.parametrize("value", sorted(zones.FORBIDDEN))
def test_a_camera_in_a_forbidden_place_fails_whatever_masks_it_has(value: str) -> None:
    finding = zone(value)
    assert (finding.subject, finding.status, finding.reason, finding.severity) == (
        "camera:gate", "fail", "forbidden-zone", "critical",
    )  # fmt: skip
    assert "a mask does not change that" in str(finding.message)


@pytest.mark.parametrize(
    ("value", "days", "status", "reason", "cause"),
    [
        ("hall", None, "pass", "", ""),
        ("hall", 30, "warn", "expiring", FOLDED),
        ("hall", -5, "warn", "grace", FOLDED),
        ("hall", -31, "unknown", "expired", FOLDED),
        ("toilet", -5, "fail", "forbidden-zone", ""),
        ("toilet", -31, "unknown", "expired", FOLDED),
        (None, None, "unknown", "not-declared", FOLDED),
    ],
)
def test_a_zone_counts_as_long_as_its_word_does(
    value: str | None, days: int | None, status: str, reason: str, cause: str
) -> None:
    until = {} if days is None else {"until": TODAY + timedelta(days=days)}
    finding = zone(value, **until)
    assert (finding.status, finding.reason, finding.caused_by) == (status, reason, cause)


def test_only_the_camera_that_hangs_there_fails() -> None:
    rows = (word("zone-type", "hall"), word("zone-type", "fitting-room", cameras=("yard",)))
    found = {f.subject: f.status for f in judged(ZONE, declared_site(*rows))}
    assert found == {"camera:gate": "pass", "camera:yard": "fail"}


def test_a_file_that_declares_a_duty_is_judged_by_it(tmp_path: Path) -> None:
    rows = '[rules]\nprofile = "filing"\n' + "".join(
        f'[[declaration]]\nduty = "{duty}"\nvalue = {value}\nby = "Li Na"\nat = 2026-01-31\n'
        for duty, value in {"supervising-organ": '"Branch"', "zone-type": '"toilet"', "scope": "true"}.items()
    )
    box = '[[device]]\nid = "lobby"\nhost = "192.0.2.65"\n[[camera]]\nid = "lobby"\ndevice = "lobby"\n'
    a_site = load(write(tmp_path, SITE + box + rows))
    found = {f.check: f.status for f in run_checks(a_site, gather(()), NOW)}
    assert (found["supervising-organ-declared"], found["scope-declared"], found[ZONE]) == ("pass", "pass", "fail")
    assert found["signage-declared"] == "unknown"
