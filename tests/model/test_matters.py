"""What is alike is one matter, a cause explains what is no worse than itself, and the worst comes first."""

from __future__ import annotations

import itertools
from dataclasses import replace
from random import Random

import pytest

from agent.model.finding import ACCEPTED, WAITS_FOR, Finding, Message, Severity, Source, Status
from agent.model.matters import WELL, counts, finding_counts, key_of, matters, rank, roots, shown

RULE = Source("Order 799", "article 20")


def finding(key: str, status: Status, caused_by: str = "", reason: str = "why", waits: str = "") -> Finding:
    check, _, subject = key.partition(" ")
    evidence = {WAITS_FOR: waits} if waits else {}
    severity: Severity = "major"
    return Finding(check, subject, status, severity, Message("said"), RULE, reason, evidence, caused_by)


def test_what_is_alike_at_many_cameras_is_one_matter_with_their_number() -> None:
    alike = [finding(f"view camera:{number}", "unknown") for number in range(15)]
    (one,) = matters(alike)
    assert (one.id, len(one.found), one.following) == ("view unknown why", 15, ())
    assert counts(alike)["unknown"] == 1
    assert finding_counts(alike)["unknown"] == 15


def test_another_reason_or_another_word_is_another_matter() -> None:
    told = [
        finding("view camera:a", "unknown"),
        finding("view camera:b", "fail"),
        finding("view camera:c", "unknown", reason="other"),
        finding("view camera:d", "unknown", waits="person"),
    ]
    assert [one.id for one in matters(told)] == [
        "view fail why", "view unknown why", "view unknown other", "view unknown why person",
    ]  # fmt: skip


def test_what_follows_stands_with_its_first_cause_however_long_the_way() -> None:
    told = [
        finding("clock device:a", "warn", "online device:a"),
        finding("kept camera:a", "unknown", "whole camera:a"),
        finding("whole camera:a", "unknown", "online device:a"),
        finding("online device:a", "fail"),
    ]
    (one,) = matters(told)
    assert [each.key for each in one.found] == ["online device:a"]
    assert {each.key for each in one.following} == {"clock device:a", "kept camera:a", "whole camera:a"}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([finding("a site", "fail", "b site")], id="missing"),
        pytest.param([finding("a site", "fail", "b site"), finding("b site", "pass")], id="well"),
        pytest.param([finding("a site", "fail", "b site"), finding("b site", "not_applicable")], id="not-due"),
        pytest.param([finding("a site", "fail", "b site"), finding("b site", "warn")], id="milder"),
        pytest.param([finding("a site", "fail", "b site"), finding("b site", "unknown")], id="unknown"),
        pytest.param([finding("a site", "unknown", "b site"), finding("b site", "unknown", waits="look")], id="waits"),
        pytest.param([finding("a site", "fail", "a site")], id="itself"),
        pytest.param([finding("a site", "fail", "b site"), finding("b site", "fail", "a site")], id="circle"),
    ],
)
def test_a_cause_that_is_missing_well_milder_or_in_a_circle_explains_nothing(told: list[Finding]) -> None:
    assert all(roots(told)[key_of(one)] is one for one in told)
    assert next(one for one in matters(told) if one.found[0].check == "a").following == ()


def test_beside_a_circle_everything_stands() -> None:
    told = [
        finding("a site", "fail", "b site"),
        finding("b site", "fail", "c site"),
        finding("c site", "fail", "b site"),
    ]
    assert {key_of(each) for one in matters(told) for each in one.found} == {"a site", "b site", "c site"}


def test_not_to_know_is_worse_than_a_mild_breach_and_waiting_is_better() -> None:
    told = [
        finding("a site", "unknown", waits="person"),
        finding("b site", "pass", reason=""),
        finding("c site", "warn"),
        finding("d site", "unknown"),
        finding("e site", "not_applicable"),
        finding("f site", "fail"),
    ]
    assert [one.found[0].check for one in matters(told)] == ["f", "d", "c", "a", "b", "e"]


def test_of_equal_ones_what_explains_others_comes_first_and_then_what_is_graver() -> None:
    told = [
        replace(finding("a site", "fail"), severity="minor"),
        replace(finding("b site", "fail"), severity="critical"),
        finding("c site", "fail"),
        finding("d site", "unknown", "c site"),
    ]
    assert [one.found[0].check for one in matters(told)] == ["c", "b", "a"]


def test_what_is_accepted_or_known_at_a_later_look_is_counted_and_not_shown() -> None:
    told = [
        finding("a site", "unknown", waits="look"),
        replace(finding("b site", "unknown"), evidence={ACCEPTED: {"by": "Wang"}, WAITS_FOR: "device"}),
        finding("c site", "unknown", waits="device"),
        finding("d site", "unknown", waits="person"),
        finding("e site", "pass", reason=""),
    ]
    assert [one.found[0].check for one in shown(told)] == ["c", "d"]
    assert counts(told)["unknown"] == 4


@pytest.mark.parametrize("seed", range(200))
def test_every_finding_stands_in_one_matter_and_none_is_worse_than_its_matter(seed: int) -> None:
    told = any_findings(Random(seed))
    folded = matters(told)
    stands = [each for one in folded for each in (*one.found, *one.following)]
    assert sorted(each.key for each in stands) == sorted(each.key for each in told)
    for one in folded:
        assert {(each.check, each.status, each.reason, each.quiet) for each in one.found} == {
            (one.found[0].check, one.status, one.found[0].reason, one.quiet)
        }
        assert all(rank(one.status, one.quiet) <= rank(each.status, each.quiet) for each in one.following)
        assert one.status not in WELL or not one.following
    assert sum(counts(told).values()) == len(folded)
    assert [rank(one.status, one.quiet) for one in folded] == sorted(rank(one.status, one.quiet) for one in folded)


def any_findings(random: Random) -> list[Finding]:
    """Return findings of any words and causes, as a faulty or lying site may sign them."""
    keys = [f"{check} {subject}" for check, subject in itertools.product("abcd", ("site", "camera:1", "device:2"))]
    statuses: tuple[Status, ...] = ("fail", "warn", "unknown", "unknown", "pass", "not_applicable")
    return [
        finding(
            key,
            random.choice(statuses),
            random.choice(["", "", *keys, "missing site"]),
            random.choice(["x", "y"]),
            random.choice(["", "", "look", "device"]),
        )
        for key in random.sample(keys, random.randint(1, len(keys)))
    ]
