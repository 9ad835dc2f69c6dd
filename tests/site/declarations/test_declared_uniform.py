"""Every word is told in the same keys and ends in the same steps, whatever it is about, whichever check rests on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache, partial

from duty_sites import FACTS, TODAY, declared_site, word
from every_case import holds_for_every
from sites import NOW

from agent.judge.checks.table import CHECKS, run_checks
from agent.judge.wording.declared_words import FOLDED
from agent.model.finding import Finding
from agent.site.config.site import Site
from agent.site.declarations.standing import Value
from agent.site.declarations.table import BY_ID, DECLARABLES, Declarable
from agent.site.rules.pack import obligations
from agent.site.rules.read import shipped

KEYS = {"state", "by", "at", "until", "days_left"}
GIVEN = date(2026, 1, 31)

VALUES: Mapping[str, Value] = {
    "business-hours": "18:00-26:00", "neighbour-consent": "consent 4", "required-points": ("P1",),
    "required-point": "P1", "stream-design": "H264 640x360", "name-reviewed": ("Gate",), "view-library": True,
}  # fmt: skip
NEEDS: Mapping[str, Mapping[str, Value]] = {
    "install-authority": {"zone-type": "road"}, "business-hours": {"entertainment-venue": True},
    "required-points": {"required-point": "P1"},
}  # fmt: skip
"""What else must be declared for a word to be due, or to be enough."""

BY_WORD = {
    check for check in {row.check for row in DECLARABLES}
    if all(one.observed == "declared" for _, one in obligations(shipped(), check))
} | {"scope-declared", "secure-device-level", "view-library-keepalive", "access-register-match"}  # fmt: skip
"""Checks that rest on somebody's word alone, also where devices could say more one day."""

STEPS = [
    (61, "declared", "pass", ""),
    (60, "expiring", "warn", "expiring"),
    (15, "expiring", "warn", "expiring"),
    (14, "expiring", "warn", "expiring-soon"),
    (0, "expiring", "warn", "expiring-soon"),
    (-1, "expired-grace", "warn", "grace"),
    (-30, "expired-grace", "warn", "grace"),
    (-31, "expired", "unknown", "expired"),
]


def site_where(row: Declarable, days: int) -> Site:
    """Return a site for which everything is declared, and in which one word ends in so many days."""
    beside = [word(duty, value) for duty, value in NEEDS.get(row.id, {}).items()]
    own = word(row.id, VALUES.get(row.id), until=TODAY + timedelta(days=days), at=GIVEN)
    venue = [word("business-hours", "18:00-26:00")] if row.id == "entertainment-venue" else []
    return declared_site(own, *beside, *venue)


@cache
def judged(row: Declarable, days: int) -> dict[str, Finding]:
    return {one.key: one for one in run_checks(site_where(row, days), FACTS, NOW)}


def rows_of(finding: Finding, duty: str) -> Iterator[Mapping[str, object]]:
    for key in ("declared", "open"):
        listed = finding.evidence.get(key)
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping) and one.get("duty") == duty:
                yield one


def says_whose_it_is(row: Declarable, days: int, state: str, status: str, reason: str) -> None:
    one = judged(row, days)[FOLDED]
    if row.asked == "never" and state == "expired":
        status, reason = "pass", ""  # it means "no" again, and nobody is asked for it
    assert (one.status, one.reason) == (status, reason)
    told = list(rows_of(one, row.id))
    assert [(line["state"], line["days_left"]) for line in told] == ([(state, days)] if status != "pass" else [])
    for line in told:
        until = (TODAY + timedelta(days=days)).isoformat()
        assert (line["by"], line["at"], line["until"]) == ("Li Na", "2026-01-31", until)


def test_each_word_ends_in_the_same_steps_and_says_whose_it_is() -> None:
    holds_for_every(
        (f"{row.id} {step[0]}", partial(says_whose_it_is, row, *step)) for row in DECLARABLES for step in STEPS
    )


def rests_on_words(row: Declarable, days: int, state: str, status: str, reason: str) -> None:
    found = [one for one in judged(row, days).values() if one.check == row.check]
    told = [(one, line) for one in found for line in rows_of(one, row.id)]
    assert told, "it says on whose word it rests"
    for one, line in told:
        until = (TODAY + timedelta(days=days)).isoformat()
        assert {key: line[key] for key in KEYS} == {
            "state": state, "by": "Li Na", "at": "2026-01-31", "until": until, "days_left": days,
        }  # fmt: skip
        if one.reason not in ("not-read-yet", "past-breach", "needs-declaration"):
            assert (one.status, one.reason) == (status, reason)
            assert one.caused_by == ("" if status == "pass" else FOLDED)


def test_a_check_that_rests_on_words_alone_says_whose_they_are_and_how_long_they_count() -> None:
    rows = [row for row in DECLARABLES if row.check in BY_WORD]
    holds_for_every((f"{row.id} {step[0]}", partial(rests_on_words, row, *step)) for row in rows for step in STEPS)


def test_every_line_about_a_word_has_the_same_keys_also_where_nobody_gave_it() -> None:
    given = run_checks(declared_site(), FACTS, NOW)
    bare = run_checks(declared_site(without=tuple(BY_ID)), FACTS, NOW)
    lines = [line for one in (*given, *bare) for duty in BY_ID for line in rows_of(one, duty)]
    assert len(lines) > 100
    assert {frozenset(KEYS - line.keys()) for line in lines} == {frozenset()}
    missing = [line for line in lines if line["state"] == "missing"]
    assert missing and all(line[key] is None for line in missing for key in KEYS - {"state"})


def test_every_declarable_names_a_check_that_is_written() -> None:
    assert {row.check for row in DECLARABLES} <= {check.id for check in CHECKS}
