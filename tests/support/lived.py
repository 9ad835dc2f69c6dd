"""A finding over many looks, each followed by a restart of the daemon, for tests of what is told and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sites import NOW, camera, site

from agent.judge.memory.episodes import Episode, open_episodes
from agent.judge.memory.memory import Memory, from_json, to_json
from agent.judge.memory.notes import Acknowledgement, ActiveNotes, active_notes
from agent.judge.memory.transitions import Transition, transitions
from agent.model.finding import Finding, Message, Source, Status

STEP = timedelta(minutes=15)
ONLINE, CLOCK = "camera-online", "clock-offset"
LETTERS: dict[str, Status] = {"p": "pass", "w": "warn", "f": "fail", "u": "unknown", "n": "not_applicable"}


def finding(status: Status, check: str = CLOCK, subject: str = "camera:gate") -> Finding:
    return Finding(check, subject, status, "major", Message("x"), Source("rule", "1"))


def live(
    looks: str | Sequence[Status],
    check: str = CLOCK,
    memory: Memory | None = None,
    noted: ActiveNotes | None = None,
    start: datetime = NOW,
) -> tuple[list[Transition], Memory]:
    """Look once a quarter of an hour, as a daemon does that is restarted after each look."""
    memory = memory or Memory()
    changed: list[Transition] = []
    for number, letter in enumerate(looks):
        one = (finding(LETTERS.get(letter, letter), check),)  # type: ignore[arg-type]
        new, memory = transitions(one, memory, start + number * STEP, noted or ActiveNotes())
        memory = from_json(to_json(memory))
        changed += new
    return changed, memory


def story(changed: list[Transition]) -> str:
    """Return the changes as letters, those that are not told in lower case."""
    words = {"pass": "P", "warn": "W", "fail": "F", "unknown": "U", "not_applicable": "N"}
    return "".join(words[one.finding.status] if one.told else words[one.finding.status].lower() for one in changed)


def the_open(memory: Memory) -> Episode:
    (episode,) = open_episodes(memory.known)
    return episode


def acked(episode: Episode, until: datetime = NOW + timedelta(days=7)) -> ActiveNotes:
    note = Acknowledgement(episode.key, episode.detected_at, episode.worst, "Wang", NOW, "new camera is ordered", until)
    return active_notes(site(camera()), (note,), NOW)
