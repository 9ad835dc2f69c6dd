"""Defines what a PASS claims: obligations, each held by evidence, broken, or open. Pure.

A check derives its obligations from what is due or can be delivered: every stream that the device lists, every zone,
every day that the duty covers; never from what happened to be answered.
`agent/judge/verdict.py` makes one finding of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from agent.model.finding import Ground, Json, Level, Message, Source
from agent.observe.approvals.attested import Attestation
from agent.observe.pictures.turns import REMEMBERED
from drivers.model import UNPROVEN, Observation, Value
from drivers.picture import (
    Access,
    FootageOpened,
    ObjectsTold,
    PathFramed,
    PictureSeen,
    PictureTold,
    PresetSeen,
    StreamSample,
    StreamSound,
    ZoneSensitivity,
    ZoneVerdict,
)
from masking.view.model import QualitySeen, ViewSeen

SEEN_BY_US: Final = (
    Access, FootageOpened, ObjectsTold, PathFramed, PictureSeen, PictureTold, PresetSeen, QualitySeen, StreamSample,
    ViewSeen, ZoneSensitivity,
    ZoneVerdict,
)  # fmt: skip
"""The values that this agent measured itself; all others are what a device says."""


@dataclass(frozen=True, slots=True)
class Held:
    """An obligation that evidence proves. `key` names it within its check, such as `hidden door main`.

    Raises:
        ValueError: It rests on nothing.
    """

    key: str
    rests_on: tuple[Ground, ...]

    def __post_init__(self) -> None:
        if not self.rests_on:
            raise ValueError(f"{self.key}: no obligation is held without evidence")


@dataclass(frozen=True, slots=True)
class Broken:
    """An obligation that evidence contradicts. `mild` makes it a warning. `evidence` is added to the finding's.

    `source`: the rules that are broken, where figures tell which of those behind the check.
    """

    key: str
    reason: str
    message: Message
    evidence: Mapping[str, Json] = field(default_factory=dict)
    caused_by: str = ""
    mild: bool = False
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """An obligation of which nothing is proven. `caused_by`: the key of a finding that explains it, else empty.

    `doubted`: the evidence was offered, and is known to be unreliable: `agent/judge/wording/held.py` folds such
    findings. `attested`: who declares it all the same; it is shown apart, and the obligation stays open.
    """

    key: str
    reason: str
    message: Message
    evidence: Mapping[str, Json] = field(default_factory=dict)
    caused_by: str = ""
    doubted: bool = False
    attested: Attestation | None = None


Outcome = Held | Broken | Open


def ground(one: Observation) -> Ground:
    """Return an observation as evidence: what we measured is `seen`, what a device says is `told`.

    What only a device says of a picture is no more than told, however it is written down.
    """
    value: Value = one.value
    said = one.provenance != UNPROVEN and one.provenance.level == "told"
    level: Level = "seen" if isinstance(value, SEEN_BY_US) and not said else "told"
    path = value.path if isinstance(value, ObjectsTold | PictureSeen | PictureTold | StreamSound | ZoneVerdict) else ""
    path = "playback" if isinstance(value, FootageOpened) else path
    return Ground(type(value).__name__, one.subject, level, one.taken_at, path, one.method == REMEMBERED)


def grounds(observations: Iterable[Observation]) -> tuple[Ground, ...]:
    """Return observations as evidence."""
    return tuple(ground(one) for one in observations)


def own(subject: str, kind: str, true_at: datetime | None = None) -> tuple[Ground, ...]:
    """Return as evidence what this gateway knows of itself: its spool, its counters, its memory of answers."""
    return (Ground(kind, subject, "own", true_at),)


def declared(subject: str, *names: str) -> tuple[Ground, ...]:
    """Return as evidence what a person declared, by the declarations' names."""
    return tuple(Ground(name, subject, "declared") for name in names)
