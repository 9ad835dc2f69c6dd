"""Defines the memory of a finding: its last status that counted, and its open episode. Pure.

An episode begins when something is first seen not well and ends when it is well for good, as
`agent/judge/memory/debounce.py` decides. Here are the values, their encoding, and repair times of closed episodes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.contract.repair_counts import CLASSES, OTHER, Repairs
from agent.judge.memory.notes import Acknowledgement
from agent.judge.memory.notes import from_data as note_from
from agent.judge.memory.notes import to_data as note_data
from agent.model.finding import Finding, Json, Message, Severity, Status, utc_text, values_from

WELL: Final[frozenset[Status]] = frozenset({"pass", "not_applicable"})
"""What no episode is about."""

WORST_FIRST: Final[tuple[Status, ...]] = ("fail", "warn", "unknown")


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch in which one finding was not well. Times are aware UTC, our clock.

    `status`: the current one; `worst`: the worst that counted. `detected_at`: when first seen. `repaired_at`: since
    when it is seen well, None while it is not. `verified_at`: when that had lasted long enough, or a job proved it; the
    episode is then closed. `count`: how often it was found not well, the first time included. `flapping`: too frequent
    changes, no more events. `told`: an event reported it; only then is recovery reported. `fault_class`: as last
    inferred by `agent/observe/inventory/common_causes.py`, or empty.
    """

    check: str
    subject: str
    status: Status
    worst: Status
    severity: Severity
    reason: str
    message: Message
    detected_at: datetime
    acknowledged: Acknowledgement | None = None
    repaired_at: datetime | None = None
    verified_at: datetime | None = None
    count: int = 1
    flapping: bool = False
    told: bool = False
    fault_class: str = ""

    @property
    def key(self) -> str:
        """The key of its finding."""
        return f"{self.check} {self.subject}"


@dataclass(frozen=True, slots=True)
class FindingState:
    """The last status of a finding that counted, and what was seen since that may count soon.

    `candidate`: another status, seen `seen_times` in a row since `candidate_since`. `openings`: when, within a day, it
    turned not well. `episode`: the open one.
    """

    status: Status
    since: datetime
    candidate: Status | None = None
    seen_times: int = 0
    candidate_since: datetime | None = None
    openings: tuple[datetime, ...] = ()
    episode: Episode | None = None


def new_episode(finding: Finding, detected_at: datetime) -> Episode:
    """Return the episode that begins with a finding."""
    return Episode(
        finding.check, finding.subject, finding.status, finding.status, finding.severity, finding.reason,
        finding.message, detected_at, fault_class=class_of(finding),
    )  # fmt: skip


def class_of(finding: Finding) -> str:
    """Return the class of fault that a finding names, empty where it names none."""
    return str(finding.evidence.get("fault_class", ""))


def is_worse(status: Status, than: Status) -> bool:
    """Tell whether a status is worse than another; neither is of `WELL`."""
    return WORST_FIRST.index(status) < WORST_FIRST.index(than)


def valid_acknowledgement(episode: Episode, word: Acknowledgement | None) -> Acknowledgement | None:
    """Return an acknowledgement, if it is of this episode and of nothing less bad."""
    if word is None or word.detected_at != episode.detected_at or is_worse(episode.worst, word.worst):
        return None
    return word


def repairs(closed: Iterable[Episode], by: Callable[[Episode], str] = lambda one: one.check) -> dict[str, Repairs]:
    """Return the mean time to repair of closed episodes, by check or by the key `by`.

    Episodes that were only unknown, or ended without being seen well, were not repaired. A repair before its fault
    (clock) is dropped.
    """
    found: dict[str, Repairs] = {}
    for one in closed:
        if one.repaired_at is None or one.verified_at is None or one.worst == "unknown":
            continue
        took_s = round((one.repaired_at - one.detected_at).total_seconds())
        if took_s >= 0:
            found[by(one)] = found.get(by(one), Repairs()).plus(Repairs(1, took_s, int(one.flapping)))
    return dict(sorted(found.items()))


def by_class(episode: Episode) -> str:
    """Return the class of fault of an episode, for `repairs`."""
    return episode.fault_class if episode.fault_class in CLASSES else OTHER


def repairs_by_subject(closed: Iterable[Episode]) -> dict[str, dict[str, Repairs]]:
    """Return the repairs of closed episodes by subject (`camera:ID`, `device:ID`, `site`) and class."""
    of: dict[str, list[Episode]] = {}
    for one in closed:
        of.setdefault(one.subject, []).append(one)
    return {subject: found for subject, ones in sorted(of.items()) if (found := repairs(ones, by_class))}


def open_episodes(known: Mapping[str, FindingState]) -> tuple[Episode, ...]:
    """Return the open episodes, worst first, then the oldest."""
    found = [one.episode for one in known.values() if one.episode is not None]
    return tuple(sorted(found, key=lambda e: (WORST_FIRST.index(e.status), e.detected_at, e.key)))


def flapping_episodes(known: Mapping[str, FindingState]) -> tuple[Episode, ...]:
    """Return the open episodes that flap."""
    return tuple(one for one in open_episodes(known) if one.flapping)


def times_json(episode: Episode) -> dict[str, Json]:
    """Return the times of an episode as in events and `--json`; what has not happened is null."""
    noted = episode.acknowledged
    return {
        "detected_at": utc_text(episode.detected_at),
        "acknowledged": {"by": noted.by, "at": utc_text(noted.at), "why": noted.why, "until": utc_text(noted.until)}
        if noted
        else None,
        "repaired_at": utc_text(episode.repaired_at) if episode.repaired_at else None,
        "verified_at": utc_text(episode.verified_at) if episode.verified_at else None,
        "count": episode.count,
        "flapping": episode.flapping,
    }


def episode_data(one: Episode) -> dict[str, Any]:
    """Return an episode as JSON data."""
    return {
        "check": one.check,
        "subject": one.subject,
        "status": one.status,
        "worst": one.worst,
        "severity": one.severity,
        "reason": one.reason,
        "message": [one.message.template, one.message.plain_values(), one.message.next_step],
        "detected_at": one.detected_at.isoformat(),
        "acknowledged": note_data(one.acknowledged) if one.acknowledged else None,
        "repaired_at": one.repaired_at.isoformat() if one.repaired_at else None,
        "verified_at": one.verified_at.isoformat() if one.verified_at else None,
        "count": one.count,
        "flapping": one.flapping,
        "told": one.told,
        **({"fault_class": one.fault_class} if one.fault_class else {}),
    }


def episode_from(data: Mapping[str, Any]) -> Episode:
    """Return what `episode_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    template, values, *step = data["message"]
    noted = note_from(data["acknowledged"]) if data["acknowledged"] else None
    return Episode(
        data["check"], data["subject"], data["status"], data["worst"], data["severity"], data["reason"],
        Message(template, values_from(values), *step), datetime.fromisoformat(data["detected_at"]),
        noted if isinstance(noted, Acknowledgement) else None,
        _time(data["repaired_at"]), _time(data["verified_at"]), int(data["count"]), bool(data["flapping"]),
        bool(data.get("told", True)), str(data.get("fault_class", "")),
    )  # fmt: skip


def to_data(known: FindingState) -> list[Any]:
    """Return the state of a finding as JSON data; only the first four members where it is well and steady."""
    row: list[Any] = [known.status, known.since.isoformat(), known.candidate, known.seen_times]
    if known.candidate_since is None and not known.openings and known.episode is None:
        return row
    return [
        *row,
        known.candidate_since.isoformat() if known.candidate_since else None,
        [at.isoformat() for at in known.openings],
        episode_data(known.episode) if known.episode else None,
    ]


def from_data(row: list[Any]) -> FindingState:
    """Return what `to_data` wrote, also before there were episodes."""
    status, since, candidate, times, *rest = row
    candidate_since, openings, episode = rest or (None, (), None)
    return FindingState(
        status, datetime.fromisoformat(since), candidate, int(times), _time(candidate_since),
        tuple(datetime.fromisoformat(at) for at in openings), episode_from(episode) if episode else None,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
