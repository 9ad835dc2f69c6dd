"""Runs cycles of a site whose cameras are found online or not: real memory, real spool, signed reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from delivery import Maker, moment

from agent.deliver.spool.spool import Spool
from agent.judge.memory import memory as state
from agent.model.finding import Envelope, Finding, Message, Source, Status
from agent.observe.facts.facts import gather
from agent.service.cycle.cycle import CycleResult, tell

ONLINE = "camera-online"


def camera_cycle(
    maker: Maker, spool: Spool, at: datetime, found: Mapping[str, Status], called: str = ""
) -> tuple[Envelope, ...]:
    """Report a cycle with these statuses, by camera id; `called`: how messages call each of them instead of its id."""
    findings = tuple(
        Finding(
            ONLINE, f"camera:{name}", status, "major", Message("no answer from {name}", {"name": called or name}),
            Source("rule", "1"), "unreachable",
        )
        for name, status in found.items()
    )  # fmt: skip
    memory = state.from_json(spool.read_memory())
    return tell(maker.site, CycleResult(gather(()), findings, memory), spool, maker.signer, moment(at))
