"""Not applicable means one thing: a rule or a person's declaration frees the subject; all else is unknown."""

import pytest
from sights import NOW

from agent.judge.checks.devices import factory
from agent.judge.freed import FREED_BY, Declaration, Rule, freed
from agent.judge.memory.debounce import FindingNotes, first_step, further_step
from agent.judge.verdict import waiting
from agent.model import exits
from agent.model.finding import Finding, Message
from agent.model.matters import shown

CHECK = factory.CHECK
WORDS = Message("it does not tell")
QUIET: Finding = waiting(CHECK, "device:box", "device", "not-told", WORDS)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (Rule("cn-799/retention"), {"rule": "cn-799/retention"}),
        (Declaration("mute", "Li Na"), {"declaration": "mute", "by": "Li Na"}),
    ],
)
def test_what_frees_a_subject_is_in_the_evidence(by: Rule | Declaration, told: dict[str, str]) -> None:
    finding = freed(CHECK, "site", by, "exempt", WORDS, {"days": 3})
    assert (finding.status, dict(finding.evidence)) == ("not_applicable", {"days": 3, FREED_BY: told})


@pytest.mark.parametrize("by", [Rule(""), Declaration("", "Li Na")])
def test_nothing_is_freed_by_nothing(by: Rule | Declaration) -> None:
    with pytest.raises(ValueError, match="nothing frees it"):
        freed(CHECK, "site", by, "exempt", WORDS, {})


def test_what_waits_is_unknown_and_changes_no_exit_code() -> None:
    assert (QUIET.status, bool(QUIET.quiet), len(shown([QUIET]))) == ("unknown", True, 1)
    assert exits.exit_code((QUIET,)) == exits.OK
    assert exits.exit_code((QUIET, CHECK.finding("site", "unknown", "fault", {}, WORDS))) == exits.UNCHECKED
    assert not shown([waiting(CHECK, "site", "look", "first-look", WORDS)]), "a later look will know by itself"


def test_what_waits_makes_no_event_and_opens_no_episode() -> None:
    notes = FindingNotes()
    first = first_step(QUIET, NOW, notes)
    assert first.known is not None and (first.told, first.episode) == (False, None)
    known = first.known
    for _ in range(5):
        step = further_step(known, QUIET, CHECK.looks, NOW, notes)
        assert step.known is not None and (step.told, step.changed, step.episode) == (False, False, None)
        known = step.known


def test_a_device_that_stops_telling_ends_no_fault() -> None:
    """Before, a fault of its disks was closed when the device told nothing of them any more."""
    notes = FindingNotes()
    failed = first_step(CHECK.finding("device:box", "fail", "broken", {}, WORDS), NOW, notes)
    assert failed.known is not None and failed.told
    known = failed.known
    for _ in range(5):
        step = further_step(known, QUIET, CHECK.looks, NOW, notes)
        assert step.known is not None and step.known.episode is not None and not step.told
        known = step.known
    assert known.episode is not None and known.episode.worst == "fail"
