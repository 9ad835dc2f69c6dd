"""A person's look at a zone that pictures cannot prove is shown apart as declared, and never makes a pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from footage_looks import facts_of
from sites import NOW, PATHS, ZONE, camera, healthy, site, without_path

from agent.judge.checks.pictures.masks import EFFECTIVE
from agent.judge.checks.table import run_checks
from agent.judge.claim import Held, Open, declared
from agent.judge.verdict import verdict
from agent.model.finding import Finding, Message
from agent.observe.approvals.attested import Attestation, drawn, in_force
from agent.observe.facts.sightings import BoxMark
from agent.observe.inventory.owners import Owner
from drivers.model import Observation
from drivers.picture import ZoneVerdict

DAY = timedelta(days=1)
WORD = Attestation(
    subject="camera:gate",
    zone=ZONE.name,
    drawn=drawn(ZONE),
    by="Wang",
    at=NOW - DAY,
    until=NOW + DAY,
    why="saw it",
)
UNSURE = tuple(ZoneVerdict(path, ZONE.name, "UNSURE", "no-texture") for path in (*PATHS, "playback"))


def seen(*verdicts: ZoneVerdict) -> tuple[Observation, ...]:
    """Return a camera in order whose verdicts on some paths are others."""
    other = {one.path: one for one in verdicts}
    return tuple(
        replace(one, value=other.get(one.value.path, one.value)) if isinstance(one.value, ZoneVerdict) else one
        for one in healthy()
    )


def judged(observations: tuple[Observation, ...], *words: Attestation) -> Finding:
    a_site = site(camera())
    facts = replace(facts_of(a_site, observations), attested=in_force(words, a_site.cameras, {}, NOW))
    found = run_checks(a_site, facts, NOW)
    (one,) = [f for f in found if f.key == "privacy-mask-effective camera:gate"]
    return one


def test_a_zone_that_pictures_cannot_prove_stays_unknown_and_says_who_has_looked() -> None:
    bare, found = judged(seen(*UNSURE)), judged(seen(*UNSURE), WORD)
    assert (bare.status, bare.reason, found.status, found.reason) == ("unknown", "no-texture", "unknown", "no-texture")
    assert "attested" not in bare.evidence
    assert found.evidence["attested"] == [
        {"zone": ZONE.name, "by": "Wang", "at": "2026-11-23T12:00:00Z", "until": "2026-11-25T12:00:00Z",
         "level": "declared"}
    ]  # fmt: skip
    assert str(found.message).endswith(
        f"Declared, not proven: Wang has looked at {ZONE.name}, which counts until 2026-11-25"
    )
    assert found.rests_on == ()


@pytest.mark.parametrize("path", [*PATHS, "playback"])
def test_one_path_that_is_not_proven_is_enough_and_no_word_closes_it(path: str) -> None:
    unsure = replace(UNSURE[0], path=path)  # type: ignore[arg-type]
    assert judged(seen(unsure), WORD).status == "unknown"


def test_a_word_frees_nobody_from_looking_and_hides_no_bare_zone() -> None:
    """Of a path at which nobody looked it says nothing; a zone that shows fails all the same."""
    missing = judged(without_path(healthy(), "main"), WORD)
    assert (missing.status, missing.reason) == ("unknown", "path-not-looked-at") and "attested" not in missing.evidence
    shown = judged(seen(replace(UNSURE[0], verdict="FAIL", reason="shows"), *UNSURE[1:]), WORD)
    assert (shown.status, "attested" in shown.evidence) == ("fail", False)
    assert "attested" not in judged(healthy(), WORD).evidence, "what is proven needs no word"


@pytest.mark.parametrize("changed", [
    {"until": NOW}, {"at": NOW + timedelta(seconds=1)}, {"zone": "another"}, {"subject": "camera:yard"},
    {"drawn": "0" * 16},
])  # fmt: skip
def test_what_is_over_of_another_zone_or_of_a_zone_drawn_otherwise_does_not_count(changed: dict[str, object]) -> None:
    assert "attested" not in judged(seen(*UNSURE), replace(WORD, **changed)).evidence


def test_a_word_on_a_box_does_not_count_for_the_next_one() -> None:
    ours, next_one = (Owner("dt0001", box=BoxMark("M", serial=name)) for name in ("42", "43"))
    word = replace(WORD, owner=ours)
    assert in_force([word], [camera()], {"gate": ours}, NOW) != {}
    assert in_force([word], [camera()], {"gate": next_one}, NOW) == {}


def test_no_evidence_of_a_declaration_holds_a_zone() -> None:
    """The claim itself refuses it: even a check that wrote `Held` would get no pass."""
    held = Held(f"hidden {ZONE.name} main", declared("camera:gate", "attested"))
    found = verdict(replace(EFFECTIVE, at=NOW), "camera:gate", [held], {}, Message("hidden"))
    assert (found.status, found.reason) == ("unknown", "not-seen")
    open_ = Open(f"hidden {ZONE.name} sub", "no-texture", Message("x"), attested=WORD)
    assert verdict(EFFECTIVE, "camera:gate", [open_], {}, Message("hidden")).status == "unknown"
