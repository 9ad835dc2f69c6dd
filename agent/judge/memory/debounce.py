"""Decides when a new status of a finding counts, and when its episode begins and ends. Pure.

It counts looks, not seconds: a clock that jumps decides nothing. The exception is flapping: what fails again within a
day of the time before, or more than `FLAPS_A_DAY` times while open, is one episode with a count until it has been well
for a whole day.

A recovery is reported only where the fault was: what is learned, or due, for the first time is no news. Nor is a pass
that is withheld (`agent/judge/wording/held.py`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.check import Looks
from agent.judge.checks.footage.shared import TAMPER_ID
from agent.judge.memory.episodes import (
    WELL,
    Episode,
    FindingState,
    class_of,
    is_worse,
    new_episode,
    valid_acknowledgement,
)
from agent.judge.memory.notes import Acknowledgement, Proof
from agent.judge.wording.held import is_held
from agent.model.finding import Finding, Status, is_waiting

FLAPS_A_DAY: Final = 3
A_DAY: Final = timedelta(days=1)
NOT_JUDGED: Final[Status] = "not_applicable"
"""How a finding that waits is remembered: as one that is not due. An open episode it does not close: it is unknown."""


@dataclass(frozen=True, slots=True)
class FindingNotes:
    """People's notes on one finding: see `agent/judge/memory/notes.py`."""

    acknowledged: Acknowledgement | None = None
    planned: bool = False
    proved: Proof | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one look for a finding.

    `known` None: not known yet, since it was first seen not well during planned work. `changed`: another status counts
    now; `told`: it makes an event. `episode`: the open one, or the one closed by this look.
    """

    known: FindingState | None
    changed: bool = False
    told: bool = False
    episode: Episode | None = None


def first_step(finding: Finding, now: datetime, noted: FindingNotes) -> Step:
    """Return the result of the first look at a finding: a fail makes an event, the rest is only remembered."""
    if finding.status in WELL:
        return Step(FindingState(finding.status, now))
    if is_waiting(finding):
        return Step(FindingState(NOT_JUDGED, now))
    if noted.planned:
        return Step(None)
    told = finding.status == "fail"
    episode = replace(new_episode(finding, now), told=told)
    state = FindingState(finding.status, now, openings=(now,), episode=episode)
    return Step(state, changed=True, told=told, episode=episode)


def further_step(before: FindingState, finding: Finding, looks: Looks, now: datetime, noted: FindingNotes) -> Step:
    """Return the result of a further look at a finding, which must have no cause.

    `looks`: how often a new status must be seen. `now` may be before the look before, where a clock was set back.
    """
    status = finding.status
    if is_waiting(finding) and before.status in WELL:  # with an open episode it is none of these
        since = before.since if before.status == NOT_JUDGED else now
        return Step(FindingState(NOT_JUDGED, since, openings=_recent_openings(before.openings, now)))
    same_run = before.candidate is not None and (before.candidate in WELL) == (status in WELL)
    since = min(before.candidate_since or now, now) if same_run else now
    times = before.seen_times + 1 if same_run else 1
    openings = _recent_openings(before.openings, now)
    episode = before.episode
    if episode is None and before.status not in WELL:  # remembered by a version that knew no episodes
        episode = replace(new_episode(finding, before.since), status=before.status, worst=before.status, told=True)
    if episode is not None:
        episode, openings = _updated_episode(episode, finding, since, now, openings, noted)
    if status == before.status:
        return Step(FindingState(before.status, before.since, openings=openings, episode=episode), episode=episode)
    if noted.planned and status not in WELL:
        return Step(replace(before, candidate=None, seen_times=0, candidate_since=None, openings=openings))
    if times < _needed(looks, status, noted) or _still_flapping(episode, status, now, noted):
        known = FindingState(before.status, before.since, status, times, since, openings, episode)
        return Step(known, episode=episode)
    if status in WELL:
        # What is due no longer, or for the first time, was not broken; what nobody heard of is not told as repaired.
        told = episode is not None and episode.told
        if episode is not None:
            episode = _closed(episode, status, now)
        return Step(FindingState(status, since, openings=openings), changed=True, told=told, episode=episode)
    if episode is None:
        episode, openings = _opened(finding, since, (*openings, since))
        told = not is_held(finding)
    else:
        worst = status if is_worse(status, episode.worst) else episode.worst
        episode = replace(_with_finding(episode, finding), status=status, worst=worst)
        episode = replace(episode, acknowledged=valid_acknowledgement(episode, noted.acknowledged))
        told = not episode.flapping and episode.acknowledged is None and not is_held(finding)
    episode = replace(episode, told=episode.told or told)
    state = FindingState(status, since, openings=openings, episode=episode)
    return Step(state, changed=True, told=told, episode=episode)


def _updated_episode(
    episode: Episode,
    finding: Finding,
    since: datetime,
    now: datetime,
    openings: tuple[datetime, ...],
    noted: FindingNotes,
) -> tuple[Episode, tuple[datetime, ...]]:
    """Return the open episode updated by this look and people's notes, and when it turned not well again."""
    episode = replace(episode, acknowledged=valid_acknowledgement(episode, noted.acknowledged))
    if finding.status in WELL:
        repaired_at = min(episode.repaired_at or since, now)
        return replace(episode, repaired_at=repaired_at), openings
    if episode.repaired_at is not None:
        openings = _recent_openings((*openings, now), now)
        episode = replace(episode, repaired_at=None, count=episode.count + 1)
    if finding.status == episode.status:
        episode = _with_finding(episode, finding)
    is_flapping = len(openings) > FLAPS_A_DAY or (episode.flapping and bool(openings))
    return replace(episode, flapping=is_flapping), openings


def _opened(finding: Finding, since: datetime, openings: tuple[datetime, ...]) -> tuple[Episode, tuple[datetime, ...]]:
    """Return the episode that begins; one reopened within a day includes the earlier ones."""
    episode = new_episode(finding, since)
    if len(openings) > 1:
        episode = replace(episode, detected_at=openings[0], count=len(openings), flapping=True)
    return episode, openings


def _closed(episode: Episode, status: Status, now: datetime) -> Episode:
    """Return the episode as it ends. What is no longer due was not repaired, and lost footage never is."""
    if status == "pass" and episode.check != TAMPER_ID:
        return replace(episode, verified_at=now)
    return replace(episode, repaired_at=None)


def _with_finding(episode: Episode, finding: Finding) -> Episode:
    seen = replace(episode, severity=finding.severity, reason=finding.reason, message=finding.message)
    return replace(seen, fault_class=class_of(finding) or episode.fault_class)


def _needed(looks: Looks, status: Status, noted: FindingNotes) -> int:
    if status in WELL:
        return 1 if noted.proved is not None else looks.recover
    return {"fail": looks.fail, "warn": looks.warn, "unknown": looks.unknown}.get(status, 1)


def _still_flapping(episode: Episode | None, status: Status, now: datetime, noted: FindingNotes) -> bool:
    """Tell whether a flapping episode has not been well for a day yet."""
    if episode is None or not episode.flapping or status not in WELL or noted.proved is not None:
        return False
    return episode.repaired_at is None or now - episode.repaired_at < A_DAY


def _recent_openings(openings: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """Return the openings of the last day, as many as flapping needs; future ones are dropped."""
    return tuple(at for at in openings if timedelta() <= now - at < A_DAY)[-FLAPS_A_DAY - 1 :]
