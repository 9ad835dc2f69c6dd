"""Runs a drill look by look: waits for the provoked fault, then for its recovery, until its time is up.

What a drill is, and what counts as found, decides `agent/judge/memory/drills.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.memory.drills import REST, Drill, is_judged, not_well, provoked
from agent.judge.memory.exercises import EXERCISES
from agent.model.errors import UsageError
from agent.model.finding import Finding, Message, listed

LOOKS_TO_BEGIN: Final = 3
"""How often a camera is looked at until it is well: one look may miss a path."""

Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rim:
    """What a drill needs of the outside.

    `look`: one look at the camera. `clock`: aware UTC. `wait`: waits some seconds. `store`: writes the drill's note,
    each time that it changed. `say`: shows a message to the person.
    """

    look: Callable[[], Findings]
    clock: Callable[[], datetime]
    wait: Callable[[float], None]
    store: Callable[[Drill], None]
    say: Callable[[Message], None]


def may_begin(
    exercise: str, subject: str, drills: tuple[Drill, ...], open_keys: tuple[str, ...], now: datetime
) -> None:
    """Check that a drill may begin.

    Raises:
        UsageError: One of the same is under way or was just over, or what it would provoke is open already.
    """
    for one in drills:
        if (one.exercise, one.subject) != (exercise, subject) or one.start_at > now:
            continue
        if now < one.end:
            raise UsageError("{subject}: a drill of {by} is under way: wait for its end", subject=subject, by=one.by)
        if now < one.end + REST:
            minutes = -(-(one.end + REST - now) // timedelta(minutes=1))
            raise UsageError(
                "{subject}: the same drill has just been: it is judged as ever for {minutes} more minutes",
                subject=subject, minutes=minutes,
            )  # fmt: skip
    open_now = [key for key in open_keys if key in {f"{check} {subject}" for check in EXERCISES[exercise].provokes}]
    if open_now:
        raise UsageError(
            "{keys} is open: a drill needs a camera that is well; see `camwarden findings`", keys=listed(open_now)
        )


def first_looks(rim: Rim, exercise: str, subject: str) -> Findings:
    """Look until the camera is well, `LOOKS_TO_BEGIN` times at most; return what is not well, or was not judged."""
    missing: Findings = ()
    for _ in range(LOOKS_TO_BEGIN):
        findings = rim.look()
        missing = not_well(exercise, subject, findings)
        if not missing and is_judged(exercise, subject, findings):
            return ()
    return missing or tuple(one for one in findings if one.subject == subject)


def run_drill(rim: Rim, drill: Drill, every_s: float) -> Drill:
    """Run a drill whose camera is well; return it as it ended. It ends with its recovery, or at `drill.end`.

    A KeyboardInterrupt of `look` or `wait` ends it too, and passes on once that is stored.
    """
    rim.store(drill)
    rim.say(BEGIN[drill.exercise])
    try:
        while drill.recovered_at is None and rim.clock() < drill.end:
            findings = rim.look()
            drill = _looked(rim, drill, findings, rim.clock())
            if drill.recovered_at is None:
                rim.wait(every_s)
    finally:
        drill = replace(drill, ended_at=min(rim.clock(), drill.until))
        rim.store(drill)
    return drill


def _looked(rim: Rim, drill: Drill, findings: Findings, at: datetime) -> Drill:
    if drill.found_at is None:
        found = provoked(drill.exercise, drill.subject, findings)
        if found is None:
            return drill
        drill = replace(drill, found_at=at, found=f"{found.check} {found.reason}")
        values = {"seconds": round((at - drill.start_at).total_seconds()), "found": found.message}
        rim.say(Message("found after {seconds} s: {found}", values))
        rim.say(RESTORE[drill.exercise])
        rim.store(drill)
        return drill
    missing = not_well(drill.exercise, drill.subject, findings)
    if missing or not is_judged(drill.exercise, drill.subject, findings):
        return drill
    return replace(drill, recovered_at=at)


BEGIN: Final = {
    "mask": Message("begin: take the mask off in the device now, and leave it off until this says that it was found"),
    "lens": Message("begin: cover the lens completely now, and leave it covered until this says that it was found"),
}
RESTORE: Final = {
    "mask": Message("now put the mask back as it was, and wait until this says that it is hidden again"),
    "lens": Message("now uncover the lens, and wait until this says that the picture is back"),
}
