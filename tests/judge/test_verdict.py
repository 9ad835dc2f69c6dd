"""Obligations become one finding: any broken fails, any open is unknown, and a pass rests on evidence for each."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.judge.check import Check
from agent.judge.claim import Broken, Held, Open, Outcome, declared, grounds, own
from agent.judge.verdict import DOUBTS, verdict
from agent.model.finding import Finding, Ground, Message, Source
from drivers.model import Masks, Observation
from drivers.picture import ZoneVerdict

AT = datetime(2026, 11, 28, 8, tzinfo=UTC)
CHECK = Check("a-check", lambda *_: (), "major", Source("document", "article"), "A duty.")
WELL = Message("all is well")
TOLD, SEEN = grounds(
    (
        Observation("camera:a", Masks(()), AT, "onvif"),
        Observation("camera:a", ZoneVerdict("main", "door", "PASS", ""), AT, "look"),
    )
)


def judged(*outcomes: Outcome) -> Finding:
    return verdict(CHECK, "camera:a", outcomes, {"n": 1}, WELL)


def test_all_held_is_a_pass_that_names_what_it_rests_on() -> None:
    found = judged(Held("listed", (TOLD,)), Held("hidden", (TOLD, SEEN)))
    assert (found.status, found.reason, found.message, found.evidence) == ("pass", "", WELL, {"n": 1})
    assert found.rests_on == (
        Ground("Masks", "camera:a", "told", AT),
        Ground("ZoneVerdict", "camera:a", "seen", AT, "main"),
    )


def test_what_nobody_proved_is_unknown_whatever_else_is_held() -> None:
    found = judged(Held("listed", (TOLD,)), Open("hidden", "dark", Message("it is dark"), {"path": "main"}))
    assert (found.status, found.reason, found.rests_on) == ("unknown", "dark", ())
    assert found.evidence == {"n": 1, "path": "main"}


@pytest.mark.parametrize(
    ("mild", "doubted", "expected"),
    [
        (False, False, ("fail", "bare")),
        (False, True, ("fail", "bare")),
        (True, False, ("unknown", "dark")),
        (True, True, ("warn", "late")),
    ],
)
def test_the_worst_word_wins_and_all_that_is_broken_is_told(
    mild: bool, doubted: bool, expected: tuple[str, str]
) -> None:
    open_ = Open("hidden", "dark", Message("it is dark"), doubted=doubted)
    late, bare = Broken("when", "late", Message("late"), mild=True), Broken("zone", "bare", Message("bare"), mild=mild)
    found = judged(open_, late, bare, Held("listed", (TOLD,)))
    assert (found.status, found.reason) == expected
    assert "late" in str(found.message) and "bare" in str(found.message)
    assert set(found.evidence["broken"]) == {"late", "bare"}  # type: ignore[arg-type]
    assert DOUBTS not in found.evidence, "a breach is not folded among doubts"


def test_what_else_is_broken_follows_with_the_next_step_of_the_worst() -> None:
    worst = Broken("a", "off", Message("off by {n}", {"n": 3}, next_step="set {n}"))
    again = Broken("b", "off", Message("off by {n}", {"n": 4}))
    found = judged(worst, again, Broken("c", "zone", Message("wrong zone"), mild=True))
    assert str(found.message) == "off by 3; also: wrong zone: set 3"


def test_doubts_alone_are_listed_for_the_fold_and_other_reasons_are_not_doubts() -> None:
    doubt = Open("clock", "clock-not-trusted", Message("no"), doubted=True)
    more = Open("owner", "owner-guessed", Message("no"), doubted=True)
    assert judged(doubt, more).evidence[DOUBTS] == ["clock-not-trusted", "owner-guessed"]
    assert DOUBTS not in judged(doubt, Open("read", "refused", Message("no"))).evidence


def test_no_obligation_is_held_by_nothing() -> None:
    with pytest.raises(ValueError, match="without evidence"):
        Held("hidden", ())
    with pytest.raises(ValueError, match="without evidence"):
        Held("hidden", grounds(()))
    assert own("site", "spool")[0].level == "own"
    assert declared("site", "place-category")[0].level == "declared"


@pytest.mark.parametrize("outcomes", [(), (Held("a", (TOLD,)), Held("a", (SEEN,)))])
def test_nothing_due_and_one_thing_twice_are_mistakes_of_the_check(outcomes: tuple[Outcome, ...]) -> None:
    with pytest.raises(ValueError, match="each once"):
        judged(*outcomes)
