"""Order 799 asks of a site what the article asks under which it stands: else not applicable, undeclared unknown."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pytest
from duty_sites import TODAY, declared_site, word
from every_case import holds_for_every
from sites import NOW, healthy_camera, healthy_device, without

from agent.judge.checks.table import CHECKS, run_checks
from agent.judge.wording.not_due import ALWAYS_REPORTED, OWN_SOURCE, mark_not_due
from agent.model.finding import Finding, Message, Source
from agent.observe.facts.facts import gather
from agent.site.config.site import Rules, Site
from agent.site.declarations.standing import holds
from agent.site.duties.applies import BINDS, due
from agent.site.rules.pack import Obligation, in_effect
from agent.site.rules.read import shipped
from drivers.model import Recordings, Span

PACK = next(pack for pack in shipped() if pack.id == "cn-799")
CLASSES = ("7-1", "7-2", "9", "33")
FREED = re.compile(r"articles? (11|14|15(\(2\))?|16\(2\)|17)$")
"""The articles whose mandatory parts do not bind other public places, as article 9(2) lists them."""

FREED_CHECKS = {
    "archive-complete", "filing-deadline-national", "filing-facts-match", "filing-change-pending",
    "camera-online-rate", "outage-duration", "camera-lost", "video-quality", "storage-health",
    "recording-completeness", "maintenance-interval", "network-exposure", "firmware-drift", "account-inventory",
    "export-log-present", "access-register-match", "retention-days", "retention-forecast", "retention-excess",
}  # fmt: skip
"""Checks that only freed articles stand behind, read by a person: what the packs say is held against it."""


def of_class(national: str, profile: str = "full") -> Site:
    a_site = declared_site(word("national-class", national)) if national else declared_site(without=("national-class",))
    return replace(a_site, rules=Rules(profile))  # type: ignore[arg-type]


def is_of_the_order(one: Obligation) -> bool:
    return one.source.document == "State Council Order 799"


def binds_whom_it_should(one: Obligation, national: str, a_site: Site) -> None:
    binds = holds(a_site, one.when, TODAY)
    if not is_of_the_order(one):
        assert "national-class" not in {when.duty for when in one.when}, "other laws know no article 9"
    elif FREED.fullmatch(one.source.article):
        assert binds is {"7-1": True, "7-2": True, "9": False, "33": False, "": None}[national]
    else:
        assert binds is True, "articles 8, 10, 12, 13, 16(1), 18 to 24 bind everywhere"


def test_every_duty_binds_the_classes_that_article_9_leaves_it_for() -> None:
    sites = {national: of_class(national) for national in (*CLASSES, "")}
    holds_for_every(
        (f"{one.id} {national or 'undeclared'}", partial(binds_whom_it_should, one, national, a_site))
        for one in PACK.obligations
        for national, a_site in sites.items()
    )


def failing(check: str) -> Finding:
    source = Source("State Council Order 799", "article 1")
    return Finding(check, "site", "fail", "major", Message("it is wrong"), source, "wrong", {"count": 3})


CHECKED = sorted({one.check for one in PACK.obligations} & {check.id for check in CHECKS})


@pytest.mark.parametrize("check", CHECKED)
def test_a_check_fails_where_a_duty_binds_and_is_not_applicable_or_unknown_elsewhere(check: str) -> None:
    for national in ("7-1", "7-2"):
        assert mark_not_due(of_class(national), (failing(check),), NOW) == (failing(check),)
    freed = check in FREED_CHECKS
    for national in ("9", "33"):
        (one,) = mark_not_due(of_class(national), (failing(check),), NOW)
        assert (one.status, one.reason) == (("not_applicable", "exempt") if freed else ("fail", "wrong"))
        if freed:
            assert one.evidence["why"] == f"national-class is {national}"
            assert str(one.message) == f"no rule asks for it here (national-class is {national})"
    (one,) = mark_not_due(of_class(""), (failing(check),), NOW)
    if freed:
        assert (one.status, one.reason, one.caused_by) == ("unknown", "not-declared", "declarations site")
        assert (one.evidence["found"], one.evidence["count"]) == ("fail", 3), "what was seen stays"
        assert "national-class" in str(one.message) and "camwarden declare" in str(one.message)
    else:
        assert one.status == "fail"


@pytest.mark.parametrize("check", sorted(ALWAYS_REPORTED))
@pytest.mark.parametrize("national", ["9", "33", ""])
def test_what_the_agent_must_know_is_told_everywhere_and_not_in_the_name_of_the_order(
    check: str, national: str
) -> None:
    (one,) = mark_not_due(of_class(national), (failing(check),), NOW)
    assert (one.status, one.source) == ("fail", OWN_SOURCE)


@pytest.mark.parametrize("duty", ["key-target", "entertainment-venue"])
def test_another_law_that_binds_keeps_the_retention_due(duty: str) -> None:
    """The Counter-Terrorism Law and the entertainment rules ask it of other places as well."""
    a_site = declared_site(word("national-class", "9"), word(duty, True))
    assert due(a_site, "retention-days", TODAY) == BINDS
    unsaid = declared_site(word("national-class", "9"), without=("key-target",))
    assert due(unsaid, "retention-days", TODAY).is_due is None
    assert str(due(unsaid, "retention-days", TODAY).why) == "waits for key-target"


def test_what_the_profile_does_not_ask_for_keeps_nothing_open() -> None:
    """Nobody is asked in the profile `technical` whether it is an entertainment venue."""
    a_site = replace(declared_site(word("national-class", "9"), without=("entertainment-venue",)), rules=Rules())
    assert due(a_site, "retention-days", TODAY).is_due is False
    assert due(replace(a_site, rules=Rules("full")), "retention-days", TODAY).is_due is None


def test_a_class_that_has_run_out_still_says_what_is_due() -> None:
    ended = declared_site(word("national-class", "9", until=TODAY.replace(month=1)))
    assert due(ended, "archive-complete", TODAY).is_due is False


def test_a_pack_of_the_site_can_ask_for_what_the_order_leaves_open() -> None:
    own = replace(PACK, id="house", obligations=tuple(
        replace(one, when=()) for one in PACK.obligations if one.id == "retention" and in_effect(one, TODAY)
    ))  # fmt: skip
    a_site = of_class("9")
    assert due(replace(a_site, packs=(*a_site.packs, own)), "retention-days", TODAY) == BINDS
    declared_only = replace(own, status="declared-only")
    assert due(replace(a_site, packs=(*a_site.packs, declared_only)), "retention-days", TODAY).is_due is False


SHORT = gather(
    healthy_device()
    + tuple(one for name in ("gate", "yard") for one in without(healthy_camera(name), Recordings))
    + tuple(
        replace(one, value=Recordings((Span(NOW.replace(day=20), NOW),), "rtsp://192.0.2.1/replay"))
        for name in ("gate", "yard")
        for one in healthy_camera(name)
        if isinstance(one.value, Recordings)
    )
)


@pytest.mark.parametrize(
    ("national", "status", "reason", "cause"),
    [
        ("7-2", "fail", "too-short", ""),
        ("9", "not_applicable", "exempt", ""),
        ("33", "not_applicable", "exempt", ""),
        ("", "unknown", "not-declared", "declarations site"),
    ],
)
def test_footage_of_four_days_is_judged_by_the_class_of_the_site(
    national: str, status: str, reason: str, cause: str
) -> None:
    found = {one.key: one for one in run_checks(of_class(national, "technical"), SHORT, NOW)}
    one = found["retention-days camera:gate"]
    assert (one.status, one.reason, one.caused_by) == (status, reason, cause)


def test_nothing_fails_or_warns_at_a_site_of_which_nobody_said_under_which_article_it_stands() -> None:
    """But for what binds every site; nothing of what is freed elsewhere passes for less than unknown."""
    wrong = {one.check for one in run_checks(of_class(""), SHORT, NOW) if one.status in ("fail", "warn")}
    assert wrong.isdisjoint(FREED_CHECKS)
