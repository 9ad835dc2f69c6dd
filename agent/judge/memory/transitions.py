"""Selects the status changes that become events, by comparing findings with what counted before. Pure.

A healthy site makes no events. Each check's row gives how often a status must be seen (`Looks`);
`agent/judge/memory/debounce.py` counts. In the history without an event: what is acknowledged and gets no worse, what
flaps, and what is no longer checked. Planned work begins no episode: what is not well when it is over is reported then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agent.judge.check import Looks
from agent.judge.checks.table import CHECKS
from agent.judge.memory import flapping
from agent.judge.memory.debounce import FindingNotes, first_step, further_step
from agent.judge.memory.episodes import Episode, FindingState
from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import NO_NOTES, ActiveNotes
from agent.model.finding import Finding, Message, Source, Status

LOOKS: Mapping[str, Looks] = {check.id: check.looks for check in CHECKS}
ANY_LOOKS = Looks()

SPOOL_MESSAGES = {
    "spool-corrupt": Message("the agent's spool was damaged and set aside: keep the file, and look at the disk"),
    "spool-restored": Message("the agent's spool is an older copy: find out who restored or cloned this gateway"),
    "disk-full": Message("the agent's disk was full: make room on it; the oldest reports may have been given up"),
}

GONE = Message("nobody looks at it any more")


@dataclass(frozen=True, slots=True)
class Transition:
    """A finding whose status changed; `before` is None where the finding was not known.

    `told`: it becomes an event. `episode`: the one that this opened, changed or closed.
    """

    finding: Finding
    before: Status | None
    episode: Episode | None = None
    told: bool = True


def transitions(
    findings: tuple[Finding, ...], memory: Memory, now: datetime, noted: ActiveNotes = NO_NOTES
) -> tuple[tuple[Transition, ...], Memory]:
    """Return what changed, and the updated memory.

    Findings that name a cause change nothing: their cause does.
    """
    changed: list[Transition] = []
    known: dict[str, FindingState] = {}
    for finding in findings:
        key = finding.key
        before = memory.known.get(key)
        if finding.caused_by:
            if before:
                known[key] = before
            continue
        people = _notes_on(noted, finding, before)
        if before is None:
            made = first_step(finding, now, people)
        else:
            made = further_step(before, finding, LOOKS.get(finding.check, ANY_LOOKS), now, people)
        if made.known is not None:
            known[key] = made.known
        if made.changed:
            says = flapping.with_flap_count(finding, made.episode)
            changed.append(Transition(says, before.status if before else None, made.episode, made.told))
    kept = {finding.key for finding in findings}
    gone = (one for key, one in memory.known.items() if one.episode is not None and key not in kept)
    changed += (_unchecked(one.episode, one.status) for one in gone if one.episode is not None)
    return tuple(changed), replace(memory, known=known)


def _notes_on(noted: ActiveNotes, finding: Finding, before: FindingState | None) -> FindingNotes:
    """Return people's notes on a finding; a proof is of the open episode, or of none."""
    proof = noted.proved.get(finding.key)
    episode = before.episode if before else None
    if proof is not None and (episode is None or proof.detected_at != episode.detected_at):
        proof = None
    return FindingNotes(noted.acknowledged.get(finding.key), finding.subject in noted.planned, proof)


def _unchecked(episode: Episode, before: Status) -> Transition:
    """Return the end of an episode that is no longer checked: it was not repaired."""
    finding = Finding(
        episode.check, episode.subject, "not_applicable", episode.severity, GONE,
        Source("camwarden", "what is not configured is not looked at"), "gone",
    )  # fmt: skip
    return Transition(finding, before, replace(episode, repaired_at=None), told=False)


def spool_incident(kind: str, detail: str) -> Transition:
    """Return the transition of a spool incident: reports of an earlier epoch may be missing.

    `kind`: a key of `SPOOL_MESSAGES`. `detail`: what was set aside, or which report showed it.
    """
    return Transition(
        Finding(
            "agent-spool", "site", "fail", "major", SPOOL_MESSAGES.get(kind, Message("the spool began a new epoch")),
            Source("camwarden", "promise 5: nothing committed is lost"), kind, {"detail": detail},
        ),
        None,
    )  # fmt: skip
