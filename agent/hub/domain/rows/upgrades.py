"""Defines an upgrade of agents, and how far it is at each site, as ports hand it out. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

State = Literal["running", "stopped", "done", "replaced"]
Step = Literal["outside", "to-name", "named", "runs", "refused", "to-take-back"]
Scope = Literal["all", "division", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """An upgrade. `why` and the four numbers are those of the last verdict; `wave_at`: when the wave began."""

    id: int
    version: str
    scope: Scope
    name: str
    soak: timedelta
    state: State
    wave: int
    wave_at: str
    why: str
    number: int
    among: int
    others_number: int
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeSite:
    """How far an upgrade is at a site; `policy`: the version of the policy that named it. Times empty: not yet."""

    site: str
    wave: int
    step: Step
    policy: int
    named_at: str
    runs_at: str
    refused: str
    tried: bool
    excused: bool
    silent: bool
    bad: int
