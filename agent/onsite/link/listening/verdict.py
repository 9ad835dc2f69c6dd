"""Judges a conversation that passed on a line: registration, heartbeats, clauses that are not held. Pure.

The rules for times are those for a device's own slots (`agent/judge/checks/devices/platform_codes.py`), with what was
measured in the place of what was told.
"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.judge.checks.devices.platform_codes import HEARTBEAT, HEARTBEAT_MAX_S, RETRY_MIN_S, Flaw, wrong_times
from agent.model import exits
from agent.model.finding import Json, Message
from agent.onsite.link.listening.talks import Listener, Talk
from agent.onsite.link.result import Step
from drivers.footage import PlatformServer

SCHEMA: Final = "camwarden-link-listen/1"
VERSION: Final = "annex I"
IN_WORDS: Final = {VERSION: Message("annex I")}
VERSIONS: Final = ("", "1.0", "1.1", "2.0", "3.0")
"""Source: GB/T 28181-2022, annex I; a device of 2016 and before writes none."""
NEWEST: Final = "3.0"
WITHIN: Final = 1.05
"""What a time that was measured may be off by."""

_MIRROR: Final = "mirror both directions of the recorder's port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was heard of one conversation. Its steps are `told`, by traffic that whoever sends on the line can forge."""

    device_id: str
    platform_id: str
    transport: str
    scheme: str
    version: str | None
    steps: tuple[Step, ...]
    flaws: tuple[Flaw, ...]
    quirks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """The result of listening. `lost`: packets for which the kernel had no room; `no_room`: not followed."""

    listened_s: float
    verdicts: tuple[Verdict, ...]
    lost: int = 0
    malformed: int = 0
    no_room: int = 0

    @property
    def exit_code(self) -> int:
        """The exit code: 1 where a step fails or a clause is not held, 3 where something is not known, else 0."""
        statuses = {step.status for one in self.verdicts for step in one.steps}
        is_broken = any(not flaw.mild for one in self.verdicts for flaw in one.flaws)
        is_open = not self.verdicts or "unknown" in statuses or self.lost > 0 or self.no_room > 0
        return exits.worst("failed" in statuses or is_broken, False, is_open)

    def to_data(self) -> dict[str, Json]:
        """Encode it for scripts, sentences in English; no address and no secret is in it."""
        return {
            "schema": SCHEMA,
            "listened_s": round(self.listened_s),
            "packets_lost": self.lost,
            "malformed": self.malformed,
            "not_followed": self.no_room,
            "talks": [_row(one) for one in self.verdicts],
        }


def judge(listener: Listener, listened_s: float, lost: int) -> Listened:
    """Judge everything that was heard within a time."""
    return Listened(
        listened_s=listened_s,
        verdicts=tuple(verdict(one) for one in listener.talks),
        lost=lost,
        malformed=listener.malformed,
        no_room=listener.no_room,
    )


def verdict(talk: Talk) -> Verdict:
    """Judge one conversation."""
    return Verdict(
        device_id=talk.device_id,
        platform_id=talk.platform_id,
        transport=talk.transport,
        scheme=talk.scheme,
        version=talk.version,
        steps=(_registration(talk), _heartbeats(talk)),
        flaws=tuple(_flaws(talk)),
        quirks=tuple(sorted(talk.quirks)),
    )


def _registration(talk: Talk) -> Step:
    values: dict[str, object] = {"seconds": talk.expires_s, "version": talk.version or "2.0"}
    evidence: dict[str, Json] = {"state": talk.state, "expires_s": talk.expires_s, "retries": len(talk.retries_s)}
    if talk.state == "registered":
        what = Message("its platform registered it for {seconds} s, version {version}", values)
        return Step(name="register", status="told", what=what, evidence=evidence)
    if talk.state == "refused":
        what = Message("its platform refused its registration", next_step="type its password and id anew in the device")
        return Step(name="register", status="failed", what=what, reason="refused", evidence=evidence)
    if talk.state == "left":
        what = Message("it left its platform")
        return Step(name="register", status="unknown", what=what, reason="left", evidence=evidence)
    if talk.version is not None and not talk.answers:
        what = Message("it asked to register, and no answer passed here", next_step=_MIRROR)
        return Step(name="register", status="unknown", what=what, reason="no-answer", evidence=evidence)
    if talk.version is not None:
        what = Message("it was asked for its login, and did not come to an end", values)
        return Step(name="register", status="unknown", what=what, reason="not-finished", evidence=evidence)
    if talk.heartbeats_answered:
        what = Message("it registered before this began: its platform answers its heartbeats")
        return Step(name="register", status="told", what=what, reason="before", evidence=evidence)
    what = Message("whether it is registered was not heard: it did not register while this listened")
    return Step(name="register", status="unknown", what=what, reason="not-heard", evidence=evidence)


def _heartbeats(talk: Talk) -> Step:
    interval_s = _interval_s(talk)
    evidence: dict[str, Json] = {
        "count": talk.heartbeats, "interval_s": None if interval_s is None else round(interval_s, 1),
        "answered": talk.heartbeats_answered, "refused": talk.heartbeats_refused,
    }  # fmt: skip
    values: dict[str, object] = {"count": talk.heartbeats, "refused": talk.heartbeats_refused}
    if not talk.heartbeats:
        what = Message("no heartbeat was heard", next_step="listen for longer than three heartbeats")
        return Step(name="heartbeat", status="unknown", what=what, reason="none", evidence=evidence)
    if talk.heartbeats_refused:
        what = Message(
            "its platform refused {refused} of {count} heartbeats: it does not know it as registered", values
        )
        return Step(name="heartbeat", status="failed", what=what, reason="refused", evidence=evidence)
    if not talk.heartbeats_answered:
        what = Message("{count} heartbeats passed, and no answer to one", values, next_step=_MIRROR)
        return Step(name="heartbeat", status="unknown", what=what, reason="no-answer", evidence=evidence)
    if interval_s is None:
        what = Message("heartbeats passed: {count}, too few to measure them", values)
        return Step(name="heartbeat", status="unknown", what=what, reason="too-few", evidence=evidence)
    values |= {"interval": f"{interval_s:.1f}", "answered": talk.heartbeats_answered}
    what = Message("{count} heartbeats passed, one each {interval} s; {answered} were answered", values)
    return Step(name="heartbeat", status="told", what=what, evidence=evidence)


def _flaws(talk: Talk) -> Iterator[Flaw]:
    """Yield what the standard does not allow, by what was measured; what was not heard has no flaw here."""
    interval_s = _interval_s(talk) or 0.0
    retry_s = min(talk.retries_s, default=0.0)
    measured = PlatformServer(
        "GB28181",
        True,
        None,
        server_id=talk.platform_id,
        device_id=talk.device_id,
        expires_s=talk.expires_s,
        heartbeat_s=HEARTBEAT_MAX_S if HEARTBEAT_MAX_S < interval_s <= HEARTBEAT_MAX_S * WITHIN else round(interval_s),
        retry_s=RETRY_MIN_S
        if RETRY_MIN_S / WITHIN <= retry_s < RETRY_MIN_S
        else max(1, round(retry_s))
        if retry_s
        else 0,
    )
    yield from wrong_times(measured)
    if talk.version is not None and talk.version not in VERSIONS:
        what = Message("it names a version that the standard has not: {version}", {"version": talk.version})
        yield Flaw(reason="unknown-version", what=what, clause=VERSION, mild=True)
    if talk.version == NEWEST and talk.answered_version == "":
        what = Message(
            "its platform answers without its version (X-GB-Ver), so that the device takes it for one of 2016"
        )
        yield Flaw(reason="platform-without-version", what=what, clause=VERSION, mild=True)
    unanswered = talk.heartbeats - talk.heartbeats_answered - talk.heartbeats_refused
    if talk.heartbeats_answered and unanswered > 1:  # the last one may be on its way
        what = Message("{count} heartbeats were not answered", {"count": unanswered})
        yield Flaw(reason="unanswered-heartbeats", what=what, clause=HEARTBEAT, mild=True)


def _interval_s(talk: Talk) -> float | None:
    """Return the usual time between heartbeats, None for fewer than three; one that was lost does not move it."""
    between = [later - earlier for earlier, later in pairwise(talk.heartbeats_at_s)]
    return statistics.median(between) if len(between) >= 2 else None


def _row(one: Verdict) -> dict[str, Json]:
    steps: list[Json] = [
        {"step": step.name, "status": step.status, "reason": step.reason, "what": str(step.what),
         "evidence": dict(step.evidence)}
        for step in one.steps
    ]  # fmt: skip
    flaws: list[Json] = [
        {"reason": flaw.reason, "what": str(flaw.what), "clause": flaw.clause, "mild": flaw.mild} for flaw in one.flaws
    ]
    return {
        "device_id": one.device_id,
        "platform_id": one.platform_id,
        "transport": one.transport,
        "login": one.scheme,
        "version": one.version,
        "steps": steps,
        "flaws": flaws,
        "quirks": list(one.quirks),
    }
