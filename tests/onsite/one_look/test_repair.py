"""Two looks at the same: what is called repaired, and what never is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sites import camera, site

from agent.model.finding import Finding, Message, Source, Status
from agent.onsite.one_look.compare import OUTCOMES, compare, counts, narrowed, outcome_of, to_look_at_again
from drivers.footage import Store

LETTERS: dict[str, Status] = {"p": "pass", "w": "warn", "f": "fail", "u": "unknown", "n": "not_applicable"}


def finding(letter: str, subject: str = "camera:gate", check: str = "clock-offset") -> Finding | None:
    """Return a finding of a status by its letter, with a cause elsewhere for a capital, none for a dot."""
    if letter == ".":
        return None
    cause = "camera-online camera:gate" if letter.isupper() else ""
    return Finding(check, subject, LETTERS[letter.lower()], "major", Message("x"), Source("rule", "1"), caused_by=cause)


def findings(**letters: str) -> tuple[Finding, ...]:
    made = (finding(letter, f"camera:{name}") for name, letter in letters.items())
    return tuple(one for one in made if one is not None)


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ("f", "p", "repaired"),
        ("w", "p", "repaired"),
        ("f", "f", "still-open"),
        ("f", "w", "still-open"),
        ("w", "f", "still-open"),
        ("f", "F", "still-open"),
        ("f", "u", "cannot-be-told"),
        ("f", "U", "cannot-be-told"),
        ("f", "n", "cannot-be-told"),
        ("f", ".", "cannot-be-told"),
        ("u", "u", "cannot-be-told"),
        ("u", ".", "cannot-be-told"),
        ("u", "p", "well-now"),
        ("u", "f", "new"),
        ("p", "f", "new"),
        ("n", "w", "new"),
        (".", "f", "new"),
        ("U", "f", "new"),
        ("p", "u", "cannot-be-told"),
        (".", "u", "cannot-be-told"),
        ("p", "p", None),
        ("p", "n", None),
        ("p", ".", None),
        (".", "p", None),
        ("U", "p", None),
        ("F", "p", None),
        ("U", "U", None),
        ("p", "U", None),
        (".", "F", None),
    ],
)
def test_what_becomes_of_a_finding(before: str, after: str, outcome: str | None) -> None:
    assert outcome_of(finding(before), finding(after)) == outcome


def test_nothing_is_repaired_unless_it_failed_before_and_passes_now() -> None:
    letters = [".", *LETTERS, *(letter.upper() for letter in LETTERS)]
    repaired = {(b, a) for b in letters for a in letters if outcome_of(finding(b), finding(a)) == "repaired"}
    assert {(b, a.lower()) for b, a in repaired} == {("f", "p"), ("w", "p")}


def test_two_looks_are_compared_by_check_and_subject_and_what_needs_somebody_comes_first() -> None:
    found = compare(findings(a="f", b="f", c="p", d="u"), findings(a="p", b="f", c="f", d="p"))
    assert [(one.key.split(":")[1], one.outcome) for one in found] == [
        ("b", "still-open"), ("c", "new"), ("a", "repaired"), ("d", "well-now"),
    ]  # fmt: skip
    assert counts(found) == dict(zip(OUTCOMES, (1, 1, 0, 1, 1), strict=True))


def test_what_is_looked_at_again_is_what_was_wrong_itself() -> None:
    of_site = replace(findings(a="u")[0], subject="site")
    again = to_look_at_again((*findings(a="f", b="w", c="u", d="p", e="n", f="U"), of_site))
    assert [one.subject for one in again] == ["camera:a", "camera:b", "camera:c"]
    assert to_look_at_again((replace(of_site, status="fail"),)) != ()


SITE = site(
    camera("gate", "nvr"),
    camera("yard", "nvr"),
    camera("roof", "ip"),
    camera("shed", "ip2", store="disk", store_name="shed"),
    stores=(Store("disk", "segments", Path("/recordings")),),
)


@pytest.mark.parametrize(
    ("subject", "cameras", "boxes"),
    [
        ("camera:gate", {"gate"}, {"nvr"}),
        ("camera:shed", {"shed"}, {"ip2", "disk"}),
        ("device:nvr", {"gate", "yard"}, {"nvr"}),
        ("device:disk", {"shed"}, {"ip2", "disk"}),
        ("device:ip", {"roof"}, {"ip"}),
        ("site", {"gate", "yard", "roof", "shed"}, {"nvr", "ip", "ip2", "disk"}),
    ],
)
def test_a_second_look_reads_what_failed_and_what_that_depends_on(
    subject: str, cameras: set[str], boxes: set[str]
) -> None:
    part = narrowed(SITE, (replace(findings(a="f")[0], subject=subject),))
    assert {one.camera.id for one in part.cameras} == cameras
    assert {one.id for one in part.devices} | {one.id for one in part.stores} == boxes
