"""Defines the result of a self-test: one row per step, and what was odd. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from agent.contract.chain import encode
from agent.model import exits
from agent.model.finding import Json, Message, utc_text
from agent.observe.facts.link_tests import TestOutcome
from agent.observe.facts.platform_told import CameraTold
from agent.observe.pictures.turns import PathResult
from agent.onsite.link.plan import QUIET_AFTER_S

SCHEMA: Final = "camwarden-link-test/1"

StepName = Literal[
    "register", "heartbeat", "catalog", "device-info", "device-status", "records", "configuration", "cards",
    "picture", "masks", "playback", "security", "clock", "off", "own-slot", "other-slots",
]  # fmt: skip
StepStatus = Literal["seen", "told", "failed", "unknown", "skipped"]
"""`seen`: measured by us. `told`: by the device's own word. `unknown`: nobody could judge it, so that it counts not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `reason`: a kebab-case word for scripts, empty where all is well. `at`: when it had come to its end.

    `shown`: of the masks, what a picture of the camera showed of its zones; None where it proves nothing of them.
    """

    name: StepName
    status: StepStatus
    what: Message
    reason: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)
    at: datetime | None = None
    shown: PathResult | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 (hex) of its row, as compact JSON in the order of its members."""
        return _digest(_row(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResult:
    """The result of one test. `refused`: the device came with a wrong password, and never with the right one.

    `told`: what it told of its cameras, which `platform-facts-match` holds against what is true.
    `quiet_after_s`: after how long a silence the slot counted as off.
    """

    device_id: str
    platform_id: str
    address: str
    began_at: datetime
    ended_at: datetime
    steps: tuple[Step, ...]
    quirks: tuple[str, ...] = ()
    refused: bool = False
    told: tuple[CameraTold, ...] = ()
    quiet_after_s: float = QUIET_AFTER_S

    def step(self, name: StepName) -> Step | None:
        """Return a step by its name, None where the test did not come to it."""
        return next((one for one in self.steps if one.name == name), None)

    @property
    def outcome(self) -> TestOutcome | None:
        """What it proves of the interface; None where nothing is proven, as without a call for a picture."""
        statuses = {one.status for one in self.steps if one.name == "picture"}
        if "seen" in statuses:
            return "played"
        return "no-picture" if "failed" in statuses else None

    @property
    def pictures(self) -> tuple[PathResult, ...]:
        """What pictures on this path showed of the private zones of their cameras."""
        return tuple(one.shown for one in self.steps if one.shown is not None)

    @property
    def slots(self) -> Literal["read", "not-read"]:
        """Whether the device's own list of slots bears out what became of them."""
        last = self.step("other-slots")
        return "read" if last is not None and last.status != "unknown" else "not-read"

    @property
    def exit_code(self) -> int:
        """The exit code: 1 where a step fails, 4 where the password was wrong, 3 where a step is unknown, else 0."""
        statuses = {one.status for one in self.steps}
        return exits.worst("failed" in statuses, self.refused, "unknown" in statuses)

    def to_data(self) -> dict[str, Json]:
        """Encode it for scripts, sentences in English; no secret is in it."""
        return {
            "schema": SCHEMA,
            "device_id": self.device_id,
            "platform_id": self.platform_id,
            "address": self.address,
            "began_at": utc_text(self.began_at),
            "ended_at": utc_text(self.ended_at),
            "steps": [_row(one) for one in self.steps],
            "quirks": list(self.quirks),
            "quiet_after_s": self.quiet_after_s,
            "slots": self.slots,
        }

    @property
    def digest(self) -> str:
        """The SHA-256 (hex) of `to_data`, as compact JSON in the order of its members."""
        return _digest(self.to_data())


def _digest(data: Mapping[str, Json]) -> str:
    return hashlib.sha256(encode(data)).hexdigest()


def _row(step: Step) -> dict[str, Json]:
    what = Message(step.what.template, step.what.values)
    next_step = Message(step.what.next_step, step.what.values) if step.what.next_step else None
    return {
        "step": step.name,
        "status": step.status,
        "reason": step.reason,
        "what": str(what),
        "next_step": str(next_step) if next_step else None,
        "evidence": dict(step.evidence),
        "at": utc_text(step.at) if step.at is not None else None,
    }
